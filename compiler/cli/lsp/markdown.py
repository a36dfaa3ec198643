"""What `kasc explain` prints, in the form that an editor displays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lsprotocol import types

from compiler.text import clean

_SPECIAL = r"([\\`*_{}\[\]<>#|~&])"


def content(lines: Sequence[str], markdown: bool) -> types.MarkupContent:
    """Return lines as Markdown or plain text: a headline, and lines that are indented by two spaces, or more."""
    lines = [clean(line) for line in lines]
    if not markdown:
        return types.MarkupContent(types.MarkupKind.PlainText, "\n".join(lines))
    return types.MarkupContent(types.MarkupKind.Markdown, "\n".join(_marked(lines)))


def _marked(lines: Sequence[str]) -> Iterator[str]:
    in_code = False
    for line in lines:
        is_code = line.startswith("    ")
        if is_code != in_code and (line or not in_code):
            yield "```" if in_code else "\n```yaml"
            in_code = is_code
        if in_code:
            yield line[4:].replace("```", "'''")
        elif not line.startswith(" "):
            yield f"\n**{escaped(line)}**\n"
        else:
            yield f"{escaped(line.strip())}  "
    if in_code:
        yield "```"


def escaped(text: str) -> str:
    """Return a text without any formatting in Markdown."""
    return re.sub(_SPECIAL, r"\\\1", text)
