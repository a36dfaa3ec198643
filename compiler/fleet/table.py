"""The numbers of a run over many documents, for people."""

from __future__ import annotations

COLUMNS = ("compiled", "unchanged", "stale", "failed", "orphaned", "cached")


def table(numbers: dict[str, int], check: bool) -> str:
    """Two lines: what is counted, and the counts. With `check` nothing was compiled, but some may be stale."""
    columns = [name for name in COLUMNS if name != ("compiled" if check else "stale")]
    widths = [max(len(name), len(str(numbers.get(name, 0)))) for name in columns]
    heads = "  ".join(f"{name.upper():{width}}" for name, width in zip(columns, widths, strict=True))
    cells = "  ".join(f"{numbers.get(name, 0):<{width}}" for name, width in zip(columns, widths, strict=True))
    return f"{heads.rstrip()}\n{cells.rstrip()}\n"
