"""Generate compiler/changes/data/recipes.json from recipes.yaml next to it.

`python -m tools.generate.recipes [--check]`: JSON loads in a fraction of the time.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from compiler.changes.change import ONCE
from compiler.changes.rollout.recipes import STEPS, TASKS, WAYS
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions
from tools.generate.single import require, write_or_check

DATA = Path(__file__).parents[2] / "compiler/changes/data"
TARGET = DATA / "recipes.json"
_FIELDS = {"title", "back", "refuse", *TASKS}
_TASK = {"text", "run", "expect", "until"}


def recipes() -> str:
    """Return the text of the file. Raises ValueError if a recipe is malformed."""
    data = yaml.safe_load((DATA / "recipes.yaml").read_text(encoding="utf-8"))
    known = {"*"}.union(*(catalog(version).flags for version in versions()))
    for name, recipe in data.items():
        steps = {stage: recipe[stage] for stage in STEPS if stage in recipe}
        require(set(recipe) == {*steps, *({"flags"} & set(recipe))} and steps, f"{name}: keys")
        for flag, ways in recipe.get("flags", {}).items():
            require(flag in known, f"{name}: --{flag} is not a flag")
            require(set(ways) <= {"accept", "switch"} and set(ways.values()) <= set(WAYS), f"{name}: ways")
            require(set(ways) <= set(steps), f"{name}: a way without a step")
        for step in steps.values():
            _step(name, step)
    return json.dumps(data, separators=(",", ":"), sort_keys=True) + "\n"


def _step(name: str, step: dict[str, Any]) -> None:
    require({"title", "back"} <= set(step) <= _FIELDS, f"{name}: keys of a step")
    for key in TASKS:
        for task in step.get(key, ()):
            require(set(task) <= _TASK and ("run" in task) == ("expect" in task), f"{name}: {key}")
            require(("text" in task) == (key != "check"), f"{name}: {key}: text")
            require(task.get("until", ONCE[0]) in ONCE, f"{name}: {key}: until")
            require(task.get("text", ".").endswith("."), f"{name}: not a sentence: {task.get('text')}")
    require(step["title"][0].islower(), f"{name}: title")


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` report whether it is stale (exit 1)."""
    return write_or_check(TARGET, recipes(), "recipes", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
