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


def by_emulation(old: Resolved, new: Resolved, changes: Sequence[Change]) -> tuple[FlagEdit, ...]:
    """Return the emulated version and the old defaults of flags; nothing if the new version cannot emulate the old one.

    An input that sets the emulated version keeps it.
    """
    catalog = new.context.catalog
    if new.context.flags.changed(EMULATED):
        return tuple(_defaults(changes))
    if EMULATED not in catalog.flags or old.context.catalog.minor < catalog.behaviour("emulationFloor"):
        return ()
    version = old.context.catalog.version
    reason = f"APIs, feature gates and storage versions stay those of {version} until the flag is removed"
    return (FlagEdit(EMULATED, SET, version, reason), *_defaults(changes))


def by_gates(changes: Sequence[Change]) -> tuple[FlagEdit, ...]:
    """Return the gates, plugins and old defaults that keep the old behaviour, as far as the new version allows it."""
    return (*_items(changes), *_defaults(changes))


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
