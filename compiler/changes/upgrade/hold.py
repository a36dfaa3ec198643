"""The flags that keep the old behaviour during the rollout of a new version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compiler.changes.change import Change
from compiler.changes.editing.edit import SET, SET_ITEM, FlagEdit
from compiler.changes.upgrade.hop import FLAG_DEFAULT, RESTORE

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

EMULATED = "emulated-version"


def proposals(old: Resolved, new: Resolved, changes: Sequence[Change]) -> tuple[tuple[FlagEdit, ...], ...]:
    """Return sets of flags that keep the old behaviour, the best one first; the new version may refuse some.

    The best one emulates the old version and sets the old defaults of flags. If the new version cannot emulate the old
    one, feature gates and plugins take its place. An input that sets the emulated version keeps it.
    """
    catalog, defaults = new.context.catalog, tuple(_defaults(changes))
    if new.context.flags.changed(EMULATED):
        return (defaults,)
    version = old.context.catalog.version
    reason = f"APIs, feature gates and storage versions stay those of {version} until the flag is removed"
    emulation = (FlagEdit(EMULATED, SET, version, reason),)
    items = tuple(_items(changes))
    if EMULATED not in catalog.flags or old.context.catalog.minor < catalog.behaviour("emulationFloor"):
        return ((*items, *defaults),)
    return ((*emulation, *defaults), (*items, *defaults))


def _defaults(changes: Sequence[Change]) -> Iterator[FlagEdit]:
    for flag, value, change in _restored(changes):
        if change.kind == FLAG_DEFAULT:
            yield FlagEdit(flag, SET, value, f"the default changes from {value} to {change.after}")


def _items(changes: Sequence[Change]) -> Iterator[FlagEdit]:
    for flag, value, change in _restored(changes):
        if change.kind in ("feature-gate", "admission-plugin"):
            state = "enabled" if change.after else "disabled"
            yield FlagEdit(flag, SET_ITEM, value, f"the new version has {change.name} {state} by default")


def _restored(changes: Sequence[Change]) -> Iterator[tuple[str, str, Change]]:
    """Yield flag and value of the arguments that restore the old behaviour, each with its change."""
    for change in changes:
        if argument := change.values.get(RESTORE):
            flag, _, value = argument.removeprefix("--").partition("=")
            yield flag, value, change
