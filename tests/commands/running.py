"""kasc as a user runs it, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compiler.cli import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


def kasc(capsys: pytest.CaptureFixture[str], *arguments: Any) -> Ran:
    """Exit code and output of one command line."""
    capsys.readouterr()
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as end:
        code = int(end.code or 0)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return Ran(code, captured.out, captured.err)
