"""kasc as a library: check, resolve and compile inputs. Nothing here prints, ends the program or keeps anything.

The commands are built of the same functions. `import compiler` offers them by name and imports this module with the
first use.
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
    """What an input compiles to: its report, and the artifacts by file name.

    `files` is empty where the report has errors, and for a structured file, which is no server.
    """

    report: Report
    files: dict[str, str]


def check(
    path: str | os.PathLike[str], settings: Settings = DEFAULTS, *, texts: Mapping[str, str] | None = None
) -> Report:
    """What is wrong with an input.

    `path` names a document, a Pod, an argument list, flags or a structured file; `-` is standard input. `settings`
    say how it is read. `texts` holds the text of files that are not, or not so, on disk, by path: the input itself or
    any that it reads. Never raises for what is wrong with the input.
    """
    return resolve(path, settings, texts=texts).report


def resolve(
    path: str | os.PathLike[str], settings: Settings = DEFAULTS, *, texts: Mapping[str, str] | None = None
) -> Examined:
    """What an input resolves to: its report, and `resolved` with the options, the config and what set each value.

    Arguments are those of `check`. `resolved` is there for an input with errors too, as far as it could be followed.
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
    """The artifacts of an input, by file name; nothing is written.

    `emit` names them, of `ARTIFACTS`, `report` and `monitoring`; `form` is `yaml` or `json`; `explicit` spells out
    every effective flag. The other arguments are those of `check`. Raises ValueError for a name or form that there is
    not.
    """
    unknown = [name for name in emit if name not in EVERY]
    if unknown or form not in ("yaml", "json"):
        raise ValueError(f"no such artifact: {', '.join(unknown)}" if unknown else f"no such form: {form}")
    examined = resolve(path, settings, texts=texts)
    files = render(examined.resolved, examined.report, emit, form, explicit)
    return Compiled(examined.report, files or {})


def _files(texts: Mapping[str, str] | None) -> Files:
    return Files({file_key(path): text for path, text in (texts or {}).items()})
