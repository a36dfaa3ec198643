"""The artifact `flags`: one flag per line, in the server's registration order."""

from __future__ import annotations

from collections.abc import Iterator

from compiler import rules
from compiler.apiserver.flagset import FlagSet
from compiler.apiserver.startup import Resolved
from compiler.artifacts.files import written_value
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.inputs.arguments import Argument
from compiler.upstream.flag_values import TYPES

REPEATED = frozenset(
    (
        "stringSlice",
        "stringArray",
        "int32Slice",
        "stringToString",
        "noSplitMap",
        "configurationMap",
        "colonSeparatedMultimapStringString",
        "namedCertKey",
        "pattern=N,...",
    )
)
"""Types whose occurrences accumulate; of the others the last one counts."""

_PRESENCE_COUNTS = ("oidc-", "authorization-", "admission-control", "anonymous-auth", "version", "help")
"""Flags whose mere presence matters, so that writing out the default would change the server."""


def flag_lines(resolved: Resolved, explicit: bool = False) -> list[str]:
    """Return `--name=value` for every flag that is set; with `explicit`, for every flag that has a value.

    Raises KascError for a value that no line can hold.
    """
    flags = resolved.context.flags
    given = dict(effective_arguments(flags))
    lines = []
    for name in flags.catalog.flags if explicit else given:
        for argument in given.get(name, ()):
            text = written_value(argument)
            if not _fits_a_line(text):
                raise KascError(_unfitting(argument))
            lines.append(f"--{name}={text}")
        if explicit and name not in given:
            lines += _default_lines(flags, name)
    return lines


def effective_arguments(flags: FlagSet) -> Iterator[tuple[str, list[Argument]]]:
    """Yield each flag that is set, in the server's registration order, with the occurrences that count."""
    order = flags.catalog.flag_order
    for name in sorted(flags.arguments, key=order.__getitem__):
        given = flags.arguments[name]
        yield name, given if flags.catalog.flags[name].type in REPEATED else given[-1:]


def _fits_a_line(text: str) -> bool:
    """Whether a string has no control characters, line breaks or surrogates."""
    return text.isprintable() or not any(
        letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029" or "\ud800" <= letter <= "\udfff"
        for letter in text
    )


def _unfitting(argument: Argument) -> Diagnostic:
    return diagnose(
        rules.VALUE_NOT_ON_ONE_LINE,
        f"--{argument.flag} contains a line break or another character that a line of text cannot contain",
        "remove it: the value must be a single line",
        path=argument.path,
        flag=argument.flag,
        location=argument.location,
    )


def _default_lines(flags: FlagSet, name: str) -> list[str]:
    spec = flags.catalog.flags[name]
    if spec.hidden or spec.deprecated or name.startswith(_PRESENCE_COUNTS) or spec.default in ("", "<nil>", "[]"):
        return []
    kind = TYPES[spec.type]
    return [f"--{name}={text}" for text in kind.format(kind.default(spec.default))]


def render(resolved: Resolved, explicit: bool = False) -> str:
    """Return the content of the file."""
    return "\n".join([*flag_lines(resolved, explicit), ""])
