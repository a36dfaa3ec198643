"""Makes the table of checks in docs/health.md: `python -m tools.generate.health_page [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from compiler.apiserver.health.checks import ENDPOINTS
from compiler.apiserver.health.meaning import condition_of
from compiler.upstream.catalog import catalog, health_meanings, health_rows
from compiler.upstream.catalog.facts import versions

PAGE = Path(__file__).parents[2] / "docs/health.md"
BEGIN, END = "<!-- checks: made by tools.generate.health_page -->\n", "<!-- end of checks -->\n"
_COLUMNS = ("check", "lists", "exists with", "versions", "added by", "where it fails", "what to do")


def table() -> str:
    """Every check of every version, in the server's order, as a table in Markdown."""
    lines = [_line(_COLUMNS), _line(("---",) * len(_COLUMNS)), *_rows()]
    return "".join(f"{line}\n" for line in lines)


def _rows() -> Iterator[str]:
    for name in dict.fromkeys(row["name"] for row in health_rows()):
        having = [version for version in versions() if name in catalog(version).health_checks]
        row = catalog(having[-1]).health_checks[name]
        lists = row.get("endpoints", ENDPOINTS)
        notes = [f"group `{row['group']}`"] if "group" in row else []
        notes += ["livez grace"] if row["server"] == "aggregator" else []
        told = health_meanings()[name]
        yield _line(
            (
                f"`{name}`" + "".join(f"<br>{note}" for note in notes),
                "all" if len(lists) == len(ENDPOINTS) else ", ".join(lists),
                condition_of(tuple(row.get("when", ()))),
                _span(having),
                row["addedBy"],
                told["fails"],
                told["do"],
            )
        )


def _span(having: list[str]) -> str:
    first, last = having[0], having[-1]
    if last != versions()[-1]:
        return first if first == last else f"{first} to {last}"
    return "all" if first == versions()[0] else f"since {first}"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page(text: str) -> str:
    """The page with its table made anew."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE} lacks the marks of the table")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the table, or with `--check` tell whether it is stale (exit 1)."""
    text = PAGE.read_text(encoding="utf-8")
    made = page(text)
    if arguments != ["--check"]:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if made != text:
        print("docs/health.md is stale: run python -m tools.generate.health_page")
    return int(made != text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
