"""Files of contexts and metrics, whatever is in them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.changes.change import SEVERITIES
from compiler.cluster.contexts import read_contexts
from compiler.cluster.drift.observed import KINDS
from compiler.cluster.drift.summary import Summary, metrics, table
from compiler.diagnostics import Report

SAMPLE = re.compile(r'kasc_drift_[a-z_]+\{server="((?:[^"\\\n]|\\["\\n])*)"(?:,[a-z]+="[a-z-]+")*\} [0-9]+')


@given(st.binary(max_size=60) | st.text("ab:*&-{}[]'\"\n ,!|>#", max_size=40).map(str.encode))
def test_any_file_of_contexts_is_read_or_reported(content: bytes) -> None:
    path = FOLDER / "contexts.yaml"
    path.write_bytes(content)
    report = Report(str(path))
    contexts = read_contexts(str(path), report)
    assert (contexts is None) == bool(report.count("error"))
    assert all(context.name for context in (contexts or {}).values())


@given(st.text(max_size=30), st.integers(0, 10))
def test_any_name_is_a_label(name: str, number: int) -> None:
    differences = Counter({(KINDS[0], SEVERITIES[0]): number}) if number else Counter()
    text = metrics([Summary(name, differences=differences), Summary("b", problem="gone")], 7.5)
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples), text
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)
    assert len(table([Summary(name)])) == 3


FOLDER = Path()


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global FOLDER
    FOLDER = tmp_path_factory.mktemp("contexts")
