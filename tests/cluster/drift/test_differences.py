"""Each kind of difference, from a recorded server of which one part is changed; and what is not compared."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.startup import Resolved
from compiler.cluster.drift.asking import ask
from compiler.cluster.drift.comparing import compare
from compiler.cluster.drift.discovery import storage_hash
from compiler.cluster.drift.observed import Drift
from compiler.upstream.catalog import catalog
from tests.cluster.drift.replayed import InProcess, Replayed, files, flags, recorded
from tests.cluster.live.api_server import Reply, status, text
from tests.truth.recorded import examined

PORT = 16443
ADDRESS = "192.0.2.2"
Live = dict[str, Any]


@pytest.fixture
def live() -> Live:
    return copy.deepcopy(recorded("v1.36-s-default"))


@pytest.fixture
def declared(folder: Path) -> Resolved:
    return resolved(folder)


def resolved(folder: Path, *more: str, version: str = "") -> Resolved:
    own = recorded("v1.36-s-default")
    result = examined(folder, version or own["version"], [*flags(own, PORT), *more], files(own)).resolved
    assert result is not None
    return result


def drift(declared: Resolved, live: Live, folder: Path, **faults: Reply) -> Drift:
    replayed = Replayed(live, folder, port=PORT, faults={f"/{name}": reply for name, reply in faults.items()})
    return compare(declared, ask(InProcess(replayed), ADDRESS))  # type: ignore[arg-type]


def listed(result: Drift) -> list[tuple[str, str, Any, Any, str]]:
    return [(each.kind, each.name, each.declared, each.live, each.source) for each in result.differences]


def reasons(result: Drift, kind: str) -> dict[str, str]:
    return {each.name: each.reason for each in result.not_compared if each.kind == kind}


def test_a_gate(declared: Resolved, live: Live, folder: Path) -> None:
    live["gates"]["WatchList"] = 0
    result = drift(declared, live, folder)
    assert listed(result) == [("feature-gate", "WatchList", True, False, "/metrics")]
    assert result.differences[0].location == declared.context.flags.location("feature-gates")


def test_gates_without_metrics_follow_from_the_flags(live: Live, folder: Path) -> None:
    other = resolved(folder, "--feature-gates=WatchList=false,ComponentFlagz=true,ComponentStatusz=true")
    result = drift(other, live, folder, metrics=status(403, {"message": 'User "eve" cannot get path "/metrics"'}))
    assert listed(result) == [("feature-gate", "WatchList", False, True, "/flagz (v1beta1)")]
    assert reasons(result, "feature-gate")["*"] == '/metrics: the server forbids "eve" to read it (403)'


def test_a_gate_that_the_metrics_leave_out(declared: Resolved, live: Live, folder: Path) -> None:
    del live["gates"]["WatchList"]
    assert reasons(drift(declared, live, folder), "feature-gate")["WatchList"] == "not reported by /metrics"


def test_versions(declared: Resolved, live: Live, folder: Path) -> None:
    live["versionInfo"] |= {"emulation": "1.35", "min_compat": "1.34"}
    assert listed(drift(declared, live, folder)) == [
        ("version", "emulated-version", "1.36", "1.35", "/metrics"),
    ]
    live["versionInfo"]["min_compat"] = "1.33"
    names = [each.name for each in drift(declared, live, folder).differences]
    assert names == ["emulated-version", "min-compatibility-version"]


def test_another_minor_version_and_its_defaults(folder: Path, live: Live) -> None:
    older = resolved(folder, version="1.35")
    result = [each for each in drift(older, live, folder).differences if each.kind == "version"]
    assert [(each.name, each.declared, each.live) for each in result] == [("kubernetes-version", "1.35", "1.36")]


@pytest.mark.parametrize(
    ("faults", "source"),
    [
        ({"metrics": status(404, {})}, "/version"),
        ({"metrics": status(404, {}), "version": status(403, {})}, "/statusz"),
    ],
)
def test_the_next_source_of_the_version(faults: dict[str, Reply], source: str, folder: Path, live: Live) -> None:
    result = drift(resolved(folder, version="1.35"), live, folder, **faults)
    assert {each.source for each in result.differences if each.kind == "version"} == {source}


def test_an_api_and_a_resource(declared: Resolved, live: Live, folder: Path) -> None:
    del live["discovery"]["apis/batch/v1"]
    live["discovery"]["api/v1"] = [row for row in live["discovery"]["api/v1"] if row[0] != "secrets"]
    live["discovery"]["apis/apps/v1"].append(["inventions", "Invention", ""])
    live["discovery"]["apis/example.com/v1"] = [["things", "Thing", ""]]
    result = drift(declared, live, folder)
    assert listed(result) == [
        ("api", "batch/v1", True, False, "discovery"),
        ("api", "v1/secrets", True, False, "discovery"),
    ]
    assert reasons(result, "api") == {
        "example.com": "not a built-in API group",
        "apps/v1/inventions": "not a resource of upstream's kube-apiserver",
    }


def test_apis_without_discovery_follow_from_the_flags(live: Live, folder: Path) -> None:
    off = resolved(folder, "--runtime-config=batch/v1=false")
    result = drift(off, live, folder, apis=status(503, {}))
    assert listed(result) == [("api", "batch/v1", False, True, "/flagz (v1beta1)")]
    assert reasons(result, "api")["*"] == "/apis: the server returned 503"
    assert reasons(result, "storage-version") == {"*": "/apis: the server returned 503"}


def test_a_storage_version(declared: Resolved, live: Live, folder: Path) -> None:
    deployments = catalog("1.36").resources["deployments.apps"]
    rows = live["discovery"]["apis/apps/v1"]
    place = next(number for number, row in enumerate(rows) if row[0] == "deployments")
    rows[place] = ["deployments", "Deployment", storage_hash(deployments, "v9")]
    assert listed(drift(declared, live, folder)) == [
        ("storage-version", "deployments.apps", "v1", "unknown, hash " + rows[place][2], "discovery")
    ]
    claims = catalog("1.36").resources["resourceclaims.resource.k8s.io"]
    del rows[place]
    for row in live["discovery"]["apis/resource.k8s.io/v1"]:
        row[2] = storage_hash(claims, "v1beta2") if row[0] == "resourceclaims" else row[2]
    assert ("storage-version", "resourceclaims.resource.k8s.io", "v1", "v1beta2", "discovery") in listed(
        drift(declared, live, folder)
    )


def test_health_checks(declared: Resolved, live: Live, folder: Path) -> None:
    live["livez"].remove("etcd")
    live["readyz"].insert(0, "poststarthook/start-encryption-provider-config-automatic-reload")
    live["readyz"].append("poststarthook/of-nobody")
    result = drift(declared, live, folder)
    assert sorted(listed(result)) == [
        ("health-check", "etcd", ["healthz", "livez"], ["healthz"], "/livez"),
        (
            "health-check",
            "poststarthook/start-encryption-provider-config-automatic-reload",
            None,
            ["readyz"],
            "/readyz",
        ),
    ]
    assert reasons(result, "health-check")["poststarthook/of-nobody"] == "not a check of upstream's kube-apiserver"


def test_checks_of_upstream_builds_are_all_compared(declared: Resolved, live: Live, folder: Path) -> None:
    for endpoint in ("healthz", "livez", "readyz"):
        live[endpoint].remove("poststarthook/apiservice-wait-for-first-sync")
    assert listed(drift(declared, live, folder)) == [
        ("health-check", "etcd", ["healthz", "livez", "readyz"], ["healthz", "livez"], "/readyz"),
        ("health-check", "etcd-readiness", ["readyz"], None, "/readyz"),
    ]


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--enable-admission-plugins=AlwaysPullImages", ("plugin", "AlwaysPullImages", True, False)),
        ("--disable-admission-plugins=LimitRanger", ("plugin", "LimitRanger", False, True)),
        ("--etcd-prefix=/other", ("flag", "etcd-prefix", "/other", "/registry")),
        ("--tls-min-version=VersionTLS13", ("flag", "tls-min-version", "VersionTLS13", "VersionTLS12")),
        ("--cert-dir=/other", ("flag", "cert-dir", "/other", "$T/certs")),
        ("--audit-webhook-batch-initial-backoff=7s", ("flag", "audit-webhook-initial-backoff", "7s", "10s")),
        ("--etcd-servers=http://u:pw@127.0.0.1:23791", ("flag", "etcd-servers", ["http://127.0.0.1:23790"], None)),
    ],
)
def test_flags(flag: str, expected: tuple[Any, ...], folder: Path, live: Live) -> None:
    result = drift(resolved(folder, flag), live, folder)
    shown = str([each[:4] for each in listed(result)]).replace(str(folder), "$T")
    assert "pw" not in shown
    if expected[-1] is not None:
        assert str(expected) in shown


def test_what_only_the_host_knows(live: Live, folder: Path) -> None:
    without = examined(folder, "1.36", flags(live, PORT), files(live)).resolved
    assert without is not None
    for flag in ("advertise-address", "external-hostname"):
        without.context.flags.set(flag, None)
    result = drift(without, live, folder)
    assert result.differences == ()
    reason = "taken from the host of the server (192.0.2.2); see --host-address"
    assert reasons(result, "flag")["advertise-address"] == reason


def test_the_port_behind_a_mapping(declared: Resolved, live: Live, folder: Path) -> None:
    live["flagz"]["secure-port"] = "6443"
    result = drift(declared, live, folder)
    assert result.differences == ()
    assert reasons(result, "flag")["secure-port"] == "the server reports 6443, but responds at the declared port 16443"


def test_another_port_than_declared(folder: Path, live: Live) -> None:
    live["flagz"]["secure-port"] = str(PORT)
    result = drift(resolved(folder, "--secure-port=6443"), live, folder)
    assert listed(result) == [("flag", "secure-port", 6443, PORT, "/flagz (v1beta1)")]


def test_values_that_the_server_conceals(declared: Resolved, live: Live, folder: Path) -> None:
    live["flagz"]["token-auth-file"] = "CLASSIFIED"
    result = drift(declared, live, folder)
    assert result.differences == ()
    assert "token-auth-file" in reasons(result, "flag")


def test_a_server_without_pages(declared: Resolved, live: Live, folder: Path) -> None:
    live["flagzText"] = live["statuszText"] = None
    result = drift(declared, live, folder)
    assert result.differences == ()
    gate = "/flagz: the server does not have it; it needs the feature gate ComponentFlagz"
    assert reasons(result, "flag") == {"*": gate}
    assert reasons(result, "plugin") == {"*": gate}


def test_the_text_form_is_read_where_the_structured_ones_are_not_a_page(
    declared: Resolved, live: Live, folder: Path
) -> None:
    live["flagz"] = {}
    live["flagzText"] = live["flagzText"].replace("goaway-chance:0", "goaway-chance:0.01")
    assert listed(drift(declared, live, folder)) == [("flag", "goaway-chance", 0.0, 0.01, "/flagz (text)")]


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "null", '{"groups": 1}', "<html>", "[" * 100_000, '{"groups": [{"name": "apps"}]}']
)
def test_answers_of_something_else(body: str, declared: Resolved, live: Live, folder: Path) -> None:
    paths = ("flagz", "metrics", "version", "statusz", "apis", "api/v1", "healthz", "livez", "readyz")
    result = drift(declared, live, folder, **{path: text(200, body) for path in paths})
    assert {each.kind for each in result.differences} <= {"api"}
