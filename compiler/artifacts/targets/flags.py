"""The flags that a target has to express, what the distribution passes instead, and the difference between the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.apiserver.flagset import FlagSet
from compiler.artifacts.flags import REPEATED, flag_lines
from compiler.diagnostics import Location, Report
from compiler.inputs import InlineFile
from compiler.inputs.arguments import Argument
from compiler.inputs.dialects.words import NODE_ADDRESS, POD_ADDRESS
from compiler.upstream.catalog.facts import FlagSpec
from compiler.upstream.flag_values import TYPES
from compiler.upstream.go.encoding import write_record

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.inputs.source.node import Node
    from compiler.upstream.catalog import Catalog

ADVERTISE = "advertise-address"
_NODE_ADDRESSES = (NODE_ADDRESS, POD_ADDRESS)
_UNORDERED = frozenset(("enable-admission-plugins", "disable-admission-plugins", "tls-cipher-suites"))
"""Lists in which neither the order nor a repetition has a meaning."""
_EXCLUSIVE = {
    "anonymous-auth": "authentication-config",
    "authorization-mode": "authorization-config",
}
"""Flags that must not be set, even to their default, if another one is."""
_JOINED = frozenset(
    ("stringSlice", "configurationMap", "colonSeparatedMultimapStringString", "pattern=N,...", "int32Slice")
)
"""Types of which several uses have the same value as one use with their elements, separated by commas."""


class Wanted:
    """The flags of a server: `lines` has the values of each flag that is set, in registration order.

    `files` are the structured files that the input contains, by path. `unknown` are the flags whose value is only known
    on the node, with the texts of their uses; they are not in `lines`. `has_node_address` is set if the server
    advertises the address of its node, whatever that is.
    """

    def __init__(self, resolved: Resolved, explicit: bool = False) -> None:
        self.resolved = resolved
        self.input = resolved.context.input
        self.catalog: Catalog = resolved.context.catalog
        self.files: Mapping[str, InlineFile] = self.input.files
        given = resolved.context.flags.arguments
        self.unknown = _unknown([use for uses in given.values() for use in uses])
        advertised = given.get(ADVERTISE, ())
        self.has_node_address = any(use.unknown and use.text in _NODE_ADDRESSES for use in advertised)
        self.lines: dict[str, list[str]] = {}
        for line in flag_lines(resolved, explicit):
            flag, _, value = line.removeprefix("--").partition("=")
            if flag not in self.unknown:
                self.lines.setdefault(flag, []).append(value)
        self.flags = parsed(
            self.catalog, [Argument(flag, text) for flag, texts in self.lines.items() for text in texts]
        )

    def text(self, flag: str) -> str:
        """Return the value of a flag, as one string if it is a list; empty if it is not set."""
        return ",".join(self.lines.get(flag, ()))

    def texts(self, flag: str) -> tuple[str, ...]:
        """Return the elements of a list."""
        return self.flags.texts(flag)

    def location(self, flag: str) -> Location:
        """Return the place of a flag in the input; of a flag that is not set, that of its option group."""
        given = self.resolved.context.flags.location(flag)
        spec = self.catalog.flags.get(flag)
        return given or (self.input.section_location(spec.group) if spec is not None else self.input.start)

    def path(self, flag: str) -> str:
        """Return the path of a flag's option in the input."""
        return self.resolved.context.flags.path(flag) or self.input.path_of(flag, self.catalog)

    def file(self, flag: str) -> InlineFile | None:
        """Return the structured file that a flag names, if the input contains it."""
        return _file(self.files, flag, self.lines)


class Passed:
    """The command line that a distribution makes of a file: its flags, and the structured files in the file.

    `fixed` are the flags that the distribution does not let the user set.
    """

    def __init__(
        self,
        catalog: Catalog,
        arguments: Sequence[Argument],
        files: Mapping[str, InlineFile],
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        self.files = files
        self.fixed = fixed
        self.unknown = _unknown(arguments)
        self.unsupported = [argument for argument in arguments if argument.flag not in catalog.flags]
        known = [each for each in arguments if each.flag in catalog.flags and not each.unknown]
        self.flags = parsed(catalog, known)
        self.lines: dict[str, list[str]] = {}
        for flag, uses in self.flags.arguments.items():
            counted = uses if catalog.flags[flag].type in REPEATED else uses[-1:]
            self.lines[flag] = [use.text for use in counted]

    def file(self, flag: str) -> InlineFile | None:
        """Return the structured file that a flag names, if the distribution's file contains it."""
        return _file(self.files, flag, self.lines)


def _unknown(arguments: Sequence[Argument]) -> dict[str, tuple[str, ...]]:
    """Return the flags with a use that is only known on the node, with the texts of all their uses."""
    flags = {each.flag for each in arguments if each.unknown}
    return {flag: tuple(each.text for each in arguments if each.flag == flag) for flag in sorted(flags)}


def _file(files: Mapping[str, InlineFile], flag: str, lines: Mapping[str, list[str]]) -> InlineFile | None:
    file = files.get(lines[flag][-1]) if flag in lines else None
    return file if file is not None and file.flag == flag else None


def parsed(catalog: Catalog, arguments: Sequence[Argument]) -> FlagSet:
    """Return the values of arguments, whose problems are not reported."""
    flags = FlagSet(catalog)
    flags.parse(arguments, Report(""))
    return flags


class Extras(NamedTuple):
    """What a file has to say in addition to the distribution's own flags.

    `given` are the flags of the input that the distribution does not set, or sets to another value. `unset` are the
    flags that only the distribution sets, with the default of kube-apiserver; of those in `exclusive` not even the
    default may be set.
    """

    given: dict[str, list[str]]
    unset: dict[str, str]
    exclusive: frozenset[str] = frozenset()

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield flags and values as a command line repeats them; defaults are written out."""
        for flag, values in self.given.items():
            for value in values:
                yield flag, value
        for flag, default in self.unset.items():
            if flag not in self.exclusive:
                yield flag, default


NOTHING = Extras({}, {})


def extras_of(wanted: Wanted, passed: Passed) -> Extras:
    """Return what to add to a file so that the distribution passes the flags of the input."""
    given = {flag: texts for flag, texts in wanted.lines.items() if _is_missing(flag, texts, wanted, passed)}
    unset = {}
    for flag in (*passed.lines, *passed.unknown):
        if flag in wanted.lines or flag not in wanted.catalog.flags or flag in passed.fixed:
            continue
        if is_same_unknown(flag, wanted, passed):
            continue
        if flag != ADVERTISE if flag in passed.unknown else not _is_default(flag, wanted, passed):
            unset[flag] = default_text(wanted.catalog.flags[flag])
    exclusive = frozenset(flag for flag in unset if excluded_by(flag, wanted))
    return Extras(dict(sorted_by_registration(given, wanted.catalog)), unset, exclusive)


def _is_missing(flag: str, texts: list[str], wanted: Wanted, passed: Passed) -> bool:
    """Whether a flag has to be written: it is not passed, or in another spelling, unless that cannot be changed."""
    if not _is_same(flag, wanted, passed):
        return True
    return passed.lines.get(flag) != texts and passed.file(flag) is None and flag not in passed.fixed


def sorted_by_registration(given: dict[str, list[str]], catalog: Catalog) -> list[tuple[str, list[str]]]:
    """Return flags in the order in which kube-apiserver registers them."""
    return sorted(given.items(), key=lambda pair: catalog.flag_order[pair[0]])


class Difference(NamedTuple):
    """A flag that the distribution passes with another value than the input has.

    `wanted` and `passed` are the values as written, None if the flag is not set. `known` is false for a value that
    only the node knows, and `supported` for a flag that the version of kube-apiserver does not have. `fixed` is set if
    the distribution does not let the user set the flag.
    """

    flag: str
    wanted: list[str] | None
    passed: list[str] | None
    known: bool = True
    supported: bool = True
    fixed: bool = False


def differences(wanted: Wanted, passed: Passed) -> Iterator[Difference]:
    """Yield the flags whose values differ in effect, in registration order."""
    for argument in passed.unsupported:
        yield Difference(argument.flag, None, [argument.text], supported=False)
    order = wanted.catalog.flag_order
    for flag in sorted({*wanted.lines, *passed.lines, *passed.unknown}, key=lambda name: order.get(name, 0)):
        if flag in passed.unknown:
            # Of the node's address, kube-apiserver makes the same as the distribution.
            if flag in wanted.lines or not (flag == ADVERTISE or is_same_unknown(flag, wanted, passed)):
                yield Difference(flag, wanted.lines.get(flag), None, known=False)
        elif flag not in wanted.lines:
            if not _is_default(flag, wanted, passed):
                yield Difference(flag, None, passed.lines[flag], fixed=flag in passed.fixed)
        elif not _is_same(flag, wanted, passed):
            yield Difference(flag, wanted.lines[flag], passed.lines.get(flag), fixed=flag in passed.fixed)


def is_same_unknown(flag: str, wanted: Wanted, passed: Passed) -> bool:
    """Whether the distribution makes the same of a flag whose value is only known on the node as that of the input."""
    return flag in wanted.unknown and wanted.unknown[flag] == passed.unknown.get(flag)


def _is_same(flag: str, wanted: Wanted, passed: Passed) -> bool:
    """Whether a flag that the input sets has the same value, or names a structured file with the same content."""
    file, other = wanted.file(flag), passed.file(flag)
    if file is not None and other is not None:
        return bool(_without_version(file.content) == _without_version(other.content))
    return passed.flags.ok(flag) and equal(flag, wanted.flags.value(flag), passed.flags.value(flag))


def _is_default(flag: str, wanted: Wanted, passed: Passed) -> bool:
    """Whether setting a flag that the input does not set has no effect."""
    if excluded_by(flag, wanted) or not passed.flags.ok(flag):
        return False
    return equal(flag, wanted.flags.value(flag), passed.flags.value(flag))


def excluded_by(flag: str, wanted: Wanted) -> str:
    """Return the flag of the input that excludes another one, whatever its value; empty if there is none."""
    other = _EXCLUSIVE.get(flag, "")
    if other not in wanted.lines:
        return ""
    file = wanted.file(other)
    # An authentication configuration without the field anonymous leaves it to the flag.
    if flag == "anonymous-auth" and file is not None and file.content.get("anonymous") is None:
        return ""
    return other


def equal(flag: str, one: Any, other: Any) -> bool:
    """Whether two values of a flag are the same in effect."""
    if flag in _UNORDERED:
        return set(one) == set(other)
    return bool(one == other)


def _without_version(content: Node) -> Any:
    """Return a structured file without its apiVersion, of which the server reads several."""
    plain = content.plain()
    if not isinstance(plain, dict):
        return plain
    return {key: value for key, value in plain.items() if key != "apiVersion"}


def default_text(spec: FlagSpec) -> str:
    """Return the default of a flag as a value on the command line."""
    kind = TYPES[spec.type]
    texts = kind.format(kind.default(spec.default))
    return texts[0] if texts else ""


def joined(spec: FlagSpec, texts: Sequence[str]) -> list[str]:
    """Return the values of a flag as one, if its type has such a form."""
    if len(texts) < 2:
        return list(texts)
    if spec.type in _JOINED:
        return [",".join(text for text in texts if text)]
    if spec.type == "stringToString":
        value = parsed_entries(spec, texts)
        return [write_record([f"{key}={item}" for key, item in value.items()])] if len(value) > 1 else list(texts)
    return list(texts)


def parsed_entries(spec: FlagSpec, texts: Sequence[str]) -> dict[str, str]:
    """Return the entries of a map flag."""
    entries: dict[str, str] = TYPES[spec.type].parse(texts)
    return entries
