"""The results of a scan as diagnostics, as a table and as data."""

from __future__ import annotations

from typing import Any

from compiler import rules
from compiler.cluster.etcd import Health
from compiler.cluster.verify_scan import Deviation, Found, Tally
from compiler.diagnostics import Diagnostic, diagnose
from compiler.text import shown
from compiler.text.redaction import hide_credentials, hide_in_message


def of_members(members: list[Health]) -> list[Diagnostic]:
    """What is wrong with the members themselves."""
    return [diagnose(rules.UNHEALTHY_ETCD_MEMBER, member.problem, member.hint) for member in members if member.problem]


def of_end(found: Found) -> Diagnostic:
    """Why a scan ended early, or could not begin."""
    seen = f"; the report covers the {_keys(found.keys)} before" if found.keys else ""
    return diagnose(rules.ETCD_READ_INCOMPLETE, f"{found.problem}{seen}", found.hint)


def of_scan(found: Found, servers: frozenset[str]) -> list[Diagnostic]:
    """What differs from the manifest in one etcd, which the manifest knows under `servers`."""
    findings = [_unknown(place, deviation) for place, deviation in found.unknown.items()]
    for tally in found.tallies.values():
        if tally.keys and not tally.owner.servers & servers:
            findings.append(_misplaced(found, tally))
            continue
        findings += _differences(tally)
    return findings


def _unknown(place: str, deviation: Deviation) -> Diagnostic:
    message = f"{_keys(deviation.count)} below {place or 'further prefixes'} belong to nothing in the manifest"
    hint = f"find out what wrote them, such as {shown(deviation.examples[0])}"
    return diagnose(rules.UNEXPLAINED_ETCD_KEYS, message, hint)


def _misplaced(found: Found, tally: Tally) -> Diagnostic:
    message = f"{_keys(tally.keys)} of {tally.owner.name} lie in {found.url}, but the manifest sends them elsewhere"
    hint = "the server does not see them there: copy them to the servers of the override, or remove the override"
    return diagnose(rules.OBJECTS_IN_WRONG_ETCD, message, hint)


def _differences(tally: Tally) -> list[Diagnostic]:
    owner, found = tally.owner, []
    for version, deviation in tally.versions.items():
        message = f"{_values(tally, deviation)} are stored as {version}, not as {owner.version}"
        if owner.version_is_provisional:
            found.append(
                diagnose(rules.UNCONFIRMED_FACT, message, "the storage version of this resource is not confirmed yet")
            )
        else:
            found.append(diagnose(rules.OBJECTS_IN_OTHER_STORAGE_VERSION, message, _rewrite(owner.name, deviation)))
    for media_type, deviation in tally.media_types.items():
        message = f"{_values(tally, deviation)} are stored as {media_type}, not as {owner.media_type}"
        found.append(diagnose(rules.OBJECTS_IN_OTHER_MEDIA_TYPE, message, _rewrite(owner.name, deviation)))
    for prefix, deviation in tally.encryptions.items():
        stored = f"encrypted by {prefix}" if prefix else "stored in plain"
        wanted = f"encrypted by {owner.write}" if owner.write else "stored in plain"
        message = f"{_values(tally, deviation)} are {stored}, not {wanted}"
        if (prefix or None) in owner.read:
            found.append(
                diagnose(rules.OBJECTS_ENCRYPTED_BY_EARLIER_PROVIDER, message, _rewrite(owner.name, deviation))
            )
        else:
            hint = "the server cannot read them: add their provider to the list"
            found.append(diagnose(rules.OBJECTS_NO_PROVIDER_DECRYPTS, message, hint))
    return found


def _values(tally: Tally, deviation: Deviation) -> str:
    seen = "" if tally.looked_into == tally.keys else f" of {tally.looked_into} looked into"
    return f"{tally.owner.name}: {deviation.count}{seen} (such as {shown(deviation.examples[0])})"


def _rewrite(name: str, deviation: Deviation) -> str:
    return f"rewrite them: kubectl get {name} --all-namespaces -o json | kubectl replace -f -"


def _keys(count: int) -> str:
    return f"{count} key{'s' if count != 1 else ''}"


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
