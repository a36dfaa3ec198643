"""Work spread over processes, with results in the order of the items."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from compiler.fleet import BLOCK, Work, in_turn

if TYPE_CHECKING:
    from ctypes import Array
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess
    from multiprocessing.sharedctypes import Synchronized


_LARGEST = 8 * BLOCK
"""Most items that are submitted at once; each submission costs the first process a fraction of a millisecond."""
_AHEAD = 3
"""Submissions for each process that are waiting, being worked on, or done and not read yet."""
_START_METHOD = "fork" if sys.platform == "linux" else None
"""A forked process shares the data that the first item has loaded. That is safe: kasc starts no threads before."""


class WorkerDiedError(Exception):
    """A worker process exited before its work was done; the message says how, and which inputs it was working on."""


def in_order(work: Work, items: Sequence[str], jobs: int, start_method: str | None = _START_METHOD) -> Iterator[Any]:
    """Return the results of `work` for all items, in their order, computed by up to `jobs` processes.

    State that `work` keeps between calls is kept in each process separately. Its results have to be picklable, and so
    does `work`, unless processes are forked. Raises WorkerDiedError, and whatever `work` raises.
    """
    jobs = min(jobs, -(-len(items) // BLOCK))
    if jobs < 2:
        yield from in_turn(work, items)
        return
    context = multiprocessing.get_context(start_method)
    here = 1 if context.get_start_method() == "fork" else 0
    # A forked process finds what this loads in memory, where all of them share it.
    yield from in_turn(work, items[:here])
    try:
        pool = _Pool(work, items[here:], jobs, context)
    except (ImportError, NotImplementedError, OSError):
        # The system has no semaphores or no shared memory, for example a container without /dev/shm.
        yield from in_turn(work, items[here:])
        return
    try:
        yield from pool.results()
    finally:
        pool.shut_down()


class _Pool:
    """An executor with a window of submissions, each for a few items."""

    def __init__(self, work: Work, items: Sequence[str], jobs: int, context: BaseContext) -> None:
        self.items = items
        self.jobs = jobs
        # Small enough that all processes are busy until the end.
        self.size = max(BLOCK, min(_LARGEST, len(items) // (16 * jobs)))
        # For each process, its ID and the index of the item that it started with last.
        self.places: Array[Any] = context.RawArray("q", 2 * jobs)
        self.processes: dict[int, BaseProcess] = {}
        begin = (work, self.places, context.Value("i", 0))
        self.executor = ProcessPoolExecutor(jobs, context, _begin_worker, begin)

    def results(self) -> Iterator[Any]:
        """Return all results, in the order of the items. Raises WorkerDiedError."""
        window: deque[Future[list[Any]]] = deque()
        try:
            for start in range(0, len(self.items), self.size):
                if len(window) == _AHEAD * self.jobs:
                    yield from window[0].result()
                    window.popleft()
                window.append(self._submit(start))
            while window:
                yield from window[0].result()
                window.popleft()
        except BrokenProcessPool:
            for future in window:
                if future.exception() is not None:
                    break
                yield from future.result()
            raise WorkerDiedError(self._cause_of_death()) from None

    def _submit(self, start: int) -> Future[list[Any]]:
        # A process that has just been started does not ignore interrupts yet.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            future = self.executor.submit(_work_on, start, self.items[start : start + self.size])
            if len(self.processes) < self.jobs:
                self.processes |= {each.pid: each for each in multiprocessing.active_children() if each.pid}
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return future

    def _cause_of_death(self) -> str:
        """Return how a process exited, and which items it was working on."""
        # This waits for the processes, and terminates those that are left.
        self.executor.shutdown()
        places = dict(zip(self.places[::2], self.places[1::2], strict=True))
        exited = [
            (-process.exitcode, places[number])
            for number, process in self.processes.items()
            if process.exitcode and number in places
        ]
        if not exited:
            return "a worker process exited unexpectedly (use --jobs 1 to work in one process)"
        # The executor terminates the others once one has died.
        end, start = min(exited, key=lambda each: each[0] == signal.SIGTERM)
        how = f"was killed by {signal.Signals(end).name}" if end > 0 else f"exited with code {-end}"
        block = self.items[start : start + BLOCK]
        where = block[0] if len(block) == 1 else f"one of {block[0]} to {block[-1]}"
        return (
            f"a worker process {how} while working on {where}; later inputs were not processed "
            "(use --jobs 1 to work in one process)"
        )

    def shut_down(self) -> None:
        """Let every process finish what it is working on, and wait for it."""
        self.executor.shutdown(cancel_futures=True)


class _Worker:
    """The state of a worker process."""

    def __init__(self, work: Work, places: Array[Any], slot: int) -> None:
        self.work = work
        self.places = places
        self.slot = slot
        self.busy = threading.Lock()

    def results(self, start: int, items: Sequence[str]) -> Iterator[Any]:
        for offset in range(0, len(items), BLOCK):
            self.places[2 * self.slot + 1] = start + offset
            yield from self.work(items[offset : offset + BLOCK])

    def exit_with_parent(self) -> None:
        """Exit once the first process is gone, even if it was killed; finish what was begun."""
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            with self.busy:
                os._exit(1)


_workers: list[_Worker] = []
"""In a worker process, its state."""


def _begin_worker(work: Work, places: Array[Any], started: Synchronized[int]) -> None:
    # The first process handles an interrupt and shuts the others down; no file is left half-written.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with started.get_lock():
        slot, started.value = started.value, started.value + 1
    places[2 * slot] = os.getpid()
    worker = _Worker(work, places, slot)
    _workers[:] = [worker]
    threading.Thread(target=worker.exit_with_parent, daemon=True).start()


def _work_on(start: int, items: Sequence[str]) -> list[Any]:
    (worker,) = _workers
    with worker.busy:
        return list(worker.results(start, items))
