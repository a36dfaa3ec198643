"""Feature gates whose effective state differs, set by name, by stage or by the version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import Change
from compiler.changes.flags import is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location

FLAG = "feature-gates"
EXPLAINS = frozenset((FLAG,))
_STAGES = ("AllAlpha", "AllBeta")


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the gates that are enabled on one of the servers, sorted by name.

    A gate that the new version no longer has is not a change: its feature is permanently enabled, or was removed.
    """
    before, after = (frozenset(server.config.enabled_gates.enabled) for server in (old, new))
    if before == after or not all(is_known(server, FLAG) for server in (old, new)):
        return
    some_set = any(server.context.gates.set_to for server in (old, new))
    for name in sorted(before ^ after):
        if name in _STAGES or new.context.gates.step(name) is None:
            continue
        is_enabled = name in after
        is_set = some_set and any(
            name in server.context.gates.set_to or _by_stage(server, name) for server in (old, new)
        )
        case = f"gate.{'enabled' if is_enabled else 'disabled'}{'' if is_set else '-by-version'}"
        change = meant("feature-gate", name, case, old, new, "", not is_enabled, is_enabled)
        yield change._replace(old_at=_location(old, name), new_at=_location(new, name)) if some_set else change


def _location(server: Resolved, name: str) -> Location | None:
    """Return where an input sets a gate, by its name or by its stage; None if it has its default."""
    flags = server.context.flags
    places = {entry.partition("=")[0]: index for index, (_, entry) in enumerate(flags.value(FLAG) or ())}
    index = next((places[key] for key in (name, *_STAGES) if key in places), None)
    return None if index is None else flags.location(FLAG, index)


def _by_stage(server: Resolved, name: str) -> bool:
    """Return whether AllAlpha or AllBeta decides the state of a gate."""
    gates = server.context.gates
    step = gates.step(name)
    return step is not None and gates.on(name) != step.default
