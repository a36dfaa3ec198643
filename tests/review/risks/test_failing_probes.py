"""Probes that cannot succeed: each reason is one of the kubelet's prober or of the server's handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.pods.writing import findings, pod, report_of

GET = {"path": "/livez", "port": 6443, "scheme": "HTTPS"}
SIDECAR = {"name": "check", "image": "check:1"}


def reasons(folder: Path, probe: dict[str, Any], *flags: str, **container: Any) -> list[str]:
    whole = pod(*flags, livenessProbe=probe, **container)
    return findings(folder, whole, "RISK-104", "POD")


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ({"httpGet": {**GET, "path": "/livezz"}}, 'no path "/livezz"'),
        ({"httpGet": {**GET, "path": "/health?verbose"}}, 'no path "/health"'),
        ({"httpGet": {**GET, "path": "/livez/"}}, 'no path "/livez/"'),
        ({"httpGet": {**GET, "path": "/livez/etcdd"}}, 'no check "etcdd" at /livez'),
        ({"httpGet": {**GET, "path": "/livez/shutdown"}}, 'no check "shutdown" at /livez'),
        ({"httpGet": {**GET, "scheme": "HTTP"}}, "plain HTTP"),
        ({"httpGet": {"path": "/livez", "port": 6443}}, "plain HTTP"),
        ({"httpGet": {**GET, "port": 8080}}, "listens on port 6443, not 8080"),
        ({"tcpSocket": {"port": 443}}, "listens on port 6443, not 443"),
        ({"httpGet": {**GET, "port": "https"}}, 'no port of the container is named "https"'),
        ({"grpc": {"port": 6443}}, "gRPC"),
        ({"exec": {"command": ["curl", "-k", "https://127.0.0.1:6443/livez"]}}, 'has no "curl"'),
        ({"exec": {"command": ["/bin/sh", "-c", "true"]}}, 'has no "/bin/sh"'),
    ],
)
def test_what_cannot_succeed(probe: dict[str, Any], said: str, tmp_path: Path) -> None:
    (found,) = reasons(tmp_path, probe)
    assert found.startswith("RISK-104 livenessProbe cannot succeed:")
    assert said in found


@pytest.mark.parametrize(
    "probe",
    [
        {"httpGet": GET},
        {"httpGet": {**GET, "port": 6443.0}},
        {"httpGet": {**GET, "path": "/livez?exclude=etcd"}},
        {"httpGet": {**GET, "path": "/livez/etcd"}},
        {"httpGet": {**GET, "path": "/readyz/shutdown"}},
        {"httpGet": {**GET, "path": "/livez/poststarthook/start-apiextensions-informers"}},
        {"httpGet": {**GET, "path": "/version"}},
        {"httpGet": {**GET, "path": "livez"}},
        {"httpGet": {**GET, "host": "127.0.0.1"}},
        {"httpGet": {**GET, "host": "192.0.2.1"}},
        {"tcpSocket": {"port": 6443}},
        {"exec": {"command": ["/pki/probe"]}},
    ],
)
def test_what_may_succeed(probe: dict[str, Any], tmp_path: Path) -> None:
    assert reasons(tmp_path, probe) == []


def test_named_ports_and_other_ports(tmp_path: Path) -> None:
    named = {"ports": [{"name": "https", "containerPort": 6443}]}
    assert reasons(tmp_path, {"httpGet": {**GET, "port": "https"}}, **named) == []
    assert reasons(tmp_path, {"httpGet": {**GET, "port": 8443}}, "--secure-port=8443") == []
    wrong = {"ports": [{"name": "https", "containerPort": 443}]}
    assert "not 443" in reasons(tmp_path, {"httpGet": {**GET, "port": "https"}}, **wrong)[0]


def test_another_container_may_listen(tmp_path: Path) -> None:
    whole = pod(livenessProbe={"httpGet": {"path": "/healthz", "port": 3990, "host": "127.0.0.1"}})
    whole["spec"]["containers"].append(SIDECAR)
    assert findings(tmp_path, whole, "RISK-104") == []


@pytest.mark.parametrize(
    ("host", "bound", "on_host", "fails"),
    [
        ("127.0.0.1", "0.0.0.0", False, True),
        ("127.0.0.1", "127.0.0.1", True, False),
        (None, "127.0.0.1", True, True),
        ("192.0.2.1", "127.0.0.1", True, True),
        ("127.0.0.1", "192.0.2.1", True, True),
        ("localhost", "::", True, False),
        ("192.0.2.1", "192.0.2.1", True, False),
        ("api.example.com", "127.0.0.1", True, False),
    ],
)
def test_hosts(host: str | None, bound: str, on_host: bool, fails: bool, tmp_path: Path) -> None:
    action = {**GET, "host": host} if host else GET
    whole = pod(f"--bind-address={bound}", livenessProbe={"httpGet": action}, spec={"hostNetwork": on_host})
    assert bool(findings(tmp_path, whole, "RISK-104")) == fails


def test_one_warning_for_all_probes_with_one_reason(tmp_path: Path) -> None:
    probe = {"httpGet": {**GET, "scheme": "HTTP"}}
    whole = pod(livenessProbe=probe, readinessProbe=probe, startupProbe={"httpGet": {**GET, "path": "/x"}})
    found = findings(tmp_path, whole, "RISK-104")
    assert {each.split(" cannot")[0] for each in found} == {
        "RISK-104 startupProbe",
        "RISK-104 livenessProbe, readinessProbe",
    }


def test_a_static_pod_behind_another_document(tmp_path: Path) -> None:
    import json

    other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"
    assert [each.split()[0] for each in findings(tmp_path, other + json.dumps(pod()), "RISK-105")] == ["RISK-105"]
    assert findings(tmp_path, json.dumps(pod()), "RISK-105") == []


def test_a_port_that_is_known_only_when_the_server_runs(tmp_path: Path) -> None:
    port = {"env": [{"name": "ARGS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}
    assert report_of(tmp_path, pod("$(ARGS)", livenessProbe={"tcpSocket": {"port": 1}}, **port)).outcome == "accept"
    assert findings(tmp_path, pod("$(ARGS)", livenessProbe={"tcpSocket": {"port": 1}}, **port), "RISK-104") == []
