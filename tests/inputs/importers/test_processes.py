"""Command lines of running processes: /proc/PID/cmdline, and lists of processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.inputs.importers.processes import process_lines, words_of_process
from compiler.inputs.source import is_command_line
from compiler.inputs.source.node import Source
from compiler.review.examine import Settings, examine
from tests.recordings import document

COMMAND = [
    word.replace("$E", "2379").replace("$P", "6443") for word in document("live", "v1.36-s-default.json")["cmdline"]
]
FLAGS = COMMAND[1:]
HEADERS = {
    "ps aux": (
        "USER  PID %CPU %MEM  VSZ  RSS TTY STAT START TIME COMMAND",
        "root 1894 4.2 3.1 153 512 ? Ssl Nov28 12:31",
    ),
    "ps ax": ("    PID TTY      STAT   TIME COMMAND", "   1894 ?        Ssl   12:31"),
    "ps -ef": ("UID   PID PPID C STIME TTY TIME CMD", "root 1894 1800 4 Nov28 ? 00:12:31"),
    "busybox": ("PID   USER     TIME  COMMAND", "    1 root      4:05"),
    "pgrep -a": ("", "1894"),
}


def arguments_of(path: Path) -> list[str]:
    resolved = examine(str(path), Settings(version="1.36")).resolved
    assert resolved is not None
    return [f"--{each.flag}={each.text}" for each in resolved.context.input.arguments]


def test_the_command_line_of_a_process(tmp_path: Path) -> None:
    path = tmp_path / "cmdline"
    path.write_bytes("\0".join([*COMMAND, "--tls-sni-cert-key=/a b.crt,/a 'b'.key", ""]).encode())
    assert arguments_of(path) == [*FLAGS, "--tls-sni-cert-key=/a b.crt,/a 'b'.key"]


@pytest.mark.parametrize(
    "data", [b"kubelet\0--a=b\0", b"kube-apiserver\0--a=b\n\0", b"kube-apiserver --a\n\0", b"\0kube-apiserver"]
)
def test_other_files_with_nul_characters_are_binary(data: bytes, tmp_path: Path) -> None:
    assert not is_command_line(data)
    path = tmp_path / "file"
    path.write_bytes(data)
    examined = examine(str(path))
    assert examined.resolved is None
    assert {each.code for each in examined.report.of("error")} == {"KASC-DOC-003"}


@pytest.mark.parametrize("style", HEADERS)
@pytest.mark.parametrize("program", ["kube-apiserver", "/usr/local/bin/kube-apiserver"])
def test_a_list_of_processes(style: str, program: str, tmp_path: Path) -> None:
    header, columns = HEADERS[style]
    others = [f"{columns} etcd --data-dir=/x", f"{columns} grep kube-apiserver"]
    lines = [header, others[0], f"{columns} {program} {' '.join(FLAGS)}", others[1], ""]
    path = tmp_path / "ps.txt"
    path.write_text("\n".join(lines).lstrip("\n"))
    assert arguments_of(path) == FLAGS


def test_values_with_spaces_and_values_in_the_next_word() -> None:
    text = "root 12 kube-apiserver --profiling --etcd-servers http://a --cors-allowed-origins=//a b$  //c --v=2\n"
    words = words_of_process(Source("ps", text), process_lines(text))
    assert [word.text for word in words] == [
        *("--profiling", "--etcd-servers", "http://a", "--cors-allowed-origins=//a b$  //c", "--v=2"),
    ]
    for word in words:
        assert word.location is not None
        assert text[word.location.column - 1 : word.location.end_column - 1] == word.text


def test_several_processes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ps.txt"
    path.write_text(f"root 1 kube-apiserver {' '.join(FLAGS)}\nroot 2 kube-apiserver --v=1\n")
    examined = examine(str(path))
    assert examined.resolved is None
    (error,) = examined.report.of("error")
    assert error.message == "the list has 2 processes of kube-apiserver"
    assert error.location is not None
    assert error.location.line == 2


@pytest.mark.parametrize(
    "text",
    [
        *(
            "kube-apiserver --v=1",
            "sudo kube-apiserver --v=1",
            "exec /bin/kube-apiserver --v=1",
            "A=1 kube-apiserver --v=1",
        ),
        *(
            "root 12 grep kube-apiserver",
            "root 12 kube-apiserver",
            "root kube-apiserver --v=1",
            "nice -n 5 kube-apiserver --v=1",
        ),
    ],
)
def test_no_process(text: str) -> None:
    assert process_lines(text) == []


@given(st.text(alphabet="ab1 -/=\n\tkube-apiserver", max_size=300))
def test_any_text_is_read(text: str) -> None:
    processes = process_lines(text)
    if len(processes) == 1:
        assert all(word.location is not None for word in words_of_process(Source("ps", text), processes))
