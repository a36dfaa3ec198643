"""The file of `kasc drift --contexts`: the context of the kubeconfig for each document, by its name."""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Problems, Report, diagnose
from compiler.inputs.source import parse_document, read_source
from compiler.inputs.source.node import text_of
from compiler.text import shown

_EXAMPLE = "write the name of a document and its context, for example prod-eu-1: admin@prod-eu-1"


class Context(NamedTuple):
    """The name of a context, and where the name of its document is written."""

    name: str
    location: Location


def read_contexts(path: str, report: Report) -> dict[str, Context] | None:
    """Return the context of each document by the name of the document; None after reporting errors."""
    problems = Problems()
    try:
        root = parse_document(read_source(path), problems)
    except KascError as error:
        report.extend(problems)
        report.add_last(error.diagnostic)
        return None
    report.extend(problems)
    contexts: dict[str, Context] = {}
    if not isinstance(root.value, dict):
        report.add(_invalid("the file is not a mapping", root.location, _EXAMPLE))
        return None
    for name, node in root.value.items():
        if isinstance(node.value, str) and node.value:
            contexts[name] = Context(text_of(node), root.key_location(name))
        else:
            report.add(_invalid(f"the context of {shown(name)} is not a name", node.location, _EXAMPLE))
    return None if report.count(ERROR) else contexts


def _invalid(message: str, location: Location, hint: str) -> Diagnostic:
    return diagnose(rules.INVALID_CONTEXTS, message, hint, location=location)
