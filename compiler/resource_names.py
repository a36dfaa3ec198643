"""Resources by the names that people give them: kinds, singulars, kubectl's short names, a group that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.suggest import closest

if TYPE_CHECKING:
    from compiler.catalog import Catalog, Resource

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
"""How the core group is written, the first one rightly."""


def called(catalog: Catalog, name: str, group: str | None = None) -> Resource | None:
    """The resource that a resource's name, kind, singular or short name stands for, in whatever case.

    In one group if one is given; else a resource of the core group comes first.
    """
    lower = name.lower()
    wanted = (_SHORT_NAMES.get(lower, lower), lower)
    fitting = [
        each
        for each in (catalog.resources.values() if group is None else catalog.resources_of.get(group, ()))
        if each.resource in wanted or each.kind.lower() in wanted
    ]
    return min(fitting, key=lambda each: each.group != "", default=None)


def meant(catalog: Catalog, group: str, name: str) -> Resource | None:
    """The resource that a wrong group and name most likely stand for; None if nothing is near."""
    core = group.lower() in CORE
    here = "" if core else closest(group, catalog.resources_of)
    known = catalog.resources_of.get(here, ()) if core or here else ()
    exact = called(catalog, name, here) if known else None
    if exact is not None:
        return exact
    elsewhere = called(catalog, name)
    if elsewhere is not None:
        return elsewhere
    near = closest(name, [each.resource for each in known or catalog.resources.values()])
    return called(catalog, near, here if known else None) if near else None
