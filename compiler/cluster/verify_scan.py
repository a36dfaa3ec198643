"""Scan an etcd once and count its keys, in bounded memory."""

from __future__ import annotations

import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from compiler.apiserver.storage.layout import Layout, Owner
from compiler.upstream.etcd import StoredValue, describe

if TYPE_CHECKING:
    from compiler.cluster.etcd import Etcd


ReportProgress = Callable[[int], None]
_EXAMPLES = 3
_UNKNOWN_PREFIXES = 100
_DEVIATIONS = 100
"""Values of each kind that are counted separately, for each resource."""
_RESOURCES = 20_000
_MAX_KEY = 4096
"""Bytes; keys of Kubernetes have a few hundred bytes at most."""
_MAX_SHOWN = 512
_OTHERS = "others"


class Deviation:
    """Values of one resource that are not stored as declared: their number, and the keys of the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[str] = []

    def add(self, key: str) -> None:
        """Count one value."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(key[:_MAX_SHOWN])


def _count(deviations: dict[str, Deviation], kind: str, key: str) -> None:
    """Count a key with others of the same deviation; beyond a limit all deviations are counted together."""
    if kind not in deviations and len(deviations) >= _DEVIATIONS:
        kind = _OTHERS
    deviations.setdefault(kind, Deviation()).add(key)


class Tally:
    """The keys of one owner.

    `checked` is the number of values read. `versions`, `media_types` and `encryptions` have the values that are not as
    declared, by what they are instead; the encryption of unencrypted values is the empty string.
    """

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.keys = 0
        self.checked = 0
        self.versions: dict[str, Deviation] = {}
        self.media_types: dict[str, Deviation] = {}
        self.encryptions: dict[str, Deviation] = {}
        self.sample: list[bytes] = []

    def check(self, key: str, value: bytes) -> None:
        """Compare one value with the declaration."""
        self.checked += 1
        if not self.owner.media_type:
            return
        stored = describe(value)
        if stored.encryption != (self.owner.write or ""):
            _count(self.encryptions, stored.encryption, key)
        if not stored.encryption:
            self._compare(key, stored)

    def _compare(self, key: str, stored: StoredValue) -> None:
        if stored.media_type != self.owner.media_type:
            _count(self.media_types, stored.media_type or "unknown", key)
        elif self.owner.version and stored.api_version != self.owner.version:
            _count(self.versions, stored.api_version or "unknown", key)


class ScanResult:
    """The result of scanning one etcd.

    `unknown` counts keys that match no row of the manifest by their first segment; `outside` counts keys outside the
    prefix. `problem` says why the scan is incomplete.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.tallies: dict[str, Tally] = {}
        self.unknown: dict[str, Deviation] = {}
        self.outside = 0
        self.keys = 0
        self.problem = ""
        self.hint = ""

    def mask(self, hide: Callable[[str], str]) -> None:
        """Mask secrets in everything that etcd sent and that a report may show."""
        self.unknown = _masked(self.unknown, hide)
        for tally in self.tallies.values():
            tally.owner = tally.owner._replace(name=hide(tally.owner.name), prefix=hide(tally.owner.prefix))
            tally.versions = _masked(tally.versions, hide)
            tally.media_types = _masked(tally.media_types, hide)
            tally.encryptions = _masked(tally.encryptions, hide)


def _masked(deviations: dict[str, Deviation], hide: Callable[[str], str]) -> dict[str, Deviation]:
    for deviation in deviations.values():
        deviation.examples = [hide(key) for key in deviation.examples]
    return {hide(kind): deviation for kind, deviation in deviations.items()}


class Scan:
    """One pass over the keys of an etcd.

    Every value is checked if `check_all`, else a random sample of `sample` values of each owner. `prefix` limits the
    scan to keys with that prefix.
    """

    def __init__(self, layout: Layout, sample: int, check_all: bool, prefix: str = "") -> None:
        self.layout = layout
        self.sample = sample
        self.check_all = check_all
        self.prefix = prefix
        # The sample is the same in every run.
        self.random = Random(0)

    def run(self, etcd: Etcd, result: ScanResult, progress: ReportProgress = lambda keys: None) -> None:
        """Fill in `result`. Raises EtcdError; `result` then has the counts up to the error."""
        from compiler.cluster.etcd_messages import prefix_end

        start = self.prefix.encode() or b"\0"
        end = prefix_end(start) if self.prefix else b"\0"
        for page in etcd.scan(start, end, keys_only=not self.check_all):
            position = 0
            while position < len(page.entries):
                position = self._count_run(page.entries, position, result)
            result.keys += len(page.entries)
            progress(result.keys)
        self._check_samples(etcd, result)

    def _count_run(self, entries: list[tuple[bytes, bytes]], position: int, result: ScanResult) -> int:
        """Count the consecutive keys of one owner from a position on. Returns the position after them."""
        key = entries[position][0].decode(errors="surrogateescape")
        tally = self._tally_of(key, result)
        end = position + 1
        if tally is None:
            return end
        if key != tally.owner.prefix:
            # In byte order, the keys with prefix P/ are before P0.
            after = f"{tally.owner.prefix}0".encode(errors="surrogateescape")
            end = bisect_left(entries, (after, b""), lo=end)
        if self.check_all:
            for raw, value in entries[position:end]:
                tally.check(raw.decode(errors="surrogateescape"), value)
        elif self.sample and tally.owner.media_type:
            self._choose(tally, entries, position, end)
        tally.keys += end - position
        return end

    def _tally_of(self, key: str, result: ScanResult) -> Tally | None:
        """Return the tally of a key; None, after counting it as unknown, if it matches no row of the manifest."""
        owner = self.layout.owner_of(key)
        if owner is not None:
            tally = result.tallies.get(owner.prefix)
            if tally is None:
                if len(result.tallies) >= _RESOURCES:
                    raise _too_many(result.url)
                tally = result.tallies[owner.prefix] = Tally(owner)
            return tally
        root = self.layout.root
        if not key.startswith(root):
            result.outside += 1
            return None
        prefix = (root + key[len(root) :].partition("/")[0])[:_MAX_SHOWN]
        if prefix in result.unknown or len(result.unknown) < _UNKNOWN_PREFIXES:
            result.unknown.setdefault(prefix, Deviation()).add(key)
        else:
            result.unknown.setdefault("", Deviation()).add(key)
        return None

    def _choose(self, tally: Tally, entries: list[tuple[bytes, bytes]], position: int, end: int) -> None:
        """Sample keys with equal probability (reservoir sampling)."""
        sample, size, chance = tally.sample, self.sample, self.random.random
        for total, index in enumerate(range(position, end), tally.keys + 1):
            if len(entries[index][0]) > _MAX_KEY:
                continue
            if len(sample) < size:
                sample.append(entries[index][0])
            elif chance() * total < size:
                sample[self.random.randrange(size)] = entries[index][0]

    def _check_samples(self, etcd: Etcd, result: ScanResult) -> None:
        for tally in result.tallies.values():
            for key in tally.sample:
                value = etcd.get(key)
                if value is not None:
                    tally.check(key.decode(errors="surrogateescape"), value)
            tally.sample = []


def _too_many(url: str) -> Exception:
    from compiler.cluster.etcd_messages import EtcdError

    hint = "check that this is the etcd of the API server, or scan a part with --prefix"
    return EtcdError(f"{url} has keys of more than {_RESOURCES} resources", hint)


class Progress:
    """One line on standard error, updated at most five times a second, after the first second."""

    def __init__(self, etcd: Etcd, prefix: str | None) -> None:
        self.etcd = etcd
        self.prefix = prefix
        self.start = time.monotonic()
        self.shown = 0.0
        self.total: int | None = None
        self.terminal = sys.stderr.isatty()

    def step(self, keys: int) -> None:
        """Show the number of keys read so far."""
        now = time.monotonic()
        if not self.terminal or now - self.start < 1 or now - self.shown < 0.2:
            return
        if self.total is None:
            self.total = self._count()
        self.shown = now
        total = f" of {self.total}" if self.total else ""
        print(f"\r{self.etcd.url}: {keys}{total} keys", end="", file=sys.stderr, flush=True)

    def _count(self) -> int:
        from compiler.cluster.etcd_messages import EtcdError, prefix_end

        start = (self.prefix or "").encode() or b"\0"
        try:
            return self.etcd.count(start, prefix_end(start) if self.prefix else b"\0")
        except EtcdError:
            # The scan itself reports it if etcd cannot be read.
            return 0

    def end(self) -> None:
        """Clear the line."""
        if self.shown:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
