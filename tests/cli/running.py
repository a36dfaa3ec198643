"""kasc as a user runs it: in this process, in one of its own, on a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compiler.cli.main import main

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


def command(*arguments: Any) -> list[str]:
    """The words that start kasc in a process of its own."""
    return [
        sys.executable,
        "-c",
        "from compiler.cli.main import program; program()",
        *map(os.fspath, map(_word, arguments)),
    ]


def _word(argument: Any) -> str | Path:
    return argument if isinstance(argument, str | Path) else str(argument)


def environment(**variables: str) -> dict[str, str]:
    """Of this process, less what would change what kasc prints; kasc is the one of this checkout."""
    left_out = ("NO_COLOR", "COLUMNS", "PYTHONIOENCODING", "LC_ALL", "LANG")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm"} | variables


def process(*arguments: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """kasc in a process of its own, its output as bytes; `options` are those of subprocess.run."""
    variables = options.pop("variables", {})
    if "stdout" not in options:
        options.setdefault("capture_output", True)
    return subprocess.run(command(*arguments), env=environment(**variables), check=False, timeout=60, **options)


def on_terminal(*arguments: Any, columns: int = 80, folder: Path | None = None, **variables: str) -> tuple[int, str]:
    """Exit code, and what a terminal gets to see; line ends as the program wrote them."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command(*arguments), stdin=child, stdout=child, stderr=child, env=environment(**variables), cwd=folder
    ) as running:
        os.close(child)
        shown = b""
        # Linux answers with an error once the other side is closed.
        with contextlib.suppress(OSError):
            while data := os.read(parent, 65536):
                shown += data
        os.close(parent)
        code = running.wait(60)
    return code, shown.decode().replace("\r\n", "\n")
