"""kasc as a library: check, resolve and compile inputs, without output, exits or global state.

The commands use the same functions. `import compiler` exports them and imports this module on first use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from compiler.artifacts import ARTIFACTS, EVERY, render
from compiler.diagnostics import Report
from compiler.inputs.source import Files, file_key
from compiler.review.examine import DEFAULTS, Examined, Settings, examine


class Compiled(NamedTuple):
    """The result of compiling an input: its report, and the artifacts by file name.

    `files` is empty if the report has errors, and for a structured file, which is not a server.
    """

    report: Report
    files: dict[str, str]


def check(
    path: str | os.PathLike[str], settings: Settings = DEFAULTS, *, texts: Mapping[str, str] | None = None
) -> Report:
    """Check an input and return its report. Never raises for an error in the input.

    `path` is a document, a Pod, an argument list, flags or a structured file; `-` is standard input. `texts` has the
    contents of files, by path, that replace those on disk: of the input itself or of files that it reads.
    """
    return resolve(path, settings, texts=texts).report


def resolve(
    path: str | os.PathLike[str], settings: Settings = DEFAULTS, *, texts: Mapping[str, str] | None = None
) -> Examined:
    """Resolve an input: return its report, and `resolved` with the options, the config and the origin of each value.

    Arguments are those of `check`. An input with errors has a `resolved` as well, as far as it could be resolved.
    """
    return examine(os.fspath(path), settings, _files(texts))


def compile_document(
    path: str | os.PathLike[str],
    settings: Settings = DEFAULTS,
    *,
    emit: Sequence[str] = ARTIFACTS,
    form: str = "yaml",
    explicit: bool = False,
    texts: Mapping[str, str] | None = None,
) -> Compiled:
    """Compile an input: return its report and artifacts by file name; nothing is written.

    `emit` has names of `ARTIFACTS`, `report` and `monitoring`; `form` is `yaml` or `json`; `explicit` includes every
    effective flag. The other arguments are those of `check`. Raises ValueError for an unknown artifact or form.
    """
    unknown = [name for name in emit if name not in EVERY]
    if unknown or form not in ("yaml", "json"):
        raise ValueError(f"unknown artifact: {', '.join(unknown)}" if unknown else f"unknown form: {form}")
    examined = resolve(path, settings, texts=texts)
    files = render(examined.resolved, examined.report, emit, form, explicit)
    return Compiled(examined.report, files or {})


def _files(texts: Mapping[str, str] | None) -> Files:
    return Files({file_key(path): text for path, text in (texts or {}).items()})
