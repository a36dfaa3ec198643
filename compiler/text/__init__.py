"""Untrusted strings, made safe for messages, terminals and CI logs."""

from __future__ import annotations

import re
import sys

from compiler.text.redaction import hide

MAX_CHARACTERS = 100
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def shown(text: str) -> str:
    """Return the string in quotes, shortened to 100 characters, control characters escaped and secrets redacted."""
    text = hide(text)
    cut = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
    safe = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in cut)
    return '"' + safe.replace('"', '\\"') + '"'


def trimmed(text: str) -> str:
    """Return the string without surrounding white space. Go: strings.TrimSpace.

    Python's str.strip would also remove the separators U+001C to U+001F.
    """
    return text.strip(_SPACES)


UNPRINTABLE = "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
"""Control characters but the tab, and what changes the direction of a line or cannot be seen."""
# GitHub Actions takes '::' at the beginning of a line for a command, and '##[' anywhere; Azure Pipelines '##vso['.
_COMMAND = r"\A(\s*):(?=:)|#(?=#(?:\[|vso\[))"


def clean(text: str) -> str:
    """Text on one line, without characters that would move the cursor or hide what follows."""
    return re.sub(UNPRINTABLE, _escaped, text.replace("\t", " "))


def clean_line(text: str) -> str:
    """A line of output: as `clean`, and no CI system takes it for a command."""
    return without_command(clean(text))


def clean_lines(text: str) -> str:
    """Lines of output, such as a diff; tabs stay."""
    lines = ("\t".join(map(clean, line.split("\t"))) for line in text.split("\n"))
    return "\n".join(map(without_command, lines))


def clean_path(name: str) -> str:
    """A path at the beginning of a line: no CI system takes it for a command."""
    return clean(f"./{name}" if name.startswith((":", "#")) else name)


def say(text: str) -> None:
    """Print a line on standard error."""
    print(clean_line(text), file=sys.stderr)


def without_command(line: str) -> str:
    """A line that no CI system takes for a command."""
    return re.sub(_COMMAND, lambda match: f"{match[1] or ''}\\u{ord(match[0][-1]):04x}", line)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
