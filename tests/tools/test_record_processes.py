"""The recorder leaves nothing behind. Shell scripts stand in for a server that hangs, fails or does not end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.live.etcd_server import program
from tests.recordings import ROOT
from tools.record import processes
from tools.record.__main__ import main, version_of
from tools.record.apiserver import KubeAPIServer, ask
from tools.record.etcd import Etcd
from tools.record.scenarios import moved


def alive(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0].startswith("Z")
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def script(folder: Path, text: str) -> str:
    path = folder / "kube-apiserver"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def pid_in(path: Path) -> int:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return int(path.read_text())


def test_children_end_with_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_GRACE", 0.2)
    command = script(tmp_path, f"trap '' TERM\nsleep 600 & echo $! > {tmp_path}/child\nwhile :; do sleep 1; done")
    with processes.Process([command], tmp_path / "log") as process:
        child = pid_in(tmp_path / "child")
        assert alive(child)
    assert process.exit_code == -signal.SIGKILL
    assert gone(child)


def test_a_server_dies_with_the_recorder(tmp_path: Path) -> None:
    """However the recorder dies: here by SIGKILL."""
    command = script(tmp_path, f"echo $$ > {tmp_path}/pid\nexec sleep 600")
    code = (
        "import time; from pathlib import Path; from tools.record.processes import Process;"
        f"Process([{command!r}], Path({str(tmp_path / 'log')!r})); time.sleep(600)"
    )
    recorder = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        pid = pid_in(tmp_path / "pid")
        os.kill(recorder.pid, signal.SIGKILL)
        recorder.wait()
        assert gone(pid)
    finally:
        recorder.kill()
        recorder.wait()


def test_a_program_that_does_not_exit_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_GRACE", 0.2)
    command = script(tmp_path, "echo started\nexec sleep 600")
    assert processes.run([command], 0.5, tmp_path / "log") == (None, "started\n")
    with pytest.raises(TimeoutError, match="did not exit within"):
        ask(command, ["--help"], tmp_path / "ask", 0.5)


def test_a_server_that_exits_is_not_waited_for(tmp_path: Path) -> None:
    command = script(tmp_path, "echo 'Error: unknown flag: --x' >&2; exit 1")
    began = time.monotonic()
    with KubeAPIServer(
        command, tmp_path / "server", 1, ["--cert-dir=$T/certs", "--token=$E"], {"$T/a": {"b": "$T"}, "dir/c": "$E"}
    ) as it:
        assert not it.wait("/readyz", 30)
        assert it.error() == "Error: unknown flag: --x"
        assert it.command[1] == f"--cert-dir={tmp_path}/server/certs"
        assert it.restored(f"{tmp_path}/server/certs 1 {it.port}") == "$T/certs $E $P"
    assert time.monotonic() - began < 20
    assert (tmp_path / "server/a").read_text() == f'{{"b": "{tmp_path}/server"}}'
    assert (tmp_path / "server/dir/c").read_text() == "1"


def test_a_binary_that_is_no_server(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a version"):
        version_of(script(tmp_path, "echo hello"), tmp_path)


def test_etcd_reports_keys_and_is_cleared(tmp_path: Path) -> None:
    with Etcd(program("etcd"), tmp_path / "etcd") as etcd:
        assert etcd.values() == {}
        for key in ("L2I=", "L2E="):
            etcd._call("put", {"key": key, "value": "eA=="})
        assert list(etcd.values().items()) == [("/a", b"x"), ("/b", b"x")]
        etcd.clear()
        assert etcd.values() == {}
        pid = etcd._process.pid
    assert not alive(pid)


def test_etcd_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="etcd did not start:\nno data"):
        Etcd(script(tmp_path, "echo no data; exit 1"), tmp_path / "etcd")


def test_versions_of_a_scenario_move_with_the_binary() -> None:
    flags = ["--emulated-version=1.34", "--emulated-version=kube=1.33", "--min-compatibility-version=1.34", "--v=1.34"]
    assert moved(flags, "1.36", "1.38") == [
        "--emulated-version=1.36",
        "--emulated-version=kube=1.35",
        "--min-compatibility-version=1.36",
        "--v=1.34",
    ]


def test_an_unknown_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--kube-apiserver", "/x", "--output", "/x", "--only", "facts,nothing"])
    assert "unknown part 'nothing'" in capsys.readouterr().err


def test_verdicts_of_a_server_that_always_refuses(tmp_path: Path) -> None:
    text = 'case "$1" in --version) echo Kubernetes v1.36.9;; *) echo "Error: no" >&2; exit 1;; esac'
    words = ["--kube-apiserver", script(tmp_path, text), "--etcd", program("etcd"), "--output", str(tmp_path / "out")]
    assert main([*words, "--only", "verdicts", "--case", "parse-r002", "--case", "parse-r004"]) == 0
    rows = (tmp_path / "out/verdicts/flags-v1.36.jsonl").read_text().splitlines()
    assert len(rows) == 3
    assert rows[1] == (
        '{"id":"parse-r002","flags":["--etcd-server=http://127.0.0.1:23790"],"rule":"PARSE-01","outcome":"reject",'
        '"message":"Error: no"}'
    )
