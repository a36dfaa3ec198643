"""config.yaml of K3s and RKE2: the arguments of the kube-apiserver that they run.

K3s: pkg/cli/server/server.go, run; pkg/daemons/control/server.go, apiServer. RKE2 runs K3s with settings of its own and
a static Pod, see `rke2`.
"""

from __future__ import annotations

from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.k3s import rke2
from compiler.inputs.dialects.k3s.checks import check_settings, value_of
from compiler.inputs.dialects.k3s.file import Item
from compiler.inputs.dialects.k3s.merge import merge
from compiler.inputs.dialects.k3s.network import Network, read_network
from compiler.inputs.dialects.k3s.settings import ARGUMENTS, Settings
from compiler.inputs.dialects.k3s.storage import Storage, read_storage
from compiler.inputs.dialects.words import set_by
from compiler.upstream.go.strconv import InvalidValueError, parse_int

# Files below DATA_DIR/server. K3s: pkg/daemons/control/deps/deps.go, CreateRuntimeCertFiles.
_FILES = {
    "cert-dir": "tls/temporary-certs",
    "client-ca-file": "tls/client-ca.crt",
    "kubelet-certificate-authority": "tls/server-ca.crt",
    "kubelet-client-certificate": "tls/client-kube-apiserver.crt",
    "kubelet-client-key": "tls/client-kube-apiserver.key",
    "proxy-client-cert-file": "tls/client-auth-proxy.crt",
    "proxy-client-key-file": "tls/client-auth-proxy.key",
    "requestheader-client-ca-file": "tls/request-header-ca.crt",
    "service-account-key-file": "tls/service.key",
    "service-account-signing-key-file": "tls/service.current.key",
    "tls-cert-file": "tls/serving-kube-apiserver.crt",
    "tls-private-key-file": "tls/serving-kube-apiserver.key",
}
_VALUES = {
    "allow-privileged": "true",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": "true",
    "profiling": "false",
    "requestheader-allowed-names": "system:auth-proxy",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "storage-backend": "etcd3",
}
_CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,"
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"
)
# Flags that are left out if the user sets the flag of the configuration file that replaces them.
_REPLACED = {
    "authorization-mode": ("Node,RBAC", "authorization-config"),
    "anonymous-auth": ("false", "authentication-config"),
}
# Flags that a key of the same meaning sets, if the user does not.
_KEYS = {
    "advertise-address": "advertise-address",
    "encryption-provider-config": "secrets-encryption",
    "etcd-cafile": "datastore-cafile",
    "etcd-certfile": "datastore-certfile",
    "etcd-keyfile": "datastore-keyfile",
    "etcd-servers": "datastore-endpoint",
    "service-account-issuer": "cluster-domain",
    "service-cluster-ip-range": "service-cidr",
    "service-node-port-range": "service-node-port-range",
}
_ADVERTISE_PORT = "advertise-port"
"""A flag that only the kube-apiserver of K3s has, which is built from a fork of Kubernetes."""


def read(request: Request) -> ServerInput:
    """Return the kube-apiserver that K3s or RKE2 runs with a config.yaml and its drop-ins.

    Raises KascError if a file is not well-formed, or if no kube-apiserver is started.
    """
    settings = Settings(request)
    try:
        check_settings(settings)
        words = _command(settings)
    finally:
        settings.report_release()
        request.problems.extend(settings.problems)
    return request.server(
        words,
        version=settings.kubernetes_version,
        version_location=settings.image_at,
        fixed_flags=settings.fixed_flags,
        settings=_keys_of(words, settings),
    )


def _keys_of(words: list[Word], settings: Settings) -> dict[str, str]:
    """Return the keys that decide flags; arguments of the user override them."""
    keys = _KEYS | (rke2.KEYS if settings.is_rke2 else {})
    given = {word.text[2:].partition("=")[0] for word in words if not word.origin}
    return {flag: key for flag, key in keys.items() if flag not in given and not settings.is_fixed(key)}


def _command(settings: Settings) -> list[Word]:
    """Return the command line; problems are added to the settings."""
    network = read_network(settings)
    storage = read_storage(settings, network.is_ipv6)
    own = _own_flags(settings, network, storage)
    items: list[Item | tuple[str, Word]] = [*settings.items(ARGUMENTS)]
    if not value_of("tls-cipher-suites", settings):
        suites = set_by("tls-cipher-suites", _CIPHER_SUITES, settings.start, settings.title)
        items.append(("tls-cipher-suites", suites))
    if settings.is_rke2:
        rke2.check(settings)
        settings.fixed_flags = frozenset(("etcd-servers",)) if storage.through_kine else frozenset()
        return rke2.static_pod(merge(own, rke2.with_plugins(items, settings)), settings, storage.through_kine)
    return [word for word in merge(own, items) if not _is_of_fork(word, settings)]


def _own_flags(settings: Settings, network: Network, storage: Storage) -> dict[str, Word]:
    """Return the flags that K3s sets before those of the user. K3s: pkg/daemons/control/server.go, apiServer."""
    own = {flag: settings.set_by(flag, value) for flag, value in _VALUES.items()}
    own |= {flag: settings.file(flag, path) for flag, path in _FILES.items()}
    own |= storage.words | network.words | _ports(settings) | _features(settings)
    for flag, (value, replacement) in _REPLACED.items():
        if not value_of(replacement, settings):
            own[flag] = settings.set_by(flag, value)
    key = "cluster-domain"
    issuer = f"https://kubernetes.default.svc.{settings.text(key)}"
    own["service-account-issuer"] = settings.set_by("service-account-issuer", issuer, key)
    own["api-audiences"] = settings.set_by("api-audiences", f"{issuer},{settings.request.kind}", key)
    return own


def _features(settings: Settings) -> dict[str, Word]:
    """Return the flags of features that a key switches, and of logging."""
    words = []
    if settings.text("egress-selector-mode") != "disabled":
        key = "egress-selector-mode"
        words.append(settings.file("egress-selector-config-file", "etc/egress-selector-config.yaml", key))
        words.append(settings.set_by("enable-aggregator-routing", "true", key))
    key = "flannel-external-ip"
    types = "ExternalIP,InternalIP,Hostname" if settings.boolean(key) else "InternalIP,ExternalIP,Hostname"
    words.append(settings.set_by("kubelet-preferred-address-types", types, key))
    key = "secrets-encryption"
    if settings.boolean(key):
        words.append(settings.file("encryption-provider-config", "cred/encryption-config.json", key))
        words.append(settings.set_by("encryption-provider-config-automatic-reload", "true", key))
    if settings.number("v"):
        words.append(settings.set_by("v", str(settings.number("v")), "v"))
    if settings.text("vmodule"):
        words.append(settings.set_by("vmodule", settings.text("vmodule"), "vmodule"))
    return {word.text[2:].partition("=")[0]: word for word in words}


def _ports(settings: Settings) -> dict[str, Word]:
    """Return the ports. K3s: pkg/daemons/control/server.go, defaults."""
    listen = settings.number("https-listen-port")
    secure = settings.number("apiserver-port") or (listen + 1 if listen else 6444)
    advertised = settings.number(_ADVERTISE_PORT) or listen
    return {
        "secure-port": settings.set_by("secure-port", str(secure), "apiserver-port", "https-listen-port"),
        _ADVERTISE_PORT: settings.set_by(_ADVERTISE_PORT, str(advertised), _ADVERTISE_PORT, "https-listen-port"),
    }


def _is_of_fork(word: Word, settings: Settings) -> bool:
    """Return whether only the fork of kube-apiserver has a flag, which is left out; report an invalid value."""
    name, _, value = word.text.partition("=")
    if name != f"--{_ADVERTISE_PORT}":
        return False
    try:
        parse_int(value)
    except InvalidValueError as error:
        message = f"kube-apiserver does not start: {_ADVERTISE_PORT}: {error.message}"
        settings.refuse(message, error.hint, word.location or settings.start, word.path)
    return True
