"""URLs as Go reads them. Go: net/url, Parse."""

from __future__ import annotations

import re
from typing import NamedTuple

_HEX = "[0-9A-Fa-f]{2}"
# Kept as text: most runs parse no URL.
_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*):"
_USER = r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*"
_PATH = rf"(?:[^%]|%{_HEX})*"
# In a host only bytes beyond ASCII may be escaped, and the sign itself.
_HOST = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]|%25|%[89A-Fa-f][0-9A-Fa-f])*"
_ZONE = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"]|[^\x00-\x7f]|%{_HEX})*"
_PORT = r"(?::[0-9]*)?"


class URL(NamedTuple):
    """The parts of a URL, unescaped only as far as nobody asks for more. `user` is None where there is no `@`."""

    scheme: str
    opaque: str
    user: str | None
    host: str
    path: str
    query: str
    fragment: str


def parse_url(text: str, strict_hosts: bool = False) -> URL | None:
    """The parts of a URL; None where Go cannot parse it.

    Newer releases of Go take only IPv6 addresses in brackets, and one colon in the host of http and https
    (`strict_hosts`).
    """
    rest, _, fragment = text.partition("#")
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in rest):
        return None
    if rest.startswith(":") or not _fits(_PATH, fragment):
        return None
    found = re.match(_SCHEME, rest)
    scheme = found[1].lower() if found else ""
    rest, _, query = rest[found.end() if found else 0 :].partition("?")
    if rest == "*" and not scheme:
        return URL("", "", None, "", "*", query, fragment)
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme, rest, None, "", "", query, fragment)
        if ":" in rest.partition("/")[0]:
            return None
    user, host = None, ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        name, at, host = authority.rpartition("@")
        user = name if at else None
        if not _sound_authority(scheme, user or "", host, strict_hosts):
            return None
    return URL(scheme, "", user, host, rest, query, fragment) if _fits(_PATH, rest) else None


def parses_as_url(text: str) -> bool:
    """Whether Go can parse the text as a URL."""
    return parse_url(text) is not None


def is_https(text: str) -> bool:
    """Whether a text is a URL with the scheme https."""
    parsed = parse_url(text)
    return parsed is not None and parsed.scheme == "https"


def _sound_authority(scheme: str, user: str, host: str, strict_hosts: bool) -> bool:
    if not _fits(_USER, user) or not _fits(_PATH, user) or (strict_hosts and "[" in host[1:]):
        return False
    if host.startswith("["):
        literal, bracket, port = host[1:].rpartition("]")
        address, _, zone = literal.partition("%25")
        sound = bool(bracket) and _fits(_PORT, port) and _fits(_HOST, address)
        return sound and _fits(_ZONE, zone) and (not strict_hosts or _is_ipv6(address))
    position = host.find(":") if strict_hosts and scheme in ("http", "https") else host.rfind(":")
    if position >= 0 and not _fits(_PORT, host[position:]):
        return False
    return _fits(_HOST, host)


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _is_ipv6(text: str) -> bool:
    from ipaddress import IPv6Address

    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
