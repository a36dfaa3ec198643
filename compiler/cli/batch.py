"""Batch processing: the inputs of a run, processes, progress."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from compiler.cli.arguments import UsageError
from compiler.fleet import Work, in_turn, usable_jobs
from compiler.inputs.source import Files
from compiler.review.examine import Examined, Settings, examine
from compiler.text import aligned, say

if TYPE_CHECKING:
    from compiler.fleet.selection import Changes


def in_shard(options: Namespace, paths: list[str]) -> list[str]:
    """Return the inputs in the shard of `--shard`, all without it. Raises UsageError."""
    if options.shard is None:
        return paths
    from compiler.fleet.selection import shard_of

    try:
        shard = shard_of(options.shard)
    except ValueError as error:
        raise UsageError(f"invalid --shard {options.shard!r}: {error}") from None
    return [path for path in paths if shard.holds(path)]


def changes_of(options: Namespace, paths: list[str], shared: Iterable[str] = ()) -> Changes | None:
    """Return the changes since the commit of `--changed-since`, and print deleted documents. Raises UsageError.

    None if every input is to be processed, also because one of the `shared` files changed, on which all of them depend.
    """
    if options.changed_since is None:
        return None
    changes = changes_since("--changed-since", options.changed_since, paths)
    changed = next((path for path in shared if changes.touches([path])), "")
    if changed:
        if not options.quiet:
            say(f"{changed} changed since {options.changed_since}: every input is checked")
        return None
    if not options.quiet:
        for path in changes.deleted_documents(options.inputs):
            say(f"{path} was deleted since {options.changed_since}")
    return changes


def changes_since(option: str, ref: str, paths: list[str]) -> Changes:
    """Return the changes since the commit that an option names. Raises UsageError, also for paths elsewhere."""
    from compiler.fleet.selection import Changes, GitError

    try:
        changes = Changes(ref)
    except GitError as error:
        raise UsageError(f"{option} {ref!r}: {error}") from None
    outside = [path for path in paths if not changes.holds(path)]
    if outside:
        raise UsageError(f"{option}: {outside[0]} is outside the repository {changes.top}")
    return changes


def jobs_for(options: Namespace, inputs: int) -> int:
    """Return the number of processes to use. Raises UsageError for an invalid --jobs."""
    if options.jobs is None:
        return usable_jobs(inputs)
    if options.jobs < 1:
        raise UsageError(f"invalid --jobs {options.jobs}: must be at least 1")
    return int(options.jobs)


def results_of(work: Work, paths: list[str], jobs: int) -> Iterator[Any]:
    """Yield the results of `work` for all inputs, in their order, with progress on standard error after one second.

    Raises UsageError if a worker process is killed.
    """
    progress = _Progress(len(paths))
    try:
        results = in_turn(work, paths) if jobs == 1 else _in_processes(work, paths, jobs)
        for result in results:
            progress.clear()
            yield result
            progress.step()
    finally:
        progress.clear()


def _in_processes(work: Work, paths: list[str], jobs: int) -> Iterator[Any]:
    from compiler.fleet.workers import WorkerDiedError, in_order

    try:
        yield from in_order(work, paths, jobs)
    except WorkerDiedError as problem:
        raise UsageError(str(problem)) from None


def examine_all(paths: list[str], settings: Settings, files: Files | None = None) -> Iterator[Examined]:
    """Examine the inputs one after the other."""
    files = files or Files()
    return results_of(lambda batch: [examine(path, settings, files) for path in batch], paths, 1)


class _Progress:
    """Progress in one line of the terminal on standard error, updated at most ten times a second."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.shown = 0.0
        self.visible = False
        self.start = time.monotonic()
        self.terminal = sys.stderr.isatty()

    def step(self) -> None:
        self.done += 1
        now = time.monotonic()
        if self.terminal and self.total > 1 and now - self.start > 1 and now - self.shown > 0.1:
            self.shown = now
            self.visible = True
            print(f"\r{self.done}/{self.total} inputs", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.visible:
            self.visible = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


_COLUMNS = ("compiled", "unchanged", "stale", "failed", "orphaned", "cached")


def table(numbers: dict[str, int], check: bool) -> str:
    """Return two lines: what is counted, and the counts. With `check`, stale inputs take the place of compiled ones."""
    columns = [name for name in _COLUMNS if name != ("compiled" if check else "stale")]
    rows = [[name.upper() for name in columns], [str(numbers.get(name, 0)) for name in columns]]
    return "".join(f"{line}\n" for line in aligned(rows))
