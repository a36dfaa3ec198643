"""Manifest of allowed metric labels, with lines of the form `METRIC,LABEL: VALUE,...`.

Kubernetes: component-base/metrics/api/v1/config.go, validateAllowListMappingManifest; before 1.36
component-base/metrics/opts.go, SetLabelAllowListFromManifest.
"""

from __future__ import annotations

import re

from compiler import rules
from compiler.apiserver.config_files import FileRules, read_node
from compiler.apiserver.context import NamedFile
from compiler.diagnostics import KascError
from compiler.inputs import UnreadableFileError
from compiler.inputs.schema.decoding import root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import Node, Source
from compiler.rules import Rule
from compiler.text import shown

EXAMPLE = 'write "METRIC,LABEL": "VALUE,VALUE"'


def is_metric_label(key: str) -> bool:
    """Return whether a key is METRIC,LABEL. Kubernetes: allowListMappingKeyRegex."""
    return re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*,[a-zA-Z_][a-zA-Z0-9_]*", key) is not None


def check_metric_labels(named: NamedFile) -> None:
    """Report the errors of a manifest.

    Servers before 1.36 only log decoding errors, but panic on a key without a comma.
    """
    checked = named.context.catalog.behaviour("metricLabelsManifestChecked")
    node = (
        read_node(
            named,
            FileRules(
                rules.INVALID_METRIC_LABELS_MANIFEST, None, rules.INVALID_METRIC_LABELS_MANIFEST, recognized=False
            ),
            [],
        )
        if checked
        else _read_quietly(named)
    )
    if node is None:
        return
    root = root_field(node, Findings(named.context.report, named.flag))
    invalid = _invalid_fields(root)
    if invalid and checked:
        for field in invalid:
            field.report(
                rules.INVALID_METRIC_LABELS_MANIFEST,
                f"{field.path or 'the manifest'} is not a {'string' if field.path else 'mapping'}",
                EXAMPLE,
            )
    elif not invalid:
        for key, field in root.entries():
            if checked and not is_metric_label(key):
                _report(root, key, field, rules.INVALID_METRIC_LABELS_MANIFEST, "is not METRIC,LABEL")
            elif not checked and "," not in key:
                _report(
                    root,
                    key,
                    field,
                    rules.METRIC_LABELS_MANIFEST_PANICS,
                    "has no comma, on which kube-apiserver panics",
                )


def _read_quietly(named: NamedFile) -> Node | None:
    try:
        data = named.context.host.read(named.path)
        if data is None:
            return None
        return parse_as_server(Source(named.context.host.local(named.path) or named.path, data.decode()), [], False)
    except (UnreadableFileError, UnicodeDecodeError, KascError):
        return None


def _invalid_fields(root: Field) -> list[Field]:
    """Return the fields that cannot be decoded as a map of strings."""
    if root.is_set and not root.entries():
        return [] if isinstance(root.node and root.node.value, dict) else [root]
    return [field for _, field in root.entries() if field.node and isinstance(field.node.value, dict | list)]


def _report(root: Field, key: str, field: Field, rule: Rule, problem: str) -> None:
    root.findings.add(rule, field.path, root.key_location(key), f"{shown(key)} {problem}", EXAMPLE)
