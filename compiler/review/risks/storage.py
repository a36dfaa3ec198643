"""Storage: connections to etcd without TLS, event retention, and the watch cache.

Kubernetes: apiserver/pkg/server/options/etcd.go; apiserver/pkg/storage/etcd3/store.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.review.risks.hosts import is_local
from compiler.text import shown

_SECOND = 10**9
_MAX_TTL = 7 * 24 * 3600


def find(risks: Risks) -> None:
    """Check connections, event retention and the watch cache."""
    flags, flag = risks.flags, "etcd-servers"
    for index, server in enumerate(flags.texts(flag)):
        if _is_plain(server):
            _report_plain(risks, server, flag, index)
    flag = "etcd-servers-overrides"
    for index, element in enumerate(flags.texts(flag)):
        for server in element.partition("#")[2].split(";"):
            if _is_plain(server):
                _report_plain(risks, server, flag, index)
    _check_events(risks)
    flag = "watch-cache"
    if not flags.on(flag):
        message = f"--{flag} is false: every read and every watch goes to etcd"
        risks.report(
            rules.WATCH_CACHE_DISABLED, message, f"remove --{flag}; use --watch-cache-sizes to save memory", flag
        )


def _is_plain(server: str) -> bool:
    return server.lower().startswith("http://") and not is_local(server)


def _report_plain(risks: Risks, server: str, flag: str, index: int) -> None:
    message = f"--{flag}: the connection to {shown(server)} does not use TLS: the whole cluster can be read and"
    risks.report(
        rules.ETCD_WITHOUT_TLS,
        f"{message} modified in transit",
        "use https, and client certificates for etcd",
        flag,
        index,
    )


def _check_events(risks: Risks) -> None:
    """Check the event TTL. Kubernetes: store.go, Create: objects with a TTL below a second get no lease."""
    flag = "event-ttl"
    seconds = risks.flags.number(flag) // _SECOND
    if seconds < 0:
        message = f"--{flag} is negative: etcd rejects the lease, and events cannot be written"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "set for example 1h", flag)
    elif seconds == 0:
        message = f"--{flag} is below one second: events get no lease and are never deleted from etcd"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "set for example 1h", flag)
    elif seconds > _MAX_TTL:
        message = f"--{flag} keeps events for {seconds // 86400} days: they may use most of the space in etcd"
        hint = "set for example 24h, and export events that you want to keep"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, hint, flag, severity="note")
