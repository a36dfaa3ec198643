"""Reading the files that a user names: bytes to text, and text to nodes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from compiler import rules
from compiler.bounds import MAX_FILE, MAX_LISTED
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.filesystem import DISK, UTF8_BOM, Disk, NotRegularError, Root, TooLargeError, root_of, size_of
from compiler.inputs.source.node import Node, Source, location, place
from compiler.text import trimmed

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"

# UTF-32 first: its little-endian byte order mark begins with that of UTF-16.
_OTHER_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

_HINTS = {
    "a directory": "name a file in it",
    "a pipe": "use '-' and pass its content on standard input",
    "a device": "use '-' to read standard input",
}

_YAML_SUFFIXES = (".yaml", ".yml", ".json")
_TOML_SUFFIX = ".toml"
DOCUMENT_SUFFIXES = (*_YAML_SUFFIXES, _TOML_SUFFIX)
"""The suffixes of configuration files; a file with another suffix is an input only if it can be parsed as one."""
_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOML_KEYS = rf"{_TOML_KEY}(?:[ \t]*\.[ \t]*{_TOML_KEY})*"
# The first line with content of a TOML file: a key and '=', or a header on its own line. Compiled when needed.
_TOML_START = (
    rf"\ufeff?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*"
    rf"(?:{_TOML_KEYS}[ \t]*=|(?:\[[ \t]*{_TOML_KEYS}[ \t]*\]|\[\[[ \t]*{_TOML_KEYS}[ \t]*\]\])[ \t]*(?:\#.*)?\r?$)"
)


def read_source(path: str, display: str | None = None, limit: int = MAX_FILE, disk: Disk = DISK) -> Source:
    """Read and decode a file, or standard input for the path `-`; a UTF-8 byte order mark is removed.

    `display` is the name in messages, by default the path (or `<stdin>`). Raises KascError: DOC-01 for a file that
    cannot be read or is not a regular file, DOC-02 for more than `limit` bytes, DOC-03 for invalid UTF-8.
    """
    if path == STANDARD_INPUT:
        name = display or STANDARD_INPUT_NAME
        return _source(_read_standard_input(name, limit), name)
    name = display or path
    return _source(_read_file(path, name, limit, disk), name)


def source_of(data: bytes, name: str, limit: int = MAX_FILE) -> Source:
    """Decode bytes that were read before. Raises KascError: DOC-02 and DOC-03 as `read_source` does."""
    return _source(_within(data, name, limit), name)


def _source(data: bytes, name: str) -> Source:
    if is_command_line(data):
        return Source(name, _decode(data.replace(b"\0", b"\n"), name), argv=True)
    return Source(name, _decode(data, name))


def is_command_line(data: bytes) -> bool:
    """Return whether data is the command line of kube-apiserver, as in /proc/PID/cmdline."""
    program, nul, _ = data.partition(b"\0")
    return bool(nul) and program.rpartition(b"/")[2] == b"kube-apiserver" and b"\n" not in data


class Files:
    """The files that one run reads.

    `texts` has the contents that replace those on disk, by `file_key`. `parsed` has the documents that others extend,
    by path, so that each is parsed once. If `read_texts` is set, it receives the text of each file read, by the path
    that was opened; None for a file that could not be read. Standard input, which ends, is read once. `added_root` and
    `searched` are passed to `root_of`.
    """

    def __init__(self, texts: Mapping[str, str] | None = None, disk: Disk = DISK) -> None:
        self.texts = texts or {}
        self.disk = disk
        self.parsed: dict[str, Any] = {}
        self.read_texts: dict[str, str | None] | None = None
        self.standard_input: Source | None = None
        self.added_root = ""
        self.searched: tuple[str, ...] = ()
        self.roots: dict[str, Root] = {}
        self.refusals: dict[tuple[Root, str], str] = {}

    def root_of(self, path: str) -> Root:
        """Return the root of an input."""
        directory = os.path.dirname(path)
        if directory not in self.roots:
            self.roots[directory] = root_of(path, self.added_root, self.searched)
        return self.roots[directory]

    def refusal(self, path: str, root: Root) -> str:
        """Return why an input with this root may not read a file; empty if it may."""
        if self.texts and file_key(path) in self.texts:
            return ""
        refusal = self.refusals.get((root, path))
        if refusal is None:
            refusal = self.refusals[root, path] = root.refusal(path, self.disk)
        return refusal

    def read(self, path: str, display: str | None = None) -> Source:
        """Read a file as `read_source` does, or return its replacement from `texts`."""
        text = self.texts.get(file_key(path)) if self.texts else None
        if text is None:
            if path == STANDARD_INPUT and self.standard_input is not None:
                return self.standard_input
            self.note(path, None)
            source = read_source(path, display, disk=self.disk)
            self.note(path, source.text)
            if path == STANDARD_INPUT:
                self.standard_input = source
            return source
        return Source(display or (STANDARD_INPUT_NAME if path == STANDARD_INPUT else path), text)

    def listing(self, directory: str) -> list[str]:
        """Return the names in a directory, sorted; none if it cannot be read or has more than `MAX_LISTED`.

        Which names it has is recorded like the text of a file, under the path with a slash.
        """
        self.note(os.path.join(directory, ""), None)
        try:
            names = sorted(self.disk.names(directory))
        except (OSError, ValueError):
            return []
        return names if len(names) <= MAX_LISTED else []

    def note(self, path: str, text: str | None) -> None:
        """Record the text of a file in `read_texts`, if that is set."""
        if self.read_texts is not None:
            self.read_texts[path] = text


def file_key(path: str) -> str:
    """Return the absolute path of a file; `-` for standard input."""
    return STANDARD_INPUT if path in (STANDARD_INPUT, STANDARD_INPUT_NAME) else os.path.abspath(path)


def parse_document(source: Source, problems: list[Diagnostic], *, toml: bool | None = None) -> Node:
    """Parse the only document of a source, as TOML or YAML.

    `toml` selects the format; by default `is_toml` decides. Adds to `problems` and raises KascError as `parse_yaml`
    and `parse_toml` do.
    """
    if toml is None:
        toml = is_toml(source)
    if toml:
        from compiler.inputs.source.toml import parse_toml

        return parse_toml(source, problems)
    from compiler.inputs.source.yaml import parse_yaml

    return parse_yaml(source, problems)


def is_toml(source: Source) -> bool:
    """Return whether a source is TOML: by the suffix of its name, for other names by its first line with content."""
    name = source.name.lower()
    if name.endswith(_TOML_SUFFIX):
        return True
    return not name.endswith(_YAML_SUFFIXES) and re.match(_TOML_START, source.text, re.MULTILINE) is not None


def _read_file(path: str, name: str, limit: int, disk: Disk) -> bytes:
    try:
        return disk.read(path, limit)
    except TooLargeError:
        raise _too_large(name, limit) from None
    except NotRegularError as error:
        hint = _HINTS.get(error.kind, "name a file")
        raise _unreadable(name, f"cannot read {name}: {error.strerror}", hint) from None
    except FileNotFoundError:
        raise _unreadable(name, f"cannot read {name}: no such file", "check the path") from None
    except PermissionError:
        raise _unreadable(name, f"cannot read {name}: permission denied", "make the file readable") from None
    except (OSError, ValueError) as error:  # ValueError is for a path with a NUL character
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(name, f"cannot read {name}: {reason[:1].lower()}{reason[1:]}", "check the path") from None


def _read_standard_input(name: str, limit: int) -> bytes:
    try:
        data: bytes = sys.stdin.buffer.read(limit + 1)
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something without bytes
        raise _unreadable(name, "cannot read standard input", "pipe a document to it, or name a file") from None
    return _within(data, name, limit)


def _within(data: bytes, name: str, limit: int) -> bytes:
    if len(data) > limit:
        raise _too_large(name, limit)
    return data


def _decode(data: bytes, name: str) -> str:
    for bom, encoding in _OTHER_BOMS:
        if data.startswith(bom):
            hint = f"convert it: iconv -f {encoding} -t UTF-8"
            raise _not_utf8(name, f"{name} is encoded in {encoding}, expected UTF-8", hint, b"")
    if data.startswith(UTF8_BOM):
        data = data[len(UTF8_BOM) :]
        if data.startswith(UTF8_BOM):
            message = f"{name} begins with two byte order marks (U+FEFF)"
            raise _not_utf8(name, message, "remove both: UTF-8 needs no byte order mark", b"")
    nul = data.find(b"\0")
    if nul >= 0:
        raise _not_utf8(name, _nul_message(name, data), "save the file as UTF-8 text", data[:nul])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"the byte 0x{data[error.start]:02x} is not valid UTF-8"
        raise _not_utf8(name, message, "save the file as UTF-8", data[: error.start]) from None


def _nul_message(name: str, data: bytes) -> str:
    """Return the message for data with NUL bytes: in UTF-16 with mostly ASCII, every other byte is NUL."""
    start = data[:64]
    if len(start) >= 4 and 0 in (sum(start[::2]), sum(start[1::2])) and any(start):
        return f"{name} looks like UTF-16, expected UTF-8"
    return f"{name} is a binary file: it contains a NUL byte"


def _unreadable(name: str, message: str, hint: str) -> KascError:
    return KascError(diagnose(rules.UNREADABLE_FILE, message, hint, location=Location(name, 1, 1, 1, 1)))


def _too_large(name: str, limit: int) -> KascError:
    message = f"{name} is larger than {size_of(limit)}"
    return KascError(
        diagnose(
            rules.FILE_TOO_LARGE_OR_DEEP,
            message,
            "a document has a few kilobytes: check the path",
            location=Location(name, 1, 1, 1, 1),
        )
    )


def _not_utf8(name: str, message: str, hint: str, before: bytes) -> KascError:
    """Return DOC-03 located right after `before`, which is valid UTF-8."""
    text = before.decode(errors="replace")
    line, column = place(text, len(text))
    return KascError(
        diagnose(rules.FILE_NOT_UTF8, message, hint, location=Location(name, line, column, line, column + 1))
    )


def parse_as_server(source: Source, problems: list[Diagnostic], recognized: bool = True) -> Node:
    """Return the first document of a file, its scalars as the server reads them.

    If the server tries JSON first (`recognized`), a file that starts with a brace has to be JSON. Adds to `problems`
    and raises KascError as `parse_yaml` does. Kubernetes: apimachinery/pkg/runtime/serializer/recognizer/recognizer.go.
    """
    if recognized and is_json(source.text):
        return _parse_json(source, problems)
    from compiler.inputs.source.yaml import parse_first_yaml
    from compiler.inputs.source.yaml_scalars import resolve_as_server

    return parse_first_yaml(source, problems, resolve_as_server)


def is_json(text: str) -> bool:
    """Return whether the server reads a file as JSON. Kubernetes: apimachinery/pkg/util/yaml, IsJSONBuffer."""
    return trimmed(text).startswith("{")


def _parse_json(source: Source, problems: list[Diagnostic]) -> Node:
    """Return the value of a JSON file; raises KascError DOC-04 if it is not JSON."""
    from compiler.inputs.source.json import JsonSyntaxError, parse_json

    try:
        return parse_json(source, problems)
    except JsonSyntaxError as error:
        where = location(source, source.text, error.index, error.index)
        where = where._replace(end_column=where.end_column + 1)
        message = f"invalid JSON: {error.reason}"
        hint = "fix the JSON, or write YAML that does not start with a brace"
        raise KascError(diagnose(rules.SYNTAX_ERROR, message, hint, location=where)) from None
