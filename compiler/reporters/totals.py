"""How many findings there are, in numbers and in a line."""

from __future__ import annotations

from compiler.diagnostics import SEVERITIES, Report


def totals(reports: list[Report]) -> dict[str, int]:
    """Severity -> findings of it, those included that are not shown."""
    return {severity: sum(len(list(report.of(severity))) for report in reports) for severity in SEVERITIES}


def not_shown(reports: list[Report]) -> int:
    """Errors that a selection leaves out of the listing."""
    return sum(len(report.unshown) for report in reports)


def counted(number: int, word: str) -> str:
    """A number with its word: `1 input`, `2 inputs`."""
    return f"{number} {word}{'s' if number != 1 else ''}"


def in_words(reports: list[Report]) -> str:
    """All of it in one line: `3 inputs: 2 errors (1 not shown), 1 note`."""
    hidden = not_shown(reports)
    words = []
    for severity, number in totals(reports).items():
        if number:
            aside = f" ({hidden} not shown)" if hidden and severity == "error" else ""
            words.append(f"{counted(number, severity)}{aside}")
    return f"{counted(len(reports), 'input')}: {', '.join(words) or 'no problems'}"
