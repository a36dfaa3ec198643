"""diff(A, A) is empty for every input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.changes.change import Comparison
from compiler.changes.inputs import compare_inputs
from compiler.changes.report import as_data, as_text
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Settings
from compiler.upstream.catalog import catalog
from tests.changes import BASELINE
from tests.cli.running import SAMPLES
from tests.inputs.schema.documents import documents, mutated
from tests.recordings import rows

SERVERS = [
    path
    for path in sorted(SAMPLES.rglob("*"))
    if path.is_file() and path.suffix in (".yaml", ".toml", ".service", ".json") and "gitops" not in path.parts
]


@pytest.mark.parametrize("path", SERVERS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_samples(path: Path) -> None:
    comparison = compare_inputs(str(path), str(path)).comparison
    assert comparison is None or comparison.changes == ()


def test_samples_are_servers() -> None:
    assert sum(compare_inputs(str(path), str(path)).comparison is not None for path in SERVERS) > 15


@pytest.mark.parametrize("row", rows("changes", "experiments.jsonl"), ids=lambda row: str(row["id"]))
def test_recorded_servers(row: dict[str, list[str]], tmp_path: Path) -> None:
    for flags in (row["old"], row["new"]):
        path = tmp_path / "server.args"
        path.write_text("".join(f"{flag}\n" for flag in (*BASELINE, *flags)))
        comparison = compare_inputs(str(path), str(path), Settings("argv", "1.36")).comparison
        assert comparison is not None
        assert comparison.changes == ()


@pytest.mark.parametrize("version", ["1.31", "1.36"])
@settings(max_examples=40)
@given(data=st.data())
def test_random_documents(version: str, data: st.DataObject) -> None:
    document = data.draw(documents(version) | mutated(version))
    comparison = _compared(json.dumps(document), json.dumps(document), None)
    assert comparison is None or comparison.changes == ()


@pytest.mark.parametrize("version", ["1.31", "1.36"])
@settings(max_examples=40)
@given(data=st.data())
def test_random_pairs_of_documents(version: str, data: st.DataObject) -> None:
    """Nothing is raised, and the report is JSON without NaN."""
    old, new = (json.dumps(data.draw(documents(version) | mutated(version))) for _ in range(2))
    comparison = _compared(old, new, None)
    if comparison is not None:
        json.dumps(as_data(comparison.changes), allow_nan=False)
        assert as_text(comparison.changes, 24)


FLAGS = sorted(set(catalog("1.36").flags) - {"help", "version"})
TEXTS = st.sampled_from(["", "true", "false", "0", "1", "5m", "a", "a,b", "a=true", "10.0.0.0/16", "/x", "a#b", "NaN"])


@settings(max_examples=60)
@given(
    *(st.lists(st.tuples(st.sampled_from(FLAGS), TEXTS), max_size=6) for _ in range(2)),
)
def test_random_flags(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    texts = ["".join(f"--{flag}={text}\n" for flag, text in flags) for flags in (old, new)]
    same = _compared(texts[0], texts[0], "argv")
    assert same is not None
    assert same.changes == ()
    different = _compared(texts[0], texts[1], "argv")
    assert different is not None
    json.dumps(as_data(different.changes), allow_nan=False)


def _compared(old: str, new: str, read_as: str | None) -> Comparison | None:
    files = Files({file_key("old.yaml"): old, file_key("new.yaml"): new})
    return compare_inputs("old.yaml", "new.yaml", Settings(read_as), files).comparison
