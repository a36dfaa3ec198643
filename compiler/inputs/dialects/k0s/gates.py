"""The feature gates of k0s: those of extraArgs and of spec.featureGates in one flag."""

from __future__ import annotations

from functools import partial

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.k0s.cluster import Cluster
from compiler.inputs.dialects.k0s.fields import field
from compiler.inputs.source.node import items_of, text_of

GATES = "feature-gates"
_CLEAN_GATES = ("1.37.0",)
"""The releases since which k0s writes no empty elements."""


def feature_gates(cluster: Cluster, extra: Word | None) -> Word | None:
    """Return the flag of feature gates, None if k0s leaves it out. k0s: feature_gates.go, BuildArgs.

    Up to 1.36, it is always set, with an empty element for each gate of other components.
    """
    clean = cluster.release.has(_CLEAN_GATES)
    parts: list[tuple[str, Location]] = []
    for index, gate in enumerate(items_of(cluster.node("featureGates"))):
        name = field(gate, "name")
        components = [text_of(each) for each in items_of(field(gate, "components"))]
        path = f"{cluster.path}spec.featureGates[{index}]"
        if path in cluster.unusable or (components and "kube-apiserver" not in components):
            parts += [("", cluster.start)] if not clean else []
            continue
        enabled = field(gate, "enabled")
        value = enabled is not None and enabled.value is True
        at = (name or gate).location
        parts.append((f"{text_of(name)}={str(value).lower()}", at))
    if clean and not parts:
        return extra
    joined = ",".join(text for text, _ in parts)
    if extra is not None and not (clean and not _value(extra)):
        joined = f"{_value(extra)},{joined}"
    users = [at for text, at in parts if text]
    if extra is None and not users:
        return cluster.set_by(GATES, joined)
    where = extra.location if extra is not None else users[0]
    path = extra.path if extra is not None else f"{cluster.path}spec.featureGates"
    return Word(f"--{GATES}={joined}", where, path, partial(_gate_at, extra, parts))


def _gate_at(extra: Word | None, parts: list[tuple[str, Location]], start: int, end: int) -> Location:
    """Return the location of a range of `--feature-gates=...`."""
    position = len(f"--{GATES}=")
    if extra is not None:
        position = len(extra.text) + 1
        if start < position or not parts:
            return extra.part(start, min(end, len(extra.text))) or parts[0][1]
    for text, at in parts:
        position += len(text) + 1
        if start < position and text:
            return at
    return parts[-1][1]


def _value(word: Word | None) -> str:
    return word.text.partition("=")[2] if word is not None else ""
