"""Drop-ins of a unit: where systemd looks for them, and in which order it reads them.

systemd: src/shared/dropin.c, unit_file_find_dropin_paths; src/basic/path-lookup.c; src/basic/conf-files.c.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from compiler.inputs import Host
from compiler.inputs.source import STANDARD_INPUT, Files

LOOKUP_PATH = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
"""The directories of the system manager's units; those before hide files of the same name in those after."""
_SUFFIX = ".service"


def unit_name(path: str) -> str:
    """Return the name of a unit by the path of its file; empty if the file is not named like a service."""
    name = os.path.basename(path)
    return name if path != STANDARD_INPUT and name.endswith(_SUFFIX) and name != _SUFFIX else ""


class DropIn(NamedTuple):
    """A drop-in: its local path, and its path on the server if it was found below a directory of the server."""

    path: str
    on_server: str = ""


def drop_ins(path: str, host: Host, files: Files) -> list[DropIn]:
    """Return the drop-ins of a unit in the order in which systemd reads them.

    They are next to the unit, and in systemd's directories on the host.
    """
    name = unit_name(path)
    if not name:
        return []
    chosen: dict[str, DropIn] = {}
    for directory in _directories(name, path, host, files):
        for each in files.listing(directory.path):
            if each.endswith(".conf") and not each.startswith("."):
                on_server = directory.on_server and f"{directory.on_server}/{each}"
                chosen.setdefault(each, DropIn(os.path.join(directory.path, each), on_server))
    # A link to /dev/null hides the drop-ins of its name.
    return [chosen[each] for each in sorted(chosen) if files.disk.real(chosen[each].path) != os.devnull]


def _directories(name: str, path: str, host: Host, files: Files) -> Iterator[DropIn]:
    """Yield the directories with drop-ins, those before hide files of the same name in those after."""
    places = [DropIn(os.path.dirname(path))]
    if host.sees_files:
        local = {each: host.local(each, directory=True) for each in LOOKUP_PATH}
        places += [DropIn(at, each) for each, at in local.items() if at is not None]
    names = dict.fromkeys(_names(name))
    candidates = [(place, each) for place in places for each in names] + [(place, "service") for place in places]
    known = set()
    for place, each in candidates:
        directory = os.path.join(place.path, f"{each}.d")
        real = files.disk.real(directory)
        if real not in known:
            known.add(real)
            yield DropIn(directory, place.on_server and f"{place.on_server}/{each}.d")


def _names(name: str) -> Iterator[str]:
    """Yield the names of units whose drop-ins apply to a unit: its own, its template's, and `a-` of `a-b`.

    systemd: unit_file_find_dirs.
    """
    yield name
    prefix, _, instance = name.removesuffix(_SUFFIX).partition("@")
    if instance:
        yield from _names(f"{prefix}@{_SUFFIX}")
    shorter = _shorter(prefix)
    if shorter:
        yield from _names(f"{shorter}@{instance}{_SUFFIX}" if instance else f"{shorter}{_SUFFIX}")


def _shorter(prefix: str) -> str:
    """Return a name up to the dash before its last part, empty if it has no parts."""
    start, dash, rest = prefix.rpartition("-")
    if dash and not rest:
        start, dash, rest = start.rpartition("-")
    return f"{start}-" if dash and start else ""
