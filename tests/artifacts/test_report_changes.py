"""The section about changes, of `kasc compile --emit report --against OLD`."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import diff
from compiler.changes.page import section as changes_section
from compiler.changes.report import grouped
from tests.artifacts.compiling import ROOT, document, resolve
from tests.artifacts.reading import codes, parsed, rows_of, section, words
from tests.artifacts.test_report_browser import HOSTILE, VISIBLE, Seen, browser  # noqa: F401
from tests.artifacts.test_report_browser import pytestmark as needs_chromium
from tests.cli.running import kasc

MINIMAL, HARDENED = ROOT / "samples/minimal.yaml", ROOT / "samples/hardened/apiserver.yaml"


def page(capsys: pytest.CaptureFixture[str], new: Path, old: Path) -> str:
    ran = kasc(capsys, "compile", new, "--emit", "report", "--stdout", "--against", old)
    assert ran.code == 0
    return ran.out


def test_every_change_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    tree = parsed(page(capsys, HARDENED, MINIMAL))
    expected = [(group[0].severity, group[0].effect) for group in grouped(diff(MINIMAL, HARDENED).changes)]
    rows = rows_of(tree, "changes")
    assert [words(row[1]) for row in rows] == [severity for severity, _ in expected]
    assert all(words(row[4]).startswith(effect) for row, (_, effect) in zip(rows, expected, strict=True))
    assert [codes(row[3]) for row in rows if words(row[0]).startswith("issuer service-account-issuer")] == [
        ["https://hardened.example.com"]
    ]
    changes = section(tree, "changes")
    assert "Compared with ../minimal.yaml: " in words(changes)
    assert words(changes.find(".//details/summary")).startswith("1. ")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_changes(capsys: pytest.CaptureFixture[str]) -> None:
    tree = parsed(page(capsys, MINIMAL, MINIMAL))
    assert words(section(tree, "changes")) == "Changes Compared with minimal.yaml: no changes."
    text = kasc(capsys, "compile", MINIMAL, "--emit", "report", "--stdout").out
    assert 'id="changes"' not in text


def test_hostile_values_are_only_text(tmp_path: Path) -> None:
    from compiler.artifacts.report import render
    from compiler.changes import diff as compare

    (tmp_path / "new").mkdir()
    old = resolve(document(), tmp_path)
    new = resolve(document(generic={"externalHostname": HOSTILE}), tmp_path / "new")
    tree = parsed(render(new, changes_section(compare(old, new))))
    assert not tree.findall(".//img")
    assert len(tree.findall(".//script")) == 1


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def problem(*words: object) -> str:
        ran = kasc(capsys, "compile", *words, "-o", tmp_path / "out", "--against", MINIMAL)
        assert ran.code == 2
        return ran.err

    assert "--against needs exactly one input, and the artifact that shows changes" in problem(HARDENED)
    assert "--against needs exactly one input" in problem(HARDENED, MINIMAL, "--emit", "report")
    policy = tmp_path / "policy.yaml"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n")
    for old, why in ((policy, "it is a structured file, not a server"), (tmp_path / "none", "no such file")):
        ran = kasc(capsys, "compile", HARDENED, "--emit", "report", "-o", tmp_path / "out", "--against", old)
        assert (ran.code, why in ran.err) == (2, True)


@needs_chromium
def test_changes_in_a_browser(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    browser: object,  # noqa: F811
) -> None:
    """The filter finds changes, and the phases of the rollout unfold."""
    path = tmp_path / "report.html"
    path.write_text(page(capsys, HARDENED, MINIMAL), encoding="utf-8", newline="\n")
    seen = Seen(browser, path.as_uri())  # type: ignore[arg-type]
    rows = seen.page.locator("table.changes tbody tr")
    every = rows.count()
    assert rows.evaluate_all(VISIBLE) == every > 30
    seen.page.get_by_role("searchbox", name="Filter changes").fill("issuer")
    assert 0 < rows.evaluate_all(VISIBLE) < every
    phases = seen.page.locator("details[data-phase]")
    assert phases.count() > 1
    assert phases.nth(1).locator("dl").is_hidden()
    phases.nth(1).locator("summary").click()
    assert phases.nth(1).locator("dl").is_visible()
    assert (seen.said, seen.asked) == ([], [path.as_uri()])
    seen.page.context.close()
