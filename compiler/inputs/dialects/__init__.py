"""Dialects: the files in which distributions and process managers configure kube-apiserver, one module for each.

An importer reproduces the command line that the distribution passes to kube-apiserver: the flags that it sets itself,
the user's, and its own rules of merging them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.filesystem import hint_for
from compiler.inputs import Dialect, Host, InlineFile, ServerInput
from compiler.inputs.importers.flags import arguments_of
from compiler.inputs.source import Files
from compiler.inputs.source.node import Node, Source
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs import FileSystem
    from compiler.inputs.arguments import Word

_COMMON_NAMES = ("config", "controlplane", "kube-apiserver", "kubeadm", "kubeadm-config", "machineconfig")
_ARGUMENTS = "the arguments"

DIALECTS = {
    dialect.kind: dialect
    for dialect in (
        Dialect("systemd", "systemd", "a systemd unit", "ExecStart"),
        Dialect("kubeadm", "kubeadm", "a kubeadm configuration", "apiServer.extraArgs"),
        Dialect("k3s", "k3s", "a k3s configuration", "kube-apiserver-arg"),
        Dialect("rke2", "RKE2", "an RKE2 configuration", "kube-apiserver-arg"),
        Dialect("talos", "Talos", "a Talos machine configuration", "cluster.apiServer.extraArgs"),
        Dialect("kops", "kOps", "a kOps cluster", "spec.kubeAPIServer"),
        Dialect("k0s", "k0s", "a k0s configuration", "spec.api.extraArgs"),
        Dialect("microk8s", "MicroK8s", "a MicroK8s argument file", _ARGUMENTS),
        Dialect(
            "k8s-snap", "Canonical Kubernetes", "a Canonical Kubernetes configuration", "extra-node-kube-apiserver-args"
        ),
        Dialect("kubespray", "Kubespray", "a Kubespray variables file", "kube_kubeadm_apiserver_extra_args"),
        Dialect("gardener", "Gardener", "a Gardener Shoot", "spec.kubernetes.kubeAPIServer"),
        Dialect("kamaji", "Kamaji", "a Kamaji control plane", "spec.controlPlane.deployment.extraArgs.apiServer"),
        Dialect("openshift", "OpenShift", "the configuration of OpenShift's kube-apiserver", "apiServerArguments"),
        Dialect("flagz", "kube-apiserver", "the /flagz page of a running server", "the server's flags"),
    )
}
"""The dialects by the names that `--as` uses."""


class Request(NamedTuple):
    """What an importer reads.

    `release` is the distribution's version from `--as KIND@VERSION`, empty if it is not given; `version` is the
    Kubernetes version from the command line, which takes precedence over that of the file. `roots` are the YAML or
    JSON documents of the file, none for a text format. `path` is the path of the file, `-` for standard input.
    Diagnostics are added to `problems`, which has those of the parser.
    """

    kind: str
    release: str
    version: str | None
    source: Source
    roots: list[Node]
    path: str
    host: Host
    files: Files
    problems: list[Diagnostic]

    def server(
        self,
        words: list[Word],
        *,
        name: str = "",
        start: Location | None = None,
        version: str | None = None,
        version_location: Location | None = None,
        inline: dict[str, InlineFile] | None = None,
        container: Node | None = None,
        pod_spec: Node | None = None,
        file_system: FileSystem | None = None,
        fixed_flags: frozenset[str] = frozenset(),
        settings: Mapping[str, str] | None = None,
        setting: str = "",
    ) -> ServerInput:
        """Return the server with a command line.

        `name` is that of the cluster, by default that of the file. `start` is where findings about missing flags are
        reported, by default the start of the file. `version` is the Kubernetes version that the file states or implies.
        `inline` has the structured files that are part of the file, by path on the server. `fixed_flags` are flags that
        the distribution does not let the user set, `settings` has the field that decides a flag. `setting` is where
        this file sets flags, if not where files of the dialect usually do.
        """
        dialect = DIALECTS[self.kind]
        return ServerInput(
            self.kind,
            name or _name_of(self.path),
            start or Location(self.source.name, 1, 1, 1, 2),
            arguments_of(words, self.version or version, self.problems),
            version=version,
            version_location=version_location,
            files=inline,
            container=container,
            pod_spec=pod_spec,
            file_system=file_system,
            dialect=dialect._replace(setting=setting or dialect.setting),
            fixed_flags=fixed_flags,
            settings=settings,
            release=self.release,
        )

    def assume_release(self, release: str, hint_release: str = "", location: Location | None = None) -> str:
        """Return the distribution's version, `release` unless `--as` gives another, which is reported as a note.

        `hint_release` is the version in the example of the hint, by default the same.
        """
        if self.release:
            return self.release
        title = DIALECTS[self.kind].title
        message = f"the file does not name its {title} version; assuming {title} {release}"
        hint = f"pass --as {self.kind}@{hint_release or release}, with the version that you run"
        where = location or Location(self.source.name, 1, 1, 1, 2)
        self.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=where))
        return release

    def decided_outside(self, message: str, hint: str, location: Location, path: str = "") -> None:
        """Report a part of the configuration that other objects than those in the file decide."""
        self.problems.append(diagnose(rules.DECIDED_OUTSIDE_FILE, message, hint, path=path, location=location))

    def sources_in(self, directory: str, suffixes: tuple[str, ...]) -> Iterator[Source]:
        """Yield the files with these suffixes in a directory next to the input, sorted by name.

        One that the input may not read, or that cannot be read, is reported. Other names and directories are skipped.
        """
        root = self.files.root_of(self.path)
        for name in self.files.listing(directory):
            path = os.path.join(directory, name)
            if not name.endswith(suffixes) or self.files.disk.is_directory(path):
                continue
            if refusal := self.files.refusal(path, root):
                where = Location(self.source.name, 1, 1, 1, 2)
                message = f"cannot read {shown(path)}: {refusal}"
                self.problems.append(diagnose(rules.FILE_OUTSIDE_ROOT, message, hint_for(refusal), location=where))
                continue
            try:
                yield self.files.read(path)
            except KascError as error:
                self.problems.append(error.diagnostic)


def _name_of(path: str) -> str:
    """Return the name of a file without its suffix; that of its directory if every cluster calls the file so.

    >>> _name_of("clusters/prod/config.yaml"), _name_of("prod.yaml"), _name_of("-")
    ('prod', 'prod', 'kube-apiserver')
    """
    directory, file = os.path.split(path)
    stem = os.path.splitext(file)[0]
    if stem in _COMMON_NAMES and os.path.basename(directory) not in ("", ".", ".."):
        stem = os.path.basename(directory)
    return stem if stem not in ("", "-") else "kube-apiserver"


def read_dialect(request: Request) -> ServerInput:
    """Return the server that a distribution's file configures.

    Diagnostics are added to `request.problems`; raises KascError if the file cannot be read further.
    """
    module = import_module(f"compiler.inputs.dialects.{_MODULES.get(request.kind, request.kind)}")
    server: ServerInput = module.read(request)
    return server


_MODULES = {"rke2": "k3s", "k8s-snap": "k8s_snap"}
"""Kinds that are not called after the module of their importer."""
