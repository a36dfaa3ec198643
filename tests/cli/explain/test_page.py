"""The pages of all codes, and what `kasc explain` prints of one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.rules import by_code
from tests.cli.running import kasc
from tools.generate import codes


def anchors(text: str) -> list[str]:
    """The anchors that a renderer gives the headings: lowercase letters, digits and -."""
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return [re.sub(r"[^\w-]", "", title.lower().replace(" ", "-")) for title in titles]


def test_the_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert codes.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_stale_and_left_over_pages_are_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(codes, "PAGES", tmp_path / "codes")
    assert codes.main(["--check"]) == 1
    assert "docs/codes/ETCD.md is stale" in capsys.readouterr().err
    assert codes.main([]) == 0
    assert codes.main(["--check"]) == 0
    (tmp_path / "codes/OLD.md").write_text("")
    assert codes.main(["--check"]) == 1
    assert codes.main([]) == 0
    assert not (tmp_path / "codes/OLD.md").exists()


def test_every_link_leads_to_a_page_or_a_heading() -> None:
    pages = codes.pages()
    for name, text in pages.items():
        found = anchors(text)
        assert sorted(set(found)) == sorted(found)
        prose = re.sub(r"(?ms)^```.*?^```$", "", text)
        for target in re.findall(r"\]\(([^)]+)\)", prose):
            page, _, anchor = target.partition("#")
            assert page in pages or (not page and anchor in found) or (codes.PAGES / page).exists(), (name, target)


def test_every_code_is_described_on_the_page_of_its_family() -> None:
    pages = codes.pages()
    for code, rule in by_code().items():
        sections = dict(re.findall(r"(?ms)^## (\S+)\n(.*?)(?=^##|\Z)", pages[f"{rule.family}.md"]))
        section = sections[code]
        assert rule.title[1:] in section
        assert rule.source[1:] in section
        assert section.count("```") % 2 == 0
        assert section.index("\nFails") < section.index("\nFixed")
        assert f"]({rule.family}.md)" in pages["README.md"]


@pytest.mark.parametrize("word", ["KASC-ETCD-002", "ETCD-02", "kasc-etcd-002"])
def test_explain_prints_a_rule_by_its_code_and_by_its_id(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "explain", word)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:2] == [
        "KASC-ETCD-002: unsupported storage backend",
        "  error, rule ETCD-02 of kube-apiserver, enforced when it validates its options",
    ]
    at = lines.index("  fails:")
    assert lines[at + 1 : at + 3] == ["    etcd:", "      storageBackend: etcd2"]
    at = lines.index("  fixed:")
    assert lines[at + 1 : at + 3] == ["    etcd:", "      storageBackend: etcd3"]
    assert lines[-1] == "  enforced by apiserver/pkg/server/options/etcd.go: Validate"


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            "VER-CLOUD-1",
            [
                "error, rule VER-CLOUD-1 of kube-apiserver, enforced when it validates its options, "
                "in Kubernetes 1.32 and earlier"
            ],
        ),
        (
            "VER-90",
            [
                "error, rule VER-90 of kube-apiserver, enforced when it sets versions and feature gates, "
                "in Kubernetes 1.31 and earlier"
            ],
        ),
        (
            "MET-02",
            [
                "error, rule MET-02 of kube-apiserver, enforced when it validates its options, "
                "in Kubernetes 1.36 and later"
            ],
        ),
        (
            "KUBECONFIG-01",
            [
                "warning, rule of kasc, effective when kube-apiserver applies its options",
                "because the server ignores it",
            ],
        ),
        ("DOC-03", ["fails, in latin-1:", "fixed:"]),
        ("EMIT-02", ["fails, with kasc compile --emit pod:"]),
        ("ETCD-08", ["/etc/etcd/pki/ on the server:", "(an empty directory)", "(certificate of etcd)"]),
        ("DOC-10", ["audit-policy.yaml next to it:"]),
        ("VERIFY-03", ["keys in etcd:", "/registry/pods/default/one: (json v1 Pod)"]),
    ],
)
def test_explain_says_what_an_example_is_tried_with(
    rule: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = [line.strip() for line in kasc(capsys, "explain", rule).out.splitlines()]
    assert [line for line in lines if line not in printed] == []
