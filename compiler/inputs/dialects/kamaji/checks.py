"""What the CustomResourceDefinition and the webhooks of Kamaji reject."""

from __future__ import annotations

import re

from compiler import rules
from compiler.diagnostics import Location, diagnose
from compiler.inputs.dialects.kamaji.fields import PLUGINS
from compiler.inputs.dialects.kamaji.tenant import NEWEST_KUBERNETES, Tenant
from compiler.inputs.dialects.releases import kubernetes_version
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import closest, shown, shown_bare
from compiler.upstream.catalog.facts import minor_of
from compiler.upstream.go.net import parse_cidr


def check_tenant(tenant: Tenant) -> None:
    """Report what the CustomResourceDefinition or a webhook of Kamaji rejects."""
    for keys in (("spec",), ("spec", "controlPlane"), ("spec", "controlPlane", "service"), ("spec", "kubernetes")):
        _require(tenant, keys)
    for keys in (("controlPlane", "service", "serviceType"), ("kubernetes", "version"), ("kubernetes", "kubelet")):
        _require(tenant, ("spec", *keys))
    name = find(tenant.root, "metadata", "name")
    if name is not None and not re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", text_of(name)):
        hint = "use at most 63 lowercase letters, digits and '-', and begin with a letter"
        tenant.report(
            f"{shown(text_of(name))} is not a valid name of a TenantControlPlane", hint, name, "metadata.name"
        )
    _check_version(tenant)
    _check_lists(tenant)
    _check_ranges(tenant)


def _require(tenant: Tenant, keys: tuple[str, ...]) -> None:
    parent = find(tenant.root, *keys[:-1])
    if parent is None or not isinstance(parent.value, dict):
        return
    child = parent.get(keys[-1])
    if child is None or child.value is None:
        path = ".".join(keys)
        where = tenant.root.key_location("kind") if len(keys) == 1 else _key_of(tenant.root, keys[:-1])
        message = f"{path} is missing, and Kamaji requires it"
        tenant.request.problems.append(
            diagnose(rules.REFUSED_BY_DISTRIBUTION, message, f"add {keys[-1]}", path=path, location=where)
        )


def _key_of(root: Node, keys: tuple[str, ...]) -> Location:
    parent = find(root, *keys[:-1])
    return (parent or root).key_location(keys[-1])


def _check_version(tenant: Tenant) -> None:
    node, path = tenant.field("spec", "kubernetes", "version"), "spec.kubernetes.version"
    if node is None:
        return
    text = text_of(node)
    if not re.fullmatch(r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)([-+][0-9A-Za-z.+-]+)?", text):
        hint = "write all three numbers, for example v1.36.0"
        tenant.report(f"{shown(text)} is not a semantic version: Kamaji rejects it", hint, node, path)
        return
    known = [newest for since, newest in NEWEST_KUBERNETES if since <= tenant.release]
    version = kubernetes_version(text)
    if tenant.request.release and known and version is not None and minor_of(version) > minor_of(known[-1]):
        number = ".".join(map(str, tenant.release))
        message = f"Kamaji {number} supports Kubernetes up to {known[-1]}, not {shown_bare(text)}"
        tenant.report(message, f"write at most v{known[-1]}, or upgrade Kamaji", node, path)


def _check_lists(tenant: Tenant) -> None:
    plugins = tenant.field("spec", "kubernetes", "admissionControllers")
    for index, item in enumerate(items_of(plugins)):
        if isinstance(item.value, str) and item.value not in PLUGINS:
            match = closest(item.value, PLUGINS)
            hint = f"write {match}" if match else "remove it"
            path = f"spec.kubernetes.admissionControllers[{index}]"
            tenant.report(f"Kamaji does not support the admission plugin {shown(item.value)}", hint, item, path)
    types = tenant.field("spec", "kubernetes", "kubelet", "preferredAddressTypes")
    if types is not None and not items_of(types):
        path = "spec.kubernetes.kubelet.preferredAddressTypes"
        tenant.report("preferredAddressTypes is empty: Kamaji requires one type", "remove it", types, path)


def _check_ranges(tenant: Tenant) -> None:
    profile = ("spec", "networkProfile")
    single, several = tenant.field(*profile, "serviceCidr"), tenant.field(*profile, "serviceCidrs")
    ranges = [] if single is None or not text_of(single) else [(single, "spec.networkProfile.serviceCidr")]
    if several is not None:
        ranges += [(each, f"spec.networkProfile.serviceCidrs[{at}]") for at, each in enumerate(items_of(several))]
        if len(items_of(several)) not in (1, 2):
            path = "spec.networkProfile.serviceCidrs"
            tenant.report("serviceCidrs needs one or two ranges", "write one range for each IP family", several, path)
    for node, path in ranges:
        if parse_cidr(text_of(node)) is None:
            message = f"{shown(node.text or text_of(node))} is not a valid CIDR range: Kamaji rejects it"
            tenant.report(message, "write a range such as 10.96.0.0/16", node, path)
