"""Recipes of rollouts: the data of data/recipes.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from compiler.changes.tables import table_of

_TABLE = "recipes"

BINARY, EMULATION, UPGRADE, ACCEPT, SWITCH, CHANGE, DROP = STEPS = (
    *("binary", "emulation", "upgrade", "accept", "switch", "change", "drop"),
)
"""Steps of recipes, in the order of their stages."""
BOTH, NEW_FIRST, SET, NEW = WAYS = ("both", "both-new-first", "set", "new")
"""Values of a flag in a stage before the last: the old and the new ones in one of the orders, the new ones if they are
set, or the new ones."""
TASKS = ("before", "do", "check", "after")
"""Fields of a step that are lists of tasks."""
OWN = "*"
"""Stands for the flag that a change is named after."""


class Task(NamedTuple):
    """What has to be true or done: `run` is a command for it, `expect` what that shows.

    `until` is the condition, one of `change.ONCE`, that holds once the task is done.
    """

    text: str
    run: str = ""
    expect: str = ""
    until: str = ""


class Step(NamedTuple):
    """A part of a phase that is about one change; the fields are described in data/recipes.yaml."""

    title: str
    back: str = ""
    refuse: str = ""
    before: tuple[Task, ...] = ()
    do: tuple[Task, ...] = ()
    check: tuple[Task, ...] = ()
    after: tuple[Task, ...] = ()


class Recipe(NamedTuple):
    """The flags that a recipe moves, with their ways by step, and its steps."""

    flags: Mapping[str, Mapping[str, str]]
    steps: Mapping[str, Step]


@cache
def recipe_of(name: str) -> Recipe:
    """Return a recipe. Raises KeyError."""
    data = table_of(_TABLE)[name]
    steps = {stage: _step(data[stage]) for stage in STEPS if stage in data}
    return Recipe(data.get("flags", {OWN: {}}), steps)


def recipe_names() -> frozenset[str]:
    """Return the names of all recipes."""
    return frozenset(table_of(_TABLE))


def _step(data: Mapping[str, Any]) -> Step:
    lists = {name: tuple(Task(**{"text": "", **task}) for task in data.get(name, ())) for name in TASKS}
    return Step(data["title"], data["back"], data.get("refuse", ""), **lists)
