"""Validation and resolution of Kubernetes names: labels, subdomains, ports, kinds, short names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compiler.text import closest

if TYPE_CHECKING:
    from compiler.upstream.catalog import Catalog
    from compiler.upstream.catalog.facts import Resource


_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"


def is_subdomain(text: str) -> bool:
    """Return whether a string is a DNS subdomain. Kubernetes: apimachinery/pkg/util/validation, IsDNS1123Subdomain."""
    return len(text.encode()) <= 253 and re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) is not None


def is_label(text: str) -> bool:
    """Return whether a string is a DNS label. Kubernetes: apimachinery/pkg/util/validation, IsDNS1123Label."""
    return len(text) <= 63 and re.fullmatch(_LABEL, text) is not None


def is_label_value(text: str) -> bool:
    """Return whether a string is a valid label value. Kubernetes: IsValidLabelValue."""
    return not text or re.fullmatch(_NAME, text) is not None


def is_qualified_name(text: str) -> bool:
    """Return whether a string is a qualified name, for example a label key. Kubernetes: IsQualifiedName."""
    prefix, slash, name = text.rpartition("/")
    return re.fullmatch(_NAME, name) is not None and (not slash or is_subdomain(prefix))


class GroupResource(NamedTuple):
    """A resource and its group, empty for the core group. The resource `*` is the whole group."""

    resource: str
    group: str

    def __str__(self) -> str:
        """Return the canonical spelling; the wildcard of the core group is `*.`."""
        return f"{self.resource}.{self.group}" if self.group or self.resource == "*" else self.resource


def parse_group_resource(text: str) -> GroupResource:
    """Split a name at its first dot.

    A trailing dot is the core group: `secrets.` is `secrets`.
    Kubernetes: apimachinery/pkg/runtime/schema/group_version.go, ParseGroupResource.

    >>> [str(parse_group_resource(text)) for text in ("secrets.", "deployments.apps", "*.")]
    ['secrets', 'deployments.apps', '*.']
    """
    resource, _, group = text.partition(".")
    return GroupResource(resource, group)


_SHORT_NAMES = {
    "cj": "cronjobs",
    "cm": "configmaps",
    "crd": "customresourcedefinitions",
    "csr": "certificatesigningrequests",
    "deploy": "deployments",
    "ds": "daemonsets",
    "ep": "endpoints",
    "ev": "events",
    "hpa": "horizontalpodautoscalers",
    "ing": "ingresses",
    "netpol": "networkpolicies",
    "no": "nodes",
    "ns": "namespaces",
    "pdb": "poddisruptionbudgets",
    "po": "pods",
    "pv": "persistentvolumes",
    "pvc": "persistentvolumeclaims",
    "quota": "resourcequotas",
    "rc": "replicationcontrollers",
    "rs": "replicasets",
    "sa": "serviceaccounts",
    "sc": "storageclasses",
    "sts": "statefulsets",
    "svc": "services",
}
CORE = ("", "core", "v1", "api", "legacy", "core/v1")
"""Spellings of the core group; the first one is correct."""


def find_resource(catalog: Catalog, name: str, group: str | None = None) -> Resource | None:
    """Return the resource with a resource name, kind, singular or short name, ignoring case.

    Search one group if it is given; otherwise prefer a resource of the core group.
    """
    lower = name.lower()
    names = (_SHORT_NAMES.get(lower, lower), lower)
    matches = [
        each
        for each in (catalog.resources.values() if group is None else catalog.resources_of.get(group, ()))
        if each.resource in names or each.kind.lower() in names
    ]
    return min(matches, key=lambda each: each.group != "", default=None)


def closest_resource(catalog: Catalog, group: str, name: str) -> Resource | None:
    """Return the resource closest to a wrong group and name, None if none is close."""
    core = group.lower() in CORE
    nearest_group = "" if core else closest(group, catalog.resources_of)
    known = catalog.resources_of.get(nearest_group, ()) if core or nearest_group else ()
    exact = find_resource(catalog, name, nearest_group) if known else None
    if exact is not None:
        return exact
    elsewhere = find_resource(catalog, name)
    if elsewhere is not None:
        return elsewhere
    near = closest(name, [each.resource for each in known or catalog.resources.values()])
    return find_resource(catalog, near, nearest_group if known else None) if near else None


def is_port_name(text: str) -> bool:
    """Return whether a string is a valid port name. Kubernetes: apimachinery/pkg/util/validation, IsValidPortName."""
    return re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None and len(text) <= 15 and not _is_digits(text)


def _is_digits(text: str) -> bool:
    return not any(letter.isalpha() for letter in text)
