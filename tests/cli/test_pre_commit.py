"""The hooks, as the real pre-commit and git install and run them from this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, SAMPLES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs hooks from a git repository"),
]
COMPILE = ["compile", "clusters", "-o", "compiled", "-q"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs, so that it does so once."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The three clusters with committed artifacts."""
    made = tmp_path / "fleet"
    shutil.copytree(SAMPLES / "clusters", made / "clusters")
    words = [sys.executable, "-c", "from compiler.cli.main import program; program()", *COMPILE]
    subprocess.run(words, cwd=made, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    git(made, "init", "-q")
    return made


def git(folder: Path, *words: str) -> str:
    """Standard output of git, which has to succeed."""
    who = {f"GIT_{role}_{what}": "a@b" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "protocol.file.allow=always", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=kept | who).stdout


def run(repository: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Both hooks on what is staged, from this checkout as it is (uncommitted changes included)."""
    git(repository, "add", "-A")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHONPATH"))}
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "--verbose"]
    variables = kept | {"PRE_COMMIT_HOME": str(home)}
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, env=variables, check=False)


def test_what_is_in_order_passes(repository: Path, home: Path) -> None:
    ran = run(repository, home)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 inputs: no problems" in ran.stdout


def test_a_wrong_base_and_an_edited_artifact_are_stopped(repository: Path, home: Path) -> None:
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "clusters")
    base = repository / "clusters/base/apiserver.yaml"
    base.write_text(base.read_text().replace("shutdownDelayDuration", "shutdownDelayDurration"))
    edited = repository / "compiled/prod-eu-1/kube-apiserver.flags"
    edited.write_text(edited.read_text().replace("--profiling=false", "--profiling=true"))
    ran = run(repository, home)
    assert ran.returncode == 1
    assert "clusters/base/apiserver.yaml:7:3: error KASC-SCHEMA-001" in ran.stdout
    assert "did you mean shutdownDelayDuration?" in ran.stdout
    base.write_text(base.read_text().replace("shutdownDelayDurration", "shutdownDelayDuration"))
    stale = run(repository, home)
    assert stale.returncode == 1
    assert "+--profiling=false" in stale.stdout
