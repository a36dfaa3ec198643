"""Flag types that hold several elements: lists and maps.

Kubernetes: github.com/spf13/pflag and k8s.io/component-base/cli/flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from compiler.text import shown, trimmed
from compiler.upstream.flag_type import Span, ValueType
from compiler.upstream.go.csv import read_fields, read_record, write_record
from compiler.upstream.go.strconv import InvalidValueError, parse_int, parse_level


class SNIPair(NamedTuple):
    """A certificate and its key, and the names they are for (none: those in the certificate)."""

    cert: str
    key: str
    names: tuple[str, ...]


def parts_of(text: str) -> Iterator[Span]:
    """Where the parts between commas stand."""
    start = 0
    for part in text.split(","):
        yield start, start + len(part)
        start += len(part) + 1


def _filled(text: str) -> list[Span]:
    """The parts that are not empty, without white space around them."""
    found = []
    for start, end in parts_of(text):
        part = text[start:end]
        if part:
            inner = trimmed(part)
            lead = part.index(inner)
            found.append((start + lead, start + lead + len(inner)))
    return found


class Text(ValueType):
    """pflag: string.go. Commas mean nothing to the flag itself, but to some of the rules about it."""

    def elements(self, text: str) -> list[Span]:
        """The parts between commas."""
        return list(parts_of(text))


class ListType(ValueType):
    """A list: the first use replaces the default, later ones append."""

    zero: Any = ()

    def set(self, current: Any, text: str, first: bool) -> Any:
        """The tuple of all elements so far."""
        elements = tuple(self.split(text))
        return elements if first else current + elements

    def split(self, text: str) -> Iterable[Any]:
        """The elements of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        """The elements between Go's square brackets."""
        inside = text.removeprefix("[").removesuffix("]")
        return tuple(self.split(inside)) if inside else ()


class StringSlice(ListType):
    """pflag: string_slice.go."""

    def split(self, text: str) -> Iterable[Any]:
        """The fields of a CSV record."""
        return read_record(text) if text else []

    def format(self, value: Any) -> list[str]:
        """One text for all elements."""
        return [write_record(value)]

    def elements(self, text: str) -> list[Span]:
        """The fields, with the quotes around them."""
        return [(field.start, field.end) for field in read_fields(text)] if text else []


class StringArray(ListType):
    """pflag: string_array.go: every use is one element, whatever is in it."""

    def split(self, text: str) -> Iterable[Any]:
        """The text itself."""
        return [text]

    def format(self, value: Any) -> list[str]:
        """One text for each element."""
        return list(value)


class Int32Slice(ListType):
    """pflag: int32_slice.go."""

    def split(self, text: str) -> Iterable[Any]:
        """The numbers between commas."""
        try:
            return [parse_int(part, 32) for part in text.split(",")]
        except InvalidValueError as refusal:
            hint = "write whole numbers separated by commas"
            raise InvalidValueError("PARSE-11", refusal.message, hint) from None

    def format(self, value: Any) -> list[str]:
        """One text for all numbers; none for an empty list, which no text can give."""
        return [",".join(map(str, value))] if value else []

    def elements(self, text: str) -> list[Span]:
        """The numbers."""
        return list(parts_of(text))


class CertificatePairs(ListType):
    """component-base/cli/flag: namedcertkey_flag.go; every use is one pair."""

    def split(self, text: str) -> Iterable[Any]:
        """One pair with its names."""
        paths, colon, names = text.partition(":")
        if colon and not trimmed(names):
            hint = "name the hosts after the colon, or remove it"
            raise InvalidValueError("PARSE-17", f"{shown(text)} ends with an empty list of names", hint)
        pair = [trimmed(path) for path in trimmed(paths).split(",")]
        if len(pair) != 2:
            hint = "write CERT,KEY or CERT,KEY:NAME[,NAME...]"
            raise InvalidValueError("PARSE-17", f"{shown(text)} is not a certificate and its key", hint)
        listed = tuple(trimmed(name) for name in trimmed(names).split(",")) if colon else ()
        return [SNIPair(pair[0], pair[1], listed)]

    def format(self, value: Any) -> list[str]:
        """One text for each pair."""
        return [f"{pair.cert},{pair.key}" + (f":{','.join(pair.names)}" if pair.names else "") for pair in value]


class Gates(ListType):
    """component-base/cli/flag: colon_separated_multimap_string_string.go; pairs of a component and an entry.

    The component is empty where there is no colon. An entry of white space alone is empty, and counts.
    """

    def split(self, text: str) -> Iterable[Any]:
        """Component and entry of each part that is not empty."""
        for part in text.split(","):
            if part:
                component, colon, entry = part.partition(":")
                yield (trimmed(component), trimmed(entry)) if colon else ("", trimmed(part))

    def format(self, value: Any) -> list[str]:
        """One text for all entries."""
        return [
            ",".join(
                entry if not component and _stands_alone(entry) else f"{component}:{entry}"
                for component, entry in value
            )
        ]

    def elements(self, text: str) -> list[Span]:
        """The entries with their components."""
        return _filled(text)


def _stands_alone(entry: str) -> bool:
    return entry != "" and ":" not in entry


class VModule(ListType):
    """component-base/logs/api/v1: pflags.go; every use appends."""

    def split(self, text: str) -> Iterable[Any]:
        """Pattern and verbosity of each part that is not empty."""
        found = []
        for item in text.split(","):
            if not item:
                continue
            pattern, *levels = item.split("=")
            if not pattern or len(levels) != 1 or not levels[0]:
                hint = "write PATTERN=N[,PATTERN=N...]"
                raise InvalidValueError("PARSE-19", f"{shown(item)} is not a pattern and a verbosity", hint)
            try:
                found.append((pattern, parse_level(levels[0])))
            except InvalidValueError as refusal:
                raise InvalidValueError("PARSE-19", refusal.message, refusal.hint) from None
        return found

    def format(self, value: Any) -> list[str]:
        """One text for all patterns."""
        return [",".join(f"{pattern}={level}" for pattern, level in value)]

    def elements(self, text: str) -> list[Span]:
        """The patterns with their verbosity."""
        return [(start, end) for start, end in parts_of(text) if start < end]


class MapType(ValueType):
    """A map: the first use replaces the default, later ones merge."""

    @property
    def zero(self) -> Any:
        """An empty map, which is the default of all such flags."""
        return {}

    def set(self, current: Any, text: str, first: bool) -> Any:
        """The map of all entries so far."""
        entries = dict(self.split(text))
        return entries if first else current | entries

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """The entries of one use."""
        raise NotImplementedError

    def default(self, text: str) -> Any:
        """The zero, whatever the text."""
        return {}

    def keys(self, text: str) -> list[str]:
        """The key of each of the elements."""
        return [key for key, _ in self.split(text)]

    def elements(self, text: str) -> list[Span]:
        """The whole text, which holds one entry."""
        self.keys(text)
        return [(0, len(text))]


class StringToString(MapType):
    """pflag: string_to_string.go."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """One entry for a text with one `=`, else the fields of a CSV record."""
        hint = "write KEY=VALUE"
        if "=" not in text:
            raise InvalidValueError("PARSE-12", f"{shown(text)} has no =", hint)
        try:
            pairs = [text.strip('"')] if text.count("=") == 1 else read_record(text)
        except InvalidValueError as refusal:
            raise InvalidValueError("PARSE-12", refusal.message, refusal.hint) from None
        for pair in pairs:
            key, equals, value = pair.partition("=")
            if not equals:
                raise InvalidValueError(
                    "PARSE-12", f"{shown(pair)} has no =", f"{hint}, in quotes where it holds a comma"
                )
            yield key, value

    def format(self, value: Any) -> list[str]:
        """One text for each entry."""
        return [self.pair(key, item) for key, item in value.items()]

    def pair(self, key: str, value: str) -> str:
        """A text for one entry. `=` in a key, or a carriage return with a line feed, cannot be kept in every case."""
        text = f"{key}={value}"
        if text.count("=") == 1:
            if text.strip('"') == text:
                return text
            # Alone, it would lose its quotes; given twice, it is read as CSV.
            return write_record([text, text])
        return write_record([text])

    def elements(self, text: str) -> list[Span]:
        """The entries, with the quotes around them."""
        self.keys(text)
        return [(0, len(text))] if text.count("=") == 1 else [(field.start, field.end) for field in read_fields(text)]


class NoSplitMap(MapType):
    """component-base/cli/flag: map_string_string.go, NoSplit; every use is one entry."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """One entry."""
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidValueError("PARSE-13", f"{shown(text)} has no =", "write KEY=VALUE")
        yield trimmed(key), trimmed(value)

    def format(self, value: Any) -> list[str]:
        """One text for each entry."""
        return [f"{key}={item}" for key, item in value.items()]


class ConfigurationMap(MapType):
    """component-base/cli/flag: configuration_map.go. A key without a value has the empty one."""

    def split(self, text: str) -> Iterable[tuple[str, str]]:
        """The entries between commas."""
        for part in text.split(","):
            if part:
                key, _, value = part.partition("=")
                yield trimmed(key), trimmed(value)

    def format(self, value: Any) -> list[str]:
        """One text for all entries."""
        return [",".join(f"{key}={item}" if item or not key else key for key, item in value.items())]

    def elements(self, text: str) -> list[Span]:
        """The entries."""
        return _filled(text)
