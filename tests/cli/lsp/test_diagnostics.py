"""Diagnostics in the editor are the findings of `kasc check`, of the texts in the editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.cli.lsp.positions import START, Positions
from compiler.cli.lsp.session import Options, Session
from compiler.review.examine import Settings, examine
from tests.cli.lsp.editing import ROOT, SAMPLES, opened

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.diagnostics import Board, by_file

INPUTS = sorted(
    path for path in (*SAMPLES.glob("*"), *SAMPLES.glob("hardened/*"), *SAMPLES.glob("dialects/**/*")) if path.is_file()
)
SERVER = """\
apiVersion: kasc/v1
kind: APIServer
extends: [base.yaml]
"""
BASE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
etcd:
  etcdServers: [https://10.0.0.11:2379]
authentication:
  serviceAccountIssuer: [https://kubernetes.default.svc]
  serviceAccountKeyFile: [/sa.pub]
authorization: {authorizationMode: [Node, RBAC]}
admission: {enableAdmissionPlugins: [NodeRestriction]}
misc:
  kubeletClientCertificate: /kubelet.crt
  kubeletClientKey: /kubelet.key
  kubeletCertificateAuthority: /ca.crt
  serviceAccountSigningKeyFile: /sa.key
  serviceClusterIPRange: 10.96.0.0/16
"""


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_diagnostics_are_those_of_check(path: Path) -> None:
    snapshot = opened(path)
    report = examine(str(path)).report
    if not snapshot.read_as:
        assert path.name in ("10-audit.yaml", "10-audit.conf", "flagz.txt", "microk8s.args") or report.unread
        return
    positions = Positions(path.read_text())
    found = by_file(snapshot)[str(path)]
    expected = [
        (each.code, positions.range(each.location) if each.location else START)
        for each in report.sorted()
        if each.location is None or each.location.file == str(path)
    ]
    assert [(each.code, each.range) for each in found] == expected
    for each in found:
        assert each.source == "kasc"
        assert each.code_description is not None
        page, _, anchor = each.code_description.href.partition("#")
        assert anchor == str(each.code).lower()
        assert (ROOT / "docs/codes" / page.rpartition("/")[2]).exists()


def codes(files: dict[str, list[types.Diagnostic]], path: Path) -> list[str]:
    return [str(each.code) for each in files.get(str(path), [])]


def test_the_text_of_the_editor_counts_that_of_parents_too(tmp_path: Path) -> None:
    child, base = tmp_path / "a.yaml", tmp_path / "base.yaml"
    base.write_text(BASE)
    child.write_text(SERVER)
    session, board = Session(), Board()
    session.put(str(child), SERVER)
    assert codes(board.update(session, [str(child)]), child) == []
    session.put(str(base), BASE.replace("etcdServers", "etcdServrs"))
    assert session.dependents(str(base)) == [str(base), str(child)]
    changed = board.update(session, session.dependents(str(base)))
    assert codes(changed, base) == ["KASC-SCHEMA-001"]
    session.close(str(base))
    changed = board.update(session, session.dependents(str(base)))
    assert changed == {str(base): []}


def test_the_source_of_a_file_counts_as_it_is_in_the_editor(tmp_path: Path) -> None:
    document, policy = tmp_path / "a.yaml", tmp_path / "policy.yaml"
    policy.write_text("")
    session, board = Session(), Board()
    session.put(str(policy), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n")
    session.put(str(document), f"{BASE}auditing: {{auditPolicyFile: {{source: policy.yaml}}, auditLogPath: /a.log}}\n")
    board.update(session, [str(document), str(policy)])
    assert session.dependents(str(policy)) == [str(policy), str(document)]
    session.put(str(policy), "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Nothing\n")
    assert codes(board.update(session, session.dependents(str(policy))), policy) == ["KASC-AUDP-004"]


def test_a_part_of_a_server_is_not_checked_as_a_whole_one(tmp_path: Path) -> None:
    child, base = tmp_path / "a.yaml", tmp_path / "base.yaml"
    part = BASE.replace("etcd:\n  etcdServers: [https://10.0.0.11:2379]\n", "")
    base.write_text(part)
    child.write_text(SERVER + "etcd: {etcdServers: [https://10.0.0.11:2379]}\n")
    session, board = Session(), Board()
    session.put(str(base), part)
    assert codes(board.update(session, [str(base)]), base)
    session.put(str(child), child.read_text())
    assert board.update(session, [str(child)])[str(base)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n"),
        ("compose.yaml", "services: {web: {image: nginx}}\n"),
        ("broken.yaml", "a: [1\nb: }\n"),
        ("script.py", "import os\n"),
        ("zero.yaml", "kind: Pod\n\0"),
    ],
)
def test_files_that_are_no_input_have_no_diagnostics(name: str, text: str, tmp_path: Path) -> None:
    snapshot = opened(tmp_path / name, text)
    assert snapshot.read_as == ""
    assert by_file(snapshot) == {str(tmp_path / name): []}


def test_the_name_of_a_document_tells_its_kind(tmp_path: Path) -> None:
    found = by_file(opened(tmp_path / "new.kasc.yaml", "etcd: {}\n"))
    assert "KASC-SCHEMA-003" in codes(found, tmp_path / "new.kasc.yaml")


def test_a_text_that_is_being_written_keeps_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    session = Session()
    session.put(str(path), "kube-apiserver-arg:\n- profiling=false\n")
    assert session.snapshot(str(path)).read_as == "k3s"
    session.put(str(path), "kube-apiserver-arg:\n- profiling=false\n- [\n")
    snapshot = session.snapshot(str(path))
    assert snapshot.read_as == "k3s"
    assert [each.code for each in snapshot.diagnostics()] == ["KASC-DOC-004"]


def test_a_text_that_is_replaced_has_its_own_kind(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    session = Session()
    session.put(str(path), "kube-apiserver-arg:\n- profiling=false\n")
    assert session.snapshot(str(path)).read_as == "k3s"
    session.put(str(path), "services: {web: {image: nginx}}\n")
    assert session.snapshot(str(path)).read_as == ""


def test_options_of_the_command_line(tmp_path: Path) -> None:
    text = BASE + "secureServing: {bindAddress: 10.0.0.1}\nlogs: {v: 10}\nfeatures: {profiling: 1}\n"
    path = tmp_path / "a.yaml"
    every = codes(by_file(opened(path, text)), path)
    assert len(every) > 1
    options = Options(Settings(version="1.33"), ignore=(every[0],))
    some = codes(by_file(opened(path, text, options)), path)
    assert every[0] not in some
    assert opened(path, text, options).version == "1.33"


def test_half_a_surrogate_is_a_character(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    found = by_file(opened(path, BASE + "metadata: {name: '\ud800'}\n"))
    assert "KASC-SCHEMA-005" in codes(found, path)
