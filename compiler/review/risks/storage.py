"""How the server and its etcd get on: plain connections, and what stays in it for ever.

Kubernetes: apiserver/pkg/server/options/etcd.go; apiserver/pkg/storage/etcd3/store.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.review.risks.hosts import is_local
from compiler.text import shown

_SECOND = 10**9
_LONG = 7 * 24 * 3600


def find(risks: Risks) -> None:
    """Look at connections, events and the watch cache."""
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
        message = f"--{flag} is off: every read and every watch goes to etcd"
        risks.report(
            rules.WATCH_CACHE_DISABLED, message, f"remove --{flag}; to save memory use --watch-cache-sizes", flag
        )


def _is_plain(server: str) -> bool:
    return server.lower().startswith("http://") and not is_local(server)


def _report_plain(risks: Risks, server: str, flag: str, index: int) -> None:
    message = f"--{flag}: {shown(server)} is reached in plain text: whoever is on the way reads and writes the"
    risks.report(
        rules.ETCD_WITHOUT_TLS,
        f"{message} whole cluster",
        "write https, and let etcd ask for client certificates",
        flag,
        index,
    )


def _check_events(risks: Risks) -> None:
    """Kubernetes: store.go, Create: what has no whole second to live gets no lease."""
    flag = "event-ttl"
    seconds = risks.flags.number(flag) // _SECOND
    if seconds < 0:
        message = f"--{flag} is negative: etcd takes no such lease, and no event can be written"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "write such as 1h", flag)
    elif seconds == 0:
        message = f"--{flag} is below a second: events get no lease and stay in etcd for ever"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, "write such as 1h", flag)
    elif seconds > _LONG:
        message = f"--{flag} keeps events for {seconds // 86400} days: they can outgrow everything else in etcd"
        hint = "write such as 24h, and export events that are to be kept"
        risks.report(rules.UNSUITABLE_EVENT_TTL, message, hint, flag, severity="note")
