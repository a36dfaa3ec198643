"""What kasc says about a hop is how recorded servers of neighbouring versions differ, with the same flags."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from compiler.changes.upgrade import upgrade
from compiler.changes.upgrade.hop import Hop
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog.facts import versions
from tests.recordings import document, names, rows
from tests.truth.recorded import write_pod
from tools.record.scratch import case_flags, over, write_keys

NEXT = dict(zip(versions(), versions()[1:], strict=False))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("keys")
    write_keys(directory)
    return directory


def hop_of(directory: Path, version: str, flags: list[str], files: dict[str, Any]) -> Hop:
    """Return the hop of a Pod to the next version; the Pod with the edits has the outcome that the hop says."""
    path = write_pod(directory, version, flags, files)
    settings = Settings("pod", None, Host("192.0.2.2", "/"))
    result = upgrade(str(path), NEXT[version], settings)
    (hop,) = result.hops
    if hop.breaks:
        for file in result.files:
            Path(file.name).write_text(file.after)
        report = examine(str(path), settings).report
        assert (report.kubernetes_version, report.outcome) == (hop.new, hop.outcome_with_edits)
    return hop


def pairs() -> list[tuple[str, str]]:
    """Return the recorded runs of one scenario in neighbouring versions."""
    recorded = set(names("runs"))
    found = []
    for name in sorted(recorded):
        version, _, scenario = name.removeprefix("v").partition("-")
        following = f"v{NEXT.get(version)}-{scenario}"
        if following in recorded:
            found.append((name, following))
    return found


@pytest.mark.parametrize(("old", "new"), pairs())
def test_health_checks_and_storage_versions(old: str, new: str, keys: Path) -> None:
    before, after = document("runs", f"{old}.json"), document("runs", f"{new}.json")
    if not (before.get("healthz") and after.get("healthz") and before["flags"] == after["flags"]):
        assert before["flags"] != after["flags"] or not (before["started"] and after["started"])
        return
    hop = hop_of(keys, before["kubernetesMinor"], case_flags(before["flags"]), before["files"] or {})
    assert set(described(hop)) == set(differences(before, after))


def described(hop: Hop) -> list[tuple[Any, ...]]:
    return [
        (change.kind, change.name, endpoint, change.before, change.after)
        for change in hop.changes
        if change.kind in ("health-check", "storage-version")
        for endpoint in change.values.get("endpoints", [""])
    ]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[Any, ...]]:
    checks = [
        ("health-check", name, endpoint, was, not was)
        for endpoint in ("healthz", "livez", "readyz")
        for was, first, second in ((True, before, after), (False, after, before))
        for name in set(first[endpoint]) - set(second[endpoint])
    ]
    stored = before["storageVersions"], after["storageVersions"]
    moved = [name for name in stored[0] if name in stored[1] and stored[0][name] != stored[1][name]]
    return [*checks, *(("storage-version", name, "", stored[0][name], stored[1][name]) for name in moved)]


@pytest.mark.parametrize("version", [name for name in NEXT if f"flags-v{NEXT[name]}" in names("verdicts")])
def test_verdicts(version: str, keys: Path, tmp_path: Path) -> None:
    """A hop breaks if and only if the newer server refuses the flags that the older one accepts.

    tests/truth compares all verdicts of each version; one case of three shows that a hop asks the right version.
    """
    head, *cases = rows("verdicts", f"flags-v{version}.jsonl")
    later = {case["id"]: case for case in rows("verdicts", f"flags-v{NEXT[version]}.jsonl")[1:]}
    compared = 0
    for case in cases[::3]:
        following = later.get(case["id"])
        if case["outcome"] != "accept" or following is None or following["flags"] != case["flags"]:
            continue
        directory = tmp_path / case["id"]
        shutil.copytree(keys, directory)
        flags = over(head["baseline"], case["flags"], case.get("drop", []))
        hop = hop_of(directory, version, flags, case.get("files") or {})
        assert hop.outcome == following["outcome"], (case["id"], case["flags"], hop.diagnostics)
        assert hop.breaks == any(each.severity == "error" for each in hop.diagnostics)
        compared += 1
    assert compared > 10
