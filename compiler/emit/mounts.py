"""Volumes and mounts of the static Pod: the node's folders that hold what the server needs, and no more."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from compiler.diagnostics import KascError, diagnose
from compiler.emit.parts import exactly
from compiler.emit.paths import NodePath, all_paths, node_paths
from compiler.flags.text import shown

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

# A mount over one of these would hide the program or what it needs, or show the server far more of the node than it
# needs; there, files are mounted one by one.
_SYSTEM = frozenset(
    f"/{folder}".rstrip("/")
    for folder in (
        *("", "bin", "boot", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "root", "run", "sbin", "srv", "tmp"),
        *("usr", "usr/bin", "usr/lib", "usr/local", "usr/local/bin", "usr/local/lib", "usr/local/share", "usr/sbin"),
        *("usr/share", "var", "var/lib", "var/run", "var/tmp"),
    )
)
_OF_THE_CONTAINER = ("/dev/", "/proc/", "/sys/")
_TYPES = {"file": ("File", "FileOrCreate"), "folder": ("Directory", "DirectoryOrCreate"), "socket": ("Socket", "")}


class _Mount:
    """One mount: the same path on the node and in the container."""

    def __init__(self, path: str, kind: str, writable: bool, made: bool) -> None:
        self.path = path
        self.kind = kind
        self.writable = writable
        self.made = made

    def covers(self, other: _Mount) -> bool:
        """Whether what the other one is for can be had through this one."""
        inside = other.path == self.path or (self.kind == "folder" and is_inside(other.path, self.path))
        return inside and (self.writable or not other.writable)


class Mounts:
    """Volume mounts and their volumes; Pods that have them in common share them."""

    def __init__(self, mounts: list[dict[str, Any]], volumes: list[dict[str, Any]]) -> None:
        self.mounts = mounts
        self.volumes = volumes


def mounts_of(resolved: Resolved, extra: list[dict[str, Any]]) -> Mounts:
    """Volume mounts and volumes, sorted by path, those of `deployment.extraVolumes` at the end.

    What lies where the document mounts something itself is left to that. Raises KascError for a path that Kubernetes
    cannot mount.
    """
    paths = tuple(all_paths(resolved))
    key = ("mounts", paths, exactly(extra))
    found = resolved.options.catalog.recently(key, lambda: _mounts(node_paths(paths), extra))
    for mount in found.mounts[: len(found.mounts) - len(extra)]:
        _check(resolved, mount["mountPath"])
    return found


def _mounts(paths: Sequence[NodePath], extra: list[dict[str, Any]]) -> Mounts:
    given = [_Mount(volume["mountPath"].rstrip("/"), "folder", writable=True, made=False) for volume in extra]
    wanted = [mount for mount in _wanted(paths) if not any(mine.covers(mount) for mine in given)]
    kept = [mount for mount in wanted if not any(other is not mount and other.covers(mount) for other in wanted)]
    names = {volume["name"] for volume in extra}
    mounts, volumes = [], []
    for mount in kept:
        name = _volume_name(mount.path, names)
        names.add(name)
        mounts.append({"name": name, "mountPath": mount.path} | ({} if mount.writable else {"readOnly": True}))
        volumes.append({"name": name, "hostPath": {"path": mount.path, "type": _TYPES[mount.kind][mount.made]}})
    for volume in extra:
        mounts.append(
            {"name": volume["name"], "mountPath": volume["mountPath"]}
            | ({"readOnly": True} if volume.get("readOnly") else {})
        )
        kind = {"type": volume["pathType"]} if "pathType" in volume else {}
        volumes.append({"name": volume["name"], "hostPath": {"path": volume["hostPath"]} | kind})
    return Mounts(mounts, volumes)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path lies below a folder."""
    return path.startswith(f"{folder.rstrip('/')}/")


def _wanted(paths: Sequence[NodePath]) -> list[_Mount]:
    """One mount a path, sorted; of several ways to want a path, the one with the most rights."""
    found: dict[str, _Mount] = {}
    for wanted in paths:
        mount = _mount_for(wanted)
        if mount is None:
            continue
        there = found.setdefault(mount.path, mount)
        there.writable = there.writable or mount.writable
        there.made = there.made or mount.made
        there.kind = "folder" if "folder" in (there.kind, mount.kind) else there.kind
    return [found[path] for path in sorted(found)]


def _mount_for(wanted: NodePath) -> _Mount | None:
    """The folder of a file or socket, which may be replaced there; in a system folder, the file or socket alone."""
    path, kind, written = wanted
    if path.startswith(_OF_THE_CONTAINER) or path == "/":
        return None
    folder = path if kind == "folder" else posixpath.dirname(path)
    if folder.rstrip("/") not in _SYSTEM:
        # The program at the other end of a socket makes its folder, perhaps later.
        return _Mount(folder, "folder", written, written or kind == "socket")
    if written and kind != "file":
        # A socket cannot be mounted before it is there, nor a system folder at all: it stays in the container.
        return None
    return _Mount(path, kind, written, written)


def _check(resolved: Resolved, path: str) -> None:
    if ":" in path:
        message = f"{shown(path)} holds a colon, and cannot be mounted"
        hint = "use another path, or leave the artifact pod out with --emit"
        raise KascError(diagnose("EMIT-02", message, hint, location=resolved.options.input.start))


def _volume_name(path: str, taken: set[str]) -> str:
    """A DNS label that stands for a path: `/etc/kubernetes/pki` -> `etc-kubernetes-pki`."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in path.lower())
    name = "-".join(word for word in words.split("-") if word)
    if name and len(name) <= 63 and name not in taken:
        return name
    from hashlib import sha256

    return f"{name[:54].rstrip('-') or 'path'}-{sha256(path.encode()).hexdigest()[:8]}"
