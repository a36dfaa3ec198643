"""Generate the table of health checks in docs/health.md: `python -m tools.generate.health_page [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from compiler.apiserver.health import ENDPOINTS
from compiler.apiserver.health.meaning import condition_of
from compiler.upstream.catalog import catalog, health_meanings, health_rows
from compiler.upstream.catalog.facts import versions
from tools.generate.markdown import table, with_section
from tools.generate.single import write_or_check

PAGE = Path(__file__).parents[2] / "docs/health.md"
_COLUMNS = ("check", "lists", "exists with", "versions", "added by", "if it fails", "what to do")


def rows() -> Iterator[tuple[str, ...]]:
    """Yield the checks of all versions, in the server's order."""
    for name in dict.fromkeys(row["name"] for row in health_rows()):
        supported = [version for version in versions() if name in catalog(version).health_checks]
        row = catalog(supported[-1]).health_checks[name]
        lists = row.get("endpoints", ENDPOINTS)
        notes = [f"group `{row['group']}`"] if "group" in row else []
        notes += ["livez grace"] if row["server"] == "aggregator" else []
        meaning = health_meanings()[name]
        yield (
            f"`{name}`" + "".join(f"<br>{note}" for note in notes),
            "all" if len(lists) == len(ENDPOINTS) else ", ".join(lists),
            condition_of(tuple(row.get("when", ()))),
            _span(supported),
            row["addedBy"],
            meaning["fails"],
            meaning["do"],
        )


def _span(supported: list[str]) -> str:
    first, last = supported[0], supported[-1]
    if last != versions()[-1]:
        return first if first == last else f"{first} to {last}"
    return "all" if first == versions()[0] else f"since {first}"


def main(arguments: list[str]) -> int:
    """Write the table, or with `--check` test whether it is up to date (exit code 1 if not)."""
    page = with_section(PAGE.read_text(encoding="utf-8"), "checks", "health_page", table(_COLUMNS, rows()))
    return write_or_check(PAGE, page, "health_page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
