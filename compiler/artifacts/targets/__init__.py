"""The targets: the same server in the files of a distribution or process manager, one module for each.

A target writes its file twice. First without any flag of the input that has no field of its own: the importer of its
kind then tells which flags the distribution passes anyway. The second file has what is missing, and is read back as
well: a flag that is still different cannot be expressed, which is an error that names it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from compiler.artifacts.targets.table import KUSTOMIZATION, KUSTOMIZE, NAMES, TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from compiler.apiserver.startup import Resolved
    from compiler.artifacts.targets.form import Form


def target_files(resolved: Resolved, name: str, form: str, explicit: bool) -> dict[str, str]:
    """Return file name -> content of a target.

    Raises NotExpressibleError for flags that the distribution cannot pass, and KascError for a value that the file
    cannot hold.
    """
    if name == KUSTOMIZE:
        from compiler.artifacts.targets.kustomize import kustomization

        return {KUSTOMIZATION: kustomization(form)}
    from compiler.artifacts.targets.flags import Wanted
    from compiler.artifacts.targets.round_trip import written

    target = TARGETS[name]
    make: type[Form] = getattr(import_module(f"compiler.artifacts.targets.{target.module}"), target.form)
    return {target.file: written(make(target, Wanted(resolved, explicit)))}


def with_companions(names: Sequence[str]) -> list[str]:
    """Return the names of artifacts, followed by those whose files the targets among them need on the server."""
    needed = ["pod"] if KUSTOMIZE in names else []
    needed += ["files"] if any(name in NAMES for name in names) else []
    return list(dict.fromkeys((*names, *needed)))


def conflict(names: Sequence[str]) -> str:
    """Return why some targets cannot be written to the same directory; empty if they can."""
    owners: dict[str, str] = {}
    for name in dict.fromkeys(names):
        file = TARGETS[name].file if name in TARGETS else ""
        if file and owners.setdefault(file, name) != name:
            return f"{owners[file]} and {name} both write {file}: compile them to different directories"
    return ""
