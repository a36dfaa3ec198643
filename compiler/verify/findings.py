"""From what was found in an etcd to diagnostics. Keys are named, values never."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, diagnose
from compiler.flags.text import shown
from compiler.live.etcd import Health
from compiler.verify.scan import Deviation, Found, Tally


def of_members(members: list[Health]) -> list[Diagnostic]:
    """What is wrong with the members themselves."""
    return [diagnose("VERIFY-06", member.problem, member.hint) for member in members if member.problem]


def of_end(found: Found) -> Diagnostic:
    """Why a scan ended early, or could not begin."""
    seen = f"; the report covers the {_keys(found.keys)} before" if found.keys else ""
    return diagnose("VERIFY-08", f"{found.problem}{seen}", found.hint)


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
    return diagnose("VERIFY-01", message, hint)


def _misplaced(found: Found, tally: Tally) -> Diagnostic:
    message = f"{_keys(tally.keys)} of {tally.owner.name} lie in {found.url}, but the manifest sends them elsewhere"
    hint = "the server does not see them there: copy them to the servers of the override, or remove the override"
    return diagnose("VERIFY-05", message, hint)


def _differences(tally: Tally) -> list[Diagnostic]:
    owner, found = tally.owner, []
    for version, deviation in tally.versions.items():
        message = f"{_values(tally, deviation)} are stored as {version}, not as {owner.version}"
        if owner.version_is_provisional:
            found.append(diagnose("VERSION-03", message, "the storage version of this resource is not confirmed yet"))
        else:
            found.append(diagnose("VERIFY-02", message, _rewrite(owner.name, deviation)))
    for media_type, deviation in tally.media_types.items():
        message = f"{_values(tally, deviation)} are stored as {media_type}, not as {owner.media_type}"
        found.append(diagnose("VERIFY-03", message, _rewrite(owner.name, deviation)))
    for prefix, deviation in tally.encryptions.items():
        stored = f"encrypted by {prefix}" if prefix else "stored in plain"
        wanted = f"encrypted by {owner.write}" if owner.write else "stored in plain"
        message = f"{_values(tally, deviation)} are {stored}, not {wanted}"
        if (prefix or None) in owner.read:
            found.append(diagnose("VERIFY-04", message, _rewrite(owner.name, deviation)))
        else:
            hint = "the server cannot read them: add their provider to the list"
            found.append(diagnose("VERIFY-07", message, hint))
    return found


def _values(tally: Tally, deviation: Deviation) -> str:
    seen = "" if tally.looked_into == tally.keys else f" of {tally.looked_into} looked into"
    return f"{tally.owner.name}: {deviation.count}{seen} (such as {shown(deviation.examples[0])})"


def _rewrite(name: str, deviation: Deviation) -> str:
    return f"rewrite them: kubectl get {name} --all-namespaces -o json | kubectl replace -f -"


def _keys(count: int) -> str:
    return f"{count} key{'s' if count != 1 else ''}"
