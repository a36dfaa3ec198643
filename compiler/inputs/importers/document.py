"""The kasc document: merging its layers, validating it against the schema, and translating it to flags."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Report, diagnose
from compiler.filesystem import Root, hint_for
from compiler.inputs import ServerInput
from compiler.inputs.importers.flags import check_lengths, unknown_values
from compiler.inputs.importers.lowering import Content, Lowering, Path
from compiler.inputs.importers.placeholders import Placeholders
from compiler.inputs.schema import conforms, load_schema, unknown_key, unwrapped
from compiler.inputs.source import Files, parse_as_server, parse_document
from compiler.inputs.source.node import Node
from compiler.inputs.source.overlays import PATH_HINT, extend_document
from compiler.text import shown
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import nearest


def read_document(
    path: str, root: Node, version: str | None, problems: list[Diagnostic], files: Files | None = None
) -> ServerInput:
    """Return the server that a document declares, merged with everything it extends.

    `version` (from the command line) takes precedence over the version of the document. Diagnostics are added to
    `problems`; raises KascError if a parent cannot be read.
    """
    files = files or Files()
    loaded = extend_document(root, path, problems, files)
    merged = loaded.root
    version_node, version_text, known = _version_of(merged, version)
    report = Report()
    # A missing key does not make the keys of the document invalid.
    refused = validate(merged, known.version, report) - {()}
    if any(len(value_path) == 1 for value_path in refused):
        inner = unwrapped(merged, known.version)
        if inner is not None:
            # Keys in the wrong mapping are reported once, and checked as if they were in the right one.
            merged = inner
            version_node, version_text, known = _version_of(merged, version)
            refused = validate(merged, known.version, report) - {()}
    check_removals(loaded.roots, known.version, report)
    problems += report.diagnostics
    deployment = merged.get("deployment") if all(value_path[0] != "deployment" for value_path in refused) else None
    contents = _load_sources(merged, path, files, problems, refused)
    lowering = Lowering(known, refused, contents, problems, Placeholders(deployment))
    arguments = lowering.arguments(merged)
    check_lengths(arguments)
    if lowering.placeholders:
        problems += unknown_values(arguments)
    name = merged.at(("metadata", "name"))
    if deployment is not None:
        from compiler.inputs.pods.manifest import check_deployment

        problems += check_deployment(deployment)
    if lowering.files or deployment is not None:
        from compiler.inputs.importers.key_material import find_secrets

        problems += find_secrets(lowering.files, deployment, known)
    return ServerInput(
        "document",
        name.value if isinstance(name.value, str) else _name_of(path),
        merged.location._replace(end_line=merged.span[0], end_column=merged.span[1] + 1),
        arguments,
        version=version_text if version_text and is_version(version_text) else None,
        version_location=version_node.location if version_node else None,
        sections=lowering.sections,
        files=lowering.files,
        deployment=deployment,
        metadata=merged.get("metadata"),
        grace_period=deployment.get("terminationGracePeriodSeconds") if deployment is not None else None,
        layers=loaded.layers,
        layer_roots=loaded.roots,
        refused_flags=frozenset(lowering.refused_flags),
        unlisted=report.unlisted,
    )


def _version_of(root: Node, version: str | None) -> tuple[Node | None, str | None, Catalog]:
    """Return the version node of a document, its text, and the catalog that the document is checked with."""
    node = root.get("kubernetesVersion")
    text = node.text or str(node.value) if node is not None and node.value is not None else None
    chosen = version or text
    return node, text, catalog(nearest(chosen if chosen and is_version(chosen) else None))


@lru_cache(maxsize=64)
def is_version(text: str) -> bool:
    """Return whether a string is a Kubernetes version: `1.36`, `v1.36.2`."""
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
    """Return the contents of the `source` files, by section and key; options with an unreadable one are refused."""
    contents: dict[Path, Content] = {}
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
                contents[section, key] = content
    return contents


def _content_of(source: Node, place: str, files: Files, root: Root, problems: list[Diagnostic]) -> Content | None:
    """Return the parsed content of a `source` file; None if it cannot be read, which is reported.

    Errors of a YAML file are returned with the content: the server ignores them in some kinds of files.
    """
    path = os.path.join(os.path.dirname(source.source.name), str(source.value))
    if refusal := files.refusal(path, root):
        files.note(path, "")
        message = f"source {shown(str(source.value))}: {refusal}"
        problems.append(
            diagnose(rules.FILE_OUTSIDE_ROOT, message, hint_for(refusal), path=place, location=source.location)
        )
        return None
    try:
        file = files.read(path)
        # The server could read a YAML file as it is, so its scalars are resolved as the server does.
        if path.endswith(".toml"):
            return parse_document(file, problems), ()
        file_problems: list[Diagnostic] = []
        return parse_as_server(file, file_problems), tuple(file_problems)
    except KascError as error:
        reason = error.diagnostic
        if reason.code == rules.UNREADABLE_FILE.code:
            # An unreadable file is reported where it is named, a malformed one in the file itself.
            message = f"source {shown(str(source.value))}: {reason.message}"
            reason = diagnose(rules.UNREADABLE_SOURCE_FILE, message, PATH_HINT, path=place, location=source.location)
        problems.append(reason)
        return None


def check_removals(layers: Sequence[Node], version: str, report: Report) -> None:
    """Report nulls under unknown keys.

    A null removes the value of a lower layer and is gone after the merge, so a misspelled key would silently remove
    nothing. Keys that a lower layer sets are not reported, whether this version knows them or not.
    """
    schema = load_schema(version, "apiserver.schema.json")
    for index, layer in enumerate(layers):
        for path, mapping, known in _unknown_removals(layer, schema, (), version):
            if any(_sets(lower, path) for lower in layers[:index]):
                continue
            if not report.drops(rules.UNKNOWN_KEY):
                report.add(unknown_key(mapping, path[:-1], str(path[-1]), known, version, report.suggestions))


def _unknown_removals(
    node: Node, schema: dict[str, Any], path: Path, version: str
) -> Iterator[tuple[Path, Node, dict[str, Any]]]:
    """Yield the path of each unknown key with a null, its mapping, and the known keys of the mapping."""
    if not isinstance(node.value, dict):
        return
    known = schema.get("properties", {})
    for key, child in node.value.items():
        if child.value is None:
            if key not in known and schema.get("additionalProperties") is False:
                yield (*path, key), node, known
        elif key in known and isinstance(child.value, dict):
            inner = known[key]
            if "$ref" in inner:
                inner = load_schema(version, inner["$ref"])
                # The server accepts unknown fields in some files, and fields in any case in others.
                if not inner.get("x-kasc-strict", True) or inner.get("x-kasc-any-case"):
                    continue
            yield from _unknown_removals(child, inner, (*path, key), version)


def _sets(layer: Node, path: Path) -> bool:
    """Return whether a layer has a value other than null under a path of keys."""
    node: Node | None = layer
    for key in path:
        node = node.get(str(key)) if node is not None else None
    return node is not None and node.value is not None


def validate(root: Node, version: str, report: Report) -> set[Path]:
    """Report violations of the schemas; return the paths of invalid values, which later checks skip."""
    if conforms(root, load_schema(version, "apiserver.schema.json"), lambda name: load_schema(version, name)):
        return set()
    from compiler.inputs.schema.explain import explain

    return explain(root, version, report)
