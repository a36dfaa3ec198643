"""What may be printed: text of strangers without what a terminal or a CI system would act upon."""

from __future__ import annotations

import re
import sys

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
