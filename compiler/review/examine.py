"""Examining inputs: from files to resolved configs and reports, the first step of every command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Problems, Report, diagnose
from compiler.inputs import Host, ServerInput
from compiler.inputs.source import STANDARD_INPUT, STANDARD_INPUT_NAME, Files
from compiler.inputs.source.node import Source
from compiler.review.risks import find_risks
from compiler.rules.rule import is_own
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of, nearest, versions

if TYPE_CHECKING:
    from compiler.inputs.importers.carried import CarriedFile
    from compiler.review.policies import Policy


class Settings(NamedTuple):
    """How inputs are read: `read_as` sets the kind, `version` takes precedence over the version in the input.

    `release` is the version of the distribution whose file is read, empty if it is not given.
    `policies` are those to check servers against. `root` is a directory whose files inputs may name, in
    addition to their git work tree or directory. `searched` are the directories that were searched for inputs.
    """

    read_as: str | None = None
    version: str | None = None
    host: Host = Host()
    policies: tuple[Policy, ...] = ()
    root: str = ""
    searched: tuple[str, ...] = ()
    release: str = ""

    @property
    def policy_files(self) -> tuple[str, ...]:
        """The files of the policies, on which every result depends."""
        return tuple(path for policy in self.policies for path in policy.files)


DEFAULTS = Settings()
# The file could not be read or is of an unknown kind, so nothing is known about a server.
_UNREAD = frozenset(
    rule.code
    for rule in (
        rules.UNREADABLE_FILE,
        rules.FILE_TOO_LARGE_OR_DEEP,
        rules.FILE_NOT_UTF8,
        rules.UNRECOGNIZED_INPUT,
        rules.NO_KUBE_APISERVER_COMMAND,
        rules.UNKNOWN_KIND_OF_CONFIG_FILE,
        rules.MALFORMED_UNRECOGNIZED_INPUT,
    )
)
_ABOUT_VERSION = frozenset(
    rule.code for rule in (rules.NO_KUBERNETES_VERSION, rules.UNSUPPORTED_KUBERNETES_VERSION, rules.UNCONFIRMED_FACT)
)


class Examined(NamedTuple):
    """The result of examining an input.

    `resolved` is None if the input could not be read, which is reported, and for a structured file, which is not a
    server.
    """

    report: Report
    resolved: Resolved | None


def examine(path: str, settings: Settings = DEFAULTS, files: Files | None = None) -> Examined:
    """Read, resolve and check one input. Never raises for an error in the input.

    `files` may be shared between the calls of one run, so that common parents are parsed once.
    """
    files = files or Files()
    files.added_root, files.searched = settings.root, settings.searched
    parsed = read_input(path, settings, files)
    examined = _resolve(parsed, settings, files)
    if parsed.carried:
        _add_carried(examined.report, parsed.carried, path, settings, files)
    examined.report.note_unlisted()
    return examined


class ParsedInput(NamedTuple):
    """A parsed input; `server` is None if it could not be read, which is reported.

    `carried` are the files in its ConfigMaps and Secrets.
    """

    report: Report
    source: Source | None = None
    server: ServerInput | None = None
    carried: Sequence[CarriedFile] = ()


def _resolve(parsed: ParsedInput, settings: Settings, files: Files) -> Examined:
    report, source, server, _ = parsed
    if source is None or server is None:
        return Examined(report, None)
    resolved = resolve(catalog(report.kubernetes_version), server, settings.host, report)
    return _review(resolved, source, settings, files)


def read_input(path: str, settings: Settings, files: Files) -> ParsedInput:
    """Read one input without resolving its server. Never raises for an error in the input, which is reported."""
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
            from compiler.inputs.importers.carried import carried_files

            carried = carried_files(detected.roots, settings.read_as, settings.version)
        server = read_detected(
            detected, source, path, settings.version, problems, files, settings.host, settings.release
        )
    except KascError as error:
        report.extend(problems)
        if carried and error.diagnostic.code in _UNREAD:
            return ParsedInput(report, carried=carried)
        return _failed(report, error, settings, files)
    report.extend(problems)
    report.unlisted.update(server.unlisted)
    report.read_as, report.static_pod = server.read_as, server.static_pod
    report.kubernetes_version = _version_of(server, settings, report, source)
    return ParsedInput(report, source, server, carried)


def _failed(report: Report, error: KascError, settings: Settings, files: Files) -> ParsedInput:
    report.add_last(error.diagnostic)
    _clarify(report, files)
    report.unread = error.diagnostic.code in _UNREAD
    report.read_as = settings.read_as or ""
    report.kubernetes_version = nearest(settings.version)
    return ParsedInput(report)


def _add_carried(report: Report, carried: Sequence[CarriedFile], path: str, settings: Settings, files: Files) -> None:
    """Examine the files in a manifest's ConfigMaps and Secrets, and report at their locations in the manifest."""
    for number, file in enumerate(carried):
        inner = Report(report.path)
        inner.texts[file.source.name] = file.source.text
        _resolve(
            _read_source(file.source, path, settings._replace(read_as=file.read_as), files, inner), settings, files
        )
        report.read_as = report.read_as or inner.read_as
        report.kubernetes_version = report.kubernetes_version or inner.kubernetes_version
        # The version is reported once, for the whole manifest.
        reported = number or report.read_as == "pod"
        report.extend(file.placed(each) for each in inner.diagnostics if not (reported and each.code in _ABOUT_VERSION))
        report.unlisted.update(inner.unlisted)
        if file.secret:
            report.concealed |= {file.node.source.name}


def _review(resolved: Resolved, source: Source, settings: Settings, files: Files) -> Examined:
    """Check for risks and against the policies, and remove the findings that comments suppress."""
    report = resolved.context.report
    find_risks(resolved, report)
    if report.rejected:
        _clarify(report, files, resolved)
        requested = settings.version or resolved.context.input.version
        if requested is not None and minor_of(requested) != minor_of(report.kubernetes_version):
            from compiler.review.clarify import mark_errors

            mark_errors(report, requested, report.kubernetes_version)
    if resolved.context.input.dialect is not None:
        from compiler.review.dialects import in_terms_of

        in_terms_of(resolved.context.input.dialect, report, resolved.context)
    if not resolved.context.input.certain:
        # A file whose kind was inferred is never modified.
        report.diagnostics = [each._replace(fix=()) for each in report.diagnostics]
    is_config_file = report.read_as == "config-file"
    if is_config_file:
        # The server around a structured file is synthetic: only findings about the file itself are reported.
        report.diagnostics = [each for each in report.diagnostics if each.location is None or each.location.file]
    else:
        for policy in settings.policies:
            report.policies += policy.judge(resolved, report)
    if "kasc:" in source.text or any(_may_be_suppressed(each, source.name) for each in report.diagnostics):
        from compiler.review.comments_and_edits import suppress

        suppress(report, source, files.read)
    if any(each.fix for each in report.diagnostics):
        from compiler.review.comments_and_edits import narrow_fixes

        report.diagnostics = narrow_fixes(report.diagnostics, source, files.read)
    return Examined(report, None if is_config_file else resolved)


def _clarify(report: Report, files: Files, resolved: Resolved | None = None) -> None:
    """Replace the hints of errors with causes that only show in the text of the files."""
    from compiler.review.clarify import clarify

    nodes = [file.root.node for file in resolved.context.config_files] if resolved is not None else []
    texts = {node.source.name: node.source.text for node in nodes if node is not None} | report.texts

    def read(name: str) -> str:
        try:
            return texts[name] if name in texts else files.read(name).text
        except KascError:
            return ""

    clarify(report, read, resolved)


def _may_be_suppressed(diagnostic: Diagnostic, name: str) -> bool:
    """Return whether a comment in a file other than the input `name` may suppress a diagnostic."""
    location = diagnostic.location
    is_error = diagnostic.severity == ERROR and not is_own(diagnostic.code)
    return not is_error and location is not None and location.file != name


def _version_of(server: ServerInput, settings: Settings, report: Report, source: Source) -> str:
    """Return the supported minor version to check with; reported if it is not the requested one."""
    # The synthetic flags around a structured file have no location, but the diagnostic needs one.
    start = server.start if server.start.file else Location(source.name, 1, 1, 1, 2)
    requested = settings.version or server.version
    if requested is None:
        newest = nearest(None)
        report.add(
            diagnose(
                rules.NO_KUBERNETES_VERSION,
                f"the input does not name a Kubernetes version; assuming {newest}",
                "set kubernetesVersion" if server.read_as == "document" else "pass --kubernetes-version",
                location=start,
            )
        )
        return newest
    known = nearest(requested)
    # A version from the command line has no location in the input.
    in_input = settings.version is None
    where = (server.version_location if in_input else None) or start
    path = "kubernetesVersion" if in_input and server.read_as == "document" else ""
    if minor_of(known) != minor_of(requested):
        report.add(
            diagnose(
                rules.UNSUPPORTED_KUBERNETES_VERSION,
                f"no data for Kubernetes {requested}; using {known}, the closest supported version",
                f"supported versions are {versions()[0]} to {versions()[-1]}",
                path=path,
                location=where,
            )
        )
    return known
