"""One document of many, from its file to its folder: what happened is an Outcome, nothing is printed."""

from __future__ import annotations

import os
import stat
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.artifacts import render
from compiler.artifacts.differences import differences
from compiler.artifacts.fileset import Writer
from compiler.artifacts.yamlio import PartText, part_text
from compiler.cli.common import fails, keep_selected, reason
from compiler.diagnostics import Diagnostic, Report
from compiler.fleet.memo import PartTexts
from compiler.inputs.source import STANDARD_INPUT, Files
from compiler.review.examine import Examined, Settings, examine
from compiler.text.redaction import is_key_material

if TYPE_CHECKING:
    from compiler.fleet.cache import Cache, Entry
    from compiler.fleet.fingerprints import Seen
    from compiler.fleet.selection import Changes

DEFAULT_OUT = "compiled"
WRITTEN, UNCHANGED, STALE, FAILED, SHOWN = "written", "unchanged", "stale", "failed", "shown"


class Outcome(NamedTuple):
    """What became of an input.

    `state` tells whether `target` was `written`, was found `unchanged`, or would change (`stale`); `failed` is what
    has errors, or a `problem` in words. `files` are the names below the target. `text` is a diff, or for `shown` the
    artifact. `cached` tells that a former run had found out all that.
    """

    path: str
    report: Report
    state: str
    target: str = ""
    files: tuple[str, ...] = ()
    problem: str = ""
    text: str = ""
    cached: bool = False


class _Read(NamedTuple):
    """An input that was examined, and what it depends on."""

    path: str
    examined: Examined
    signs: dict[str, str]


class DocumentCompiler:
    """Compiles inputs, a few at a time, as the options ask for. What it reads for several of them it keeps.

    `names` are the artifacts to make; `many` gives every input a folder of its own. With `changes`, inputs that did
    not change give None.
    """

    def __init__(
        self,
        options: Namespace,
        names: list[str],
        settings: Settings,
        many: bool,
        cache: Cache | None = None,
        changes: Changes | None = None,
    ) -> None:
        self.options = options
        self.names = names
        self.settings = settings
        self.many = many
        self.cache = cache
        self.changes = changes
        self.files = Files()
        self.files.added_root, self.files.searched = settings.root, settings.searched
        self.targets: dict[str, str] = {}
        self.text_of: PartText = PartTexts() if many else part_text
        self.top = str(options.out or DEFAULT_OUT)
        self.writer = Writer(self.top)
        self.seen: Seen | None = None
        if cache is not None or changes is not None:
            from compiler.fleet.fingerprints import Seen

            self.seen = Seen(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[Outcome | None]:
        """Compile some inputs, and write, compare or give what they compile to; nothing of what has errors."""
        with self.writer:
            return self._results(paths)

    def _results(self, paths: Sequence[str]) -> list[Outcome | None]:
        done: list[Outcome | None] = []
        waiting: list[str] = []
        for path in paths:
            entry = self._known(path)
            if entry is None:
                waiting.append(path)
                continue
            # In the order of the inputs, for two may claim the same folder.
            done += self._compiled(waiting)
            waiting = []
            if self._is_untouched(path, entry.signs):
                done.append(None)
            else:
                done.append(self._replayed(path, entry) or self._compiled([path], touched=True)[0])
        return done + self._compiled(waiting)

    def _compiled(self, paths: list[str], touched: bool = False) -> list[Outcome | None]:
        """Compile inputs, step by step for all of them; unless `touched`, those that did not change are left out."""
        if not paths:
            return []
        if self.seen is not None:
            self.seen.forget()
        read = []
        for path in paths:
            if self.seen is not None:
                self.seen.turn_to(path)
            examined = examine(path, self.settings, self.files)
            if touched or self.seen is None or not self._is_untouched(path, self.seen.paths(path)):
                # Before anything is written: what is compiled is what was read.
                signs = self.seen.signed(path) if self.seen is not None and self.cache is not None else {}
                read.append(_Read(path, examined, signs))
        options = self.options
        done = {}
        for each in read:
            report, resolved = each.examined
            files = render(resolved, report, self.names, options.format, options.explicit, self.text_of)
            done[each.path] = self._written(each, files)
        return [done.get(path) for path in paths]

    def _written(self, read: _Read, files: dict[str, str] | None) -> Outcome:
        path, examined, signs = read
        report = examined.report
        name = examined.resolved.context.input.name if examined.resolved is not None else None
        if self.cache is None or path == STANDARD_INPUT:
            return self._judged(path, report, name, files)
        from compiler.fleet.cache import packed

        # All that is found wrong is known then; what is not shown of it depends on the options.
        raw, outside = packed(report), _reads_outside(report.diagnostics)
        outcome = self._judged(path, report, name, files)
        if not (outcome.problem or outside):
            self._keep(path, signs, raw, outcome, name, files)
        return outcome

    def _judged(self, path: str, report: Report, name: str | None, files: dict[str, str] | None) -> Outcome:
        options = self.options
        keep_selected(options, [report])
        if fails(report, options.strict):
            return Outcome(path, report, FAILED)
        if name is None or files is None:
            problem = f"{report.path} is a structured file, no server: check it with kasc check"
            return Outcome(path, report, FAILED, problem=problem)
        if options.stdout:
            return Outcome(path, report, SHOWN, text=_stream_of(files))
        below, target, listed = self._below(name), self._target(name), tuple(files)
        if self.targets.setdefault(target, path) != path:
            return Outcome(path, report, UNCHANGED, target, listed)
        try:
            if options.check:
                text = differences(self.top, files, below)
                return Outcome(path, report, STALE if text else UNCHANGED, target, listed, text=text)
            return Outcome(path, report, WRITTEN if self.writer.write(files, below) else UNCHANGED, target, listed)
        except OSError as error:
            doing = "read" if options.check else "written"
            problem = f"{error.filename or target} cannot be {doing}: {reason(error)}"
            return Outcome(path, report, FAILED, target, listed, problem)

    def _below(self, name: str) -> str:
        """The directory of an input below the output directory; empty if it is that directory itself."""
        if self.options.out and not self.many:
            return ""
        # Whatever an input calls itself, its folder lies in the one that was asked for.
        inside = name.isprintable() and "/" not in name and name not in ("", ".", "..")
        return name if inside else "kube-apiserver"

    def _target(self, name: str) -> str:
        below = self._below(name)
        return os.path.join(self.top, below) if below else self.top

    def _is_untouched(self, path: str, read: Iterable[str]) -> bool:
        return self.changes is not None and not self.changes.touches([path, *read])

    def _known(self, path: str) -> Entry | None:
        """What a former run found out, where it still holds."""
        if self.cache is None or self.seen is None or path == STANDARD_INPUT:
            return None
        entry = self.cache.find(path)
        return entry if entry is not None and self.seen.is_same(path, entry.signs) else None

    def _replayed(self, path: str, entry: Entry) -> Outcome | None:
        """The same outcome again; None where the artifacts are not, or not right, on disk."""
        from compiler.fleet.cache import unpacked

        report = unpacked(path, entry.report)
        report.root = self.files.root_of(path)
        keep_selected(self.options, [report])
        if fails(report, self.options.strict):
            return Outcome(path, report, FAILED, cached=True)
        if entry.name is None or entry.files is None:
            return None
        target = self._target(entry.name)
        listed = tuple(name for name, _, _ in entry.files)
        if self.targets.setdefault(target, path) == path and not self._are_right(path, target, entry):
            return None
        return Outcome(path, report, UNCHANGED, target, listed, cached=True)

    def _are_right(self, path: str, target: str, entry: Entry) -> bool:
        """Whether the artifacts on disk are what they were. The file system's word that nothing touched them since
        they were last read is enough, but not for `--check`, which is there to distrust.
        """
        from compiler.fleet.fingerprints import sign_of

        assert entry.files is not None  # noqa: S101
        places = [f"{target}/{name}" for name, _, _ in entry.files]
        stats = self._stats(target, [name for name, _, _ in entry.files])
        if stats is None or [stat[0] for stat in stats] != [size for _, size, _ in entry.files]:
            return False
        if stats == entry.stats and not self.options.check:
            return True
        if any(sign_of(place) != sign for place, (_, _, sign) in zip(places, entry.files, strict=True)):
            return False
        if self.cache is not None and not self.options.check:
            self.cache.keep(path, entry._replace(stats=stats))
        return True

    def _keep(
        self,
        path: str,
        signs: dict[str, str],
        raw: list[Any],
        outcome: Outcome,
        name: str | None,
        files: dict[str, str] | None,
    ) -> None:
        from compiler.fleet.cache import Entry
        from compiler.fleet.fingerprints import digest

        if any(is_key_material(file) for file in signs):
            return  # somebody gave a key in place of a path
        made: list[tuple[str, int, str]] | None = None
        stats: list[Any] | None = None
        if outcome.state in (WRITTEN, UNCHANGED, STALE) and files is not None:
            made = [(name, len(data), digest(data)) for name, data in ((n, t.encode()) for n, t in files.items())]
            if outcome.state != STALE and self.targets[outcome.target] == path:
                stats = self._stats(outcome.target, files)
        assert self.cache is not None  # noqa: S101
        self.cache.keep(path, Entry(signs, raw, name, made, stats or []))

    def _stats(self, target: str, files: Iterable[str]) -> list[list[int]] | None:
        """Size, number and times of each file; None if one is no regular file, or a link leads to it."""
        found = []
        directories = set() if target == self.top else {target}
        try:
            for name in files:
                path = f"{target}/{name}"
                status = os.lstat(path)
                if not stat.S_ISREG(status.st_mode):
                    return None
                found.append([status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns])
                if "/" in name:
                    directories.add(os.path.dirname(path))
            if not all(stat.S_ISDIR(os.lstat(path).st_mode) for path in directories):
                return None
        except OSError:
            return None
        return found


def _reads_outside(found: list[Diagnostic]) -> bool:
    """Whether an input names a file outside of its root, which is not read, so that nothing tells when it is moved."""
    return any(each.code == rules.FILE_OUTSIDE_ROOT.code for each in found)


def _stream_of(files: dict[str, str]) -> str:
    """The text of one artifact; several files are YAML documents, each with its name above it."""
    if len(files) == 1:
        return next(iter(files.values()))
    return "".join(f"---\n# {name}\n{text}" for name, text in files.items())
