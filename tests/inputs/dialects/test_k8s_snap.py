"""The bootstrap file of Canonical Kubernetes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import KascError, Location, Problems
from compiler.inputs import Host, ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.k8s_snap import read
from compiler.inputs.importers.detect import detect
from compiler.inputs.importers.flags import arguments_of
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real
from tests.recordings import ROOT

SAMPLE = ROOT / "samples/dialects/k8s-snap.yaml"
PAIRS = pairs("k3s-rke2-k0s", prefix="k8s-snap")
EXTRA = "extra-node-kube-apiserver-args:\n"


def server(
    text: str,
    problems: Problems | None = None,
    version: str | None = "1.35",
    release: str = "",
    address: str = "10.0.0.5",
) -> ServerInput:
    found = Problems() if problems is None else problems
    source = Source("file", text)
    roots = detect(source, "k8s-snap", version, found).roots
    return read(Request("k8s-snap", release, version, source, roots, "file", Host(address), Files(), found))


def flags(text: str, *names: str, **options: Any) -> list[str]:
    """Return the flags, those with these names if there are any."""
    arguments = server(text, **options).arguments
    return [f"--{argument.flag}={argument.text}" for argument in arguments if not names or argument.flag in names]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_recorded_pairs(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_recorded_arguments_in_order(pair: dict[str, Any]) -> None:
    problems = Problems()
    arguments = server(pair["config"], problems, pair["kubernetesVersion"], address=pair["facts"]["nodeIP"]).arguments
    real = arguments_of([Word(flag) for flag in pair["flags"]], pair["kubernetesVersion"], problems)
    assert [(argument.flag, argument.text) for argument in arguments] == [(each.flag, each.text) for each in real]
    assert not problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("secure-port: 7443", "--secure-port=7443"),
        ("secure-port: 0", "--secure-port=6443"),
        ("service-cidr: 10.9.0.0/16", "--service-cluster-ip-range=10.9.0.0/16"),
        ('service-cidr: ""', "--service-cluster-ip-range=10.152.183.0/24"),
        ("disable-rbac: true", "--authorization-mode=AlwaysAllow"),
        ("disable-rbac: false", "--authorization-mode=Node,RBAC"),
        ("etcd-port: 12379", "--etcd-servers=https://127.0.0.1:12379"),
        ("datastore-type: external\ndatastore-servers: [a, b]", "--etcd-servers=a,b"),
        (
            "datastore-type: external\ndatastore-servers: [a]\ndatastore-client-key: K",
            "--etcd-keyfile=/etc/kubernetes/pki/etcd/client.key",
        ),
        (EXTRA + "  --v: 4", "--v=4"),
        (EXTRA + "  --profiling: true", "--profiling=true"),
        (EXTRA + "  --audit-log-path: 'a b'", "--audit-log-path=a b"),
        (EXTRA + "  --audit-log-path: 'a\"b c\"d'", "--audit-log-path=ab"),
        (EXTRA + "  --audit-log-path: 'a\\$b'", "--audit-log-path=a$b"),
        (EXTRA + "  --audit-log-path: $SNAP_COMMON/a", "--audit-log-path=/var/snap/k8s/common/a"),
    ],
)
def test_fields(text: str, expected: str) -> None:
    name = expected[2:].partition("=")[0]
    assert flags(text, name) == [expected]


def test_null_removes_an_argument_and_another_value_replaces_it() -> None:
    text = EXTRA + "  --profiling: null\n  --request-timeout: 1m"
    assert flags(text, "profiling", "request-timeout") == ["--request-timeout=1m"]


def test_arguments_are_sorted_as_lines() -> None:
    text = EXTRA + "  --etcd-servers-overrides: a#b\n  -v: '2'\n  --zz: a"
    names = [argument.flag for argument in server(text).arguments]
    assert names.index("etcd-servers-overrides") + 1 == names.index("etcd-servers")
    assert (names[-2], names[-1]) == ("zz", "v")


def test_arguments_without_dashes_are_not_flags() -> None:
    problems = Problems()
    server(EXTRA + "  v: '4'", problems)
    (problem,) = problems
    assert problem.message == '"v=4" is not a flag'
    assert problem.location == Location("file", 2, 3, 2, 4)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.32", ["--feature-gates=WatchList=false"]),
        ("1.33.4", ["--feature-gates=WatchList=false"]),
        (
            "1.34",
            [
                "--etcd-healthcheck-timeout=4s",
                "--feature-gates=DetectCacheInconsistency=false,ListFromCacheSnapshot=false,SizeBasedListCostEstimate=false",
            ],
        ),
    ],
)
def test_dqlite(version: str, expected: list[str]) -> None:
    text = "datastore-type: k8s-dqlite"
    assert flags(text, "feature-gates", "etcd-healthcheck-timeout", version=version) == expected
    assert flags(text, "etcd-servers", "etcd-cafile", version=version) == [
        "--etcd-servers=unix:///var/snap/k8s/common/var/lib/k8s-dqlite/k8s-dqlite.sock"
    ]


def test_the_address_of_the_node() -> None:
    (address,) = (each for each in server("", address="").arguments if each.flag == "advertise-address")
    assert address.unknown == address.text
    assert not flags("", "advertise-address", address="127.0.0.1")
    assert not flags("", "advertise-address", address="::1")


def test_versions() -> None:
    problems = Problems()
    assert server("", problems, None).version == "1.36"
    assert [problem.code for problem in problems] == ["KASC-DIST-003"]
    assert server("", version=None, release="1.33").version == "1.33"
    assert server("", version="1.34.1").version == "1.34"


def test_origins_and_places() -> None:
    text = "secure-port: 7443\n" + EXTRA + "  --event-ttl: 5q\n  --audit-log-path: 'a\"b'\"\n"
    arguments = {
        argument.flag: argument for argument in server(text.replace("'\"\n", "'\n").replace('a"b', "ab")).arguments
    }
    port, ttl, mode = arguments["secure-port"], arguments["event-ttl"], arguments["authorization-mode"]
    assert (port.origin, port.path, port.location) == (
        "Canonical Kubernetes",
        "secure-port",
        Location("file", 1, 14, 1, 18),
    )
    assert (ttl.origin, ttl.path) == ("", "extra-node-kube-apiserver-args.--event-ttl")
    assert ttl.name_location == Location("file", 3, 3, 3, 14)
    assert ttl.part(0, 2) == Location("file", 3, 16, 3, 18)
    assert (mode.origin, mode.location) == ("Canonical Kubernetes", Location("file", 1, 1, 1, 2))


def test_places_of_values_that_the_shell_changes() -> None:
    (path,) = (
        each for each in server(EXTRA + "  --audit-log-path: 'a\\$b'").arguments if each.flag == "audit-log-path"
    )
    assert path.text == "a$b"
    assert path.part(0, 1) == Location("file", 2, 22, 2, 23)
    assert path.part(2, 3) == Location("file", 2, 25, 2, 26)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("foo: 1", 1, 'Canonical Kubernetes refuses the unknown field "foo"', "remove it"),
        ("secure-prot: 1", 1, 'Canonical Kubernetes refuses the unknown field "secure-prot"', "write secure-port"),
        ("secure-port: '1'", 1, "secure-port is a string, not an integer", "write an integer"),
        ("disable-rbac: 'true'", 1, "disable-rbac is a string, not a boolean", "write a string"),
        ("datastore-type: mysql", 1, 'unknown data store "mysql"', "write etcd or external or k8s-dqlite"),
        ("datastore-type: external", 1, "the external data store has no servers", "name the etcd servers"),
        (
            "datastore-servers: [a]",
            1,
            'datastore-servers needs datastore-type external, not "etcd"',
            "remove datastore-servers",
        ),
        (
            "datastore-type: k8s-dqlite\netcd-port: 1",
            2,
            'etcd-port needs datastore-type etcd, not "k8s-dqlite"',
            "remove etcd-port",
        ),
        (
            "k8s-dqlite-port: 1",
            1,
            'k8s-dqlite-port needs datastore-type k8s-dqlite, not "etcd"',
            "remove k8s-dqlite-port",
        ),
        ("pod-cidr: 10.0.0.0", 1, '"10.0.0.0" is not one or two networks', "write one network"),
        ("service-cidr: 10.9.0.0/16,10.8.0.0/16,10.7.0.0/16", 1, '"10.9.0.0/16,10.8.0.0/16,10.7.0.0/16" is not', ""),
        ("service-cidr: a,b,c", 1, '"a,b,c" is not one or two networks', "write one network"),
        (
            "service-cidr: 10.1.1.0/24",
            1,
            "the networks of Pods and services overlap: 10.1.0.0/16 and 10.1.1.0/24",
            "use separate",
        ),
        ("service-cidr: fd00::/64", 1, "the service network fd00::/64 is larger than /108", "write a prefix length"),
        ("cluster-config:\n  gateway: {enabled: true}", 2, "gateway needs the network", "write cluster-config.network"),
        (EXTRA + "  --a: 'b\"c'", 2, '"b\\"c" has a quote that is not closed', "write a backslash"),
        (EXTRA + "  --a: [b]", 2, "--a is a list, not a string, a number or a boolean", "write a string"),
        (
            "cluster-config: {network: {kube-proxy-enabled: true}}",
            1,
            'Canonical Kubernetes refuses the unknown field "kube-proxy-enabled"',
            "",
        ),
    ],
)
def test_what_is_refused(text: str, line: int, message: str, hint: str) -> None:
    problems = Problems()
    server(text, problems)
    refused = [problem for problem in problems if problem.code == "KASC-DIST-001"]
    assert len(refused) == 1, problems
    assert refused[0].message.startswith(message)
    assert hint.replace("write a string", "write ") in refused[0].hint
    assert refused[0].location is not None
    assert refused[0].location.line == line


def test_dqlite_is_refused_since_1_36() -> None:
    problems = Problems()
    text = "datastore-type: k8s-dqlite\nk8s-dqlite-port: 9000"
    assert flags(text, "etcd-servers", problems=problems, version="1.36") == ["--etcd-servers=https://127.0.0.1:2379"]
    assert [problem.message.partition(":")[0] for problem in problems] == [
        'Canonical Kubernetes refuses the unknown field "k8s-dqlite-port"',
        'unknown data store "k8s-dqlite"',
    ]


def test_further_documents_are_ignored() -> None:
    problems = Problems()
    assert flags("secure-port: 1\n---\nsecure-port: 2\n", "secure-port", problems=problems) == ["--secure-port=1"]
    assert [problem.code for problem in problems] == ["KASC-DIST-002"]


@pytest.mark.parametrize("text", ["- a", "a", "1"])
def test_files_that_are_no_mapping(text: str) -> None:
    with pytest.raises(KascError, match="is not a mapping"):
        server(text)


def test_the_sample() -> None:
    assert detect(Source("x", SAMPLE.read_text()), None, None, []).kind == "k8s-snap"
    report = examine(str(SAMPLE), Settings(version="1.36", host=Host("10.0.0.5"))).report
    assert (report.read_as, report.outcome) == ("k8s-snap", "accept")
    assert not report.diagnostics


@given(st.integers(0, 2**32) | st.text(max_size=200))
def test_any_file_is_read_or_refused(case: int | str) -> None:
    text = SAMPLE.read_text() if isinstance(case, int) else EXTRA + "  --a: " + case
    if isinstance(case, int):
        chance = random.Random(case)
        for _ in range(4):
            start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            text = (
                text[:start]
                + chance.choice(["", text[start:end], "'", '"', "$", "\n", "- ", ": ", "[", "{"])
                + text[end:]
            )
    problems = Problems()
    try:
        server(text[:20000], problems)
    except KascError as error:
        problems.append(error.diagnostic)
    assert all(problem.location is not None for problem in problems)
