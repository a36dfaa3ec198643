"""The data store of K3s and RKE2: embedded etcd, an etcd cluster, or another database behind kine.

K3s: pkg/cluster/managed.go, assignManagedDriver; pkg/cluster/cluster.go, startStorage. kine: pkg/endpoint, pkg/drivers.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.inputs.arguments import Word
from compiler.inputs.dialects.k3s.settings import Settings
from compiler.text import shown

_ENDPOINT = "datastore-endpoint"
_FILES = {"etcd-cafile": "datastore-cafile", "etcd-certfile": "datastore-certfile", "etcd-keyfile": "datastore-keyfile"}
_EMBEDDED = {
    "etcd-cafile": "tls/etcd/server-ca.crt",
    "etcd-certfile": "tls/etcd/client.crt",
    "etcd-keyfile": "tls/etcd/client.key",
}
_UNIX = ("1.33.10", "1.34.6", "1.35.3", "1.36.0")
# Schemes that are passed to kube-apiserver -> the releases since which they are. kine: pkg/drivers/remote.
_PASSED = {"http": (), "https": (), "unix": _UNIX, "unixs": _UNIX}
# The schemes of databases -> the releases since which kine has them.
_DATABASES = {
    "": (),
    "jetstream": (),
    "litestream": ("1.32.12", "1.33.8", "1.34.4", "1.35.1"),
    "memory": ("1.33.12", "1.34.8", "1.35.5", "1.36.0"),
    "mysql": (),
    "nats": (),
    "postgres": (),
    "postgresql": ("1.31.2",),
    "sqlite": (),
    "t4": ("1.33.13", "1.34.9", "1.35.6", "1.36.2"),
}


class Storage(NamedTuple):
    """The flags of the data store; `through_kine` is set if kine is between the server and a database."""

    words: dict[str, Word]
    through_kine: bool


def read_storage(settings: Settings, is_ipv6: bool) -> Storage:
    """Return the flags of the data store; an unknown kind of database is reported."""
    endpoint = settings.text(_ENDPOINT)
    scheme = endpoint.partition("://")[0] if "://" in endpoint else ""
    if _is_embedded(settings, endpoint):
        return Storage(_embedded(settings, is_ipv6), False)
    passed = scheme in _PASSED and settings.release.has(_PASSED[scheme])
    if passed:
        words = {"etcd-servers": settings.set_by("etcd-servers", endpoint, _ENDPOINT)}
        words |= {
            flag: settings.set_by(flag, settings.text(key), key) for flag, key in _FILES.items() if settings.text(key)
        }
        return Storage(words, False)
    if scheme not in _DATABASES or not settings.release.has(_DATABASES[scheme]):
        hint = "write an etcd, MySQL, PostgreSQL or NATS endpoint, for example https://10.0.0.1:2379"
        message = f"{_ENDPOINT} has the unknown scheme {shown(scheme)}"
        settings.refuse_value(settings.items(_ENDPOINT)[-1], message, hint)
    if settings.is_rke2 or settings.boolean("kine-tls"):
        keys = (_ENDPOINT, "kine-tls", "disable-etcd")
        words = {"etcd-servers": settings.set_by("etcd-servers", "unixs://kine.sock", *keys)}
        words["etcd-cafile"] = settings.file("etcd-cafile", _EMBEDDED["etcd-cafile"], *keys)
        return Storage(words, True)
    return Storage({"etcd-servers": settings.set_by("etcd-servers", "unix://kine.sock", _ENDPOINT)}, True)


def _is_embedded(settings: Settings, endpoint: str) -> bool:
    """Return whether the server runs etcd, or reaches the etcd of other servers through a proxy."""
    token = bool(settings.text("token") or settings.text("token-file"))
    if settings.is_rke2:
        # RKE2: pkg/rke2/rke2_linux.go, initStaticPodExecutor.
        embedded = not endpoint and not (settings.boolean("disable-etcd") and "server" not in settings)
        if embedded and settings.text("server") and not token:
            _report_token(settings, "and does not start without it")
        return embedded
    if not endpoint and (settings.boolean("cluster-init") or (settings.text("server") and token)):
        return True
    if _has_etcd_data(settings):
        return True
    if settings.text("server") and not token:
        _report_token(settings, "and runs a separate cluster without it")
    return False


def _embedded(settings: Settings, is_ipv6: bool) -> dict[str, Word]:
    """Return the flags of embedded etcd. K3s: pkg/etcd/etcd.go, startClient."""
    keys = ("cluster-init", "server")
    host = "[::1]" if is_ipv6 else "127.0.0.1"
    words = {"etcd-servers": settings.set_by("etcd-servers", f"https://{host}:2379", *keys)}
    return words | {flag: settings.file(flag, name) for flag, name in _EMBEDDED.items()}


def _has_etcd_data(settings: Settings) -> bool:
    """Return whether the files of the server have the data of embedded etcd, which beats every setting."""
    path = settings.path("server/db/etcd/member/wal")
    host = settings.request.host
    local = host.local(path, directory=True)
    if local is None or not host.disk.is_directory(local):
        return False
    message = f"{settings.title} runs embedded etcd because {path} exists"
    hint = "set cluster-init to true, or remove the directory if the server is to use another data store"
    settings.request.decided_outside(message, hint, settings.start)
    return True


def _report_token(settings: Settings, otherwise: str) -> None:
    item = settings.items("server")[-1]
    name = f"{settings.request.kind.upper()}_TOKEN"
    message = f"{settings.title} joins the server only with a token from the environment ({name}), {otherwise}"
    settings.request.decided_outside(message, "set token-file", item.node.location, item.path)
