"""The page of all codes, and what `kasc explain` prints of one."""

from __future__ import annotations

import re

import pytest

from compiler.rules import by_code
from tests.cli.running import kasc
from tools.generate.codes import main, page


@pytest.fixture(scope="module")
def text() -> str:
    return page()


def anchors(text: str) -> list[str]:
    """The anchors that a renderer gives the headings: small letters, digits and -."""
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return [re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles]


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_stale_page_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.generate.codes.PAGE", f"{tmp_path}/codes.md")
    assert main(["--check"]) == 1
    assert "stale" in capsys.readouterr().out
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_every_code_has_one_heading_that_links_lead_to(text: str) -> None:
    found = anchors(text)
    assert sorted(set(found)) == sorted(found)
    assert {code.lower() for code in by_code()} <= set(found)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(found)
    assert "kasc-etcd-002" in found


def test_the_page_tells_of_every_rule_what_it_is(text: str) -> None:
    sections = dict(re.findall(r"(?ms)^### (\S+)\n(.*?)(?=^##|\Z)", text))
    for code, known in by_code().items():
        section = sections[code]
        assert known.title[1:] in section
        assert known.source[1:] in section
        assert section.count("```") % 2 == 0
        assert section.index("\nFails") < section.index("\nMended")


@pytest.mark.parametrize("word", ["KASC-ETCD-002", "ETCD-02", "kasc-etcd-002"])
def test_explain_prints_a_rule_by_its_code_and_by_its_id(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", word)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:2] == ["KASC-ETCD-002: unknown storage backend", "  error, rule ETCD-02 of kube-apiserver"]
    at = lines.index("  fails:")
    assert lines[at + 1 : at + 3] == ["    etcd:", "      storageBackend: etcd2"]
    at = lines.index("  mended:")
    assert lines[at + 1 : at + 3] == ["    etcd:", "      storageBackend: etcd3"]
    assert lines[-1] == "  enforced by apiserver/pkg/server/options/etcd.go: Validate"


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("VER-CLOUD-1", ["error, rule VER-CLOUD-1 of kube-apiserver, up to 1.32"]),
        ("VER-90", ["error, rule VER-90 of kube-apiserver, up to 1.31"]),
        ("MET-02", ["error, rule MET-02 of kube-apiserver, from 1.36 on"]),
        ("KUBECONFIG-01", ["warning, a rule of kasc's own", "because the server ignores it"]),
        ("DOC-03", ["fails, in latin-1:", "mended:"]),
        ("EMIT-02", ["fails, with kasc compile --emit pod:"]),
        ("ETCD-08", ["/etc/etcd/pki/ on the server:", "(an empty folder)", "(certificate of etcd)"]),
        ("DOC-10", ["audit-policy.yaml beside it:"]),
        ("VERIFY-03", ["keys in etcd:", "/registry/pods/default/one: (json v1 Pod)"]),
    ],
)
def test_explain_says_what_an_example_is_tried_with(
    rule: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = [line.strip() for line in kasc(capsys, "explain", rule).out.splitlines()]
    assert [line for line in lines if line not in printed] == []
