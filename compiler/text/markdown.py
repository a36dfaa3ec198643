"""Strings of inputs in the Markdown of GitHub and GitLab: nothing of them is markup, a link, a mention or a reference.

Both sites look for mentions (`@user`), references (`#1`, `!1`, `&1`, `~label`, `%milestone`, `$1`, `GH-1`), URLs and
emoji in the text that Markdown produces, so escaping a character is not enough: a zero-width space follows it. They do
not look into code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from compiler.text import clean, escape_commands

_MARKUP = r"[\\`*_\[\]<>|&~!#@$^]"
_QUOTABLE = r"[^`|\s](?:[^`|]*[^`|\s])?"
_REFERENCE = r"(?<=[@#!&~%$^])(?=[\w\"'\[])|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=gh-)(?=\d)|(?<=:)(?=[\w+-]{1,40}:)"
_SPACE = "\u200b"


def prose(text: str) -> str:
    """Return a string as running text, also for a cell of a table and inside HTML."""
    spaced = re.sub(_REFERENCE, _SPACE, clean(text), flags=re.IGNORECASE)
    return re.sub(_MARKUP, _entity, spaced).replace(_SPACE, "&#8203;")


def code(text: str) -> str:
    """Return a string as inline code, also for a cell of a table, but not inside HTML."""
    text = clean(text)
    if re.fullmatch(_QUOTABLE, text) and "##" not in text:
        return f"`{text}`"
    entities = re.sub(r"[^\w ./,=+()-]", _entity, text)
    return f"<code>{entities}</code>"


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown without line breaks."""
    lines = [heading, ["---"] * len(heading), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def details(summary: str, lines: Sequence[str]) -> list[str]:
    """Return lines that are folded below a summary, which is HTML."""
    return ["<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>"]


def fenced(lines: Iterable[str]) -> list[str]:
    """Return lines as a block of code."""
    shown = [escape_commands(clean(line)) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *shown, fence]


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
