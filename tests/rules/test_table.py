"""The table of rules is what the data says, and bad rows are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.rules import by_code, by_id
from compiler.rules.texts import load_rows
from tools.generate import rules as generator


def test_the_table_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert generator.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_a_stale_table_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generator, "TABLE", tmp_path / "table.py")
    assert generator.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": "lowercase"}, "is not a valid name"),
        ({"name": "INVALID_TRACING_CONFIG"}, "is called INVALID_TRACING_CONFIG as well"),
        ({"id": "TRC-07"}, "does not fit the code"),
        ({"severity": "fatal"}, "is not a severity"),
        ({"stage": "later"}, "is not a stage"),
        ({"owner": "etcd"}, "is not an owner"),
        ({"mends": "x"}, "unknown: mends"),
    ],
)
def test_a_malformed_row_is_refused(changed: dict[str, Any], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(family: str) -> dict[str, Any]:
        loaded = load_rows(family)
        loaded["rules"]["KASC-TRC-002"] |= changed
        return loaded

    monkeypatch.setattr(generator, "families", lambda: ["TRC"])
    monkeypatch.setattr(generator, "load_rows", rows)
    with pytest.raises(ValueError, match=problem):
        generator.table()


def test_rules_are_found_by_code_and_by_id() -> None:
    assert by_code()["KASC-VER-CLOUD-001"] is by_id()["VER-CLOUD-1"]
    assert by_id()["VER-CLOUD-1"].family == "VER"
    assert len(by_code()) == len(by_id())
