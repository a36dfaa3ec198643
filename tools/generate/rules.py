"""Generate compiler/rules/table.py from compiler/rules/data: `python -m tools.generate.rules [--check]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compiler.rules.texts import KASC_STAGES, STAGES, families, load_rows
from tools.generate.single import write_or_check

TABLE = Path(__file__).parents[2] / "compiler/rules/table.py"
_SHORT = ("name", "id", "title", "severity", "owner", "stage", "source")
_LONG = ("does", "fails", "fix")
_OPTIONAL = ("form", "command", "files", "etcd", "from", "until", "needs")
_HEAD = '''\
"""Generated from data/*.yaml by `python -m tools.generate.rules`: edit the data and run it again."""

# fmt: off
# ruff: noqa: E501
from compiler.rules.rule import Rule

'''


def table() -> str:
    """Return the text of the module. Raises ValueError if a row is malformed."""
    lines: list[str] = []
    names: dict[str, str] = {}
    for family in families():
        for code, row in load_rows(family)["rules"].items():
            if problem := next(_problems(family, code, row), ""):
                raise ValueError(f"{code}: {problem}")
            if row["name"] in names:
                raise ValueError(f"{code}: {names[row['name']]} is called {row['name']} as well")
            names[row["name"]] = code
            lines.append(_line(code, row))
    return _HEAD + "".join(lines)


def _problems(family: str, code: str, row: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a row."""
    missing = [key for key in (*_SHORT, *_LONG) if key not in row]
    unknown = sorted(set(row) - {*_SHORT, *_LONG, *_OPTIONAL})
    if missing or unknown:
        yield f"missing: {', '.join(missing) or '-'}; unknown: {', '.join(unknown) or '-'}"
        return
    start, _, number = row["id"].rpartition("-")
    if code != f"KASC-{start}-{int(number):03d}" or start.partition("-")[0] != family:
        yield f"the id {row['id']} does not fit the code, or is in the wrong file"
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", row["name"]):
        yield f"{row['name']} is not a valid name of a constant"
    if row["severity"] not in ("error", "warning", "note"):
        yield f"{row['severity']} is not a severity"
    if row["owner"] not in ("kube-apiserver", "kasc"):
        yield f"{row['owner']} is not an owner"
    if row["stage"] not in STAGES:
        yield f"{row['stage']} is not a stage"
    elif row["owner"] == "kube-apiserver" and row["stage"] in KASC_STAGES:
        yield f"kube-apiserver enforces nothing at the stage {row['stage']}"


def _line(code: str, row: dict[str, Any]) -> str:
    facts = [code, row["id"], row["title"], row["severity"], row["stage"], row["source"]]
    texts = ", ".join('"' + fact.replace("\\", "\\\\").replace('"', '\\"') + '"' for fact in facts)
    return f"{row['name']} = Rule({texts}, {row['owner'] == 'kube-apiserver'})\n"


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1)."""
    return write_or_check(TABLE, table(), "rules", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
