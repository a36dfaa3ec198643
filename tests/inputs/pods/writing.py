"""Pods for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from compiler.diagnostics import Report
from compiler.inputs import Host
from compiler.review.examine import Settings, examine

FLAGS = (
    "--etcd-servers=https://192.0.2.9:2379",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=/pki/sa.pub",
    "--service-account-signing-key-file=/pki/sa.key",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--authorization-mode=Node,RBAC",
    "--advertise-address=192.0.2.1",
)
"""A server that starts, if /pki is mounted."""


def pod(
    *flags: str,
    mounts: tuple[dict[str, Any], ...] = (),
    volumes: tuple[dict[str, Any], ...] = (),
    image: str = "registry.k8s.io/kube-apiserver:v1.36.0",
    command: tuple[str, ...] | None = None,
    spec: dict[str, Any] | None = None,
    **container: Any,
) -> dict[str, Any]:
    """A Pod that mounts /pki, and what is given."""
    server: dict[str, Any] = {
        "name": "kube-apiserver",
        "image": image,
        "command": list(command or ("kube-apiserver", *FLAGS, *flags)),
        "volumeMounts": [{"name": "pki", "mountPath": "/pki", "readOnly": True}, *mounts],
        **container,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kube-apiserver", "namespace": "kube-system"},
        "spec": {
            "hostNetwork": True,
            "containers": [server],
            "volumes": [{"name": "pki", "hostPath": {"path": "/pki"}}, *volumes],
            **(spec or {}),
        },
    }


def report_of(
    folder: Path, manifest: dict[str, Any] | str, *, host: Host | None = None, version: str | None = None
) -> Report:
    """The report about a Pod, which may be given as text."""
    path = folder / "pod.yaml"
    path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest, indent=1))
    return examine(str(path), Settings("pod", version, host or Host())).report


def findings(folder: Path, manifest: dict[str, Any] | str, *families: str, **options: Any) -> list[str]:
    """Code (without KASC-) and message of each finding about a Pod whose code begins with one of some families."""
    report = report_of(folder, manifest, **options)
    found = [(each.code.removeprefix("KASC-"), each.message) for each in report.sorted()]
    return [f"{code} {message}" for code, message in found if not families or code.startswith(families)]
