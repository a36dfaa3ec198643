"""Group variables of Kubespray: the kubeadm configuration that its template renders, and so the flags of kubeadm.

Kubespray: roles/kubernetes/control-plane. The assertions are those of roles/validate_inventory.
"""

from __future__ import annotations

import os
import re

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.kubeadm import Rendered, accept_duplicates, server_of
from compiler.inputs.dialects.kubespray.arguments import etcd_address
from compiler.inputs.dialects.kubespray.defaults import (
    DEPLOYMENTS,
    FIXED,
    PREFIXES,
    assumed_release,
    default_version,
    defaults_for,
    known_variables,
    supported,
)
from compiler.inputs.dialects.kubespray.documents import documents_for, files_for
from compiler.inputs.dialects.kubespray.template import EXTRA_ARGS, TITLE, Template
from compiler.inputs.dialects.kubespray.variables import Variables, rendered
from compiler.inputs.dialects.releases import Release, kubernetes_version, release_of
from compiler.inputs.source.node import Node
from compiler.text import closest, shown, shown_bare
from compiler.upstream.catalog.facts import minor_of
from compiler.upstream.go.net import parse_cidr

_HOST = "cp1"
"""The name of the host in the inventory, unless the file is that of a host."""
_HOST_VARS = re.compile(r"(?:^|/)host_vars/([^/]+?)(?:\.ya?ml|\.json|/[^/]+)$")
_VARIABLES = {
    "localAPIEndpoint.advertiseAddress": "kube_apiserver_address",
    "localAPIEndpoint.bindPort": "kube_apiserver_port",
}
"""Variables that decide fields of kubeadm's documents which the template does not write."""
_TAGS = ("'!vault'", "'!unsafe'")


def read(request: Request) -> ServerInput:
    """Read the variables of one file; kasc knows no other files of the inventory."""
    accept_duplicates(request.problems, "Ansible uses the last one")
    raw_lines = _accept_tags(request.problems)
    start = Location(request.source.name, 1, 1, 1, 2)
    root = _mapping(request, start)
    if isinstance(root.value, dict) and root.value:
        start = root.key_location(next(iter(root.value)))
    release, version, version_node = _versions(request, root, start)
    match = _HOST_VARS.search(request.path.replace(os.sep, "/"))
    defaults = defaults_for(version, match[1] if match is not None else _HOST)
    if request.host.address:
        defaults["host_address"] = request.host.address
    variables = Variables(root, defaults, raw_lines)
    template = Template(request.source, variables, release, start, request.problems)
    _check(template)
    _report_unknown(template)
    rendered_documents = Rendered(
        documents_for(template, version if version.count(".") == 2 else f"{version}.0"),
        version,
        version_node.location if version_node is not None else None,
        template.text("cluster_name"),
    )
    files = files_for(template)
    _report_outside(request, template, named=match is not None)
    server = server_of(request, rendered_documents)
    server.files = files
    server.arguments = [each._replace(path=_VARIABLES.get(each.path, each.path)) for each in server.arguments]
    server.settings = {each.flag: each.path for each in server.arguments if each.origin == TITLE and each.path}
    server.settings |= {"advertise-address": "kube_apiserver_address", "secure-port": "kube_apiserver_port"}
    return server


def _mapping(request: Request, start: Location) -> Node:
    """Return the mapping of variables: an empty file has none."""
    roots = [root for root in request.roots if root.value is not None]
    if not roots:
        return Node({}, request.source, (1, 1, 1, 2), "", {})
    if len(roots) > 1:
        where = roots[1].location
        message = "the file has more than one document: Ansible cannot read it"
        request.problems.append(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, "write one document", location=where))
    if not isinstance(roots[0].value, dict):
        message = "the file is not a mapping of variables: Ansible cannot read it"
        hint = "write NAME: VALUE lines"
        raise KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, location=start))
    return roots[0]


def _accept_tags(problems: list[Diagnostic]) -> set[int]:
    """Remove the errors about tags of Ansible; return the lines of values that it does not evaluate."""
    raw = set()
    for each in list(problems):
        if each.code == rules.UNSUPPORTED_TYPE_OF_VALUE.code and any(tag in each.message for tag in _TAGS):
            problems.remove(each)
            if "'!unsafe'" in each.message and each.location is not None:
                raw.add(each.location.line)
    return raw


def _versions(request: Request, root: Node, start: Location) -> tuple[Release, str, Node | None]:
    """Return the release of Kubespray, the Kubernetes version, and the value of kube_version."""
    node = root.get("kube_version")
    text = node.text if node is not None and not isinstance(node.value, dict | list) else ""
    number = kubernetes_version(text)
    wanted = request.version or number
    release = release_of(request.release)
    if not request.release:
        release = assumed_release(wanted)
        request.assume_release(".".join(map(str, release[:2])), location=node.location if node is not None else start)
    release = release or assumed_release("1.999")
    if node is not None and request.version is None:
        _check_version(request, node, text, number, release)
    return release, wanted or default_version(release), node if number is not None else None


def _check_version(request: Request, node: Node, text: str, number: str | None, release: Release) -> None:
    """Report a version that the release does not install: the ones with a checksum."""
    minors, complete = supported(release)
    path, title = "kube_version", ".".join(map(str, release[:2]))
    if "{{" in text:
        return
    if number is None or number != text or number.count(".") != 2:
        message = f"{shown(text)} is not a version that Kubespray {title} installs"
        hint = f"write a version such as {default_version(release)}, without a leading v"
    else:
        minor, patch = number.rpartition(".")[0], int(number.rpartition(".")[2])
        oldest, newest = min(minors, key=minor_of), max(minors, key=minor_of)
        if minor in minors and (patch <= minors[minor] or not (complete and request.release)):
            return
        message = f"Kubespray {title} does not install Kubernetes {shown_bare(text)}"
        hint = f"write a version from {oldest}.0 to {newest}.{minors[newest]}, or use another release of Kubespray"
    problem = diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=path, location=node.location)
    request.problems.append(problem)


def _check(template: Template) -> None:
    """Report what the assertions of the role reject."""
    variables = template.variables

    def report(variable: str, message: str, hint: str) -> None:
        where = template.location(variable)
        problem = diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=variable, location=where)
        template.problems.append(problem)

    kind = variables.get("etcd_deployment_type")
    if not kind.unknown and rendered(kind.plain) not in DEPLOYMENTS:
        message = f"etcd_deployment_type {shown(rendered(kind.plain))} is not supported by Kubespray"
        report("etcd_deployment_type", message, f"write {', '.join(DEPLOYMENTS[:-1])} or {DEPLOYMENTS[-1]}")
    for stack, variable in (("ipv4_stack", "kube_service_addresses"), ("ipv6_stack", "kube_service_addresses_ipv6")):
        value = variables.get(variable)
        if template.is_true(stack) and not value.unknown and parse_cidr(rendered(value.plain)) is None:
            message = f"{variable} {shown(rendered(value.plain))} is not a network range: Kubespray rejects it"
            report(variable, message, "write a CIDR range")
    provider = variables.get("cloud_provider")
    if provider.defined and not provider.unknown and provider.plain not in ("", "external"):
        message = f"cloud_provider {shown(rendered(provider.plain))} is not supported by Kubespray"
        report("cloud_provider", message, 'write external, or ""')


def _report_unknown(template: Template) -> None:
    """Report variables about kube-apiserver that no template uses, and those that the roles set themselves."""
    known = known_variables(template.release)
    entries = template.variables.root.value
    names = list(entries) if isinstance(entries, dict) else []
    for name in names:
        where = template.variables.root.key_location(name)
        if name in FIXED:
            message, hint = f"Kubespray ignores {name}: its roles set this variable", "remove it"
        elif name.startswith(PREFIXES) and name not in known and not _is_used(template, name):
            message = f"Kubespray ignores the unknown variable {shown(name)}"
            match = closest(name, known)
            hint = f"write {match}" if match else f"set the flag in {EXTRA_ARGS}"
        else:
            continue
        template.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, path=name, location=where))


def _is_used(template: Template, name: str) -> bool:
    """Return whether a template in the file refers to a variable."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    for line in template.source.text.split("\n"):
        starts = [start for start in (line.find("{{"), line.find("{%")) if start >= 0]
        if starts and word.search(line, min(starts)):
            return True
    return False


def _report_outside(request: Request, template: Template, *, named: bool) -> None:
    parts = ["the hosts of the control plane" if named else "the hosts of the control plane and their names"]
    address = "" if not etcd_address(template)[1] else ", and its address is unknown"
    host = template.text("inventory_hostname")
    patches = template.variables.get("kubeadm_patches")
    if patches.is_true or patches.unknown:
        parts.append("kubeadm_patches may change the Pod")
    message = f"the inventory decides {parts[0]}; kasc assumes one host, {shown_bare(host)}{address}"
    undecided = sorted(template.variables.undecided)
    if undecided:
        names = f"{', '.join(undecided[:3])}{f' and {len(undecided) - 3} more' if len(undecided) > 3 else ''}"
        parts.append(f"kasc assumes the default of {names}, which templates decide")
    message = "; ".join((message, *parts[1:]))
    hint = "pass --host-address, and compare with the manifest on the host"
    request.decided_outside(message, hint, template.start)
