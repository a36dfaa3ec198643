"""What former runs found out, by input: safe to delete, to share, and against damage.

An entry belongs to one input as it was named, compiled with one kasc and one set of options. It holds what the input
depends on, its report, and the digests of what it compiles to, but not the artifacts: those are on disk, or made anew.
Entries are JSON, for a folder that others may write to is not to be trusted with more.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler import __version__
from compiler.diagnostics import Diagnostic, Edit, Location, Report
from compiler.emit.writing import write_to
from compiler.fleet.seen import digest, sign_of
from compiler.policies import Judged, PolicyResult
from compiler.source.reading import read_from

_FORM = "2"
_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK
"""The folder may hold what somebody else put there: links, and pipes that nobody writes to."""
_ENTRY = 4096
"""Bytes that an entry seldom has more of."""


class Entry(NamedTuple):
    """What is known of an input.

    `signs` is what it depends on, as `Seen` has it. `name` is that of the folder it compiles to, None for what is no
    server. `files` has name, size and digest of each artifact, None where they were not made. `stats` is what the
    file system said of them when they were last found to be right.
    """

    signs: dict[str, str]
    report: list[Any]
    name: str | None
    files: list[tuple[str, int, str]] | None
    stats: list[Any]


class Cache:
    """Entries below a folder; `options` is all that decides, beside the input, what it compiles to.

    Raises OSError where the folder cannot be made.
    """

    def __init__(self, folder: str, options: list[Any]) -> None:
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        version = [_FORM, __version__, sys.version_info[:2], _own_sign(folder)]
        self.options = digest(json.dumps([version, options], sort_keys=True).encode())

    def _place(self, path: str) -> str:
        key = digest(f"{self.options} {path}".encode(errors="surrogateescape"))
        return f"{self.folder}/{key[:2]}/{key[2:]}"

    def find(self, path: str) -> Entry | None:
        """What is known of an input; None for nothing, and where the entry is damaged."""
        data = _read(self._place(path))
        if data is None or data[:32] != digest(data[33:]).encode():
            return None
        try:
            return Entry(*json.loads(data[33:].decode()))
        except (ValueError, TypeError):
            return None

    def keep(self, path: str, entry: Entry) -> None:
        """Put an entry in place of the one that was there; a folder that cannot be written is left as it is."""
        text = json.dumps(entry, separators=(",", ":")).encode()
        _write(self._place(path), digest(text).encode() + b"\n" + text)


def default_folder() -> str:
    """Where caches of this user lie."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "kasc")


def packed(report: Report) -> list[Any]:
    """A report as plain data, before anything of it is left out."""
    return [report.read_as, report.kubernetes_version, report.diagnostics, report.policy]


def unpacked(path: str, data: list[Any]) -> Report:
    """The report again. Raises ValueError or TypeError for what is none."""
    report = Report(path)
    report.read_as, report.kubernetes_version, found, policy = data
    report.diagnostics = [_diagnostic(each) for each in found]
    if policy is not None:
        name, version, controls = policy
        report.policy = PolicyResult(name, version, tuple(Judged(*control) for control in controls))
    return report


def _diagnostic(fields: list[Any]) -> Diagnostic:
    code, severity, message, hint, rule, path, flag, location, source, fix = fields
    where = Location(*location) if location is not None else None
    edits = tuple(Edit(Location(*place), old, new) for place, old, new in fix)
    return Diagnostic(code, severity, message, hint, rule, path, flag, where, source, edits)


def _own_sign(folder: str) -> str:
    """A digest of kasc itself, code and data, for a checkout has many states of one version.

    It is reckoned from all files where their names, sizes or times are new, and kept in the cache.
    """
    from compiler.schema.location import schema_folder

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = [file for top in (package, schema_folder()) for file in _files_below(top)]
    place = os.path.join(folder, f"kasc-{digest(repr(files).encode())}")
    known = _read(place)
    if known is not None and len(known) == 32:
        return known.decode(errors="replace")
    content = [(name, sign_of(path)) for path, name, *_ in files]
    sign = digest(repr(content).encode())
    _write(place, sign.encode())
    return sign


def _files_below(top: str) -> Iterator[tuple[str, str, int, int]]:
    """Path, name from `top` on, size and time of each file of the program."""
    for root, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(root, name)
            status = os.stat(path)
            yield path, os.path.relpath(path, top), status.st_size, status.st_mtime_ns


def _read(path: str) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | _CAREFULLY)
    except OSError:
        return None
    try:
        return read_from(descriptor, _ENTRY)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _write(path: str, data: bytes) -> None:
    """Another run may do the same at the same time: what comes of two is damaged at worst, and then as good as gone.

    The sign of kasc, which has no digest of its own, is written at once, and the same by all.
    """
    with contextlib.suppress(OSError):
        for again in (True, False):
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _CAREFULLY, 0o666)
                break
            except FileNotFoundError:
                if again:
                    os.makedirs(os.path.dirname(path), exist_ok=True)
        else:
            return
        try:
            write_to(descriptor, data)
        finally:
            os.close(descriptor)
