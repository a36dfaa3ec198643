"""`kasc explain` of what a running server shows: health checks, API versions, metrics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler.upstream.catalog import catalog, health_meanings
from compiler.upstream.catalog.facts import versions
from tests.cli.running import kasc
from tests.recordings import ROOT

HARDENED = ROOT / "samples/hardened/apiserver.yaml"


def explained(capsys: pytest.CaptureFixture[str], *words: object) -> list[str]:
    ran = kasc(capsys, "explain", *words)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("livez/etcd", "etcd"),
        ("/readyz/informer-sync", "informer-sync"),
        ("[-]poststarthook/rbac/bootstrap-roles failed: reason withheld", "poststarthook/rbac/bootstrap-roles"),
        ("[+]ping ok", "ping"),
        ("rbac/bootstrap-roles", "poststarthook/rbac/bootstrap-roles"),
        ("etcd-override-12", "etcd-override-N"),
        ("etcd-override-readiness-0", "etcd-override-readiness-N"),
        ("kms-provider-1", "kms-provider-N"),
    ],
)
def test_health_checks_by_the_names_that_a_server_prints(
    word: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = explained(capsys, word)
    assert lines[0].startswith(f"{name}: health check, in ")
    assert f"  if it fails: {health_meanings()[name]['fails']}" in lines


def test_every_health_check_of_every_version_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for version in versions():
        for name in catalog(version).health_checks:
            lines = explained(capsys, "--kubernetes-version", version, name)
            assert any(line.startswith(f"{name}: health check") for line in lines)


def test_the_names_of_a_recorded_server_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = json.loads((ROOT / "tests/cluster/live/recorded/v1.36-default.json").read_text())
    for endpoint in ("healthz", "livez", "readyz"):
        for name in recorded[endpoint]:
            assert any(line.startswith(f"{name}: health check") for line in explained(capsys, name))


@pytest.mark.parametrize(
    ("word", "first", "line"),
    [
        ("apps", "apps: API group", "  v1: enabled by default in 1.36"),
        ("apps/v1", "apps/v1: API version", "  deployments (Deployment): introduced in 1.9"),
        ("apps/v1beta1", "apps/v1beta1: API version", "  serves no resource in 1.36"),
        ("core", "core: API group", "  v1: enabled by default in 1.36"),
        ("v1", "v1: API version", "  pods (Pod)"),
        ("resource.k8s.io/v1beta1", "resource.k8s.io/v1beta1: API version", "  disabled by default in 1.36"),
        ("flowcontrol.apiserver.k8s.io/v1beta3", "flowcontrol.apiserver.k8s.io/v1beta3", "  removed in 1.32"),
        ("api/beta", "api/beta: key of --runtime-config", None),
    ],
)
def test_api_groups_and_versions(word: str, first: str, line: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, "--kubernetes-version", "1.36", word)
    assert lines[0].startswith(first)
    assert line is None or line in lines


@pytest.mark.parametrize("part", ["", "_bucket", "_count", "_sum"])
def test_metrics_by_the_names_of_their_series(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, f"etcd_request_duration_seconds{part}")
    assert lines[0].startswith("etcd_request_duration_seconds: metric of kube-apiserver, histogram")


def test_a_word_with_two_meanings_has_both(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explained(capsys, "etcd")
    assert lines[0].startswith("etcd: option group")
    assert any(line.startswith("etcd: health check") for line in lines)


def test_artifacts_by_the_names_of_their_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(capsys, "health-checks.yaml") == explained(capsys, "health")


def test_what_one_input_makes_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "  here: kms-providers in /healthz, /readyz" in explained(capsys, HARDENED, "kms-providers")
    assert "    connects to https://10.0.0.11:2379" in explained(capsys, HARDENED, "livez/etcd")
    assert "  here: this server does not have it" in explained(capsys, HARDENED, "etcd-override-0")
    assert "  here: v1beta1 is disabled" in explained(capsys, HARDENED, "resource.k8s.io/v1beta1")
    assert "  here: exported" in explained(capsys, HARDENED, "etcd_requests_total")
