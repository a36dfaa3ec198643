"""The fields of a ClusterConfig of k0s, with the types of its CustomResourceDefinition. k0s: pkg/apis/k0s/v1beta1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, diagnose
from compiler.inputs.dialects.backports import Release
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.source.node import Node
from compiler.text import shown_bare

TITLE = "k0s"
_STRICT = Reader(TITLE, unknown=rules.REFUSED_BY_DISTRIBUTION, any_case=True)
_LOOSE = Reader(TITLE, unknown=rules.IGNORED_BY_DISTRIBUTION, any_case=True)
_LOOSE_SECTIONS = ("api", "images", "network", "storage")
"""Sections that decode themselves, without an error for unknown fields."""
# Kubernetes: apimachinery/pkg/apis/meta/v1/types.go, ObjectMeta.
_METADATA = {
    **dict.fromkeys(("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"), "string"),
    **dict.fromkeys(("creationTimestamp", "deletionTimestamp", "ownerReferences", "managedFields"), "any"),
    **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), "int"),
    **{name: {"*": "string"} for name in ("labels", "annotations")},
    "finalizers": ["string"],
}
_IGNORED = {"podSecurityPolicy": "any", "interval": "any"}
"""Fields of former versions, which k0s accepts. k0s: clusterconfig_types.go, MergedWithYAML."""


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("data.json").read_text())
    return data


def field(node: Node | None, *names: str) -> Node | None:
    """Return the value of a field, whose names may be in any case; None if it is not set or null. Go: encoding/json."""
    for name in names:
        if node is None or not isinstance(node.value, dict):
            return None
        lower = name.lower()
        key = name if name in node.value else next((each for each in node.value if each.lower() == lower), "")
        node = node.value.get(key)
    return node if node is not None and node.value is not None else None


def check_document(root: Node, path: str, release: Release, problems: list[Diagnostic]) -> set[str]:
    """Report unknown fields and values of another type; return the paths of values that cannot be used."""
    spec: dict[str, Any] = _data()["spec"]
    strict = {name: "any" if name in _LOOSE_SECTIONS else fields for name, fields in spec.items()} | _IGNORED
    fields = {"apiVersion": "string", "kind": "string", "metadata": _METADATA, "spec": strict, "status": {}}
    unusable = check_fields(root, fields, path.rstrip("."), problems, _STRICT)
    section = field(root, "spec")
    for name in _LOOSE_SECTIONS:
        part = field(section, name)
        if part is not None:
            unusable |= check_fields(part, spec[name], f"{path}spec.{name}", problems, _LOOSE)
    problems.extend(_later_fields(root, path, release))
    return unusable


def _later_fields(root: Node, path: str, release: Release) -> Iterator[Diagnostic]:
    """Yield the fields that a later release introduced."""
    for name, since in _data()["since"].items():
        steps = name.split(".")
        parent = field(root, "spec", *steps[:-1])
        key = next((each for each in _keys(parent) if each.lower() == steps[-1].lower()), "")
        if parent is None or not key or release.has(since):
            continue
        ignored = steps[0] in _LOOSE_SECTIONS
        rule = rules.IGNORED_BY_DISTRIBUTION if ignored else rules.REFUSED_BY_DISTRIBUTION
        verb = "ignores" if ignored else "refuses"
        message = f"{TITLE} {shown_bare(release.text)} does not have the field {steps[-1]}, and {verb} it"
        hint = f"remove it, or upgrade to {TITLE} {' or '.join(since)}"
        yield diagnose(rule, message, hint, path=f"{path}spec.{name}", location=parent.key_location(key))


def _keys(node: Node | None) -> list[str]:
    return list(node.value) if node is not None and isinstance(node.value, dict) else []
