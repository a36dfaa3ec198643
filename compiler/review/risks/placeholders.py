"""Values that look as if something should have been put in their place before.

What a shell or a kubelet would put in is dealt with while the input is read; this is about what nobody does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown
from compiler.upstream.flag_values import TYPES

if TYPE_CHECKING:
    from compiler.diagnostics import Location
    from compiler.inputs.arguments import Argument
    from compiler.inputs.schema.field import Field

_NAME = "[A-Za-z_][A-Za-z0-9_.]*"
# What begins a second time ends the first, so that no part of a string is searched twice.
_BRACED = r"\$\{[A-Za-z_](?:(?!\$\{)[^}])*+\}"
_TEMPLATE = r"\{\{(?:(?!\{\{|\}\}).)*+\}\}"
_PLACEHOLDER = rf"{_BRACED}|\$\({_NAME}\)|\$[A-Z][A-Z0-9_]+\b|{_TEMPLATE}|<[A-Z][A-Z0-9_-]+>|__[A-Z][A-Z0-9_]*?__"
_SIGNS = ("$", "{{", "<", "__")
_QUOTES = ('"', "'")
_COMMANDS = ("exec",)
"""Parts of a kubeconfig that are programs to run, with a language of their own."""
_SECRETS = ("client-key-data", "client-secret", "id-token", "password", "refresh-token", "secret", "token")
_HINT = "write the value itself; nothing is put in here"


def find(risks: Risks) -> None:
    """Look at the text of every flag, and at every text of a structured file."""
    for flag, arguments in risks.flags.arguments.items():
        for argument in arguments:
            found = _found(argument.text)
            if found is not None:
                message = f"--{flag}: {_told(found, '@' in argument.text)}"
                risks.report_location(
                    rules.UNREPLACED_PLACEHOLDER, message, _HINT, argument.path, _place(risks, argument, found), flag
                )
            elif _is_odd(argument.text):
                from compiler.review.risks.characters import check

                check(risks, flag, argument)
    for file in risks.context.config_files:
        root = file.root
        if root.path or root.node is None or not any(sign in root.node.source.text for sign in _SIGNS):
            continue
        for text in _texts(root):
            found = _found(text.text)
            if found is not None:
                secret = text.path.rpartition(".")[2] in _SECRETS
                risks.report_field(rules.UNREPLACED_PLACEHOLDER, _told(found, secret), _HINT, text)


def _is_odd(text: str) -> bool:
    """Whether a value has characters that few values have: only then they are looked at."""
    return not text.isascii() or text[:1] in _QUOTES or text[-1:] in _QUOTES or " --" in text


def _found(text: str) -> re.Match[str] | None:
    for sign in _SIGNS:
        if sign in text:
            return re.search(_PLACEHOLDER, text)
    return None


def _place(risks: Risks, argument: Argument, found: re.Match[str]) -> Location | None:
    """The characters themselves, or the element that they are in where a list was written as one."""
    if not argument.items:
        return argument.part(*found.span())
    spans = TYPES[risks.catalog.flags[argument.flag].type].elements(argument.text)
    index = next((index for index, (_, end) in enumerate(spans) if found.start() < end), 0)
    return argument.element(index, spans)


def _told(found: re.Match[str], secret: bool) -> str:
    """What is said of it; nothing is shown of what may be a password with a dollar sign."""
    what = "a part of the value" if secret else shown(found[0])
    return f"{what} looks like a place to fill in, and is taken as it stands"


def _texts(field: Field) -> Iterator[Field]:
    """All texts below a place."""
    if field.text:
        yield field
    for item in field.items():
        yield from _texts(item)
    for key, child in field.entries():
        if key not in _COMMANDS:
            yield from _texts(child)
