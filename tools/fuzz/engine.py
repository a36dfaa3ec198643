"""The fuzzing loop: mutate an input, run it, keep it if its signature is new, record it if it fails."""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections.abc import Iterator
from random import Random
from typing import Any

from tools.fuzz.campaigns import Campaign
from tools.fuzz.mutating import mutated

MAX_SECONDS = 2.0
"""CPU seconds that one input may take."""
_MAX_CORPUS = 5000


class SlowInputError(BaseException):
    """An input took too long; a BaseException, so that no handler for ordinary errors catches it."""


class Engine:
    """One campaign with one seed. `failures` has an input and its traceback for each place that raised an error."""

    def __init__(self, campaign: Campaign, seed: int) -> None:
        self.campaign = campaign
        self.random = Random(f"{campaign.name} {seed}")
        self.corpus: list[bytes] = []
        self.signatures: set[frozenset[str]] = set()
        self.failures: dict[str, tuple[bytes, str]] = {}
        self.executions = 0
        self.seconds = 0.0
        self.slowest = 0.0

    def run(self, executions: int) -> None:
        """Run seeds for up to half of the executions, then mutated inputs."""
        started = time.process_time()
        seeds = [*dict.fromkeys(self.campaign.seeds())]
        self.random.shuffle(seeds)
        with _watch():
            for data in seeds[: max(1, executions // 2)]:
                self._try(data)
            self.corpus = self.corpus or seeds
            while self.executions < executions:
                pick = self.random.choice
                self._try(mutated(pick(self.corpus), self.random, pick(seeds)))
        self.seconds = time.process_time() - started

    def _try(self, data: bytes) -> None:
        self.executions += 1
        before = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
        try:
            signature = self.campaign.run(data, self.random)
        except (Exception, SlowInputError) as error:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.failures.setdefault(_place_of(error), (data, traceback.format_exc()))
            return
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.slowest = max(self.slowest, time.process_time() - before)
        if signature not in self.signatures and len(self.corpus) < _MAX_CORPUS:
            self.signatures.add(signature)
            self.corpus.append(data)


def _place_of(error: BaseException) -> str:
    """Return the type of an error and where it was raised, which identifies a failure."""
    frames = traceback.extract_tb(error.__traceback__)
    place = frames[-1]
    if isinstance(error, SlowInputError):
        # The line of the interruption is random.
        return f"slow in {next((frame.name for frame in frames if '/compiler/' in frame.filename), place.name)}"
    return f"{type(error).__name__} at {place.filename.rpartition('/')[2]}:{place.lineno}"


@contextlib.contextmanager
def _watch() -> Iterator[None]:
    """Interrupt inputs that take too long."""

    def interrupt(*_: Any) -> None:
        raise SlowInputError(f"more than {MAX_SECONDS:g}s of CPU")

    before = signal.signal(signal.SIGPROF, interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
