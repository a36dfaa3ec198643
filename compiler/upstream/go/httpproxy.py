"""Proxies of the environment. Go: golang.org/x/net/http/httpproxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from compiler.upstream.go.net import parse_cidr


def proxy_of(scheme: str, host: str, port: int, environment: Mapping[str, str]) -> str:
    """Return the URL of the proxy for requests to a server, empty if they are sent directly. `scheme` is http or https.

    >>> proxy_of("https", "a.example.com", 443, {"HTTPS_PROXY": "proxy:3128", "NO_PROXY": "b.example.com"})
    'http://proxy:3128'
    """
    proxy = _either(f"{scheme.upper()}_PROXY", environment)
    if not proxy or not _is_proxied(host, port, _either("NO_PROXY", environment)):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _either(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_proxied(host: str, port: int, exceptions: str) -> bool:
    """Return whether requests to a server go through the proxy."""
    host = host.lower()
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return False
    return not any(_matches(each.strip().lower(), host, port, address) for each in exceptions.split(","))


def _matches(
    exception: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    """Return whether an element of NO_PROXY covers a server: `*`, a CIDR, or an address or domain with a port."""
    if exception == "*":
        return True
    if (network := parse_cidr(exception)) is not None:
        return address is not None and address in network
    name = exception if _address(exception) else exception.removesuffix(f":{port}")
    if (excepted := _address(name.removeprefix("[").removesuffix("]"))) is not None:
        return address == excepted
    name = name.removeprefix("*") if name.startswith("*.") else name
    if not name:
        return False
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")
