"""Small inputs with mistakes that people make: the report has the outcome, and says what is of use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import kasc
from tests.recordings import RECORDINGS, rows

CASES = rows("cases", "expected.jsonl")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{Path(case['file']).stem}-{case['must'][:20]}")
def test_case(case: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(RECORDINGS / "cases")
    words = ["check", case["file"], *case.get("args", [])]
    for option, key in (("--as", "as"), ("--kubernetes-version", "version")):
        if case.get(key):
            words += [option, case[key]]
    report = json.loads(kasc(capsys, *words, "--output", "json").out)
    outcomes = {file["outcome"] for file in report["files"]}
    assert ("reject" if "reject" in outcomes else outcomes.pop()) == case["outcome"]
    ran = kasc(capsys, *words)
    assert case["must"].lower() in (ran.out + ran.err).lower(), case["why"]
