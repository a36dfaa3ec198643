"""Validation of an InitConfiguration and a JoinConfiguration, as kubeadm does it after defaulting.

Kubernetes: cmd/kubeadm/app/apis/kubeadm/validation/validation.go, ValidateInitConfiguration and
ValidateJoinConfiguration; util/config/common.go, VerifyAPIServerBindAddress.
"""

from __future__ import annotations

import re
from functools import partial

from compiler.inputs.dialects.kubeadm.config import canonical_address
from compiler.inputs.dialects.kubeadm.documents import Document, Documents
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.dialects.kubeadm.validation import check_arguments
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import did_you_mean, shown
from compiler.upstream.go.net import has_port, parse_url
from compiler.upstream.names import is_subdomain

_TOKEN = "[a-z0-9]{6}[.][a-z0-9]{16}"
_TOKEN_HINT = "write ID.SECRET, with 6 and 16 lowercase letters and digits; kubeadm token generate prints one"
_USAGES = ("authentication", "signing")
_GROUP = "system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]"
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_KEY_BYTES = 32


def check_nodes(documents: Documents, report: Reporter) -> None:
    """Report what kubeadm refuses in the documents about nodes."""
    init, join = documents.init, documents.join
    _check_registration(init, report)
    _check_tokens(init, report)
    _check_endpoint(init, report, "localAPIEndpoint")
    _check_key(init, report, "certificateKey")
    if join is not None:
        _check_registration(join, report)
        _check_endpoint(join, report, "controlPlane", "localAPIEndpoint")
        _check_key(join, report, "controlPlane", "certificateKey")
        _check_discovery(join, report)
        _check_ca_path(join, report)


def _refuse(document: Document, report: Reporter, keys: tuple[str, ...], problem: str, hint: str) -> None:
    report.refuse(f"kubeadm refuses {problem}", hint, document.node.at(keys), f"{document.path}{'.'.join(keys)}")


def _check_registration(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateNodeRegistrationOptions, SetNodeRegistrationDynamicDefaults, ValidateSocketPath."""
    refuse = partial(_refuse, document, report)
    name = document.text("nodeRegistration", "name").strip().lower()
    if name and not is_subdomain(name):
        hint = "use letters, digits, '-' and '.'"
        refuse(("nodeRegistration", "name"), f"the node name {shown(name)}: it is not a valid RFC 1123 subdomain", hint)
    socket = document.text("nodeRegistration", "criSocket")
    url = parse_url(socket if socket.startswith("unix") else f"unix://{socket}")
    if socket and (url is None or url.scheme != "unix"):
        refuse(("nodeRegistration", "criSocket"), f"the socket {shown(socket)}", "write unix:///PATH")
    policy = document.text("nodeRegistration", "imagePullPolicy")
    if policy and policy not in _PULL_POLICIES:
        hint = did_you_mean(policy, _PULL_POLICIES) or f"write one of {', '.join(_PULL_POLICIES)}"
        refuse(("nodeRegistration", "imagePullPolicy"), f"the image pull policy {shown(policy)}", hint)
    ignored = {text_of(item).lower() for item in items_of(document.find("nodeRegistration", "ignorePreflightErrors"))}
    if "all" in ignored and len(ignored) > 1:
        problem = '"all" together with other preflight errors to ignore'
        refuse(("nodeRegistration", "ignorePreflightErrors"), problem, 'keep "all", or remove it')
    check_arguments(document, report, "nodeRegistration", "kubeletExtraArgs")


def _check_endpoint(document: Document, report: Reporter, *keys: str) -> None:
    """Kubernetes: SetAPIEndpointDynamicDefaults, ValidateAPIEndpoint, VerifyAPIServerBindAddress."""
    text = document.text(*keys, "advertiseAddress")
    problem = _address_problem(text) if text else ""
    if problem:
        hint = "write the IP address of the node that other nodes reach"
        _refuse(document, report, (*keys, "advertiseAddress"), f"{shown(text)} as advertise address: {problem}", hint)
    port = document.find(*keys, "bindPort")
    number = port.value if port is not None and not isinstance(port.value, bool) else 0
    if port is not None and isinstance(number, int) and not 0 <= number < 65536:
        _refuse(document, report, (*keys, "bindPort"), f"port {port.text}", "write a port from 1 to 65535")


def _address_problem(text: str) -> str:
    from ipaddress import ip_address

    canonical = canonical_address(text)
    if not canonical:
        return "it is not an IP address"
    address = ip_address(canonical)
    if address.is_loopback:
        return "it is a loopback address, and there rarely is another one on that interface"
    if address.is_multicast or address.is_link_local or canonical == "255.255.255.255":
        return "it is not a global unicast address"
    return ""


def _check_key(document: Document, report: Reporter, *keys: str) -> None:
    """Kubernetes: ValidateCertificateKey. The key is a secret."""
    text = document.text(*keys)
    if text and not re.fullmatch(f"(?:[0-9a-fA-F]{{2}}){{{_KEY_BYTES}}}", text):
        hint = "write the output of kubeadm certs certificate-key"
        _refuse(document, report, keys, f"a certificate key that is not {_KEY_BYTES} bytes in hexadecimal", hint)


def _check_tokens(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateBootstrapTokens, SetDefaults_BootstrapToken. A token is a secret."""
    for index, item in enumerate(items_of(document.find("bootstrapTokens"))):
        refuse = partial(_refuse_in, report, item, f"{document.path}bootstrapTokens[{index}]")
        token = item.get("token")
        if token is not None and token.value is not None and not re.fullmatch(_TOKEN, text_of(token)):
            refuse("token", "a bootstrap token of another form", _TOKEN_HINT)
        expires = item.get("expires")
        if expires is not None and expires.value is not None:
            refuse("expires", "expires of a bootstrap token, since it sets ttl as well", "set ttl instead")
        usages = [text_of(each) for each in items_of(item.get("usages"))] or list(_USAGES)
        for usage in usages:
            if usage not in _USAGES:
                hint = did_you_mean(usage, _USAGES) or f"write {' or '.join(_USAGES)}"
                refuse("usages", f"{shown(usage)} as usage of a bootstrap token", hint)
        if _USAGES[0] not in usages:
            refuse("usages", "a bootstrap token with groups but without the usage authentication", "add authentication")
        for group in items_of(item.get("groups")):
            if isinstance(group.value, str | None) and not re.fullmatch(_GROUP, text_of(group)):
                hint = "write system:bootstrappers:NAME, in lowercase letters"
                refuse("groups", f"the group {shown(text_of(group))} of a bootstrap token", hint)


def _refuse_in(report: Reporter, parent: Node, path: str, key: str, problem: str, hint: str) -> None:
    report.refuse(f"kubeadm refuses {problem}", hint, parent.at((key,)), f"{path}.{key}")


def _check_discovery(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateDiscovery."""
    token, file = document.find("discovery", "bootstrapToken"), document.find("discovery", "file")
    refuse = partial(_refuse, document, report)
    if (token is None) == (file is None):
        both = "both bootstrapToken and file" if token is not None else "neither bootstrapToken nor file"
        hint = "keep one of them" if token is not None else "set discovery.bootstrapToken"
        refuse(("discovery",), f"discovery with {both}", hint)
    tls_token = document.text("discovery", "tlsBootstrapToken")
    if tls_token and not re.fullmatch(_TOKEN, tls_token):
        refuse(("discovery", "tlsBootstrapToken"), "a bootstrap token of another form", _TOKEN_HINT)
    if token is not None and isinstance(token.value, dict):
        _check_token_discovery(document, token, report)
    if file is not None and isinstance(file.value, dict):
        path = text_of(file.get("kubeConfigPath"))
        url = parse_url(path)
        if not path or url is None or url.scheme not in ("", "file", "https"):
            hint = "write the path of a file, or a URL that starts with https"
            refuse(("discovery", "file", "kubeConfigPath"), f"the kubeconfig {shown(path)}", hint)


def _check_token_discovery(document: Document, token: Node, report: Reporter) -> None:
    """Kubernetes: ValidateDiscoveryBootstrapToken."""
    keys = ("discovery", "bootstrapToken")
    refuse = partial(_refuse, document, report)
    skips = find(token, "unsafeSkipCAVerification")
    if not items_of(token.get("caCertHashes")) and not (skips is not None and skips.value is True):
        hint = "list the hashes of the CA in caCertHashes"
        refuse((*keys, "caCertHashes"), "a bootstrap token without the hash of the CA", hint)
    if not re.fullmatch(_TOKEN, text_of(token.get("token"))):
        refuse((*keys, "token"), "a bootstrap token of another form", _TOKEN_HINT)
    endpoint = text_of(token.get("apiServerEndpoint"))
    if not has_port(endpoint):
        refuse((*keys, "apiServerEndpoint"), f"the endpoint {shown(endpoint)}: it has no port", "write HOST:PORT")


def _check_ca_path(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateJoinConfiguration."""
    text = document.text("caCertPath")
    if text and not (text.startswith("/") and text.endswith(".crt")):
        hint = "write an absolute path that ends with .crt"
        _refuse(document, report, ("caCertPath",), f"the path {shown(text)} of the CA certificate", hint)
