"""The server's own clients and transports.

The loopback host and the identity were seen with a server of 1.36 on a host with IPv6 that is called `vm`.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.options.running import config
from tests.artifacts.compiling import document, resolve
from tests.recordings import document as recording


@pytest.mark.parametrize(
    ("flags", "listener", "host", "without"),
    [
        ((), "[::]:6443", "https://[::1]:6443", "https://127.0.0.1:6443"),
        (("--bind-address=::", "--advertise-address=10.0.0.1"), "[::]:6443", "https://[::1]:6443", None),
        (("--bind-address=10.0.0.9", "--secure-port=443"), "10.0.0.9:443", "https://10.0.0.9:443", None),
        (("--bind-address=127.0.0.1",), "127.0.0.1:6443", "https://127.0.0.1:6443", None),
        (
            ("--bind-address=fd00::9", "--advertise-address=10.0.0.1"),
            "[fd00::9]:6443",
            "https://[fd00::9]:6443",
            None,
        ),
    ],
)
def test_loopback_host_follows_the_listener(
    flags: tuple[str, ...], listener: str, host: str, without: str | None
) -> None:
    values = config(*flags)
    found: Any = values["secureServing.listener"]
    assert found == {"network": "tcp", "address": listener, "dualStack": listener.startswith("[::]")}
    assert values["loopbackClient.host"] == host
    assert values["loopbackClient.hostWithoutIPv6"] == without
    assert values["serviceResolver.loopbackHost"] == values["externalClientset.host"] == host


def test_the_loopback_certificate_comes_before_all_others() -> None:
    pairs: Any = config("--tls-sni-cert-key=/a.crt,/a.key:apiserver-loopback-client")["secureServing.sniCertKeys"]
    assert [(pair["source"], pair["names"]) for pair in pairs] == [
        ("loopback", ["apiserver-loopback-client"]),
        ("files", ["apiserver-loopback-client"]),
    ]


def test_identity_is_made_as_the_recorded_one() -> None:
    rule: Any = config()["generic.apiServerID"]
    text = b"".join(len(part).to_bytes(2, "big") + part for part in (b"vm", rule["of"][1].encode()))
    name = base64.b32encode(hashlib.sha256(text).digest()[: rule["hashBytes"]]).decode().lower().rstrip("=")
    run = recording("runs", "v1.36-default.json")
    assert f"/registry/leases/kube-system/{rule['prefix']}{name}" in run["etcdKeys"]
    assert (
        config("--feature-gates=APIServerIdentity=false,UnknownVersionInteroperabilityProxy=false")[
            "generic.apiServerID"
        ]
        is None
    )


def test_proxy_transport() -> None:
    values = config()
    expected = {
        "cached": True,
        "insecureSkipVerify": True,
        "http2": True,
        "proxyFromEnvironment": True,
        "dialer": "direct",
        "dialTimeout": "30s",
        "tlsHandshakeTimeout": "10s",
        "idleConnTimeout": "1m30s",
        "http2ReadIdleTimeout": "30s",
        "http2PingTimeout": "15s",
    }
    assert {name: values[f"proxyTransport.{name}"] for name in expected} == expected


def egress(*selections: tuple[str, str]) -> dict[str, dict[str, Any]]:
    transport = {"uds": {"udsName": "/run/konnectivity/a.sock"}}
    content = {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [
            {
                "name": name,
                "connection": {"proxyProtocol": protocol} | ({} if protocol == "Direct" else {"transport": transport}),
            }
            for name, protocol in selections
        ],
    }
    return {"egressSelector": {"egressSelectorConfigFile": {"content": content}}}


DIALERS = {
    "cluster": ("proxyTransport.dialer", "kubeletClient.dialer"),
    "controlplane": (),
    "etcd": ("etcd.transport.dialer",),
}


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({}, {"cluster": "direct", "controlplane": "direct", "etcd": "direct"}),
        (egress(("cluster", "GRPC")), {"cluster": "GRPC", "controlplane": "direct", "etcd": "direct"}),
        (
            egress(("etcd", "Direct"), ("cluster", "HTTPConnect"), ("controlplane", "GRPC")),
            {"cluster": "HTTPConnect", "controlplane": "GRPC", "etcd": "direct"},
        ),
        (
            {"egressSelector": {"egressSelectorConfigFile": "/unknown.yaml"}},
            {"cluster": None, "controlplane": None, "etcd": None},
        ),
    ],
)
def test_each_kind_of_peer_is_dialled_as_the_selector_says(
    sections: dict[str, dict[str, Any]], expected: dict[str, str | None], tmp_path: Path
) -> None:
    values = resolve(document(**sections), tmp_path).config.settings()
    assert values["egressSelector.dialers"] == expected
    for name, paths in DIALERS.items():
        for path in paths:
            assert values[path] == expected[name]


def test_a_dialer_of_the_selector_brings_its_own_timeouts(tmp_path: Path) -> None:
    values = resolve(document(**egress(("cluster", "GRPC"))), tmp_path).config.settings()
    assert values["proxyTransport.dialTimeout"] is None
    assert resolve(document(**egress()), tmp_path).config.settings()["proxyTransport.dialTimeout"] == "30s"


def test_informers() -> None:
    values = config()
    assert values["informers.client"] == "externalClientset"
    assert (values["informers.resync"], values["informers.stripManagedFields"]) == ("10m0s", True)
    assert values["apiExtensions.informers.resync"] == values["aggregator.informers.resync"] == "5m0s"


def test_tracing_reaches_the_loopback_client_but_not_the_clientset_made_before(tmp_path: Path) -> None:
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration", "samplingRatePerMillion": 5}
    values = resolve(document(traces={"tracingConfigFile": {"content": content}}), tmp_path).config.settings()
    found = {path: values[path] for path in values if path.endswith(".traced") or path.startswith("tracing.")}
    assert found == {
        "tracing.enabled": True,
        "tracing.configFile": "/etc/kubernetes/kasc/tracing-config-file.yaml",
        "tracing.endpoint": "localhost:4317",
        "tracing.samplingRatePerMillion": 5,
        "loopbackClient.traced": True,
        "externalClientset.traced": False,
        "etcd.transport.traced": True,
    }


@pytest.mark.parametrize(
    ("flags", "address"),
    [
        ((), "192.0.2.2:6443"),
        (("--peer-advertise-ip=10.9.9.9",), "192.0.2.2:6443"),
        (("--peer-advertise-ip=10.9.9.9", "--peer-advertise-port=1"), "10.9.9.9:1"),
        (("--peer-advertise-ip=fd00::1", "--peer-advertise-port=1"), "[fd00::1]:1"),
    ],
)
def test_where_peers_find_the_server(flags: tuple[str, ...], address: str) -> None:
    assert config(*flags)["peerProxy.advertiseAddress"] == address


def test_peer_proxy_needs_a_ca() -> None:
    values = config("--peer-ca-file=/ca", "--proxy-client-cert-file=/a", "--proxy-client-key-file=/b")
    assert (values["peerProxy.enabled"], values["peerProxy.serverName"]) == (True, "kubernetes.default.svc")
    assert values["aggregator.peerProxied"] is True
    values = config()
    assert (values["peerProxy.enabled"], values["peerProxy.leaseReconciler"]) == (False, True)
    assert config(version="1.35")["peerProxy.leaseReconciler"] is False
