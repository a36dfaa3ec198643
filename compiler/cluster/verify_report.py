"""The results of a scan as diagnostics, as a table and as data."""

from __future__ import annotations

from typing import Any

from compiler import rules
from compiler.cluster.etcd import Health
from compiler.cluster.verify_scan import Deviation, ScanResult, Tally
from compiler.diagnostics import Diagnostic, diagnose
from compiler.text import aligned, shown
from compiler.text.redaction import hide_credentials, hide_in_message


def of_members(members: list[Health]) -> list[Diagnostic]:
    """Return the problems of the members."""
    return [diagnose(rules.UNHEALTHY_ETCD_MEMBER, member.problem, member.hint) for member in members if member.problem]


def of_problem(result: ScanResult) -> Diagnostic:
    """Return why a scan was incomplete."""
    scope = f"; the report covers the first {_keys(result.keys)}" if result.keys else ""
    return diagnose(rules.ETCD_READ_INCOMPLETE, f"{result.problem}{scope}", result.hint)


def of_scan(result: ScanResult, servers: frozenset[str]) -> list[Diagnostic]:
    """Return the differences between one etcd and the manifest, which lists it as `servers`."""
    diagnostics = [_unknown(prefix, deviation) for prefix, deviation in result.unknown.items()]
    for tally in result.tallies.values():
        if tally.keys and not tally.owner.servers & servers:
            diagnostics.append(_misplaced(result, tally))
            continue
        diagnostics += _differences(tally)
    return diagnostics


def _unknown(prefix: str, deviation: Deviation) -> Diagnostic:
    place = f"prefix {prefix}" if prefix else "other prefixes"
    message = f"{_keys(deviation.count)} with {place}, which the manifest does not have"
    hint = f"find out what wrote them, for example {shown(deviation.examples[0])}"
    return diagnose(rules.UNEXPLAINED_ETCD_KEYS, message, hint)


def _misplaced(result: ScanResult, tally: Tally) -> Diagnostic:
    message = f"{_keys(tally.keys)} of {tally.owner.name} in {result.url}, but the manifest has other servers"
    hint = "the server does not see them there: copy them to the servers of the override, or remove the override"
    return diagnose(rules.OBJECTS_IN_WRONG_ETCD, message, hint)


def _differences(tally: Tally) -> list[Diagnostic]:
    owner, diagnostics = tally.owner, []
    for version, deviation in tally.versions.items():
        message = f"{_values(tally, deviation)} are stored as {version}, not as {owner.version}"
        if owner.version_is_provisional:
            diagnostics.append(
                diagnose(rules.UNCONFIRMED_FACT, message, "the storage version of this resource is not confirmed yet")
            )
        else:
            diagnostics.append(
                diagnose(rules.OBJECTS_IN_OTHER_STORAGE_VERSION, message, _rewrite(owner.name, deviation))
            )
    for media_type, deviation in tally.media_types.items():
        message = f"{_values(tally, deviation)} are stored as {media_type}, not as {owner.media_type}"
        diagnostics.append(diagnose(rules.OBJECTS_IN_OTHER_MEDIA_TYPE, message, _rewrite(owner.name, deviation)))
    for prefix, deviation in tally.encryptions.items():
        stored = f"encrypted by {prefix}" if prefix else "stored unencrypted"
        declared = f"encrypted by {owner.write}" if owner.write else "stored unencrypted"
        message = f"{_values(tally, deviation)} are {stored}, not {declared}"
        if (prefix or None) in owner.read:
            diagnostics.append(
                diagnose(rules.OBJECTS_ENCRYPTED_BY_EARLIER_PROVIDER, message, _rewrite(owner.name, deviation))
            )
        else:
            hint = "the server cannot read them: add their provider to the encryption config"
            diagnostics.append(diagnose(rules.OBJECTS_NO_PROVIDER_DECRYPTS, message, hint))
    return diagnostics


def _values(tally: Tally, deviation: Deviation) -> str:
    scope = "" if tally.checked == tally.keys else f" of {tally.checked} checked"
    return f"{tally.owner.name}: {deviation.count}{scope} (for example {shown(deviation.examples[0])})"


def _rewrite(name: str, deviation: Deviation) -> str:
    return f"rewrite them: kubectl get {name} --all-namespaces -o json | kubectl replace -f -"


def _keys(count: int) -> str:
    return f"{count} key{'s' if count != 1 else ''}"


_COLUMNS = ("RESOURCE", "KEYS", "CHECKED", "VERSION", "MEDIA TYPE", "ENCRYPTION")


def table(result: ScanResult) -> list[str]:
    """Return one line for each owner, sorted by name; a number in a column counts values that differ."""
    return aligned([_COLUMNS, *(_row(tally) for tally in _sorted(result))])


def _row(tally: Tally) -> tuple[str, ...]:
    cells = [tally.owner.name, str(tally.keys), str(tally.checked) if tally.owner.media_type else "-"]
    for deviations in (tally.versions, tally.media_types, tally.encryptions):
        different = sum(deviation.count for deviation in deviations.values())
        is_checked = tally.checked and tally.owner.media_type
        cells.append(f"{different} differ" if different else "ok" if is_checked else "-")
    return tuple(cells)


def _sorted(result: ScanResult) -> list[Tally]:
    return sorted(result.tallies.values(), key=lambda tally: tally.owner.name)


def data(result: ScanResult, members: list[Health], partial: bool) -> dict[str, Any]:
    """Return the counts for the JSON report; see docs/verify.md."""
    return {
        "etcd": hide_credentials(result.url),
        "partial": partial,
        "keys": result.keys,
        "outsidePrefix": result.outside,
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
                "lookedInto": tally.checked,
                "versions": _counts(tally.versions),
                "mediaTypes": _counts(tally.media_types),
                "encryptions": _counts(tally.encryptions),
            }
            for tally in _sorted(result)
        ],
        "unknown": _counts(result.unknown),
    }


def _counts(deviations: dict[str, Any]) -> dict[str, int]:
    return {name: deviation.count for name, deviation in deviations.items()}
