"""One input after reading: what every importer, the document's included, hands to the options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from compiler.catalog import Catalog, section_of
from compiler.diagnostics import Diagnostic, Location, Unlisted
from compiler.flags.arguments import Argument
from compiler.source.node import Node

if TYPE_CHECKING:
    from compiler.pods.filesystem import ContainerFileSystem

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
