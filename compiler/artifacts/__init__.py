"""The artifacts by name, and their files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts import files as files_artifact
from compiler.artifacts import flags, health, pod, storage
from compiler.artifacts import resolved as resolved_artifact
from compiler.artifacts.files import check_secrets
from compiler.artifacts.targets import target_files
from compiler.artifacts.targets.table import KUSTOMIZATION, KUSTOMIZE, TARGETS
from compiler.artifacts.yamlio import PartText, dump, part_text, plain
from compiler.diagnostics import KascError, Report

_DOCUMENTS: dict[str, tuple[str, Callable[[Resolved], dict[str, Any]]]] = {
    "storage": ("storage-factory", storage.manifest_parts),
    "health": ("health-checks", health.definition_parts),
    "resolved": ("resolved", resolved_artifact.resolved_parts),
}

ARTIFACTS = ("flags", "storage", "health", "files", "pod", "resolved")
"""The artifacts that are compiled by default."""
ON_REQUEST = ("report", "monitoring", *TARGETS, KUSTOMIZE)
"""The artifacts that are compiled only if they are named: pages, and the files of distributions."""
EVERY = (*ARTIFACTS, *ON_REQUEST)

_FLAGS, _REPORT, _POD, _FILES = "kube-apiserver.flags", "report.html", "kube-apiserver", "files/"
_WHOLE = {
    _FLAGS: ("flags",),
    _REPORT: ("report",),
    "grafana-dashboard.json": ("monitoring",),
    KUSTOMIZATION: (KUSTOMIZE,),
    **{
        target.file: tuple(each.name for each in TARGETS.values() if each.file == target.file)
        for target in TARGETS.values()
    },
}
"""File name -> the artifacts that it may be."""
_STEMS = {
    **{stem: name for name, (stem, _) in _DOCUMENTS.items()},
    _POD: "pod",
    "prometheus-rules": "monitoring",
    "prometheus-scrape": "monitoring",
}


def artifacts_of(file: str) -> tuple[str, ...]:
    """Return the artifacts that a file may belong to, by its name in the output directory; none for another file.

    Two targets may have the same file name, but not in the same directory.
    """
    if file.startswith(_FILES):
        return ("files",)
    if file in _WHOLE:
        return _WHOLE[file]
    stem, _, ending = file.rpartition(".")
    return (_STEMS[stem],) if stem in _STEMS and ending in ("yaml", "json") else ()


def document_text(data: Any, form: str, text_of: PartText = part_text) -> str:
    """Return data as a YAML or JSON document; `text_of` returns the texts of its parts in YAML."""
    if form == "yaml":
        return dump(data, text_of)
    import json

    return json.dumps(_finite(plain(data)), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _finite(data: Any) -> Any:
    """Return data that JSON can represent: NaN and infinity become null."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and data - data != 0 else data


def artifact(
    resolved: Resolved,
    name: str,
    form: str = "yaml",
    explicit: bool = False,
    text_of: PartText = part_text,
    changes: dict[str, Any] | None = None,
) -> dict[str, str]:
    """Return file name -> content for one artifact; `form` is `yaml` or `json`.

    `text_of` returns the texts of parts. `changes` are shown by the report.

    Raises KascError for a value that the artifact cannot hold, NotExpressibleError for flags that a target cannot
    express.
    """
    if name == "flags":
        return {_FLAGS: flags.render(resolved, explicit)}
    if name == "pod":
        return {f"{_POD}.{form}": document_text(pod.static_pod(resolved, explicit), form, text_of)}
    if name == "report":
        from compiler.artifacts import report as page

        return {_REPORT: page.render(resolved, changes)}
    if name == "monitoring":
        from compiler.artifacts.monitoring import monitoring

        documents = monitoring(resolved, form).items()
        return {file: document_text(content, file.rpartition(".")[2]) for file, content in documents}
    if name == KUSTOMIZE or name in TARGETS:
        return target_files(resolved, name, form, explicit)
    if name == "files":
        contents = files_artifact.structured_files(resolved).items()
        return {f"{_FILES}{path}": files_artifact.file_text(content) for path, content in contents}
    stem, build = _DOCUMENTS[name]
    return {f"{stem}.{form}": document_text(build(resolved), form, text_of)}


def render(
    resolved: Resolved | None,
    report: Report,
    names: Sequence[str],
    form: str,
    explicit: bool,
    text_of: PartText = part_text,
    changes: dict[str, Any] | None = None,
) -> dict[str, str] | None:
    """Return the named artifacts of an input: file name -> text. `changes` are shown by the report.

    None if there is no server, if it would not start, and if an artifact cannot hold a value, which is reported.
    """
    if resolved is None or report.rejected:
        return None
    try:
        check_secrets(resolved.context)
        files: dict[str, str] = {}
        for name in names:
            files.update(artifact(resolved, name, form, explicit, text_of, changes))
    except KascError as error:
        report.extend(getattr(error, "diagnostics", (error.diagnostic,)))
        return None
    return files
