from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.config_files.pairs import pair
from tests.apiserver.config_files.running import placed, started
from tests.apiserver.options.running import config, rules, server
from tests.versions import RECORDED_VERSIONS


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


OIDC = ("--oidc-issuer-url=https://a.example.com", "--oidc-client-id=c")


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        ((), set()),
        (("--oidc-issuer-url=",), {"OIDC-01"}),
        (("--oidc-client-id=",), {"OIDC-01"}),
        (("--oidc-username-claim=",), set()),
        (("--oidc-signing-algs=x",), {"OIDC-07"}),
    ],
)
def test_oidc_needs_issuer_and_client(flags: tuple[str, ...], broken: set[str]) -> None:
    """Verdicts of this test and the next ones were recorded from kube-apiserver 1.31, 1.33 and 1.36."""
    alone = {"OIDC-01"} if flags else set()
    assert rules(*flags) == alone
    assert rules(*OIDC, *flags) == broken | ({"OIDC-05"} if "claim=" in "".join(flags) else set())


@pytest.mark.parametrize(
    ("flag", "broken"),
    [
        ("--oidc-issuer-url=http://a", {"OIDC-03"}),
        ("--oidc-issuer-url=a", {"OIDC-03"}),
        ("--oidc-issuer-url=https://a b", {"OIDC-03"}),
        ("--oidc-issuer-url=https://u@a", {"OIDC-03"}),
        ("--oidc-issuer-url=https://a?b", {"OIDC-03"}),
        ("--oidc-issuer-url=https://a#b", {"OIDC-03"}),
        ("--oidc-issuer-url=https://a?", set()),
        ("--oidc-issuer-url=https://a#", set()),
        ("--oidc-issuer-url=https:", set()),
        ("--oidc-issuer-url=https://kubernetes.default.svc", {"OIDC-04"}),
        ("--oidc-issuer-url=https://kubernetes.default.svc/", set()),
        ("--oidc-username-claim=", {"OIDC-05"}),
        ("--oidc-username-claim=email", set()),
        ("--oidc-groups-claim=", set()),
        ("--oidc-signing-algs=", set()),
        ("--oidc-signing-algs=RS256,ES512,PS384", set()),
        ("--oidc-signing-algs=RS256,", {"OIDC-07"}),
        ("--oidc-signing-algs=rs256", {"OIDC-07"}),
        ("--oidc-signing-algs=HS256", {"OIDC-07"}),
        ("--oidc-signing-algs=none", {"OIDC-07"}),
        ("--oidc-required-claim=a=", set()),
        ("--oidc-required-claim=a=b,c=d", set()),
        ("--oidc-required-claim= =b", {"JWT-12"}),
    ],
)
def test_oidc(flag: str, broken: set[str]) -> None:
    for version in ("1.31", "1.36"):
        assert rules(*OIDC, flag, version=version) == broken
    # Beside a file the flags are refused as such, and no more is said of them.
    assert rules(*OIDC, flag, "--authentication-config=/a") == {"OIDC-02"}


def test_hosts_of_the_issuer_are_narrowed_by_version() -> None:
    for host, first in (("[1.2.3.4]", "1.35"), ("a:1:2", "1.36")):
        for version in RECORDED_VERSIONS:
            broken = rules("--oidc-client-id=c", f"--oidc-issuer-url=https://{host}", version=version)
            assert broken == ({"OIDC-03"} if version >= first else set())


@pytest.mark.parametrize(
    ("content", "refused"), [("", False), ("\n", True), ("x", True), (pair("one").certificate, False), (None, True)]
)
def test_oidc_ca_file(tmp_path: Path, content: str | None, refused: bool) -> None:
    """An empty file counts as none."""
    files: dict[str, str | bytes] = {} if content is None else {"ca.crt": content}
    _, report = started(tmp_path, files, *OIDC, "--oidc-ca-file=/f/ca.crt")
    assert [placed(found) for found in report.of("error")] == (["OIDC-06  9:16"] if refused else [])


@pytest.mark.parametrize(
    ("flags", "username"),
    [
        ((), {"claim": "sub", "prefix": "https://a.example.com#"}),
        (("--oidc-username-claim=email",), {"claim": "email", "prefix": ""}),
        (("--oidc-username-claim=email", "--oidc-username-prefix=x:"), {"claim": "email", "prefix": "x:"}),
        (("--oidc-username-prefix=-",), {"claim": "sub", "prefix": ""}),
        (("--oidc-username-prefix=",), {"claim": "sub", "prefix": "https://a.example.com#"}),
    ],
)
def test_prefix_of_user_names(flags: tuple[str, ...], username: dict[str, str]) -> None:
    issuers: Any = config(*OIDC, *flags)["authentication.jwt.issuers"]
    assert issuers[0]["claimMappings"]["username"] == username


def test_the_issuer_that_flags_make() -> None:
    flags = ("--oidc-groups-claim=g", "--oidc-groups-prefix=p:", "--oidc-ca-file=/ca", "--oidc-required-claim=a=b=c")
    values = config(*OIDC, *flags, "--oidc-signing-algs=")
    assert values["authentication.jwt.signingAlgorithms"] == ["RS256"]
    assert values["authentication.jwt.issuers"] == [
        {
            "url": "https://a.example.com",
            "discoveryURL": "",
            "audiences": ["c"],
            "certificateAuthority": "/ca",
            "egressSelectorType": "",
            "claimValidationRules": [{"claim": "a", "requiredValue": "b=c"}],
            "claimMappings": {
                "username": {"claim": "sub", "prefix": "https://a.example.com#"},
                "groups": {"claim": "g", "prefix": "p:"},
                "uid": None,
                "extra": [],
            },
            "userValidationRules": [],
        }
    ]
    assert config()["authentication.jwt.issuers"] == []


def test_places_of_elements() -> None:
    _, report = server(*OIDC, "--oidc-signing-algs=RS256,x", "--oidc-required-claim=a=b", "--oidc-required-claim==c")
    assert [placed(found) for found in report.of("error")] == ["JWT-12  11:23", "OIDC-07  9:27"]


@pytest.mark.parametrize(
    ("version", "broken"),
    [("v1", set()), ("v1beta1", set()), ("v2", {"WHA-02"}), ("", {"WHA-02"})],
)
def test_version_of_the_token_webhook(version: str, broken: set[str]) -> None:
    flag = f"--authentication-token-webhook-version={version}"
    assert rules(flag, "--authentication-token-webhook-config-file=/kc") == broken
    assert rules(flag) == set()


@pytest.mark.parametrize(
    ("issuer", "broken"),
    [
        ("a b", set()),
        ("a:b", set()),
        ("urn:x y", set()),
        ("https://a:", set()),
        ("https://a:b", {"SA-04"}),
        ("https://a/%zz", {"SA-04"}),
        ("%zz", set()),
        ("%zz:", {"SA-04"}),
        ("1a:b", {"SA-04"}),
        ("a/b:c", set()),
        ("://a", {"SA-04"}),
    ],
)
def test_service_account_issuers(issuer: str, broken: set[str]) -> None:
    assert rules(f"--service-account-issuer={issuer}") == broken


@pytest.mark.parametrize(
    ("uri", "broken"),
    [
        ("https://a", set()),
        ("HTTPS:a", set()),
        ("https:", set()),
        ("a", {"SA-06"}),
        ("//a", {"SA-06"}),
        ("https://a:b", {"SA-06"}),
        ("https://a?b#c", set()),
    ],
)
def test_jwks_uri(uri: str, broken: set[str]) -> None:
    assert rules(f"--service-account-jwks-uri={uri}") == broken


@pytest.mark.parametrize(("version", "broken"), [("1.34", set()), ("1.35", {"RH-04"}), ("1.36", {"RH-04"})])
def test_one_client_ca_for_clients_and_front_proxies(version: str, broken: set[str]) -> None:
    flags = ("--client-ca-file=/ca.crt", "--requestheader-client-ca-file=/ca.crt")
    assert rules(*flags, version=version) == broken
    assert rules(*flags, "--requestheader-allowed-names=a", version=version) == set()


def test_relative_paths_of_client_cas_are_not_compared() -> None:
    """The server compares only files that it can read, and its working directory is unknown."""
    assert rules("--client-ca-file=a/ca.crt", "--requestheader-client-ca-file=a/ca.crt") == set()
