"""The kube-apiserver that an input declares, and the machine that it runs on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from compiler.diagnostics import Diagnostic, Location, Unlisted
from compiler.filesystem import DISK, Disk, NotRegularError, TooLargeError, is_below
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Node
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import section_of

if TYPE_CHECKING:
    from compiler.inputs.pods import Place

DIALECT_KINDS = (
    *("systemd", "kubeadm", "k3s", "rke2", "talos", "kops", "k0s", "microk8s", "k8s-snap", "kubespray", "gardener"),
    *("kamaji", "openshift", "flagz"),
)
"""Kinds of the files of distributions and process managers, and of what a server prints; see `dialects`."""
INPUT_KINDS = ("document", "pod", "argv", "flags", *DIALECT_KINDS, "config-file")
"""Kinds of inputs, as `--as` names them."""
ARTIFACT_KINDS = ("HealthCheckDefinitions", "ResolvedConfig", "StorageFactoryManifest")
"""Kinds of kasc's artifacts, which are not inputs."""
POLICY_KIND = "Policy"
"""Kind of kasc's policies, which are not inputs; audit policies have the same kind, and another API version."""
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
"""The probes of a container, in the order in which the kubelet starts them."""


class FileSystem(Protocol):
    """The file system of one container; see `pods.filesystem.ContainerFileSystem`."""

    declared: bool
    is_release: bool

    def find(self, path: str) -> Place | None:
        """Return the mount that a path is in; None for a path of the image."""

    def host_path(self, path: str, directory: bool = False) -> str | None:
        """Return the path on the host, None if it is unknown. Raises NotInContainerError."""

    def write_problem(self, path: str) -> str:
        """Return why the container cannot write a path, empty if it can."""


class Dialect(NamedTuple):
    """A dialect: its kind, the title of the distribution, what a file of it is, and where in it a flag is set."""

    kind: str
    title: str
    noun: str
    setting: str


class ServerInput:
    """The flags of one kube-apiserver with their locations in the input.

    `version` is the Kubernetes version in the input (`1.36`, `v1.36.2`), None if it has none. `sections` has the
    location of each option group in the input. `layers` has the names of the files that a document was merged from,
    `layer_roots` the unmerged root node of each. `pod_spec` is the spec of a Pod, `metadata` that of a document or Pod,
    `container` its container that runs the server, `file_system` the file system of that container, `grace_period` the
    Pod's terminationGracePeriodSeconds.
    `certain` is false if the kind of the file was inferred: then it is never modified. `static_pod` is the
    namespace/name of a static Pod. `unlisted` counts the diagnostics beyond the limit of a report. `dialect` is set for
    the file of a distribution, `fixed_flags` are the flags that this distribution does not let the user set, `settings`
    has the field that decides a flag, for flags that the user does not set by name, `release` is the version of the
    distribution if the command line names it. `page_flags` are all flags that a page of /flagz lists.
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
        metadata: Node | None = None,
        file_system: FileSystem | None = None,
        image: str = "",
        refused_flags: frozenset[str] = frozenset(),
        static_pod: str = "",
        unlisted: Mapping[Unlisted, int] | None = None,
        dialect: Dialect | None = None,
        fixed_flags: frozenset[str] = frozenset(),
        settings: Mapping[str, str] | None = None,
        release: str = "",
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
        self.metadata = metadata
        self.file_system = file_system
        self.image = image
        self.refused_flags = refused_flags
        self.certain = True
        self.static_pod = static_pod
        self.unlisted = unlisted or {}
        self.dialect = dialect
        self.fixed_flags = fixed_flags
        self.settings = settings or {}
        self.release = release
        self.page_flags: frozenset[str] = frozenset()

    @property
    def generated(self) -> frozenset[str]:
        """The paths of the files that the distribution provides on the server."""
        if self.dialect is None:
            return frozenset()
        return frozenset(each.text for each in self.arguments if each.origin and each.text.startswith("/"))

    def path_of(self, flag: str, catalog: Catalog) -> str:
        """Return the path of a flag's option in a document; empty for other kinds of input."""
        spec = catalog.flags.get(flag)
        if self.read_as != "document" or spec is None:
            return ""
        return f"{section_of(spec.group)}.{spec.key}"

    def section_location(self, group: str) -> Location:
        """Return the location of an option group, or the start of the input if it does not have the group."""
        return self.sections.get(group) or self.start


class InlineFile(NamedTuple):
    """A structured file that is part of the input: the flag that names it, its path on the server, its content.

    `from_source` is set if the content was read from a separate file (`source`) rather than the document. `problems`
    are the diagnostics of parsing that file; their severity depends on the kind of the file. `prefix` is the path of
    the content in the file of a distribution, empty if the distribution assembles the content.
    """

    flag: str
    path: str
    content: Node
    from_source: bool
    problems: tuple[Diagnostic, ...] = ()
    prefix: str = ""


class UnreadableFileError(Exception):
    """A file of the server does not exist or cannot be read; the message is the reason."""


class NotInContainerError(UnreadableFileError):
    """A file of the server is not in its container; the message is the reason, `hint` what to do."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class Host:
    """The host that the server runs on.

    `address` is the address of the default route's interface, empty if unknown. Files are looked up in the input
    (`inline`, by path on the server), then with `mappings` (prefix on the server -> local directory), then below
    `root`. Files outside all of these are unknown and not read.

    `container` is the file system of the server's container, if it runs in one: paths of the server are resolved
    through its mounts to paths of the host. `generated` are the paths of files that a distribution provides on the
    server: if one does not exist here, it is unknown. If `confined` is set, links that lead out of a mapped directory
    are not followed, because the user did not name the directory: what is behind them is unknown. Local files are those
    of `disk`.

    If `read_files` is set, it receives every local path that was looked up, with the bytes that were read (None if not
    read). `denied` collects the local paths that kasc may not read.
    """

    def __init__(
        self,
        address: str = "",
        root: str = "",
        mappings: tuple[tuple[str, str], ...] = (),
        inline: dict[str, InlineFile] | None = None,
        container: FileSystem | None = None,
        generated: frozenset[str] = frozenset(),
        confined: bool = False,
        disk: Disk = DISK,
    ) -> None:
        self.address = address
        self.root = root
        self.mappings = tuple(sorted(mappings, key=lambda mapping: -len(mapping[0])))
        self.inline = inline or {}
        self.container = container
        self.generated = generated
        self.confined = confined
        self.disk = disk
        self.denied: list[str] = []
        self.read_files: dict[str, bytes | None] | None = None

    def for_server(self, given: ServerInput) -> Host:
        """Return the same host with the inline files, the container and the generated files of an input."""
        host = Host(
            *(self.address, self.root, self.mappings, given.files, given.file_system, given.generated),
            confined=self.confined,
            disk=self.disk,
        )
        host.read_files = self.read_files
        return host

    def on(self, disk: Disk) -> Host:
        """Return the same host with the local files of another disk."""
        return Host(self.address, self.root, self.mappings, confined=self.confined, disk=disk)

    @property
    def sees_files(self) -> bool:
        """Whether any files of the server can be read."""
        return bool(self.root or self.mappings or self.container)

    def local(self, path: str, directory: bool = False) -> str | None:
        """Return the local path of a file of the server; None if no mapping or no mount covers it."""
        try:
            return self._local(path, directory)
        except NotInContainerError:
            return None

    def _local(self, path: str, directory: bool = False) -> str | None:
        """Return the same as `local`, but raise NotInContainerError for a path that no mount covers."""
        on_host = self.container.host_path(path, directory) if self.container is not None else path
        local = self._mapped(on_host) if on_host is not None else None
        if self.read_files is not None and local is not None:
            self.read_files.setdefault(local, None)
        return local

    def _mapped(self, path: str) -> str | None:
        for prefix, directory in self.mappings:
            if path == prefix:
                return directory
            if path.startswith(prefix.rstrip("/") + "/"):
                local = os.path.join(directory, path[len(prefix) :].lstrip("/"))
                return None if self.confined and self._leaves(local, directory) else local
        if self.root and path:
            return os.path.join(self.root, path.lstrip("/"))
        return None

    def _leaves(self, path: str, directory: str) -> bool:
        """Return whether a link leads a path out of a directory; false for an invalid path, which cannot be read."""
        try:
            return not is_below(self.disk.real(path), self.disk.real(directory))
        except ValueError:
            return False

    def parts(self, path: str) -> tuple[str, ...]:
        """Return the paths of the files that a file consists of, usually only its own."""
        return (path,)

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file of the server; None if it is unknown. Raises UnreadableFileError.

        A file is unknown if no mapping covers it, or if kasc may not read it, since the server runs as another user;
        the latter is added to `denied`.
        """
        local = self._local(path)
        if local is None:
            return None
        try:
            data = self.disk.read(local) if local != os.devnull else b""
            if self.read_files is not None:
                self.read_files[local] = data
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
            if path in self.generated and isinstance(problem, FileNotFoundError):
                return None
            raise UnreadableFileError((problem.strerror or str(problem)).lower()) from None
        except ValueError:
            raise UnreadableFileError("no such file name") from None
