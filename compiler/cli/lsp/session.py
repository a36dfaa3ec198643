"""The open documents of an editor, and what kasc knows of them.

A change of one document may change what is known of all that extend or read it, whether it is saved or not: each
examination reads the texts of the editor instead of those on disk.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatch
from functools import cached_property
from typing import NamedTuple

from compiler.cli.lsp.positions import UTF16, Positions
from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs import INPUT_KINDS
from compiler.inputs.importers.detect import WORDS, stated_kind
from compiler.inputs.importers.search import kind_of
from compiler.inputs.schema.bundle import OWN_NAMES
from compiler.inputs.source import Files, file_key, source_of
from compiler.inputs.source.node import Node, Source
from compiler.review.examine import Examined, Settings, examine
from compiler.review.fixes import files_of
from compiler.upstream.catalog.facts import nearest

_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_KINDS = frozenset(("argv", "flags", "systemd", "microk8s"))
"""Kinds whose files are lines of text, not mappings and lists."""


class Options(NamedTuple):
    """How documents are read, which findings are listed, and whether inlay hints are shown."""

    settings: Settings = Settings()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    inlay_hints: bool = False


DEFAULTS = Options()


class Buffers(Files):
    """The files of one examination: the texts of the editor before those on disk."""

    def read(self, path: str, display: str | None = None) -> Source:
        """Return the text of the editor if it has the file open; it is checked like the bytes of a file."""
        text = self.texts.get(file_key(path))
        if text is None:
            return super().read(path, display)
        self.note(path, text)
        return source_of(text.encode(), display or path)


class Snapshot:
    """An open document at one moment, and what kasc knows of it.

    `read_as` is the kind of the document, empty if it is not an input. `version` is the minor version that it is
    checked with. Both are those of the last text that could be read, while a text cannot.
    """

    def __init__(self, path: str, session: Session, read_as: str, version: str, examined: Examined | None) -> None:
        self.path = path
        self.session = session
        self.text = session.texts[path]
        self.read_as = read_as
        self.version = version
        self.examined = examined
        self.settings = session.settings_for(path)

    @property
    def positions(self) -> Positions:
        """The positions of the text."""
        return self.session.positions_of(self.path)

    @property
    def source(self) -> Source:
        """The text as kasc reads it."""
        return Source(self.path, self.text.removeprefix("\ufeff"))

    @cached_property
    def roots(self) -> list[Node]:
        """The YAML or TOML documents of the text; none if it is text of another format, or malformed."""
        return parsed(self.source) if self.is_structured else []

    @property
    def is_structured(self) -> bool:
        """Whether the format of the document is YAML, JSON or TOML."""
        flagz = self.read_as == "flagz" and not re.search(r"(?m)^kind:", self.text)
        return bool(self.read_as) and self.read_as not in _TEXT_KINDS and not flagz

    def diagnostics(self) -> list[Diagnostic]:
        """Return the listed findings, in the order of their places."""
        return self.examined.report.sorted() if self.examined is not None else []


def parsed(source: Source) -> list[Node]:
    """Return the documents of a YAML, JSON or TOML text; none if it is malformed."""
    from compiler.inputs.source import is_toml, parse_document
    from compiler.inputs.source.yaml import parse_yaml_all

    try:
        return [parse_document(source, [])] if is_toml(source) else parse_yaml_all(source, [])
    except KascError:
        return []


class _Examination(NamedTuple):
    """The last examination of a document: at which revision of the session, and the files that it read."""

    revision: int
    snapshot: Snapshot
    files: frozenset[str]


class Session:
    """The open documents by path, and the examinations of them.

    `texts` has the text of each. `encoding` is the one of positions.
    """

    def __init__(self, options: Options = DEFAULTS, encoding: str = UTF16) -> None:
        self.options = options
        self.encoding = encoding
        self.texts: dict[str, str] = {}
        self._revision = 0
        self._examinations: dict[str, _Examination] = {}
        self._known: dict[str, tuple[str, str]] = {}
        self._positions: dict[str, Positions] = {}

    def put(self, path: str, text: str) -> None:
        """Open a document, or replace its text."""
        self.texts[path] = _SURROGATE.sub("\ufffd", text)
        self.touch()

    def close(self, path: str) -> None:
        """Close a document."""
        for table in (self.texts, self._examinations, self._known):
            table.pop(path, None)
        self.touch()

    def touch(self) -> None:
        """Forget what was examined: a text, or a file on disk, has changed."""
        self._revision += 1
        self._positions.clear()

    def snapshot(self, path: str) -> Snapshot:
        """Return an open document as it is now, examined. Raises KeyError if it is not open."""
        known = self._examinations.get(path)
        if known is not None and known.revision == self._revision:
            return known.snapshot
        read: dict[str, str | None] = {}
        snapshot = self._examine(path, read)
        files = frozenset(map(file_key, read)) | {file_key(path)}
        self._examinations[path] = _Examination(self._revision, snapshot, files)
        return snapshot

    def dependents(self, path: str) -> list[str]:
        """Return the open documents that are or read a file, as far as they were examined; `path` first."""
        key = file_key(path)
        others = [name for name, each in self._examinations.items() if key in each.files and name != path]
        return [path, *others] if path in self.texts else others

    def is_part(self, path: str) -> bool:
        """Return whether another open document extends this one, or has it as the source of a structured file."""
        key = file_key(path)
        return any(
            key in files_of(each.snapshot.examined)
            for name, each in self._examinations.items()
            if name != path and each.snapshot.examined is not None
        )

    def positions_of(self, name: str) -> Positions:
        """Return the positions of a file: of the text in the editor, or else of the file on disk."""
        path = os.path.abspath(name)
        if path not in self._positions:
            text = self.texts.get(path)
            self._positions[path] = Positions(text if text is not None else _on_disk(name), self.encoding)
        return self._positions[path]

    def files(self) -> Buffers:
        """Return the files of one examination."""
        return Buffers({path: text.removeprefix("\ufeff") for path, text in self.texts.items()})

    def settings_for(self, path: str) -> Settings:
        """Return how a document is read; the name of a file may show that it is a kasc document."""
        settings = self.options.settings
        if settings.read_as is None and any(fnmatch(os.path.basename(path), name) for name in OWN_NAMES):
            return settings._replace(read_as="document")
        return settings

    def _examine(self, path: str, read: dict[str, str | None]) -> Snapshot:
        settings = self.settings_for(path)
        last, version = self._known.get(path, ("", "")) if self._may_be_input(path) else ("", "")
        if not (last or settings.read_as or self._is_input(path)):
            return Snapshot(path, self, "", nearest(settings.version), None)
        examined = self._report(path, settings, read)
        if examined.report.unread and last in INPUT_KINDS and settings.read_as is None:
            # A text that is being written is of the kind that it was before.
            examined = self._report(path, settings._replace(read_as=last), read)
        report = examined.report
        if examined.resolved is not None or not report.rejected:
            last, version = report.read_as, report.kubernetes_version
            self._known[path] = last, version
        read_as = last or report.read_as or settings.read_as or self._stated(path)
        return Snapshot(path, self, read_as, version or report.kubernetes_version, examined)

    def _report(self, path: str, settings: Settings, read: dict[str, str | None]) -> Examined:
        files = self.files()
        files.read_texts = read
        examined = examine(path, settings, files)
        examined.report.select(list(self.options.select), list(self.options.ignore))
        return examined

    def _stated(self, path: str) -> str:
        return stated_kind(Source(path, self.texts[path]))

    def _may_be_input(self, path: str) -> bool:
        """Return whether a document still has a word of an input: its text may have been replaced by another."""
        return any(word in self.texts[path] for word in WORDS)

    def _is_input(self, path: str) -> bool:
        """Return whether a document certainly is an input: an editor opens other files as well."""
        try:
            source = self.files().read(path)
        except KascError:
            return False
        return bool(kind_of(source)[0])


def _on_disk(name: str) -> str:
    try:
        return Files().read(name).text
    except KascError:
        return ""
