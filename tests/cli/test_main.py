"""The command line before any command: words, streams, signals, terminals."""

from __future__ import annotations

import array
import fcntl
import os
import re
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from compiler.cli.arguments import COMMANDS
from tests.cli.running import SAMPLES, command, environment, kasc, on_terminal, process

SAMPLE = SAMPLES / "apiserver.yaml"


def test_without_words_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys)
    assert (ran.code, ran.out) == (2, "")
    asked = kasc(capsys, "--help")
    assert (asked.code, asked.err) == (0, "")
    assert ran.err == asked.out
    for name, (text, _) in COMMANDS.items():
        # Name and meaning in one line.
        assert re.search(rf"^ +{name} +{re.escape(text)}$", asked.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, name, "--help")
    assert ran.code == 0
    assert f"usage: kasc {name}" in ran.out
    assert kasc(capsys, "help", name) == ran


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chekc", "x"], "did you mean check?"),
        (["Compile"], "did you mean compile?"),
        (["frobnicate"], "commands are compile, check,"),
        ([str(SAMPLE)], f"run kasc check {SAMPLE} or kasc compile {SAMPLE}"),
        (["check", "--outptu", "json", "x"], "did you mean --output?"),
        (["check", "--outp=json", "x"], "did you mean --output?"),
        (["check", "--output", "jsn", "x"], "did you mean json?"),
        (["check", "--as", "zzz", "x"], "use document, pod, "),
        (["check", "--emit", "flags", "x"], "it is an option of kasc compile"),
        (["check"], "INPUT"),
        (["compile", "x", "--out"], "expected one argument"),
        (["init", "new.yaml"], "unexpected argument 'new.yaml'"),
        (["completion", "sh"], "did you mean"),
        (["schema", "ectd"], "did you mean etcd?"),
    ],
)
def test_wrong_words(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) <= 2


def test_a_closed_pipe_ends_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = process("schema", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert ran.returncode == 128 + signal.SIGPIPE
    assert ran.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.parametrize("words", [["check", SAMPLE], ["schema"], ["explain", "etcd"]])
def test_a_full_disk_is_told(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        ran = process(*words, stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 2
    assert ran.stderr == b"kasc: cannot write to standard output: no space left on device\n"


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), (">&- 2>&-", 0), ("<&-", 0)])
def test_closed_streams(closed: str, code: int) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command("check", SAMPLE)],
        env=environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (code, b"")


def test_closed_standard_input_cannot_be_read() -> None:
    ran = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *command("check", "-")], env=environment(), capture_output=True, check=False
    )
    assert ran.returncode == 2
    assert b"cannot read standard input" in ran.stdout


def test_an_interrupt_ends_without_a_traceback() -> None:
    with subprocess.Popen(
        command("check", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as running:
        assert running.stdin is not None
        running.stdin.write(b"kind: ")
        running.stdin.flush()
        # Once the words are taken from the pipe, the program waits for more of them.
        waiting = array.array("i", [1])
        while waiting[0]:
            fcntl.ioctl(running.stdin, termios.FIONREAD, waiting)
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGINT
    assert (out, err) == (b"", b"kasc: interrupted\n")


WIDE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: wide}
auditing: {auditLogPath: /var/log/日本/audit.log, auditLogFormat: 日本}
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "gb18030"])
def test_terminals_of_every_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "wide.yaml"
    path.write_text(WIDE)
    variables = {"PYTHONIOENCODING": encoding}
    ran = process("check", path, variables=variables)
    assert ran.returncode == 1
    assert ran.stderr == b""
    assert "KASC-" in ran.stdout.decode(encoding)
    assert process("explain", path, "auditLogPath", variables=variables).returncode == 0


def test_an_artifact_is_the_same_whatever_the_terminal_takes(tmp_path: Path) -> None:
    path = tmp_path / "wide.yaml"
    text = SAMPLE.read_text().replace("/var/log/kubernetes/audit.log", "/var/log/日本/audit.log")
    path.write_text(text)
    printed = {
        process("compile", path, "--emit", "flags", "--stdout", variables={"PYTHONIOENCODING": encoding}).stdout
        for encoding in ("ascii", "latin-1", "utf-8")
    }
    assert len(printed) == 1
    assert "--audit-log-path=/var/log/日本/audit.log" in printed.pop().decode()


def test_file_names_of_any_bytes(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff\n\x1b[31m.yaml")
    with open(path, "wb") as file:
        file.write(SAMPLE.read_bytes().replace(b"etcdServers:", b"etcdServer:"))
    for form in ("text", "json"):
        ran = process("check", "--output", form, os.fsdecode(path))
        assert ran.returncode == 1
        assert (b"\x1b" in ran.stdout, ran.stderr) == (False, b"")
    with open(path, "wb") as file:
        file.write(SAMPLE.read_bytes())
    target = os.path.join(os.fsencode(tmp_path), b"out\xff")
    assert process("compile", os.fsdecode(path), "-o", os.fsdecode(target), "--check").returncode == 3
    assert process("compile", os.fsdecode(path), "-o", os.fsdecode(target)).returncode == 0
    assert process("compile", os.fsdecode(path), "-o", os.fsdecode(target), "--check").returncode == 0


@pytest.mark.parametrize("columns", [1, 40, 60, 200])
def test_narrow_terminals(columns: int, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        SAMPLE.read_text().replace("etcdServers:\n", f"storageBackend: etcd2 # {'x' * 300}\n  etcdServers:\n")
    )
    code, shown = on_terminal("check", path, columns=columns, NO_COLOR="1")
    assert code == 1
    excerpt = [line for line in shown.splitlines() if re.match(r" +\d* \| ", line)]
    assert len(excerpt) == 2
    assert all(len(line) <= max(columns, 20) for line in excerpt)
    at = excerpt[1].index("^")
    assert "etcd2".startswith(excerpt[0][at : at + excerpt[1].count("^")])
    code, shown = on_terminal("compile", "--help", columns=columns)
    assert code == 0
    assert max(map(len, shown.splitlines())) <= max(columns, 50)
