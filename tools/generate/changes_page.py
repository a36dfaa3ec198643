"""Generate the tables of docs/changes.md: `python -m tools.generate.changes_page [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from compiler.changes.rollout.recipes import STEPS
from tools.generate.markdown import table, with_section
from tools.generate.single import write_or_check

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/changes.md"
DATA = ROOT / "compiler/changes/data"
_CONSEQUENCE = ("change", "severity", "side by side", "what it does", "rollout")


def meanings() -> Iterator[tuple[str, ...]]:
    """Yield the rows about what a configuration means: issuers, keys, providers, authorizers and so on."""
    for name, row in _load("meanings.yaml").items():
        yield (name.replace(".", ": ").replace("-", " "), *_consequence(row))


def flags() -> Iterator[tuple[str, ...]]:
    """Yield the rows about flags, by topic."""
    for entry in _load("consequences.yaml"):
        names = "<br>".join(f"`--{flag}`" for flag in entry["flags"])
        for row in entry["rows"]:
            yield (f"{names}: {row['when']}", *_consequence(row), entry.get("reload", ""))
            names = names.replace("<br>", ", ")


def plugins() -> Iterator[tuple[str, ...]]:
    """Yield the rows about admission plugins, by kind."""
    admission = _load("admission.yaml")
    for kind, rows in admission["kinds"].items():
        names = ", ".join(f"`{name}`" for name, of in admission["plugins"].items() if of == kind)
        for switch, row in rows.items():
            yield (f"{names}: {switch}", *_consequence(row))


def phases() -> Iterator[tuple[str, ...]]:
    """Yield the phases of each recipe, in their order, and what to wait for before each."""
    for name, recipe in _load("recipes.yaml").items():
        for stage in STEPS:
            if stage in recipe:
                step = recipe[stage]
                before = " ".join(task["text"] for task in step.get("before", ()))
                stopped = " ".join(task["text"] for task in step.get("do", ()))
                yield (name, step["title"], before, stopped, step["back"])


def _consequence(row: dict[str, Any]) -> tuple[str, ...]:
    once = f"once {row['once'].replace('-', ' are ')}" if row.get("once") else "no"
    return row["severity"], "yes" if row["mixed"] else once, row["effect"], row.get("recipe", "")


def _load(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write the tables, or with `--check` test whether they are up to date (exit code 1 if not)."""
    page = PAGE.read_text(encoding="utf-8")
    sections = (
        ("meanings", table(_CONSEQUENCE, meanings())),
        ("flags", table((*_CONSEQUENCE, "new content"), flags())),
        ("plugins", table(_CONSEQUENCE, plugins())),
        (
            "phases",
            table(("rollout", "phase", "wait before it", "while all servers are stopped", "going back"), phases()),
        ),
    )
    for name, body in sections:
        page = with_section(page, name, "changes_page", body)
    return write_or_check(PAGE, page, "changes_page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
