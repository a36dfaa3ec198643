"""The kasc document: layers, schema, and the flags that it stands for."""

from __future__ import annotations

import os
from functools import lru_cache

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Report, diagnose
from compiler.filesystem import Root, hint_for
from compiler.inputs.importers.lowering import Content, Lowering, Path
from compiler.inputs.server import ServerInput
from compiler.inputs.source import Files
from compiler.inputs.source.node import Node
from compiler.inputs.source.overlays import extend_document
from compiler.text import shown
from compiler.upstream.catalog import Catalog, catalog, nearest


def read_document(
    path: str, root: Node, version: str | None, problems: list[Diagnostic], files: Files | None = None
) -> ServerInput:
    """The server that a document declares, with everything it extends.

    `version` (from the command line) wins over what the document says. Problems go to `problems`; raises KascError
    where the document or a parent cannot be read.
    """
    from compiler.inputs.schema import check_removals, validate

    files = files or Files()
    loaded = extend_document(root, path, problems, files)
    merged = loaded.root
    told, text, known = _version_of(merged, version)
    report = Report()
    # A key that the document lacks refuses none of those that it has.
    refused = validate(merged, known.version, report) - {()}
    if any(len(place) == 1 for place in refused):
        from compiler.inputs.schema import unwrapped

        inner = unwrapped(merged, known.version)
        if inner is not None:
            # What stands in the wrong mapping is reported once, and judged as if it were in its place.
            merged = inner
            told, text, known = _version_of(merged, version)
            refused = validate(merged, known.version, report) - {()}
    check_removals(loaded.roots, known.version, report)
    problems += report.diagnostics
    lowering = Lowering(known, refused, _load_sources(merged, path, files, problems, refused), problems)
    arguments = lowering.arguments(merged)
    name = merged.at(("metadata", "name"))
    deployment = merged.get("deployment") if ("deployment",) not in {place[:1] for place in refused} else None
    if deployment is not None:
        from compiler.inputs.pods.deployment import check_deployment

        problems += check_deployment(deployment)
    if lowering.files or deployment is not None:
        from compiler.inputs.importers.key_material import find_secrets

        problems += find_secrets(lowering.files, deployment, known)
    return ServerInput(
        "document",
        name.value if isinstance(name.value, str) else _name_of(path),
        merged.location._replace(end_line=merged.span[0], end_column=merged.span[1] + 1),
        arguments,
        version=text if text and is_version(text) else None,
        version_location=told.location if told else None,
        sections=lowering.sections,
        files=lowering.files,
        deployment=deployment,
        grace_period=deployment.get("terminationGracePeriodSeconds") if deployment is not None else None,
        layers=loaded.layers,
        layer_roots=loaded.roots,
        refused_flags=frozenset(lowering.refused_flags),
        unlisted=report.unlisted,
    )


def _version_of(root: Node, version: str | None) -> tuple[Node | None, str | None, Catalog]:
    """Where a document gives its version, the text of it, and the facts that it is judged by."""
    told = root.get("kubernetesVersion")
    text = told.text or str(told.value) if told is not None and told.value is not None else None
    chosen = version or text
    return told, text, catalog(nearest(chosen if chosen and is_version(chosen) else None))


@lru_cache(maxsize=64)
def is_version(text: str) -> bool:
    """Whether a text names a Kubernetes version: `1.36`, `v1.36.2`."""
    parts = text.removeprefix("v").split(".")
    return (
        len(parts) in (2, 3)
        and parts[0] == "1"
        and all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts)
    )


def _name_of(path: str) -> str:
    stem = os.path.basename(path).rpartition(".")[0] or os.path.basename(path)
    return stem if stem not in ("", "-") else "kube-apiserver"


def _load_sources(
    root: Node, path: str, files: Files, problems: list[Diagnostic], refused: set[Path]
) -> dict[Path, Content]:
    """Section and key of each option with a `source` file -> its content; what cannot be read counts as refused."""
    found: dict[Path, Content] = {}
    for section, group in root.value.items() if isinstance(root.value, dict) else ():
        if section in ("deployment", "extraFlags"):
            continue
        for key, option in group.value.items() if isinstance(group.value, dict) else ():
            source = option.get("source")
            if source is None or not isinstance(source.value, str):
                continue
            content = _content_of(source, f"{section}.{key}.source", files, files.root_of(path), problems)
            if content is None:
                refused.add((section, key))
            else:
                found[section, key] = content
    return found


def _content_of(source: Node, place: str, files: Files, root: Root, problems: list[Diagnostic]) -> Content | None:
    """The parsed content of a file that lies beside the document that names it; None after reporting.

    What a file in YAML holds against the rules is not reported yet: the server lets some kinds of files pass with it.
    """
    from compiler.inputs.source import parse_as_server, parse_document

    path = os.path.join(os.path.dirname(source.source.name), str(source.value))
    if refusal := files.refusal(path, root):
        files.note(path, "")
        message = f"source {shown(str(source.value))}: {refusal}"
        problems.append(
            diagnose(rules.FILE_OUTSIDE_ROOT, message, hint_for(refusal), path=place, location=source.location)
        )
        return None
    try:
        found = files.read(path)
        # A file in YAML is one that the server could read as it is, so that its scalars mean what they mean there.
        if path.endswith(".toml"):
            return parse_document(found, problems), ()
        parsed: list[Diagnostic] = []
        return parse_as_server(found, parsed), tuple(parsed)
    except KascError as error:
        reason = error.diagnostic
        if reason.code == rules.UNREADABLE_FILE.code:
            # A file that is not there is the fault of who names it; one that is malformed speaks for itself.
            message = f"source {shown(str(source.value))}: {reason.message}"
            hint = "the path is relative to the folder of the file that names it"
            reason = diagnose(rules.UNREADABLE_SOURCE_FILE, message, hint, path=place, location=source.location)
        problems.append(reason)
        return None
