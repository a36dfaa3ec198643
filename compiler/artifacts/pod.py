"""The artifact `pod`: a static Pod that runs the server."""

from __future__ import annotations

import re
from typing import Any

from compiler.apiserver.health.meaning import HealthFacts, health_facts
from compiler.apiserver.health.shutdown import KUBELET_DEFAULT, drain_of
from compiler.apiserver.startup import Resolved
from compiler.artifacts.flags import flag_lines
from compiler.artifacts.mounts import Mounts, mounts_of
from compiler.artifacts.probes import probes
from compiler.inputs.importers.container import references
from compiler.inputs.importers.placeholders import Placeholders

_REGISTRY = "registry.k8s.io/kube-apiserver"


def static_pod(resolved: Resolved, explicit: bool = False) -> dict[str, Any]:
    """Return a v1 Pod: image, flags, mounts for every path that a flag names, probes."""
    deployment = _deployment(resolved)
    facts = health_facts(resolved.context, resolved.config, resolved.storage_factory, resolved.health)
    needed = mounts_of(resolved, deployment.get("extraVolumes", []))
    image_name, period = image(resolved), drain_of(resolved.context).grace_period
    placeholders = Placeholders(resolved.context.input.deployment)
    command = ["kube-apiserver", *(_literal(line, placeholders) for line in flag_lines(resolved, explicit))]
    labels = {"component": "kube-apiserver", "tier": "control-plane"} | deployment.get("labels", {})
    metadata: dict[str, Any] = {
        "name": deployment.get("name", "kube-apiserver"),
        "namespace": deployment.get("namespace", "kube-system"),
        "labels": labels,
    }
    if "annotations" in deployment:
        metadata["annotations"] = deployment["annotations"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": _spec(deployment, image_name, period, command, facts, needed),
    }


def _spec(
    deployment: dict[str, Any],
    image_name: str,
    grace_period: int,
    command: list[str],
    facts: HealthFacts,
    needed: Mounts,
) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "kube-apiserver",
        "image": image_name,
        "imagePullPolicy": deployment.get("imagePullPolicy", "IfNotPresent"),
        "command": command,
    }
    for key in ("env", "resources"):
        if key in deployment:
            container[key] = deployment[key]
    for name, probe in probes(facts).items():
        container[f"{name}Probe"] = probe
    container["volumeMounts"] = needed.mounts
    spec: dict[str, Any] = {
        "containers": [container],
        "hostNetwork": deployment.get("hostNetwork", True),
        "priorityClassName": deployment.get("priorityClassName", "system-node-critical"),
        "securityContext": deployment.get("securityContext", {"seccompProfile": {"type": "RuntimeDefault"}}),
    }
    period = deployment.get("terminationGracePeriodSeconds", grace_period)
    if period != KUBELET_DEFAULT:
        spec["terminationGracePeriodSeconds"] = period
    spec["volumes"] = needed.volumes
    return spec


def image(resolved: Resolved) -> str:
    """Return the container image: that of the input, else the upstream one of the declared version."""
    context = resolved.context
    given = _deployment(resolved).get("image") or context.input.image
    if given:
        return str(given)
    return default_image(context.input.version or context.catalog.version)


def default_image(version: str) -> str:
    """Return the upstream image of a version; `1.36` is its first release."""
    release = version.lstrip("v")
    return f"{_REGISTRY}:v{release}" + (".0" if release.count(".") == 1 else "")


def _deployment(resolved: Resolved) -> dict[str, Any]:
    node = resolved.context.input.deployment
    plain = node.plain() if node else {}
    return plain if isinstance(plain, dict) else {}


def _literal(text: str, placeholders: Placeholders) -> str:
    """Escape a string against expansion by Kubernetes: `$(NAME)` would be replaced, `$$` become `$`.

    References that are meant to be replaced stay. Kubernetes: third_party/forked/golang/expansion/expand.go.
    """
    if "$" not in text:
        return text
    parts, position = [], 0
    for reference in references(text):
        whole = text[reference.start : reference.end]
        if reference.name in placeholders.variables or whole in placeholders.texts:
            parts += [escaped(text[position : reference.start]), whole]
            position = reference.end
    return "".join([*parts, escaped(text[position:])])


def escaped(text: str) -> str:
    """Escape every `$` in a string that Kubernetes would expand, or read as an escape."""
    return re.sub(r"\$(?=[$(])", "$$", text)
