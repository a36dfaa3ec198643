"""`kasc init`: write a commented starter document with the required fields."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler import __version__
from compiler.artifacts.fileset import write_all
from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, usage_error, version_of, write_text
from compiler.filesystem import reason
from compiler.inputs.schema.bundle import local_schema, modeline, schema_url


def run(options: Namespace) -> int:
    """Write the document to standard output or to a new file."""
    try:
        version = version_of(options.kubernetes_version)
    except UsageError as error:
        return usage_error(error)
    path = options.out
    form = options.format or ("toml" if path and path.endswith(".toml") else "yaml")
    text = render(version, form, os.path.dirname(path or ""))
    if not path:
        write_text(text)
        return FINE
    if os.path.isdir(path):
        return usage_error(f"{path} is a directory: name a file in it")
    if os.path.lexists(path) and not options.force:
        return usage_error(f"{path} already exists; use --force to overwrite it")
    directory, name = os.path.split(path)
    try:
        write_all(directory or ".", {name: text})
    except OSError as error:
        return usage_error(f"cannot write {error.filename or path}: {reason(error)}")
    print(f"{path} written; check it with: kasc check {path}", file=sys.stderr)
    return FINE


def render(version: str, form: str, directory: str = "") -> str:
    """Return a starter document for a directory; `form` is `yaml` or `toml`.

    Its first line names the schema for editors: the one that `kasc schema` wrote to the project, else the published
    one.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = os.path.join(os.path.dirname(__file__), os.pardir, "artifacts", "templates")
    environment = Environment(
        loader=FileSystemLoader(templates), undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    line = modeline(local_schema(directory, version) or schema_url(version, f"v{__version__}"), form)
    return f"{line}\n" + environment.get_template(f"init.{form}.j2").render(version=version)
