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
_LONGEST_KEY = 4096
"""Bytes; keys of Kubernetes are some hundred bytes long at most."""
_LONGEST_SHOWN = 512
_OTHERS = "others"


class Deviation:
    """Values of one resource that lie otherwise than declared: how many, and the keys of the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[str] = []

    def add(self, key: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(key[:_LONGEST_SHOWN])


def _count(deviations: dict[str, Deviation], what: str, key: str) -> None:
    """Count a key among those with the same deviation; the rarest are counted together, for memory is bounded."""
    if what not in deviations and len(deviations) >= _DEVIATIONS:
        what = _OTHERS
    deviations.setdefault(what, Deviation()).add(key)


class Tally:
    """The keys of one owner.

    `looked_into` counts the values that were read. `versions`, `media_types` and `encryptions` hold what differs from
    the declaration, by what was found; an encryption is the empty text for plain values.
    """

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.keys = 0
        self.looked_into = 0
        self.versions: dict[str, Deviation] = {}
        self.media_types: dict[str, Deviation] = {}
        self.encryptions: dict[str, Deviation] = {}
        self.sample: list[bytes] = []

    def look(self, key: str, value: bytes) -> None:
        """Hold one value against the declaration."""
        self.looked_into += 1
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


class Found:
    """Everything that was found in one etcd.

    `unknown` counts keys by the part of the key that no row explains; `outside` counts keys that are not below the
    prefix at all. `problem` says why the scan ended early.
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
        """Hide secrets in everything that the etcd sent and that a report may show."""
        self.unknown = _masked(self.unknown, hide)
        for tally in self.tallies.values():
            tally.owner = tally.owner._replace(name=hide(tally.owner.name), prefix=hide(tally.owner.prefix))
            tally.versions = _masked(tally.versions, hide)
            tally.media_types = _masked(tally.media_types, hide)
            tally.encryptions = _masked(tally.encryptions, hide)


def _masked(deviations: dict[str, Deviation], hide: Callable[[str], str]) -> dict[str, Deviation]:
    for deviation in deviations.values():
        deviation.examples = [hide(key) for key in deviation.examples]
    return {hide(what): deviation for what, deviation in deviations.items()}


class Scan:
    """One pass over the keys of an etcd.

    With `whole`, every value is looked into; else `sample` values of each owner, chosen evenly. `prefix` limits the
    pass to the keys that begin with it.
    """

    def __init__(self, layout: Layout, sample: int, whole: bool, prefix: str = "") -> None:
        self.layout = layout
        self.sample = sample
        self.whole = whole
        self.prefix = prefix
        # The same keys are looked into in every run.
        self.random = Random(0)

    def run(self, etcd: Etcd, found: Found, progress: ReportProgress = lambda keys: None) -> None:
        """Fill in `found`; raises EtcdError, and then `found` holds what was seen until then."""
        from compiler.cluster.etcd import prefix_end

        start = self.prefix.encode() or b"\0"
        end = prefix_end(start) if self.prefix else b"\0"
        for page in etcd.scan(start, end, keys_only=not self.whole):
            position = 0
            while position < len(page.entries):
                position = self._take_run(page.entries, position, found)
            found.keys += len(page.entries)
            progress(found.keys)
        self._look_into_samples(etcd, found)

    def _take_run(self, entries: list[tuple[bytes, bytes]], position: int, found: Found) -> int:
        """Take the keys from a position on that have one owner: they lie side by side. The position behind them."""
        key = entries[position][0].decode(errors="surrogateescape")
        tally = self._tally_of(key, found)
        end = position + 1
        if tally is None:
            return end
        if key != tally.owner.prefix:
            # In the order of bytes, what begins with P/ ends before P0.
            after = f"{tally.owner.prefix}0".encode(errors="surrogateescape")
            end = bisect_left(entries, (after, b""), lo=end)
        if self.whole:
            for raw, value in entries[position:end]:
                tally.look(raw.decode(errors="surrogateescape"), value)
        elif self.sample and tally.owner.media_type:
            self._choose(tally, entries, position, end)
        tally.keys += end - position
        return end

    def _tally_of(self, key: str, found: Found) -> Tally | None:
        """The tally that a key belongs to; None after counting a key that nothing explains."""
        owner = self.layout.owner_of(key)
        if owner is not None:
            tally = found.tallies.get(owner.prefix)
            if tally is None:
                if len(found.tallies) >= _RESOURCES:
                    raise _too_many(found.url)
                tally = found.tallies[owner.prefix] = Tally(owner)
            return tally
        root = self.layout.root
        if not key.startswith(root):
            found.outside += 1
            return None
        place = (root + key[len(root) :].partition("/")[0])[:_LONGEST_SHOWN]
        if place in found.unknown or len(found.unknown) < _UNKNOWN_PREFIXES:
            found.unknown.setdefault(place, Deviation()).add(key)
        else:
            found.unknown.setdefault("", Deviation()).add(key)
        return None

    def _choose(self, tally: Tally, entries: list[tuple[bytes, bytes]], position: int, end: int) -> None:
        """Reservoir sampling: every key of the owner has the same chance to be looked into."""
        sample, size, chance = tally.sample, self.sample, self.random.random
        for seen, index in enumerate(range(position, end), tally.keys + 1):
            if len(entries[index][0]) > _LONGEST_KEY:
                continue
            if len(sample) < size:
                sample.append(entries[index][0])
            elif chance() * seen < size:
                sample[self.random.randrange(size)] = entries[index][0]

    def _look_into_samples(self, etcd: Etcd, found: Found) -> None:
        for tally in found.tallies.values():
            for key in tally.sample:
                value = etcd.get(key)
                if value is not None:
                    tally.look(key.decode(errors="surrogateescape"), value)
            tally.sample = []


def _too_many(url: str) -> Exception:
    from compiler.cluster.etcd import EtcdError

    hint = "check that this is the etcd of the API server, or read a part with --prefix"
    return EtcdError(f"{url} has keys of more than {_RESOURCES} resources", hint)


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
        from compiler.cluster.etcd import EtcdError, prefix_end

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
