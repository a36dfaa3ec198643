"""The page on health: its table is made from the data that the lists are made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.upstream.catalog import health_meanings, health_rows
from tools.generate import health_page as reference


def test_the_page_is_up_to_date() -> None:
    assert reference.main(["--check"]) == 0


def test_a_stale_page_is_told_of_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = reference.PAGE.read_text()
    stale = tmp_path / "health.md"
    stale.write_text(text.replace("| etcd does not respond", "| etcd responds"))
    monkeypatch.setattr(reference, "PAGE", stale)
    assert reference.main(["--check"]) == 1
    assert "python -m tools.generate.health_page" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert stale.read_text() == text


def test_every_check_has_a_row_with_its_meaning() -> None:
    rows = list(reference.rows())
    names = list(dict.fromkeys(row["name"] for row in health_rows()))
    assert [row[0].split("`")[1] for row in rows] == names
    for row, name in zip(rows, names, strict=True):
        assert len(row) == 7
        assert row[-2:] == tuple(health_meanings()[name][part] for part in ("fails", "do"))


@pytest.mark.parametrize(
    ("name", "lists", "span"),
    [
        ("ping", "all", "all"),
        ("loopback-serving-certificate", "healthz, livez", "since 1.36"),
        ("poststarthook/gv-deletion-workers", "all", "1.35"),
        ("poststarthook/unknown-version-proxy-filter", "all", "1.31 to 1.32"),
        ("poststarthook/mixed-version-proxy-handler", "all", "since 1.33"),
        ("shutdown", "readyz", "all"),
    ],
)
def test_lists_and_versions(name: str, lists: str, span: str) -> None:
    (row,) = (row for row in reference.rows() if row[0].startswith(f"`{name}`"))
    assert (row[1], row[3]) == (lists, span)
