"""Goes through an etcd once and counts what it finds, in memory that does not grow with the number of keys."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from compiler.storage.layout import Layout, Owner
from compiler.storage.stored_value import StoredValue, describe

if TYPE_CHECKING:
    from compiler.live.etcd import Etcd

Progress = Callable[[int], None]
_EXAMPLES = 3
_UNKNOWN_PREFIXES = 100


class Deviation:
    """Values of one resource that lie otherwise than declared: how many, and the keys of the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[str] = []

    def add(self, key: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(key)


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
            self.encryptions.setdefault(stored.encryption, Deviation()).add(key)
        if not stored.encryption:
            self._compare(key, stored)

    def _compare(self, key: str, stored: StoredValue) -> None:
        if stored.media_type != self.owner.media_type:
            self.media_types.setdefault(stored.media_type or "unknown", Deviation()).add(key)
        elif self.owner.version and stored.api_version != self.owner.version:
            self.versions.setdefault(stored.api_version or "unknown", Deviation()).add(key)


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

    def run(self, etcd: Etcd, found: Found, progress: Progress = lambda keys: None) -> None:
        """Fill in `found`; raises EtcdError, and then `found` holds what was seen until then."""
        from compiler.live.etcd import prefix_end

        start = self.prefix.encode() or b"\0"
        end = prefix_end(start) if self.prefix else b"\0"
        owner_prefix, tally = "\0", None
        for page in etcd.scan(start, end, keys_only=not self.whole):
            for raw, value in page.entries:
                key = raw.decode(errors="surrogateescape")
                if tally is None or not key.startswith(owner_prefix):
                    tally = self._tally_of(key, found)
                    if tally is None:
                        continue
                    owner_prefix = f"{tally.owner.prefix}/"
                tally.keys += 1
                if self.whole:
                    tally.look(key, value)
                elif tally.owner.media_type:
                    self._choose(tally, raw)
            found.keys += len(page.entries)
            progress(found.keys)
        self._look_into_samples(etcd, found)

    def _tally_of(self, key: str, found: Found) -> Tally | None:
        """The tally that a key belongs to; None after counting a key that nothing explains."""
        owner = self.layout.owner_of(key)
        if owner is not None:
            tally = found.tallies.get(owner.prefix)
            if tally is None:
                tally = found.tallies[owner.prefix] = Tally(owner)
            return tally
        root = self.layout.root
        if not key.startswith(root):
            found.outside += 1
            return None
        place = root + key[len(root) :].partition("/")[0]
        if place in found.unknown or len(found.unknown) < _UNKNOWN_PREFIXES:
            found.unknown.setdefault(place, Deviation()).add(key)
        else:
            found.unknown.setdefault("", Deviation()).add(key)
        return None

    def _choose(self, tally: Tally, key: bytes) -> None:
        """Reservoir sampling: every key of the owner has the same chance to be looked into."""
        if len(tally.sample) < self.sample:
            tally.sample.append(key)
        elif self.sample:
            place = self.random.randrange(tally.keys)
            if place < self.sample:
                tally.sample[place] = key

    def _look_into_samples(self, etcd: Etcd, found: Found) -> None:
        for tally in found.tallies.values():
            for key in tally.sample:
                value = etcd.get(key)
                if value is not None:
                    tally.look(key.decode(errors="surrogateescape"), value)
            tally.sample = []
