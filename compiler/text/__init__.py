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
"""Control characters other than the tab, bidirectional controls, and invisible characters."""
# Commands of CI systems: '::' at the start of a line and '##[' anywhere in GitHub Actions, '##vso[' in Azure Pipelines.
_COMMAND = r"\A(\s*):(?=:)|#(?=#(?:\[|vso\[))"


def clean(text: str) -> str:
    """Return a string on one line, with characters escaped that would move the cursor or hide other text."""
    return re.sub(UNPRINTABLE, _escaped, text.replace("\t", " "))


def clean_line(text: str) -> str:
    """Return a line of output, cleaned and with commands of CI systems escaped."""
    return escape_commands(clean(text))


def clean_lines(text: str) -> str:
    """Return lines of output, for example a diff, cleaned as by `clean_line` except for tabs."""
    lines = ("\t".join(map(clean, line.split("\t"))) for line in text.split("\n"))
    return "\n".join(map(escape_commands, lines))


def clean_path(name: str) -> str:
    """Return a path for the start of a line, cleaned and not recognized as a command by CI systems."""
    return clean(f"./{name}" if name.startswith((":", "#")) else name)


def say(text: str) -> None:
    """Print a line to standard error."""
    print(clean_line(text), file=sys.stderr)


def escape_commands(line: str) -> str:
    """Return a line with commands of CI systems escaped."""
    return re.sub(_COMMAND, lambda match: f"{match[1] or ''}\\u{ord(match[0][-1]):04x}", line)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
