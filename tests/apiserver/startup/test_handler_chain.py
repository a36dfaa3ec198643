"""What the configuration decides of the handlers and of the end of the server."""

from __future__ import annotations

import pytest

from tests.apiserver.options.running import config


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), {"flowControl": "priorityAndFairness", "queueWait": "15s", "goaway": False, "retryAfter": False}),
        (("--request-timeout=2m",), {"queueWait": "30s", "requestDeadline": "2m0s"}),
        (("--enable-priority-and-fairness=false",), {"flowControl": "maxInFlight", "queueWait": None}),
        (("--goaway-chance=0.001",), {"goaway": True}),
        (("--goaway-chance=0.001", "--disable-http2-serving"), {"goaway": False}),
        (("--shutdown-watch-termination-grace-period=1s",), {"watchTermination": True}),
        (("--shutdown-send-retry-after",), {"retryAfter": True}),
        (("--feature-gates=ConstrainedImpersonation=false",), {"impersonation": "unconstrained"}),
    ],
)
def test_filters(flags: tuple[str, ...], expected: dict[str, object]) -> None:
    values = config(*flags)
    assert {name: values[f"handlerChain.{name}"] for name in expected} == expected


@pytest.mark.parametrize(
    ("flags", "timeout", "drained"),
    [
        ((), "1m0s", False),
        (("--request-timeout=10s",), "10s", False),
        (("--shutdown-send-retry-after",), "2s", True),
        (("--shutdown-send-retry-after", "--request-timeout=10s"), "2s", True),
    ],
)
def test_http_shutdown(flags: tuple[str, ...], timeout: str, drained: bool) -> None:
    values = config(*flags)
    assert values["shutdown.httpTimeout"] == timeout
    assert values["shutdown.listensUntilDrained"] is drained


def test_impersonation_came_late() -> None:
    assert config(version="1.35")["handlerChain.impersonation"] == "unconstrained"


@pytest.mark.parametrize(
    ("flags", "external", "jwks"),
    [
        ((), "192.0.2.2:6443", "https://192.0.2.2:6443/openid/v1/jwks"),
        (("--external-hostname=a.example.com",), "a.example.com:6443", "https://a.example.com:6443/openid/v1/jwks"),
        (("--external-hostname=a:1",), "a:1", "https://a:1/openid/v1/jwks"),
        (("--external-hostname=fd00::1",), "[fd00::1]:6443", "https://[fd00::1]:6443/openid/v1/jwks"),
        (("--external-hostname=[fd00::1]:1",), "[fd00::1]:1", "https://[fd00::1]:1/openid/v1/jwks"),
        (("--service-account-jwks-uri=https://keys.example.com/x",), "192.0.2.2:6443", "https://keys.example.com/x"),
    ],
)
def test_external_address_gets_a_port(flags: tuple[str, ...], external: str, jwks: str) -> None:
    values = config(*flags)
    assert values["generic.externalAddress"] == values["discovery.address"] == external
    assert values["serviceAccountIssuer.jwksURI"] == jwks


@pytest.mark.parametrize(
    ("issuer", "served"),
    [("https://a", True), ("kubernetes/serviceaccount", False), ("http://a", False), ("https://a?b=c", False)],
)
def test_only_a_plain_https_issuer_is_discovered(issuer: str, served: bool) -> None:
    assert config(f"--service-account-issuer={issuer}")["serviceAccountIssuer.discoveryEndpoints"] is served


def test_clients_inside_are_told_the_service_address() -> None:
    assert config("--service-cluster-ip-range=10.96.0.0/16,fd00::/112")["discovery.rules"] == [
        {"range": "10.96.0.0/16", "address": "10.96.0.1:443"}
    ]
    values = config("--service-cluster-ip-range=fd00::/112", "--advertise-address=fd00:1::1")
    assert values["discovery.rules"] == [{"range": "fd00::/112", "address": "[fd00::1]:443"}]
