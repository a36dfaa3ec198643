"""A base that several overlays extend: its findings are listed once, and count for every overlay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import kasc

BASE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
etcd: {etcdServers: [http://10.0.9.1:2379]}
authentication: {serviceAccountIssuer: [https://a], serviceAccountKeyFile: [/a.pub]}
authorization: {authorizationMode: [RBAC]}
misc: {serviceAccountSigningKeyFile: /a.key, serviceClusterIPRange: 10.0.0.0/24}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> list[str]:
    (tmp_path / "base.yaml").write_text(BASE)
    for name in ("a", "b", "c"):
        own = "generic: {requestTimeout: 0}\n" if name == "c" else ""
        text = f"apiVersion: kasc/v1\nkind: APIServer\nextends: base.yaml\nmetadata: {{name: {name}}}\n{own}"
        (tmp_path / f"{name}.yaml").write_text(text)
    return [str(tmp_path / f"{name}.yaml") for name in ("a", "b", "c")]


def test_text_lists_a_shared_finding_once(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    out = kasc(capsys, "check", *fleet).out
    assert out.count("KASC-RISK-030") == 1
    assert out.count("KASC-RISK-070") == 1
    assert out.endswith("3 inputs: 4 warnings; 2 repeated findings in shared files are listed once\n")


def test_reports_for_programs_on_places_do_so_too(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "check", *fleet, "--output", "github").out.count("title=KASC-RISK-030") == 1
    (run,) = json.loads(kasc(capsys, "check", *fleet, "--output", "sarif").out)["runs"]
    assert [result["ruleId"] for result in run["results"]].count("KASC-RISK-030") == 1


def test_a_report_by_input_keeps_what_each_has(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(kasc(capsys, "check", *fleet, "--output", "json").out)
    assert [len(file["diagnostics"]) for file in report["files"]] == [1, 1, 2]
    assert report["summary"]["warnings"] == 4


def test_one_input_is_listed_whole(fleet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "listed once" not in kasc(capsys, "check", fleet[0]).out
