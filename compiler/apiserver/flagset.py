"""The parsed flags of one server: typed values by flag name, as the server itself would hold them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from compiler import rules
from compiler.bounds import MAX_SUGGESTIONS
from compiler.diagnostics import Location, Report
from compiler.inputs.arguments import ANY, Argument
from compiler.text import closest
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.history import removal
from compiler.upstream.flag_values import TYPES, InvalidValueError
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.upstream.flag_type import Span, ValueType
    from compiler.upstream.flag_values import PortRange, SNIPair

    Spans = list[Span]

_NAMED = ("colonSeparatedMultimapStringString", "configurationMap", "noSplitMap", "stringToString")
"""Types whose elements have names in a document, not numbers."""


_SAME_VARIABLE = {
    "audit-webhook-batch-initial-backoff": "audit-webhook-initial-backoff",
    "audit-webhook-initial-backoff": "audit-webhook-batch-initial-backoff",
}
"""Flags that set the same variable: the last one counts."""


@cache
def _known_defaults(catalog: Catalog) -> dict[str, Any]:
    """Return the default values that were asked for so far, of a version."""
    return {}


class _Values(dict[str, Any]):
    """Flag -> value; a default is computed when it is first needed, None for an unknown flag.

    It starts with the defaults that other servers needed: most flags of most servers have theirs.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.flags = catalog.flags
        self.defaults = _known_defaults(catalog)
        super().__init__(self.defaults)

    def __missing__(self, flag: str) -> Any:
        spec = self.flags.get(flag)
        value = self[flag] = TYPES[spec.type].default(spec.default) if spec is not None else None
        if not isinstance(value, dict | list):
            self.defaults[flag] = value
        return value


class _Elements:
    """The elements of all uses of a flag, parsed in one pass.

    `spans` has the places of the elements in the text of each use, `starts` the number of the first element of each
    use. `entries` has the number of the element that set each key of a map.
    """

    def __init__(self, kind: ValueType, uses: Sequence[Argument]) -> None:
        self.starts: list[int] = []
        self.spans: list[Spans] = []
        self.entries: dict[str, int] = {}
        number = 0
        for use in uses:
            spans: Spans = []
            with suppress(InvalidValueError):
                spans = kind.elements(use.text)
            self.starts.append(number)
            self.spans.append(spans)
            names = kind.keys(use.text) if spans else []
            self.entries.update((name, number + place) for place, name in enumerate(names))
            number += len(spans)


class FlagSet:
    """Flags of one version of kube-apiserver with their values.

    A flag that is not set has its default; a flag that this version does not have reads as the zero of its type, so
    that callers need not check the version. A value that the grammar refuses is reported and reads as the default.
    `open` is true if some argument is known only when the server runs, and may be any flag that is not set here.

    Kubernetes: github.com/spf13/pflag FlagSet.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.arguments: dict[str, list[Argument]] = {}
        self.refused: set[str] = set()
        self.unknown: set[str] = set()
        self.open = False
        self._values = _Values(catalog)
        self._elements: dict[str, _Elements] = {}

    def parse(self, arguments: Sequence[Argument], report: Report) -> None:
        """Parse the arguments in order; what the grammar refuses is reported.

        A value that is known only when the server runs counts as written, or as the default if it is malformed;
        nothing is reported about its flag.
        """
        names = {argument.flag for argument in arguments}
        known, values = self.catalog.flags, self._values
        # From here on nothing is reported about them; earlier diagnostics are about the form of the input.
        report.undecided = self.unknown
        for argument in arguments:
            if argument.unknown and argument.flag in known:
                self._set_unknown(argument.flag)
        misspelled: list[Argument] = []
        parts: dict[str, list[Any]] = {}
        for argument in arguments:
            flag = argument.flag
            if flag == ANY:
                self.open = True
                continue
            spec = known.get(flag)
            if spec is None:
                if not report.drops(rules.UNKNOWN_FLAG, flag):
                    from compiler.apiserver.flag_diagnostics import unknown_flag

                    report.add(unknown_flag(argument, names, self.catalog, report.suggestions))
                misspelled.append(argument)
                continue
            given = self.arguments.setdefault(flag, [])
            kind = TYPES[spec.type]
            try:
                if kind.accumulates:
                    parts.setdefault(flag, []).append(kind.set(kind.zero, argument.text, True))
                else:
                    values[flag] = kind.set(values[flag], argument.text, not given)
                if flag in _SAME_VARIABLE:
                    values[_SAME_VARIABLE[flag]] = values[flag]
            except InvalidValueError as refusal:
                self.refused.add(flag)
                if not report.drops(refusal.rule, flag):
                    from compiler.apiserver.flag_diagnostics import invalid_value

                    report.add(invalid_value(argument, refusal))
            given.append(argument)
        for flag, each in parts.items():
            values[flag] = TYPES[known[flag].type].joined(each)
        self._take_as_meant(misspelled[:MAX_SUGGESTIONS])

    def _set_unknown(self, flag: str) -> None:
        """Mark a flag's value as unknown, so that nothing is reported about it."""
        self.refused.add(flag)
        self.unknown.add(flag)

    def _take_as_meant(self, misspelled: list[Argument]) -> None:
        """Treat a misspelled flag as the one that is meant, so that it is not also reported as missing."""
        for argument in misspelled:
            gone = removal("flags", argument.flag, self.catalog.version) or {}
            name = str(gone.get("replacement", "")) if gone else closest(argument.flag, self.catalog.flags)
            spec = self.catalog.flags.get(name)
            if spec is None or name in self.arguments:
                continue
            with suppress(InvalidValueError):
                self._values[name] = TYPES[spec.type].set(self._values[name], argument.text, True)
            self._set_unknown(name)

    def value(self, flag: str) -> Any:
        """Return the typed value, as the grammar of the flag's type defines it; None for an unknown flag."""
        return self._values[flag]

    def set(self, flag: str, value: Any) -> None:
        """Replace a value, as the server's own completion does; `changed` stays as it was."""
        self._values[flag] = value

    def has(self, flag: str) -> bool:
        """Whether this version has the flag."""
        return flag in self.catalog.flags

    def changed(self, flag: str) -> bool:
        """Whether the flag is set, be it to its default or to a refused value."""
        return flag in self.arguments

    def given(self, flag: str) -> str:
        """Return the last value of a flag as written; empty if it is not set."""
        uses = self.arguments.get(flag)
        return uses[-1].text if uses else ""

    def ok(self, *flags: str) -> bool:
        """Whether the grammar accepted the values of all these flags."""
        return not any(flag in self.refused for flag in flags)

    def is_certain(self, flag: str) -> bool:
        """Whether the value of a flag is known: it is well-formed, or the flag is not set."""
        return flag not in self.refused and (not self.open or flag in self.arguments)

    def with_values(self, flags: Iterable[str]) -> list[str]:
        """Return the flags whose value is not empty, false or zero."""
        return [flag for flag in flags if self._values[flag]]

    def text(self, flag: str) -> str:
        """A string or IP value; empty if unset."""
        return self._values[flag] or ""

    def number(self, flag: str) -> int:
        """An integer, or a duration in nanoseconds."""
        return self._values[flag] or 0

    def duration(self, flag: str) -> str:
        """A duration as Go spells it, for example 1m0s."""
        return format_duration(self.number(flag))

    def fraction(self, flag: str) -> float:
        """A floating point value."""
        return self._values[flag] or 0.0

    def on(self, flag: str) -> bool:
        """A boolean value."""
        return bool(self._values[flag])

    def texts(self, flag: str) -> tuple[str, ...]:
        """The elements of a list."""
        return self._values[flag] or ()

    def mapping(self, flag: str) -> dict[str, str]:
        """The entries of a map."""
        return self.value(flag) or {}

    def port_range(self, flag: str) -> PortRange:
        """A port range; size 0 means the server's default."""
        result: PortRange = self.value(flag)
        return result

    def sni_pairs(self, flag: str) -> tuple[SNIPair, ...]:
        """Certificate pairs with their names."""
        return self.value(flag) or ()

    def location(self, flag: str, element: int | None = None) -> Location | None:
        """Return where the value, or one element of the list, is set; None if the flag is not set."""
        argument, index, spans = self._holding(flag, element)
        if argument is None:
            return None
        return argument.location if index is None else argument.element(index, spans)

    def entry(self, flag: str, key: str) -> int | None:
        """Return the number of the element, among all uses of a map flag, that set a key."""
        return self._elements_of(flag).entries.get(key)

    def path(self, flag: str, element: int | None = None) -> str:
        """Return the path in the input of the flag, or of one element of its list; empty if it is not set."""
        argument, index, _ = self._holding(flag, element)
        if argument is None:
            return ""
        if index is None or not argument.items or self.catalog.flags[flag].type in _NAMED:
            return argument.path
        # If every use of a flag is one element, its path has the number already.
        return argument.path if argument.path.endswith("]") else f"{argument.path}[{index}]"

    def _holding(self, flag: str, element: int | None) -> tuple[Argument | None, int | None, Spans]:
        """Return the use of a flag that contains an element, the element's number in it and the positions of all its
        elements; else the last use.
        """
        given = self.arguments.get(flag)
        if not given:
            return None, None, []
        if element is None:
            return given[-1], None, []
        elements = self._elements_of(flag)
        use = bisect(elements.starts, element) - 1
        if use < 0 or element - elements.starts[use] >= len(elements.spans[use]):
            return given[-1], None, []
        return given[use], element - elements.starts[use], elements.spans[use]

    def _elements_of(self, flag: str) -> _Elements:
        result = self._elements.get(flag)
        if result is None:
            kind = TYPES[self.catalog.flags[flag].type]
            result = self._elements[flag] = _Elements(kind, self.arguments.get(flag, ()))
        return result
