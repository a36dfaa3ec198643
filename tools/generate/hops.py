"""Generate compiler/changes/data/hops.json from the YAML next to it: `python -m tools.generate.hops [--check]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from compiler.changes.change import SEVERITIES
from compiler.changes.upgrade.hop import KINDS
from compiler.changes.upgrade.knowledge import CONDITIONS
from compiler.upstream.catalog.facts import versions
from tools.generate.single import require, write_or_check

DATA = Path(__file__).parents[2] / "compiler/changes/data"
TARGET = DATA / "hops.json"
PARTS = {"requirements", "changes", "rollback", "metrics", "elsewhere"}
ELSEWHERE = ["cosmetic", "The gate affects only {component}. kube-apiserver behaves as before."]


def hops() -> str:
    """Return the text of the file. Raises ValueError if a row is malformed."""
    table = yaml.safe_load((DATA / "hops.yaml").read_text(encoding="utf-8"))
    require(tuple(table) == versions()[1:], f"versions are {', '.join(table)}")
    return json.dumps(dict(map(_hop, table.items())), separators=(",", ":"), sort_keys=True) + "\n"


def _hop(item: tuple[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    version, row = item
    require(set(row) <= PARTS, f"{version}: {set(row) - PARTS}")
    requirements = [
        [name, _when(each["when"]), *_consequence(each, {"when"})] for name, each in row.get("requirements", {}).items()
    ]
    changes: dict[str, list[Any]] = {}
    for key, row_of_change in _changes(row):
        require(key not in changes, f"{version}: {key} has two rows")
        changes[key] = row_of_change
    rollback = [[_when(each["when"]), each["effect"]] for each in row.get("rollback", ())]
    return version, {
        "requirements": requirements,
        "changes": changes,
        "rollback": rollback,
        "metrics": row.get("metrics", {}),
    }


def _changes(row: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield kind and name of a change with its conditions, severity and effect."""
    for names, each in row.get("changes", {}).items():
        kind, _, listed = names.partition(" ")
        require(kind in KINDS, f"{kind} is not a kind")
        for name in listed.split(", "):
            yield f"{kind} {name}", [_when(each.get("when", [])), *_consequence(each, {"when"} & set(each))]
    for component, gates in row.get("elsewhere", {}).items():
        severity, effect = ELSEWHERE
        name = component if " " in component else f"the {component}".replace("the kube-", "kube-")
        for gate in gates:
            yield f"feature-gate {gate}", [[], severity, effect.format(component=name)]


def _consequence(row: dict[str, Any], more: set[str]) -> list[str]:
    """Return severity and effect."""
    require(set(row) == {"severity", "effect"} | more, f"{row}: keys")
    require(row["severity"] in SEVERITIES, f"{row['severity']} is not a severity")
    require(row["effect"].endswith(".") and "  " not in row["effect"], f"not a sentence: {row['effect']}")
    return [row["severity"], row["effect"]]


def _when(conditions: list[str]) -> list[list[str]]:
    """Return the conditions of a row, each with its words."""
    split = [condition.split() for condition in conditions]
    for name, *words in split:
        require(name in CONDITIONS and words, f"{name} is not a condition")
    return split


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1)."""
    return write_or_check(TARGET, hops(), "hops", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
