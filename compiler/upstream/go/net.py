"""URLs, paths, addresses and IP ranges as Go parses them. Go: net/url, path, net."""

from __future__ import annotations

import posixpath
import re
from functools import cache, lru_cache
from typing import NamedTuple

_HEX = "[0-9A-Fa-f]{2}"
# Kept as text: most runs parse no URL.
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):"
_USER = r"[A-Za-z0-9\-._~:!$&'()*+,;=%@]*"
_ESCAPED = rf"(?:[^%]|%{_HEX})*"
_LETTER = r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]"
# In a host only bytes beyond ASCII may be escaped, and the sign itself; in a zone what needs no escape, and spaces.
_HOST = rf"(?:{_LETTER}|%25|%[89A-Fa-f][0-9A-Fa-f])*"
_ZONE = rf"(?:{_LETTER}|%2[0-24-9A-Ea-e]|%3[0-9A-Ea-e]|%4[1-9A-Fa-f]|%5[0-9ABDFabdf]|%6[1-9A-Fa-f]|%7[0-9AEae])*"
_PORT = r"(?::[0-9]*)?"
LOOSE, LITERALS, COLONS = 0, 1, 2


class URL(NamedTuple):
    """The parts of a URL, without escapes in host, path and fragment.

    `user` is what stands before the `@`, still escaped; None where there is no `@`. Escaped bytes that are not UTF-8
    are kept as Python's surrogate escapes.
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
    """The parts of a URL; None where Go cannot parse it. `strictness` is about hosts, as said above."""
    rest, _, fragment = text.partition("#")
    if not rest.isprintable() and any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in rest):
        return None
    if rest.startswith(":") or not _fits(_ESCAPED, fragment):
        return None
    found = re.match(_SCHEME, rest)
    scheme = found[1].lower() if found else ""
    rest, _, query = rest[found.end() if found else 0 :].partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, rest, None, "", "", query, _plain(fragment))
        if ":" in rest.partition("/")[0]:
            return None
    user, host = None, ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        name, at, written = authority.rpartition("@")
        user = name if at else None
        read = _host(scheme, written, strictness)
        if read is None or not _fits(_USER, name) or not _fits(_ESCAPED, name):
            return None
        host = read
    return URL(scheme, "", user, host, _plain(rest), query, _plain(fragment)) if _fits(_ESCAPED, rest) else None


def parses_as_url(text: str, strictness: int = LOOSE) -> bool:
    """Whether Go can parse the text as a URL."""
    return parse_url(text, strictness) is not None


def is_https(text: str, strictness: int = LOOSE) -> bool:
    """Whether a text is a URL with the scheme https."""
    parsed = parse_url(text, strictness)
    return parsed is not None and parsed.scheme == "https"


def _host(scheme: str, written: str, strictness: int) -> str | None:
    """The host with its port, without escapes; None where it is none. Go: parseHost."""
    opening = written.rfind("[")
    if opening > 0 and strictness == COLONS:
        return None
    if written.startswith("[") or (opening >= 0 and strictness):
        return _literal(written, strictness)
    # Older versions looked at the last colon alone.
    first = strictness == COLONS and scheme in ("http", "https")
    position = written.find(":") if first else written.rfind(":")
    if position >= 0 and not _fits(_PORT, written[position:]):
        return None
    return _plain(written) if _fits(_HOST, written) else None


def _literal(written: str, strictness: int) -> str | None:
    """A host that is, or was meant to be, an address in brackets."""
    start = written.rfind("[") + 1 if strictness else 1
    end = written.rfind("]")
    if end < 0 or not _fits(_PORT, written[end + 1 :]):
        return None
    address, escape, zone = written[start:end].partition("%25")
    if not _fits(_HOST, address) or not _fits(_ZONE, zone):
        return None
    inside = _plain(address) + _plain(escape + zone)
    if strictness and not _is_ipv6(inside):
        return None
    return f"[{inside}]{written[end + 1 :]}"


def _plain(text: str) -> str:
    """The text without escapes."""
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text, errors="surrogateescape")


def _fits(pattern: str, text: str) -> bool:
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
    """The parts with single slashes between them; `.` and `..` are worked out, a slash at the end goes.

    >>> join("/", "//registry/./a/../b/", "health")
    '/registry/b/health'
    """
    joined = "/".join(part for part in parts if part)
    clean = posixpath.normpath(joined) if joined else ""
    # POSIX keeps two slashes at the start apart from one.
    return clean[1:] if clean.startswith("//") else clean


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


class IPRange(NamedTuple):
    """A range of addresses; `network` is the number of its first address, `host_bits` what the prefix leaves open."""

    version: int
    network: int
    prefix: int
    host_bits: int

    def address(self, offset: int) -> str:
        """The address at an offset from the first one."""
        number = self.network + offset
        if self.version == 4:
            return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        from ipaddress import IPv6Address

        return str(IPv6Address(number))

    def __str__(self) -> str:
        return f"{self.address(0)}/{self.prefix}"


@lru_cache(maxsize=256)
def parse_cidr(text: str) -> IPRange | None:
    """An IP range: leading zeros are let through, host bits are dropped; None where the text is none.

    Kubernetes: k8s.io/utils/net, ParseCIDRSloppy.
    """
    address, slash, prefix = text.partition("/")
    if not slash or not (prefix.isascii() and prefix.isdecimal()) or len(prefix) > 20:
        return None
    version, number = (6, _ipv6(address)) if ":" in address else (4, _ipv4(address))
    bits = 128 if version == 6 else 32
    if number is None or int(prefix) > bits:
        return None
    host_bits = bits - int(prefix)
    return IPRange(version, number >> host_bits << host_bits, int(prefix), host_bits)


def _ipv4(address: str) -> int | None:
    parts = address.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        if not (part.isascii() and part.isdecimal()) or len(part) > 20 or int(part) > 255:
            return None
        number = number << 8 | int(part)
    return number


def _ipv6(address: str) -> int | None:
    from ipaddress import IPv6Address

    try:
        return int(IPv6Address(address)) if "%" not in address else None
    except ValueError:
        return None
