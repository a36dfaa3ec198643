"""`kasc upgrade INPUT... --to 1.NN`: what the next Kubernetes versions break and change, and the edits."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.changes.upgrade import UNREADABLE, upgrade
from compiler.cli.arguments import UsageError
from compiler.cli.batch import changes_of, in_shard, jobs_for, results_of
from compiler.cli.common import (
    FINE,
    HAS_ERRORS,
    USAGE,
    find_inputs,
    publish,
    screen_height,
    settings_from,
    usage_error,
    worst,
)
from compiler.cli.reporters import MARKDOWN, write_page
from compiler.cli.writing import difference, require_writable, write_all
from compiler.diagnostics import ERROR, WARNING, is_selected
from compiler.inputs.source import STANDARD_INPUT, Files, file_key
from compiler.review.examine import Settings
from compiler.text import aligned, clean_line, clean_lines, counted, say
from compiler.upstream.catalog.facts import versions

if TYPE_CHECKING:
    from compiler.changes.upgrade.hop import Upgrade
    from compiler.diagnostics import Report
    from compiler.fleet.fingerprints import DependencyTracker
    from compiler.fleet.selection import Changes
    from compiler.review.fixes import FixedFile


def run(options: Namespace) -> int:
    """Report the upgrade of every input, and with --write apply the edits."""
    problems: list[str] = []
    try:
        settings, target = settings_from(options), _target(options.to)
        if options.write and options.diff:
            raise UsageError("--write cannot be combined with --diff")
        paths = in_shard(
            options,
            find_inputs(options.inputs, problems, servers_only=True, verbose=options.verbose, root=settings.root),
        )
        changes = changes_of(options, paths)
        if options.write or options.diff:
            if options.write and STANDARD_INPUT in paths:
                raise UsageError("standard input cannot be changed in place: pass a file, or use --diff")
            require_writable(paths, settings)
        work = Upgrader(target, settings, options.hold, changes)
        upgrades = [each for each in results_of(work, paths, jobs_for(options, len(paths))) if each is not None]
        changed = _changed_files(upgrades, target, settings, options.hold) if options.write or options.diff else []
        if options.write:
            require_writable([file.name for file in changed], settings)
            write_all(changed)
    except UsageError as error:
        return usage_error(error)
    if changes is not None and not upgrades and not options.quiet:
        say(f"no input changed since {changes.ref}")
    code = worst(*(_code(each, options) for each in upgrades), USAGE if problems else FINE)
    _report(options, [_selected(each, options) for each in upgrades], changed)
    for problem in problems:
        usage_error(problem)
    return code


def _target(text: str) -> str:
    """Return the minor version to upgrade to. Raises UsageError if it is not known."""
    known = versions()
    parts = text.removeprefix("v").split(".")
    target = ".".join(parts[:2])
    if target not in known or not all(part.isdecimal() for part in parts):
        raise UsageError(f"invalid --to {text!r}: known versions are {known[0]} to {known[-1]}")
    return target


class Upgrader:
    """The work of a process: upgrade a few inputs. It can be pickled."""

    def __init__(self, target: str, settings: Settings, hold: bool, changes: Changes | None) -> None:
        self.target = target
        self.settings = settings
        self.hold = hold
        self.changes = changes
        self.files = Files()
        self.tracker: DependencyTracker | None = None
        if changes is not None:
            from compiler.fleet.fingerprints import DependencyTracker

            self.tracker = DependencyTracker(self.files, settings.host)

    def __call__(self, paths: Sequence[str]) -> list[Upgrade | None]:
        """Return the upgrade of each input, None for those that did not change."""
        if self.tracker is not None:
            self.tracker.clear()
        return [self._upgrade(path) for path in paths]

    def _upgrade(self, path: str) -> Upgrade | None:
        if self.tracker is not None:
            self.tracker.start(path)
        result = upgrade(path, self.target, self.settings, self.files, hold=self.hold)
        if self.tracker is None or self.changes is None:
            return result
        return result if self.changes.touches([path, *self.tracker.paths(path)]) else None


def _changed_files(upgrades: Sequence[Upgrade], target: str, settings: Settings, hold: bool) -> list[FixedFile]:
    """Return all files before and after the edits; those that inputs share have the edits of all of them."""
    changed: dict[str, FixedFile] = {}
    for each in upgrades:
        files = each.files
        if any(file_key(file.name) in changed and changed[file_key(file.name)].after != file.after for file in files):
            texts = Files({key: file.after for key, file in changed.items()})
            own = settings._replace(version=each.old)
            files = upgrade(each.report.path, target, own, texts, hold=hold).files
        for file in files:
            first = changed.get(file_key(file.name))
            changed[file_key(file.name)] = file if first is None else first._replace(after=file.after)
    return [file for file in changed.values() if file.before != file.after]


def _code(result: Upgrade, options: Namespace) -> int:
    """Return the exit code of an input: 1 if servers do not start after the upgrade with its files as they are now.

    With --strict, it is 1 for new warnings as well.
    """
    if result.problem:
        return USAGE
    if not result.hops:
        return HAS_ERRORS if result.report.fails(options.strict) else FINE
    warned = any(each.severity == WARNING for hop in result.hops for each in hop.diagnostics)
    fails = not result.repaired if options.write else result.breaks
    return HAS_ERRORS if fails or (options.strict and warned) else FINE


def _selected(result: Upgrade, options: Namespace) -> Upgrade:
    """Return an upgrade with the diagnostics that --select and --ignore leave; the outcomes stay."""
    result.report.select(options.select, options.ignore)
    hops = (
        hop._replace(
            diagnostics=tuple(
                each for each in hop.diagnostics if is_selected(each.code, options.select, options.ignore)
            )
        )
        for hop in result.hops
    )
    return result._replace(hops=tuple(hops))


def _report(options: Namespace, upgrades: Sequence[Upgrade], changed: Sequence[FixedFile]) -> None:
    if options.diff:
        # Standard output is reserved for reports that programs read.
        stream = sys.stdout if options.output == "text" else sys.stderr
        stream.write(clean_lines("".join(map(difference, changed))))
    if options.output == "json":
        _write_json(upgrades)
    elif options.output == "text":
        _write_text(options, upgrades)
    elif options.output == MARKDOWN:
        from compiler.cli.reporters.markdown import upgrade as markdown

        write_page(markdown.render(upgrades, options.to))
    else:
        publish(options, [_report_of(each) for each in upgrades])
    if options.write and not options.quiet:
        for file in changed:
            say(f"{file.name}: {counted(file.fixes, 'edit')}")


def _report_of(result: Upgrade) -> Report:
    """Return the report of an input with the diagnostics of all hops."""
    report = result.report
    if result.hops:
        report.diagnostics = []
        report.extend(each for hop in result.hops for each in hop.diagnostics)
        report.kubernetes_version = result.new
    return report


def _write_json(upgrades: Sequence[Upgrade]) -> None:
    import json

    from compiler.changes.upgrade.report import as_data
    from compiler.cli.reporters.json import as_data as report_data
    from compiler.cli.reporters.json import diagnostic_data

    data = report_data([each.report for each in upgrades])
    for file, each in zip(data["files"], upgrades, strict=True):
        file["upgrade"] = as_data(each, diagnostic_data)
    sys.stdout.write(json.dumps(data, indent=1) + "\n")


def _write_text(options: Namespace, upgrades: Sequence[Upgrade]) -> None:
    from compiler.changes.upgrade.report import COLUMNS, as_text, table_row

    lines: list[str] = []
    if len(upgrades) > 1:
        lines = aligned([COLUMNS, *map(table_row, upgrades)])
    height = None if options.verbose else screen_height()
    for each in upgrades:
        if len(upgrades) == 1 or options.verbose or each.problem:
            lines += as_text(each, height)
    for each in upgrades:
        if each.problem == UNREADABLE:
            _write_errors(each.report)
    for line in lines:
        print(clean_line(line))


def _write_errors(report: Report) -> None:
    """Write why an input cannot be read."""
    from compiler.cli.reporters.text import findings, wants_colour, width_of

    errors = [each for each in report.sorted() if each.severity == ERROR]
    style = wants_colour(sys.stdout), width_of(sys.stdout), sys.stdout.encoding or "utf-8"
    for line in findings(report, errors, *style):
        print(line)
