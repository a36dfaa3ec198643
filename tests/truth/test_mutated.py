"""Structured files with something changed at random, as real servers took or refused them.

Each line of recordings/mutated/v1.NN-KIND.jsonl is one start of a server: its flags over the baseline, its files, and
its outcome.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.recordings import names, rows
from tests.truth.conftest import RecordFigure
from tests.truth.recorded import examined
from tools.record.scratch import BASELINE, over, write_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_keys(folder)
    return folder


@pytest.mark.parametrize("name", names("mutated"))
def test_outcomes(name: str, keys: Path, tmp_path: Path, record_figure: RecordFigure) -> None:
    cases = rows("mutated", f"{name}.jsonl")
    version = name.removeprefix("v").partition("-")[0]
    wrong = []
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        shutil.copytree(keys, folder)
        report = examined(folder, version, over(BASELINE, case["flags"], case.get("drop", [])), case["files"]).report
        if report.outcome != case["outcome"]:
            wrong.append((number, case["outcome"], case["files"], [found.message for found in report.of("error")]))
    record_figure(f"{name}: {len(cases) - len(wrong)} of {len(cases)} outcomes agree")
    assert wrong == []
    assert {case["outcome"] for case in cases} == {"accept", "reject"}
