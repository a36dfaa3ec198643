"""Every file that Prometheus reads, and every query of the dashboard, held against the real promtool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.apiserver.startup import Resolved
from tests.artifacts.compiling import ROOT, SAMPLES, render, resolve_file
from tests.artifacts.monitoring.documents import SECTIONS, made
from tests.artifacts.monitoring.prometheus import agrees, promtool
from tests.versions import RECORDED_VERSIONS, VERSIONS


def check(resolved: Resolved, folder: Path, form: str = "yaml") -> None:
    """Rules without a lint, a scrape configuration whose files are there, queries that are PromQL."""
    files = render(resolved, ["monitoring"], form)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    agrees("check", "rules", "--lint-fatal", folder / f"prometheus-rules.{form}")
    config: Any = yaml.safe_load(files[f"prometheus-scrape.{form}"])
    for job in config["scrape_configs"]:
        job["authorization"]["credentials_file"] = _empty(folder / "token")
        job["tls_config"]["ca_file"] = _empty(folder / "ca.crt")
    scrape = folder / "scrape.yaml"
    scrape.write_text(yaml.safe_dump(config))
    agrees("check", "config", scrape)
    queries = folder / "queries.yaml"
    queries.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": as_rules(files)}]}))
    agrees("check", "rules", queries)


def _empty(path: Path) -> str:
    path.write_text("")
    return str(path)


def as_rules(files: dict[str, str]) -> list[dict[str, str]]:
    """The queries of the dashboard as recording rules; Grafana fills in the interval."""
    board = json.loads(files["grafana-dashboard.json"])
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    return [
        {"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(queries)
    ]


@pytest.mark.parametrize("name", SECTIONS)
def test_newest_version(name: str, tmp_path: Path) -> None:
    check(made(name, RECORDED_VERSIONS[-1], tmp_path), tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: str, tmp_path: Path) -> None:
    check(made("everything", version, tmp_path), tmp_path)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples(sample: Path, tmp_path: Path) -> None:
    check(resolve_file(sample), tmp_path)


def test_json_is_read_as_well(tmp_path: Path) -> None:
    check(made("everything", "1.36", tmp_path), tmp_path, "json")


@pytest.mark.parametrize("name", ['a"b', "{{ $labels.x }}", "a/b c", "@job", "ä" * 60])
def test_names_do_no_harm(name: str, tmp_path: Path) -> None:
    resolved = resolve_file(SAMPLES[0])
    resolved.context.input.name = name
    check(resolved, tmp_path)


def test_promtool_sees_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "rules.yaml"
    wrong.write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": [{"record": "a:b", "expr": "sum(("}]}]}))
    assert promtool("check", "rules", wrong).returncode != 0
