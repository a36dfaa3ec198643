"""Properties of upgrades of any server: data that follow the schema, edits that lead from hop to hop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compiler.changes.upgrade import upgrade
from compiler.changes.upgrade.report import as_data, as_text, table_row
from compiler.cli.reporters.json import diagnostic_data
from compiler.inputs.source import Files, file_key
from compiler.inputs.source.node import Lines
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of, versions
from tests.changes.upgrade.servers import write
from tests.cli.running import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas/report.schema.json").read_text())
UPGRADE = Draft202012Validator({"$ref": "#/$defs/upgrade", "$defs": SCHEMA["$defs"]})


@st.composite
def servers(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """Return a version, one to upgrade to, and option groups of a document."""
    old, new = sorted(draw(st.lists(st.sampled_from(versions()), min_size=2, max_size=2, unique=True)), key=minor_of)
    known = catalog(old)
    gates = draw(st.dictionaries(st.sampled_from(sorted(known.gates)), st.booleans(), max_size=6))
    plugins = draw(st.lists(st.sampled_from(sorted(known.plugins)), max_size=3, unique=True))
    apis = draw(st.dictionaries(st.sampled_from(sorted(known.enabled_apis)), st.booleans(), max_size=4))
    apis.pop("v1", None)
    groups: dict[str, Any] = {}
    if gates:
        groups["generic"] = {"featureGates": gates}
    if plugins:
        groups["admission"] = {draw(st.sampled_from(("enableAdmissionPlugins", "disableAdmissionPlugins"))): plugins}
    if apis:
        groups["apiEnablement"] = {"runtimeConfig": apis}
    return old, new, groups


@settings(max_examples=25)
@given(servers(), st.booleans())
def test_upgrades(tmp_path: Path, server: tuple[str, str, dict[str, Any]], hold: bool) -> None:
    old, new, groups = server
    path = write(tmp_path / "server.yaml", old, groups)
    result = upgrade(str(path), new, hold=hold)
    data = as_data(result, diagnostic_data)
    UPGRADE.validate(data)
    assert as_text(result, None)
    assert len(as_text(result, 24)) <= len(as_text(result, None))
    assert len(table_row(result)) == 7
    text = path.read_text()
    for hop, row in zip(result.hops, data["hops"], strict=True):
        text = applied(text, row["edits"])
        report = examine(str(path), Settings(), Files({file_key(str(path)): text})).report
        assert (report.kubernetes_version, report.outcome) == (hop.new, hop.outcome_with_edits)
        assert hop.breaks or hop.repaired
    if hold:
        text = applied(text, data["hops"][-1]["hold"])
        report = examine(str(path), Settings(), Files({file_key(str(path)): text})).report
        assert not (report.rejected and result.hops[-1].repaired)
    assert [file.after for file in result.files] == [text]


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """Return a text with the edits of the JSON report."""
    lines = Lines(text)
    for edit in reversed(edits):
        start, end = (
            lines.index(edit[line], edit[column]) for line, column in (("line", "column"), ("endLine", "endColumn"))
        )
        text = text[:start] + edit["replacement"] + text[end:]
    return text
