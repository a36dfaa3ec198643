"""The proxy that the environment names for a server, with the exceptions of NO_PROXY."""

from __future__ import annotations

import pytest

from compiler.upstream.go.httpproxy import proxy_of

PROXY = "http://proxy:3128"


@pytest.mark.parametrize(
    ("host", "exceptions", "proxied"),
    [
        ("a.example.com", "", True),
        ("localhost", "", False),
        ("127.0.0.1", "", False),
        ("127.9.9.9", "", False),
        ("::1", "", False),
        ("10.0.0.1", "", True),
        ("a.example.com", "*", False),
        ("a.example.com", "example.com", False),
        ("example.com", "example.com", False),
        ("EXAMPLE.com", "Example.COM", False),
        ("badexample.com", "example.com", True),
        ("a.example.com", ".example.com", False),
        ("example.com", ".example.com", True),
        ("a.example.com", "*.example.com", False),
        ("example.com", "*.example.com", True),
        ("a.example.com", "b.example.com, a.example.com", False),
        ("a.example.com", "example.com:6443", False),
        ("a.example.com", "example.com:443", True),
        ("a.example.com", " , ,", True),
        ("a.example.com", ":6443", True),
        ("10.0.0.1", "10.0.0.1", False),
        ("10.0.0.1", "10.0.0.1:6443", False),
        ("10.0.0.1", "10.0.0.1:443", True),
        ("10.0.0.1", "10.0.0.0/8", False),
        ("11.0.0.1", "10.0.0.0/8", True),
        ("a.example.com", "10.0.0.0/8", True),
        ("fd00::1", "fd00::/8", False),
        ("fd00::1", "fd00::1", False),
        ("fd00::1", "[fd00::1]:6443", False),
        ("fd00::1", "[fd00::1]:443", True),
        ("fd00::6443", "fd00::6443", False),
        ("10.0.0.1", "0.0.1", False),  # the suffix of a name, for Go
    ],
)
def test_exceptions(host: str, exceptions: str, proxied: bool) -> None:
    environment = {"HTTPS_PROXY": PROXY, "NO_PROXY": exceptions}
    assert proxy_of("https", host, 6443, environment) == (PROXY if proxied else "")


def test_the_variables() -> None:
    assert proxy_of("https", "a", 443, {}) == ""
    assert proxy_of("https", "a", 443, {"HTTP_PROXY": PROXY}) == ""
    assert proxy_of("http", "a", 80, {"http_proxy": PROXY}) == PROXY
    assert proxy_of("https", "a", 443, {"https_proxy": "lower", "HTTPS_PROXY": "upper"}) == "http://upper"
    assert proxy_of("https", "a", 443, {"https_proxy": "socks5://p:1", "no_proxy": "a"}) == ""
