"""/flagz: the flags of a running server, from its text and its structured form."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.apiserver.flagset import FlagSet
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, Report
from compiler.inputs import Host, ServerInput
from compiler.inputs.arguments import Argument, Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.flagz import read
from compiler.inputs.importers.detect import detect
from compiler.inputs.importers.flags import arguments_of
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog import catalog
from tests.recordings import ROOT, document, names

SAMPLE = ROOT / "samples/dialects/flagz.txt"
RECORDED = {name: document("live", f"{name}.json") for name in names("live")}
HEADER = (
    "\nkube-apiserver flagz\nWarning: This endpoint is not meant to be machine parseable, has no formatting "
    "compatibility guarantees and is for debugging purposes only.\n"
)
COMPUTED = frozenset(("advertise-address",))
"""Flags with a value that the server chooses; the page does not tell whether they were set."""


def server(text: str, version: str | None = "1.36", problems: list[Diagnostic] | None = None) -> ServerInput:
    found = Problems() if problems is None else problems
    source = Source("flagz", text)
    detected = detect(source, "flagz", version, found)
    return read(Request("flagz", "", version, source, detected.roots, "flagz", Host(), Files(), found))


def flags(text: str, version: str | None = "1.36", problems: list[Diagnostic] | None = None) -> list[str]:
    return [f"--{argument.flag}={argument.text}" for argument in server(text, version, problems).arguments]


def page(**values: str) -> str:
    return HEADER + "".join(f"{name.replace('_', '-')}={value}\n" for name, value in values.items())


def structured(values: dict[str, str], version: str = "v1beta1") -> str:
    return json.dumps({"kind": "Flagz", "apiVersion": f"config.k8s.io/{version}", "metadata": {}, "flags": values})


def flag_set(arguments: list[Argument], version: str) -> FlagSet:
    known = FlagSet(catalog(version))
    report = Report()
    known.parse(arguments, report)
    assert not report.diagnostics
    return known


def compare(row: dict[str, Any], text: str) -> None:
    """Compare a page with the command line of its server: every value that was set has to come back."""
    version, port = row["version"], ""
    problems = Problems()
    arguments = server(text.replace("$P", "16443"), version, problems).arguments
    assert not problems
    port = next(argument.text for argument in arguments if argument.flag == "secure-port")
    words = [Word(word.replace("$P", port)) for word in row["flags"]]
    told, real = flag_set(arguments, version), flag_set(arguments_of(words, version, problems), version)
    for name in catalog(version).flags.keys() - COMPUTED:
        if name == "anonymous-auth" and "AlwaysAllow" in real.value("authorization-mode"):
            continue  # The server resets it.
        if name == "audit-webhook-initial-backoff":
            continue  # It sets the same value as the flag below.
        if name == "audit-webhook-batch-initial-backoff":
            both = {real.value(name), real.value("audit-webhook-initial-backoff")}
            assert told.value("audit-webhook-initial-backoff") in both
            continue
        assert told.value(name) == real.value(name), name


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_text(name: str) -> None:
    compare(RECORDED[name], RECORDED[name]["flagzText"])


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1"])
@pytest.mark.parametrize("name", [name for name, row in RECORDED.items() if row.get("flagz")])
def test_recorded_documents(name: str, version: str) -> None:
    compare(RECORDED[name], structured(RECORDED[name]["flagz"], version))


@pytest.mark.parametrize("name", sorted(RECORDED)[::10])
def test_recorded_pages_are_detected(name: str) -> None:
    row = RECORDED[name]
    assert detect(Source("page", row["flagzText"]), None, None, []).kind == "flagz"
    if row.get("flagz"):
        assert detect(Source("page", structured(row["flagz"])), None, None, []).kind == "flagz"


@pytest.mark.parametrize("name", sorted(RECORDED)[::10])
def test_the_version_is_that_of_the_listed_flags(name: str) -> None:
    version = server(RECORDED[name]["flagzText"], None).version
    expected = RECORDED[name]["version"]
    assert version is not None
    assert catalog(version).flags.keys() == catalog(expected).flags.keys()


def test_the_version_is_reported() -> None:
    problems = Problems()
    server(SAMPLE.read_text(), None, problems)
    assert [(problem.code, problem.hint) for problem in problems] == [("KASC-DIST-003", "pass --kubernetes-version")]


@pytest.mark.parametrize("separator", [":", ": ", "=", " "])
def test_separators(separator: str) -> None:
    lines = {"audit-log-path": "/a b:c=d", "event-ttl": "2h0m0s", "feature-gates": ":A=true", "tls-cert-file": ""}
    text = HEADER + "".join(f"{name}{separator}{value}\n" for name, value in lines.items())
    expected = ["--audit-log-path=/a b:c=d", "--event-ttl=2h0m0s", "--feature-gates=A=true"]
    assert flags(text) == expected
    assert flags(text.replace(" \n", "\n")) == expected


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("event_ttl", "1h0m0s", []),
        ("authorization_mode", "[Node,RBAC]", ["--authorization-mode=Node,RBAC"]),
        ("kubelet_preferred_address_types", "[]", ["--kubelet-preferred-address-types="]),
        ("cors_allowed_origins", '["a,b",c]', ['--cors-allowed-origins="a,b",c']),
        (
            "service_account_issuer",
            '[https://a,"b,c"]',
            ["--service-account-issuer=https://a", "--service-account-issuer=b,c"],
        ),
        ("tls_sni_cert_key", "[a,b:x,y;c,d]", ["--tls-sni-cert-key=a,b:x,y", "--tls-sni-cert-key=c,d"]),
        ("tls_curve_preferences", "[23,24]", ["--tls-curve-preferences=23,24"]),
        ("allow_metric_labels", '["m,l=a"]', ["--allow-metric-labels=m,l=a"]),
        ("feature_gates", ":A=true,kube:B=false", ["--feature-gates=A=true,kube:B=false"]),
        ("runtime_config", "api/all=true,apps/v1=", ["--runtime-config=api/all=true,apps/v1="]),
        ("oidc_required_claim", "a=b", ["--oidc-required-claim=a=b"]),
        ("watch_cache_sizes", "[events#0,events.events.k8s.io#0]", []),
        ("watch_cache_sizes", "[events.events.k8s.io#0,pods#9,events#0]", ["--watch-cache-sizes=pods#9"]),
        ("watch_cache_sizes", "[pods#9,events#1]", ["--watch-cache-sizes=pods#9,events#1"]),
        ("service_node_port_range", "30000-30099", ["--service-node-port-range=30000-30099"]),
        ("bind_address", "10.0.0.1", ["--bind-address=10.0.0.1"]),
        ("goaway_chance", "0.01", ["--goaway-chance=0.01"]),
        ("v", "2", ["--v=2"]),
        ("vmodule", "a=1,b=2", ["--vmodule=a=1,b=2"]),
        ("help", "false", []),
    ],
)
def test_values(flag: str, value: str, expected: list[str]) -> None:
    problems = Problems()
    assert flags(page(**{flag: value}), problems=problems) == expected
    assert not problems


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"cert-dir": "/c", "tls-cert-file": "/c/apiserver.crt", "tls-private-key-file": "/c/apiserver.key"},
            ["cert-dir"],
        ),
        ({"tls-cert-file": "/var/run/kubernetes/apiserver.crt"}, []),
        ({"tls-cert-file": "/c/apiserver.crt"}, ["tls-cert-file"]),
        ({"advertise-address": "10.0.0.1", "external-hostname": "10.0.0.1"}, ["advertise-address"]),
        (
            {"advertise-address": "10.0.0.1", "external-hostname": "a.example"},
            ["advertise-address", "external-hostname"],
        ),
        ({"advertise-address": "10.0.0.1", "bind-address": "10.0.0.1"}, ["bind-address"]),
        ({"anonymous-auth": "false", "authorization-mode": "[RBAC,AlwaysAllow]"}, ["authorization-mode"]),
        ({"anonymous-auth": "false", "authorization-mode": "[RBAC]"}, ["anonymous-auth", "authorization-mode"]),
        (
            {"audit-webhook-batch-initial-backoff": "1h0m0s", "audit-webhook-initial-backoff": "1h0m0s"},
            ["audit-webhook-initial-backoff"],
        ),
    ],
)
def test_values_that_the_server_computes(values: dict[str, str], expected: list[str]) -> None:
    assert [argument.flag for argument in server(structured(values)).arguments] == expected


def test_the_origin_of_an_address_is_the_server() -> None:
    address, ttl = server(page(advertise_address="10.0.0.1", event_ttl="2h0m0s")).arguments
    assert (address.origin, ttl.origin) == ("kube-apiserver", "")


@pytest.mark.parametrize(("flag", "value"), [("token_auth_file", "CLASSIFIED"), ("oidc_required_claim", "a=b,c=d")])
def test_confidential_and_ambiguous_values_are_unknown(flag: str, value: str) -> None:
    (argument,) = server(page(**{flag: value})).arguments
    assert argument.unknown == value


def test_flags_of_other_builds_are_left_out() -> None:
    problems = Problems()
    assert flags(page(openshift_config="", other="x", send_retry_after="false"), problems=problems) == []
    assert [problem.message for problem in problems] == [
        "upstream's kube-apiserver has no flag --other: it is left out"
    ]
    assert problems[0].location == Location("flagz", 5, 1, 5, 6)


def test_places_in_text() -> None:
    ttl, mode, issuer = server(
        page(event_ttl="2h", authorization_mode="[Node,RBAC]", service_account_issuer='[a,"b,c"]')
    ).arguments[:3]
    assert ttl.name_location == Location("flagz", 4, 1, 4, 10)
    assert ttl.location == Location("flagz", 4, 11, 4, 13)
    assert mode.part(5, 9) == Location("flagz", 5, 26, 5, 30)
    assert issuer.location == Location("flagz", 6, 25, 6, 26)


def test_places_of_feature_gates() -> None:
    (gates,) = server(page(feature_gates=":A=true,kube:B=true,:C=true")).arguments
    assert gates.text == "A=true,kube:B=true,C=true"
    assert gates.part(0, 1) == Location("flagz", 4, 16, 4, 17)
    assert gates.part(7, 11) == Location("flagz", 4, 23, 4, 27)
    assert gates.part(19, 25) == Location("flagz", 4, 36, 4, 42)


def test_places_in_a_document() -> None:
    text = (
        "apiVersion: config.k8s.io/v1beta1\nkind: Flagz\nflags:\n  event-ttl: 2h\n  authorization-mode: '[Node,RBAC]'\n"
    )
    ttl, mode = server(text).arguments
    assert ttl.name_location == Location("flagz", 4, 3, 4, 12)
    assert ttl.location == Location("flagz", 4, 14, 4, 16)
    assert ttl.path == "flags.event-ttl"
    assert mode.part(5, 9) == Location("flagz", 5, 30, 5, 34)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kube-apiserver flagz\nWarning: x\nfoo\na=b\n", '"foo" is not a flag with its value'),
        ("kube-apiserver flagz\n- a\na:b\n", '"- a" is not a flag with its value'),
        (page(authorization_mode="Node"), '"Node" is not a value of --authorization-mode as the server prints it'),
        (
            page(cors_allowed_origins='["a]'),
            '"[\\"a]" is not a value of --cors-allowed-origins as the server prints it',
        ),
        (structured({}).replace("{}}", '{"a": ["b"]}}'), "a is a list, not a string, a number or a boolean"),
        (structured({"v": "0"}).replace("metadata", "meta"), 'kube-apiserver ignores the unknown field "meta"'),
    ],
)
def test_bad_pages(text: str, message: str) -> None:
    problems = Problems()
    try:
        server(text, problems=problems)
    except KascError as error:
        problems.append(error.diagnostic)
    assert any(problem.message.startswith(message) and problem.location for problem in problems), problems


@pytest.mark.parametrize("text", ["", HEADER, "apiVersion: config.k8s.io/v1beta1\nkind: Flagz\n", '{"kind": "Flagz"}'])
def test_pages_without_flags(text: str) -> None:
    with pytest.raises(KascError, match="has no flags"):
        server(text)


def test_pages_of_other_components() -> None:
    with pytest.raises(KascError, match='of "kube-scheduler", not of kube-apiserver') as raised:
        server(HEADER.replace("kube-apiserver", "kube-scheduler"))
    assert raised.value.diagnostic.location == Location("flagz", 2, 1, 2, 15)


def test_the_sample() -> None:
    report = examine(str(SAMPLE), Settings(version="1.36")).report
    assert (report.read_as, report.outcome) == ("flagz", "accept")
    assert not any(each.code.startswith("KASC-DIST") for each in report.diagnostics)


@given(st.integers(0, 2**32) | st.text(max_size=200), st.booleans())
def test_any_page_is_read_or_refused(case: int | str, as_document: bool) -> None:
    text = structured({"v": "1", "feature-gates": ":A=true"}) if as_document else SAMPLE.read_text()
    if isinstance(case, int):
        chance = random.Random(case)
        for _ in range(4):
            start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            text = (
                text[:start]
                + chance.choice(["", text[start:end], "[", "]", '"', ",", ":", "\n", "\r", ";"])
                + text[end:]
            )
    else:
        text = HEADER + case
    problems = Problems()
    try:
        server(text, problems=problems)
    except KascError as error:
        problems.append(error.diagnostic)
    assert all(problem.location is not None for problem in problems)
