"""One module an input kind; each turns a file into the flags of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.server import ServerInput
from compiler.inputs.source import Files
from compiler.inputs.source.node import Node, Source

if TYPE_CHECKING:
    from compiler.inputs.importers.detect import Detected


def read_input(
    path: str,
    read_as: str | None,
    version: str | None,
    problems: list[Diagnostic],
    files: Files | None = None,
) -> ServerInput:
    """The server that a file describes, as `read_as` or as its content tells.

    `version` (from the command line) wins over what the input says. Problems go to `problems`; raises KascError
    where nothing sensible can follow.
    """
    files = files or Files()
    return input_of(files.read(path), path, read_as, version, problems, files)


def input_of(
    source: Source,
    path: str,
    read_as: str | None,
    version: str | None,
    problems: list[Diagnostic],
    files: Files | None = None,
) -> ServerInput:
    """As `read_input`, for a text that was read already; `path` tells what the files that it names are beside of."""
    from compiler.inputs.importers.detect import detect

    return read_detected(detect(source, read_as, version, problems), source, path, version, problems, files)


def read_detected(
    detected: Detected,
    source: Source,
    path: str,
    version: str | None,
    problems: list[Diagnostic],
    files: Files | None = None,
) -> ServerInput:
    """As `input_of`, for a file whose kind is known already."""
    kind, roots, certain = detected
    server = _read(kind, roots, source, path, version, problems, files)
    server.certain = certain
    return server


def _read(
    kind: str,
    roots: list[Node],
    source: Source,
    path: str,
    version: str | None,
    problems: list[Diagnostic],
    files: Files | None,
) -> ServerInput:
    if kind == "document":
        from compiler.inputs.importers.document import read_document

        return read_document(path, roots[0], version, problems, files)
    if kind == "pod":
        from compiler.inputs.importers.pod import parse_manifests, read_pod

        # Kubernetes' parser reads some scalars otherwise than a document's.
        problems.clear()
        return read_pod(source, parse_manifests(source, problems), version, problems)
    if kind == "config-file":
        from compiler.inputs.importers.config_file import read_config_file

        return read_config_file(path, roots[0], version, problems)
    if kind == "manifest":
        from compiler.inputs.importers.recognition import without_files

        raise KascError(without_files(source, roots))
    if kind == "argv":
        from compiler.inputs.importers.flags import read_argv

        return read_argv(source, version, problems)
    from compiler.inputs.importers.flags import read_flags

    return read_flags(source, version, problems)
