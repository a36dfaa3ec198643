"""Releases of distributions that backport changes to several minors, so that facts differ between patches."""

from __future__ import annotations

import re
from collections.abc import Sequence

_VERSION = r"v?([0-9]{1,4})\.([0-9]{1,4})(?:\.([0-9]{1,4})(?:\+k0s\.([0-9]{1,4}))?)?"
_ANY = 10_000
"""The number of a part that is not given: the newest."""


class Release:
    """A release of a distribution: major, minor and patch number, for k0s followed by a build number.

    Without a patch it is the newest of its minor, without a text the newest of all. `doubtful` is set once a fact was
    asked for that differs between the releases of a minor whose patch is not given.
    """

    def __init__(self, text: str = "") -> None:
        match = re.match(_VERSION, text)
        self.text = text
        self.number = _numbers(match, _ANY) if match is not None else (_ANY, _ANY, _ANY, _ANY)
        self.doubtful = False

    def has(self, since: Sequence[str]) -> bool:
        """Return whether the release is one of those since a change, which has one release for each minor.

        Minors after the last one have it as well; without any release, all have it.

        >>> [Release(text).has(("1.31.8", "1.32.4")) for text in ("1.30.1", "1.31.7", "1.31.8", "1.32", "1.33.0")]
        [False, False, True, True, True]
        >>> [Release(text).has(("1.36.3+k0s.1",)) for text in ("1.36.3+k0s.0", "1.36.3+k0s.1", "1.36.3", "1.37.0")]
        [False, True, True, True]
        """
        changes = [_numbers(match, 0) for each in since if (match := re.match(_VERSION, each))]
        minor = self.number[:2]
        for change in changes:
            if change[:2] == minor:
                self.doubtful |= self.number[2] == _ANY and change[2:] > (0, 0)
                return self.number >= change
        return not changes or minor > max(changes)[:2]


def _numbers(match: re.Match[str], missing: int) -> tuple[int, ...]:
    return tuple(missing if part is None else int(part) for part in match.groups())
