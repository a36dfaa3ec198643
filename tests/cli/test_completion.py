"""Shell completion, as the shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import ROOT, kasc

NAMES = ("compile", "check", "explain", "import", "init", "schema", "completion", "verify", "probe")


def completed(line: str, shell: str = "bash") -> list[str]:
    """What argcomplete answers a shell whose cursor stands at the end of a line."""
    words = [sys.executable, "-c", "from compiler.cli.main import program; program()"]
    variables = os.environ | {
        "PYTHONPATH": str(ROOT), "_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": shell, "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "COMP_TYPE": "9",
        "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout",
    }  # fmt: skip
    ran = subprocess.run(words, env=variables, capture_output=True, text=True, check=False, timeout=60)
    return ran.stdout.split("\n")


def test_commands_and_options() -> None:
    assert set(NAMES) <= {word.split(":")[0].strip() for word in completed("kasc ")}
    assert [word.strip() for word in completed("kasc comple")] == ["completion"]
    options = {word.strip() for word in completed("kasc compile --")}
    assert {"--emit", "--check", "--out"} <= options


def test_a_file_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "some.yaml").touch()
    assert [word.strip() for word in completed(f"kasc check {tmp_path}/so")] == [f"{tmp_path}/some.yaml"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_takes_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "completion", shell)
    assert ran.code == 0
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    checked = subprocess.run([shell, "-n"], input=ran.out, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_an_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "completion", "tcsh").code == 2
