"""The fields of kubeadm's kinds and of those that it reads along with them, by version.

The data files are written by `tools.record.kubeadm_fields`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cache
from typing import Any

_DATA = os.path.join(os.path.dirname(__file__), "data")
_HEADER = {"apiVersion": "any", "kind": "any"}
MOVED = {
    ("ClusterConfiguration", "apiServer.timeoutForControlPlane"): (
        "set timeouts.controlPlaneComponentHealthCheck in InitConfiguration"
    ),
    ("JoinConfiguration", "discovery.timeout"): "set timeouts.discovery",
}
"""Fields of v1beta3 -> the hint to write them in v1beta4."""


@cache
def _load(name: str) -> Any:
    with open(os.path.join(_DATA, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@cache
def fields_of(version: str, kind: str, minor: int) -> dict[str, Any]:
    """Return the fields of a kind of kubeadm.k8s.io/VERSION in a minor version, for `check_fields`."""
    fields: dict[str, Any] = at_minor(_load("kubeadm_fields")[version][kind], minor)
    return fields | _HEADER


@cache
def component_fields(kind: str, minor: int) -> dict[str, Any]:
    """Return the fields of KubeletConfiguration or KubeProxyConfiguration."""
    fields: dict[str, Any] = at_minor(_load("component_fields")[kind], minor)
    return fields | _HEADER


@cache
def cluster_api_fields(version: str) -> dict[str, Any]:
    """Return the fields of KubeadmConfigSpec in an API version of Cluster API."""
    fields: dict[str, Any] = _load("cluster_api_fields")[version]
    return fields


@cache
def cluster_api_limits(version: str) -> dict[str, Any]:
    """Return what the CRD of KubeadmConfig demands in an API version, by the path of each field."""
    limits: dict[str, Any] = _load("cluster_api_limits")[version]
    return limits


def at_minor(fields: Any, minor: int) -> Any:
    """Return a type of a data file as it is in a minor version."""
    if isinstance(fields, list):
        return [at_minor(fields[0], minor)]
    if not isinstance(fields, dict):
        return fields
    result = {}
    for name, inner in fields.items():
        bare, at, span = name.partition("@")
        if at:
            first, _, last = span.partition("-")
            if minor < int(first or 0) or (last and minor > int(last)):
                continue
        result[bare] = at_minor(inner, minor)
    return result


def has_field(version: str, kind: str, keys: Sequence[str], minor: int) -> bool:
    """Return whether a kind has a field; `keys` are the names on the way to it, without indices."""
    fields: Any = fields_of(version, kind, minor)
    for key in keys:
        while isinstance(fields, list):
            fields = fields[0]
        if not isinstance(fields, dict):
            return False
        fields = fields.get(key, fields.get("*"))
    return fields is not None


def first_minor(version: str, kind: str, keys: Sequence[str]) -> int:
    """Return the first minor version in which a kind has a field, 0 if it always has it or never."""
    fields: Any = _load("kubeadm_fields")[version][kind]
    first = 0
    for key in keys:
        while isinstance(fields, list):
            fields = fields[0]
        if not isinstance(fields, dict):
            return 0
        name = next((name for name in fields if name.partition("@")[0] == key), "")
        first = max(first, int(name.partition("@")[2].partition("-")[0] or 0))
        fields = fields.get(name)
    return first if fields is not None else 0
