"""The documents of a kubeadm configuration: splitting a file, API versions, fields.

Kubernetes: cmd/kubeadm/app/util/marshal.go, SplitConfigDocuments; util/config/initconfiguration.go,
documentMapToInitConfiguration; util/config/joinconfiguration.go, documentMapToJoinConfiguration.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, Problems
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kubeadm import tables
from compiler.inputs.dialects.kubeadm.origins import unknown_of
from compiler.inputs.dialects.kubeadm.report import TITLE, Reporter, opening_of
from compiler.inputs.dialects.kubeadm.versions import API_VERSIONS, OLD_API_VERSIONS
from compiler.inputs.source.node import Node, Source, find, text_of
from compiler.text import did_you_mean, shown

CLUSTER, INIT, JOIN = "ClusterConfiguration", "InitConfiguration", "JoinConfiguration"
GROUP = "kubeadm.k8s.io"
_OWN_KINDS = (CLUSTER, INIT, JOIN)
_COMPONENTS = {
    "kubelet.config.k8s.io": ("v1beta1", "KubeletConfiguration"),
    "kubeproxy.config.k8s.io": ("v1alpha1", "KubeProxyConfiguration"),
}
"""Groups of other components that kubeadm reads -> the version and kind."""
_SEPARATOR = re.compile(r"^---(.*)$", re.MULTILINE)


class Document(NamedTuple):
    """A document of kubeadm.k8s.io: its kind, API version and content.

    `path` precedes the paths of its fields in findings; it is empty or ends with a dot.
    """

    kind: str
    version: str
    node: Node
    path: str = ""

    def find(self, *keys: str) -> Node | None:
        """Return the value of a field; None if it is absent or null, or if one around it is."""
        node = find(self.node, *keys)
        return node if node is not None and node.value is not None else None

    def text(self, *keys: str) -> str:
        """Return the value of a string field, empty if it is absent or not decided by the file."""
        node = self.find(*keys)
        return "" if unknown_of(node) else text_of(node)

    @property
    def start(self) -> Location:
        """Where the document starts: its kind."""
        return opening_of(self.node.get("kind") or self.node)


class Documents(NamedTuple):
    """The documents that decide the flags of one node.

    `join` is that of a node that joins the cluster; None for the node that runs `kubeadm init`.
    """

    cluster: Document
    init: Document
    join: Document | None = None


class _Header(NamedTuple):
    group: str
    version: str
    kind: str
    root: Node

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}"

    @property
    def start(self) -> Location:
        return opening_of(self.root.at(("kind",)))


def documents_of(source: Source, roots: list[Node], minor: int, report: Reporter) -> Documents | None:
    """Return the documents of a file, None if it has neither a ClusterConfiguration nor an InitConfiguration.

    Everything is reported that kubeadm refuses or ignores about them.
    """
    headers: dict[str, _Header] = {}
    own: dict[str, Document] = {}
    whole = True
    for root in _parts(source, roots, report):
        header = _header(root, report)
        if header is None:
            whole = False
        elif header.kind in headers:
            _repeated(header, headers, report)
        else:
            headers[header.kind] = header
            whole = _read(header, own, minor, report) and whole
    cluster, init, join = own.get(CLUSTER), own.get(INIT), own.get(JOIN)
    if cluster is None and init is None:
        if whole:
            _refuse_without_cluster(source, headers, report)
        return None
    joins = join is not None and _joins(join)
    if join is not None:
        _explain_choice(join, joins, report)
    documents = complete(cluster, init, join if joins else None)
    for document in (cluster, init, documents.join):
        if document is not None:
            decode(document, minor, report)
    return documents


def complete(cluster: Document | None, init: Document | None, join: Document | None = None) -> Documents:
    """Return the documents, with an empty one for a missing ClusterConfiguration or InitConfiguration.

    One of the two has to be given. Kubernetes: documentMapToInitConfiguration.
    """
    given = cluster or init
    if given is None:
        raise ValueError("neither a ClusterConfiguration nor an InitConfiguration")
    line, column = given.node.span[:2]
    empty = Node({}, given.node.source, (line, column, line, column + 1), "", {})
    newest = API_VERSIONS[-1]
    return Documents(cluster or Document(CLUSTER, newest, empty), init or Document(INIT, newest, empty), join)


def _parts(source: Source, roots: list[Node], report: Reporter) -> Iterator[Node]:
    """Yield the first YAML document of each part of a file, and report the parts and separators that kubeadm refuses.

    Kubernetes: apimachinery/pkg/util/yaml/decoder.go, YAMLReader.Read.
    """
    remaining = list(roots)
    for first, last, empty in _ranges(source, report):
        inside = []
        while remaining and remaining[0].span[0] <= last:
            inside.append(remaining.pop(0))
        if inside:
            yield inside[0]
            for extra in inside[1:]:
                report.ignore("kubeadm ignores what follows '...'", "write --- between documents", extra)
        elif not empty:
            message = (
                "kubeadm refuses a part of the file without apiVersion and kind: it is empty, or only has comments"
            )
            where = Location(source.name, first, 1, first, 2)
            report.refuse(message, "remove the --- before or after it", where)


def _ranges(source: Source, report: Reporter) -> Iterator[tuple[int, int, bool]]:
    """Yield the first and last line of each part, and whether it is empty.

    A separator at the start of a part belongs to it, so that a part of nothing but a separator is not empty.
    """
    text = source.body
    first = line = 1
    start, counted, separated = 0, 0, False
    for match in _SEPARATOR.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        after = match[1].strip()
        if after and not after.startswith("#"):
            where = Location(source.name, line, 4, line, 4 + len(match[1].rstrip("\r")))
            report.refuse("kubeadm refuses text after the separator ---", "write it on the next line", where)
        if match.start() > start or separated:
            yield first, line - 1, False
            first, separated = line + 1, False
        else:
            separated = True
        start = min(match.end() + 1, len(text))
    yield first, sys.maxsize, start >= len(text) and not separated


def _header(root: Node, report: Reporter) -> _Header | None:
    """Return the header of a document; None, and a finding, if kubeadm refuses it.

    Kubernetes: SplitConfigDocuments, validateSupportedVersion.
    """
    hint = f"set apiVersion: {GROUP}/{API_VERSIONS[-1]} and kind"
    if not isinstance(root.value, dict):
        report.refuse("kubeadm refuses a document that is not a mapping", hint, root)
        return None
    api, kind = text_of(root.get("apiVersion")), text_of(root.get("kind"))
    group, slash, version = api.partition("/")
    if not (kind and group and slash and version) or "/" in version:
        missing = "kind" if not kind else "apiVersion" if not api else "a group and version in apiVersion"
        report.refuse(f"kubeadm refuses a document without {missing}", hint, root.at(("apiVersion",)))
        return None
    if group == GROUP and version in OLD_API_VERSIONS:
        message = f"kubeadm refuses {shown(api)}, which is too old"
        hint = f"migrate it with kubeadm {OLD_API_VERSIONS[version]}: kubeadm config migrate"
        report.refuse(message, hint, root.at(("apiVersion",)), "apiVersion")
        return None
    return _Header(group, version, kind, root)


def _read(header: _Header, own: dict[str, Document], minor: int, report: Reporter) -> bool:
    """Add a document of kubeadm to `own`, or check that of another component; return whether kubeadm knows it."""
    if header.kind in _OWN_KINDS:
        if header.group == GROUP and header.version in API_VERSIONS:
            own[header.kind] = Document(header.kind, header.version, header.root)
            return True
        message = f"kubeadm refuses {header.kind} of {shown(header.api_version)}: there is no such kind"
        hint = f"write apiVersion: {GROUP}/{API_VERSIONS[-1]}"
        report.refuse(message, hint, header.root.at(("apiVersion",)), "apiVersion")
        return False
    expected = _COMPONENTS.get(header.group)
    if expected is None:
        kinds = (*_OWN_KINDS, *(kind for _, kind in _COMPONENTS.values()))
        hint = did_you_mean(header.kind, kinds) or "put it into a separate file"
        message = f"kubeadm ignores the kind {shown(header.kind)} of {shown(header.api_version)}"
        report.ignore(message, hint, header.start, "kind")
    elif (header.version, header.kind) != expected:
        message = f"kubeadm refuses {shown(header.kind)} of {shown(header.api_version)}"
        hint = f"write apiVersion: {header.group}/{expected[0]} and kind: {expected[1]}"
        report.refuse(message, hint, header.root.at(("apiVersion",)), "apiVersion")
    else:
        check_component(header.root, header.kind, minor, report)
    return True


def _repeated(header: _Header, headers: dict[str, _Header], report: Reporter) -> None:
    """Report a second document of a kind.

    After a JoinConfiguration, the documents of the first node are taken as what `kubeadm join` ignores.
    """
    join, first = headers.get(JOIN), headers[header.kind]
    if header.kind in (CLUSTER, INIT) and join is not None and first.root.span < join.root.span:
        message = f"kubeadm join ignores {header.kind}: it takes that of the cluster"
        report.ignore(message, "remove it, and keep the files of different nodes apart", header.start)
        return
    message = f"kubeadm refuses a second {shown(header.kind)} in one file"
    report.refuse(message, "keep one of them, or put each into a separate file", header.start)


def _refuse_without_cluster(source: Source, headers: dict[str, _Header], report: Reporter) -> None:
    message = "kubeadm init finds neither a ClusterConfiguration nor an InitConfiguration in this file"
    hint, where = "add one of them", Location(source.name, 1, 1, 1, 2)
    if JOIN in headers:
        hint = "add the ClusterConfiguration in the ConfigMap kubeadm-config of the namespace kube-system"
        where = headers[JOIN].start
    elif "Cluster" in headers or "KubeadmControlPlane" in headers:
        hint = "leave out the version after --as kubeadm: the file itself decides it"
    report.refuse(message, hint, where)


def _joins(join: Document) -> bool:
    """Return whether a file is that of a node that joins: if it says where the server of that node listens."""
    return any(join.find("controlPlane", "localAPIEndpoint", key) for key in ("advertiseAddress", "bindPort"))


def _explain_choice(join: Document, joins: bool, report: Reporter) -> None:
    if joins:
        message = "this file is checked as that of the node that joins with controlPlane.localAPIEndpoint"
        report.outside(message, "check the first node without the JoinConfiguration", join.start)
    elif join.find("controlPlane") is not None:
        message = "kubeadm init ignores JoinConfiguration: this file is checked as that of the first node"
        hint = "set controlPlane.localAPIEndpoint to check a node that joins"
        report.ignore(message, hint, join.start, severity="note")


def decode(document: Document, minor: int, report: Reporter) -> None:
    """Report the fields of a document that kubeadm ignores, and the values of another type, which it refuses.

    Kubernetes: util/config/strict/strict.go, VerifyUnmarshalStrict; runtime.DecodeInto.
    """
    problems = Problems()
    fields = tables.fields_of(document.version, document.kind, minor)
    check_fields(document.node, fields, "", problems, Reader(TITLE))
    for index, problem in enumerate(problems):
        if problem.code == rules.IGNORED_BY_DISTRIBUTION.code:
            problem = _unknown_field(document, problem, minor)
        problems[index] = problem._replace(path=f"{document.path}{problem.path}")
    report.extend(problems)


def check_component(node: Node, kind: str, minor: int, report: Reporter) -> None:
    """Report the fields of a KubeletConfiguration or KubeProxyConfiguration that kubeadm ignores or refuses."""
    check_fields(node, tables.component_fields(kind, minor), "", report.problems, Reader(TITLE))


def _unknown_field(document: Document, problem: Diagnostic, minor: int) -> Diagnostic:
    """Return the finding about an unknown field, with what to do if another version or kind has it."""
    kind, version = document.kind, document.version
    name = re.sub(r"\[[0-9]+\]", "", problem.path)
    keys = name.split(".")
    for other in API_VERSIONS:
        if other != version and tables.has_field(other, kind, keys, minor):
            message = f"kubeadm ignores {name}: {kind} of {GROUP}/{version} has no such field"
            hint = tables.MOVED.get((kind, name), f"write apiVersion: {GROUP}/{other}")
            return problem._replace(message=message, hint=hint)
    newer = tables.first_minor(version, kind, keys)
    if newer > minor:
        message = f"kubeadm 1.{minor} ignores {name}, a field since 1.{newer}"
        return problem._replace(message=message, hint=f"use kubeadm 1.{newer} or later")
    for other in _OWN_KINDS:
        if other != kind and len(keys) == 1 and tables.has_field(version, other, keys, minor):
            return problem._replace(hint=f"move it to {other}")
    return problem
