"""The static Pod that kubeadm writes for kube-apiserver: environment, mounts, probes.

Kubernetes: cmd/kubeadm/app/phases/controlplane/manifests.go, GetStaticPodSpecs; volumes.go,
getHostPathVolumesForTheControlPlane; util/staticpod/utils.go.
"""

from __future__ import annotations

import posixpath
from functools import partial
from typing import NamedTuple

from compiler.inputs import NotInContainerError
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.kubeadm.config import Config
from compiler.inputs.dialects.kubeadm.rendered import Content, Renderer
from compiler.inputs.dialects.kubeadm.report import TITLE
from compiler.inputs.dialects.kubeadm.versions import NAMED_PROBE_PORT_SINCE
from compiler.inputs.importers.container import Environment
from compiler.inputs.importers.flags import check_lengths
from compiler.inputs.pods.filesystem import ContainerFileSystem
from compiler.inputs.shell_words import Run, composed
from compiler.inputs.source.node import Node, items_of, text_of

_CA_CERTIFICATES = "/etc/ssl/certs"
_NODE_CA_DIRECTORIES = (
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
)
"""Directories that kubeadm mounts if they exist on the node."""
_DIRECTORY = "DirectoryOrCreate"
_LIVENESS, _READINESS, _PERIOD = ("/livez", 10, 10, 8), ("/readyz", 0, 1, 3), 10
_PROBE_PORT = "probe-port"


class Mount(NamedTuple):
    """A hostPath volume and its mount; values of the user are nodes."""

    name: Content
    host_path: Content
    mount_path: Content
    read_only: Content
    type: Content


class StaticPod(NamedTuple):
    """The spec of the Pod, its container, and the file system of that container."""

    spec: Node
    container: Node
    file_system: PodFileSystem


class PodFileSystem(ContainerFileSystem):
    """The file system of the container that kubeadm writes.

    If it is not `certain`, files that no mount has are unknown and not errors: patches may add mounts. `missing` and
    `not_writable` tell about them.
    """

    def __init__(self, spec: Node, container: Node, certain: bool) -> None:
        super().__init__(spec, container, certain)
        self.certain = certain

    def missing(self, path: str) -> NotInContainerError | None:
        """Return why the container does not have a file, None if it may have it."""
        try:
            self._host_path(path, False)
        except NotInContainerError as error:
            return error
        return None

    def not_writable(self, path: str) -> str:
        """Return why the container cannot write a file, empty if it can."""
        return super().write_problem(path)

    def write_problem(self, path: str) -> str:
        """Return the same, but only if it is certain."""
        return super().write_problem(path) if self.certain else ""

    def _not_mounted(self, path: str) -> NotInContainerError:
        error = super()._not_mounted(path)
        if not error.hint.startswith("add a volume"):
            return error
        directory = posixpath.dirname(path) or "/"
        volume = f"{{name: NAME, hostPath: {directory}, mountPath: {directory}, readOnly: true}}"
        return NotInContainerError(str(error), f"add {volume} to apiServer.extraVolumes")


def static_pod(config: Config, certain: bool, version: str | None = None) -> StaticPod:
    """Return the Pod; see PodFileSystem for `certain`.

    `version` is the Kubernetes version. The image is only known with a whole version, and left out if it is upstream's.
    Kubernetes: cmd/kubeadm/app/images/images.go, GetKubernetesImage.
    """
    start = config.start
    cluster = config.cluster.node
    renderer = Renderer(cluster.source, start[1:], TITLE)
    mounts = mounts_of(config)
    container: dict[str, Content] = {
        "name": "kube-apiserver",
        "env": [*items_of(config.cluster.find("apiServer", "extraEnvs"))],
        "volumeMounts": [
            {"name": mount.name, "mountPath": mount.mount_path, "readOnly": mount.read_only} for mount in mounts
        ],
        **_probes(config),
    }
    repository = config.cluster.text("imageRepository")
    if repository and version and version.count(".") == 2:
        container["image"] = f"{repository}/kube-apiserver:v{version}"
    volumes: list[Content] = [
        {"name": mount.name, "hostPath": {"path": mount.host_path, "type": mount.type}} for mount in mounts
    ]
    spec = renderer.node({"containers": [container], "hostNetwork": True, "volumes": volumes})
    server = spec.at(("containers", 0))
    return StaticPod(spec, server, PodFileSystem(spec, server, certain))


def mounts_of(config: Config) -> list[Mount]:
    """Return the mounts of the container, sorted by name; one of a name replaces those before it.

    Directories that kubeadm only mounts if they exist on the node are included.
    """
    directory: Content = config.certificates_dir.node or config.certificates_dir.text
    found = {
        "k8s-certs": Mount("k8s-certs", directory, directory, True, _DIRECTORY),
        "ca-certs": Mount("ca-certs", _CA_CERTIFICATES, _CA_CERTIFICATES, True, _DIRECTORY),
    }
    for index, path in enumerate(sorted(_etcd_directories(config))):
        found[f"etcd-certs-{index}"] = Mount(f"etcd-certs-{index}", path, path, True, _DIRECTORY)
    for path in _NODE_CA_DIRECTORIES:
        name = path.replace("/", "-")[1:]
        found[name] = Mount(name, path, path, True, _DIRECTORY)
    for volume in items_of(config.cluster.find("apiServer", "extraVolumes")):
        found[text_of(volume.get("name"))] = Mount(
            volume.get("name") or "",
            volume.get("hostPath") or "",
            volume.get("mountPath") or "",
            volume.get("readOnly") or False,
            volume.get("pathType") or "",
        )
    return [found[name] for name in sorted(found)]


def _etcd_directories(config: Config) -> set[str]:
    """Return the directories that are mounted for an external etcd.

    Kubernetes: getEtcdCertVolumes, which compares the beginnings of strings, not of paths.
    """
    external = config.external_etcd
    mounted = (*_NODE_CA_DIRECTORIES, _CA_CERTIFICATES, config.certificates_dir.text)
    directories: set[str] = set()
    for key in ("caFile", "certFile", "keyFile") if external is not None else ():
        file = text_of(external.get(key)) if external is not None else ""
        directory = posixpath.normpath(posixpath.dirname(file)) if file else "."
        if directory == "." or directory.startswith(mounted):
            continue
        below = {each for each in directories if each.startswith(directory)}
        if any(directory.startswith(each) for each in directories - below):
            continue
        directories = directories - below | {directory}
    return directories


def _probes(config: Config) -> dict[str, Content]:
    """Return probes and ports, which follow localAPIEndpoint even where extra arguments move the server."""
    endpoint = config.endpoint
    port: Content = endpoint.port_node or endpoint.port
    named = config.minor >= NAMED_PROBE_PORT_SINCE
    probe = partial(_probe, endpoint.address, _PROBE_PORT if named else port)
    threshold = -(-config.health_check_timeout // _PERIOD)
    result: dict[str, Content] = {
        "startupProbe": probe("/livez", 10, _PERIOD, threshold),
        "livenessProbe": probe(*_LIVENESS),
        "readinessProbe": probe(*_READINESS),
    }
    if named:
        result["ports"] = [{"name": _PROBE_PORT, "containerPort": port, "protocol": "TCP"}]
    return result


def _probe(host: str, port: Content, path: str, delay: int, period: int, threshold: int) -> Content:
    action: dict[str, Content] = {"path": path, "port": port, "scheme": "HTTPS"}
    if host:
        action["host"] = host
    return {
        "httpGet": action,
        "initialDelaySeconds": delay,
        "timeoutSeconds": 15,
        "periodSeconds": period,
        "failureThreshold": threshold,
    }


def expanded(words: list[Word], container: Node) -> list[Word]:
    """Return the words with the variables that the kubelet expands in the command of the container.

    Raises KascError for a word longer than Linux accepts.
    """
    check_lengths(words)
    if not any("$(" in word.text or "$$" in word.text for word in words):
        return words
    environment = Environment(container)
    return [word if word.unknown or "$" not in word.text else _expand(word, environment) for word in words]


def _expand(word: Word, environment: Environment) -> Word:
    pieces: list[str] = []
    runs: list[Run] = []
    unknown, index, position = "", 0, 0
    for reference, value in environment.expanded(word.text, environment.container):
        start, end = (reference.start, reference.end) if reference else (position, position + len(value or ""))
        if value is None:
            value = word.text[start:end]
            unknown = unknown or value
        if value:
            runs.append(Run(index, start, end, reference is None))
        pieces.append(value)
        index, position = index + len(value), end
    trace = composed(word.trace, runs) if word.trace is not None else None
    return word._replace(text="".join(pieces), trace=trace, unknown=unknown)
