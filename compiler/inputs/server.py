"""The kube-apiserver that an input declares, and the machine that it runs on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from compiler.diagnostics import Diagnostic, Location, Unlisted
from compiler.filesystem import NotRegularError, TooLargeError, read_file
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Node
from compiler.upstream.catalog import Catalog, section_of

if TYPE_CHECKING:
    from compiler.inputs.pods.filesystem import ContainerFileSystem


MADE = ("HealthCheckDefinitions", "ResolvedConfig", "StorageFactoryManifest")
"""Kinds of kasc's own artifacts, which are no inputs."""


class InlineFile(NamedTuple):
    """A structured file that the input carries: the flag that names it, its path on the server, its content.

    `beside` tells that the content comes from a file of its own beside the document. `problems` are what was found
    while that was parsed; what they mean hangs on the kind of the file.
    """

    flag: str
    path: str
    content: Node
    beside: bool
    problems: tuple[Diagnostic, ...] = ()


class ServerInput:
    """The flags of one kube-apiserver with the places where they were given.

    `version` is the text that the input gives for the Kubernetes version (`1.36`, `v1.36.2`), None where it is
    silent. `sections` holds the place of each option group that the input names. `layers` names the files that a
    document is made of, `layer_roots` has what each says by itself. `pod_spec` is that of a Pod, `container` the
    one in it that runs the server, `file_system` what it finds under its paths, `grace_period` the Pod's
    terminationGracePeriodSeconds. `certain` is false if the file only seems to be of its kind: then it is reported
    and never changed. `static_pod` is the namespace and name of a Pod, as the kubelet of a node reads it.
    `unlisted` has the numbers of findings that no report has room for.
    """

    def __init__(
        self,
        read_as: str,
        name: str,
        start: Location,
        arguments: list[Argument],
        *,
        version: str | None = None,
        version_location: Location | None = None,
        sections: dict[str, Location] | None = None,
        files: dict[str, InlineFile] | None = None,
        deployment: Node | None = None,
        grace_period: Node | None = None,
        layers: tuple[str, ...] = (),
        layer_roots: tuple[Node, ...] = (),
        container: Node | None = None,
        pod_spec: Node | None = None,
        file_system: ContainerFileSystem | None = None,
        image: str = "",
        refused_flags: frozenset[str] = frozenset(),
        static_pod: str = "",
        unlisted: Mapping[Unlisted, int] | None = None,
    ) -> None:
        self.read_as = read_as
        self.name = name
        self.start = start
        self.arguments = arguments
        self.version = version
        self.version_location = version_location
        self.sections = sections or {}
        self.files = files or {}
        self.deployment = deployment
        self.grace_period = grace_period
        self.layers = layers
        self.layer_roots = layer_roots
        self.container = container
        self.pod_spec = pod_spec
        self.file_system = file_system
        self.image = image
        self.refused_flags = refused_flags
        self.certain = True
        self.static_pod = static_pod
        self.unlisted = unlisted or {}

    def path_of(self, flag: str, catalog: Catalog) -> str:
        """Where in the input the flag would be given; empty where flags have no such place."""
        spec = catalog.flags.get(flag)
        if self.read_as != "document" or spec is None:
            return ""
        return f"{section_of(spec.group)}.{spec.key}"

    def section_location(self, group: str) -> Location:
        """The place of an option group, or the start of the input."""
        return self.sections.get(group) or self.start


class UnreadableFileError(Exception):
    """A file that the server would read does not exist or cannot be read; the text says why."""


class NotInContainerError(UnreadableFileError):
    """A file that the server would read is not in its container; the text says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class Host:
    """`address` is the address of the default route's interface, empty where unknown.

    Files are found in the input itself (`inline`, by path on the server), then through `mappings` (prefix on the
    server -> local folder), then below `root`. What no mapping covers is unknown: it is not looked for.

    `container` is the file system of the container that the server runs in, if it runs in one: paths of the server are
    followed through its mounts to paths of the host.

    Where somebody sets `looked_for`, it gets every local path that was asked for, with what was read of it.
    """

    def __init__(
        self,
        address: str = "",
        root: str = "",
        mappings: tuple[tuple[str, str], ...] = (),
        inline: dict[str, InlineFile] | None = None,
        container: ContainerFileSystem | None = None,
    ) -> None:
        self.address = address
        self.root = root
        self.mappings = tuple(sorted(mappings, key=lambda mapping: -len(mapping[0])))
        self.inline = inline or {}
        self.container = container
        self.denied: list[str] = []
        self.looked_for: dict[str, bytes | None] | None = None

    def with_inline(self, inline: dict[str, InlineFile], container: ContainerFileSystem | None = None) -> Host:
        """The same host for an input that carries files of its own, or that runs the server in a container."""
        host = Host(self.address, self.root, self.mappings, inline, container)
        host.looked_for = self.looked_for
        return host

    @property
    def sees_files(self) -> bool:
        """Whether any of the server's files can be looked for."""
        return bool(self.root or self.mappings or self.container)

    def local(self, path: str, directory: bool = False) -> str | None:
        """Where a file of the server is to be found here; None where no mapping covers it, or no mount."""
        try:
            return self._local(path, directory)
        except NotInContainerError:
            return None

    def _local(self, path: str, directory: bool = False) -> str | None:
        """As `local`. Raises NotInContainerError."""
        on_host = self.container.host_path(path, directory) if self.container is not None else path
        local = self._mapped(on_host) if on_host is not None else None
        if self.looked_for is not None and local is not None:
            self.looked_for.setdefault(local, None)
        return local

    def _mapped(self, path: str) -> str | None:
        for prefix, folder in self.mappings:
            if path == prefix:
                return folder
            if path.startswith(prefix.rstrip("/") + "/"):
                return os.path.join(folder, path[len(prefix) :].lstrip("/"))
        if self.root and path:
            return os.path.join(self.root, path.lstrip("/"))
        return None

    def read(self, path: str) -> bytes | None:
        """The bytes of a file of the server; None where it is unknown. Raises UnreadableFileError.

        Unknown is what no mapping covers, and what kasc may not read, which is kept in `denied`: the server runs as
        another user.
        """
        local = self._local(path)
        if local is None:
            return None
        try:
            data = read_file(local) if local != os.devnull else b""
            if self.looked_for is not None:
                self.looked_for[local] = data
            return data
        except NotRegularError as problem:
            if problem.kind == "a directory":
                raise UnreadableFileError("it is a directory") from None
            self.denied.append(local)
            return None
        except (PermissionError, TooLargeError, BlockingIOError):
            self.denied.append(local)
            return None
        except OSError as problem:
            raise UnreadableFileError((problem.strerror or str(problem)).lower()) from None
        except ValueError:
            raise UnreadableFileError("no such file name") from None
