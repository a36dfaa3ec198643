"""What a file seems to be that kasc does not read, and what to give it instead."""

from __future__ import annotations

import re

from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.flags.text import shown
from compiler.input import MADE
from compiler.source.node import Node, Source

_MADE_POD = "give the Pod that it makes: kubectl -n kube-system get pod kube-apiserver-NODE -o yaml"
_PROCESS = "give the arguments of the running server, one a line: tr '\\0' '\\n' < /proc/PID/cmdline"
_UNIT = r"^\[(?:Unit|Service|Install)\][ \t]*\r?$"

# The start of an apiVersion -> what such a file is, and what to do instead.
_GROUPS = {
    "kubeadm.k8s.io/": ("a kubeadm configuration", _MADE_POD),
    "controlplane.cluster.x-k8s.io/": ("a control plane of Cluster API", _MADE_POD),
    "kind.x-k8s.io/": ("a kind cluster", _MADE_POD),
    "kops.k8s.io/": ("a kOps cluster", _MADE_POD),
    "kubecontrolplane.config.openshift.io/": ("a configuration of OpenShift's kube-apiserver", _PROCESS),
    "operator.openshift.io/": ("a configuration of OpenShift", _PROCESS),
    "config.openshift.io/": ("a configuration of OpenShift", _PROCESS),
    "k0s.k0sproject.io/": ("a k0s configuration", _PROCESS),
}
_KEYS = {
    "kube-apiserver-arg": ("a configuration of k3s or RKE2", _PROCESS),
    "extra-node-kube-apiserver-args": ("a configuration of Canonical Kubernetes", _PROCESS),
    "kube_apiserver_enable_admission_plugins": ("a set of variables of Kubespray", _MADE_POD),
}
_TALOS = ("a Talos machine configuration", _MADE_POD)


def unit(source: Source) -> Diagnostic | None:
    """The finding about a systemd unit; None for what is none."""
    if not re.search(_UNIT, source.text, re.MULTILINE):
        return None
    line = next((at for at, text in enumerate(source.text.split("\n"), 1) if text.startswith("ExecStart=")), 1)
    hint = "copy the command behind ExecStart= into a file of its own and give that, with --as flags"
    return _finding(source, ("a systemd unit", hint), line)


def unknown_input(source: Source, roots: list[Node]) -> Diagnostic:
    """The finding about a file that is nothing that kasc reads."""
    for root in roots:
        found = _known(root)
        if found is not None:
            return _finding(source, found, root.location.line)
    where = Location(source.name, 1, 1, 1, 2)
    hint = "begin it with `apiVersion: kasc/v1` and `kind: APIServer`, or say what it is with --as"
    message = "this is no kasc document, Pod, argument list or line of flags"
    if not roots:
        message = "the file is empty, or holds nothing but comments"
    for root in roots:
        kind = root.get("kind")
        if kind is not None and isinstance(kind.value, str):
            message = f"this is an object of the kind {shown(kind.value)}, which runs no kube-apiserver"
            where = kind.location
            if kind.value in MADE:
                message = f"this is {shown(kind.value)}, which kasc made of a document"
                hint = "give that document"
            break
    return diagnose("INPUT-01", message, hint, location=where)


def _known(root: Node) -> tuple[str, str] | None:
    if not isinstance(root.value, dict):
        return None
    api = root.get("apiVersion")
    if api is not None and isinstance(api.value, str):
        for start, what in _GROUPS.items():
            if api.value.startswith(start):
                return what
    for key, what in _KEYS.items():
        if key in root.value:
            return what
    for section, key in (("machine", "type"), ("cluster", "apiServer")):
        part = root.get(section)
        if part is not None and part.get(key) is not None and "apiVersion" not in root.value:
            return _TALOS
    if root.at(("kind",)).value in ("ClusterConfiguration", "InitConfiguration"):
        return _GROUPS["kubeadm.k8s.io/"]
    if any(key.startswith("kube_apiserver_") for key in root.value):
        return _KEYS["kube_apiserver_enable_admission_plugins"]
    return None


def _finding(source: Source, what: tuple[str, str], line: int) -> Diagnostic:
    name, hint = what
    message = f"this seems to be {name}, which kasc does not read yet"
    return diagnose("INPUT-01", message, hint, location=Location(source.name, line, 1, line, 2))
