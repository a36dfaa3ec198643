"""Hosts and ports in one text, as Go writes and reads them. Go: net, JoinHostPort and SplitHostPort."""

from __future__ import annotations


def join_host_port(host: str, port: int) -> str:
    """`host:port`, with brackets around what holds a colon.

    >>> join_host_port("fd00::1", 6443)
    '[fd00::1]:6443'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def has_port(address: str) -> bool:
    """Whether Go would split the address into host and port; the port may be empty.

    >>> [has_port(text) for text in ("a", "a:1", "a:", "::1", "[::1]", "[::1]:1")]
    [False, True, True, False, False, True]
    """
    host, colon, port = address.rpartition(":")
    if host.startswith("["):
        return bool(colon) and host.find("]") == len(host) - 1 and not any(sign in host[1:-1] + port for sign in "[]")
    return bool(colon) and not any(sign in host + port for sign in ":[]")
