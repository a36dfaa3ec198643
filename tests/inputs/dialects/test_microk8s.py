"""The argument file of MicroK8s."""

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
from compiler.inputs.dialects.microk8s import read
from compiler.inputs.importers.detect import detect
from compiler.inputs.importers.flags import arguments_of
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings, examine
from tests.inputs.dialects import pairs, predicted_and_real
from tests.recordings import ROOT

SAMPLE = ROOT / "samples/dialects/microk8s.args"
PAIRS = pairs("k3s-rke2-k0s", prefix="microk8s")


def server(text: str, problems: Problems | None = None, path: str = "args", release: str = "") -> ServerInput:
    found = Problems() if problems is None else problems
    return read(Request("microk8s", release, "1.36", Source("args", text), [], path, Host(), Files(), found))


def flags(text: str, problems: Problems | None = None, path: str = "args") -> list[str]:
    return [f"--{argument.flag}={argument.text}" for argument in server(text, problems, path).arguments]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_recorded_pairs(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["id"])
def test_recorded_arguments_in_order(pair: dict[str, Any]) -> None:
    problems, expected = Problems(), Problems()
    real = arguments_of([Word(flag) for flag in pair["flags"]], "1.36", expected)
    given_ = server(pair["config"], problems).arguments
    assert [(argument.flag, argument.text) for argument in given_] == [(each.flag, each.text) for each in real]
    assert [problem.message for problem in problems] == [problem.message for problem in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\n  # --v=1\n\t--v=2 \t\r\n", ["--v=2"]),
        ("--a='b\"c'd", ["--a=bcd"]),
        ("--v=2 --profiling=false", ["--v=2", "--profiling=false"]),
        ("--event-ttl 5m", ["--event-ttl=5m"]),
        ("--event-ttl  5m", ["--event-ttl="]),
        ("--v=1\n--v=2", ["--v=1", "--v=2"]),
        ("--cert-dir=$SNAP_DATA/a${SNAP_COMMON}", ["--cert-dir=/var/snap/microk8s/current/a/var/snap/microk8s/common"]),
        ("--a=x${NOPE}y$1z${}", ["--a=xyz"]),
        ("--a=x$ --b=$", ["--a=x$", "--b=$"]),
        ("--a=${SNAP_DATA", ["--a=SNAP_DATA"]),
        ("--a=$'SNAP_COMMON'", ["--a=/var/snap/microk8s/common"]),
    ],
)
def test_arguments(text: str, expected: list[str]) -> None:
    assert flags(text) == expected


def test_the_revision_of_the_file_is_that_of_the_variable() -> None:
    path = "/var/snap/microk8s/8888/args/kube-apiserver"
    assert flags("--cert-dir=${SNAP_DATA}/certs", path=path) == ["--cert-dir=/var/snap/microk8s/8888/certs"]


def test_places() -> None:
    ttl, directory, issuer = server(
        "# a\n  --event-ttl='5q' --cert-dir=${SNAP}/x\n--service-account-issuer \"a\""
    ).arguments
    assert ttl.name_location == Location("args", 2, 3, 2, 14)
    assert ttl.part(0, 2) == Location("args", 2, 16, 2, 18)
    assert directory.part(len(directory.text) - 2, len(directory.text)) == Location("args", 2, 38, 2, 40)
    assert issuer.part(0, 1) == Location("args", 3, 27, 3, 28)
    assert not ttl.origin


def test_variables_of_the_node_are_unknown() -> None:
    (argument,) = server("--cert-dir=${HOME}/certs").arguments
    assert argument.unknown == "${HOME}"


def test_unset_variables_are_reported() -> None:
    problems = Problems()
    server("--cert-dir=/a/${NOPE}", problems)
    (problem,) = problems
    assert problem.message == '${NOPE} is not set: MicroK8s replaces it with nothing in "--cert-dir=/a/${NOPE}"'
    assert problem.location == Location("args", 1, 15, 1, 22)


@pytest.mark.parametrize(
    "line", ["--insecure-port=0", "  --logtostderr=true --v=9", "--port 80", "--feature-gates=RemoveSelfLink=false"]
)
def test_lines_with_removed_flags_are_deleted(line: str) -> None:
    problems = Problems()
    assert flags(f"--v=1\n{line}\n", problems) == ["--v=1"]
    (problem,) = problems
    assert (problem.code, problem.hint) == ("KASC-DIST-002", "remove the line")
    assert problem.message.startswith("MicroK8s removes the line, since kube-apiserver has no flag --")
    assert problem.location is not None
    assert problem.location.line == 2


@pytest.mark.parametrize("line", ["--secure-port=1", "--advertise-address=10.0.0.1", "--insecure-porty=1"])
def test_other_lines_are_not_deleted(line: str) -> None:
    assert flags(line) == [line]


def test_long_lines_are_refused() -> None:
    with pytest.raises(KascError, match="longer than 64 KiB") as raised:
        server("--v=1\n--a=" + "x" * 65536)
    assert raised.value.diagnostic.code == "KASC-DIST-001"
    assert raised.value.diagnostic.location == Location("args", 2, 1, 2, 2)


def test_the_version_is_that_of_the_release() -> None:
    assert server("--v=1", release="1.33.2").version == "1.33"
    assert server("--v=1").version is None


def test_the_sample() -> None:
    assert detect(Source("x", SAMPLE.read_text()), None, None, []).kind == "microk8s"
    report = examine(str(SAMPLE), Settings(version="1.36")).report
    assert (report.read_as, report.outcome) == ("microk8s", "accept")


@given(st.integers(0, 2**32) | st.text(max_size=200))
def test_any_file_is_read_or_refused(case: int | str) -> None:
    text = SAMPLE.read_text() if isinstance(case, int) else case
    if isinstance(case, int):
        chance = random.Random(case)
        for _ in range(4):
            start, end = sorted(chance.randrange(len(text) + 1) for _ in range(2))
            text = text[:start] + chance.choice(["", text[start:end], "'", '"', "$", "${", "\n", "#"]) + text[end:]
    problems = Problems()
    server(text[:20000], problems)
    assert all(problem.location is not None for problem in problems)
