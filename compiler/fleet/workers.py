"""Work spread over processes, with results in the order of the items."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from compiler.filesystem import write_to
from compiler.fleet import BLOCK, Work, in_turn

_FEW = 32
"""Items for which a second process costs more than it brings."""
_LENGTH = struct.Struct("=Q")
_PIPE_SIZE = 1024 * 1024


class WorkerDiedError(Exception):
    """A process ended before its work was done; the text says how, and at which items."""


def usable_jobs(items: int) -> int:
    """As many processes as there are cores to run on; one for few items."""
    if items < _FEW:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(work: Work, items: Sequence[str], jobs: int) -> Iterator[Any]:
    """The results of `work` for all items, in their order. Raises WorkerDiedError.

    What `work` keeps between calls it keeps in each process by itself. Its results have to be picklable.
    """
    jobs = min(jobs, -(-len(items) // BLOCK))
    if jobs < 2:
        yield from in_turn(work, items)
        return
    # What the first item loads is then there in all processes, and is held in memory once.
    yield from work(items[:1])
    pool = _Pool(work, items[1:], jobs)
    try:
        yield from pool.results()
    finally:
        pool.end()


class _Pool:
    def __init__(self, work: Work, items: Sequence[str], jobs: int) -> None:
        self.work = work
        self.items = items
        self.pipes: list[int] = []
        self.processes: list[int] = []
        sys.stdout.flush()
        sys.stderr.flush()
        for number in range(jobs):
            self._start(number, jobs)

    def _start(self, number: int, jobs: int) -> None:
        reading, writing = os.pipe()
        with contextlib.suppress(ImportError, AttributeError, OSError):
            import fcntl

            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        process = os.fork()
        if process == 0:
            # A worker that held the reading end of another's pipe would never let that one notice the end.
            for pipe in (*self.pipes, reading):
                os.close(pipe)
            self._be_worker(writing, number, jobs)
        os.close(writing)
        self.pipes.append(reading)
        self.processes.append(process)

    def _be_worker(self, pipe: int, number: int, jobs: int) -> NoReturn:
        """The life of a worker; it never comes back."""
        code = 1
        try:
            # The first process hears an interrupt and closes the pipes; no file is left half-written.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for start in range(number * BLOCK, len(self.items), jobs * BLOCK):
                done = pickle.dumps(list(self.work(self.items[start : start + BLOCK])))
                write_to(pipe, _LENGTH.pack(len(done)) + done)
            code = 0
        except BrokenPipeError:
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)

    def results(self) -> Iterator[Any]:
        """All results in order. Raises WorkerDiedError."""
        for turn, start in enumerate(range(0, len(self.items), BLOCK)):
            number = turn % len(self.pipes)
            head = _read(self.pipes[number], _LENGTH.size)
            done = _read(self.pipes[number], _LENGTH.unpack(head)[0]) if head is not None else None
            if done is None:
                raise WorkerDiedError(self._post_mortem(number, self.items[start : start + BLOCK]))
            yield from pickle.loads(done)

    def _post_mortem(self, number: int, items: Sequence[str]) -> str:
        _, status = os.waitpid(self.processes.pop(number), 0)
        code = os.waitstatus_to_exitcode(status)
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        at = items[0] if len(items) == 1 else f"one of {items[0]} to {items[-1]}"
        return f"a worker process was ended {how} at {at}; what comes after is not done (--jobs 1 works in one process)"

    def end(self) -> None:
        """Let the workers go; each of them does what it has begun."""
        for pipe in self.pipes:
            os.close(pipe)
        for process in self.processes:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, 0)


def _read(pipe: int, length: int) -> bytes | None:
    """So many bytes; None where the writer ended before."""
    data = bytearray()
    while len(data) < length:
        piece = os.read(pipe, min(length - len(data), _PIPE_SIZE))
        if not piece:
            return None
        data += piece
    return bytes(data)


COLUMNS = ("compiled", "unchanged", "stale", "failed", "orphaned", "cached")


def table(numbers: dict[str, int], check: bool) -> str:
    """Two lines: what is counted, and the counts. With `check` nothing was compiled, but some may be stale."""
    columns = [name for name in COLUMNS if name != ("compiled" if check else "stale")]
    widths = [max(len(name), len(str(numbers.get(name, 0)))) for name in columns]
    heads = "  ".join(f"{name.upper():{width}}" for name, width in zip(columns, widths, strict=True))
    cells = "  ".join(f"{numbers.get(name, 0):<{width}}" for name, width in zip(columns, widths, strict=True))
    return f"{heads.rstrip()}\n{cells.rstrip()}\n"
