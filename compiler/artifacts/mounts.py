"""Volumes and mounts of the static Pod, derived from every path that the server needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.apiserver.resolved_sections import WebhookAuthorizer
from compiler.diagnostics import KascError, diagnose
from compiler.text import shown
from compiler.upstream.catalog.facts import READ_FILES, STRUCTURED, WRITTEN_DIRECTORIES, WRITTEN_FILES
from compiler.upstream.go.net import join, parse_url

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.inputs import InlineFile
    from compiler.inputs.source.node import Node


_FILES = (
    *("caBundle", "clientCert", "clientKey"),  # egress selector
    *("certificate-authority", "client-certificate", "client-key", "tokenFile"),  # kubeconfig
    *("kubeConfigFile", "path"),  # webhooks, admission plugins
)
"""Fields of structured files that name another file."""
_FILE_KINDS = ("EgressSelectorConfiguration", "Config", "AuthorizationConfiguration", "AdmissionConfiguration")


class NodePath(NamedTuple):
    """A file, directory or socket of the node.

    `kind` is `file`, `directory` or `socket`; `written` is whether the server creates or changes it.
    """

    path: str
    kind: str
    written: bool = False


def node_paths(paths: Iterable[NodePath]) -> list[NodePath]:
    """Return the absolute ones, cleaned."""
    # A path that begins with @ is an abstract socket, which cannot be mounted.
    return [
        NodePath(join("/", path), kind, written)
        for path, kind, written in paths
        if path.startswith("/") and not path.startswith("/@")
    ]


def all_paths(resolved: Resolved) -> Iterator[NodePath]:
    """Yield everything that the server opens, by its path; some paths may be empty."""
    options = resolved.options
    flags = resolved.context.flags
    for flag in flags.with_values(READ_FILES):
        for path in _named_by(resolved, flag):
            yield NodePath(path, "file")
    for flag in WRITTEN_FILES:
        yield NodePath(flags.text(flag), "file", written=True)
    if options.secure_serving.self_signed in ("generated", "reused"):
        yield from (NodePath(flags.text(flag), "directory", written=True) for flag in WRITTEN_DIRECTORIES)
    yield NodePath(flags.text("debug-socket-path"), "socket", written=True)
    yield NodePath(flags.text("service-account-signing-endpoint"), "socket")
    for plugin in options.etcd.encryption.kms if options.etcd.encryption else ():
        parsed = parse_url(plugin.endpoint)
        yield NodePath(parsed.path if parsed else "", "socket")
    for authorizer in resolved.config.authorization.authorizers or ():
        if isinstance(authorizer, WebhookAuthorizer):
            yield NodePath(authorizer.kube_config_file, "file")
    for file in resolved.context.input.files.values():
        yield from _in_file(file)


def _named_by(resolved: Resolved, flag: str) -> Sequence[str]:
    flags = resolved.context.flags
    if flag == "tls-sni-cert-key":
        return [path for pair in flags.sni_pairs(flag) for path in (pair.cert, pair.key)]
    if flag in ("tls-cert-file", "tls-private-key-file") and resolved.options.secure_serving.self_signed:
        return []
    value = flags.value(flag)
    return value if isinstance(value, tuple) else (value,)


def _in_file(file: InlineFile) -> Iterator[NodePath]:
    """Yield the files that a structured file names; a relative path is relative to the file."""
    directory = posixpath.dirname(file.path)
    kind = STRUCTURED[file.flag]
    if kind in _FILE_KINDS:
        for key, text in _texts(file.content):
            if key == "udsName":
                yield NodePath(text, "socket")
            elif key in _FILES and text:
                yield NodePath(text if text.startswith("/") else join(directory, text), "file")
    elif kind == "TracingConfiguration":
        for key, text in _texts(file.content):
            if key == "endpoint" and text.startswith("unix:"):
                yield NodePath(join("/", text.removeprefix("unix:")), "socket")


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    """Yield key and value of every string in a mapping, at any depth."""
    if isinstance(node.value, list):
        for item in node.value:
            yield from _texts(item)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            if isinstance(child.value, str):
                yield key, child.value
            else:
                yield from _texts(child)


# A mount over one of these would hide the program or what it needs, or expose far more of the node than the server
# needs; below them, files are mounted one by one.
_SYSTEM = frozenset(
    f"/{directory}".rstrip("/")
    for directory in (
        *("", "bin", "boot", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "root", "run", "sbin", "srv", "tmp"),
        *("usr", "usr/bin", "usr/lib", "usr/local", "usr/local/bin", "usr/local/lib", "usr/local/share", "usr/sbin"),
        *("usr/share", "var", "var/lib", "var/run", "var/tmp"),
    )
)
_OF_THE_CONTAINER = ("/dev/", "/proc/", "/sys/")
_TYPES = {"file": ("File", "FileOrCreate"), "directory": ("Directory", "DirectoryOrCreate"), "socket": ("Socket", "")}


class _Mount:
    """One mount: the same path on the node and in the container."""

    def __init__(self, path: str, kind: str, writable: bool, created: bool) -> None:
        self.path = path
        self.kind = kind
        self.writable = writable
        self.created = created

    def covers(self, other: _Mount) -> bool:
        """Whether this mount makes the other one unnecessary."""
        inside = other.path == self.path or (self.kind == "directory" and is_inside(other.path, self.path))
        return inside and (self.writable or not other.writable)


class Mounts:
    """Volume mounts and their volumes, which Pods share if they are equal."""

    def __init__(self, mounts: list[dict[str, Any]], volumes: list[dict[str, Any]]) -> None:
        self.mounts = mounts
        self.volumes = volumes


def mounts_of(resolved: Resolved, extra: list[dict[str, Any]], artifact: str = "pod") -> Mounts:
    """Return volume mounts and volumes for an artifact, sorted by path, those of `deployment.extraVolumes` at the end.

    Paths below a mount of the document need no other one. Raises KascError for a path that Kubernetes cannot mount.
    """
    result = _mounts(node_paths(all_paths(resolved)), extra)
    for mount in result.mounts[: len(result.mounts) - len(extra)]:
        _check(resolved, mount["mountPath"], artifact)
    return result


def _mounts(paths: Sequence[NodePath], extra: list[dict[str, Any]]) -> Mounts:
    given = [_Mount(volume["mountPath"].rstrip("/"), "directory", writable=True, created=False) for volume in extra]
    wanted = [mount for mount in _wanted(paths) if not any(mine.covers(mount) for mine in given)]
    needed = [mount for mount in wanted if not any(other is not mount and other.covers(mount) for other in wanted)]
    names = {volume["name"] for volume in extra}
    mounts, volumes = [], []
    for mount in needed:
        name = _volume_name(mount.path, names)
        names.add(name)
        mounts.append({"name": name, "mountPath": mount.path} | ({} if mount.writable else {"readOnly": True}))
        volumes.append({"name": name, "hostPath": {"path": mount.path, "type": _TYPES[mount.kind][mount.created]}})
    for volume in extra:
        mounts.append(
            {"name": volume["name"], "mountPath": volume["mountPath"]}
            | ({"readOnly": True} if volume.get("readOnly") else {})
        )
        kind = {"type": volume["pathType"]} if "pathType" in volume else {}
        volumes.append({"name": volume["name"], "hostPath": {"path": volume["hostPath"]} | kind})
    return Mounts(mounts, volumes)


def is_inside(path: str, directory: str) -> bool:
    """Whether a path is below a directory."""
    return path.startswith(f"{directory.rstrip('/')}/")


def _wanted(paths: Sequence[NodePath]) -> list[_Mount]:
    """Return one mount per path, sorted; if a path is needed in several ways, with the widest permissions."""
    mounts: dict[str, _Mount] = {}
    for wanted in paths:
        mount = _mount_for(wanted)
        if mount is None:
            continue
        known = mounts.setdefault(mount.path, mount)
        known.writable = known.writable or mount.writable
        known.created = known.created or mount.created
        known.kind = "directory" if "directory" in (known.kind, mount.kind) else known.kind
    return [mounts[path] for path in sorted(mounts)]


def _mount_for(wanted: NodePath) -> _Mount | None:
    """Return the directory of a file or socket, which may be replaced in it; of a system directory, only the file."""
    path, kind, written = wanted
    if path.startswith(_OF_THE_CONTAINER) or path == "/":
        return None
    directory = path if kind == "directory" else posixpath.dirname(path)
    if directory.rstrip("/") not in _SYSTEM:
        # The program that listens on a socket creates its directory, perhaps later.
        return _Mount(directory, "directory", written, written or kind == "socket")
    if written and kind != "file":
        # A socket cannot be mounted before it exists, nor a system directory at all: it stays in the container.
        return None
    return _Mount(path, kind, written, written)


def _check(resolved: Resolved, path: str, artifact: str) -> None:
    if ":" in path:
        message = f"{shown(path)} contains a colon and cannot be mounted"
        hint = f"use another path, or omit the artifact {artifact} with --emit"
        raise KascError(diagnose(rules.MOUNT_PATH_WITH_COLON, message, hint, location=resolved.context.input.start))


def _volume_name(path: str, taken: set[str]) -> str:
    """Return a DNS label for a path: `/etc/kubernetes/pki` -> `etc-kubernetes-pki`."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in path.lower())
    name = "-".join(word for word in words.split("-") if word)
    if name and len(name) <= 63 and name not in taken:
        return name
    from hashlib import sha256

    return f"{name[:54].rstrip('-') or 'path'}-{sha256(path.encode()).hexdigest()[:8]}"
