"""Inputs from their files to resolved configs and reports: what every command begins with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Problems, Report, diagnose
from compiler.inputs.server import Host, ServerInput
from compiler.inputs.source import STANDARD_INPUT, STANDARD_INPUT_NAME, Files
from compiler.inputs.source.node import Source
from compiler.review.risks import find_risks
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of, nearest, versions

if TYPE_CHECKING:
    from compiler.inputs.importers.config_file import CarriedFile


class Settings(NamedTuple):
    """How inputs are read: `read_as` forces a kind, `version` wins over what the input says.

    `policy` names the policy that servers are judged by as well. `root` is a directory of files that inputs may name,
    besides the git work tree or the directory that they are in. `searched` are directories that were searched.
    """

    read_as: str | None = None
    version: str | None = None
    host: Host = Host()
    policy: str | None = None
    root: str = ""
    searched: tuple[str, ...] = ()


DEFAULTS = Settings()
# Findings that end the reading and say nothing about a server: the file is not readable, or not of a known kind.
_UNREAD = frozenset(
    (
        *(rules.UNREADABLE_FILE.code, rules.FILE_TOO_LARGE_OR_DEEP.code, rules.FILE_NOT_UTF8.code),
        *(
            rules.UNRECOGNIZED_INPUT.code,
            rules.NO_KUBE_APISERVER_COMMAND.code,
            rules.UNKNOWN_KIND_OF_CONFIG_FILE.code,
            rules.MALFORMED_UNRECOGNIZED_INPUT.code,
        ),
    )
)
_VERSION = frozenset(
    (rules.NO_KUBERNETES_VERSION.code, rules.UNSUPPORTED_KUBERNETES_VERSION.code, rules.UNCONFIRMED_FACT.code)
)


class Examined(NamedTuple):
    """`resolved` is None where the input could not be read at all, which the report then says, and for a structured
    file, which is no server.
    """

    report: Report
    resolved: Resolved | None


def examine(path: str, settings: Settings = DEFAULTS, files: Files | None = None) -> Examined:
    """Read, check and resolve one input. Never raises for a fault of the input.

    `files` may be shared between calls of one run, so that common parents are parsed once.
    """
    files = files or Files()
    files.added_root, files.searched = settings.root, settings.searched
    parsed = _read(path, settings, files)
    examined = _resolve(parsed, settings, files)
    if parsed.carried:
        _add_carried(examined.report, parsed.carried, path, settings, files)
    examined.report.note_unlisted()
    return examined


class ParsedInput(NamedTuple):
    """An input that was read; `server` is None if it could not be, which the report then says.

    `carried` are the files in its ConfigMaps and Secrets.
    """

    report: Report
    source: Source | None = None
    server: ServerInput | None = None
    carried: Sequence[CarriedFile] = ()


def _resolve(parsed: ParsedInput, settings: Settings, files: Files) -> Examined:
    report, source, given, _ = parsed
    if source is None or given is None:
        return Examined(report, None)
    resolved = resolve(catalog(report.kubernetes_version), given, settings.host, report)
    return _end(resolved, source, settings, files)


def _read(path: str, settings: Settings, files: Files) -> ParsedInput:
    report = Report(STANDARD_INPUT_NAME if path == STANDARD_INPUT else path)
    report.root = files.root_of(path)
    try:
        source = files.read(path)
        if path == STANDARD_INPUT:
            report.texts[source.name] = source.text
    except KascError as error:
        return _failed(report, error, settings, files)
    return _read_source(source, path, settings, files, report)


def _read_source(source: Source, path: str, settings: Settings, files: Files, report: Report) -> ParsedInput:
    from compiler.inputs.importers import read_detected
    from compiler.inputs.importers.detect import detect

    carried: Sequence[CarriedFile] = ()
    problems = Problems()
    try:
        detected = detect(source, settings.read_as, settings.version, problems)
        if detected.kind in ("manifest", "pod") and ("ConfigMap" in source.text or "Secret" in source.text):
            from compiler.inputs.importers.config_file import carried_files

            carried = carried_files(detected.roots, settings.read_as, settings.version)
        given = read_detected(detected, source, path, settings.version, problems, files)
    except KascError as error:
        report.extend(problems)
        if carried and error.diagnostic.code in _UNREAD:
            return ParsedInput(report, carried=carried)
        return _failed(report, error, settings, files)
    report.extend(problems)
    report.unlisted.update(given.unlisted)
    report.read_as, report.static_pod = given.read_as, given.static_pod
    report.kubernetes_version = _version_of(given, settings, report, source)
    return ParsedInput(report, source, given, carried)


def _failed(report: Report, error: KascError, settings: Settings, files: Files) -> ParsedInput:
    report.add_last(error.diagnostic)
    _clarify(report, files)
    report.unread = error.diagnostic.code in _UNREAD
    report.read_as = settings.read_as or ""
    report.kubernetes_version = nearest(settings.version)
    return ParsedInput(report)


def _add_carried(report: Report, carried: Sequence[CarriedFile], path: str, settings: Settings, files: Files) -> None:
    """Examine the files that a manifest carries, and report on them at their places in the manifest."""
    for number, file in enumerate(carried):
        inner = Report(report.path)
        inner.texts[file.source.name] = file.source.text
        _resolve(
            _read_source(file.source, path, settings._replace(read_as=file.read_as), files, inner), settings, files
        )
        report.read_as = report.read_as or inner.read_as
        report.kubernetes_version = report.kubernetes_version or inner.kubernetes_version
        # The version is that of the whole manifest.
        said = number or report.read_as == "pod"
        report.extend(file.placed(found) for found in inner.diagnostics if not (said and found.code in _VERSION))
        report.unlisted.update(inner.unlisted)
        if file.secret:
            report.concealed |= {file.node.source.name}


def _end(resolved: Resolved, source: Source, settings: Settings, files: Files) -> Examined:
    """Look for risks, judge by the policy, and take out what the input suppresses."""
    report = resolved.context.report
    find_risks(resolved, report)
    if report.rejected:
        _clarify(report, files, resolved)
        asked = settings.version or resolved.context.input.version
        if asked is not None and minor_of(asked) != minor_of(report.kubernetes_version):
            from compiler.review.clarify import mark_errors

            mark_errors(report, asked, report.kubernetes_version)
    if not resolved.context.input.certain:
        # A file that only seems to be of its kind is never changed.
        report.diagnostics = [found._replace(fix=()) for found in report.diagnostics]
    alone = report.read_as == "config-file"
    if alone:
        # The server around a structured file is made up: only what is said of the file itself counts.
        report.diagnostics = [each for each in report.diagnostics if each.location is None or each.location.file]
    elif settings.policy is not None:
        from compiler.review.policies import judge

        report.policy = judge(settings.policy, resolved, report)
    if "kasc:" in source.text or any(_is_soft_in_another(found, source.name) for found in report.diagnostics):
        from compiler.review.suppression import suppress

        suppress(report, source, files.read)
    if any(found.fix for found in report.diagnostics):
        from compiler.review.fixes import narrow_fixes

        report.diagnostics = narrow_fixes(report.diagnostics, source, files.read)
    return Examined(report, None if alone else resolved)


def _clarify(report: Report, files: Files, resolved: Resolved | None = None) -> None:
    """Let the hints of errors name causes that only the text of the files shows."""
    from compiler.review.clarify import clarify

    nodes = [file.root.node for file in resolved.context.config_files] if resolved is not None else []
    read_before = {node.source.name: node.source.text for node in nodes if node is not None} | report.texts

    def read(name: str) -> str:
        try:
            return read_before[name] if name in read_before else files.read(name).text
        except KascError:
            return ""

    clarify(report, read, resolved)


def _is_soft_in_another(found: Diagnostic, name: str) -> bool:
    """Whether a comment in another file than the input itself may suppress a finding."""
    return found.severity != ERROR and found.location is not None and found.location.file != name


def _version_of(given: ServerInput, settings: Settings, report: Report, source: Source) -> str:
    """The known minor version to check against, with a note if it is not the one that was asked for."""
    # The flags around a structured file have no place, but its version has one.
    start = given.start if given.start.file else Location(source.name, 1, 1, 1, 2)
    asked = settings.version or given.version
    if asked is None:
        newest = nearest(None)
        report.add(
            diagnose(
                rules.NO_KUBERNETES_VERSION,
                f"the input names no Kubernetes version; {newest} is assumed",
                "set kubernetesVersion" if given.read_as == "document" else "pass --kubernetes-version",
                location=start,
            )
        )
        return newest
    known = nearest(asked)
    # A version from the command line stands nowhere in the input.
    inside = settings.version is None
    where = (given.version_location if inside else None) or start
    path = "kubernetesVersion" if inside and given.read_as == "document" else ""
    if minor_of(known) != minor_of(asked):
        report.add(
            diagnose(
                rules.UNSUPPORTED_KUBERNETES_VERSION,
                f"nothing is recorded of Kubernetes {asked}; checked with {known}, the nearest known version",
                f"known are {versions()[0]} to {versions()[-1]}",
                path=path,
                location=where,
            )
        )
    return known
