"""Names of resources in an encryption configuration.

Kubernetes: apis/apiserver/validation/validation_encryption.go, validateResourceNames and validateResourceOverlap;
encryptionconfig/config.go, the check for masked resources.
"""

from __future__ import annotations

from compiler.config_files.field import Field
from compiler.flags.text import shown
from compiler.storage.group_resource import parse_group_resource

_NEVER = ("apiserveripinfo", "serviceipallocations", "servicenodeportallocations")


def check_resources(resources: Field) -> list[str]:
    """The resources of one entry in the spelling of GroupResource, after reporting what is wrong with them."""
    elements = resources.items()
    if not elements:
        resources.refuse("ENC-04", "the entry names no resource", "name one, such as secrets")
    names: list[str] = []
    for element in elements:
        if element.is_bad:
            continue
        _check_name(element)
        name = str(parse_group_resource(element.text))
        if name in names:
            element.refuse("ENC-16", f"{shown(element.text)} is named twice in one entry", "keep one")
        names.append(name)
    if "*.*" in names and len(set(names)) > 1:
        resources.refuse("ENC-17", "*.* covers the other resources of its entry", "keep *.* alone")
        return names
    for name in dict.fromkeys(names):
        wildcard = f"*.{parse_group_resource(name).group}"
        if name != wildcard and wildcard in names:
            message = f"{shown(name)} is covered by {wildcard} in its own entry"
            resources.refuse("ENC-17", message, "keep one of the two")
    return names


def _check_name(element: Field) -> None:
    name = element.text
    resource, group = parse_group_resource(name)
    if name != name.lower():
        element.refuse("ENC-11", f"{shown(name)} has capital letters", f"write {name.lower()}")
    elif name == "*":
        element.refuse("ENC-12", "* is not a resource", "write *. for the core group, or *.* for everything")
    elif name in _NEVER:
        element.refuse("ENC-13", f"{name} cannot be encrypted", "remove it")
    elif group in ("events.k8s.io", "extensions"):
        hint = "write events" if group == "events.k8s.io" else "name the resource in its own group"
        element.refuse("ENC-14", f"nothing is stored in the group {group}", hint)
    elif group == "*" and resource != "*":
        hint = "write *.* for everything, *.GROUP for a group, or one resource"
        element.refuse("ENC-15", f"{shown(name)} means one resource in every group", hint)


def check_masked(entries: list[Field]) -> None:
    """Report resources that an earlier entry's wildcard already covers."""
    above: set[str] = set()
    for entry in entries:
        elements = entry["resources"].items()
        for element in elements:
            for wildcard in ("*.*", f"*.{parse_group_resource(element.text).group}"):
                if wildcard in above:
                    message = f"{shown(element.text)} is already covered by {wildcard} of an earlier entry"
                    element.refuse("ENC-18", message, "put the more exact entry first")
                    break
        above |= {element.text for element in elements if element.text.startswith("*.")}
