"""All three files conform to the schema of the artifact, and what is no such file does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.artifacts.compiling import ROOT, SAMPLES, render, resolve_file
from tests.artifacts.monitoring.documents import SECTIONS, made
from tests.versions import VERSIONS

SCHEMA = json.loads((ROOT / "schemas/artifacts/monitoring.schema.json").read_text())
KINDS = {"prometheus-rules": "rules", "prometheus-scrape": "scrape", "grafana-dashboard": "dashboard"}


def errors(files: dict[str, str]) -> list[tuple[str, list[Any], str]]:
    """Findings about each file, held against the part of the schema that is for it."""
    found = []
    for name, text in files.items():
        part = {"$ref": f"#/$defs/{KINDS[name.partition('.')[0]]}", "$defs": SCHEMA["$defs"]}
        data = yaml.safe_load(text)
        found += [
            (name, list(error.absolute_path), error.message) for error in Draft202012Validator(part).iter_errors(data)
        ]
        assert found or Draft202012Validator(SCHEMA).is_valid(data)
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SECTIONS)
def test_files_conform(name: str, version: str, tmp_path: Path) -> None:
    assert errors(render(made(name, version, tmp_path), ["monitoring"])) == []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_samples_conform(sample: Path) -> None:
    assert errors(render(resolve_file(sample), ["monitoring"], "json")) == []


def test_schema_refuses_what_is_wrong(tmp_path: Path) -> None:
    files = render(made("least", "1.36", tmp_path), ["monitoring"])
    for name, path, value in (
        ("prometheus-rules.yaml", ("groups", 0, "rules", 0, "labels", "severity"), "page"),
        ("prometheus-scrape.yaml", ("scrape_configs", 0, "scheme"), "http"),
        ("prometheus-scrape.yaml", ("scrape_configs", 0, "authorization", "credentials"), "secret"),
        ("grafana-dashboard.json", ("panels", 1, "targets"), []),
    ):
        data = yaml.safe_load(files[name])
        inner = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert not Draft202012Validator(SCHEMA).is_valid(data), path
