"""The patches of a kind cluster, applied to the documents that kind writes for kubeadm.

kind: pkg/internal/patch/kubeyaml.go, resource.go, mergepatch.go, kubeadm_merge.go (0.32 and later).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, KascError, diagnose
from compiler.inputs.dialects.kubeadm.origins import record
from compiler.inputs.dialects.kubeadm.patches import PatchError, Room, apply, copied, merge, put
from compiler.inputs.dialects.kubeadm.report import Reporter, opening_of
from compiler.inputs.source.embedded import Embedded
from compiler.inputs.source.node import Node, Source, items_of, text_of
from compiler.inputs.source.yaml import parse_first_yaml
from compiler.inputs.source.yaml_scalars import resolve_as_server
from compiler.text import did_you_mean, shown

MAX_PATCHES = 1000
"""Maximum number of patches of a cluster and its nodes."""
_ARGUMENTS = ("extraArgs", "kubeletExtraArgs")
_LIST_VERSION = "v1beta4"
"""The API version of kubeadm with lists of extra arguments."""
_ONE_NODE = ("ClusterConfiguration", "InitConfiguration")
"""Kinds that only `kubeadm init` reads."""


class Patch(NamedTuple):
    """A patch: the kind and apiVersion of the documents that it is for, its content, and its path in the file."""

    kind: str
    api_version: str
    content: Node
    path: str
    header: Node

    def matches(self, document: Node) -> bool:
        """Return whether the patch is for a document."""
        same = not self.api_version or self.api_version == text_of(document.get("apiVersion"))
        return self.kind == text_of(document.get("kind")) and same


class Patches:
    """Reads the patches of the cluster and its nodes, and applies them."""

    def __init__(self, report: Reporter) -> None:
        self.report = report
        self.room = Room()
        self.count = 0

    def patched(self, documents: list[Node], section: Node, path: str) -> list[Node]:
        """Return documents with the patches of a cluster or node applied.

        `path` is empty or ends with a dot. Raises KascError for too many patches.
        """
        merges = list(self._merges(section, path))
        operations = list(self._operations(section, path))
        for patch in (*merges, *operations):
            _check_match(patch, documents, self.report)
        return [self._patched(copied(document), merges, operations) for document in documents]

    def report_unused(self, section: Node, path: str) -> None:
        """Report the patches of a node that is not the one on which `kubeadm init` runs."""
        for patch in self._merges(section, path):
            if patch.kind in _ONE_NODE:
                message = f"kubeadm ignores {patch.kind} on this node: it only counts where kubeadm init runs"
                hint = "move the patch to the first control plane node"
                self.report.ignore(message, hint, patch.header, patch.path)

    def _patched(self, document: Node, merges: list[Patch], operations: list[Patch]) -> Node:
        for patch in merges:
            if patch.matches(document) and isinstance(patch.content.value, dict):
                document = self._merge(document, patch)
        for patch in operations:
            if patch.matches(document):
                try:
                    document = apply(document, patch.content, self.room)
                except PatchError as error:
                    message = f"kind refuses the JSON patch: {error}"
                    self.report.refuse(message, "fix the patch", error.node, patch.path)
        return document

    def _merges(self, section: Node, path: str) -> Iterator[Patch]:
        """Yield the documents in the strings of a list of patches."""
        key = "kubeadmConfigPatches"
        for index, item in enumerate(items_of(section.get(key))):
            embedded, place = Embedded(item), f"{path}{key}[{index}]"
            for start, end in _parts(embedded.text):
                root = self._parsed(embedded, start, end)
                if root is None or root.value is None:
                    continue
                if not isinstance(root.value, dict):
                    message = "kind refuses a patch that is not a mapping"
                    self.report.refuse(message, "write kind and fields", root, place)
                    continue
                _name(root, place)
                header = root.get("kind") or root
                yield Patch(text_of(root.get("kind")), text_of(root.get("apiVersion")), root, place, header)

    def _operations(self, section: Node, path: str) -> Iterator[Patch]:
        key = "kubeadmConfigPatchesJSON6902"
        for index, item in enumerate(items_of(section.get(key))):
            text = item.get("patch")
            if text is None or not isinstance(text.value, str):
                continue
            place = f"{path}{key}[{index}]"
            root = self._parsed(Embedded(text))
            if root is not None:
                _name(root, f"{place}.patch")
                group, version, kind = (text_of(item.get(each)) for each in ("group", "version", "kind"))
                api_version = f"{group}/{version}" if group else version
                yield Patch(kind, api_version, root, place, item.get("kind") or item)

    def _parsed(self, embedded: Embedded, start: int = 0, end: int | None = None) -> Node | None:
        """Return a parsed part of a string; None if kind cannot read it, which is reported."""
        self.count += 1
        if self.count > MAX_PATCHES:
            message = f"the cluster has more than {MAX_PATCHES} patches"
            where = opening_of(embedded.node)
            raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "merge them", location=where))
        root, problems = embedded.parse(_parse, start, end)
        self.report.extend(problems)
        return None if any(each.severity == ERROR for each in problems) else root

    def _merge(self, document: Node, patch: Patch) -> Node:
        """Kubernetes' merge patch, after extra arguments and certSANs are merged. kind: applyMergePatch."""
        rest = copied(patch.content)
        if isinstance(rest.value, dict):
            # They are the same in the document, which starts where kind's configuration does.
            for key in ("apiVersion", "kind"):
                rest.value.pop(key, None)
        lists = text_of(document.get("apiVersion")).endswith(_LIST_VERSION)
        self._merge_lists(document, rest, lists, patch)
        return merge(document, rest)

    def _merge_lists(self, target: Node, rest: Node, lists: bool, patch: Patch) -> None:
        """Merge extra arguments and certSANs into `target`, and remove them from the patch. kind: walkAndMerge."""
        if not isinstance(rest.value, dict) or not isinstance(target.value, dict):
            return
        for key, value in list(rest.value.items()):
            if key in _ARGUMENTS:
                if lists:
                    self._merge_arguments(target, rest, key, patch)
                    del rest.value[key]
            elif key == "certSANs":
                known = items_of(target.get(key))
                self.room.take(len(known), patch.header.location)
                names = {each.value for each in known if isinstance(each.value, str)}
                added = [each for each in items_of(value) if not isinstance(each.value, str) or each.value not in names]
                put(target, key, Node([*known, *added], value.source, value.span), rest)
                del rest.value[key]
            elif isinstance(value.value, dict):
                if key not in target.value:
                    put(target, key, Node({}, value.source, value.span, "", {}), rest)
                self._merge_lists(target.value[key], value, lists, patch)

    def _merge_arguments(self, target: Node, rest: Node, key: str, patch: Patch) -> None:
        """Merge a list of extra arguments by name. kind: mergeExtraArgs."""
        value, old = rest.at((key,)), items_of(target.get(key))
        self.room.take(len(old), patch.header.location)
        numbers = count()
        items = dict(zip(numbers, old, strict=False))
        places: dict[str, list[int]] = {}
        for index, item in reversed(items.items()):
            places.setdefault(text_of(item.get("name")), []).append(index)
        repeated: set[str] = set()
        for name, node, entry in _entries(value, key, patch, self.report):
            text = text_of(name)
            if text in repeated:
                message = f"kind keeps only the last value of {shown(text)}, which this patch repeats"
                hint = "add repeated arguments with kubeadmConfigPatchesJSON6902"
                self.report.ignore(message, hint, name, patch.path)
            repeated.add(text)
            found = places.setdefault(text, [])
            if node is None or node.value is None:
                if found:
                    del items[found.pop()]
            elif found:
                put(items[found[-1]], "value", node, entry)
            else:
                item = Node({"name": name, "value": node}, entry.source, entry.span, "", dict(entry.keys or {}))
                found.append(next(numbers))
                items[found[0]] = item
        put(target, key, Node(list(items.values()), value.source, value.span), rest)


def _parse(source: Source, problems: list[Diagnostic]) -> Node:
    return parse_first_yaml(source, problems, resolve_as_server)


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each document. kind splits at lines that start with three dashes."""
    start = 0
    for match in re.finditer(r"\n---[^\n]*(?:\n|\Z)", text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _name(node: Node, path: str) -> None:
    """Record the paths of the values in a patch."""
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            _name(child, f"{path}.{key}")
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            _name(child, f"{path}[{index}]")
    else:
        record(node, path=path)


def _check_match(patch: Patch, documents: list[Node], report: Reporter) -> None:
    """Report a patch that is for none of the documents: kind ignores it without an error."""
    kinds = {text_of(document.get("kind")): text_of(document.get("apiVersion")) for document in documents}
    if patch.kind not in kinds:
        message = f"kind ignores a patch of the kind {shown(patch.kind)}: it writes no such document"
        hint = did_you_mean(patch.kind, kinds) or f"kind writes {', '.join(kinds)}"
        report.ignore(message, hint, patch.header, patch.path)
    elif patch.api_version not in ("", kinds[patch.kind]):
        written = kinds[patch.kind]
        message = f"kind ignores this patch of {shown(patch.api_version)}: it writes {patch.kind} of {written}"
        hint = f"write apiVersion: {written}, or leave it out"
        report.ignore(message, hint, patch.content.get("apiVersion") or patch.header, patch.path)


def _entries(value: Node, key: str, patch: Patch, report: Reporter) -> Iterator[tuple[Node, Node | None, Node]]:
    """Yield name, value and entry of the extra arguments of a patch."""
    if isinstance(value.value, dict):
        if patch.api_version:
            message = f"kind ignores {key} of this patch: {patch.api_version} has a list of name and value"
            report.ignore(message, "write a list, or leave out apiVersion", value, patch.path)
            return
        for text, node in value.value.items():
            span = (value.keys or {}).get(text, node.span)
            yield Node(text, value.source, span, text), node, value
    for item in items_of(value):
        name = item.get("name")
        if name is None or not isinstance(name.value, str):
            hint = "set name to that of a flag"
            report.ignore(f"kind ignores an entry of {key} without a name", hint, item, patch.path)
        else:
            yield name, item.get("value"), item
