"""All generated files are written and checked with one command."""

from __future__ import annotations

import subprocess
import sys

from tests.recordings import ROOT
from tools.generate.__main__ import GENERATORS


def test_every_generator_is_listed() -> None:
    modules = {path.stem for path in ROOT.glob("tools/generate/*.py") if "\ndef main(" in path.read_text()}
    assert modules - {"__main__"} == set(GENERATORS)
    assert len(GENERATORS) == len(set(GENERATORS))


def test_generated_files_are_up_to_date() -> None:
    words = [sys.executable, "-m", "tools.generate", "--check"]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
