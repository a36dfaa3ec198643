"""`kasc diff --since REF [PATH...]`: each input that a branch changed, compared with its version at the merge base."""

from __future__ import annotations

import os
from argparse import Namespace

from compiler.changes.difference import Difference
from compiler.cli.arguments import UsageError
from compiler.cli.batch import changes_since, jobs_for, results_of
from compiler.cli.common import find_inputs
from compiler.cli.reporters import MARKDOWN
from compiler.fleet.comparing import DocumentComparer, removed_inputs
from compiler.fleet.history import MergeBase
from compiler.inputs.source import STANDARD_INPUT
from compiler.review.examine import Settings

_WITH_ROLLOUTS = ("json", MARKDOWN)
"""Formats that show the rollout of each input."""


def differences_since(options: Namespace, settings: Settings, problems: list[str]) -> list[Difference]:
    """Return the differences of all inputs that changed, with those that are new and those that were deleted.

    What cannot be searched is added to `problems`. Raises UsageError.
    """
    names = options.inputs or [os.curdir]
    if STANDARD_INPUT in names:
        raise UsageError("standard input has no earlier version: name files or directories with --since")
    changes = changes_since("--since", options.since, names)
    merge_base = MergeBase(changes)
    present = [name for name in names if os.path.lexists(name)]
    problems += (
        f"{name}: no such file or directory, neither now nor at the merge base"
        for name in names
        if name not in present and not merge_base.exists(name)
    )
    inputs = find_inputs(present, problems, root=settings.root, may_be_empty=True)
    removed = removed_inputs(merge_base, names, inputs, changes.moved.values())
    paths = list(dict.fromkeys(map(os.path.normpath, (*inputs, *removed))))
    work = DocumentComparer(settings, changes, merge_base, with_rollouts=options.output in _WITH_ROLLOUTS)
    try:
        return [each for each in results_of(work, paths, jobs_for(options, len(paths))) if each is not None]
    finally:
        merge_base.objects.close()
