"""What kasc predicts is what recorded servers did: health lists, stored versions, etcd keys and values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.startup import Resolved
from compiler.artifacts import health, storage
from tests.recordings import document, names
from tests.truth.recorded import examined
from tools.record.scratch import case_flags, write_keys

MEDIA = {"application/vnd.kubernetes.protobuf": "protobuf", "application/json": "json", "application/yaml": "yaml"}
# Two hooks come out of a Go map: their relative order is random.
UNORDERED = "poststarthook/start-encryption-provider-config-automatic-reload"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_keys(folder)
    return folder


def resolved(run: dict[str, Any], folder: Path) -> tuple[Resolved, list[str]]:
    found = examined(folder, run["kubernetesMinor"], case_flags(run["flags"]), run["files"])
    assert found.resolved is not None
    return found.resolved, [error.message for error in found.report.of("error")]


@pytest.mark.parametrize("name", names("runs"))
def test_run(name: str, keys: Path) -> None:
    run = document("runs", f"{name}.json")
    ours, errors = resolved(run, keys)
    assert bool(errors) is not run["started"], errors
    if not run["started"]:
        return
    checks = health.definitions(ours)
    for endpoint in ("healthz", "livez", "readyz"):
        got = [check["name"] for check in checks[endpoint]]
        want = run[endpoint]
        if UNORDERED in want:
            got, want = sorted(got), sorted(want)
        assert got == want, endpoint
    manifest = storage.manifest(ours)
    rows = {".".join(filter(None, (row["resource"], row["group"]))): row for row in manifest["resources"]}
    # With every beta gate off the server tells no storage versions at all.
    if run["storageVersions"]:
        assert {resource: row["storageVersion"] for resource, row in rows.items()} == run["storageVersions"]
    for key in run["etcdKeys"]:
        assert row_of(manifest, key) is not None, key
    for key, stored in run.get("etcdValues", {}).items():
        check_value(manifest, key, stored)


def row_of(manifest: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The row with the longest prefix of a key, else the rule for custom objects."""
    rows = [*manifest["resources"], *manifest["otherKeys"]]
    owners = [row for row in rows if key.startswith(row["keyPrefix"].rstrip("/") + "/") or key == row["keyPrefix"]]
    if owners:
        found: dict[str, Any] = max(owners, key=lambda row: len(row["keyPrefix"]))
        return found
    custom: dict[str, Any] = manifest["customObjects"]
    pattern = re.escape(custom["keyPrefix"]).replace(r"\{group\}", r"[^/]+\.[^/]+").replace(r"\{resource\}", "[^/]+")
    return custom if re.match(pattern + "/", key) else None


def check_value(manifest: dict[str, Any], key: str, stored: str) -> None:
    row = row_of(manifest, key)
    assert row is not None
    if "mediaType" not in row:
        return
    write = (row["encryption"] or {}).get("write")
    if stored.startswith("k8s:enc:") or write:
        assert stored == write, key
        return
    media, api_version, *_ = stored.split(" ")
    assert media == MEDIA[row["mediaType"]], key
    if row is not manifest["customObjects"]:
        assert api_version.split("/")[-1] == row["storageVersion"], key
