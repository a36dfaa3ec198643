"""`kasc schema [NAME]`: print or write the JSON Schemas, or set an editor up with them."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace

from compiler.commands.common import FINE, UsageError, reason, usage_error, version_of, write_text
from compiler.emit.writing import write_all
from compiler.schema.bundle import SUFFIX, bundled, names
from compiler.schema.editor import NAME as EDITOR
from compiler.schema.location import schema_folder
from compiler.suggest import did_you_mean


def run(options: Namespace) -> int:
    """Print one schema, whole in itself; or write all those of a version, which refer to one another."""
    try:
        version = version_of(options.kubernetes_version)
    except UsageError as error:
        return usage_error(error)
    known = names(version)
    if options.editor:
        from compiler.commands.editors import set_up

        if options.name is not None:
            return usage_error(f"--{options.editor} is about whole documents: leave out {options.name}")
        return set_up(options.editor, options.out or ".", version, _read(known[EDITOR]))
    if options.out:
        return _write(options.out, sorted(set(known.values())), version)
    name = EDITOR if options.name is None else options.name
    path = known.get(name)
    if path is None:
        hint = did_you_mean(name, known)
        return usage_error(f"{name!r} is not a schema of {version}: {hint or f'known are {_listed(known)}'}")
    folder = f"v{version}"
    if path.startswith(f"{folder}{os.sep}"):
        inner = os.path.relpath(path, folder).removesuffix(SUFFIX)
        write_text(json.dumps(bundled(version, inner), indent=1, ensure_ascii=False) + "\n")
    else:
        write_text(_read(path))
    return FINE


def _write(target: str, paths: list[str], version: str) -> int:
    """The schemas of the version lie together, since they refer to one another; the others are found beside them."""
    files = {os.path.relpath(path, f"v{version}") if path.startswith("v") else path: _read(path) for path in paths}
    try:
        write_all(target, files)
    except OSError as error:
        return usage_error(f"{error.filename or target} cannot be written: {reason(error)}")
    print(f"{target}: {len(files)} schemas of {version} written", file=sys.stderr)
    return FINE


def _listed(known: dict[str, str]) -> str:
    """Each schema once: where it goes by two spellings, that of documents."""
    return ", ".join({path: name for name, path in known.items()}.values())


def _read(path: str) -> str:
    with open(os.path.join(schema_folder(), path), encoding="utf-8") as file:
        return file.read()
