"""The Pod around a server: its volumes, mounts, and the file system of its container."""

from __future__ import annotations

from typing import NamedTuple, Protocol

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
"""The probes of a container, in the order in which the kubelet starts them."""
_ONE_FILE = ("File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice")


class Volume(NamedTuple):
    """A volume of the Pod and the name of its source, empty if unknown.

    `path` and `type` are those of a hostPath. `files` are the paths of all files in the volume, None if unknown.
    """

    name: str
    source: str = ""
    path: str = ""
    type: str = ""
    files: frozenset[str] | None = None


class Mount(NamedTuple):
    """A volume mounted at a clean, absolute path; `sub_path` is None if it is only known at run time."""

    path: str
    volume: Volume
    sub_path: str | None
    read_only: bool

    @property
    def is_file(self) -> bool:
        """Whether the mount is a single file of the node."""
        return self.volume.source == "hostPath" and self.volume.type in _ONE_FILE


class Place(NamedTuple):
    """The mount that a path of the container is in, and the path inside its volume, None if unknown."""

    mount: Mount
    volume_path: str | None


class FileSystem(Protocol):
    """The file system of one container; see `filesystem.ContainerFileSystem`."""

    declared: bool
    is_release: bool

    def find(self, path: str) -> Place | None:
        """Return the mount that a path is in; None for a path of the image."""

    def host_path(self, path: str, directory: bool = False) -> str | None:
        """Return the path on the host, None if it is unknown. Raises NotInContainerError."""

    def write_problem(self, path: str) -> str:
        """Return why the container cannot write a path, empty if it can."""
