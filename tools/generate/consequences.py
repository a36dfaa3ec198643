"""Generate compiler/changes/data/consequences.json from the YAML next to it.

`python -m tools.generate.consequences [--check]`: JSON loads in a fraction of the time, and `kasc diff` needs it in
every run.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compiler.changes.change import KINDS, ONCE, SEVERITIES
from compiler.changes.effects import CONDITIONS, WORDS
from tools.generate.single import require, write_or_check

DATA = Path(__file__).parents[2] / "compiler/changes/data"
TARGET = DATA / "consequences.json"
SETTINGS = ("kind", "value", "needs", "part_of", "reload")
RELOADS = ("restart", "live", "poll", "handshake")


def consequences() -> str:
    """Return the text of the file. Raises ValueError if a row is malformed."""
    flags: dict[str, dict[str, Any]] = {}
    for entry in _load("consequences.yaml"):
        require(set(entry) <= {"flags", "rows", *SETTINGS} and entry["rows"], f"{entry['flags']}: keys")
        require(entry.get("reload", "restart") in RELOADS, f"{entry['flags']}: reload")
        require(entry.get("kind", "flag") in KINDS, f"{entry['flags']}: kind")
        compact = {key: entry[key] for key in SETTINGS if key in entry}
        compact["rows"] = [[_when(row["when"]), *_row(row, {"when"})] for row in entry["rows"]]
        for flag in entry["flags"]:
            require(flag not in flags, f"--{flag} has two entries")
            flags[flag] = compact
    admission = _load("admission.yaml")
    plugins = {name: list(_plugin(admission["kinds"][kind])) for name, kind in admission["plugins"].items()}
    meanings = {name: _row(row, set()) for name, row in _load("meanings.yaml").items()}
    return (
        json.dumps({"flags": flags, "plugins": plugins, "meanings": meanings}, separators=(",", ":"), sort_keys=True)
        + "\n"
    )


def _load(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@cache
def _recipes() -> frozenset[str]:
    return frozenset(_load("recipes.yaml"))


def _plugin(kind: dict[str, Any]) -> Iterator[list[Any]]:
    """Yield the rows of a plugin: enabled, disabled."""
    require(set(kind) == {"enabled", "disabled"}, f"{kind}: keys")
    for row in (kind["enabled"], kind["disabled"]):
        yield _row(row, set())


def _row(row: dict[str, Any], more: set[str]) -> list[Any]:
    """Return severity, mixed, effect, recipe and condition."""
    require(set(row) - {"recipe", "once"} == {"severity", "mixed", "effect"} | more, f"{row}: keys")
    require(row["severity"] in SEVERITIES, f"{row['severity']} is not a severity")
    require(isinstance(row["mixed"], bool), f"{row['mixed']} is not true or false")
    effect = row["effect"]
    require(effect.endswith(".") and effect[0].isupper(), f"not a sentence: {effect}")
    recipe, once = row.get("recipe", ""), row.get("once", "")
    require(once in ("", *ONCE) and not (once and row["mixed"]), f"{once} is not a condition of an unsafe change")
    require(recipe in ("", *_recipes()), f"{recipe} is not a recipe")
    return [row["severity"], row["mixed"], effect, recipe, once]


def _when(text: str) -> list[list[str]]:
    """Return the conditions of a row, each with its words."""
    conditions = [condition.split() for condition in re.split(", *", text)]
    for name, *values in conditions:
        require(len(values) == WORDS.get(name, 0) and name in {*CONDITIONS, *WORDS}, f"{text} is not a condition")
    return conditions


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1)."""
    return write_or_check(TARGET, consequences(), "consequences", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
