"""The same input gives the same bytes: in any process, from any folder, at any time."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.artifacts import ARTIFACTS
from tests.artifacts.compiling import ROOT, SAMPLES, artifacts, resolve_file

SAMPLE = ROOT / "samples/hardened/apiserver.yaml"
COMPILE = "import sys; from compiler.cli.main import main; sys.exit(main(sys.argv[1:]))"


def compiled(target: Path, folder: Path, document: str, form: str = "yaml", **environment: str) -> dict[str, bytes]:
    """The files that a process of its own writes."""
    command = [sys.executable, "-c", COMPILE, "compile", document, "-o", str(target), "--format", form]
    run = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_bytes_hang_on_nothing_but_the_input(tmp_path: Path) -> None:
    first = compiled(tmp_path / "a", ROOT, "samples/hardened/apiserver.yaml", PYTHONHASHSEED="0", TZ="UTC", LANG="C")
    assert len(first) == len(ARTIFACTS) - 1 + 5
    other = {"PYTHONHASHSEED": "4242", "TZ": "Asia/Tokyo", "LANG": "C.UTF-8", "PYTHONUTF8": "1", "HOME": "/"}
    assert compiled(tmp_path / "b", ROOT / "samples", "hardened/apiserver.yaml", **other) == first
    assert compiled(tmp_path / "c", tmp_path, str(SAMPLE), PYTHONHASHSEED="7") == first


def test_json_hangs_on_nothing_else_either(tmp_path: Path) -> None:
    first = compiled(tmp_path / "a", ROOT, "samples/hardened/apiserver.yaml", "json", PYTHONHASHSEED="0")
    assert compiled(tmp_path / "b", SAMPLE.parent, "apiserver.yaml", "json", PYTHONHASHSEED="1") == first


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_time_stamp_and_no_path_of_this_machine(sample: Path) -> None:
    text = "".join(artifacts(resolve_file(sample)).values())
    assert not re.search(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b[0-9]{1,2}:[0-9]{2}:[0-9]{2}\b", text)
    assert str(ROOT) not in text
