"""A change between two servers, and all changes of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location

COSMETIC, BEHAVIOUR, PLAN, BREAKING, DATA_LOSS = "cosmetic", "behaviour", "plan", "breaking", "data-loss"
SEVERITIES = (COSMETIC, BEHAVIOUR, PLAN, BREAKING, DATA_LOSS)
"""From harmless to fatal. `plan` needs several steps; with `breaking`, clients or nodes lose access."""
KINDS = (
    *("storage", "issuer", "authenticator", "authorizer", "admission-plugin", "api", "feature-gate"),
    *("tls", "health-check", "audit", "apf", "flag"),
)
"""Kinds of changes, in the order in which changes of one severity are listed."""
ONCE = ("tokens-renewed", "objects-rewritten", "clients-renewed", "unused")
"""Conditions under which a change is safe side by side that is not safe before."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Change(NamedTuple):
    """One change of what a server does.

    `name` is the flag without dashes, the feature gate, the plugin, the resource or the group version. `before` and
    `after` are plain data without secrets, None if there was or is nothing. `effect` says what happens, and to whom.
    `safe_mixed` is whether servers with the old and the new configuration may run side by side. `old_at` and `new_at`
    are where the inputs set the value. `recipe` names the rollout in data/recipes.yaml, empty if servers are changed
    one by one; `values` are further facts about a change of an upgrade. `safe_once` is the one of ONCE that makes a
    change safe which is not safe before, empty if there is none.
    """

    kind: str
    name: str
    before: Any
    after: Any
    severity: str
    effect: str
    safe_mixed: bool
    old_at: Location | None = None
    new_at: Location | None = None
    recipe: str = ""
    values: Mapping[str, Any] = _NOTHING
    safe_once: str = ""


class Comparison(NamedTuple):
    """Two servers and the changes between them, most severe first."""

    old: Resolved
    new: Resolved
    changes: tuple[Change, ...]

    @property
    def severity(self) -> str:
        """The worst severity; cosmetic if nothing changes."""
        return self.changes[0].severity if self.changes else COSMETIC

    @property
    def safe_mixed(self) -> bool:
        """Whether the two servers may run side by side."""
        return all(change.safe_mixed for change in self.changes)


def in_order(changes: list[Change], kinds: Sequence[str] = KINDS) -> tuple[Change, ...]:
    """Return changes with the most severe first, those of one severity by kind, else in the given order."""
    return tuple(sorted(changes, key=lambda each: (-SEVERITIES.index(each.severity), kinds.index(each.kind))))
