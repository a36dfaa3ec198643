"""Verdicts were recorded from kube-apiserver 1.31, 1.33 and 1.36; where they differ, a case names the versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.config_files.pairs import pair
from tests.apiserver.config_files.running import placed, started
from tests.apiserver.options.running import server

HEAD = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n"
ISSUER = "issuer: {url: 'https://a.example.com', audiences: [a]}"
USERNAME = "claimMappings: {username: {claim: sub, prefix: ''}}"
JWT = f"jwt:\n- {ISSUER}\n  {USERNAME}\n"
TWO = JWT + f"- {ISSUER.replace('a.ex', 'b.ex')}\n  {USERNAME}\n"
FLAG = "--authentication-config=/f/authn.yaml"


def findings(directory: Path, text: str, *flags: str, version: str = "1.36") -> str:
    """Return the errors as one string, without the common prefix of paths."""
    _, report = started(directory, {"authn.yaml": text}, FLAG, *flags, version=version)
    return " ".join(placed(result) for result in report.of("error")).replace("jwt[0].", "")


@pytest.mark.parametrize("version", ["1.31", "1.33", "1.36"])
@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + "jwt:\n",
        HEAD + "jwt: []\n",
        HEAD + "anonymous:\n",
        HEAD + JWT,
        (HEAD + JWT).replace("v1beta1", "v1alpha1"),
        "# c\n---\n" + HEAD + JWT + "---\nfoo\n",
        HEAD + TWO,
        '{"apiVersion": "apiserver.config.k8s.io/v1beta1", "kind": "AuthenticationConfiguration", "jwt": null}',
    ],
)
def test_accepted(tmp_path: Path, text: str, version: str) -> None:
    assert findings(tmp_path, text, version=version) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "JWT-01  7:25"),
        ("# nothing\n", "JWT-01 kind 1:1"),
        ("[]", "JWT-01  1:1"),
        (JWT, "JWT-01 kind 1:1"),
        (HEAD.replace("v1beta1", "v2") + JWT, "JWT-01 apiVersion 1:13"),
        (HEAD.replace("Authentication", "Authorization") + JWT, "JWT-01 kind 2:7"),
        (HEAD + "jwts: []\n", "JWT-01 jwts 3:1"),
        (HEAD + JWT + JWT, "JWT-01  6:1"),
        (HEAD + "jwt: {}\n", "JWT-01 jwt 3:6"),
        (HEAD + "jwt: [x]\n", "JWT-01 jwt[0] 3:7"),
        (HEAD + JWT.replace("prefix: ''", "prefix: 1"), "JWT-01 claimMappings.username.prefix 5:50"),
        # The intended field is not reported as missing.
        (HEAD + JWT.replace("prefix: ''", "prefx: ''"), "JWT-01 claimMappings.username.prefx 5:42"),
        (HEAD + JWT.replace("claim: sub", "clam: sub"), "JWT-01 claimMappings.username.clam 5:30"),
        (HEAD + JWT.replace("issuer", "isuer"), "JWT-01 isuer 4:3"),
        (HEAD + "anonymous: {enabled: 'true', conditions: [{path: /a}]}\n", "JWT-01 anonymous.enabled 3:22"),
        (HEAD + "jwt: [{}]\n", "JWT-05 issuer.url 3:7 JWT-08 issuer.audiences 3:7 JWT-13 claimMappings.username 3:7"),
        (HEAD + "anonymous: {conditions: [{path: /livez}]}\n", "JWT-03 anonymous.conditions 3:25"),
        (HEAD + "anonymous: {enabled: false, conditions: [{}]}\n", "JWT-03 anonymous.conditions 3:41"),
        (HEAD + "jwt:\n" + f"- {{{ISSUER}}}\n" * 65, "JWT-04 jwt[64] 68:3"),
        (HEAD + JWT + JWT.partition("\n")[2], "JWT-06 jwt[1].issuer.url 6:17"),
        (HEAD + TWO.replace("url:", "discoveryURL: https://c, url:"), "JWT-06 jwt[1].issuer.discoveryURL 6:26"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert findings(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("url: 'https://a#', audiences: [a]", ""),
        ("url: 'https://a?', audiences: [a]", ""),
        ("url: 'HTTPS:a', audiences: [a]", ""),
        ("url: '', audiences: [a]", "JWT-05 url 4:17"),
        ("audiences: [a]", "JWT-05 url 4:11"),
        ("url: 'http://a', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'a', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://a b', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://@a', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://a?b', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://a#b', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'http://u:p@a?b#c', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://kubernetes.default.svc', audiences: [a]", "JWT-05 url 4:17"),
        ("url: 'https://kubernetes.default.svc/', audiences: [a]", ""),
        ("url: 'https://a', discoveryURL: 'https://kubernetes.default.svc', audiences: [a]", ""),
        ("url: 'https://a', discoveryURL: '', audiences: [a]", ""),
        ("url: 'https://a', discoveryURL: 'https://a//', audiences: [a]", "JWT-07 discoveryURL 4:44"),
        ("url: 'https://a/', discoveryURL: 'https://a', audiences: [a]", "JWT-07 discoveryURL 4:45"),
        ("url: 'https://a', discoveryURL: 'http://b', audiences: [a]", "JWT-07 discoveryURL 4:44"),
        ("url: 'https://a'", "JWT-08 audiences 4:11"),
        ("url: 'https://a', audiences: []", "JWT-08 audiences 4:41"),
        ("url: 'https://a', audiences: [''], audienceMatchPolicy: foo", "JWT-08 audiences[0] 4:42"
         " JWT-09 audienceMatchPolicy 4:68"),
        ("url: 'https://a', audiences: [a, a], audienceMatchPolicy: MatchAny", "JWT-08 audiences[1] 4:45"),
        ("url: 'https://a', audiences: [a, b]", "JWT-09 audienceMatchPolicy 4:11"),
        ("url: 'https://a', audiences: [a, b], audienceMatchPolicy: matchAny", "JWT-09 audienceMatchPolicy 4:70"),
        ("url: 'https://a', audiences: [a], audienceMatchPolicy: MatchAny", ""),
        ("url: 'https://a', audiences: [a], audienceMatchPolicy: ''", ""),
        ("url: 'https://a', audiences: [a], audienceMatchPolicy: MatchAll", "JWT-09 audienceMatchPolicy 4:67"),
        ("url: 'https://a', audiences: [a], certificateAuthority: ''", ""),
        ("url: 'https://a', audiences: [a], certificateAuthority: /etc/ca.crt", "JWT-10 certificateAuthority 4:68"),
        ("url: 'https://a', audiences: [a], egressSelectorType: etcd", "JWT-11 egressSelectorType 4:66"),
        ("url: 'https://a', audiences: [a], egressSelectorType: Cluster", "JWT-11 egressSelectorType 4:66"),
        ("url: 'https://a', audiences: [a], egressSelectorType: cluster", "JWT-11 egressSelectorType 4:66"),
        ("url: 'https://a', audiences: [a], egressSelectorType: ''", ""),
    ],
)  # fmt: skip
def test_issuer(tmp_path: Path, issuer: str, expected: str) -> None:
    text = HEAD + JWT.replace(ISSUER, f"issuer: {{{issuer}}}")
    assert findings(tmp_path, text).replace("issuer.", "") == expected


def test_certificate_authority(tmp_path: Path) -> None:
    one = pair("one")
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for content, expected in ((one.certificate, ""), (one.key, "JWT-10"), (one.certificate + broken, "JWT-10")):
        block = content.replace("\n", "\n      ")
        issuer = f"issuer:\n    url: https://a\n    audiences: [a]\n    certificateAuthority: |\n      {block}"
        result = findings(tmp_path, HEAD + f"jwt:\n- {issuer}\n  {USERNAME}\n")
        assert result == (f"{expected} issuer.certificateAuthority 7:27" if expected else "")


EGRESS = """apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: Cluster
  connection: {proxyProtocol: GRPC, transport: {uds: {udsName: /x}}}
- name: etcd
  connection: {proxyProtocol: Direct}
"""


@pytest.mark.parametrize(
    ("kind", "egress", "version", "flags", "expected"),
    [
        ("cluster", EGRESS, "1.36", "", ""),
        ("controlplane", EGRESS, "1.36", "", "JWT-11 issuer.egressSelectorType 4:32"),
        ("controlplane", EGRESS.replace("etcd", "master"), "1.34", "", ""),
        ("cluster", EGRESS, "1.33", "", "JWT-01 issuer.egressSelectorType 4:12"),
        ("cluster", EGRESS, "1.36", "--emulated-version=1.33", "JWT-11 issuer.egressSelectorType 4:32"),
        ("controlplane", EGRESS.replace("etcd", "controlplan"), "1.36", "", "EGR-10 egressSelections[1].name 6:9"),
        ("cluster", None, "1.36", "", ""),
    ],
)
def test_egress(tmp_path: Path, kind: str, egress: str | None, version: str, flags: str, expected: str) -> None:
    text = HEAD + JWT.replace("url:", f"egressSelectorType: {kind}, url:")
    path = "/f/egress.yaml" if egress is not None else "/elsewhere"
    files = {"authn.yaml": text, "egress.yaml": egress or ""}
    _, report = started(tmp_path, files, FLAG, f"--egress-selector-config-file={path}", *flags.split(), version=version)
    assert " ".join(placed(result) for result in report.of("error")).replace("jwt[0].", "") == expected


@pytest.mark.parametrize(
    ("text", "flag", "expected"),
    [
        ("anonymous: {enabled: true}\n", "--anonymous-auth=true", "JWT-02 anonymous 3:12"),
        ("anonymous: {}\n", "--anonymous-auth=false", "JWT-02 anonymous 3:12"),
        ("anonymous:\n", "--anonymous-auth=true", ""),
        (JWT, "--anonymous-auth=false", ""),
    ],
)
def test_anonymous_requests_with_their_flag(tmp_path: Path, text: str, flag: str, expected: str) -> None:
    assert findings(tmp_path, HEAD + text, flag) == expected


def test_gates(tmp_path: Path) -> None:
    off = "--feature-gates=StructuredAuthenticationConfiguration=false"
    assert findings(tmp_path, HEAD + JWT, off, version="1.33") == "JWT-90  7:25"
    assert findings(tmp_path, HEAD + JWT, off, "--emulated-version=1.33") == "JWT-90  7:25"
    anonymous = HEAD + "anonymous: {enabled: true}\n"
    gate = "--feature-gates=AnonymousAuthConfigurableEndpoints"
    assert findings(tmp_path, anonymous, version="1.31") == "JWT-03 anonymous 3:12"
    assert findings(tmp_path, anonymous, f"{gate}=true", version="1.31") == ""
    assert findings(tmp_path, anonymous, f"{gate}=false", version="1.33") == "JWT-03 anonymous 3:12"
    assert findings(tmp_path, anonymous, version="1.33") == ""


def test_versions_of_the_file(tmp_path: Path) -> None:
    text = (HEAD + JWT).replace("v1beta1", "v1")
    assert findings(tmp_path, text, version="1.33") == "JWT-01 apiVersion 1:13"
    assert findings(tmp_path, text, version="1.34") == ""


def values(directory: Path, text: str, *flags: str) -> dict[str, Any]:
    resolved, report = started(directory, {"authn.yaml": text}, FLAG, *flags)
    assert list(report.of("error")) == []
    return resolved.config.settings()


def test_the_file_configures_anonymous_requests(tmp_path: Path) -> None:
    text = HEAD + "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}]}\n"
    # The flag would be forced to false by AlwaysAllow.
    result = values(tmp_path, text, "--authorization-mode=AlwaysAllow")
    conditions = [{"path": "/livez"}, {"path": "/readyz"}]
    assert result["authentication.anonymous"] == {"enabled": True, "conditions": conditions}
    assert result["authentication.authenticators"][-2:] == ["serviceAccount", "anonymous"]
    result = values(tmp_path, HEAD + "anonymous: {}\n")
    assert result["authentication.anonymous"] == {"enabled": False, "conditions": []}
    assert "anonymous" not in result["authentication.authenticators"]
    result = values(tmp_path, HEAD + JWT, "--anonymous-auth=false")
    assert result["authentication.anonymous"] == {"enabled": False, "conditions": []}


def test_issuers_of_the_file(tmp_path: Path) -> None:
    result = values(tmp_path, HEAD + JWT)
    assert result["authentication.authenticators"][-3:] == ["serviceAccount", "jwt", "anonymous"]
    assert result["authentication.jwt.signingAlgorithms"] is None
    assert result["authentication.jwt.issuers"] == [
        {
            "url": "https://a.example.com",
            "discoveryURL": "",
            "audiences": ["a"],
            "certificateAuthority": "",
            "egressSelectorType": "",
            "claimValidationRules": [],
            "claimMappings": {"username": {"claim": "sub", "prefix": ""}, "groups": None, "uid": None, "extra": []},
            "userValidationRules": [],
        }
    ]


def test_an_unavailable_file_leaves_it_undetermined() -> None:
    resolved, report = server("--authentication-config=/etc/authn.yaml")
    assert list(report.of("error")) == []
    assert resolved.config.settings()["authentication.jwt.issuers"] is None
    assert resolved.config.settings()["authentication.anonymous"] == {"enabled": None, "conditions": None}
    assert resolved.config.settings()["authentication.authenticators"][-2:] == ["jwt", "anonymous"]
