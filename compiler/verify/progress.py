"""How far a scan is, on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.live.etcd import Etcd


class Progress:
    """One line on standard error, renewed at most five times a second, after the first second."""

    def __init__(self, etcd: Etcd, prefix: str | None) -> None:
        self.etcd = etcd
        self.prefix = prefix
        self.start = time.monotonic()
        self.shown = 0.0
        self.total = 0
        self.terminal = sys.stderr.isatty()

    def step(self, keys: int) -> None:
        """Tell how many keys were seen."""
        now = time.monotonic()
        if not self.terminal or now - self.start < 1 or now - self.shown < 0.2:
            return
        if not self.total:
            self.total = self._count()
        self.shown = now
        print(f"\r{self.etcd.url}: {keys} of {self.total} keys", end="", file=sys.stderr, flush=True)

    def _count(self) -> int:
        from compiler.live.etcd import prefix_end

        start = (self.prefix or "").encode() or b"\0"
        return self.etcd.count(start, prefix_end(start) if self.prefix else b"\0")

    def end(self) -> None:
        """Take the line away."""
        if self.shown:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
