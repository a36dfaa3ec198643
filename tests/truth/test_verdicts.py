"""kasc accepts and refuses what recorded servers accepted and refused, and names the rule."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.recordings import names, rows
from tests.truth.conftest import RecordFigure
from tests.truth.recorded import examined
from tools.record.scratch import over, write_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_keys(folder)
    return folder


@pytest.mark.parametrize("name", names("verdicts"))
def test_verdicts(name: str, keys: Path, tmp_path: Path, record_figure: RecordFigure) -> None:
    head, *cases = rows("verdicts", f"{name}.jsonl")
    wrong = []
    for case in cases:
        folder = tmp_path / case["id"]
        shutil.copytree(keys, folder)
        flags = over(head["baseline"], case["flags"], case.get("drop", []))
        report = examined(folder, head["kubernetesMinor"], flags, case.get("files", {})).report
        errors = report.of("error")
        if report.outcome != case["outcome"]:
            wrong.append((case["id"], case["outcome"], case["flags"], [found.message for found in errors]))
        elif report.rejected and case.get("rule") not in {None, *(found.rule for found in errors)}:
            wrong.append((case["id"], case["rule"], case["flags"], [found.rule for found in errors]))
    record_figure(f"{name}: {len(cases) - len(wrong)} of {len(cases)} verdicts agree")
    assert wrong == []
