"""Two inputs, read and compared."""

from __future__ import annotations

import os
from typing import NamedTuple

from compiler.changes import diff
from compiler.changes.change import Comparison
from compiler.inputs import Host
from compiler.inputs.source import STANDARD_INPUT, Files
from compiler.review.examine import DEFAULTS, Examined, Settings, examine


class Compared(NamedTuple):
    """The two examined inputs and their comparison, which is None if one of them is not a server."""

    old: Examined
    new: Examined
    comparison: Comparison | None


def compare_inputs(old: str, new: str, settings: Settings = DEFAULTS, files: Files | None = None) -> Compared:
    """Read, resolve and compare two inputs. Never raises for an error in an input.

    Without a mapping of the server's files, those are read that are below the directory of one of the inputs.
    """
    files = files or Files()
    if not settings.host.sees_files:
        settings = settings._replace(host=_with_directories(settings.host, old, new))
    before, after = examine(old, settings, files), examine(new, settings, files)
    return Compared(before, after, compare(before, after))


def compare(old: Examined, new: Examined) -> Comparison | None:
    """Return the comparison of two inputs, None if one of them is not a server."""
    return diff(old.resolved, new.resolved) if old.resolved is not None and new.resolved is not None else None


def _with_directories(host: Host, *paths: str) -> Host:
    """Return the host with the directories of the inputs as those of the server, at the same paths."""
    directories = dict.fromkeys(os.path.dirname(os.path.abspath(path)) for path in paths if path != STANDARD_INPUT)
    mappings = tuple((path, path) for path in directories if path != "/")
    return Host(host.address, mappings=mappings, confined=True)
