from __future__ import annotations

import pytest

from tests.options.running import config, rules


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        (("--service-account-issuer=", "--service-account-issuer=https://a"), {"SA-02"}),
        (("--service-account-issuer=https://a", "--service-account-issuer=https://a"), {"SA-03"}),
        (("--service-account-issuer=:x",), {"SA-04"}),
        (("--service-account-issuer=https://a b:c/",), {"SA-04"}),
        (("--service-account-jwks-uri=http://a",), {"SA-06"}),
        (("--service-account-max-token-expiration=59m59s",), {"SA-08"}),
        (("--service-account-max-token-expiration=-2h",), {"SA-08"}),
        (("--service-account-signing-endpoint=/s.sock",), {"SA-09"}),
        (("--service-account-signing-endpoint=@a b",), {"SA-09", "SA-10"}),
        (("--requestheader-username-headers= ",), {"RH-01"}),
        (("--requestheader-uid-headers=X-Uid",), {"RH-02"}),
        (("--oidc-client-id=a",), {"OIDC-01"}),
        (("--oidc-client-id=a", "--authentication-config=/a"), {"OIDC-02"}),
    ],
)
def test_refused(flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(*flags) == broken


@pytest.mark.parametrize(
    ("dropped", "broken"),
    [
        ("--service-account-issuer", {"SA-01", "SA-07"}),
        ("--service-account-key-file", {"SA-05"}),
        ("--service-account-signing-key-file", {"SA-07"}),
    ],
)
def test_required(dropped: str, broken: set[str]) -> None:
    assert broken <= rules(drop=(dropped,)) | {"SA-07"}
    assert rules(drop=(dropped,)) <= broken


@pytest.mark.parametrize(
    "flags",
    [
        ("--service-account-issuer=kubernetes/serviceaccount",),
        ("--service-account-issuer=ssh:x y",),
        ("--service-account-issuer=https://a.example/path?x",),
        ("--service-account-max-token-expiration=1h",),
        ("--requestheader-uid-headers=x-remote-uid,X-Other",),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_uid_headers_need_their_gate_in_1_32() -> None:
    assert rules("--requestheader-uid-headers=X-Remote-Uid", version="1.32") == {"RH-03"}


def test_authenticators_in_the_order_of_asking() -> None:
    values = config(
        "--requestheader-client-ca-file=/front.crt",
        "--client-ca-file=/ca.crt",
        "--enable-bootstrap-token-auth",
        "--token-auth-file=/tokens",
    )
    assert values["authentication.authenticators"] == [
        "loopbackToken",
        "requestHeader",
        "x509",
        "tokenFile",
        "legacyServiceAccount",
        "serviceAccount",
        "bootstrapToken",
        "anonymous",
    ]
    assert values["authentication.apiAudiences"] == ["https://kubernetes.default.svc"]


def test_always_allow_switches_anonymous_requests_off() -> None:
    assert config("--authorization-mode=AlwaysAllow")["authentication.anonymous"] == {
        "enabled": False,
        "conditions": [],
    }


def test_jwks_uri_follows_the_external_address() -> None:
    assert config()["serviceAccountIssuer.jwksURI"] == "https://192.0.2.2:6443/openid/v1/jwks"
