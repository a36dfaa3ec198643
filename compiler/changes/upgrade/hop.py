"""An upgrade, its hops by one minor version, and what they change."""

from __future__ import annotations

from typing import NamedTuple

from compiler.changes.change import KINDS as KINDS_OF_DIFF
from compiler.changes.change import Change
from compiler.changes.editing.edit import Edited
from compiler.diagnostics import Diagnostic, Edit, Report
from compiler.review.fixes import FixedFile

REQUIREMENT, STORAGE_VERSION, FLAG_DEFAULT, METRIC = "requirement", "storage-version", "flag-default", "metric"
KINDS = (REQUIREMENT, STORAGE_VERSION, FLAG_DEFAULT, *KINDS_OF_DIFF, METRIC)
"""Kinds of changes of an upgrade, in the order in which those of one severity are listed."""
RESTORE = "restore"
"""Name of the value of a change that has the argument which restores the old behaviour."""


class Rollback(NamedTuple):
    """What limits the way back: the resources that the old version cannot read, by `resource.group`, and other facts.

    `resources` are those that upgraded servers store in a version that the old ones cannot decode, in the order in
    which they are stored; none if the old version reads everything that the new one writes.
    """

    resources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Rewrite(NamedTuple):
    """An edit of a structured file in the input, and why."""

    edit: Edit
    reason: str


class Hop(NamedTuple):
    """The step from one minor version to the next.

    `outcome` is that of the input as the hop finds it, in the new version: `accept` or `reject`; `diagnostics` are
    those that the old version does not have. `changes` are what the upgrade changes and what it requires, most severe
    first. `edited` are the edits of the input, those of `rewrites` included, and `outcome_with_edits` is the outcome
    after them; `is_valid_before` is set if servers of the old version start with them as well. `hold` are the edits
    that keep the old behaviour during the rollout, None if they were not asked for. `provisional` is set if some facts
    of the new version are not confirmed by a server of it.
    """

    old: str
    new: str
    outcome: str
    diagnostics: tuple[Diagnostic, ...]
    changes: tuple[Change, ...]
    edited: Edited
    outcome_with_edits: str
    rollback: Rollback
    rewrites: tuple[Rewrite, ...] = ()
    is_valid_before: bool = True
    hold: Edited | None = None
    provisional: bool = False

    @property
    def breaks(self) -> bool:
        """Whether servers of the new version do not start with the input as the hop finds it."""
        return self.outcome != "accept"

    @property
    def repaired(self) -> bool:
        """Whether servers of the new version start with the edits of the hop."""
        return self.outcome_with_edits == "accept"


class Upgrade(NamedTuple):
    """An upgrade of one input from version `old` to `new`.

    `report` is that of the input in its own version. `old` is empty if that is unknown. `hops` are empty if there is
    nothing to upgrade, and `problem` is why the input cannot be upgraded, empty if it can. `files` are the files of the
    input before and after the edits of all hops.
    """

    report: Report
    old: str
    new: str
    hops: tuple[Hop, ...] = ()
    files: tuple[FixedFile, ...] = ()
    problem: str = ""

    @property
    def breaks(self) -> bool:
        """Whether servers do not start after one of the hops, with the input as the hop finds it."""
        return any(hop.breaks for hop in self.hops)

    @property
    def repaired(self) -> bool:
        """Whether servers start after every hop if its edits are applied."""
        return all(hop.repaired for hop in self.hops)
