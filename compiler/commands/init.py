"""`kasc init`: a commented starting document with what is required."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.catalog import nearest
from compiler.commands.common import FINE, UsageError, check_version, usage_error
from compiler.emit.writing import write_all


def run(options: Namespace) -> int:
    """Write the document to standard output or to a file that is not there yet."""
    try:
        if options.kubernetes_version:
            check_version(options.kubernetes_version)
    except UsageError as problem:
        return usage_error(problem)
    text = render(nearest(options.kubernetes_version), options.format)
    if not options.out:
        sys.stdout.write(text)
        return FINE
    if os.path.exists(options.out) and not options.force:
        return usage_error(f"{options.out} is there already; give --force to overwrite it")
    folder, name = os.path.split(options.out)
    try:
        write_all(folder or ".", {name: text})
    except OSError as problem:
        return usage_error(f"{options.out} cannot be written: {problem.strerror}")
    print(f"{options.out} written; check it with: kasc check {options.out}", file=sys.stderr)
    return FINE


def render(version: str, form: str) -> str:
    """The document's text; `form` is `yaml` or `toml`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = os.path.join(os.path.dirname(__file__), os.pardir, "emit", "templates")
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    return environment.get_template(f"init.{form}.j2").render(version=version)
