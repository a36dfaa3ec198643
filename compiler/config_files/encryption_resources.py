"""Names of resources in an encryption configuration.

Kubernetes: apis/apiserver/validation/validation_encryption.go, validateResourceNames and validateResourceOverlap;
encryptionconfig/config.go, the check for masked resources.
"""

from __future__ import annotations

from compiler.config_files.strict import Checker
from compiler.flags.text import shown
from compiler.source.node import Node

_NEVER = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")


def check_resources(check: Checker, entry: Node, path: str) -> list[str]:
    """The resource names of one entry, after reporting what is wrong with them."""
    path = f"{path}.resources"
    nodes = check.items("ENC-02", entry, "resources", path)
    if not nodes:
        check.refuse("ENC-04", entry, path, "the entry names no resource", "name one, such as secrets")
    names: list[str] = []
    for index, node in enumerate(nodes):
        if not isinstance(node.value, str):
            check.refuse("ENC-02", node, f"{path}[{index}]", "the resource is not a text", "write its name")
            continue
        _check_name(check, node, f"{path}[{index}]", node.value)
        if node.value in names:
            message = f"{shown(node.value)} is named twice in one entry"
            check.refuse("ENC-16", node, f"{path}[{index}]", message, "keep one")
        names.append(node.value)
    if "*.*" in names and len(set(names)) > 1:
        check.refuse("ENC-17", entry, path, "*.* covers the other resources of its entry", "keep *.* alone")
        return names
    for name in dict.fromkeys(names):
        group = name.partition(".")[2]
        if not name.startswith("*.") and f"*.{group}" in names:
            message = f"{shown(name)} is covered by *.{group} in its own entry"
            check.refuse("ENC-17", entry, path, message, "keep one of the two")
    return names


def _check_name(check: Checker, node: Node, path: str, name: str) -> None:
    resource, _, group = name.partition(".")
    if name != name.lower():
        check.refuse("ENC-11", node, path, f"{shown(name)} has capital letters", f"write {name.lower()}")
    elif name == "*":
        check.refuse("ENC-12", node, path, "* is not a resource", "write *. for the core group, or *.* for everything")
    elif name in _NEVER:
        check.refuse("ENC-13", node, path, f"{name} cannot be encrypted", "remove it")
    elif group in ("events.k8s.io", "extensions"):
        hint = "write events" if group == "events.k8s.io" else "name the resource in its own group"
        check.refuse("ENC-14", node, path, f"nothing is stored in the group {group}", hint)
    elif group == "*" and resource != "*":
        hint = "write *.* for everything, *.GROUP for a group, or one resource"
        check.refuse("ENC-15", node, path, f"{shown(name)} means one resource in every group", hint)


def check_masked(check: Checker, entries: list[Node]) -> None:
    """Report resources that an earlier entry's wildcard already covers."""
    above: set[str] = set()
    for index, entry in enumerate(entries):
        listed = entry.get("resources")
        nodes = listed.value if listed is not None and isinstance(listed.value, list) else []
        for position, node in enumerate(nodes):
            if not isinstance(node.value, str):
                continue
            group = node.value.partition(".")[2]
            for wildcard in ("*.*", f"*.{group}"):
                if wildcard in above:
                    path = f"resources[{index}].resources[{position}]"
                    message = f"{shown(node.value)} is already covered by {wildcard} of an earlier entry"
                    check.refuse("ENC-18", node, path, message, "put the more exact entry first")
                    break
        above |= {node.value for node in nodes if isinstance(node.value, str) and node.value.startswith("*.")}
