"""Known fields of a distribution's configuration: unknown ones, other spellings and values of another type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from compiler import rules
from compiler.diagnostics import Diagnostic, Problems, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import closest, shown, shown_bare

Fields: TypeAlias = Mapping[str, Any]
"""Field -> type: `string`, `bool`, `int`, `duration` (Go's), `scalar` (any of these), `any`; `[type]` for a list;
`{"*": type}` for a map; another mapping for an object with these fields. None is accepted for every type."""
_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a mapping"}
_ARTICLES = {
    "string": "a string",
    "bool": "a boolean",
    "int": "an integer",
    "duration": "a duration such as 4m0s",
    "scalar": "a string, a number or a boolean",
}
_FIELDS = "fields"
DURATION = r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)"


class Reader(NamedTuple):
    """How a distribution decodes its configuration.

    `title` names it in messages. `unknown` and `mistyped` are the rules of unknown fields and of values of another
    type. `any_case` is set if the decoder accepts field names in another case.
    """

    title: str
    unknown: Rule = rules.IGNORED_BY_DISTRIBUTION
    mistyped: Rule = rules.REFUSED_BY_DISTRIBUTION
    any_case: bool = False


def check_fields(node: Node, fields: Any, path: str, problems: list[Diagnostic], reader: Reader) -> set[str]:
    """Report unknown fields and values of another type; return the paths of values that cannot be used.

    The node remembers its fields: see `fields_of`.
    """
    node.memoize(_FIELDS, fields)
    walk = _Walk(problems, reader)
    walk.check(node, fields, path)
    return walk.unusable


def fields_of(node: Node) -> Any:
    """Return the fields that a value was checked with, None if it was not."""
    return node.memoized(_FIELDS)


class _Walk:
    def __init__(self, problems: list[Diagnostic], reader: Reader) -> None:
        self.problems = problems
        self.reader = reader
        self.unusable: set[str] = set()

    def check(self, node: Node, expected: Any, path: str) -> None:
        """Check one value. Nodes are nested no deeper than the parser allows."""
        value = node.value
        if value is None or expected == "any":
            return
        if isinstance(expected, list):
            if not isinstance(value, list):
                self._mistyped(node, "a list", path)
                return
            for index, item in enumerate(value):
                self.check(item, expected[0], f"{path}[{index}]")
        elif isinstance(expected, Mapping):
            if not isinstance(value, dict):
                self._mistyped(node, "a mapping", path)
                return
            self._fields(node, value, expected, path)
        elif not _is(node, expected):
            self._mistyped(node, _ARTICLES[expected], path)

    def _fields(self, node: Node, value: Mapping[str, Node], expected: Fields, path: str) -> None:
        for key, child in value.items():
            place = f"{path}.{key}" if path else key
            inner = expected.get(key, expected.get("*"))
            if inner is None and self.reader.any_case:
                inner = next((each for name, each in expected.items() if name.lower() == key.lower()), None)
            if inner is None:
                self._report(self.reader.unknown, partial(self._unknown, node, key, expected, place))
            else:
                self.check(child, inner, place)

    def _unknown(self, node: Node, key: str, expected: Fields, place: str) -> Diagnostic:
        refused = self.reader.unknown is rules.REFUSED_BY_DISTRIBUTION
        message = f"{self.reader.title} {'refuses' if refused else 'ignores'} the unknown field {shown(key)}"
        match = next((name for name in expected if name.lower() == key.lower()), "") or closest(key, expected)
        hint = f"write {shown_bare(match)}" if match else "remove it"
        where = node.key_location(key)
        return diagnose(self.reader.unknown, message, hint, path=place, location=where)

    def _mistyped(self, node: Node, expected: str, path: str) -> None:
        self.unusable.add(path)
        self._report(self.reader.mistyped, partial(self._wrong_type, node, expected, path))

    def _wrong_type(self, node: Node, expected: str, path: str) -> Diagnostic:
        kind = _KINDS[type(node.value)]
        name = path.rpartition(".")[2]
        article = "a string" if expected.startswith("a duration") else expected
        message = f"{shown_bare(name)} is {kind}, not {article}: {self.reader.title} cannot read the file"
        if article == kind:
            message = f"{shown_bare(name)} is not a valid duration: {self.reader.title} cannot read the file"
        scalar = not isinstance(node.value, dict | list)
        quote = scalar and expected == "a string"
        hint = f'quote it: "{shown_bare(node.text)}"' if quote else f"write {expected}"
        return diagnose(self.reader.mistyped, message, hint, path=path, location=node.location)

    def _report(self, rule: Rule, make: Any) -> None:
        if isinstance(self.problems, Problems):
            self.problems.report(rule, make)
        else:
            self.problems.append(make())


def _is(node: Node, expected: str) -> bool:
    value = node.value
    if expected == "bool":
        return isinstance(value, bool)
    if expected == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if expected == "scalar":
        return not isinstance(value, dict | list)
    if not isinstance(value, str):
        return False
    return expected == "string" or re.fullmatch(DURATION, value) is not None
