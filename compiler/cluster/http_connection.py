"""An HTTP connection to a server that is not trusted: every response is bounded in size and time."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any

from compiler.cluster import resolved
from compiler.cluster.proxy import Proxy, ProxyError, open_tunnel, reason_of, relayed

MAX_BODY = 1024 * 1024
"""Bytes of a response body that are kept; a list of checks has a few thousand."""
MAX_METRICS = 64 * MAX_BODY
"""Bytes of a response of which only some lines are kept; the metrics of a large cluster have several millions."""
_PIECE = 64 * 1024
CLOSED_ERRORS = (RemoteDisconnected, ConnectionError, ssl.SSLEOFError)
"""Exceptions that mean that the other side closed the connection."""


class ServerError(Exception):
    """A failed request; the text completes a sentence that starts with the server, `hint` says what to do.

    `lasting` means that waiting does not help, `unreachable` that no request can succeed.
    """

    def __init__(self, message: str, hint: str, *, lasting: bool = False, unreachable: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.lasting = lasting
        self.unreachable = unreachable


class _Response(HTTPResponse):
    """A response of bounded size, whatever its headers or chunks say."""

    def __init__(self, sock: socket.socket, *more: Any, limit: int = MAX_BODY, **settings: Any) -> None:
        super().__init__(sock, *more, **settings)
        # Headers and chunked encoding come on top; Content-Length is not trusted.
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), 2 * limit))


class _Bounded(io.RawIOBase):
    """A stream that raises ServerError if a response is too large."""

    def __init__(self, raw: io.RawIOBase, limit: int) -> None:
        self.raw = raw
        self.remaining = limit

    def readable(self) -> bool:
        """Return whether the stream is readable: always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read into a buffer."""
        count: int | None = self.raw.readinto(buffer)
        self.remaining -= count or 0
        if self.remaining < 0:
            raise _too_large()
        return count

    def close(self) -> None:
        """Close the socket's file as well."""
        self.raw.close()
        super().close()


class Connection(HTTPConnection):
    """A connection whose socket is accessible while it is being established, so that it can be aborted.

    `server_name` is the name in the server certificate, by default the host.
    """

    response_class: Callable[..., HTTPResponse] = _Response  # type: ignore[assignment]

    def __init__(
        self,
        host: str,
        port: int,
        seconds: float,
        context: ssl.SSLContext | None,
        server_name: str = "",
        proxy: Proxy | None = None,
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._context = context
        self._server_name = server_name
        self._proxy = proxy
        self._end = time.monotonic() + seconds

    def connect(self) -> None:
        """Connect, through the proxy if there is one, and do the TLS handshake."""
        if self._proxy is None:
            self._dial(self.host, self.port)
        else:
            self._dial_proxy(self._proxy)
        self.sock.settimeout(self.timeout)
        if self._context is not None:
            self._use_tls(self._context, self._server_name or self.host)

    def _dial_proxy(self, proxy: Proxy) -> None:
        """Connect to a proxy, and open a tunnel through it. Raises ProxyError."""
        try:
            self._dial(proxy.host, proxy.port)
            self.sock.settimeout(self._remaining())
            if proxy.scheme == "https" and self._context is not None:
                # Go: net/http, Transport.dialConn uses the settings of the server for its proxy, too.
                self._use_tls(self._context, self._server_name or proxy.host)
            open_tunnel(self.sock, proxy, self.host, self.port)
        except (TimeoutError, ProxyError):
            raise
        except (OSError, UnicodeError) as error:
            raise ProxyError(proxy, reason_of(error)) from None
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock = relayed(self.sock)

    def _use_tls(self, context: ssl.SSLContext, name: str) -> None:
        name.encode("idna")  # wrap_socket would not close the socket if the name is invalid
        secure = context.wrap_socket(self.sock, server_hostname=name, do_handshake_on_connect=False)
        self.sock = secure
        secure.do_handshake()

    def _dial(self, host: str, port: int) -> None:
        """Connect to the first reachable address."""
        last: OSError = TimeoutError()
        for family, address in resolved(host, port, self._remaining()):
            self.sock = socket.socket(family, socket.SOCK_STREAM)
            self.sock.settimeout(self._remaining())
            try:
                self.sock.connect(address)
                break
            except OSError as error:
                self.sock.close()
                last = error
        else:
            raise last
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def allow(self, limit: int) -> None:
        """Set the size of the next responses in bytes."""
        self.response_class = partial(_Response, limit=limit)

    def certificate(self) -> bytes:
        """Return the server certificate (DER); empty without TLS."""
        sock = self.sock
        return (sock.getpeercert(binary_form=True) or b"") if isinstance(sock, ssl.SSLSocket) else b""

    def _remaining(self) -> float:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def connect(connection: Connection, seconds: float) -> Exception | None:
    """Connect. Returns None on success, TimeoutError if it takes too long, else the error."""
    watchdog = Watchdog(connection, seconds)
    try:
        with watchdog:
            connection.connect()
    except Exception as error:
        connection.close()
        return TimeoutError() if watchdog.fired else error
    return None


class Watchdog:
    """Closes a connection after a time, even if data keeps arriving slowly; `fired` is set if it did."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self.connection = connection
        self.fired = False
        self.timer = threading.Timer(max(seconds, 0.001), self._fire)
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    def _fire(self) -> None:
        self.fired = True
        sock = self.connection.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def read(response: HTTPResponse, lines: tuple[bytes, ...] = ()) -> bytes:
    """Return the body; with `lines`, only the lines that start with one of them.

    Raises ServerError if the body is incomplete, or if what is kept, or a line, is too large.
    """
    kept, rest = bytearray(), b""
    try:
        while piece := response.read(_PIECE):
            if lines:
                *whole, rest = (rest + piece).split(b"\n")
                piece = b"".join(line + b"\n" for line in whole if line.startswith(lines))
            kept += piece
            if len(kept) + len(rest) > MAX_BODY:
                raise _too_large()
    except (HTTPException, ValueError, *CLOSED_ERRORS):
        raise _incomplete() from None
    if response.length:
        raise _incomplete()
    return bytes(kept + rest if rest.startswith(lines) else kept)


def _too_large() -> ServerError:
    hint = "check whether this is a kube-apiserver"
    return ServerError(f"sent a response of more than {MAX_BODY} bytes", hint, lasting=True)


def _incomplete() -> ServerError:
    return ServerError("sent an incomplete response", "see the logs of the server and of proxies in front of it")
