"""The severity of a difference: that of a change from the declaration to what runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler.changes import diff
from compiler.changes.change import BEHAVIOUR, COSMETIC
from compiler.changes.effects import consequence_of_meaning, consequence_of_plugin, needed_by
from compiler.cluster.drift.observed import (
    API,
    FLAG,
    GATE,
    HEALTH_CHECK,
    KUBERNETES,
    PLUGIN,
    STORAGE_VERSION,
    Difference,
)

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_CASES = {
    (API, True): "api.added",
    (API, False): "api.removed",
    (GATE, True): "gate.enabled",
    (GATE, False): "gate.disabled",
    (HEALTH_CHECK, True): "health.added",
    (HEALTH_CHECK, False): "health.removed",
}
"""Kind, and whether the server has it -> the case of data/meanings.yaml."""


def judge_of(declared: Resolved, live: Resolved | None) -> Callable[[Difference], str]:
    """Return a function that returns the severity of a difference.

    Where the flags of the live server are known, it is that of the change that `kasc diff` reports.
    """
    known: dict[str, str] = {}

    def judge(difference: Difference) -> str:
        if live is not None and not known:
            known.update((change.name, change.severity) for change in diff(declared, live).changes[::-1])
        return known.get(difference.name) or _by_kind(difference, declared, live)

    return judge


def _by_kind(difference: Difference, declared: Resolved, live: Resolved | None) -> str:
    kind, name = difference.kind, difference.name
    if kind == FLAG:
        needed = needed_by(name)
        sides = (declared, live) if live is not None else (declared,)
        return COSMETIC if needed and not any(each.context.flags.value(needed) for each in sides) else BEHAVIOUR
    if kind == PLUGIN:
        consequence = consequence_of_plugin(name, bool(difference.live))
        return consequence.severity if consequence else BEHAVIOUR
    if kind == STORAGE_VERSION:
        return consequence_of_meaning("storage.version").severity
    if (kind, bool(difference.live)) in _CASES:
        return consequence_of_meaning(_CASES[kind, bool(difference.live)]).severity
    return consequence_of_meaning("version.hop").severity if name == KUBERNETES else BEHAVIOUR
