"""The responses of a running server as data; nothing in them is trusted.

Every function returns None, or nothing, for what it cannot parse. Strings that are kept are short names of a known
form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from compiler.cluster.drift.observed import COMPATIBLE, EMULATED, KUBERNETES

METRICS = (b"kubernetes_feature_enabled{", b"version_info{")
"""How the lines of /metrics begin that are read."""
_METRIC = re.compile(r"([a-z_]+)\{([^{}]*)\} ([0-9.e+]{1,20})")
_LABEL = re.compile(r'\b([a-z_]{1,40})="([^"\\]{0,200})"')
_GATE = re.compile("[A-Za-z][A-Za-z0-9]{0,100}")
_MINOR = re.compile(r"v?([0-9]{1,3}\.[0-9]{1,4})(?:[.+-].{0,100})?")
_RELEASE = re.compile(r"v?[0-9]{1,3}\.[0-9]{1,4}[-+.0-9A-Za-z]{0,40}")
_NAME = re.compile("[a-z0-9][-a-z0-9.]{0,252}")
_HASH = re.compile("[A-Za-z0-9+/=]{0,64}")
_STATUSZ = re.compile(r"(?m)^(Binary|Emulation) version[:= ]{1,3}([0-9][-0-9A-Za-z.+]{0,60})[ \t]*$")


def samples(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield name, labels and value of the metrics in a text. Prometheus: text exposition format."""
    for line in text.splitlines():
        match = _METRIC.fullmatch(line.rstrip())
        if match is not None:
            yield match[1], dict(_LABEL.findall(match[2])), match[3]


def gates_in(text: str) -> dict[str, bool]:
    """Return the states of the feature gates in metrics. Kubernetes: component-base/metrics/prometheus/feature."""
    return {
        labels["name"]: float(value) == 1
        for metric, labels, value in samples(text)
        if metric == "kubernetes_feature_enabled" and _GATE.fullmatch(labels.get("name", "")) and value in ("0", "1")
    }


def versions_in_metrics(text: str) -> tuple[dict[str, str], str]:
    """Return the versions in metrics, and the release. Kubernetes: component-base/compatibility/registry.go."""
    for metric, labels, _ in samples(text):
        if metric == "version_info" and labels.get("component") == "kube":
            names = ((KUBERNETES, "binary"), (EMULATED, "emulation"), (COMPATIBLE, "min_compat"))
            return _versions((name, labels.get(label)) for name, label in names), _release(labels.get("binary"))
    return {}, ""


def versions_in_json(body: str) -> tuple[dict[str, str], str]:
    """Return the versions in a response of /version, and the release. Kubernetes: apimachinery/pkg/version/types.go."""
    info = _object(body)

    def minor(major: str, minor: str) -> str | None:
        parts = info.get(major), info.get(minor)
        return ".".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else None

    versions = _versions(
        (
            (KUBERNETES, minor("major", "minor")),
            (EMULATED, minor("emulationMajor", "emulationMinor")),
            (COMPATIBLE, minor("minCompatibilityMajor", "minCompatibilityMinor")),
        )
    )
    return versions, _release(info.get("gitVersion"))


def versions_in_statusz(text: str) -> tuple[dict[str, str], str]:
    """Return the versions in the text of /statusz, and the release. Kubernetes: component-base/zpages/statusz."""
    lines = dict(_STATUSZ.findall(text))
    return _versions(((KUBERNETES, lines.get("Binary")), (EMULATED, lines.get("Emulation")))), lines.get("Binary", "")


def _release(text: object) -> str:
    """Return a version with its patch number; empty if it is not one, or too long: a part of it may be a secret."""
    return text if isinstance(text, str) and _RELEASE.fullmatch(text) else ""


def _versions(texts: Any) -> dict[str, str]:
    """Return the minor versions of those texts that are versions."""
    matches = ((name, _MINOR.fullmatch(text)) for name, text in texts if isinstance(text, str))
    return {name: match[1] for name, match in matches if match is not None}


def groups_in(body: str) -> dict[str, list[str]] | None:
    """Return the groups in a list of API groups, each with its versions; None if the body is not one."""
    groups = _object(body).get("groups")
    if not isinstance(groups, list):
        return None
    versions_by_group: dict[str, list[str]] = {}
    for group in groups:
        if isinstance(group, dict) and _is_name(group.get("name")) and isinstance(group.get("versions"), list):
            versions = [each.get("version") for each in group["versions"] if isinstance(each, dict)]
            versions_by_group[group["name"]] = [str(version) for version in versions if _is_name(version)][:20]
    return versions_by_group


def resources_in(body: str) -> dict[str, str] | None:
    """Return the resources in a list of a group version, without subresources; None if the body is not one."""
    rows = _object(body).get("resources")
    if not isinstance(rows, list):
        return None
    resources = {}
    for row in rows:
        if isinstance(row, dict) and _is_name(row.get("name")):
            storage_hash = row.get("storageVersionHash", "")
            is_hash = isinstance(storage_hash, str) and _HASH.fullmatch(storage_hash) is not None
            resources[row["name"]] = storage_hash if is_hash else ""
    return resources


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _object(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
