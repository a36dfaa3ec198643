"""Addresses of etcd servers as the etcd client dials them.

etcd: client/v3/internal/endpoint/endpoint.go, translateEndpoint; Go: net, SplitHostPort.
"""

from __future__ import annotations

import re
from functools import lru_cache

_COMMON = r"(?:https?://)?[A-Za-z0-9.-]+:([0-9]{1,5})"
_HOST = r"[^\s/]*"


@lru_cache(maxsize=256)
def dial_problem(endpoint: str, strictness: int) -> str:
    """Why the etcd client can never connect to an endpoint; empty where it may. `strictness`: see parse_url."""
    common = re.fullmatch(_COMMON, endpoint)
    if common and int(common[1]) < 65536:
        return ""
    if endpoint.startswith(("unix:", "unixs:")):
        return ""
    host, port, problem = _split(_dialled(endpoint, strictness))
    if problem:
        return problem
    if "://" in endpoint and "//" in host:
        return "has a scheme that etcd does not speak"
    if port.isdecimal():
        return "" if int(port) < 65536 and re.fullmatch(_HOST, host) else "has a port or a host that cannot be"
    # A port may have a name, which the machine of the server knows.
    if not re.fullmatch(r"[A-Za-z0-9-]+", port):
        return "has a port that cannot be"
    return "" if re.fullmatch(_HOST, host) else "has a host that cannot be"


def without_user(endpoint: str) -> str:
    """An endpoint without a user and password, which the etcd client ignores in URLs."""
    scheme, slashes, rest = endpoint.partition("://")
    if "@" not in rest or scheme not in ("http", "https"):
        return endpoint
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    return scheme + slashes + authority.rpartition("@")[2] + rest[len(authority) :]


def _dialled(endpoint: str, strictness: int) -> str:
    if "://" not in endpoint:
        return endpoint
    from compiler.flags.go_url import parse_url

    url = parse_url(endpoint, strictness)
    return url.host if url is not None and url.scheme in ("http", "https") else endpoint


def _split(address: str) -> tuple[str, str, str]:
    """Host, port and problem of an address."""
    if not address:
        return "", "", "has no host"
    found = re.fullmatch(r"\[([^\[\]]*)\]:([^:\[\]]*)|([^:\[\]]*):([^:\[\]]*)", address, re.DOTALL)
    if found is None:
        return "", "", "has no port" if ":" not in address.rpartition("]")[2] else "is not HOST:PORT"
    return found[1] or found[3] or "", found[2] or found[4] or "", ""
