"""What Talos refuses in its configuration, as far as it concerns kube-apiserver.

Talos: pkg/machinery/config/types/v1alpha1/v1alpha1_validation.go and v1alpha1_apiserverconfig.go,
pkg/machinery/config/types/k8s, pkg/machinery/config/container/validate.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from compiler import rules
from compiler.diagnostics import KascError, diagnose
from compiler.inputs.dialects.talos.arguments import ExtraArg
from compiler.inputs.dialects.talos.documents import Documents, Findings, Place
from compiler.inputs.dialects.talos.facts import Facts, conflicts, refused_prefixes
from compiler.inputs.dialects.talos.subnets import check_subnets
from compiler.text import did_you_mean, shown
from compiler.upstream.go.net import parse_url

_MACHINE_TYPES = ("controlplane", "init", "worker", "join")
"""Talos: pkg/machinery/config/machine/type.go, ParseType."""
_WORKERS = ("worker", "join")
_AUTHORIZERS = ("Node", "RBAC", "Webhook")
_RESOURCES = ("cpu", "memory")
_WEBHOOK_FLAGS = "authorization-webhook-"


def has_authorization_flags(extra: Mapping[str, ExtraArg]) -> bool:
    """Return whether the user sets the authorization mode or flags of its webhook.

    Talos: control_plane_static_pod.go, handleKubeAPIServerAuthorizationFlags.
    """
    return any(flag == "authorization-mode" or flag.startswith(_WEBHOOK_FLAGS) for flag in extra)


def check_machine(documents: Documents) -> None:
    """Raise KascError for the configuration of a worker, which runs no kube-apiserver."""
    machine_type = documents.of_machine("machine.type")
    if machine_type.text in _WORKERS:
        message = f"machine.type is {machine_type.text}: Talos runs no kube-apiserver on this machine"
        hint = "pass the configuration of a control plane machine"
        where = machine_type.location
        raise KascError(
            diagnose(rules.NO_KUBE_APISERVER_COMMAND, message, hint, path=machine_type.path, location=where)
        )


def check_configuration(documents: Documents, facts: Facts, extra: Mapping[str, ExtraArg], findings: Findings) -> None:
    """Report what Talos refuses."""
    machine_type = documents.of_machine("machine.type")
    if machine_type.text and machine_type.text not in _MACHINE_TYPES:
        message = f"Talos refuses machine.type {shown(machine_type.text)}"
        hint = did_you_mean(machine_type.text, _MACHINE_TYPES) or "write controlplane"
        findings.refuse(message, hint, machine_type.path, machine_type.location)
    _check_url(documents.endpoint, findings)
    _check_conflicts(documents, findings)
    _check_authorizers(documents, extra, findings)
    _check_documents(documents, findings)
    for part in ("requests", "limits"):
        _check_resources(documents.api_server.get("resources").get(part), findings)
    if not documents.is_patch:
        _check_complete(documents, facts, findings)


def _check_url(place: Place, findings: Findings) -> None:
    """Check an endpoint. siderolabs/net: net.go, ValidateEndpointURI."""
    if not place.is_set:
        return
    url = parse_url(place.text)
    host = url.host if url is not None else ""
    port = host.rpartition("]")[2].partition(":")[2]
    reason = ""
    if url is None:
        reason = "it is not a valid URL"
    elif not host.removesuffix(f":{port}"):
        reason = "it has no host"
    elif port and not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        reason = "its port is not between 1 and 65535"
    if reason:
        message = f"Talos refuses the endpoint {shown(place.text)}: {reason}"
        findings.refuse(message, "write https://HOST:6443", place.path, place.location)


def _check_conflicts(documents: Documents, findings: Findings) -> None:
    """Check documents against fields of the machine configuration. Talos: V1Alpha1ConflictValidate of each document."""
    for kind in documents.others:
        for path in conflicts(kind):
            field = documents.of_machine(path)
            if field.is_set and not _is_empty(field):
                message = f"Talos refuses {path} together with a {kind} document"
                findings.refuse(message, f"remove {path}: {kind} replaces it", path, field.location)


def _is_empty(field: Place) -> bool:
    value: Any = field.node.value if field.node is not None else None
    if isinstance(value, dict):
        return not value and field.path.endswith("auditPolicy")
    return value in ("", []) or (value == 0 and not isinstance(value, bool))


def _check_authorizers(documents: Documents, extra: Mapping[str, ExtraArg], findings: Findings) -> None:
    """Talos: v1alpha1_apiserverconfig.go, Validate; v1alpha1_authorizaationconfigauthorizer.go; authorization.go."""
    authorizers = documents.of_machine("cluster.apiServer.authorizationConfig")
    if authorizers.is_set:
        for flag, argument in extra.items():
            if flag == "authorization-mode" or flag.startswith(_WEBHOOK_FLAGS):
                message = f"Talos refuses {shown(flag)} in extraArgs together with authorizationConfig"
                findings.refuse(message, "use one of the two", argument.path, argument.name_at)
    for authorizer in authorizers.items():
        _check_authorizer(authorizer, findings)
    for document in documents.all_of("KubeAuthorizerConfig"):
        _check_authorizer(document, findings)
        if document.get("type").text == "Webhook" and not document.get("webhook").is_set:
            message = "Talos refuses an authorizer of type Webhook without webhook"
            findings.refuse(message, "add webhook with its configuration", "KubeAuthorizerConfig", document.location)


def _check_authorizer(authorizer: Place, findings: Findings) -> None:
    for key in ("type", "name"):
        if not authorizer.get(key).text:
            message = f"Talos refuses an authorizer without {key}"
            findings.refuse(message, f"set {key}", authorizer.path, authorizer.location)
    kind = authorizer.get("type")
    if kind.text and kind.text not in _AUTHORIZERS:
        message = f"Talos refuses the authorizer type {shown(kind.text)}"
        findings.refuse(message, partial(_types_like, kind.text), kind.path, kind.location)


def _types_like(text: str) -> str:
    return did_you_mean(text, _AUTHORIZERS) or f"write {', '.join(_AUTHORIZERS)}"


def _check_resources(place: Place, findings: Findings) -> None:
    """Talos: v1alpha1_resourcesconfig.go, Validate."""
    value = place.node.value if place.node is not None else None
    for key in value if isinstance(value, dict) else ():
        if key not in _RESOURCES and place.node is not None:
            where = place.node.key_location(key)
            findings.refuse(
                f"Talos refuses the resource {shown(key)}", "write cpu or memory", place.get(key).path, where
            )


def _check_documents(documents: Documents, findings: Findings) -> None:
    """Talos: pkg/machinery/config/types/k8s, Validate of each document."""
    for document in documents.all_of("KubeAdmissionControlConfig"):
        if not document.get("name").text:
            message = "Talos refuses a KubeAdmissionControlConfig without name"
            findings.refuse(message, "set name to that of the admission plugin", document.path, document.location)
    if "KubeNetworkConfig" in documents.others:
        check_subnets(documents, findings)


def allowed_args(documents: Documents, extra: dict[str, ExtraArg], findings: Findings) -> dict[str, ExtraArg]:
    """Return extraArgs without the flags that KubeAPIServerConfig refuses. Talos: apiserver.go, validateArgs."""
    if documents.way == "legacy":
        return extra
    allowed = {}
    for flag, argument in extra.items():
        kind = next((kind for prefix, kind in refused_prefixes().items() if flag.startswith(prefix)), "")
        if not kind:
            allowed[flag] = argument
            continue
        message = f"Talos refuses {shown(flag)} in extraArgs of KubeAPIServerConfig"
        findings.refuse(message, f"use {kind}", argument.path, argument.name_at)
    return allowed


def _check_complete(documents: Documents, facts: Facts, findings: Findings) -> None:
    """Check what a whole configuration has to set; a patch gets it from the configuration that it is applied to."""
    if not documents.endpoint.is_set:
        message = f"Talos {facts.release} starts no kube-apiserver without the endpoint of the cluster"
        hint = f"set {documents.endpoint.path}"
        findings.refuse(message, hint, documents.endpoint.path, documents.api_server.location)
    network = documents.of_machine("cluster.network")
    if facts.has("networkRequired") and not network.is_set and "KubeNetworkConfig" not in documents.others:
        message = f"Talos {facts.release} starts no kube-apiserver without a network configuration"
        hint = "add a KubeNetworkConfig document, or cluster.network"
        findings.refuse(message, hint, "", documents.api_server.location)
    keys = [documents.of_machine(f"cluster.{key}") for key in ("secretboxEncryptionSecret", "aescbcEncryptionSecret")]
    has_authority = documents.of_machine("cluster.ca").is_set or "KubeAPIServerCAConfig" in documents.others
    has_key = any(key.text for key in keys) or "KubeEtcdEncryptionConfig" in documents.others
    if facts.has("encryptionRequired") and has_authority and not has_key:
        message = f"Talos {facts.release} refuses a control plane without a configuration of etcd encryption"
        findings.refuse(message, "add a KubeEtcdEncryptionConfig document", "", documents.api_server.location)
    for kind, field in (
        ("KubeAPIServerConfig", "image"),
        ("KubeClusterConfig", "clusterName"),
        ("KubeNetworkConfig", "serviceSubnets"),
    ):
        place = documents.of(kind, field)
        if kind in documents.others and not (place.items() or place.text):
            findings.refuse(f"Talos refuses a {kind} without {field}", f"set {field}", place.path, place.location)
