"""Secrets that a document carries literally: they are refused, for artifacts are made of it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.catalog import Catalog, section_of
from compiler.config_files.key_material import Literal, literal_secrets
from compiler.diagnostics import Diagnostic, diagnose
from compiler.input import InlineFile
from compiler.options.traits import STRUCTURED
from compiler.source.node import Node


def find_secrets(files: dict[str, InlineFile], deployment: Node | None, catalog: Catalog) -> Iterator[Diagnostic]:
    """The findings about structured files, whether the server reads them or not, and about the Pod's settings."""
    for file in files.values():
        spec = catalog.flags[file.flag]
        prefix = "" if file.beside else f"{section_of(spec.group)}.{spec.key}.content"
        for literal in literal_secrets(file.content, catalog.version, STRUCTURED[file.flag]):
            yield _refusal(literal, prefix, file.flag)
    if deployment is not None:
        for literal in literal_secrets(deployment, catalog.version):
            yield _refusal(literal, "deployment", "")


def _refusal(literal: Literal, prefix: str, flag: str) -> Diagnostic:
    message = f"the document contains the {literal.what}"
    path = f"{prefix}.{literal.path}".strip(".")
    return diagnose("SEC-01", message, literal.hint, path=path, flag=flag, location=literal.node.location)
