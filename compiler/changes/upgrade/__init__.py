"""Upgrades: what the next Kubernetes versions do to a server with the same configuration, hop by hop.

Each hop by one minor version resolves the same input in both versions. The next hop starts with the edits of the one
before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.changes.editing import edits
from compiler.changes.editing.edit import SET_VERSION, Edited
from compiler.changes.upgrade.changes import changes_between, rollback_of
from compiler.changes.upgrade.hold import proposals
from compiler.changes.upgrade.hop import Hop, Rollback, Upgrade
from compiler.changes.upgrade.rewrites import rewrites, with_rewrites
from compiler.changes.upgrade.wanted import wanted_edits
from compiler.inputs.source import Files, file_key
from compiler.review.examine import DEFAULTS, Examined, Settings, examine
from compiler.review.fixes import FixedFile, files_of
from compiler.upstream.catalog.facts import minor_of, versions

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.changes.change import Change
    from compiler.diagnostics import Diagnostic

UNREADABLE = "cannot read the input"
"""The problem of an input whose errors say why."""
_NOTHING = Edited((), (), ())


def upgrade(
    path: str, new: str, settings: Settings = DEFAULTS, files: Files | None = None, *, hold: bool = False
) -> Upgrade:
    """Return what an upgrade of an input to a supported minor version does. Never raises for an error in the input.

    `files` may be shared between the calls of one run. With `hold`, each hop has the edits that keep the old behaviour,
    and the edited files have those of the last one.
    """
    files = files or Files()
    examined = examine(path, settings, files)
    version = examined.report.kubernetes_version
    if problem := _problem(examined, settings):
        return Upgrade(examined.report, "", new, problem=problem)
    # Standard input cannot be read again.
    state = _State(examined, settings, _with_texts(files, examined.report.texts))
    hops: list[Hop] = []
    texts: dict[str, FixedFile] = {}
    for target in versions():
        if minor_of(version) < minor_of(target) <= minor_of(new):
            hop, state = _hop(path, state, target, hold, target == new)
            hops.append(hop)
            _add(texts, hop.edited)
            if target == new and hop.hold is not None:
                _add(texts, hop.hold)
    return Upgrade(examined.report, version, new, tuple(hops), tuple(texts.values()))


def _problem(examined: Examined, settings: Settings) -> str:
    """Return why an input cannot be upgraded, empty if it can."""
    report, resolved = examined
    if resolved is None:
        return UNREADABLE if report.unread or report.rejected else "a structured file, not a server"
    requested = settings.version or resolved.context.input.version
    if requested is None:
        return "the input does not name its Kubernetes version; pass --kubernetes-version"
    if minor_of(requested) != minor_of(report.kubernetes_version):
        return f"no data for Kubernetes {requested}; known versions are {versions()[0]} to {versions()[-1]}"
    return ""


class _State(NamedTuple):
    """An input as a hop finds it, with what it was examined with."""

    examined: Examined
    settings: Settings
    files: Files


def _hop(path: str, state: _State, target: str, hold: bool, is_last: bool) -> tuple[Hop, _State]:
    """Return the hop to a version, and the input as the next one finds it.

    If only the version is edited, the server with the edits is that of the hop; its locations may differ, which only
    matters for another hop.
    """
    # A distribution that was named with its version is upgraded as well.
    settings = state.settings._replace(version=target, release="")
    new = examine(path, settings, state.files)
    version, before, after = state.examined.report.kubernetes_version, state.examined.resolved, new.resolved
    diagnostics, outcome = _new_diagnostics(state.examined, new), new.report.outcome
    following, is_valid_before = _State(new, settings, state.files), True
    if before is None or after is None:
        return Hop(version, target, outcome, diagnostics, (), _NOTHING, outcome, Rollback()), following
    changes = changes_between(before, after)
    rewritten = rewrites(before, after, files_of(state.examined) & files_of(new), state.files)
    edited = edits(state.examined, wanted_edits(before, after), state.settings, state.files)
    edited = with_rewrites(edited, rewritten, state.files) if rewritten else edited
    if edited.files:
        files = _with_texts(state.files, edited.texts)
        only_version = not rewritten and all(each.wanted.action == SET_VERSION for each in edited.applied)
        following = _State(new if only_version and is_last else examine(path, settings, files), settings, files)
        if not only_version:
            own = state.settings._replace(version=version)
            is_valid_before = not examine(path, own, files).report.rejected or state.examined.report.rejected
    hop = Hop(
        version,
        target,
        outcome,
        diagnostics,
        changes,
        edited,
        following.examined.report.outcome,
        rollback_of(before, after, changes),
        rewritten,
        is_valid_before,
        _held(path, following, before, after, changes) if hold else None,
        bool(after.context.catalog.behaviour("provisionalFacts")),
    )
    return hop, following


def _new_diagnostics(old: Examined, new: Examined) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that the old version does not have; their texts may name the version."""
    known = {_identity(each) for each in old.report.all()}
    return tuple(each for each in new.report.sorted() if _identity(each) not in known)


def _identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.severity, diagnostic.flag, diagnostic.path, diagnostic.location


def _held(path: str, state: _State, before: Resolved, after: Resolved, changes: Sequence[Change]) -> Edited:
    """Return the edits that keep the old behaviour: the first set of flags that the input and the new version accept.

    If there is none, it is the first one that the new version accepts.
    """
    accepted: list[Edited] = []
    for wanted in filter(None, proposals(before, after, changes)):
        edited = edits(state.examined, wanted, state.settings, state.files)
        report = examine(path, state.settings, _with_texts(state.files, edited.texts)).report
        if not report.rejected or state.examined.report.rejected:
            accepted.append(edited)
            if not edited.refused:
                return edited
    return accepted[0] if accepted else _NOTHING


def _with_texts(files: Files, texts: Mapping[str, str]) -> Files:
    """Return files with other texts, by name; what was parsed of the others is kept."""
    if not texts:
        return files
    other = Files({**files.texts, **{file_key(name): text for name, text in texts.items()}}, files.disk)
    other.parsed = {name: parsed for name, parsed in files.parsed.items() if file_key(name) not in other.texts}
    other.roots, other.refusals = files.roots, files.refusals
    return other


def _add(texts: dict[str, FixedFile], edited: Edited) -> None:
    """Add the edits of one more step to the files before and after all of them."""
    for file in edited.files:
        first = texts.get(file.name) or FixedFile(file.name, file.before, file.after, 0)
        texts[file.name] = first._replace(after=file.after, fixes=first.fixes + len(file.edits))
