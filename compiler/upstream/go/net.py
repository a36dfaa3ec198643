"""URLs, paths, addresses and IP ranges. Go: net/url, path, net."""

from __future__ import annotations

import posixpath
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

_HEX = "[0-9A-Fa-f]{2}"
# Compiled on first use: most runs parse no URL.
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):"
_USER = r"[A-Za-z0-9\-._~:!$&'()*+,;=%@]*"
_ESCAPED = rf"(?:[^%]|%{_HEX})*"
_LETTER = r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]"
# Only non-ASCII bytes and % may be escaped in a host; in a zone also characters that need no escape, and spaces.
_HOST = rf"(?:{_LETTER}|%25|%[89A-Fa-f][0-9A-Fa-f])*"
_ZONE = rf"(?:{_LETTER}|%2[0-24-9A-Ea-e]|%3[0-9A-Ea-e]|%4[1-9A-Fa-f]|%5[0-9ABDFabdf]|%6[1-9A-Fa-f]|%7[0-9AEae])*"
_PORT = r"(?::[0-9]*)?"
LOOSE, LITERALS, COLONS = 0, 1, 2


class URL(NamedTuple):
    """The parts of a URL, with unescaped host, path and fragment.

    `user` is the part before the `@`, still escaped; None if there is no `@`. Escaped bytes that are not UTF-8 become
    Python's surrogate escapes.
    """

    scheme: str
    opaque: str
    user: str | None
    host: str
    path: str
    query: str
    fragment: str


@lru_cache(maxsize=256)
def parse_url(text: str, strictness: int = LOOSE) -> URL | None:
    """Return the parts of a URL, None if Go cannot parse it. `strictness` is that of the host syntax."""
    rest, _, fragment = text.partition("#")
    if not rest.isprintable() and any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in rest):
        return None
    if rest.startswith(":") or not _matches(_ESCAPED, fragment):
        return None
    match = re.match(_SCHEME, rest)
    scheme = match[1].lower() if match else ""
    rest, _, query = rest[match.end() if match else 0 :].partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, rest, None, "", "", query, _unescape(fragment))
        if ":" in rest.partition("/")[0]:
            return None
    user, host = None, ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        name, at, raw_host = authority.rpartition("@")
        user = name if at else None
        parsed_host = _host(scheme, raw_host, strictness)
        if parsed_host is None or not _matches(_USER, name) or not _matches(_ESCAPED, name):
            return None
        host = parsed_host
    return (
        URL(scheme, "", user, host, _unescape(rest), query, _unescape(fragment)) if _matches(_ESCAPED, rest) else None
    )


def parses_as_url(text: str, strictness: int = LOOSE) -> bool:
    """Return whether Go can parse the string as a URL."""
    return parse_url(text, strictness) is not None


def is_https(text: str, strictness: int = LOOSE) -> bool:
    """Return whether a string is a URL with the scheme https."""
    parsed = parse_url(text, strictness)
    return parsed is not None and parsed.scheme == "https"


def _host(scheme: str, host: str, strictness: int) -> str | None:
    """Return the unescaped host with its port, None if it is not valid. Go: parseHost."""
    opening = host.rfind("[")
    if opening > 0 and strictness == COLONS:
        return None
    if host.startswith("[") or (opening >= 0 and strictness >= LITERALS):
        return _literal(host, strictness)
    # Older versions only check the last colon.
    first = strictness == COLONS and scheme in ("http", "https")
    position = host.find(":") if first else host.rfind(":")
    if position >= 0 and not _matches(_PORT, host[position:]):
        return None
    return _unescape(host) if _matches(_HOST, host) else None


def _literal(host: str, strictness: int) -> str | None:
    """Return a host that is, or is meant to be, an address in brackets; None if it is not valid."""
    start = host.rfind("[") + 1 if strictness >= LITERALS else 1
    end = host.rfind("]")
    if end < 0 or not _matches(_PORT, host[end + 1 :]):
        return None
    address, escape, zone = host[start:end].partition("%25")
    if not _matches(_HOST, address) or not _matches(_ZONE, zone):
        return None
    literal = _unescape(address) + _unescape(escape + zone)
    if strictness >= LITERALS and not _is_ipv6(literal):
        return None
    return f"[{literal}]{host[end + 1 :]}"


def _unescape(text: str) -> str:
    """Return the unescaped string."""
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text, errors="surrogateescape")


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _is_ipv6(text: str) -> bool:
    """Go: netip.ParseAddr, for addresses that are not IPv4."""
    from ipaddress import IPv6Address

    address, sign, zone = text.partition("%")
    if sign and not zone:
        return False
    try:
        IPv6Address(address)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def join(*parts: str) -> str:
    """Join path elements and clean the result: resolve `.` and `..`, drop a trailing slash.

    >>> join("/", "//registry/./a/../b/", "health")
    '/registry/b/health'
    """
    joined = "/".join(part for part in parts if part)
    clean = posixpath.normpath(joined) if joined else ""
    # POSIX preserves two leading slashes.
    return clean[1:] if clean.startswith("//") else clean


def join_host_port(host: str, port: int | str) -> str:
    """Return `host:port`, with brackets around an IPv6 address. Go: net.JoinHostPort.

    >>> join_host_port("fd00::1", 6443)
    '[fd00::1]:6443'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def has_port(address: str) -> bool:
    """Return whether Go can split an address into host and port; the port may be empty. Go: net.SplitHostPort.

    >>> [has_port(text) for text in ("a", "a:1", "a:", "::1", "[::1]", "[::1]:1")]
    [False, True, True, False, False, True]
    """
    host, colon, port = address.rpartition(":")
    if host.startswith("["):
        return bool(colon) and host.find("]") == len(host) - 1 and not any(mark in host[1:-1] + port for mark in "[]")
    return bool(colon) and not any(mark in host + port for mark in ":[]")


@lru_cache(maxsize=256)
def parse_cidr(text: str) -> IPv4Network | IPv6Network | None:
    """Parse a CIDR range, with leading zeros allowed and host bits cleared; return None if it is not valid.

    Kubernetes: k8s.io/utils/net, ParseCIDRSloppy.
    """
    from ipaddress import ip_network

    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdecimal()) or len(prefix) > 20 or "%" in address:
        return None
    if ":" not in address:
        address = ".".join(part.lstrip("0") or "0" if part.isdecimal() else part for part in address.split("."))
    try:
        return ip_network(f"{address}/{int(prefix)}", strict=False)
    except ValueError:
        return None


def host_bits(network: IPv4Network | IPv6Network) -> int:
    """Return the number of host bits of a range."""
    return network.max_prefixlen - network.prefixlen
