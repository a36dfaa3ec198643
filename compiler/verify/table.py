"""Counts by resource, as a table and as data."""

from __future__ import annotations

from typing import Any

from compiler.live.etcd import Health
from compiler.redaction import hide_credentials, hide_in_message
from compiler.verify.scan import Found, Tally

_COLUMNS = ("RESOURCE", "KEYS", "LOOKED INTO", "VERSION", "MEDIA TYPE", "ENCRYPTION")


def table(found: Found) -> list[str]:
    """Lines for people: one an owner, sorted by name; a number in a column counts what differs."""
    rows = [_COLUMNS, *(_row(tally) for tally in _sorted(found))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(tally: Tally) -> tuple[str, ...]:
    cells = [tally.owner.name, str(tally.keys), str(tally.looked_into) if tally.owner.media_type else "-"]
    for deviations in (tally.versions, tally.media_types, tally.encryptions):
        wrong = sum(deviation.count for deviation in deviations.values())
        promised = tally.looked_into and tally.owner.media_type
        cells.append(f"{wrong} differ" if wrong else "ok" if promised else "-")
    return tuple(cells)


def _sorted(found: Found) -> list[Tally]:
    return sorted(found.tallies.values(), key=lambda tally: tally.owner.name)


def data(found: Found, members: list[Health], partial: bool) -> dict[str, Any]:
    """The same for programs; see docs/verify.md."""
    return {
        "etcd": hide_credentials(found.url),
        "partial": partial,
        "keys": found.keys,
        "outsidePrefix": found.outside,
        "members": [
            {
                "url": hide_credentials(member.url),
                "version": member.version,
                "dbSizeBytes": member.db_size,
                "problem": hide_in_message(member.problem),
            }
            for member in members
        ],
        "resources": [
            {
                "name": tally.owner.name,
                "keyPrefix": tally.owner.prefix,
                "keys": tally.keys,
                "lookedInto": tally.looked_into,
                "versions": _counts(tally.versions),
                "mediaTypes": _counts(tally.media_types),
                "encryptions": _counts(tally.encryptions),
            }
            for tally in _sorted(found)
        ],
        "unknown": _counts(found.unknown),
    }


def _counts(deviations: dict[str, Any]) -> dict[str, int]:
    return {name: deviation.count for name, deviation in deviations.items()}
