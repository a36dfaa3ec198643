"""Inputs from their files to resolved configs and reports: what every command begins with."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from compiler.catalog import catalog, minor_of, nearest, versions
from compiler.diagnostics import ERROR, Diagnostic, KascError, Report, diagnose
from compiler.host import Host
from compiler.input import ServerInput
from compiler.options.run import ServerRunOptions
from compiler.pipeline import Resolved, options_of, resolve_some
from compiler.risks import find_risks
from compiler.source.node import Source
from compiler.source.reading import STANDARD_INPUT, STANDARD_INPUT_NAME, Files


class Settings(NamedTuple):
    """How inputs are read: `read_as` forces a kind, `version` wins over what the input says.

    `policy` names the policy that servers are judged by as well.
    """

    read_as: str | None = None
    version: str | None = None
    host: Host = Host()
    policy: str | None = None


DEFAULTS = Settings()


class Examined(NamedTuple):
    """`resolved` is None where the input could not be read at all, which the report then says, and for a structured
    file, which is no server.
    """

    report: Report
    resolved: Resolved | None


def examine(path: str, settings: Settings = DEFAULTS, files: Files | None = None) -> Examined:
    """Read, check and resolve one input. Never raises for what is wrong with the input.

    `files` may be shared between calls of one run, so that common parents are parsed once.
    """
    return examine_some([path], settings, files or Files())[0]


def examine_some(
    paths: Sequence[str], settings: Settings, files: Files, turn_to: Callable[[str], None] | None = None
) -> list[Examined]:
    """The same for some inputs, step by step for all of them, which is faster than one after the other.

    `turn_to` is told the path of the input for which files are read from now on.
    """
    begun = []
    for path in paths:
        if turn_to is not None:
            turn_to(path)
        begun.append(_begin(path, settings, files))
    resolved = iter(resolve_some([each.options for each in begun if each.options is not None]))
    done = []
    for path, (report, source, options) in zip(paths, begun, strict=True):
        if turn_to is not None:
            turn_to(path)
        if source is None or options is None:
            done.append(Examined(report, None))
        else:
            done.append(_end(next(resolved), source, settings, files))
    return done


class _Begun(NamedTuple):
    """An input that was read; without options where it could not be, which the report then says."""

    report: Report
    source: Source | None = None
    options: ServerRunOptions | None = None


def _begin(path: str, settings: Settings, files: Files) -> _Begun:
    from compiler.importers import input_of

    report = Report(STANDARD_INPUT_NAME if path == STANDARD_INPUT else path)
    try:
        source = files.read(path)
        if path == STANDARD_INPUT:
            report.texts[source.name] = source.text
        given = input_of(source, path, settings.read_as, settings.version, report.diagnostics, files)
    except KascError as error:
        report.add(error.diagnostic)
        _clarify(report, files)
        report.read_as = settings.read_as or ""
        report.kubernetes_version = nearest(settings.version)
        return _Begun(report)
    report.read_as = given.read_as
    report.kubernetes_version = version = _version_of(given, settings, report)
    return _Begun(report, source, options_of(catalog(version), given, settings.host, report))


def _end(resolved: Resolved, source: Source, settings: Settings, files: Files) -> Examined:
    """Look for risks, judge by the policy, and take out what the input suppresses."""
    report = resolved.options.report
    find_risks(resolved, report)
    if report.rejected:
        _clarify(report, files, resolved)
    alone = report.read_as == "config-file"
    if alone:
        # The server around a structured file is made up: only what is said of the file itself counts.
        report.diagnostics = [each for each in report.diagnostics if each.location is None or each.location.file]
    elif settings.policy is not None:
        from compiler.policies import judge

        report.policy = judge(settings.policy, resolved, report)
    if "kasc:" in source.text or any(_is_soft_in_another(found, source.name) for found in report.diagnostics):
        from compiler.suppression import suppress

        suppress(report, source, files.read)
    if any(found.fix for found in report.diagnostics):
        from compiler.mending.edits import narrow_fixes

        report.diagnostics = narrow_fixes(report.diagnostics, source, files.read)
    return Examined(report, None if alone else resolved)


def _clarify(report: Report, files: Files, resolved: Resolved | None = None) -> None:
    """Let the hints of errors name causes that only the text of the files shows."""
    from compiler.clarify import clarify

    nodes = [file.root.node for file in resolved.options.config_files] if resolved is not None else []
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


def _version_of(given: ServerInput, settings: Settings, report: Report) -> str:
    """The known minor version to check against, with a note where it is not the one that was asked for."""
    asked = settings.version or given.version
    if asked is None:
        newest = nearest(None)
        report.add(
            diagnose(
                "VERSION-01",
                f"the input names no Kubernetes version; {newest} is assumed",
                "set kubernetesVersion, or give --kubernetes-version",
                location=given.start,
            )
        )
        return newest
    known = nearest(asked)
    # A version from the command line stands nowhere in the input.
    inside = settings.version is None
    where = (given.version_location if inside else None) or given.start
    path = "kubernetesVersion" if inside and given.read_as == "document" else ""
    if minor_of(known) != minor_of(asked):
        report.add(
            diagnose(
                "VERSION-02",
                f"nothing is recorded of Kubernetes {asked}; checked with {known}, the nearest known version",
                f"known are {versions()[0]} to {versions()[-1]}",
                path=path,
                location=where,
            )
        )
    return known
