"""Cached results of earlier runs by input; entries can be deleted, shared and corrupted without harm.

An entry is valid for one path of an input, one build of kasc and one set of options. It contains the fingerprints of
the dependencies, the report, and the digests of the artifacts, but not the artifacts: they are on disk, or compiled
again. Entries are JSON, because the cache directory may be writable for others.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from compiler import __version__
from compiler.artifacts import artifacts_of
from compiler.diagnostics import SEVERITIES, Diagnostic, Edit, Location, Report
from compiler.filesystem import open_to_write, read_file, write_to
from compiler.fleet.fingerprints import (
    boolean,
    count,
    digest,
    fingerprint,
    list_of,
    mapping_of,
    one_of,
    optional,
    row,
    text,
)
from compiler.fleet.fingerprints import path as is_path
from compiler.inputs.schema import schema_directory
from compiler.rules import by_code
from compiler.rules.rule import STATUSES, ControlResult, PolicyResult, is_own

_FORMAT = "5"
_DIAGNOSTICS = -3
"""Index of the diagnostics in a packed report."""


class Entry(NamedTuple):
    """The cached result of an input.

    `fingerprints` are those of its dependencies. `name` is the name of the output directory, None if the input is not a
    server. `files` is name -> digest of the artifacts, None if there are none. `status` is the file status of the
    artifacts when they were last verified.
    """

    fingerprints: dict[str, str]
    report: list[Any]
    name: str | None
    files: dict[str, str] | None
    status: str


class Cache:
    """Entries in a directory; `options` is everything but the input that determines the result.

    Raises OSError if the directory cannot be created.
    """

    def __init__(self, directory: str, options: list[Any]) -> None:
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        version = [_FORMAT, __version__, sys.version_info[:2], _program_digest(directory)]
        self.options = digest(json.dumps([version, options], sort_keys=True).encode())
        self.links: dict[str, bool] = {}

    def _entry_path(self, path: str) -> str:
        """Return the path of the entry of an input; empty if its directory is a link."""
        key = digest(f"{self.options} {path}".encode(errors="surrogateescape"))
        directory = f"{self.directory}/{key[:2]}"
        is_link = self.links.get(directory)
        if is_link is None:
            is_link = self.links[directory] = os.path.islink(directory)
        return f"{directory}/{key[2:]}" if not is_link else ""

    def find(self, path: str) -> Entry | None:
        """Return the entry of an input; None if there is none, or if it is corrupt or invalid."""
        entry_path = self._entry_path(path)
        data = _read(entry_path) if entry_path else None
        if data is None or data[:32] != digest(data[33:]).encode():
            return None
        try:
            fields = json.loads(data[33:].decode())
        except (ValueError, RecursionError):
            return None
        if not _ENTRY_SHAPE(fields):
            return None
        entry = Entry(*fields)
        # A report shows lines of files: only of dependencies of the input.
        return entry if _files_of(entry.report) <= {path, *entry.fingerprints} else None

    def store(self, path: str, entry: Entry) -> None:
        """Write an entry or overwrite it; write errors are ignored."""
        data = json.dumps(entry, separators=(",", ":")).encode()
        if entry_path := self._entry_path(path):
            _write(entry_path, digest(data).encode() + b"\n" + data)


def default_directory() -> str:
    """Return the cache directory of this user."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "kasc")


def _is_code(value: Any) -> bool:
    return text(value) and (value in by_code() or is_own(value))


def _is_artifact(value: Any) -> bool:
    return text(value) and _is_artifact_name(value)


@lru_cache(maxsize=256)
def _is_artifact_name(name: str) -> bool:
    """Return whether a file name is that of an artifact, without leaving its directory."""
    return is_path(name) and bool(artifacts_of(name)) and not {"", ".", ".."} & set(name.split("/"))


def _is_digest(value: Any) -> bool:
    return text(value) and len(value) == 32 and not value.strip("0123456789abcdef")


_LOCATION = row(is_path, count, count, count, count)
_DIAGNOSTIC = row(
    _is_code, one_of(*SEVERITIES), text, text, optional(text), text, text, optional(_LOCATION), text,
    list_of(row(_LOCATION, text, text)),
)  # fmt: skip
_CONTROL = row(
    text, text, one_of(*STATUSES), text, text, text, text, optional(_LOCATION), text, optional(row(text, text, text))
)
_POLICY = row(text, text, list_of(_CONTROL), text, text, text, text)
_REPORT = row(
    text, text, boolean, list_of(is_path), list_of(_DIAGNOSTIC), list_of(_POLICY),
    list_of(row(one_of(*SEVERITIES), _is_code, text, count)),
)  # fmt: skip
"""The shape of the result of `packed`."""
_ENTRY_SHAPE = row(
    mapping_of(is_path, text), _REPORT, optional(text), optional(mapping_of(_is_artifact, _is_digest)), text
)  # fmt: skip


def packed(report: Report) -> list[Any]:
    """Return a report as plain data; all findings, before a selection."""
    return [
        report.read_as,
        report.kubernetes_version,
        report.unread,
        sorted(report.concealed),
        report.diagnostics,
        report.policies,
        [[*key, number] for key, number in report.unlisted.items()],
    ]


def unpacked(path: str, data: list[Any]) -> Report:
    """Return the report of plain data that `Cache.find` has validated."""
    report = Report(path)
    report.read_as, report.kubernetes_version, report.unread, concealed, diagnostics, policies, unlisted = data
    report.unlisted.update({(severity, code, flag): number for severity, code, flag, number in unlisted})
    report.concealed = frozenset(concealed)
    report.diagnostics = [_diagnostic(each) for each in diagnostics]
    report.policies = [_policy(*fields) for fields in policies]
    return report


def _files_of(report: list[Any]) -> set[str]:
    """Return the files in the locations of a packed report."""
    files = set()
    for *_, location, _, fix in report[_DIAGNOSTICS]:
        files |= {each[0] for each in (location, *(edit[0] for edit in fix)) if each is not None}
    return files


def _policy(name: str, version: str, controls: list[list[Any]], *texts: str) -> PolicyResult:
    return PolicyResult(name, version, tuple(map(_control, controls)), *texts)


def _control(fields: list[Any]) -> ControlResult:
    *texts, place, why, exception = fields
    return ControlResult(*texts)._replace(
        place=Location(*place) if place is not None else None,
        why=why,
        exception=(exception[0], exception[1], exception[2]) if exception is not None else None,
    )


def _diagnostic(fields: list[Any]) -> Diagnostic:
    code, severity, message, hint, rule, path, flag, location, source, fix = fields
    edits = tuple(Edit(Location(*each), old, new) for each, old, new in fix)
    position = Location(*location) if location is not None else None
    return Diagnostic(code, severity, message, hint, rule, path, flag, position, source, edits)


def _program_digest(directory: str) -> str:
    """Return a digest of kasc's code and data, because checkouts of one version differ.

    It is computed from the content of all files, and cached by their names, sizes and times.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = [file for top in (package, schema_directory()) for file in _files_below(top)]
    path = os.path.join(directory, f"kasc-{digest(repr(files).encode())}")
    cached = _read(path)
    if cached is not None and len(cached) == 32:
        return cached.decode(errors="replace")
    content = [(name, fingerprint(file)) for file, name, *_ in files]
    result = digest(repr(content).encode())
    _write(path, result.encode())
    return result


def _files_below(top: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield path, path relative to `top`, size and time of each file of the program."""
    for root, directories, names in os.walk(top):
        directories[:] = sorted(name for name in directories if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(root, name)
            status = os.stat(path)
            yield path, os.path.relpath(path, top), status.st_size, status.st_mtime_ns


def _read(path: str) -> bytes | None:
    try:
        return read_file(path, follow=False)
    except OSError:
        return None


def _write(path: str, data: bytes) -> None:
    """Write a file. Runs may write the same entry at the same time: at worst it is corrupt, and then ignored.

    The program digest has no checksum; it is short enough to be written at once, and equal for all runs.
    """
    with contextlib.suppress(OSError):
        for is_first in (True, False):
            try:
                descriptor = open_to_write(path, os.O_TRUNC)
                break
            except FileNotFoundError:
                if is_first:
                    os.makedirs(os.path.dirname(path), exist_ok=True)
        else:
            return
        try:
            write_to(descriptor, data)
        finally:
            os.close(descriptor)
