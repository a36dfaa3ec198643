"""The volumes of the static Pod that Talos runs kube-apiserver in.

Talos: internal/app/machined/pkg/controllers/k8s, control_plane_static_pod.go and k8stemplates/apiserver.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from compiler import rules
from compiler.diagnostics import diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.talos.documents import Documents, Findings
from compiler.inputs.pods.filesystem import ContainerFileSystem
from compiler.inputs.source.node import Node, Source
from compiler.text import shown
from compiler.upstream.catalog.facts import READ_FILES, WRITTEN_FILES

_DIRECTORIES = (
    "/system/secrets/kubernetes/kube-apiserver",
    "/system/config/kubernetes/kube-apiserver",
    "/var/log/audit/kube",
)
_CERTIFICATES = "/etc/ssl/certs"
"""The directory that Talos mounts if the API server is configured by KubeAPIServerConfig."""
_IMAGE_DIRECTORIES = ("/dev/", "/proc/", "/sys/", "/usr/", "/etc/ssl/certs/")


def file_system(source: Source, documents: Documents) -> ContainerFileSystem:
    """Return the file system of the container. Paths outside the mounts are unknown, not errors."""
    mounts = [(path, path) for path in _DIRECTORIES]
    if documents.way == "documents":
        mounts.append((_CERTIFICATES, _CERTIFICATES))
    else:
        extra = documents.of_machine("cluster.apiServer.extraVolumes").items()
        mounts += [(volume.get("hostPath").text, volume.get("mountPath").text) for volume in extra]
    volumes = [{"name": str(index), "hostPath": {"path": host}} for index, (host, _) in enumerate(mounts)]
    places = [{"name": str(index), "mountPath": path} for index, (_, path) in enumerate(mounts) if path]
    pod_spec, container = _node(source, {"volumes": volumes}), _node(source, {"volumeMounts": places})
    return ContainerFileSystem(pod_spec, container, certain=False)


def check_mounts(mounts: ContainerFileSystem, words: Sequence[Word], documents: Documents, findings: Findings) -> None:
    """Report the user's files that are in no volume of the container."""
    for word in words:
        flag, _, path = word.text.removeprefix("--").partition("=")
        access = "read" if flag in READ_FILES else "write" if flag in WRITTEN_FILES else ""
        is_file = bool(access) and path.startswith("/") and not word.unknown and not word.origin
        if not is_file or path.startswith(_IMAGE_DIRECTORIES) or mounts.find(path) is not None:
            continue
        message = f"{shown(path)} is in no volume of the API server: kube-apiserver cannot {access} it"
        hint = f"add an entry with mountPath: {posixpath.dirname(path)} to cluster.apiServer.extraVolumes"
        if documents.way == "documents":
            hint = "KubeAPIServerConfig has no extraVolumes: use a document for this setting"
        findings.problems.append(
            diagnose(
                rules.FILE_NOT_IN_CONTAINER,
                message,
                hint,
                path=word.path,
                flag=flag,
                location=word.location,
                severity="warning",
            )
        )


def _node(source: Source, value: Any) -> Node:
    if isinstance(value, dict):
        value = {key: _node(source, item) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_node(source, item) for item in value]
    return Node(value, source, (1, 1, 1, 2), value if isinstance(value, str) else "", {})
