"""What the samples for pipelines hold, and programs run as pipelines run them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.running import ROOT, SAMPLES

GITOPS = SAMPLES / "gitops"


def has_kustomize() -> bool:
    """Whether kubectl is installed with a kustomize that knows what the samples use; old ones do not tell theirs."""
    if shutil.which("kubectl") is None:
        return False
    words = ["kubectl", "version", "--client", "-o", "json"]
    return "kustomizeVersion" in subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stdout


needs_kustomize = pytest.mark.skipif(not has_kustomize(), reason="no kubectl with a recent kustomize built in")


def loaded(name: str) -> Any:
    """A sample that is one YAML document."""
    return yaml.safe_load((GITOPS / name).read_text())


def programs(folder: Path) -> dict[str, str]:
    """Variables of an environment whose `kasc` is that of this checkout; the program is put into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "kasc"
    program.write_text(
        f"#!/bin/sh\nexec {sys.executable} -P -c 'from compiler.cli.main import program; program()' \"$@\"\n"
    )
    program.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def run(words: list[str], folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A program that may fail, with its output."""
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=300)


def workflow_lines(job: str) -> list[list[str]]:
    """What a job of the workflow of GitHub runs, for each cell of its matrix; kasc is installed already."""
    described = loaded("github-workflow.yaml")["jobs"][job]
    lines = [step["run"] for step in described["steps"] if "run" in step and "pip install" not in step["run"]]
    parts = described.get("strategy", {}).get("matrix", {}).get("part", [None])
    return [[line.replace("${{ matrix.part }}", str(part)) for line in lines] for part in parts]


def generated(folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What Argo CD runs for an Application whose path is the folder."""
    generate = loaded("argocd/plugin.yaml")["spec"]["generate"]
    return run([*generate["command"], *generate["args"]], folder, variables)


def kustomized(folder: Path) -> list[dict[str, Any]]:
    """What kustomize builds of a folder."""
    built = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True, timeout=60)
    return list(yaml.safe_load_all(built.stdout))


def config_maps(manifests: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Name -> files of manifests that are all ConfigMaps."""
    assert {manifest["kind"] for manifest in manifests} == {"ConfigMap"}
    return {manifest["metadata"]["name"]: manifest["data"] for manifest in manifests}
