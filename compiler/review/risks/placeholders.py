"""Values that look like unreplaced placeholders, or have characters that nobody typed on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.inputs.source.characters import advice
from compiler.review import Risks
from compiler.text import shown, shown_bare
from compiler.upstream.flag_values import TYPES

if TYPE_CHECKING:
    from compiler.diagnostics import Location
    from compiler.inputs.arguments import Argument
    from compiler.inputs.schema.field import Field


_QUOTES = "\"'"


def check(risks: Risks, flag: str, argument: Argument) -> None:
    """Report lookalike characters and quotes in a flag's value."""
    spec = risks.catalog.flags.get(flag)
    text = argument.text
    if spec is None or not text:
        return
    if hint := advice(text, letters=False):
        message = f"--{flag}: the value contains characters that look like others"
        risks.report_location(rules.LOOKALIKE_CHARACTER, message, hint, argument.path, argument.location, flag)
    elif " --" in text:
        hint = "write each flag as a separate argument"
        message = f"--{flag}: the value {shown(text)} seems to contain other flags"
        risks.report_location(
            rules.SEVERAL_FLAGS_IN_ONE_ARGUMENT, message, hint, argument.path, argument.location, flag
        )
    elif spec.type != "stringSlice" and any(_is_quoted(part.strip()) for part in text.split(",")):
        inner = ",".join(part.strip().strip(_QUOTES) for part in text.split(","))
        whole = inner if risks.input.read_as == "document" else f"--{flag}={inner}"
        message = f"--{flag}: the quotes are part of the value {shown(text)}"
        hint = f"remove the quotes: write {shown_bare(whole)}"
        risks.report_location(rules.QUOTES_IN_VALUE, message, hint, argument.path, argument.location, flag)
    elif spec.type == "stringSlice" and any(_is_quoted(element) for element in risks.flags.texts(flag)):
        message = f"--{flag}: the quotes are part of an element"
        risks.report_location(
            rules.QUOTES_IN_VALUE, message, "remove the quotes", argument.path, argument.location, flag
        )


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]


_NAME = "[A-Za-z_][A-Za-z0-9_.]*"
# A second opening ends the first one, so that no part of a string is searched twice.
_BRACED = r"\$\{[A-Za-z_](?:(?!\$\{)[^}])*+\}"
_TEMPLATE = r"\{\{(?:(?!\{\{|\}\}).)*+\}\}"
_PLACEHOLDER = rf"{_BRACED}|\$\({_NAME}\)|\$[A-Z][A-Z0-9_]+\b|{_TEMPLATE}|<[A-Z][A-Z0-9_-]+>|__[A-Z][A-Z0-9_]*?__"
_OPENINGS = ("$", "{{", "<", "__")
_QUOTED = ('"', "'")
_COMMANDS = ("exec",)
"""Fields of a kubeconfig that are commands."""
_SECRETS = ("client-key-data", "client-secret", "id-token", "password", "refresh-token", "secret", "token")
_HINT = "write the value itself; kube-apiserver expands nothing"


def find_placeholders(risks: Risks) -> None:
    """Check the value of every flag, and every string in structured files."""
    for flag, arguments in risks.flags.arguments.items():
        for argument in arguments:
            match = _match(argument.text)
            if match is not None:
                message = f"--{flag}: {_message(match, '@' in argument.text)}"
                risks.report_location(
                    rules.UNREPLACED_PLACEHOLDER, message, _HINT, argument.path, _position(risks, argument, match), flag
                )
            elif _is_unusual(argument.text):
                check(risks, flag, argument)
    for file in risks.context.config_files:
        root = file.root
        if root.path or root.node is None or not any(opening in root.node.source.text for opening in _OPENINGS):
            continue
        for field in _strings(root):
            match = _match(field.text)
            if match is not None:
                is_secret = field.path.rpartition(".")[2] in _SECRETS
                risks.report_field(rules.UNREPLACED_PLACEHOLDER, _message(match, is_secret), _HINT, field)


def _is_unusual(text: str) -> bool:
    """Return whether a value has unusual characters, which are checked further."""
    return not text.isascii() or text[:1] in _QUOTED or text[-1:] in _QUOTED or " --" in text


def _match(text: str) -> re.Match[str] | None:
    for opening in _OPENINGS:
        if opening in text:
            return re.search(_PLACEHOLDER, text)
    return None


def _position(risks: Risks, argument: Argument, match: re.Match[str]) -> Location | None:
    """Return the location of the placeholder, or of its element if the value is a YAML list."""
    if not argument.items:
        return argument.part(*match.span())
    spans = TYPES[risks.catalog.flags[argument.flag].type].elements(argument.text)
    index = next((index for index, (_, end) in enumerate(spans) if match.start() < end), 0)
    return argument.element(index, spans)


def _message(match: re.Match[str], is_secret: bool) -> str:
    """Return the message, without the placeholder if it may be part of a password."""
    text = "a part of the value" if is_secret else shown(match[0])
    return f"{text} looks like a placeholder, and is used literally"


def _strings(field: Field) -> Iterator[Field]:
    """Yield all strings in a field."""
    if field.text:
        yield field
    for item in field.items():
        yield from _strings(item)
    for key, child in field.entries():
        if key not in _COMMANDS:
            yield from _strings(child)
