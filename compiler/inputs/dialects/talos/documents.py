"""The documents of a Talos file: the machine configuration, and from Talos 1.14 on the documents next to it.

A file may be a whole configuration or a patch of one. Talos: pkg/machinery/config/configloader/internal/decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.talos.facts import Facts, kinds, since_of
from compiler.inputs.dialects.talos.merge import merged
from compiler.inputs.source.node import Node, Source, find, text_of
from compiler.rules import Rule
from compiler.text import did_you_mean, shown

TITLE = "Talos"
_READER = Reader(TITLE, unknown=rules.REFUSED_BY_DISTRIBUTION)
_API_VERSION = "v1alpha1"
_MACHINE_KEYS = ("machine", "cluster", "debug", "persist")
"""Keys of which the machine configuration has one. Talos: decoder.go, decode."""
_TRUE, _FALSE = ("y", "Y", "yes", "on"), ("n", "N", "no", "off")
"""Strings that go-yaml decodes into a boolean field. go-yaml: decode.go, scalar."""


Hint: TypeAlias = str | Callable[[], str]


class Findings:
    """The diagnostics of one file. A hint that takes long to find is a function."""

    def __init__(self, problems: list[Diagnostic]) -> None:
        self.problems = problems

    def refuse(self, message: str, hint: Hint, path: str, location: Location, severity: str = "") -> None:
        """Report configuration that Talos refuses."""
        self._report(rules.REFUSED_BY_DISTRIBUTION, message, hint, path, location, severity)

    def ignore(self, message: str, hint: Hint, path: str, location: Location) -> None:
        """Report configuration that Talos ignores."""
        self._report(rules.IGNORED_BY_DISTRIBUTION, message, hint, path, location)

    def decided_outside(self, message: str, hint: str, location: Location) -> None:
        """Report that the file is not all that decides the configuration."""
        self._report(rules.DECIDED_OUTSIDE_FILE, message, hint, "", location)

    def _report(self, rule: Rule, message: str, hint: Hint, path: str, location: Location, severity: str = "") -> None:
        def make() -> Diagnostic:
            text = hint if isinstance(hint, str) else hint()
            return diagnose(rule, message, text, path=path, location=location, severity=severity)

        if isinstance(self.problems, Problems):
            self.problems.report(rule, make)
        else:
            self.problems.append(make())


class Place(NamedTuple):
    """A field of the configuration: its value, None if it is not set, its path, and where to report about it."""

    node: Node | None
    path: str
    location: Location

    @property
    def is_set(self) -> bool:
        """Whether the field has a value other than null."""
        return self.node is not None and self.node.value is not None

    @property
    def text(self) -> str:
        """The scalar as Go decodes it into a string, empty if the field is not set."""
        return scalar_text(self.node) if self.node is not None else ""

    def items(self) -> list[Place]:
        """Return the items of a list that are not null, none for any other value."""
        value = self.node.value if self.node is not None else None
        places = [Place(item, f"{self.path}[{index}]", item.location) for index, item in enumerate(_list(value))]
        return [place for place in places if place.is_set]

    def get(self, key: str) -> Place:
        """Return a field of a mapping."""
        child = self.node.get(key) if self.node is not None else None
        return Place(child, f"{self.path}.{key}" if self.path else key, child.location if child else self.location)


class Documents:
    """The documents of one file that Talos can decode.

    `machine` is the machine configuration, None if the file has none. `others` has the documents by kind. `is_patch` is
    set if the file is not a whole configuration, so that Talos merges it with others.
    """

    def __init__(self, source: Source, machine: Node | None, others: dict[str, list[Node]], unusable: set[str]) -> None:
        self.machine = machine
        self.others = others
        self._unusable = unusable
        self._top = Location(source.name, 1, 1, 1, 2)
        has_type = machine is not None and bool(text_of(find(machine, "machine", "type")))
        is_whole = has_type and (self.endpoint.is_set or self.of_machine("version").is_set)
        self.is_patch = not is_whole or "$patch" in source.text

    def of_machine(self, path: str) -> Place:
        """Return a field of the machine configuration."""
        return self._place(self.machine, path, "")

    def of(self, kind: str, path: str) -> Place:
        """Return a field of the first document of a kind."""
        documents = self.others.get(kind)
        return self._place(documents[0] if documents else None, path, kind)

    def all_of(self, kind: str) -> list[Place]:
        """Return the documents of a kind."""
        return [Place(each, kind, start_of(each)) for each in self.others.get(kind, ())]

    @property
    def way(self) -> str:
        """How the API server is configured: `documents` or `legacy`, for cluster.apiServer.

        A patch of the authentication or authorization is one of a configuration with documents.
        """
        kinds = {"KubeAPIServerConfig"}
        if self.is_patch and not self.of_machine("cluster.apiServer").is_set:
            kinds |= {"KubeAuthenticationConfig", "KubeAuthorizerConfig"}
        return "legacy" if kinds.isdisjoint(self.others) else "documents"

    @property
    def api_server(self) -> Place:
        """The section of the API server; its location is where findings about it are reported."""
        if self.way == "documents":
            first = next(iter(self.others.values()))[0]
            documents = self.all_of("KubeAPIServerConfig")
            return documents[0] if documents else Place(None, "KubeAPIServerConfig", start_of(first))
        section = self.of_machine("cluster.apiServer")
        if section.node is None or self.machine is None:
            return section._replace(location=start_of(self.machine) if self.machine is not None else self._top)
        cluster = self.machine.value["cluster"] if isinstance(self.machine.value, dict) else self.machine
        return section._replace(location=cluster.key_location("apiServer"))

    @property
    def endpoint(self) -> Place:
        """The endpoint of the cluster. Talos: container.go, K8sClusterConfig."""
        if "KubeClusterConfig" in self.others:
            return self.of("KubeClusterConfig", "endpoint")
        return self.of_machine("cluster.controlPlane.endpoint")

    def _place(self, root: Node | None, path: str, prefix: str) -> Place:
        full = f"{prefix}.{path}" if prefix else path
        node = find(root, *path.split(".")) if root is not None else None
        if node is not None and not self._is_unusable(full):
            return Place(node, full, start_of(node) if isinstance(node.value, dict | list) else node.location)
        return Place(None, full, self._top if root is None else start_of(root))

    def _is_unusable(self, path: str) -> bool:
        while path:
            if path in self._unusable:
                return True
            path = path.rpartition(".")[0]
        return False


def read_documents(source: Source, roots: list[Node], facts: Facts, findings: Findings) -> Documents:
    """Return the documents of a file; report those that Talos refuses. Talos: decoder.go, parse and decode."""
    known: dict[tuple[str, str], Node] = {}
    repeated: list[tuple[str, Node]] = []
    unusable: set[str] = set()
    is_patch = "$patch" in source.text
    for root in roots:
        node = _without_deletions(root) if is_patch else root
        kind = _kind_of(node, facts, findings) if node is not None and node.value is not None else None
        if node is None or kind is None:
            continue
        unusable |= check_fields(node, facts.fields(kind), kind, findings.problems, _READER)
        for path, since in facts.newer_fields(kind).items():
            _check_newer(node, path.split("."), "", since, findings)
        identity = (kind, text_of(node.get("name")))
        if identity in known:
            repeated.append((kind, node))
            # Merging takes time that grows with the square of the number of documents.
            node = merged(known[identity], node, kind) if len(repeated) < MAX_FINDINGS else known[identity]
        known[identity] = node
    machine = known.pop(("", ""), None)
    others: dict[str, list[Node]] = {}
    for (kind, _), node in known.items():
        others.setdefault(kind, []).append(node)
    documents = Documents(source, machine, others, unusable)
    if not (documents.is_patch and facts.has("repeatedDocuments")):
        for kind, node in repeated:
            name = f"document of kind {kind}" if kind else "machine configuration"
            findings.refuse(f"Talos refuses a second {name} in one file", "merge the two", kind, start_of(node))
    return documents


def _kind_of(node: Node, facts: Facts, findings: Findings) -> str | None:
    """Return the kind of a document, empty for the machine configuration; None after reporting that it has none."""
    if not isinstance(node.value, dict):
        message = "Talos expects documents that are mappings"
        hint = "write a machine configuration or a strategic merge patch; kasc does not apply JSON patches"
        findings.refuse(message, hint, "", start_of(node))
        return None
    kind, version = text_of(node.get("kind")), text_of(node.get("apiVersion"))
    if not kind:
        if any(key in node.value for key in _MACHINE_KEYS) or version == _API_VERSION:
            return ""
        hint = "write kind: and apiVersion: v1alpha1, or the keys machine and cluster of a machine configuration"
        findings.refuse("Talos refuses the document: it has no kind", hint, "", start_of(node))
        return None
    where = node.key_location("kind")
    if version != _API_VERSION:
        message = f"Talos does not know apiVersion {shown(version)}" if version else "Talos requires an apiVersion"
        findings.refuse(message, f"write apiVersion: {_API_VERSION}", "apiVersion", where)
        return None
    if facts.knows(kind):
        return kind
    since = since_of(kind)
    hint = f"it was added in Talos {since}" if since else did_you_mean(kind, kinds()) or "remove the document"
    findings.refuse(f"Talos {facts.release} does not know documents of kind {shown(kind)}", hint, "kind", where)
    return None


def _check_newer(node: Node, steps: list[str], path: str, since: str, findings: Findings) -> None:
    """Report a field that a newer release has; `*` is any key, and lists are not a step."""
    step, *rest = steps
    if isinstance(node.value, list):
        for index, item in enumerate(node.value):
            _check_newer(item, steps, f"{path}[{index}]", since, findings)
    elif isinstance(node.value, dict):
        for key in node.value if step == "*" else [step] if step in node.value else []:
            inner = f"{path}.{key}" if path else key
            if rest:
                _check_newer(node.value[key], rest, inner, since, findings)
            else:
                message, hint = f"Talos refuses the unknown field {shown(key)}", f"it was added in Talos {since}"
                findings.refuse(message, hint, inner, node.key_location(key))


def _without_deletions(node: Node) -> Node | None:
    """Return a document without the parts that a patch deletes; None if it deletes the whole document.

    Talos: decoder/delete.go.
    """
    if isinstance(node.value, dict):
        deletion = node.value.get("$patch")
        if deletion is not None and deletion.value == "delete":
            return None
        fields = {key: _without_deletions(child) for key, child in node.value.items()}
        kept: Any = {key: child for key, child in fields.items() if child is not None}
    elif isinstance(node.value, list):
        kept = [child for item in node.value if (child := _without_deletions(item)) is not None]
    else:
        return node
    return Node(kept, node.source, node.span, node.text, node.keys)


def scalar_text(node: Node) -> str:
    """Return a scalar as go-yaml decodes it into a string: as written, empty for null."""
    if isinstance(node.value, str):
        return node.value
    return "" if node.value is None or isinstance(node.value, dict | list) else node.text


def boolean(place: Place, findings: Findings) -> bool:
    """Return a boolean field, false if it is not set; report a value that Talos cannot decode."""
    value = place.node.value if place.node is not None else None
    if value is None or isinstance(value, bool):
        return bool(value)
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    name = place.path.rpartition(".")[2]
    findings.refuse(
        f"{name} is not a boolean: Talos cannot read the file", "write true or false", place.path, place.location
    )
    return False


def start_of(node: Node) -> Location:
    """Return the location of the first character of a value."""
    where = node.location
    return where._replace(end_line=where.line, end_column=where.column + 1)


def _list(value: object) -> Iterator[Node]:
    if isinstance(value, list):
        yield from value
