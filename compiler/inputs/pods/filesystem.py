"""The file system of a container: the image's own files, and the volumes mounted over them.

Kubernetes: pkg/kubelet/kubelet_pods.go, makeMounts; pkg/volume.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from compiler.bounds import MAX_FINDINGS
from compiler.inputs import NotInContainerError
from compiler.inputs.importers.container import Environment
from compiler.inputs.pods import Mount, Place, Volume
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import did_you_mean, shown
from compiler.upstream.go.net import join

_FILES_OF_IMAGE = frozenset(
    (
        *("/etc/group", "/etc/hostname", "/etc/hosts", "/etc/nsswitch.conf", "/etc/os-release", "/etc/passwd"),
        *("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt"),
    )
)
"""Files of the distroless image that kube-apiserver is released in, and those of every container."""
_DIRECTORIES_OF_IMAGE = ("/dev", "/proc", "/sys", "/usr", "/var/run/secrets/kubernetes.io", "/run/secrets")
_IMAGES = ("kube-apiserver", "hyperkube", "hardened-kubernetes")
"""Names of images that contain only the files of the release."""
_SHELLS = ("sh", "bash", "ash", "dash")
_MAX_PATH = 4096
"""Linux: PATH_MAX."""
_READ_ONLY = ("configMap", "secret", "projected", "downwardAPI", "image")
"""Volume sources that are always read-only."""


class ContainerFileSystem:
    """The file system of one container of a Pod.

    `is_release` is set if the image has only the files of a kube-apiserver release. `declared` is false for a
    container without mounts in a Pod without volumes: that is an excerpt, and its paths are taken as paths of the node.
    `certain` is false if volumes or mounts are invalid, so some of them may be missing.
    """

    def __init__(self, pod_spec: Node, container: Node, certain: bool = True) -> None:
        volumes = _volumes(pod_spec, container)
        self._mounts = {mount.path: mount for mount in _mounts(container, volumes)}
        self._on_host = {
            join("/", mount.volume.path): mount
            for mount in self._mounts.values()
            if mount.volume.source == "hostPath" and mount.volume.path and mount.sub_path == ""
        }
        self.declared = bool(self._mounts) or bool(volumes)
        self.is_release = _runs_release(container)
        self._complete = self.declared and self.is_release
        self._certain = certain
        self._directory = text_of(container.get("workingDir"))
        read_only = find(container, "securityContext", "readOnlyRootFilesystem")
        self._read_only_root = read_only is not None and read_only.value is True

    def find(self, path: str) -> Place | None:
        """Return the mount that a path is in; None for a path of the image."""
        absolute = join("/", self._directory, path) if not path.startswith("/") else join(path)
        for spelling in _spellings(absolute):
            for directory in _parents(spelling):
                mount = self._mounts.get(directory)
                if mount is not None:
                    rest = spelling[len(directory) :].strip("/")
                    return Place(mount, None if mount.sub_path is None else join(mount.sub_path, rest))
        return None

    def host_path(self, path: str, directory: bool = False) -> str | None:
        """Return the path on the node that a path of the container is mounted from; None if unknown.

        Raises NotInContainerError if the path does not exist in the container.
        """
        if not self.declared:
            return path
        try:
            return self._host_path(path, directory)
        except NotInContainerError:
            if self._certain:
                raise
            return None

    def _host_path(self, path: str, directory: bool) -> str | None:
        place = self.find(path)
        if place is None:
            if not self._may_be_in_image(path):
                raise self._not_mounted(path)
            # Devices are those of the node.
            return path if path.startswith("/dev/") else None
        volume, volume_path = place.mount.volume, place.volume_path
        if volume_path is None:
            return None
        name = shown(volume.name)
        if volume.source == "hostPath":
            if volume_path and place.mount.is_file:
                reason = (
                    f"the hostPath volume {name} is a single {_file_type(volume.type)}, mounted at {place.mount.path}"
                )
                raise NotInContainerError(reason, "mount the directory of the file")
            if not volume_path and not directory and volume.type in ("Directory", "DirectoryOrCreate"):
                reason = f"the hostPath volume {name}, a directory, is mounted there"
                raise NotInContainerError(reason, f"name a file below {place.mount.path}")
            return join("/", volume.path, volume_path)
        if volume.files is not None and not directory and volume_path not in volume.files:
            raise NotInContainerError(*_not_in_volume(volume, volume_path))
        return None

    def write_problem(self, path: str) -> str:
        """Return why the container cannot write to a path; empty if it can or if that is unknown."""
        place = self.find(path)
        if place is None:
            if self._read_only_root and self._certain and not self._may_be_in_image(path):
                return "the container's root file system is read-only, and no volume is mounted there"
            return ""
        if place.mount.read_only:
            return f"the mount at {place.mount.path} is read-only"
        if place.mount.volume.source in _READ_ONLY:
            return f"the volume {shown(place.mount.volume.name)} ({place.mount.volume.source}) is read-only"
        return ""

    def _may_be_in_image(self, path: str) -> bool:
        if not self._complete or (not path.startswith("/") and not self._directory):
            return True
        clean = join("/", self._directory, path) if not path.startswith("/") else join(path)
        in_image = any(clean == directory or clean.startswith(f"{directory}/") for directory in _DIRECTORIES_OF_IMAGE)
        return in_image or clean in _FILES_OF_IMAGE

    def _not_mounted(self, path: str) -> NotInContainerError:
        """Return the error for a path outside all mounts; the hint names the mount of its directory, if any."""
        for parent in _parents(join(path)):
            mount = self._on_host.get(parent)
            if mount is not None:
                there = posixpath.join(mount.path, path[len(parent) :].lstrip("/"))
                hint = f"write {there}: the volume {shown(mount.volume.name)} is mounted at {mount.path}"
                return NotInContainerError("no volume is mounted there", hint)
        directory = posixpath.dirname(path) or "/"
        hint = f"add a volume that has the file, for example the hostPath {directory}, and mount it at {directory}"
        return NotInContainerError("no volume is mounted there", hint)


def _parents(path: str) -> Iterator[str]:
    """Yield a path and its parent directories, the closest first; nothing for a path longer than PATH_MAX."""
    if len(path) > _MAX_PATH:
        return
    yield path
    while path not in ("/", ""):
        path = posixpath.dirname(path)
        yield path


def _spellings(path: str) -> Iterator[str]:
    """Yield a path, and the same path through the symbolic link /var/run."""
    yield path
    if path.startswith("/var/run/"):
        yield path.removeprefix("/var")
    elif path.startswith("/run/"):
        yield f"/var{path}"


def _not_in_volume(volume: Volume, path: str) -> tuple[str, str]:
    """Return the reason and hint for a file that is not in a volume."""
    name, files = shown(volume.name), volume.files or frozenset()
    if volume.source == "emptyDir":
        return f"the volume {name} is an emptyDir that no other container writes to", "mount a volume with the file"
    if len(files) > MAX_FINDINGS:
        return f"the volume {name} has no file {shown(path)}", "add it to the items of the volume"
    if not path or any(file.startswith(f"{path}/") for file in files):
        return f"it is a directory of the volume {name}", "name a file in it"
    known = ", ".join(sorted(files)[:5])
    return f"the volume {name} has no file {shown(path)}", did_you_mean(path, files) or f"its files are {known}"


def _file_type(kind: str) -> str:
    return {"Socket": "socket", "CharDevice": "device", "BlockDevice": "device"}.get(kind, "file")


def _runs_release(container: Node) -> bool:
    """Return whether the container has only the files of a release, and runs no script that may create others."""
    image = text_of(container.get("image")).partition("@")[0].rpartition("/")[2]
    if image and not any(name in image for name in _IMAGES):
        return False
    words = [item.text for part in ("command", "args") for item in items_of(container.get(part))]
    if not words or posixpath.basename(words[0]) not in _SHELLS:
        return True
    script = re.sub(r"[<>]&[0-9-]|&>", "", max(words, key=len)).strip()
    return re.search(r"[;|&\n`]|\$\(", script) is None


def _volumes(pod_spec: Node, container: Node) -> dict[str, Volume]:
    shared = _mounted_by_others(pod_spec, container)
    return {volume.name: volume for item in items_of(pod_spec.get("volumes")) if (volume := _volume(item, shared)).name}


def _mounted_by_others(pod_spec: Node, container: Node) -> set[str]:
    names = set()
    for part in ("initContainers", "containers"):
        for other in items_of(pod_spec.get(part)):
            if other is not container:
                names |= {text_of(mount.get("name")) for mount in items_of(other.get("volumeMounts"))}
    return names


def _volume(item: Node, shared: set[str]) -> Volume:
    name = text_of(item.get("name"))
    sources = [key for key in item.value if key != "name"] if isinstance(item.value, dict) else []
    if not sources:
        # A volume without a source is an emptyDir.
        return Volume(name, "emptyDir", files=None if name in shared else frozenset())
    kind = sources[0]
    source = item.get(kind)
    if len(sources) > 1 or source is None:
        return Volume(name)
    if kind == "hostPath":
        return Volume(name, kind, text_of(source.get("path")), text_of(source.get("type")))
    files: frozenset[str] | None = None
    if kind == "emptyDir":
        files = None if name in shared else frozenset()
    elif kind in ("configMap", "secret", "downwardAPI"):
        files = _files_of(kind, source)
    elif kind == "projected":
        parts = [_files_of(key, part) for each in items_of(source.get("sources")) for key, part in _pairs(each)]
        files = None if None in parts else frozenset().union(*(part for part in parts if part is not None))
    return Volume(name, kind, files=files)


def _files_of(kind: str, source: Node) -> frozenset[str] | None:
    """Return the files of a volume source; None if unknown."""
    if kind in ("configMap", "secret", "downwardAPI"):
        items = items_of(source.get("items"))
        return frozenset(text_of(item.get("path")) for item in items) if items or kind == "downwardAPI" else None
    if kind in ("serviceAccountToken", "clusterTrustBundle"):
        default = "token" if kind == "serviceAccountToken" else ""
        return frozenset((text_of(source.get("path")) or default,))
    return None


def _mounts(container: Node, volumes: dict[str, Volume]) -> Iterator[Mount]:
    environment = Environment(container)
    for item in items_of(container.get("volumeMounts")):
        path, name = text_of(item.get("mountPath")), text_of(item.get("name"))
        if not path:
            continue
        sub_path: str | None = text_of(item.get("subPath"))
        expression = item.get("subPathExpr")
        if expression is not None and text_of(expression):
            sub_path = environment.whole(text_of(expression), expression)
        read_only = item.get("readOnly")
        volume = volumes.get(name) or Volume(name)
        yield Mount(join("/", path), volume, sub_path, read_only is not None and read_only.value is True)


def _pairs(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node.value, dict):
        yield from node.value.items()
