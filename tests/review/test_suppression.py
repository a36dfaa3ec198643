"""Comments that suppress findings: what they take away, and what is said of those that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.inputs.source.comments import comments
from compiler.inputs.source.node import Source
from compiler.review.examine import examine
from tests.cli.running import kasc

DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
etcd:
  etcdServers: [http://127.0.0.1:2379]
authentication:
  serviceAccountIssuer: [https://kubernetes.default.svc]
  serviceAccountKeyFile: [/pki/sa.pub]
authorization: {authorizationMode: [RBAC]}
misc:
  serviceAccountSigningKeyFile: /pki/sa.key
  serviceClusterIPRange: fd00::/112
"""
TOML = """\
apiVersion = "kasc/v1"
kind = "APIServer"
kubernetesVersion = "1.36"
etcd.etcdServers = ["http://127.0.0.1:2379"]
authorization.authorizationMode = ["RBAC"]
[authentication]
serviceAccountIssuer = ["https://kubernetes.default.svc"]
serviceAccountKeyFile = ["/pki/sa.pub"]
[misc]
serviceAccountSigningKeyFile = "/pki/sa.key"
serviceClusterIPRange = "fd00::/112"
"""
FLAGS = """\
--etcd-servers=http://127.0.0.1:2379 --authorization-mode=RBAC
--service-account-issuer=https://kubernetes.default.svc --service-account-key-file=/pki/sa.pub
--service-account-signing-key-file=/pki/sa.key
--service-cluster-ip-range=fd00::/112
"""
ARGV = FLAGS.replace(" --", "\n--")
POD = """\
kind: Pod
spec:
  containers:
  - image: registry.k8s.io/kube-apiserver:v1.36.0
    command:
    - kube-apiserver
""" + "".join(f"    - {line}\n" for line in ARGV.splitlines())
WARNED = "KASC-HOST-001"
COMMENT = f"# kasc: ignore {WARNED}: the node has no other address"
NEW = ("--kubernetes-version", "1.36")


def found_in(path: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, int]]:
    ran = kasc(capsys, "check", "--output", "json", *NEW, *arguments, path)
    return [(found["code"], found["line"]) for found in json.loads(ran.out)["files"][0]["diagnostics"]]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", DOCUMENT), ("a.toml", TOML), ("a.flags", FLAGS), ("a.argv", ARGV), ("pod.yaml", POD)],
)
def test_at_the_end_of_the_line_or_alone_above_it(
    name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_text(text)
    (whole,) = found_in(path, capsys)
    assert whole[0] == WARNED
    line = next(line for line in text.split("\n") if "fd00" in line)
    above = text.replace(line, f"{COMMENT}\n{line}")
    path.write_text(above)
    assert found_in(path, capsys) == []
    path.write_text(above.replace("\n", "\r\n"))
    assert found_in(path, capsys) == []
    path.write_text(text.replace(line, f"{COMMENT}\n#\n# more of it\n{line}"))
    assert found_in(path, capsys) == []
    path.write_text(text.replace(line, f"{COMMENT}\n\n{line}"))
    assert {code for code, _ in found_in(path, capsys)} == {WARNED, "KASC-IGNORE-001"}
    path.write_text(text.replace(line, f"{line} {COMMENT}"))
    # An argument list takes a line as it is.
    assert found_in(path, capsys) == [] or name == "a.argv"


def test_what_is_suppressed_counts_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT)
    assert kasc(capsys, "check", "--strict", path).code == 1
    path.write_text(DOCUMENT.replace("fd00::/112", f"fd00::/112  {COMMENT}"))
    ran = kasc(capsys, "check", "--strict", path)
    assert (ran.code, ran.out) == (0, "1 input: no problems\n")


@pytest.mark.parametrize(
    ("comment", "code", "said"),
    [
        ("# kasc: ignore KASC-HOST-001", "KASC-IGNORE-003", "has no reason"),
        ("# kasc: ignore KASC-HOST-001:  ", "KASC-IGNORE-003", "has no reason"),
        ("# kasc: ignore: why", "KASC-IGNORE-002", "has no code"),
        ("# kasc: ignore KASC-HOTS-001: why", "KASC-IGNORE-002", "did you mean KASC-HOST-001?"),
        ("# kasc: ignore KASC-HOST: why", "KASC-IGNORE-002", "not a known code"),
        ("# kasc: ignore KASC-ETCD-002: why", "KASC-IGNORE-001", "on line 12"),
    ],
)
def test_a_comment_that_is_wrong_is_reported_and_suppresses_nothing(
    comment: str, code: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT.replace("fd00::/112", f"fd00::/112  {comment}"))
    assert found_in(path, capsys) == [(WARNED, 12), (code, 12)]
    ran = kasc(capsys, "check", path)
    assert ran.code == 0
    assert said in ran.out
    assert kasc(capsys, "check", "--strict", path).code == 1


def test_errors_are_never_suppressed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    wrong = DOCUMENT.replace("etcd:\n", "etcd:\n  storageBackend: etcd2 # kasc: ignore KASC-ETCD-002: I know better\n")
    path.write_text(wrong)
    assert found_in(path, capsys) == [("KASC-ETCD-002", 5), ("KASC-IGNORE-004", 5), (WARNED, 13)]
    ran = kasc(capsys, "check", path)
    assert ran.code == 1
    assert "KASC-ETCD-002 is an error here, and errors cannot be suppressed" in ran.out
    (caret,) = [line for line in ran.out.split("\n") if "^" * len("KASC-ETCD-002") in line]
    assert caret.count("^") == len("KASC-ETCD-002")


def test_several_codes_and_several_comments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    unversioned = DOCUMENT.replace('kubernetesVersion: "1.36"\n', "")
    assert examine_codes(path, unversioned) == ["KASC-VERSION-001", WARNED]
    flow = (
        "{apiVersion: kasc/v1, kind: APIServer, etcd: {etcdServers: [http://127.0.0.1:2379]}, "
        "authorization: {authorizationMode: [RBAC]}, "
        "authentication: {serviceAccountIssuer: [https://x], serviceAccountKeyFile: [/k]}, "
        "misc: {serviceAccountSigningKeyFile: /k, serviceClusterIPRange: 'fd00::/112'}}"
    )
    codes = "KASC-VERSION-001, KASC-HOST-001"
    assert examine_codes(path, flow) == ["KASC-VERSION-001", WARNED]
    assert examine_codes(path, f"{flow} # kasc: ignore {codes}: why\n") == []
    assert examine_codes(path, f"# kasc: ignore KASC-VERSION-001: why\n{COMMENT}\n{flow}\n") == []
    assert examine_codes(path, f"# kasc: ignore {codes}, KASC-HOST-002: why\n{flow}\n") == ["KASC-IGNORE-001"]
    own = examine_codes(path, f"# kasc: ignore KASC-IGNORE-003: why\n{flow} # kasc: ignore {codes}\n")
    assert own == ["KASC-IGNORE-001", "KASC-VERSION-001", WARNED, "KASC-IGNORE-003"]


def examine_codes(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [found.code for found in examine(str(path)).report.sorted()]


def test_a_parent_may_suppress_what_is_found_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child, base = tmp_path / "child.yaml", tmp_path / "base.yaml"
    child.write_text(f"apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\nextends: [{base.name}]\n")
    base.write_text(DOCUMENT)
    assert found_in(child, capsys) == [(WARNED, 12)]
    base.write_text(DOCUMENT.replace("fd00::/112", f"fd00::/112  {COMMENT}"))
    assert found_in(child, capsys) == []
    # Another child may have the finding: nothing is said of a parent's comment that has nothing to suppress here.
    assert found_in(child, capsys, "--host-address", "fd00::1") == []
    assert found_in(base, capsys, "--host-address", "fd00::1") == [("KASC-IGNORE-001", 12)]


def test_a_text_that_looks_like_a_comment_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    for label in (
        f"'{COMMENT}'",
        f'"a\n    {COMMENT}"',
        f"|\n      {COMMENT}\n      x",
        f">-\n      a\n      {COMMENT}",
    ):
        path.write_text(f"{DOCUMENT}metadata:\n  labels:\n    x: {label}\n")
        assert found_in(path, capsys) == [(WARNED, 12)]
    toml = tmp_path / "a.toml"
    for label in (f"'{COMMENT}'", f'"""\n{COMMENT}\n"""'):
        toml.write_text(f"{TOML}[metadata.labels]\nx = {label}\n")
        assert found_in(toml, capsys) == [(WARNED, 11)]


VALUES = st.sampled_from(["a", "'# x: MARK'", '"# MARK"', '"a # MARK"', "[a, 'b # MARK']", "a#MARK", "{a: '# MARK'}"])


@given(st.lists(st.tuples(VALUES, st.sampled_from(["", " # MARK 1", "\t# x # MARK 2"])), min_size=1))
@settings(max_examples=100, deadline=None)
def test_comments_are_what_the_format_takes_for_one(lines: list[tuple[str, str]]) -> None:
    text = "".join(f"k{number}: {value}{tail}\n" for number, (value, tail) in enumerate(lines))
    expected = [(number, tail.lstrip()) for number, (_, tail) in enumerate(lines, 1) if tail]
    assert [(found.line, found.text) for found in comments(Source("a.yaml", text), "document", "MARK")] == expected
