"""Compilation of the documents of a batch: from its file to its output directory; returns Outcomes, prints nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.artifacts import render
from compiler.artifacts.differences import differences
from compiler.artifacts.fileset import Writer
from compiler.artifacts.yamlio import PartText, part_text
from compiler.diagnostics import Diagnostic, Report
from compiler.filesystem import reason
from compiler.fleet.memo import PartTexts
from compiler.inputs.source import STANDARD_INPUT, Files
from compiler.review.examine import Examined, Settings, examine
from compiler.text.redaction import is_key_material

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.fleet.cache import Cache, Entry
    from compiler.fleet.fingerprints import DependencyTracker
    from compiler.fleet.selection import Changes

DEFAULT_OUT = "compiled"
WRITTEN, UNCHANGED, STALE, FAILED, SHOWN = "written", "unchanged", "stale", "failed", "shown"


@dataclass(frozen=True)
class OutputSettings:
    """Which artifacts are written and where.

    `directory` is empty for the default. `check` compares instead of writing; `stdout` returns the artifact instead.
    With `is_batch` every input has a subdirectory. `strict` makes warnings fail an input; `select` and `ignore` are
    codes of findings.
    """

    artifacts: tuple[str, ...]
    directory: str = ""
    format: str = "yaml"
    explicit: bool = False
    check: bool = False
    stdout: bool = False
    is_batch: bool = False
    strict: bool = False
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)


class Outcome(NamedTuple):
    """The result of compiling an input.

    `state` is `written`, `unchanged` or, for `check`, `stale`; `failed` for an input with errors, or with a `problem`.
    `files` are the file names in `target`. `text` is the diff, for `shown` the artifact. `cached` marks the result of
    an earlier run.
    """

    path: str
    report: Report
    state: str
    target: str = ""
    files: tuple[str, ...] = ()
    problem: str = ""
    text: str = ""
    cached: bool = False


class _Input(NamedTuple):
    """An input that was examined, and the fingerprints of its dependencies."""

    path: str
    examined: Examined
    fingerprints: dict[str, str]


class DocumentCompiler:
    """Compiles inputs, a few at a time; files that several of them share are read once.

    With `changes`, the outcome of an unchanged input is None. `section` returns what reports show of changes.
    """

    def __init__(
        self,
        output: OutputSettings,
        settings: Settings,
        cache: Cache | None = None,
        changes: Changes | None = None,
        section: Callable[[Resolved], dict[str, Any]] | None = None,
    ) -> None:
        self.section = section
        self.output = output
        self.settings = settings
        self.cache = cache
        self.changes = changes
        self.files = Files()
        self.files.added_root, self.files.searched = settings.root, settings.searched
        self.targets: dict[str, str] = {}
        self.text_of: PartText = PartTexts() if output.is_batch else part_text
        self.top = output.directory or DEFAULT_OUT
        self.writer = Writer(self.top)
        self.tracker: DependencyTracker | None = None
        if cache is not None or changes is not None:
            from compiler.fleet.fingerprints import DependencyTracker

            self.tracker = DependencyTracker(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[Outcome | None]:
        """Compile some inputs, and write, compare or return the artifacts of those without errors."""
        with self.writer:
            return self._outcomes(paths)

    def _outcomes(self, paths: Sequence[str]) -> list[Outcome | None]:
        outcomes: list[Outcome | None] = []
        pending: list[str] = []
        for path in paths:
            entry = self._cached(path)
            if entry is None:
                pending.append(path)
                continue
            # In the order of the inputs, because two may compile to the same directory.
            outcomes += self._compile(pending)
            pending = []
            if self._is_unchanged(path, entry.fingerprints):
                outcomes.append(None)
            else:
                outcomes.append(self._replay(path, entry) or self._compile([path], changed=True)[0])
        return outcomes + self._compile(pending)

    def _compile(self, paths: list[str], changed: bool = False) -> list[Outcome | None]:
        """Compile inputs, step by step for all of them; None for those that have not changed, unless `changed`."""
        if not paths:
            return []
        tracker = self.tracker
        if tracker is not None:
            tracker.clear()
        inputs = []
        for path in paths:
            if tracker is not None:
                tracker.start(path)
            examined = examine(path, self.settings, self.files)
            if changed or tracker is None or not self._is_unchanged(path, tracker.paths(path)):
                # Before anything is written: artifacts may be dependencies.
                fingerprints = tracker.fingerprints(path) if tracker is not None and self.cache is not None else {}
                inputs.append(_Input(path, examined, fingerprints))
        output = self.output
        outcomes = {}
        for each in inputs:
            report, resolved = each.examined
            changes = self.section(resolved) if self.section is not None and resolved is not None else None
            files = render(resolved, report, output.artifacts, output.format, output.explicit, self.text_of, changes)
            outcomes[each.path] = self._write(each, files)
        return [outcomes.get(path) for path in paths]

    def _write(self, document: _Input, files: dict[str, str] | None) -> Outcome:
        path, examined, _ = document
        report = examined.report
        name = examined.resolved.context.input.name if examined.resolved is not None else None
        if self.cache is None or path == STANDARD_INPUT:
            return self._outcome(path, report, name, files)
        from compiler.fleet.cache import packed

        # All findings are cached; the selection is applied to the copy that is shown.
        data, outside = packed(report), _reads_outside(report.diagnostics)
        outcome = self._outcome(path, report, name, files)
        if not (outcome.problem or outside):
            self._store(self.cache, document, data, outcome, name, files)
        return outcome

    def _outcome(self, path: str, report: Report, name: str | None, files: dict[str, str] | None) -> Outcome:
        output = self.output
        report.select(output.select, output.ignore)
        if report.fails(output.strict):
            return Outcome(path, report, FAILED)
        if name is None or files is None:
            problem = f"{report.path} is a structured file, not a server: check it with kasc check"
            return Outcome(path, report, FAILED, problem=problem)
        if output.stdout:
            return Outcome(path, report, SHOWN, text=_stream_of(files))
        subdirectory, target, listed = self._subdirectory(name), self._target(name), tuple(files)
        if self.targets.setdefault(target, path) != path:
            return Outcome(path, report, UNCHANGED, target, listed)
        try:
            if output.check:
                text = differences(self.top, files, subdirectory)
                return Outcome(path, report, STALE if text else UNCHANGED, target, listed, text=text)
            state = WRITTEN if self.writer.write(files, subdirectory) else UNCHANGED
            return Outcome(path, report, state, target, listed)
        except OSError as error:
            problem = f"cannot {'read' if output.check else 'write'} {error.filename or target}: {reason(error)}"
            return Outcome(path, report, FAILED, target, listed, problem)

    def _subdirectory(self, name: str) -> str:
        """Return the name of an input's directory in the output directory; empty if it is that directory itself."""
        if self.output.directory and not self.output.is_batch:
            return ""
        # Whatever the name of an input, its directory is inside the output directory.
        is_valid = name.isprintable() and "/" not in name and name not in ("", ".", "..")
        return name if is_valid else "kube-apiserver"

    def _target(self, name: str) -> str:
        subdirectory = self._subdirectory(name)
        return os.path.join(self.top, subdirectory) if subdirectory else self.top

    def _is_unchanged(self, path: str, dependencies: Iterable[str]) -> bool:
        return self.changes is not None and not self.changes.touches([path, *dependencies])

    def _cached(self, path: str) -> Entry | None:
        """Return the cache entry of an input if it is still valid."""
        if self.cache is None or self.tracker is None or path == STANDARD_INPUT:
            return None
        entry = self.cache.find(path)
        return entry if entry is not None and self.tracker.is_unchanged(path, entry.fingerprints) else None

    def _replay(self, path: str, entry: Entry) -> Outcome | None:
        """Return the cached outcome; None if the artifacts on disk are missing or different."""
        from compiler.fleet.cache import unpacked

        report = unpacked(path, entry.report)
        report.root = self.files.root_of(path)
        report.select(self.output.select, self.output.ignore)
        if report.fails(self.output.strict):
            return Outcome(path, report, FAILED, cached=True)
        if entry.name is None or entry.files is None:
            return None
        target = self._target(entry.name)
        listed = tuple(entry.files)
        if self.targets.setdefault(target, path) == path and not self._are_current(path, target, entry.files, entry):
            return None
        return Outcome(path, report, UNCHANGED, target, listed, cached=True)

    def _are_current(self, path: str, target: str, files: dict[str, str], entry: Entry) -> bool:
        """Return whether the artifacts on disk are those of the entry.

        An unchanged file status since they were last read is enough, except for `--check`, which verifies the content.
        """
        from compiler.fleet.fingerprints import fingerprint

        status = self._status(target, files)
        if status is None:
            return False
        if status == entry.status and not self.output.check:
            return True
        if any(fingerprint(f"{target}/{name}") != expected for name, expected in files.items()):
            return False
        if self.cache is not None and not self.output.check:
            self.cache.store(path, entry._replace(status=status))
        return True

    def _store(
        self,
        cache: Cache,
        document: _Input,
        report: list[Any],
        outcome: Outcome,
        name: str | None,
        files: dict[str, str] | None,
    ) -> None:
        from compiler.fleet.cache import Entry
        from compiler.fleet.fingerprints import digest

        path, _, fingerprints = document
        if any(is_key_material(file) for file in fingerprints):
            return  # the input has a key in place of a path
        artifacts: dict[str, str] | None = None
        status: str | None = None
        if outcome.state in (WRITTEN, UNCHANGED, STALE) and files is not None:
            artifacts = {file: digest(text.encode()) for file, text in files.items()}
            if outcome.state != STALE and self.targets[outcome.target] == path:
                status = self._status(outcome.target, files)
        cache.store(path, Entry(fingerprints, report, name, artifacts, status or ""))

    def _status(self, target: str, files: Iterable[str]) -> str | None:
        """Return size, inode and times of each file; None if one is not a regular file or in a linked directory."""
        result = []
        directories = set() if target == self.top else {target}
        try:
            for name in files:
                path = f"{target}/{name}"
                file = os.lstat(path)
                if not stat.S_ISREG(file.st_mode):
                    return None
                result.append(f"{file.st_size} {file.st_ino} {file.st_mtime_ns} {file.st_ctime_ns}")
                if "/" in name:
                    directories.add(os.path.dirname(path))
            if not all(stat.S_ISDIR(os.lstat(path).st_mode) for path in directories):
                return None
        except OSError:
            return None
        return " ".join(result)


def _reads_outside(diagnostics: list[Diagnostic]) -> bool:
    """Return whether an input refers to a file outside its root: it is not read, so changes to it go unnoticed."""
    return any(each.code == rules.FILE_OUTSIDE_ROOT.code for each in diagnostics)


def _stream_of(files: dict[str, str]) -> str:
    """Return the files of one artifact as a string; several files are YAML documents below their names."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "".join(f"---\n# {name}\n{text}" for name, text in files.items())
