"""Code actions: each is applied as an editor would, and what it promises is checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cli.lsp.positions import Positions
from compiler.inputs.source import Files
from compiler.review.examine import Settings, examine
from compiler.review.fixes import Fixer
from tests.cli.lsp.editing import SAMPLES, applied, opened
from tests.cli.lsp.test_diagnostics import BASE, SERVER

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.actions import CONVERT, FIX_ALL, code_actions, convert, edits_between
from compiler.cli.lsp.diagnostics import by_file
from compiler.cli.lsp.session import Session, Snapshot
from compiler.cli.lsp.uris import path_of, uri_of

WRONG = BASE.replace("etcdServers", "etcdServrs") + "logs: {v: '3'}\n# 🙂\nmetadata: {name: a}\n"


def everywhere(snapshot: Snapshot, only: Sequence[str] = ()) -> list[types.CodeAction]:
    return code_actions(snapshot, snapshot.positions.whole(), only)


def after(snapshot: Snapshot, action: types.CodeAction) -> str:
    assert action.edit is not None
    assert action.edit.changes is not None
    return applied(snapshot.text, action.edit.changes[uri_of(snapshot.path)])


def test_fixes_are_those_of_check(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    snapshot = opened(path, WRONG)
    fixer = Fixer(Settings(), lambda _: True, {str(path): WRONG})
    fixer.fix(str(path))
    (fix_all,) = everywhere(snapshot, [FIX_ALL])
    assert after(snapshot, fix_all) == fixer.files[str(path)].after
    fixes = [each for each in everywhere(snapshot, ["quickfix"]) if each.is_preferred]
    assert [after(snapshot, each) for each in fixes] == [
        WRONG.replace("etcdServrs", "etcdServers"),
        WRONG.replace("'3'", "3"),
    ]
    for fix in fixes:
        assert fix.diagnostics is not None
        assert fix.title


def test_only_the_findings_in_the_range_are_fixed(tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "a.yaml", WRONG)
    line = WRONG.split("\n").index("logs: {v: '3'}")
    here = types.Range(types.Position(line, 0), types.Position(line, 20))
    assert [each.title for each in code_actions(snapshot, here, ["quickfix"])] == ["Write 3 without quotes"]
    start = types.Range(types.Position(line, 0), types.Position(line, 0))
    assert code_actions(snapshot, start, ["quickfix"]) == []
    marked = [each for each in by_file(snapshot)[snapshot.path] if each.range.start.line == line]
    assert [each.title for each in code_actions(snapshot, start, ["quickfix"], marked)] == ["Write 3 without quotes"]


def test_a_fix_in_a_parent_is_an_edit_of_that_file(tmp_path: Path) -> None:
    child, base = tmp_path / "a.yaml", tmp_path / "base.yaml"
    base.write_text("")
    session = Session()
    session.put(str(base), BASE.replace("etcdServers", "etcdServrs"))
    session.put(str(child), SERVER)
    (fix,) = everywhere(session.snapshot(str(child)), [FIX_ALL])
    assert fix.edit is not None
    assert list(fix.edit.changes or ()) == [uri_of(str(base))]


@pytest.mark.parametrize("name", ["talos.yaml", "kubeadm.yaml", "k0s.yaml", "../apiserver.toml"])
def test_a_suppression_removes_its_finding(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    text = (SAMPLES / "dialects" / name).read_text()
    if name.endswith(".toml"):
        text += "\n[logs]\nv = 10\n"
    snapshot = opened(path, text)
    before = examine(str(path), snapshot.settings, Files({str(path): text})).report
    tried = [each for each in everywhere(snapshot, ["quickfix"]) if each.title.startswith("Ignore")]
    assert tried
    for action in tried:
        assert action.diagnostics is not None
        code = str(action.diagnostics[0].code)
        assert code in action.title
        report = examine(str(path), snapshot.settings, Files({str(path): after(snapshot, action)})).report
        lost = [each.code for each in before.diagnostics]
        for each in report.diagnostics:
            lost.remove(each.code)
        assert set(lost) == {code}


def test_errors_are_not_suppressed(tmp_path: Path) -> None:
    snapshot = opened(tmp_path / "a.yaml", WRONG.replace("'3'", "3"))
    assert not [each for each in everywhere(snapshot) if each.title.startswith("Ignore")]


def test_a_suppression_inside_a_string_is_not_offered(tmp_path: Path) -> None:
    manifest = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  policy.yaml: |\n"
        "    apiVersion: audit.k8s.io/v1\n    kind: Policy\n    rules:\n    - level: RequestResponse\n"
    )
    snapshot = opened(tmp_path / "a.yaml", manifest)
    assert snapshot.diagnostics()
    for action in everywhere(snapshot, ["quickfix"]):
        text = after(snapshot, action)
        again = opened(tmp_path / "a.yaml", text)
        assert len(again.diagnostics()) < len(snapshot.diagnostics())


@pytest.mark.parametrize("name", ["kubeadm.yaml", "k0s.yaml", "microk8s.args", "kube-apiserver.service"])
def test_conversion_is_the_import(name: str) -> None:
    path = SAMPLES / "dialects" / name
    session = Session(Session().options._replace(settings=Settings(version="1.36")))
    session.options = session.options._replace(
        settings=Settings(version="1.36", read_as="microk8s" if name.startswith("micro") else None)
    )
    session.put(str(path), path.read_text())
    (action,) = everywhere(session.snapshot(str(path)), ["refactor"])
    assert action.command is not None
    assert action.command.command == CONVERT
    converted = convert(session.snapshot(str(path)))
    assert converted.edit is not None
    create, edit = converted.edit.document_changes or ()
    assert isinstance(create, types.CreateFile)
    assert path_of(create.uri) == str(path.with_suffix(".kasc.yaml"))
    assert isinstance(edit, types.TextDocumentEdit)
    text = edit.edits[0].new_text  # type: ignore[union-attr]
    report = examine("x.yaml", files=Files({str(Path("x.yaml").absolute()): text})).report
    assert report.outcome == "accept"


def test_a_document_is_not_converted_nor_anything_replaced(tmp_path: Path) -> None:
    assert everywhere(opened(SAMPLES / "apiserver.yaml"), ["refactor"]) == []
    path = tmp_path / "kubeadm.yaml"
    path.write_text((SAMPLES / "dialects/kubeadm.yaml").read_text())
    (tmp_path / "kubeadm.kasc.yaml").write_text("")
    converted = convert(opened(path))
    assert converted.edit is None
    assert "already exists" in converted.notes[0]


TEXTS = st.text(st.sampled_from("ab\né🙂\ufeff"), max_size=20)


@given(TEXTS, TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_edits_turn_one_text_into_the_other(one: str, other: str, encoding: str) -> None:
    one, other = one.replace("\ufeff", ""), other.replace("\ufeff", "")
    assert applied(one, edits_between(one, other, Positions(one, encoding)), encoding) == other
