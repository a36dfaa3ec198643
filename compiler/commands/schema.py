"""`kasc schema [GROUP]`: print or write the JSON Schemas."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.catalog import nearest
from compiler.commands.common import FINE, UsageError, check_version, usage_error
from compiler.emit.writing import write_all
from compiler.schema.location import schema_folder
from compiler.suggest import did_you_mean

_SUFFIX = ".schema.json"


def run(options: Namespace) -> int:
    """Print one schema, or write all those of a version."""
    try:
        if options.kubernetes_version:
            check_version(options.kubernetes_version)
    except UsageError as problem:
        return usage_error(problem)
    version = nearest(options.kubernetes_version)
    folder = os.path.join(schema_folder(), f"v{version}")
    names = {name.removesuffix(_SUFFIX): name for name in sorted(os.listdir(folder)) if name.endswith(_SUFFIX)}
    if options.out:
        try:
            write_all(options.out, {name: _read(folder, name) for name in names.values()})
        except OSError as problem:
            return usage_error(f"{problem.filename or options.out} cannot be written: {problem.strerror}")
        print(f"{options.out}: {len(names)} schemas of {version} written", file=sys.stderr)
        return FINE
    if options.name not in names:
        hint = did_you_mean(options.name, names) or f"write one of {', '.join(names)}"
        return usage_error(f"{options.name!r} is not an option group of {version}: {hint}")
    sys.stdout.write(_read(folder, names[options.name]))
    return FINE


def _read(folder: str, name: str) -> str:
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()
