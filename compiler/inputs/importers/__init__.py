"""Importers, one module for each kind of input: each turns a file into the flags of one kube-apiserver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs import DIALECT_KINDS, Host, ServerInput
from compiler.inputs.source import Files
from compiler.inputs.source.node import Node, Source

if TYPE_CHECKING:
    from compiler.inputs.importers.detect import Detected


def read_detected(
    detected: Detected,
    source: Source,
    path: str,
    version: str | None,
    problems: list[Diagnostic],
    files: Files | None = None,
    host: Host | None = None,
    release: str = "",
) -> ServerInput:
    """Return the server that a source describes, whose kind is detected already.

    Paths in the input are relative to the directory of `path`. `version` (from the command line) takes precedence over
    the version in the input. `host` has the files of the server, and `release` is the version of the distribution from
    the command line; both matter for the files of distributions only. Diagnostics are added to `problems`; raises
    KascError if the input cannot be read further.
    """
    kind, roots, certain = detected
    if kind in DIALECT_KINDS:
        from compiler.inputs.dialects import Request, read_dialect

        server = read_dialect(
            Request(kind, release, version, source, roots, path, host or Host(), files or Files(), problems)
        )
    else:
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

        # Kubernetes' parser resolves some scalars differently from that of kasc documents.
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
