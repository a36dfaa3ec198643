"""The command line of kube-apiserver that kubeadm writes into the static Pod.

Kubernetes: cmd/kubeadm/app/phases/controlplane/manifests.go, getAPIServerCommand; util/arguments.go,
ArgumentsToCommand.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagnostics import Location
from compiler.inputs.arguments import Trace, Word
from compiler.inputs.dialects.joined import joined
from compiler.inputs.dialects.kubeadm.config import Argument, Config, arguments, last_value
from compiler.inputs.dialects.kubeadm.origins import origin_of, parts_of, path_of, unknown_of
from compiler.inputs.dialects.kubeadm.report import TITLE, opening_of
from compiler.inputs.dialects.pki import CERTIFICATES, ETCD_CERTIFICATES
from compiler.inputs.dialects.words import NODE_ADDRESS, given, set_by
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.upstream.go.net import join, join_host_port

_FIXED = {
    "allow-privileged": "true",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": "true",
    "kubelet-preferred-address-types": "InternalIP,ExternalIP,Hostname",
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
}
_MODES = "Node,RBAC"
_ETCD_PORT = 2379


def command_of(config: Config) -> list[Word]:
    """Return the words after `kube-apiserver`, each with its origin."""
    extra = [(each.name, each.text, _extra(config, each)) for each in config.extra_args]
    names = {name for name, _, _ in extra}
    own = [(_name(word), _text(word), word) for word in _defaults(config, names) if _name(word) not in names]
    if config.sorts_all:
        return [word for _, _, word in sorted(own + extra, key=lambda each: each[:2])]
    return [word for _, _, word in sorted(own, key=lambda each: each[0])] + [word for _, _, word in extra]


def _name(word: Word) -> str:
    return word.text[2:].partition("=")[0]


def _text(word: Word) -> str:
    return word.text.partition("=")[2]


def _extra(config: Config, argument: Argument) -> Word:
    """Return an extra argument, which is the user's or that of the program that wrote the document."""
    value, name = argument.value, argument.name
    origin = origin_of(value)
    path = path_of(value) or argument.path
    if value is None or isinstance(value.value, dict | list):
        return given(name, "", path, argument.at, argument.at)
    if parts := parts_of(value):
        return joined(name, parts, opening_of(value), path)
    if origin:
        return set_by(name, argument.text, value, origin, path_of(value), unknown_of(value))
    return given(name, value, path, argument.at, unknown=unknown_of(value))


def _defaults(config: Config, extra: set[str]) -> Iterator[Word]:
    """Yield the flags that kubeadm sets, in any order."""
    start, directory = config.start, config.certificates_dir
    if "authorization-config" not in extra:
        yield set_by("authorization-mode", _MODES, start, TITLE)
    for flag, value in _FIXED.items():
        yield set_by(flag, value, start, TITLE)
    files = dict(CERTIFICATES)
    if config.external_etcd is None:
        files |= ETCD_CERTIFICATES
    for flag, name in files.items():
        where, unknown = directory.node or start, unknown_of(directory.node)
        path = path_of(directory.node) or directory.path
        yield set_by(flag, join(directory.text, name), where, TITLE, path, unknown)
    yield from _endpoint(config)
    yield _decided(config, "service-cluster-ip-range", "", config.service_subnet.text, config.service_subnet)
    issuer = "https://kubernetes.default.svc."
    yield _decided(config, "service-account-issuer", issuer, config.dns_domain.text, config.dns_domain)
    yield from _etcd(config)


def _endpoint(config: Config) -> Iterator[Word]:
    endpoint = config.endpoint
    where = endpoint.address_node or config.start
    path = path_of(endpoint.address_node) or f"{endpoint.path}.advertiseAddress"
    unknown = "" if endpoint.address else NODE_ADDRESS
    yield set_by("advertise-address", endpoint.address or NODE_ADDRESS, where, TITLE, path, unknown)
    port = endpoint.port_node or config.start
    path = path_of(endpoint.port_node) or f"{endpoint.path}.bindPort"
    unknown = unknown_of(endpoint.port_node)
    yield set_by("secure-port", unknown or str(endpoint.port), port, TITLE, path, unknown)


def _decided(config: Config, flag: str, prefix: str, text: str, value: tuple[str, str, Node | None]) -> Word:
    """Return a flag whose value ends with that of a field, each character of which has its place."""
    _, path, node = value
    if parts := parts_of(node):
        whole = [(f"{prefix}{parts[0][0]}", parts[0][1]), *parts[1:]]
        return joined(flag, whole, whole[0][1], path_of(node) or path)._replace(origin=TITLE)
    origin = origin_of(node) or TITLE
    word = set_by(flag, f"{prefix}{text}", node or config.start, origin, path_of(node) or path, unknown_of(node))
    if node is None or origin != TITLE:
        return word
    return word._replace(trace=_tail(len(word.text) - len(text), node))


def _tail(start: int, node: Node) -> Trace:
    def trace(first: int, last: int) -> Location:
        return place_in(node, first - start, last - start) if first >= start else node.location

    return trace


def _etcd(config: Config) -> Iterator[Word]:
    external = config.external_etcd
    if external is None:
        yield _local_etcd(config)
        return
    path = f"{config.cluster.path}etcd.external"
    yield _endpoints(external, path)
    files = {key: external.get(key) for key in ("caFile", "certFile", "keyFile")}
    if text_of(files["caFile"]):
        yield from _file("etcd-cafile", files["caFile"], f"{path}.caFile")
    if text_of(files["certFile"]) and text_of(files["keyFile"]):
        yield from _file("etcd-certfile", files["certFile"], f"{path}.certFile")
        yield from _file("etcd-keyfile", files["keyFile"], f"{path}.keyFile")


def _file(flag: str, node: Node | None, path: str) -> Iterator[Word]:
    if node is None:
        return
    path, origin, unknown = path_of(node) or path, origin_of(node), unknown_of(node)
    yield (
        set_by(flag, text_of(node), node, origin, path, unknown) if origin else given(flag, node, path, unknown=unknown)
    )


def _local_etcd(config: Config) -> Word:
    """Return etcd-servers of a local etcd: on loopback, or where its members say that clients connect."""
    urls = last_value(arguments(config.cluster, "etcd", "local", "extraArgs"), "advertise-client-urls")
    if urls is not None:
        return _extra(config, urls._replace(name="etcd-servers"))
    address = config.endpoint.address or config.service_subnet.text.partition("/")[0]
    loopback = "::1" if ":" in address else "127.0.0.1"
    url = f"https://{join_host_port(loopback, _ETCD_PORT)}"
    return set_by("etcd-servers", url, config.start, TITLE, f"{config.cluster.path}etcd")


def _endpoints(external: Node, path: str) -> Word:
    """Return etcd-servers of an external etcd, with the place of each endpoint."""
    nodes = items_of(external.get("endpoints"))
    where = opening_of(external.get("endpoints") or external)
    word = joined("etcd-servers", [(text_of(node), node.location) for node in nodes], where, f"{path}.endpoints")
    first = nodes[0] if nodes else None
    return word._replace(
        path=path_of(first) or word.path,
        unknown=next(filter(None, map(unknown_of, nodes)), ""),
        origin=origin_of(first),
    )
