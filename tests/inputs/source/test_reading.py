from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source import parse_document, read_source
from compiler.inputs.source.node import Source


def refused(path: str, limit: int = 1000, display: str | None = None) -> Diagnostic:
    with pytest.raises(KascError) as raised:
        read_source(path, display, limit)
    return raised.value.diagnostic


def give_standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é😀\r\n".encode())
    source = read_source(str(path))
    assert (source.name, source.text) == (str(path), "a: é😀\r\n")
    assert read_source(str(path), "shown").name == "shown"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_source(str(path)).text == "a: 1"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give_standard_input(monkeypatch, b"a: 1")
    source = read_source("-")
    assert (source.name, source.text) == ("<stdin>", "a: 1")


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    give_standard_input(monkeypatch, b"x" * 1001)
    assert refused("-").code == "KASC-DOC-002"


@pytest.mark.parametrize("stream", [None, io.StringIO("a: 1")])
def test_standard_input_that_is_not_there(monkeypatch: pytest.MonkeyPatch, stream: object) -> None:
    monkeypatch.setattr(sys, "stdin", stream)
    assert refused("-").code == "KASC-DOC-001"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    for path, words in [
        (tmp_path / "missing.yaml", "no such file"),
        (tmp_path, "a directory"),
        (tmp_path / "pipe", "a pipe"),
        (Path("/dev/null"), "a device"),
        (tmp_path / "loop", "symbolic link"),
        (tmp_path / "file" / "x", "not a directory"),
        (tmp_path / ("x" * 5000), "name too long"),
        (tmp_path / "x\0y", "null"),
    ]:
        found = refused(str(path), display="shown.yaml")
        assert found.code == "KASC-DOC-001"
        assert "shown.yaml" in found.message
        assert words in found.message
        assert found.hint
        assert found.location is not None
        assert found.location.file == "shown.yaml"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read every file")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.touch(mode=0)
    assert "permission denied" in refused(str(path)).message


def test_permission_denied_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: str, **_: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", stat)
    assert "permission denied" in refused(str(tmp_path)).message


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(KascError) as raised:
        read_source(str(path))
    assert raised.value.diagnostic.code == "KASC-DOC-002"
    assert "8 MiB" in raised.value.diagnostic.message


def test_a_file_of_just_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"x" * 1000)
    assert len(read_source(str(path), limit=1000).text) == 1000
    path.write_bytes(b"x" * 1001)
    assert "1000 bytes" in refused(str(path)).message


@pytest.mark.parametrize(
    ("data", "words", "position"),
    [
        (b"a: 1\nb: \xff\n", "0xff", (2, 4)),
        ("ä: ".encode() + b"\xc3", "0xc3", (1, 4)),
        (b"\xed\xa0\x80", "0xed", (1, 1)),
        ("a: 1".encode("utf-16"), "UTF-16", (1, 1)),
        ("a: 1".encode("utf-32"), "UTF-32", (1, 1)),
        (b"\xfe\xff\x00a", "UTF-16", (1, 1)),
        (b"\x00\x00\xfe\xff", "UTF-32", (1, 1)),
        ("a: 1".encode("utf-16-le"), "UTF-16", (1, 2)),
        ("a: 1".encode("utf-16-be"), "UTF-16", (1, 1)),
        (b"\xef\xbb\xbf\xef\xbb\xbfa = 1", "two byte order marks", (1, 1)),
        (b"\x7fELF\x02\x00\x00", "binary", (1, 6)),
        (b"\x00\x00\x00\x00", "binary", (1, 1)),
        (b"a: 1\r\nb: \x00", "binary", (2, 4)),
    ],
)
def test_what_is_not_utf8(tmp_path: Path, data: bytes, words: str, position: tuple[int, int]) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    found = refused(str(path))
    assert found.code == "KASC-DOC-003"
    assert words in found.message
    assert found.location is not None
    assert found.location[1:3] == position


@pytest.mark.parametrize(
    ("name", "text", "toml", "expected"),
    [
        ("a.toml", "a = 1", None, {"a": 1}),
        ("a.TOML", "a = 1", None, {"a": 1}),
        ("a.yaml", "a = 1", None, "a = 1"),
        ("a.json", '{"a": 1}', None, {"a": 1}),
        ("a.yaml", "a = 1", True, {"a": 1}),
        ("a.toml", "a: 1", False, {"a": 1}),
        ("<stdin>", "a = 1", None, {"a": 1}),
        ("<stdin>", "\n# a: 1\n\n  \"a.b\" . c = 1", None, {"a.b": {"c": 1}}),
        ("<stdin>", "# c\r\n[a.b] # c\r\n", None, {"a": {"b": {}}}),
        ("<stdin>", "[[a]]\nb = 1", None, {"a": [{"b": 1}]}),
        ("<stdin>", "a: 1", None, {"a": 1}),
        ("<stdin>", "a: x = 1", None, {"a": "x = 1"}),
        ("<stdin>", '"a=b": 1', None, {"a=b": 1}),
        ("<stdin>", '[\n  {"a": 1}\n]', None, [{"a": 1}]),
        ("<stdin>", "[a, b]", None, ["a", "b"]),
        ("<stdin>", "--- # a = 1\na: 1", None, {"a": 1}),
        ("conf", "a = 1", None, {"a": 1}),
    ],
)  # fmt: skip
def test_which_language(name: str, text: str, toml: bool | None, expected: object) -> None:
    problems: list[Diagnostic] = []
    assert parse_document(Source(name, text), problems, toml=toml).plain() == expected
    assert problems == []
