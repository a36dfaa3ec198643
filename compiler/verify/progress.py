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
        self.total: int | None = None
        self.terminal = sys.stderr.isatty()

    def step(self, keys: int) -> None:
        """Tell how many keys were seen."""
        now = time.monotonic()
        if not self.terminal or now - self.start < 1 or now - self.shown < 0.2:
            return
        if self.total is None:
            self.total = self._count()
        self.shown = now
        total = f" of {self.total}" if self.total else ""
        print(f"\r{self.etcd.url}: {keys}{total} keys", end="", file=sys.stderr, flush=True)

    def _count(self) -> int:
        from compiler.live.etcd import EtcdError, prefix_end

        start = (self.prefix or "").encode() or b"\0"
        try:
            return self.etcd.count(start, prefix_end(start) if self.prefix else b"\0")
        except EtcdError:
            # The scan itself tells whether the etcd can be read.
            return 0

    def end(self) -> None:
        """Take the line away."""
        if self.shown:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
