"""The Pod around a server: its volumes and mounts."""

from __future__ import annotations

from typing import NamedTuple

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
