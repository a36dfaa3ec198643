"""Programs that end: each has a deadline, its own process group, and dies with the recorder."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_GRACE = 5.0
"""Seconds that a program has between SIGTERM and SIGKILL."""
_PR_SET_PDEATHSIG = 1


class Process:
    """A program that runs in the background until it is stopped; its output goes to `log`."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        """End the process and everything that it started: SIGTERM, then SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def run(command: Sequence[str], timeout: float, log: Path) -> tuple[int | None, str]:
    """Run a program to its end and return its exit code and output; the code is None if it had to be stopped."""
    with Process(command, log) as process:
        try:
            code = process._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None, process.output()
        return code, process.output()


def free_port() -> int:
    """Return a TCP port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _die_with_parent() -> None:
    """Let the kernel kill this child when the recorder dies, however it dies. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
