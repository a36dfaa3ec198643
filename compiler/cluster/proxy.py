"""Tunnels through HTTP and SOCKS5 proxies, whose responses are not trusted."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from compiler.cluster import Mask
from compiler.filesystem import reason
from compiler.text import shown
from compiler.upstream.go.net import join_host_port

_PORTS = {"http": 80, "https": 443, "socks5": 1080}
_MAX_HEADER = 16 * 1024
"""Bytes of the response to CONNECT."""
_PIECE = 64 * 1024


class Proxy(NamedTuple):
    """The address of a proxy; `scheme` is http, https or socks5."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @property
    def url(self) -> str:
        """Return the URL without user and password."""
        return f"{self.scheme}://{join_host_port(self.host, self.port)}"


class ProxyError(OSError):
    """A proxy that did not open a tunnel; the text is a clause that begins with the proxy."""

    def __init__(self, proxy: Proxy, problem: str) -> None:
        super().__init__(f"the proxy {proxy.url} {problem}")


def parse_proxy(url: str) -> Proxy:
    """Return the parts of the URL of a proxy. Raises ValueError."""
    hint = "write http, https or socks5://HOST:PORT"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"the proxy {shown(url)} is not a valid URL: {hint}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"the proxy {shown(url)} is not a valid URL with a supported scheme: {hint}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if max(len(user.encode()), len(password.encode())) > 255:
        raise ValueError(f"the user or password of the proxy {shown(url)} is longer than 255 bytes")
    return Proxy(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


def reason_of(error: OSError | UnicodeError) -> str:
    """Return why a proxy cannot be used, to follow its name."""
    if isinstance(error, ssl.SSLError):
        return f"failed the TLS handshake: {error.reason or error}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "has a host name that cannot be resolved"
    return f"cannot be reached: {reason(error)}"


def open_tunnel(sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Ask a proxy to connect to a server; afterwards the socket leads to it. Raises ProxyError and other OSErrors."""
    if proxy.scheme == "socks5":
        _open_socks5(sock, proxy, host, port)
    else:
        _open_http(sock, proxy, join_host_port(host, port))


def _open_http(sock: socket.socket, proxy: Proxy, address: str) -> None:
    """RFC 9110, section 9.3.6. Go: net/http, Transport.dialConn."""
    lines = [f"CONNECT {address} HTTP/1.1", f"Host: {address}"]
    credentials = b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    if proxy.user or proxy.password:
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    header = b""
    while not header.endswith(b"\r\n\r\n"):
        # Bytes after the header belong to the server.
        byte = sock.recv(1)
        if not byte:
            raise ProxyError(proxy, "closed the connection without a response")
        header += byte
        if len(header) > _MAX_HEADER:
            raise ProxyError(proxy, "sent a response that is too long")
    version, _, rest = header.split(b"\r\n")[0].decode("latin-1").partition(" ")
    if not version.startswith("HTTP/") or not rest[:3].isdigit():
        raise ProxyError(proxy, "does not use HTTP")
    if rest[:3] != "200":
        hide = Mask(proxy.password, credentials)
        raise ProxyError(proxy, f"refused to connect to {address}: {shown(hide(rest))}")


_SOCKS5, _NO_AUTHENTICATION, _PASSWORD, _CONNECT, _NAME = 5, 0, 2, 1, 3
_ADDRESS_SIZES = {1: 4, 4: 16}
_REFUSALS = {
    2: "its rules do not allow the connection",
    3: "the network is unreachable",
    4: "the host is unreachable",
    5: "the server refused the connection",
}


def _open_socks5(sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """RFC 1928 and RFC 1929. As Go does, the proxy resolves the name of the server."""
    method = _PASSWORD if proxy.user or proxy.password else _NO_AUTHENTICATION
    sock.sendall(bytes((_SOCKS5, 1, method)))
    version, chosen = _receive(sock, proxy, 2)
    if version != _SOCKS5:
        raise ProxyError(proxy, "does not use SOCKS5")
    if chosen != method:
        raise ProxyError(
            proxy, "requires a user and password" if method == _NO_AUTHENTICATION else "accepts no password"
        )
    if method == _PASSWORD:
        user, password = proxy.user.encode(), proxy.password.encode()
        sock.sendall(bytes((1, len(user))) + user + bytes((len(password),)) + password)
        if _receive(sock, proxy, 2)[1] != 0:
            raise ProxyError(proxy, "rejected the user or password")
    sock.sendall(bytes((_SOCKS5, _CONNECT, 0)) + _socks5_address(host) + port.to_bytes(2, "big"))
    _, status, _, kind = _receive(sock, proxy, 4)
    if status != 0:
        raise ProxyError(proxy, f"did not connect to {shown(host)}: {_REFUSALS.get(status, f'error {status}')}")
    size = _receive(sock, proxy, 1)[0] if kind == _NAME else _ADDRESS_SIZES.get(kind, 0)
    _receive(sock, proxy, size + 2)


def _socks5_address(host: str) -> bytes:
    from ipaddress import ip_address

    try:
        packed = ip_address(host).packed
    except ValueError:
        name = host.encode("ascii")
        return bytes((_NAME, len(name))) + name
    kind = next(kind for kind, size in _ADDRESS_SIZES.items() if size == len(packed))
    return bytes((kind,)) + packed


def _receive(sock: socket.socket, proxy: Proxy, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            raise ProxyError(proxy, "closed the connection without a response")
        data += piece
    return data


def relayed(outer: ssl.SSLSocket) -> socket.socket:
    """Return a socket whose data passes through a TLS connection, because Python has no TLS within TLS sockets."""
    inner, far = socket.socketpair()
    threading.Thread(target=_relay, args=(outer, far), daemon=True).start()
    return inner


def _relay(outer: ssl.SSLSocket, far: socket.socket) -> None:
    """Copy between both sockets until one is closed."""
    with outer, far, suppress(OSError, ValueError):
        outer.setblocking(False)
        while True:
            ready = [outer] if outer.pending() else select.select([outer, far], [], [])[0]
            for source in ready:
                try:
                    data = source.recv(_PIECE)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    continue
                if not data:
                    return
                _send(far if source is outer else outer, data)


def _send(sock: socket.socket, data: bytes) -> None:
    """Send to a socket that may be nonblocking."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[sock.send(rest) :]
        except ssl.SSLWantWriteError:
            select.select([], [sock], [])
        except ssl.SSLWantReadError:
            select.select([sock], [], [])
