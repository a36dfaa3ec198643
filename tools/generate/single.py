"""What generators of one file have in common."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(target: Path, text: str, name: str, arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1); `name` is that of the generator."""
    if arguments != ["--check"]:
        target.write_text(text, encoding="utf-8")
        return 0
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return 0
    print(f"{target.name} is stale: run python -m tools.generate.{name}", file=sys.stderr)
    return 1


def require(condition: object, problem: str) -> None:
    """Raise ValueError if a condition on what is read does not hold."""
    if not condition:
        raise ValueError(problem)
