"""The recipes that the changes between two servers need, and the flags that they move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from compiler.changes.change import Change
from compiler.changes.rollout.recipes import CHANGE, OWN, Recipe, recipe_of
from compiler.changes.version import NAME as VERSION

_GENERIC = Recipe({OWN: {}}, {})
"""For changes without a recipe."""


class Use(NamedTuple):
    """A recipe and the changes that it is used for; `flags` are those of its flags that differ, with their ways.

    `needs_stop` is set if nothing that can be done before makes all of its changes safe side by side.
    """

    recipe: Recipe
    changes: tuple[Change, ...]
    flags: Mapping[str, Mapping[str, str]]
    needs_stop: bool

    @property
    def is_hop(self) -> bool:
        """Whether the servers get another version."""
        return any(change.name == VERSION for change in self.changes)


def moved_by(change: Change) -> frozenset[str]:
    """Return the flags that the recipe of a change moves."""
    recipe = recipe_of(change.recipe) if change.recipe else _GENERIC
    return frozenset(change.name if flag == OWN else flag for flag in recipe.flags)


def uses_of(changes: Iterable[Change], differing: Sequence[str]) -> list[Use]:
    """Return the recipes that changes need, that of another version first; `differing` are the flags that differ.

    A recipe that moves the flag that a change is named after is used once for each such flag, others once.
    """
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        recipe = recipe_of(change.recipe) if change.recipe else _GENERIC
        groups.setdefault((change.recipe, change.name if OWN in recipe.flags else ""), []).append(change)
    uses = [_use(recipe_of(name) if name else _GENERIC, tuple(group), differing) for (name, _), group in groups.items()]
    return sorted(uses, key=lambda use: not use.is_hop)


def _use(recipe: Recipe, changes: tuple[Change, ...], differing: Sequence[str]) -> Use:
    named = {(changes[0].name if flag == OWN else flag): ways for flag, ways in recipe.flags.items()}
    flags = {flag: named[flag] for flag in differing if flag in named}
    met = {task.until for task in recipe.steps[CHANGE].before} if CHANGE in recipe.steps else set()
    needs_stop = any(not change.safe_mixed and change.safe_once not in met - {""} for change in changes)
    return Use(recipe, changes, flags, needs_stop)
