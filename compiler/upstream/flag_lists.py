"""Flag types with several elements: lists and maps.

Kubernetes: github.com/spf13/pflag and k8s.io/component-base/cli/flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from compiler import rules
from compiler.text import shown, trimmed
from compiler.upstream.flag_type import Span, ValueType, comma_separated, non_empty
from compiler.upstream.go.encoding import read_fields, read_record, write_record
from compiler.upstream.go.strconv import InvalidValueError, parse_int, parse_level


class SNIPair(NamedTuple):
    """A certificate, its key and its domain patterns (none: those in the certificate)."""

    cert: str
    key: str
    names: tuple[str, ...]


class ListType(ValueType):
    """A list: the first use replaces the default, later ones append."""

    zero: Any = ()
    accumulates = True

    def set(self, current: Any, text: str, first: bool) -> Any:
        """Return the tuple of the elements of this use."""
        return tuple(self.split(text))

    def joined(self, values: Sequence[Any]) -> Any:
        """Return the tuple of all elements."""
        return tuple(chain.from_iterable(values))

    def split(self, text: str) -> Iterable[Any]:
        """Return the elements of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        """Return the elements between Go's square brackets."""
        inside = text.removeprefix("[").removesuffix("]")
        return tuple(self.split(inside)) if inside else ()


class StringSlice(ListType):
    """pflag: string_slice.go."""

    def split(self, text: str) -> Iterable[Any]:
        """Return the fields of a CSV record."""
        return read_record(text) if text else []

    def format(self, value: Any) -> list[str]:
        """Return one string for all elements."""
        return [write_record(value)]

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the fields, including quotes."""
        return [(field.start, field.end) for field in read_fields(text)] if text else []


class StringArray(ListType):
    """pflag: string_array.go: every use is one element."""

    def split(self, text: str) -> Iterable[Any]:
        """Return the string itself."""
        return [text]

    def format(self, value: Any) -> list[str]:
        """Return one string for each element."""
        return list(value)


class Int32Slice(ListType):
    """pflag: int32_slice.go."""

    def split(self, text: str) -> Iterable[Any]:
        """Return the comma-separated numbers."""
        try:
            return [parse_int(part, 32) for part in text.split(",")]
        except InvalidValueError as error:
            hint = "write integers separated by commas"
            raise InvalidValueError(rules.INVALID_NUMBER_LIST, error.message, hint) from None

    def format(self, value: Any) -> list[str]:
        """Return one string for all numbers; none for an empty list, which cannot be written."""
        return [",".join(map(str, value))] if value else []

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the numbers."""
        return list(comma_separated(text))


class CertificatePairs(ListType):
    """component-base/cli/flag: namedcertkey_flag.go; every use is one pair."""

    def split(self, text: str) -> Iterable[Any]:
        """Return one pair with its domain patterns."""
        paths, colon, names = text.partition(":")
        if colon and not trimmed(names):
            hint = "write domain patterns after the colon, or remove it"
            raise InvalidValueError(rules.INVALID_SNI_CERT_KEY, f"empty list of domain patterns in {shown(text)}", hint)
        pair = [trimmed(path) for path in trimmed(paths).split(",")]
        if len(pair) != 2:
            hint = "write CERT,KEY or CERT,KEY:NAME[,NAME...]"
            raise InvalidValueError(
                rules.INVALID_SNI_CERT_KEY, f"expected comma-separated certificate and key, got {shown(text)}", hint
            )
        patterns = tuple(trimmed(name) for name in trimmed(names).split(",")) if colon else ()
        return [SNIPair(pair[0], pair[1], patterns)]

    def format(self, value: Any) -> list[str]:
        """Return one string for each pair."""
        return [f"{pair.cert},{pair.key}" + (f":{','.join(pair.names)}" if pair.names else "") for pair in value]


class Gates(ListType):
    """component-base/cli/flag: colon_separated_multimap_string_string.go; pairs of a component and an entry.

    The component is empty without a colon. An entry that consists of white space is an empty entry.
    """

    def split(self, text: str) -> Iterable[Any]:
        """Yield component and entry of each non-empty part."""
        for part in text.split(","):
            if part:
                component, colon, entry = part.partition(":")
                yield (trimmed(component), trimmed(entry)) if colon else ("", trimmed(part))

    def format(self, value: Any) -> list[str]:
        """Return one string for all entries."""
        return [
            ",".join(
                entry if not component and _needs_no_component(entry) else f"{component}:{entry}"
                for component, entry in value
            )
        ]

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the entries with their components."""
        return non_empty(text)


def _needs_no_component(entry: str) -> bool:
    return entry != "" and ":" not in entry


class VModule(ListType):
    """component-base/logs/api/v1: pflags.go; every use appends."""

    def split(self, text: str) -> Iterable[Any]:
        """Return pattern and log level of each non-empty part."""
        patterns = []
        for item in text.split(","):
            if not item:
                continue
            pattern, *levels = item.split("=")
            if not pattern or len(levels) != 1 or not levels[0]:
                hint = "write PATTERN=N[,PATTERN=N...]"
                raise InvalidValueError(rules.INVALID_VMODULE, f"{shown(item)} is not in the form pattern=N", hint)
            try:
                patterns.append((pattern, parse_level(levels[0])))
            except InvalidValueError as error:
                raise InvalidValueError(rules.INVALID_VMODULE, error.message, error.hint) from None
        return patterns

    def format(self, value: Any) -> list[str]:
        """Return one string for all patterns."""
        return [",".join(f"{pattern}={level}" for pattern, level in value)]

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the patterns with their log levels."""
        return [(start, end) for start, end in comma_separated(text) if start < end]


class MapType(ValueType):
    """A map: the first use replaces the default, later ones merge."""

    accumulates = True

    @property
    def zero(self) -> Any:
        """An empty map, the default of all map flags."""
        return {}

    def set(self, current: Any, text: str, first: bool) -> Any:
        """Return the map of the entries of this use."""
        return dict(self.split(text))

    def joined(self, values: Sequence[Any]) -> Any:
        """Return the map of all entries."""
        return {key: value for entries in values for key, value in entries.items()}

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """Return the entries of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        """Return the zero value: no map flag has another default."""
        return {}

    def keys(self, text: str) -> list[str]:
        """Return the key of each element."""
        return [key for key, _ in self.split(text)]

    def elements(self, text: str) -> list[Span]:
        """Return the range of the whole string, which is one entry."""
        self.keys(text)
        return [(0, len(text))]


class StringToString(MapType):
    """pflag: string_to_string.go."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """Yield one entry for a string with one `=`, otherwise the fields of a CSV record."""
        hint = "write KEY=VALUE"
        if "=" not in text:
            raise InvalidValueError(rules.INVALID_MAP, f"missing = in {shown(text)}", hint)
        try:
            pairs = [text.strip('"')] if text.count("=") == 1 else read_record(text)
        except InvalidValueError as error:
            raise InvalidValueError(rules.INVALID_MAP, error.message, error.hint) from None
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals:
                raise InvalidValueError(
                    rules.INVALID_MAP, f"missing = in {shown(pair)}", f"{hint}, in quotes if it has a comma"
                )
            yield key, value

    def format(self, value: Any) -> list[str]:
        """Return one string for each entry."""
        return [self.pair(key, item) for key, item in value.items()]

    def pair(self, key: str, value: str) -> str:
        """Return the string of one entry. `=` in a key and CRLF cannot always be preserved."""
        text = f"{key}={value}"
        if text.count("=") == 1:
            if text.strip('"') == text:
                return text
            # A single entry would lose its quotes; two entries are parsed as CSV.
            return write_record([text, text])
        return write_record([text])

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the entries, including quotes."""
        self.keys(text)
        return [(0, len(text))] if text.count("=") == 1 else [(field.start, field.end) for field in read_fields(text)]


class NoSplitMap(MapType):
    """component-base/cli/flag: map_string_string.go, NoSplit; every use is one entry."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """Yield one entry."""
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidValueError(rules.INVALID_KEY_VALUE_PAIR, f"missing = in {shown(text)}", "write KEY=VALUE")
        yield trimmed(key), trimmed(value)

    def format(self, value: Any) -> list[str]:
        """Return one string for each entry."""
        return [f"{key}={item}" for key, item in value.items()]


class ConfigurationMap(MapType):
    """component-base/cli/flag: configuration_map.go. A key without a value has the empty value."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """Yield the comma-separated entries."""
        for part in text.split(","):
            if part:
                key, _, value = part.partition("=")
                yield trimmed(key), trimmed(value)

    def format(self, value: Any) -> list[str]:
        """Return one string for all entries."""
        return [",".join(f"{key}={item}" if item or not key else key for key, item in value.items())]

    def elements(self, text: str) -> list[Span]:
        """Return the ranges of the entries."""
        return non_empty(text)
