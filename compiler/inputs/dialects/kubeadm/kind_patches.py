"""The patches of a kind cluster, applied to the documents that kind writes for kubeadm.

kind: pkg/internal/patch/kubeyaml.go, resource.go, mergepatch.go, kubeadm_merge.go (0.32 and later).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import ERROR
from compiler.inputs.dialects.kubeadm.embedded import Embedded
from compiler.inputs.dialects.kubeadm.origins import record
from compiler.inputs.dialects.kubeadm.patches import PatchError, apply, copied, merge, put
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.text import did_you_mean, shown

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


def patched(documents: list[Node], section: Node, path: str, report: Reporter) -> list[Node]:
    """Return documents with the patches of a cluster or node applied. `path` is empty or ends with a dot."""
    merges = list(_merge_patches(section.get("kubeadmConfigPatches"), f"{path}kubeadmConfigPatches", report))
    operations = list(
        _json_patches(section.get("kubeadmConfigPatchesJSON6902"), f"{path}kubeadmConfigPatchesJSON6902", report)
    )
    for patch in (*merges, *operations):
        _check_match(patch, documents, report)
    return [_patched(document, merges, operations, report) for document in documents]


def report_unused(section: Node, path: str, report: Reporter) -> None:
    """Report the patches of a node that is not the one on which `kubeadm init` runs."""
    for patch in _merge_patches(section.get("kubeadmConfigPatches"), f"{path}kubeadmConfigPatches", report):
        if patch.kind in _ONE_NODE:
            message = f"kubeadm ignores {patch.kind} on this node: it only counts where kubeadm init runs"
            report.ignore(message, "move the patch to the first control plane node", patch.header, patch.path)


def _patched(document: Node, merges: list[Patch], operations: list[Patch], report: Reporter) -> Node:
    for patch in merges:
        if patch.matches(document) and isinstance(patch.content.value, dict):
            document = _merge(document, patch, report)
    for patch in operations:
        if patch.matches(document):
            try:
                document = apply(document, patch.content)
            except PatchError as error:
                report.refuse(f"kind refuses the JSON patch: {error}", "fix the patch", error.node, patch.path)
    return document


def _merge_patches(section: Node | None, path: str, report: Reporter) -> Iterator[Patch]:
    """Yield the documents in the strings of a list of patches."""
    for index, item in enumerate(items_of(section)):
        embedded = Embedded(item)
        line = 0
        # kind splits at lines that start with three dashes, without the text after them.
        for text in re.split(r"\n---[^\n]*(?:\n|\Z)", embedded.text):
            root = _parsed(embedded, text, line, report)
            line += text.count("\n") + 2
            if root is None or root.value is None:
                continue
            place = f"{path}[{index}]"
            if not isinstance(root.value, dict):
                report.refuse("kind refuses a patch that is not a mapping", "write kind and fields", root, place)
                continue
            _name(root, place)
            header = root.get("kind") or root
            yield Patch(text_of(root.get("kind")), text_of(root.get("apiVersion")), root, place, header)


def _json_patches(section: Node | None, path: str, report: Reporter) -> Iterator[Patch]:
    for index, item in enumerate(items_of(section)):
        text = item.get("patch")
        if text is None or not isinstance(text.value, str):
            continue
        embedded, place = Embedded(text), f"{path}[{index}]"
        root = _parsed(embedded, embedded.text, 0, report)
        if root is not None:
            _name(root, f"{place}.patch")
            group, version, kind = (text_of(item.get(key)) for key in ("group", "version", "kind"))
            api_version = f"{group}/{version}" if group else version
            yield Patch(kind, api_version, root, place, item.get("kind") or item)


def _parsed(embedded: Embedded, text: str, first: int, report: Reporter) -> Node | None:
    """Return a parsed part of a string; None if kind cannot read it, which is reported."""
    root, problems = embedded.document(text, first)
    report.extend(problems)
    return None if any(each.severity == ERROR for each in problems) else root


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


def _merge(document: Node, patch: Patch, report: Reporter) -> Node:
    """Kubernetes' merge patch, after extra arguments and certSANs are merged. kind: applyMergePatch, walkAndMerge."""
    target, rest = copied(document), copied(patch.content)
    if isinstance(rest.value, dict):
        # They are the same in the document, which starts where kind's configuration does.
        for key in ("apiVersion", "kind"):
            rest.value.pop(key, None)
    lists = text_of(document.get("apiVersion")).endswith(_LIST_VERSION)
    _merge_lists(target, rest, lists, patch, report)
    return merge(target, rest)


def _merge_lists(target: Node, rest: Node, lists: bool, patch: Patch, report: Reporter) -> None:
    """Merge extra arguments and certSANs into `target`, and remove them from the patch."""
    if not isinstance(rest.value, dict) or not isinstance(target.value, dict):
        return
    for key, value in list(rest.value.items()):
        if key in _ARGUMENTS:
            if lists:
                _merge_arguments(target, rest, key, patch, report)
                del rest.value[key]
        elif key == "certSANs":
            known = items_of(target.get(key))
            names = [each.plain() for each in known]
            added = [each for each in items_of(value) if each.plain() not in names]
            put(target, key, Node([*known, *added], value.source, value.span), rest)
            del rest.value[key]
        elif isinstance(value.value, dict):
            if key not in target.value:
                put(target, key, Node({}, value.source, value.span, "", {}), rest)
            _merge_lists(target.value[key], value, lists, patch, report)


def _merge_arguments(target: Node, rest: Node, key: str, patch: Patch, report: Reporter) -> None:
    """Merge a list of extra arguments by name. kind: mergeExtraArgs."""
    value, old = rest.at((key,)), target.get(key)
    result = [copied(item) for item in items_of(old)]
    places: dict[str, int] = {}
    for name, node, entry in _entries(value, key, patch, report):
        index = next((index for index, item in enumerate(result) if text_of(item.get("name")) == name.value), -1)
        if name.value in places:
            message = f"kind keeps only the last value of {shown(text_of(name))}, which this patch repeats"
            report.ignore(message, "add repeated arguments with kubeadmConfigPatchesJSON6902", name, patch.path)
        places[text_of(name)] = index
        if node is None or node.value is None:
            if index >= 0:
                del result[index]
        elif index >= 0:
            put(result[index], "value", node, entry)
        else:
            result.append(Node({"name": name, "value": node}, entry.source, entry.span, "", dict(entry.keys or {})))
    put(target, key, Node(result, value.source, value.span), rest)


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
