"""The real promtool, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """What promtool says; skips the test where there is none."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian's package prometheus has it)")
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)


def agrees(*words: str | Path) -> None:
    """Hold that promtool finds nothing wrong."""
    done = promtool(*words)
    assert done.returncode == 0, done.stdout + done.stderr
