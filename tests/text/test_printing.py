"""Nothing that is printed moves a cursor or is a command for a CI system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compiler.text import clean_line, clean_lines, clean_path
from tests.cli.running import SAMPLES, environment, kasc

MINIMAL = (SAMPLES / "minimal.yaml").read_text()
ODD = "\x1b[31m\x07\u202e\x9b"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_file_name_is_no_workflow_command(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("::set-output name=pwn::y.yaml", "##[error]y.yaml", "  ::z.yaml"):
        Path(name).write_text(f"{MINIMAL}bogus: 1\n")
        Path("a.yaml").write_text(f'apiVersion: kasc/v1\nkind: APIServer\nextends: ["{name}"]\n')
        for path in ("a.yaml", name):
            ran = kasc(capsys, "check", path)
            assert ran.code == 1
            for line in (ran.out + ran.err).splitlines():
                assert not line.lstrip().startswith("::")
                assert "##[" not in line
    assert clean_path("::x") == "./::x"


def test_lines_are_no_commands() -> None:
    assert clean_lines("-a\n ::x\n+::y ##[z]\n") == "-a\n \\u003a:x\n+::y \\u0023#[z]\n"
    assert clean_lines("a\tb\x1b\n") == "a\tb\\u001b\n"
    assert clean_line("::a\nb") == "\\u003a:a\\u000ab"


def test_messages_have_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = Path(f"{ODD}one.yaml"), Path(f"{ODD}two.yaml")
    for path in (one, two):
        path.write_text(MINIMAL)
    Path(f"{ODD}empty").mkdir()
    runs = [
        kasc(capsys, "compile", one, two, "-o", f"{ODD}out"),
        kasc(capsys, "compile", one, "-o", f"{ODD}out"),
        kasc(capsys, "check", f"{ODD}empty"),
        kasc(capsys, "check", one, "--file-map", f"/x={ODD}"),
        kasc(capsys, "compile", one, "-o", f"{ODD}out", "--check"),
    ]
    flags = Path(f"{ODD}out/kube-apiserver.flags")
    flags.write_text(f"--x={ODD}\n")
    runs.append(kasc(capsys, "compile", one, "-o", f"{ODD}out", "--check"))
    Path("b.yaml").write_text(MINIMAL.replace("kind: APIServer", "kind: APIserver # \x85\u202e"))
    runs.append(kasc(capsys, "check", "--diff", "b.yaml"))
    for ran in runs:
        assert not [letter for letter in ODD + "\x85" if letter in ran.out + ran.err and letter not in "[31m"]


def test_a_value_of_two_dashes_is_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(MINIMAL)
    ran = kasc(capsys, "check", "a.yaml", "--changed-since=--")
    assert ran.code == 2
    assert "--changed-since '--'" in ran.err


def test_an_interrupt_while_starting_is_no_traceback(tmp_path: Path) -> None:
    """As soon as the program imports what it needs: the first import says so on standard output."""
    code = (
        "import os, sys\n"
        "from compiler.cli import program\n"
        "class Announce:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'compiler.cli.main': os.write(1, b'x')\n"
        "sys.meta_path.insert(0, Announce())\n"
        "program()\n"
    )
    for delay in (0, 0.005, 0.02):
        with subprocess.Popen(
            [sys.executable, "-c", code, "check", str(SAMPLES / "minimal.yaml")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        ) as ran:
            assert ran.stdout is not None
            assert os.read(ran.stdout.fileno(), 1) == b"x"
            time.sleep(delay)
            ran.send_signal(signal.SIGINT)
            _, told = ran.communicate(timeout=60)
        assert b"Traceback" not in told
        assert ran.returncode in (130, 0)
