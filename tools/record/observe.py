"""What a running server reports about itself, in the forms of the recordings."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from tools.record.apiserver import KubeAPIServer

_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_FLAGZ = "application/json;v=v1alpha1;g=config.k8s.io;as=Flagz"
_STAGES = ("", *(f"{stage}{number}" for stage in ("beta", "alpha") for number in range(1, 6)))
_VERSIONS = [f"v{major}{stage}" for major in (1, 2, 3) for stage in _STAGES]
"""The names that versions of APIs have had."""
_BOUNDS = {"histogram": {"le"}, "summary": {"quantile"}}
ENDPOINTS = ("healthz", "livez", "readyz")

Resource = dict[str, Any]


def health_checks(server: KubeAPIServer, endpoint: str) -> list[str]:
    """Return the names of an endpoint's checks in the order in which they run (apiserver: healthz.handleRootHealth)."""
    return re.findall(r"^\[[+-]\](\S+)", server.get(f"/{endpoint}?verbose").text, re.MULTILINE)


def metrics(server: KubeAPIServer) -> list[tuple[str, dict[str, str], str]]:
    """Return (name, labels, value) for each sample of /metrics."""
    samples = _SAMPLE.findall(server.get("/metrics").text)
    return [(name, dict(_LABEL.findall(labels)), value) for name, labels, value in samples]


def gates_of(samples: list[tuple[str, dict[str, str], str]]) -> dict[str, tuple[str, bool]]:
    """Return gate -> (stage, enabled) of the metric kubernetes_feature_enabled; the stage of a GA gate is ""."""
    return {
        labels["name"]: (labels.get("stage", ""), float(value) == 1)
        for name, labels, value in sorted(samples, key=lambda sample: sample[1].get("name", ""))
        if name == "kubernetes_feature_enabled"
    }


def discovery(server: KubeAPIServer) -> dict[str, list[Resource]]:
    """Return API path ("api/v1", "apis/apps/v1") -> its resources, as served."""
    paths = [f"api/{version}" for version in (server.get("/api").json() or {}).get("versions", [])]
    for group in (server.get("/apis").json() or {}).get("groups", []):
        paths += [f"apis/{version['groupVersion']}" for version in group["versions"]]
    return {path: (server.get(f"/{path}").json() or {}).get("resources", []) for path in sorted(paths)}


def group_versions(server: KubeAPIServer) -> dict[str, list[str]]:
    """Return group -> its served versions by priority, without groups of extension servers."""
    result = {"": (server.get("/api").json() or {}).get("versions", [])}
    for group in (server.get("/apis").json() or {}).get("groups", []):
        result[group["name"]] = [version["version"] for version in group["versions"]]
    return {group: versions for group, versions in result.items() if versions}


def preferred(server: KubeAPIServer) -> dict[str, str]:
    """Return group -> the version that discovery prefers."""
    groups = (server.get("/apis").json() or {}).get("groups", [])
    return {group["name"]: group["preferredVersion"]["version"] for group in groups}


def storage_versions(resources: dict[str, list[Resource]]) -> dict[str, str]:
    """Return resource -> the version whose hash its storageVersionHash is (apiserver: discovery.StorageVersionHash).

    A resource may be stored in a version that is not served. A hash that no version of its group explains is left out:
    events.events.k8s.io is stored as an event of the core group.
    """
    result = {}
    for path, listed in resources.items():
        for resource in listed:
            given = resource.get("storageVersionHash")
            hashes = {version_hash(group_of(path), each, resource["kind"]): each for each in _VERSIONS} if given else {}
            if given in hashes and "/" not in resource["name"]:
                result[resource_name(path, resource)] = hashes[given]
    return dict(sorted(result.items()))


def version_hash(group: str, version: str, kind: str) -> str:
    """Return the hash of a storage version as discovery shows it: base64 of the first 8 bytes of a SHA-256."""
    text = f"{group}/{version}/{kind}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()


def group_of(path: str) -> str:
    """Return the API group of a discovery path; "" for the core group."""
    return path.split("/")[1] if path.startswith("apis/") else ""


def resource_name(path: str, resource: Resource) -> str:
    """Return "deployments.apps", or "pods" for the core group."""
    return ".".join(filter(None, (resource["name"], group_of(path))))


def flagz(server: KubeAPIServer) -> dict[str, Any] | None:
    """Return the structured /flagz; None for a version without it."""
    answer = server.get("/flagz", _FLAGZ).json()
    flags = answer.get("flags") if isinstance(answer, dict) else None
    return {name: server.restored(str(value)) for name, value in sorted(flags.items())} if flags else None


def page(server: KubeAPIServer, path: str) -> str:
    """Return the text of /flagz or /statusz; "" if the server does not have it."""
    answer = server.get(path, "text/plain")
    return server.restored(answer.text) if answer.status == 200 else ""


def metric_families(server: KubeAPIServer) -> dict[str, dict[str, Any]]:
    """Return metric -> type and labels, as /metrics and /metrics/slis show them; `le` and `quantile` are no labels."""
    result: dict[str, dict[str, Any]] = {}
    for path in ("/metrics", "/metrics/slis"):
        text = server.get(path).text
        kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
        for name, labels, _ in _SAMPLE.findall(text):
            base = name if name in kinds else re.sub(r"_(?:bucket|sum|count)$", "", name)
            keys = {key for key, _ in _LABEL.findall(labels)} - _BOUNDS.get(kinds.get(base, ""), set())
            row = result.setdefault(base, {"name": base, "type": kinds.get(base, "untyped"), "labels": []})
            row["labels"] = sorted({*row["labels"], *keys})
    return result
