"""Validation of a ClusterConfiguration, as kubeadm does it after defaulting.

Kubernetes: cmd/kubeadm/app/apis/kubeadm/validation/validation.go, ValidateClusterConfiguration;
util/config/common.go, NormalizeKubernetesVersion.
"""

from __future__ import annotations

import re
from functools import partial

from compiler.inputs.dialects.kubeadm import versions
from compiler.inputs.dialects.kubeadm.config import Config, arguments, canonical_address, last_value
from compiler.inputs.dialects.kubeadm.documents import Document
from compiler.inputs.dialects.kubeadm.origins import unknown_of
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.text import did_you_mean, shown, shown_bare
from compiler.upstream.go.net import has_port, host_bits, parse_cidr, parse_url
from compiler.upstream.names import is_subdomain

_LEAST_SERVICE_ADDRESSES, _LEAST_POD_ADDRESSES = 10, 14
_MOST_SERVICE_BITS = 20
_NODE_MASKS = {4: ("node-cidr-mask-size-ipv4", 24), 6: ("node-cidr-mask-size-ipv6", 64)}
_MOST_MASK_DIFFERENCE = 16
_REPOSITORY_PARTS = (
    "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*",
    "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])",
)
_LONGEST_REPOSITORY = 4096


def check_cluster(config: Config, report: Reporter, release: str) -> None:
    """Report what kubeadm refuses in a ClusterConfiguration. `release` is kubeadm's version, empty if not given."""
    document = config.cluster
    _check_version(document, report, release)
    _check_networking(config, report)
    _check_names(document, report)
    _check_gates(config, report)
    _check_algorithm(config, report)
    _check_etcd(config, report)
    for component in ("apiServer", "controllerManager", "scheduler"):
        check_arguments(document, report, component, "extraArgs")
    check_sans(document, report, "apiServer", "certSANs", lower=True)
    check_absolute(document, report, "certificatesDir")
    _check_repository(document, report, "imageRepository")
    _check_repository(document, report, "dns", "imageRepository")


def check_arguments(document: Document, report: Reporter, *keys: str) -> None:
    """Report extra arguments without a name. Kubernetes: ValidateExtraArgs."""
    for each in arguments(document, *keys):
        if not each.name:
            message = f"kubeadm refuses an argument without a name in {'.'.join(keys)}"
            report.refuse(message, "set name to that of a flag, without dashes", each.at, each.path)


def check_absolute(document: Document, report: Reporter, *keys: str) -> None:
    """Report a path that is not absolute. Kubernetes: ValidateAbsolutePath."""
    text = document.text(*keys)
    if text and not text.startswith("/"):
        _refuse(document, report, keys, f"the path {shown(text)}: it is not absolute", f"write /{shown_bare(text)}")


def check_sans(document: Document, report: Reporter, *keys: str, lower: bool = False) -> None:
    """Report names that a certificate cannot have. Kubernetes: ValidateCertSANs, LowercaseSANs."""
    node = document.find(*keys)
    for index, item in enumerate(items_of(node)):
        text = text_of(item).lower() if lower else text_of(item)
        wildcard = text.startswith("*.") and len(text) <= 253 and is_subdomain(text[2:])
        if isinstance(item.value, str | None) and not (is_subdomain(text) or wildcard or canonical_address(text)):
            message = f"kubeadm refuses {shown(text_of(item))} in {keys[-1]}: it is not an IP address or a DNS name"
            hint = "write an address, a name in lowercase letters, or *.NAME"
            report.refuse(message, hint, item, f"{document.path}{'.'.join(keys)}[{index}]")


def _refuse(document: Document, report: Reporter, keys: tuple[str, ...], problem: str, hint: str) -> None:
    report.refuse(f"kubeadm refuses {problem}", hint, document.node.at(keys), f"{document.path}{'.'.join(keys)}")


def _check_version(document: Document, report: Reporter, release: str) -> None:
    """Kubernetes: NormalizeKubernetesVersion."""
    text = document.text("kubernetesVersion")
    if not text:
        return
    named = versions.kubernetes_version(text)
    refuse = partial(_refuse, document, report, ("kubernetesVersion",))
    if named.problem:
        line = re.fullmatch(r"v?(1\.[0-9]{1,3})", text)
        hint = f"write v{line[1]}.0" if line else "write v1.MINOR.PATCH"
        refuse(f"the version {shown(text)}: {named.problem}", hint)
    elif release:
        oldest = versions.minor_of_release(release) - 1
        if versions.is_older(named, oldest):
            problem = f"Kubernetes {shown_bare(text)}: kubeadm {release} supports 1.{oldest} and later"
            refuse(problem, "use a kubeadm of the same minor version")


def _check_names(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateNetworking for dnsDomain; ValidateHostPort."""
    domain = document.text("networking", "dnsDomain")
    if domain and not is_subdomain(domain):
        problem = f"the DNS domain {shown(domain)}: it is not a valid RFC 1123 subdomain"
        hint = "use lowercase letters, digits, '-' and '.', without a dot at the end"
        _refuse(document, report, ("networking", "dnsDomain"), problem, hint)
    endpoint = document.text("controlPlaneEndpoint")
    if endpoint and not is_host_and_port(endpoint):
        problem = f"{shown(endpoint)}: it is not HOST or HOST:PORT"
        hint = "write a DNS name in lowercase letters or an IP address, without https://"
        _refuse(document, report, ("controlPlaneEndpoint",), problem, hint)


def is_host_and_port(text: str) -> bool:
    """Return whether a string is an address or DNS name, with or without a port. Kubernetes: ParseHostPort."""
    host, port = text, ""
    if has_port(text):
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
    if port and not (port.isascii() and port.isdecimal() and len(port) < 20 and 0 < int(port) < 65536):
        return False
    return bool(canonical_address(host)) or is_subdomain(host)


def _check_networking(config: Config, report: Reporter) -> None:
    """Kubernetes: ValidateNetworking."""
    document = config.cluster
    if _check_subnets(document, report, "serviceSubnet", _LEAST_SERVICE_ADDRESSES):
        _check_service_size(document, report)
    allocates = last_value(arguments(document, "controllerManager", "extraArgs"), "allocate-node-cidrs")
    if _check_subnets(document, report, "podSubnet", _LEAST_POD_ADDRESSES) and (
        allocates is None or allocates.text != "false"
    ):
        _check_node_masks(document, report)


def _check_subnets(document: Document, report: Reporter, key: str, least: int) -> bool:
    """Report subnets that are invalid or too small; return whether they are valid.

    Kubernetes: ValidateIPNetFromString.
    """
    text = document.text("networking", key)
    if not text:
        return False
    refuse = partial(_refuse, document, report, ("networking", key))
    networks = [parse_cidr(part) for part in text.split(",")]
    if None in networks:
        refuse(f"{shown(text)} as {key}: it is not a CIDR range", "write for example 10.96.0.0/16, without blanks")
        return False
    families = [network.version for network in networks if network is not None]
    if len(families) > 2 or (len(families) == 2 and families[0] == families[1]):
        hint = "write one range, or one of IPv4 and one of IPv6"
        refuse(f"the ranges {shown(text)} as {key}: they are not one of each IP family", hint)
    for network in networks:
        if network is not None and host_bits(network) < 63 and (count := 1 << host_bits(network)) < least:
            hint = f"write a range of at least {least} addresses"
            refuse(f"{network} as {key}: it has only {count} address{'es' if count > 1 else ''}", hint)
    return True


def _check_service_size(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidateServiceSubnetSize."""
    for part in document.text("networking", "serviceSubnet").split(","):
        network = parse_cidr(part)
        if network is not None and host_bits(network) > _MOST_SERVICE_BITS:
            narrowest = network.max_prefixlen - _MOST_SERVICE_BITS
            problem = f"{network} as serviceSubnet: it is wider than /{narrowest}"
            hint = f"write a range of /{narrowest} or narrower"
            _refuse(document, report, ("networking", "serviceSubnet"), problem, hint)


def _check_node_masks(document: Document, report: Reporter) -> None:
    """Kubernetes: ValidatePodSubnetNodeMask, getClusterNodeMask."""
    given = arguments(document, "controllerManager", "extraArgs")
    refuse = partial(_refuse, document, report, ("networking", "podSubnet"))
    for part in document.text("networking", "podSubnet").split(","):
        network = parse_cidr(part)
        if network is None:
            continue
        flag, mask = _NODE_MASKS[network.version]
        value = last_value(given, flag)
        if value is not None and value.text:
            if not re.fullmatch("[-+]?[0-9]{1,18}", value.text, re.ASCII):
                refuse(f"{shown(value.text)} of {flag}: it is not a number", f"write a number in {flag}")
                continue
            mask = int(value.text)
        if network.prefixlen > mask:
            hint = f"write a wider range, or set {flag} of controllerManager"
            refuse(f"{network} as podSubnet: it is smaller than the /{mask} of a node", hint)
        elif mask - network.prefixlen > _MOST_MASK_DIFFERENCE:
            hint = f"write a range of /{mask - _MOST_MASK_DIFFERENCE} or narrower, or set {flag} of controllerManager"
            refuse(f"{network} as podSubnet: it has more than 2^{_MOST_MASK_DIFFERENCE} ranges of /{mask}", hint)


def _check_gates(config: Config, report: Reporter) -> None:
    """Kubernetes: ValidateFeatureGates."""
    gates = config.cluster.find("featureGates")
    if gates is None or not isinstance(gates.value, dict):
        return
    known = versions.known_at(versions.GATES, config.minor)
    for name in gates.value:
        if name not in known:
            where, path = gates.key_location(name), f"{config.cluster.path}featureGates.{name}"
            message = f"kubeadm 1.{config.minor} refuses {shown(name)}, which is not one of its feature gates"
            hint = "set a feature gate of kube-apiserver with the flag feature-gates in apiServer.extraArgs"
            if name in versions.GATES:
                hint = "remove it"
            report.refuse(message, did_you_mean(name, known) or hint, where, path)


def _check_algorithm(config: Config, report: Reporter) -> None:
    """Kubernetes: ValidateEncryptionAlgorithm. v1beta3 does not have the field."""
    if config.cluster.version == "v1beta3":
        return
    text = config.cluster.text("encryptionAlgorithm")
    known = versions.known_at(versions.ALGORITHMS, config.minor)
    if text and text not in known:
        problem = f"the encryption algorithm {shown(text)}"
        hint = did_you_mean(text, known) or f"write one of {', '.join(known)}"
        _refuse(config.cluster, report, ("encryptionAlgorithm",), problem, hint)


def _check_repository(document: Document, report: Reporter, *keys: str) -> None:
    """Kubernetes: ValidateImageRepository, with the regular expression of github.com/distribution/reference."""
    text = document.text(*keys)
    if text and not is_repository(text):
        problem = f"the image repository {shown(text)}"
        _refuse(document, report, keys, problem, "write REGISTRY/PATH, without a scheme and a slash at the end")


def is_repository(text: str) -> bool:
    """Return whether an image can have this repository."""
    path, label = _REPOSITORY_PARTS
    domain = rf"(?:{label}(?:\.{label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
    name = f"(?:{domain}/)?{path}(?:/{path})*"
    return len(text) <= _LONGEST_REPOSITORY and re.fullmatch(name, f"{text}/name") is not None


def _check_etcd(config: Config, report: Reporter) -> None:
    """Kubernetes: ValidateEtcd."""
    document = config.cluster
    local, external = document.find("etcd", "local"), document.find("etcd", "external")
    if local is not None and external is not None:
        hint = "keep etcd.local or etcd.external"
        _refuse(document, report, ("etcd",), "a local and an external etcd together", hint)
    elif local is not None:
        check_absolute(document, report, "etcd", "local", "dataDir")
        check_arguments(document, report, "etcd", "local", "extraArgs")
        for key in ("serverCertSANs", "peerCertSANs"):
            check_sans(document, report, "etcd", "local", key)
        _check_repository(document, report, "etcd", "local", "imageRepository")
    elif external is not None:
        _check_external_etcd(config, external, report)


def _check_external_etcd(config: Config, external: Node, report: Reporter) -> None:
    document, keys = config.cluster, ("etcd", "external")
    ca, cert, key = (text_of(external.get(name)) for name in ("caFile", "certFile", "keyFile"))
    if bool(cert) != bool(key):
        hint = "set both certFile and keyFile, or none of them"
        _refuse(document, report, keys, "certFile and keyFile of an external etcd without each other", hint)
    if cert and key and not ca:
        _refuse(document, report, keys, "certFile and keyFile of an external etcd without caFile", "set caFile")
    _check_urls(document, report, "endpoints", bool(ca or cert or key))
    if config.minor >= versions.ENDPOINTS_REQUIRED_SINCE:
        if not items_of(external.get("endpoints")) and isinstance(external.value, dict):
            _refuse(document, report, (*keys, "endpoints"), "an external etcd without endpoints", "list its URLs")
        if document.version != "v1beta3":
            _check_urls(document, report, "httpEndpoints", False)
    for name in ("caFile", "certFile", "keyFile"):
        check_absolute(document, report, *keys, name)


def _check_urls(document: Document, report: Reporter, key: str, tls: bool) -> None:
    """Kubernetes: ValidateURLs."""
    for index, item in enumerate(items_of(document.find("etcd", "external", key))):
        text = text_of(item)
        if not isinstance(item.value, str | None) or unknown_of(item):
            continue
        url = parse_url(text)
        problem = ""
        if url is None or not url.scheme:
            problem = "it is not a URL with a scheme"
        elif tls and url.scheme != "https":
            problem = "with certificates, it has to start with https"
        if problem:
            path = f"{document.path}etcd.external.{key}[{index}]"
            message = f"kubeadm refuses the endpoint {shown(text)} of etcd: {problem}"
            report.refuse(message, "write https://HOST:2379", item, path)
