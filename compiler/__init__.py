"""kasc compiles a declarative kube-apiserver configuration into flags, a storage manifest and health checks.

As a library: `check`, `resolve`, `diff`, `upgrade` and `compile_document`, without output, exits or global state; see
docs/library.md. The commands use the same functions. Modules are imported on first use, since commands import the
package as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from compiler.apiserver.startup import Resolved as Resolved
    from compiler.artifacts import ARTIFACTS as ARTIFACTS
    from compiler.changes.change import Change as Change
    from compiler.changes.change import Comparison as Comparison
    from compiler.changes.upgrade.hop import Hop as Hop
    from compiler.changes.upgrade.hop import Upgrade as Upgrade
    from compiler.diagnostics import Diagnostic as Diagnostic
    from compiler.diagnostics import Location as Location
    from compiler.diagnostics import Report as Report
    from compiler.inputs import Host as Host
    from compiler.review.examine import Examined as Examined
    from compiler.review.examine import Settings as Settings

__version__ = "0.1.0"
_HOMES = {
    "diagnostics": ("Diagnostic", "Location", "Report"),
    "artifacts": ("ARTIFACTS",),
    "changes.change": ("Change", "Comparison"),
    "changes.upgrade.hop": ("Hop", "Upgrade"),
    "review.examine": ("Examined", "Settings"),
    "inputs": ("Host",),
    "apiserver.startup": ("Resolved",),
}
_EXPORTED = {name: home for home, names in _HOMES.items() for name in names}
__all__ = ("Compiled", "check", "compile_document", "diff", "resolve", "upgrade", *sorted(_EXPORTED))


class Compiled(NamedTuple):
    """The result of compiling an input: its report, and the artifacts by file name.

    `files` is empty if the report has errors, and for a structured file, which is not a server.
    """

    report: Report
    files: dict[str, str]


def check(
    path: str | os.PathLike[str], settings: Settings | None = None, *, texts: Mapping[str, str] | None = None
) -> Report:
    """Check an input and return its report. Never raises for an error in the input.

    `path` is a document, a Pod, an argument list, flags or a structured file; `-` is standard input. `texts` has the
    contents of files, by path, that replace those on disk: of the input itself or of files that it reads.
    """
    return resolve(path, settings, texts=texts).report


def resolve(
    path: str | os.PathLike[str], settings: Settings | None = None, *, texts: Mapping[str, str] | None = None
) -> Examined:
    """Resolve an input: return its report, and `resolved` with the options, the config and the origin of each value.

    Arguments are those of `check`. An input with errors has a `resolved` as well, as far as it could be resolved.
    """
    import os

    from compiler.inputs.source import Files, file_key
    from compiler.review.examine import DEFAULTS, examine

    files = Files({file_key(path): text for path, text in (texts or {}).items()})
    return examine(os.fspath(path), settings or DEFAULTS, files)


def diff(
    old: str | os.PathLike[str],
    new: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    texts: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare two inputs and return the changes, most severe first.

    Arguments are those of `check`. An input with errors is compared as far as it could be resolved. Raises ValueError
    if one of the inputs is not a server.
    """
    import os

    from compiler.changes.inputs import compare_inputs
    from compiler.inputs.source import Files, file_key
    from compiler.review.examine import DEFAULTS

    files = Files({file_key(path): text for path, text in (texts or {}).items()})
    compared = compare_inputs(os.fspath(old), os.fspath(new), settings or DEFAULTS, files)
    if compared.comparison is None:
        unusable = [each.report.path for each in (compared.old, compared.new) if each.resolved is None]
        raise ValueError(f"not a server: {', '.join(unusable)}")
    return compared.comparison


def upgrade(
    path: str | os.PathLike[str],
    to: str,
    settings: Settings | None = None,
    *,
    texts: Mapping[str, str] | None = None,
    hold: bool = False,
) -> Upgrade:
    """Return what an upgrade of an input to a version breaks, changes and requires, hop by hop; nothing is written.

    `to` is a supported minor version, for example `1.36`. With `hold`, hops have the edits that keep the old behaviour.
    The other arguments are those of `check`. Raises ValueError for an unknown version, and for an input that cannot be
    upgraded: it is not a server, or its version is unknown.
    """
    import os

    from compiler.changes.upgrade import upgrade
    from compiler.inputs.source import Files, file_key
    from compiler.review.examine import DEFAULTS
    from compiler.upstream.catalog.facts import versions

    if to not in versions():
        raise ValueError(f"unknown version {to!r}: known versions are {', '.join(versions())}")
    files = Files({file_key(path): text for path, text in (texts or {}).items()})
    result = upgrade(os.fspath(path), to, settings or DEFAULTS, files, hold=hold)
    if result.problem:
        raise ValueError(f"{result.report.path}: {result.problem}")
    return result


def compile_document(
    path: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    emit: Sequence[str] | None = None,
    form: str = "yaml",
    explicit: bool = False,
    texts: Mapping[str, str] | None = None,
) -> Compiled:
    """Compile an input: return its report and artifacts by file name; nothing is written.

    `emit` has names of `ARTIFACTS` (the default), or of artifacts that are compiled on request: `report`, `monitoring`
    and the targets, `kubeadm` and others, with the artifacts that they need on the server. `form` is `yaml` or `json`;
    `explicit` includes every effective flag. The other arguments are those of `check`. Raises ValueError for an
    unknown artifact or form, and for targets whose files have the same name.
    """
    from compiler.artifacts import ARTIFACTS, EVERY, render
    from compiler.artifacts.targets import conflict, with_companions

    names = ARTIFACTS if emit is None else emit
    unknown = [name for name in names if name not in EVERY]
    if unknown or form not in ("yaml", "json"):
        raise ValueError(f"unknown artifact: {', '.join(unknown)}" if unknown else f"unknown form: {form}")
    if problem := conflict(names):
        raise ValueError(problem)
    examined = resolve(path, settings, texts=texts)
    files = render(examined.resolved, examined.report, with_companions(names), form, explicit)
    return Compiled(examined.report, files or {})


def __getattr__(name: str) -> object:
    if name in _EXPORTED:
        from importlib import import_module

        return getattr(import_module(f"compiler.{_EXPORTED[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*globals(), *_EXPORTED))
