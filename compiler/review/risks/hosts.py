"""Hosts and ports in URLs, for risks."""

from __future__ import annotations


def host_of(url: str) -> str:
    """Return the host of a URL or of `host:port`; empty for a Unix socket.

    >>> [host_of(url) for url in ("http://user@10.0.0.1:2379/x", "https://[fd00::1]:1", "localhost", "unix:///a")]
    ['10.0.0.1', 'fd00::1', 'localhost', '']
    """
    host = url.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def port_of(url: str) -> int:
    """Return the port in a URL; 0 if it has none."""
    host = url.rpartition("://")[2].partition("/")[0]
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    return int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0


def is_local(url: str) -> bool:
    """Return whether a URL or `host:port` is the local machine or a Unix socket.

    >>> [is_local(url) for url in ("http://127.0.0.1:2379", "http://[::1]:1", "localhost", "http://10.0.0.1:2379/x")]
    [True, True, True, False]
    """
    host = host_of(url)
    return host in ("", "localhost", "::1") or host.startswith("127.")
