"""The dashboard has Grafana's shape, and panels only for what is on; the scrape configuration names the server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.apiserver.startup import Resolved
from compiler.artifacts import ARTIFACTS
from tests.artifacts.compiling import ROOT, document, render, resolve
from tests.artifacts.monitoring.documents import SECTIONS, made

BOARD = "grafana-dashboard.json"


def board_of(resolved: Resolved) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(resolved, ["monitoring"])[BOARD])
    return found


@pytest.mark.parametrize("name", SECTIONS)
def test_panels_have_a_place_of_their_own_on_the_grid(name: str, tmp_path: Path) -> None:
    panels = board_of(made(name, "1.36", tmp_path))["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not taken & cells, panel["title"]
        taken |= cells


def test_panels_are_of_kinds_that_grafana_has(tmp_path: Path) -> None:
    board = board_of(made("everything", "1.36", tmp_path))
    assert {panel["type"] for panel in board["panels"]} == {"row", "timeseries", "stat"}
    variables = {variable["name"] for variable in board["templating"]["list"]}
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert [target["refId"] for target in panel["targets"]] == ["A", "B", "C"][: len(panel["targets"])]
        for target in panel["targets"]:
            used = {word for word in ("instance", "datasource") if f"${word}" in target["expr"]}
            assert used <= variables
    assert len(board["uid"]) <= 40


def rows(resolved: Resolved) -> set[str]:
    return {panel["title"] for panel in board_of(resolved)["panels"] if panel["type"] == "row"}


def test_rows_follow_the_configuration(tmp_path: Path) -> None:
    least, everything = rows(made("least", "1.36", tmp_path)), rows(made("everything", "1.36", tmp_path))
    assert everything - least == {"Encryption at rest", "KMS", "Audit", "Egress"}
    other = rows(made("KMS v1, limits instead of fairness, no watch cache", "1.36", tmp_path))
    assert least - other == {"Priority and fairness", "Watch cache"}


def test_scrape_names_the_server_and_both_paths(tmp_path: Path) -> None:
    sections: dict[str, dict[str, Any]] = {
        "generic": {"advertiseAddress": "2001:db8::1"},
        "secureServing": {"securePort": 8443, "bindAddress": "::"},
        "misc": {"serviceClusterIPRange": "fd00::/112"},
    }
    for form in ("yaml", "json"):
        files = render(resolve(document(**sections), tmp_path), ["monitoring"], form)
        config: Any = yaml.safe_load(files[f"prometheus-scrape.{form}"])
        assert config["rule_files"] == [f"prometheus-rules.{form}"]
        jobs = config["scrape_configs"]
        assert {job["metrics_path"] for job in jobs} == {"/metrics", "/metrics/slis"}
        assert {job["scheme"] for job in jobs} == {"https"}
        assert [job["static_configs"] for job in jobs] == [[{"targets": ["[2001:db8::1]:8443"]}]] * 2
        assert not any(job["tls_config"].get("insecure_skip_verify") for job in jobs)


def test_it_is_made_only_on_request(tmp_path: Path) -> None:
    assert not [name for name in render(made("least", "1.36", tmp_path), list(ARTIFACTS)) if "prometheus" in name]


def test_bytes_hang_on_nothing_but_the_input() -> None:
    texts = set()
    for seed in ("0", "4242"):
        words = ["compile", "samples/hardened/apiserver.yaml", "--emit", "monitoring", "--stdout"]
        run = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from compiler.cli.main import main; sys.exit(main(sys.argv[1:]))",
                *words,
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        texts.add(run.stdout)
    assert len(texts) == 1
    assert "# grafana-dashboard.json" in texts.pop()
