"""One module an input kind; each turns a file into the flags of one server."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic
from compiler.input import ServerInput
from compiler.source.node import Source
from compiler.source.reading import Files


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
    from compiler.importers.detect import detect

    kind, roots = detect(source, read_as, version, problems)
    if kind == "document":
        from compiler.importers.document import read_document

        return read_document(path, roots[0], version, problems, files)
    if kind == "pod":
        from compiler.importers.pod import read_pod

        return read_pod(source, roots, version, problems)
    if kind == "config-file":
        from compiler.importers.config_file import read_config_file

        return read_config_file(path, roots[0], version, problems)
    if kind == "argv":
        from compiler.importers.argv import read_argv

        return read_argv(source, version, problems)
    from compiler.importers.flags import read_flags

    return read_flags(source, version, problems)
