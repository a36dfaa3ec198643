"""Canonical Kubernetes: the bootstrap file, `k8s bootstrap --file`.

canonical/k8s-snap (k8sd since 1.36): pkg/k8sd/setup/kube_apiserver.go, KubeAPIServer;
pkg/k8sd/types/cluster_config_datastore.go; pkg/snap/util/arguments.go, UpdateServiceArguments; k8s/lib.sh,
k8s::common::execute.
"""

from __future__ import annotations

import re
from functools import partial
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import Host, ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import DIALECTS, Request
from compiler.inputs.dialects.joined import joined
from compiler.inputs.dialects.k8s_snap.checks import NEWEST, check, is_set, text_of
from compiler.inputs.dialects.releases import Release, Span, release_of
from compiler.inputs.dialects.words import NODE_ADDRESS, given, set_by
from compiler.inputs.shell_words import Splitter
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, items_of
from compiler.text import shown

_PKI, _ETCD_PKI = "/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd"
_COMMON = "/var/snap/k8s/common"
_CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"
)
_VALUES = {
    "anonymous-auth": "false",
    "allow-privileged": "true",
    "authentication-token-webhook-config-file": f"{_COMMON}/args/conf.d/auth-token-webhook.conf",
    "client-ca-file": f"{_PKI}/client-ca.crt",
    "enable-admission-plugins": "NodeRestriction",
    "kubelet-certificate-authority": f"{_PKI}/ca.crt",
    "kubelet-client-certificate": f"{_PKI}/apiserver-kubelet-client.crt",
    "kubelet-client-key": f"{_PKI}/apiserver-kubelet-client.key",
    "kubelet-preferred-address-types": "InternalIP,Hostname,InternalDNS,ExternalDNS,ExternalIP",
    "profiling": "false",
    "proxy-client-cert-file": f"{_PKI}/front-proxy-client.crt",
    "proxy-client-key-file": f"{_PKI}/front-proxy-client.key",
    "request-timeout": "300s",
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-client-ca-file": f"{_PKI}/front-proxy-ca.crt",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": f"{_PKI}/serviceaccount.key",
    "service-account-signing-key-file": f"{_PKI}/serviceaccount.key",
    "tls-cert-file": f"{_PKI}/apiserver.crt",
    "tls-cipher-suites": _CIPHER_SUITES,
    "tls-min-version": "VersionTLS12",
    "tls-private-key-file": f"{_PKI}/apiserver.key",
}
# Flags of a server with k8s-dqlite: cluster_config_datastore.go, ToKubeAPIServerArguments.
_CACHE_GATES = "DetectCacheInconsistency=false,ListFromCacheSnapshot=false,SizeBasedListCostEstimate=false"
_DQLITE = (
    (Span(until=(1, 36, 0)), "etcd-servers", f"unix://{_COMMON}/var/lib/k8s-dqlite/k8s-dqlite.sock"),
    (Span((1, 32, 0), (1, 34, 0)), "feature-gates", "WatchList=false"),
    (Span((1, 34, 0), (1, 36, 0)), "feature-gates", _CACHE_GATES),
    (Span((1, 34, 0), (1, 36, 0)), "etcd-healthcheck-timeout", "4s"),
)
_EXTERNAL = (
    ("etcd-cafile", "datastore-ca-crt", "ca.crt"),
    ("etcd-certfile", "datastore-client-crt", "client.crt"),
    ("etcd-keyfile", "datastore-client-key", "client.key"),
)
_EXTRA = "extra-node-kube-apiserver-args"
_VARIABLES = {"SNAP": "/snap/k8s/current", "SNAP_COMMON": _COMMON, "SNAP_DATA": "/var/snap/k8s/current"}
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_PLAIN = re.compile(r'[^"\\$`\n]*')
"""Values that the shell does not change between double quotes."""


class _Line(NamedTuple):
    """A line of the argument file: its text, by which the lines are sorted, and its words."""

    text: str
    words: list[Word]


def read(request: Request) -> ServerInput:
    """Return the server that a bootstrap file configures. Raises KascError DIST-01 if it cannot be read at all."""
    release = _release(request)
    root = request.roots[0] if request.roots else Node({}, request.source, (1, 1, 1, 2))
    if root.value is None:
        root = Node({}, root.source, root.span, keys={})
    if not isinstance(root.value, dict):
        message = "the file is not a mapping: Canonical Kubernetes cannot read it"
        rule = rules.REFUSED_BY_DISTRIBUTION
        raise KascError(diagnose(rule, message, "write one key for each setting", location=root.location))
    unusable = check(root, release, request.problems)
    for other in request.roots[1:]:
        message = "Canonical Kubernetes ignores the documents after the first one"
        rule = rules.IGNORED_BY_DISTRIBUTION
        request.problems.append(diagnose(rule, message, "use one document", location=other.location))
    lines = _Arguments(root, release, request.host, DIALECTS[request.kind].title, unusable).lines()
    _add_extra(root, lines, unusable, request.problems)
    words = [word for line in sorted(lines.values(), key=lambda line: line.text.encode()) for word in line.words]
    return request.server(words, version=f"{release[0]}.{release[1]}")


def _release(request: Request) -> Release:
    """Return the version of Canonical Kubernetes, whose minor versions are those of Kubernetes."""
    known = release_of(request.release) or release_of(request.version or "")
    return known or release_of(request.assume_release(NEWEST)) or (0, 0, 0)


class _Arguments:
    """The arguments that Canonical Kubernetes writes before those of the user."""

    def __init__(self, root: Node, release: Release, host: Host, title: str, unusable: set[str]) -> None:
        self.root = root
        self.release = release
        self.host = host
        self.title = title
        self.unusable = unusable
        self.start = root.location._replace(end_line=root.span[0], end_column=root.span[1] + 1)
        self.result: dict[str, _Line] = {}

    def lines(self) -> dict[str, _Line]:
        """Return the lines of the argument file by the name of the argument, with its dashes."""
        for flag, value in _VALUES.items():
            self._set(flag, value)
        disabled = self.root.get("disable-rbac")
        self._set(
            "authorization-mode", "AlwaysAllow" if disabled is not None and disabled.value is True else "Node,RBAC"
        )
        self._place("authorization-mode", "disable-rbac")
        self._from("secure-port", "secure-port", "6443")
        self._from("service-cluster-ip-range", "service-cidr", "10.152.183.0/24")
        if not self.host.address:
            self._set("advertise-address", NODE_ADDRESS, unknown=NODE_ADDRESS)
        elif not self.host.address.startswith("127.") and self.host.address != "::1":
            self._set("advertise-address", self.host.address)
        self._datastore()
        return self.result

    def _datastore(self) -> None:
        kind = text_of(self.root.get("datastore-type"))
        if kind == "external" and items_of(self.root.get("datastore-servers")):
            self._servers(items_of(self.root.get("datastore-servers")))
            for flag, field, name in _EXTERNAL:
                if is_set(self.root.get(field)):
                    self._set(flag, f"{_ETCD_PKI}/{name}")
                    self._place(flag, field)
        elif kind == "k8s-dqlite" and self.release < (1, 36, 0):
            for span, flag, value in _DQLITE:
                if span.covers(self.release):
                    self._set(flag, value)
                    self._place(flag, "datastore-type")
        else:
            self._set("etcd-cafile", f"{_ETCD_PKI}/ca.crt")
            self._set("etcd-certfile", f"{_PKI}/apiserver-etcd-client.crt")
            self._set("etcd-keyfile", f"{_PKI}/apiserver-etcd-client.key")
            port = self.root.get("etcd-port")
            number = text_of(port) if is_set(port) and "etcd-port" not in self.unusable else "2379"
            self._set("etcd-servers", f"https://127.0.0.1:{number}")
            self._place("etcd-servers", "etcd-port")

    def _servers(self, servers: list[Node]) -> None:
        parts = [(text_of(server), server.location) for server in servers]
        name_at = self.root.key_location("datastore-servers")
        word = joined("etcd-servers", parts, name_at, "datastore-servers")._replace(origin=self.title)
        value = ",".join(text for text, _ in parts)
        self.result["--etcd-servers"] = _Line(f'--etcd-servers="{value}"', [word])

    def _set(self, flag: str, value: str, unknown: str = "") -> None:
        word = set_by(flag, value, self.start, self.title, "", unknown)
        self.result[f"--{flag}"] = _Line(f'--{flag}="{value}"', [word])

    def _from(self, flag: str, field: str, default: str) -> None:
        """Set a flag to the value of a field."""
        node = self.root.get(field)
        if node is not None and is_set(node) and field not in self.unusable:
            default = str(node.value) if isinstance(node.value, int) else text_of(node)
        self._set(flag, default)
        self._place(flag, field)

    def _place(self, flag: str, field: str) -> None:
        """Locate a flag at the field that decides it, if the file has it."""
        node = self.root.get(field)
        if node is not None and not isinstance(node.value, dict | list):
            line = self.result[f"--{flag}"]
            word = set_by(flag, line.words[0].text.partition("=")[2], node, self.title, field)
            self.result[f"--{flag}"] = _Line(line.text, [word])


def _add_extra(root: Node, lines: dict[str, _Line], unusable: set[str], problems: list[Diagnostic]) -> None:
    """Add the user's arguments: one replaces the argument of the same name, null removes it."""
    extra = root.get(_EXTRA)
    for name, node in extra.value.items() if extra is not None and isinstance(extra.value, dict) else ():
        path = f"{_EXTRA}.{name}"
        if node.value is None:
            lines.pop(name, None)
        elif path not in unusable:
            lines[name] = _Line(f'{name}="{text_of(node)}"', _shell_words(root, extra, name, node, path, problems))


def _shell_words(
    root: Node, extra: Node | None, name: str, node: Node, path: str, problems: list[Diagnostic]
) -> list[Word]:
    """Return the words that bash reads from the line NAME="VALUE" of the argument file."""
    value, name_at = text_of(node), (extra or root).key_location(name)
    if name.startswith("--") and _NAME.fullmatch(name) and _PLAIN.fullmatch(value):
        return [given(name[2:], node, path, name_at)]
    start = len(name) + 2

    def place(first: int, last: int) -> Location:
        if first < start - 1:
            return name_at
        return place_in(node, max(first - start, 0), max(min(last - start, len(value)), 0))

    try:
        splitter = Splitter(f'{name}="{value}"', place, _VARIABLES)
        return [token.word._replace(path=path) for token in splitter.tokens()]
    except KascError as error:
        if error.diagnostic.code != rules.UNTERMINATED_QUOTE.code:
            raise
        message = f"{shown(value)} has a quote that is not closed: the shell that starts the server cannot read it"
        report = partial(diagnose, rules.REFUSED_BY_DISTRIBUTION, message, "write a backslash before each quote")
        problems.append(report(path=path, location=node.location))
        return []
