"""What former runs found out, by input: safe to delete, to share, and against damage.

An entry belongs to one input as it was named, compiled with one kasc and one set of options. It holds what the input
depends on, its report, and the digests of what it compiles to, but not the artifacts: those are on disk, or made anew.
Entries are JSON, for a folder that others may write to is not to be trusted with more.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler import __version__
from compiler.artifacts import artifact_of
from compiler.diagnostics import SEVERITIES, Diagnostic, Edit, Location, Report
from compiler.filesystem import open_to_write, read_file, write_to
from compiler.fleet.fingerprints import count, digest, list_of, mapping_of, one_of, optional, row, sign_of, text, truth
from compiler.fleet.fingerprints import path as is_path
from compiler.review.policies import FAIL, MANUAL, PASS, TITLES, Judged, PolicyResult
from compiler.rules import by_code

_FORM = "3"
_DIAGNOSTICS = -3
"""Where a packed report has its diagnostics."""


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
        self.links: dict[str, bool] = {}

    def _place(self, path: str) -> str:
        """The path of the entry of an input; empty if a link would lead there."""
        key = digest(f"{self.options} {path}".encode(errors="surrogateescape"))
        directory = f"{self.folder}/{key[:2]}"
        is_link = self.links.get(directory)
        if is_link is None:
            is_link = self.links[directory] = os.path.islink(directory)
        return f"{directory}/{key[2:]}" if not is_link else ""

    def find(self, path: str) -> Entry | None:
        """What is known of an input; None if nothing is, and if the entry is damaged or has any other shape."""
        place = self._place(path)
        data = _read(place) if place else None
        if data is None or data[:32] != digest(data[33:]).encode():
            return None
        try:
            fields = json.loads(data[33:].decode())
        except (ValueError, RecursionError):
            return None
        if not _ENTRY_SHAPE(fields):
            return None
        entry = Entry(*fields)
        # What a report quotes are lines of files that the input depends on, and nothing else.
        return entry if _files_of(entry.report) <= {path, *entry.signs} else None

    def keep(self, path: str, entry: Entry) -> None:
        """Put an entry in place of the one that was there; a folder that cannot be written is left as it is."""
        data = json.dumps(entry, separators=(",", ":")).encode()
        if place := self._place(path):
            _write(place, digest(data).encode() + b"\n" + data)


def default_folder() -> str:
    """Where caches of this user lie."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "kasc")


def _is_code(value: Any) -> bool:
    return text(value) and value in by_code()


def _is_artifact(value: Any) -> bool:
    """Whether a name is that of an artifact's file below a directory, and leads nowhere else."""
    return is_path(value) and bool(artifact_of(value)) and not {"", ".", ".."} & set(value.split("/"))


def _is_digest(value: Any) -> bool:
    return text(value) and re.fullmatch("[0-9a-f]{32}", value) is not None


_LOCATION = row(is_path, count, count, count, count)
_DIAGNOSTIC = row(
    _is_code, one_of(*SEVERITIES), text, text, optional(text), text, text, optional(_LOCATION), text,
    list_of(row(_LOCATION, text, text)),
)  # fmt: skip
_POLICY = row(one_of(*TITLES), text, list_of(row(text, text, one_of(PASS, FAIL, MANUAL), text)))
_REPORT = row(
    text, text, truth, list_of(is_path), list_of(_DIAGNOSTIC), optional(_POLICY),
    list_of(row(one_of(*SEVERITIES), _is_code, text, count)),
)  # fmt: skip
"""The shape of what `packed` returns."""
_ENTRY_SHAPE = row(
    mapping_of(is_path, text), _REPORT, optional(text), optional(list_of(row(_is_artifact, count, _is_digest))),
    list_of(row(count, count, count, count)),
)  # fmt: skip


def packed(report: Report) -> list[Any]:
    """A report as plain data, before anything of it is left out."""
    return [
        report.read_as,
        report.kubernetes_version,
        report.unread,
        sorted(report.concealed),
        report.diagnostics,
        report.policy,
        [[*key, number] for key, number in report.unlisted.items()],
    ]


def unpacked(path: str, data: list[Any]) -> Report:
    """The report again, from data of the shape that `Cache.find` has checked."""
    report = Report(path)
    report.read_as, report.kubernetes_version, report.unread, concealed, found, policy, unlisted = data
    report.unlisted.update({(severity, code, flag): number for severity, code, flag, number in unlisted})
    report.concealed = frozenset(concealed)
    report.diagnostics = [_diagnostic(each) for each in found]
    if policy is not None:
        name, version, controls = policy
        report.policy = PolicyResult(name, version, tuple(Judged(*control) for control in controls))
    return report


def _files_of(report: list[Any]) -> set[str]:
    """The files that the diagnostics of a packed report point to."""
    found = set()
    for *_, location, _, fix in report[_DIAGNOSTICS]:
        found |= {place[0] for place in (location, *(edit[0] for edit in fix)) if place is not None}
    return found


def _diagnostic(fields: list[Any]) -> Diagnostic:
    code, severity, message, hint, rule, path, flag, location, source, fix = fields
    where = Location(*location) if location is not None else None
    edits = tuple(Edit(Location(*place), old, new) for place, old, new in fix)
    return Diagnostic(code, severity, message, hint, rule, path, flag, where, source, edits)


def _own_sign(folder: str) -> str:
    """A digest of kasc itself, code and data, for a checkout has many states of one version.

    It is reckoned from all files where their names, sizes or times are new, and kept in the cache.
    """
    from compiler.inputs.schema import schema_directory

    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    files = [file for top in (package, schema_directory()) for file in _files_below(top)]
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
        return read_file(path, follow=False)
    except OSError:
        return None


def _write(path: str, data: bytes) -> None:
    """Another run may do the same at the same time: what comes of two is damaged at worst, and then as good as gone.

    The sign of kasc, which has no digest of its own, is written at once, and the same by all.
    """
    with contextlib.suppress(OSError):
        for again in (True, False):
            try:
                descriptor = open_to_write(path, os.O_TRUNC)
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
