"""Files to text, and text to nodes: the one place that reads what a user names."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from compiler.bounds import MAX_FILE
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.filesystem import NotRegularError, TooLargeError, read_file, size_of
from compiler.source.node import Node, Source
from compiler.source.places import place
from compiler.source.roots import Root, root_of

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UTF8_MARK = b"\xef\xbb\xbf"

_HINTS = {
    "a directory": "name a file in it",
    "a pipe": "name it '-' and pass its content on standard input",
    "a device": "name it '-' to read standard input",
}

_YAML_ENDINGS = (".yaml", ".yml", ".json")
_TOML_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOML_KEYS = rf"{_TOML_KEY}(?:[ \t]*\.[ \t]*{_TOML_KEY})*"
# The first line with content, as TOML has it: a key and '=', or a header alone in its line. Compiled when needed.
_BEGINS_AS_TOML = (
    rf"\ufeff?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*"
    rf"(?:{_TOML_KEYS}[ \t]*=|(?:\[[ \t]*{_TOML_KEYS}[ \t]*\]|\[\[[ \t]*{_TOML_KEYS}[ \t]*\]\])[ \t]*(?:\#.*)?\r?$)"
)


def read_source(path: str, display: str | None = None, limit: int = MAX_FILE) -> Source:
    """The decoded text of a file, or of standard input for the path `-`; without a UTF-8 byte order mark.

    `display` is the name for messages, the path itself (or `<stdin>`) where it is None. Raises KascError: DOC-01 for
    what cannot be read or is no regular file, DOC-02 past `limit` bytes, DOC-03 for what is no UTF-8.
    """
    if path == STANDARD_INPUT:
        name = display or STANDARD_INPUT_NAME
        return Source(name, _decode(_read_standard_input(name, limit), name))
    name = display or path
    return Source(name, _decode(_read_file(path, name, limit), name))


def source_of(data: bytes, name: str, limit: int = MAX_FILE) -> Source:
    """The text of bytes that were read already. Raises KascError: DOC-02 and DOC-03 as `read_source` does."""
    return Source(name, _decode(_within(data, name, limit), name))


class Files:
    """The files that one run reads.

    `texts` holds those that are other than on disk, by `key_of`; `parsed` holds the documents that others extend, by
    path, so that each is parsed once. Where somebody sets `seen`, it gets what was read, by the path that was
    opened; None for what could not be read. `added_root` and `searched` decide on the roots of
    inputs, as `root_of` says.
    """

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self.texts = texts or {}
        self.parsed: dict[str, Any] = {}
        self.seen: dict[str, str | None] | None = None
        self.added_root = ""
        self.searched: tuple[str, ...] = ()
        self.roots: dict[str, Root] = {}
        self.refusals: dict[tuple[Root, str], str] = {}

    def root_of(self, path: str) -> Root:
        """The root of an input."""
        directory = os.path.dirname(path)
        if directory not in self.roots:
            self.roots[directory] = root_of(path, self.added_root, self.searched)
        return self.roots[directory]

    def refusal(self, path: str, root: Root) -> str:
        """Why an input with this root may not read a file; empty if it may."""
        if self.texts and key_of(path) in self.texts:
            return ""
        found = self.refusals.get((root, path))
        if found is None:
            found = self.refusals[root, path] = root.refusal(path)
        return found

    def read(self, path: str, display: str | None = None) -> Source:
        """As `read_source`."""
        text = self.texts.get(key_of(path)) if self.texts else None
        if text is None:
            self.note(path, None)
            source = read_source(path, display)
            self.note(path, source.text)
            return source
        return Source(display or (STANDARD_INPUT_NAME if path == STANDARD_INPUT else path), text)

    def note(self, path: str, text: str | None) -> None:
        """Tell who wants to know what was read."""
        if self.seen is not None:
            self.seen[path] = text


def key_of(path: str) -> str:
    """A file's path in one spelling; standard input has one as well."""
    return STANDARD_INPUT if path in (STANDARD_INPUT, STANDARD_INPUT_NAME) else os.path.abspath(path)


def parse_document(source: Source, problems: list[Diagnostic], *, toml: bool | None = None) -> Node:
    """The one document in a text, read as TOML or as YAML.

    `toml` forces one of them; where it is None the ending of the name decides, and for other names (standard input)
    the first line with content. Adds to `problems` and raises KascError as `parse_yaml` and `parse_toml` do.
    """
    if toml is None:
        toml = is_toml(source)
    if toml:
        from compiler.source.toml_source import parse_toml

        return parse_toml(source, problems)
    from compiler.source.yaml_source import parse_yaml

    return parse_yaml(source, problems)


def is_toml(source: Source) -> bool:
    """Whether a text is TOML: by the ending of its name, for other names by its first line with content."""
    name = source.name.lower()
    if name.endswith(".toml"):
        return True
    return not name.endswith(_YAML_ENDINGS) and re.match(_BEGINS_AS_TOML, source.text, re.MULTILINE) is not None


def _read_file(path: str, name: str, limit: int) -> bytes:
    try:
        return read_file(path, limit)
    except TooLargeError:
        raise _too_large(name, limit) from None
    except NotRegularError as error:
        hint = _HINTS.get(error.kind, "name a file")
        raise _unreadable(name, f"cannot read {name}: {error.strerror}", hint) from None
    except FileNotFoundError:
        raise _unreadable(name, f"cannot read {name}: there is no such file", "check the path") from None
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
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            hint = f"convert it: iconv -f {encoding} -t UTF-8"
            raise _no_text(name, f"{name} is text in {encoding}, UTF-8 is expected", hint, b"")
    if data.startswith(_UTF8_MARK):
        data = data[len(_UTF8_MARK) :]
        if data.startswith(_UTF8_MARK):
            message = f"{name} begins with two byte order marks (U+FEFF)"
            raise _no_text(name, message, "remove both: UTF-8 needs no byte order mark", b"")
    nul = data.find(b"\0")
    if nul >= 0:
        raise _no_text(name, _with_nul(name, data), "save the file as UTF-8 text", data[:nul])
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = f"the byte 0x{data[error.start]:02x} is no valid UTF-8"
        raise _no_text(name, message, "save the file as UTF-8", data[: error.start]) from None


def _with_nul(name: str, data: bytes) -> str:
    """What to call data with NUL bytes: every other byte is one in UTF-16 with mostly ASCII."""
    start = data[:64]
    if len(start) >= 4 and 0 in (sum(start[::2]), sum(start[1::2])) and any(start):
        return f"{name} looks like text in UTF-16, UTF-8 is expected"
    return f"{name} is a binary file: it holds a NUL byte"


def _unreadable(name: str, message: str, hint: str) -> KascError:
    return KascError(diagnose("DOC-01", message, hint, location=Location(name, 1, 1, 1, 1)))


def _too_large(name: str, limit: int) -> KascError:
    message = f"{name} is larger than {size_of(limit)}"
    return KascError(
        diagnose(
            "DOC-02", message, "a document is a few kilobytes, check the path", location=Location(name, 1, 1, 1, 1)
        )
    )


def _no_text(name: str, message: str, hint: str, before: bytes) -> KascError:
    """DOC-03 at the place behind `before`, which is valid text."""
    text = before.decode(errors="replace")
    line, column = place(text, len(text))
    return KascError(diagnose("DOC-03", message, hint, location=Location(name, line, column, line, column + 1)))
