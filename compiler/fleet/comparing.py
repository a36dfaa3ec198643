"""Comparison of the documents that a branch changed with their versions at the merge base."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from compiler.changes.difference import Difference, difference, planned
from compiler.changes.inputs import compare
from compiler.changes.rollout import rollout_of
from compiler.filesystem import DISK, is_below
from compiler.fleet.fingerprints import DependencyTracker
from compiler.fleet.history import MergeBase
from compiler.fleet.selection import Changes
from compiler.inputs.importers.search import Search
from compiler.inputs.source import Files
from compiler.review.examine import Settings, examine


class DocumentComparer:
    """The work of a process: compare a few documents with their versions at the merge base. It can be pickled.

    Files that several of them share are read once. Rollouts are planned if they are asked for.
    """

    def __init__(
        self, settings: Settings, changes: Changes, merge_base: MergeBase, with_rollouts: bool = False
    ) -> None:
        self.with_rollouts = with_rollouts
        self.changes = changes
        self.merge_base = merge_base
        self.settings = settings
        self.old_settings = settings._replace(host=settings.host.on(merge_base))
        self.files, self.old_files = Files(), Files(disk=merge_base)
        self.tracker = DependencyTracker(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[Difference | None]:
        """Return the difference of each document; None for those that have not changed, and for other files."""
        self.tracker.clear()
        return [self._compare(path) for path in paths]

    def _compare(self, path: str) -> Difference | None:
        exists = os.path.lexists(path)
        old_path = self._old_path(path)
        was_there = self.merge_base.is_file(old_path)
        old = new = None
        if exists or not was_there:
            self.tracker.start(path)
            new = examine(path, self.settings, self.files)
            if exists and not self.changes.touches([path, *self.tracker.paths(path)]):
                return None
        if was_there:
            old = examine(old_path, self.old_settings, self.old_files)
        comparison = compare(old, new) if old is not None and new is not None else None
        result = difference(path, old, new, comparison)
        if self.with_rollouts and result is not None and comparison is not None:
            result = result._replace(rollout=planned(rollout_of(comparison)))
        return result

    def _old_path(self, path: str) -> str:
        """Return the path of a document at the merge base, which is another one if it was renamed since."""
        moved = self.changes.moved.get(_real(path))
        return os.path.relpath(moved) if moved is not None else path


def _real(path: str) -> str:
    """Return a path as git names files: a link is not followed, but its directories are real."""
    directory, name = os.path.split(path)
    return os.path.join(os.path.realpath(directory or os.curdir), name)


def removed_inputs(
    merge_base: MergeBase, names: Sequence[str], inputs: Sequence[str], moved: Iterable[str]
) -> list[str]:
    """Return the files below `names` that were inputs at the merge base and no longer are, as relative paths.

    `inputs` are those that still are; `moved` are the earlier paths of renamed files, which are not removed. Files that
    other inputs extended or read are not inputs.
    """
    tops = [os.path.realpath(name) for name in names]
    search = Search([])
    known = {*map(_real, inputs), *moved}
    candidates = {path: os.path.relpath(path) for path in sorted(merge_base.before) if path not in known}
    parts: set[str] = set()
    removed = []
    for path, name in candidates.items():
        inside = search.parts_at(name, merge_base)
        if inside is not None:
            parts |= inside
            if any(is_below(path, top) for top in tops) and search.parts_at(name, DISK) is None:
                removed.append(name)
    if removed:
        for path in inputs:
            parts |= search.parts_at(path, merge_base) or set()
    real = {os.path.realpath(part) for part in parts}
    return [name for name in removed if os.path.realpath(name) not in real]
