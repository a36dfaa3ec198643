"""Probes: they ask where the server listens, for what it lets a kubelet see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.health.meaning import health_facts
from compiler.artifacts.health import definitions
from compiler.artifacts.pod import static_pod
from compiler.artifacts.probes import probes
from tests.artifacts.compiling import document, resolve


def made(folder: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    resolved = resolve(document(**sections), folder)
    facts = health_facts(resolved.context, resolved.config, resolved.storage_factory, resolved.health)
    return probes(facts)


def test_times_are_those_of_kubeadm_and_only_readiness_hangs_on_etcd(tmp_path: Path) -> None:
    where = {"host": "127.0.0.1", "port": 6443, "scheme": "HTTPS"}
    start = {"initialDelaySeconds": 10, "periodSeconds": 10, "timeoutSeconds": 15}
    assert made(tmp_path) == {
        "startup": {"httpGet": {"path": "/livez?exclude=etcd", **where}, **start, "failureThreshold": 24},
        "liveness": {"httpGet": {"path": "/livez?exclude=etcd", **where}, **start, "failureThreshold": 8},
        "readiness": {
            "httpGet": {"path": "/readyz", **where},
            "periodSeconds": 1,
            "timeoutSeconds": 15,
            "failureThreshold": 3,
        },
    }


def test_pod_and_definitions_have_the_same_probes(tmp_path: Path) -> None:
    resolved = resolve(document(), tmp_path)
    (container,) = static_pod(resolved)["spec"]["containers"]
    for name, probe in definitions(resolved)["probes"].items():
        assert container[f"{name}Probe"] == probe


@pytest.mark.parametrize(
    ("bind", "host"),
    [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.9", "10.0.0.9"), ("fd00::9", "fd00::9")],
)
def test_host_follows_the_listener(bind: str, host: str, tmp_path: Path) -> None:
    sections = {"secureServing": {"bindAddress": bind, "securePort": 443}, "generic": {"advertiseAddress": "10.0.0.1"}}
    for probe in made(tmp_path, **sections).values():
        assert (probe["httpGet"]["host"], probe["httpGet"]["port"]) == (host, 443)


def test_without_the_network_of_the_node_the_pod_is_asked(tmp_path: Path) -> None:
    for probe in made(tmp_path, deployment={"hostNetwork": False}).values():
        assert "host" not in probe["httpGet"]


def test_the_start_may_take_twice_what_it_waits_for(tmp_path: Path) -> None:
    sections = {"generic": {"livezGracePeriod": "5m", "storageInitializationTimeout": "1m1s"}}
    startup = made(tmp_path, **sections)["startup"]
    assert startup["failureThreshold"] * startup["periodSeconds"] == 730


def plugins(*timeouts: str) -> dict[str, Any]:
    providers: list[dict[str, Any]] = [
        {"kms": {"apiVersion": "v2", "name": f"p{number}", "endpoint": "unix:///run/k.sock", "timeout": timeout}}
        for number, timeout in enumerate(timeouts)
    ]
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": [*providers, {"identity": {}}]}],
    }
    return {"encryptionProviderConfig": {"content": content}}


@pytest.mark.parametrize(
    ("etcd", "startup", "liveness", "readiness"),
    [
        ({}, 15, 15, 15),
        # Readiness waits for the checks etcd and etcd-readiness, one after the other; liveness leaves etcd out.
        ({"etcdHealthcheckTimeout": "20s", "etcdReadycheckTimeout": "10s"}, 15, 15, 31),
        ({"etcdReadycheckTimeout": "20500ms"}, 15, 15, 24),
        # Each plugin is asked in turn, in readyz but not in livez.
        (plugins("30s", "20s"), 15, 15, 55),
    ],
)
def test_an_answer_may_take_what_its_checks_wait_for(
    etcd: dict[str, Any], startup: int, liveness: int, readiness: int, tmp_path: Path
) -> None:
    found = made(tmp_path, etcd=etcd)
    assert {name: probe["timeoutSeconds"] for name, probe in found.items()} == {
        "startup": startup,
        "liveness": liveness,
        "readiness": readiness,
    }


def configured(**anonymous: Any) -> dict[str, dict[str, Any]]:
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthenticationConfiguration"}
    return {"authentication": {"authenticationConfig": {"content": content | anonymous}}}


@pytest.mark.parametrize(
    ("sections", "lets_in"),
    [
        ({"authentication": {"anonymousAuth": False}}, []),
        ({"authorization": {"authorizationMode": ["AlwaysAllow"]}}, []),
        ({"authentication": {"authenticationConfig": "/unknown.yaml"}}, ["/livez", "/readyz"]),
        ({"authentication": {"authenticationConfig": "/unknown.yaml", "anonymousAuth": False}}, []),
        ({"authorization": {"authorizationMode": ["Node"]}}, []),
        (configured(), ["/livez", "/readyz"]),
        (configured(anonymous={"enabled": False}), []),
        (configured(anonymous={"enabled": True}), ["/livez", "/readyz"]),
        (configured(anonymous={"enabled": True, "conditions": [{"path": "/readyz"}]}), ["/readyz"]),
    ],
)
def test_a_kubelet_without_credentials_only_knocks_where_it_would_be_sent_away(
    sections: dict[str, dict[str, Any]], lets_in: list[str], tmp_path: Path
) -> None:
    found = made(tmp_path, **sections)
    for name, path in (("startup", "/livez"), ("liveness", "/livez"), ("readiness", "/readyz")):
        if path in lets_in:
            assert found[name]["httpGet"]["path"].partition("?")[0] == path
        else:
            assert found[name]["tcpSocket"] == {"host": "127.0.0.1", "port": 6443}
            assert "httpGet" not in found[name]
