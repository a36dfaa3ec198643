"""A running kube-apiserver over HTTP, read only: one connection, bounded answers, and what went wrong in words."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from compiler.cluster import connection as tls
from compiler.cluster.connection import Credentials, Deadline, Mask, resolved
from compiler.text import shown
from compiler.upstream.go.net import join_host_port

LARGEST_ANSWER = 1024 * 1024
"""Bytes of an answer that are taken; a list of checks has a few thousand."""
_LARGEST_RESPONSE = 2 * LARGEST_ANSWER
"""Bytes of a response with its head and what its encoding adds; what a response says of its size is not trusted."""
_PIECE = 64 * 1024
_CLOSED = ("closed the connection without an answer", "check the port, and whether a client certificate is wanted")
_GONE = (RemoteDisconnected, ConnectionError, ssl.SSLEOFError)
"""How a connection shows that the other side closed it."""


class ServerError(Exception):
    """A server that cannot be asked; the text says what it does, `hint` what to do.

    `lasting` tells that waiting does not help, `unreachable` that no request can succeed.
    """

    def __init__(self, message: str, hint: str, *, lasting: bool = False, unreachable: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.lasting = lasting
        self.unreachable = unreachable


class Answer(NamedTuple):
    """Status, body and place of a redirect; the time from the request to the end of the answer in seconds."""

    status: int
    body: str
    seconds: float
    location: str = ""


class APIServer:
    """One server, asked over one connection that is opened again when it was closed.

    `deadline` bounds every answer as a whole, and all of them together. `hide` masks the token in what the server
    sends: apply it again to what is decoded further. Raises ServerError, and ValueError for files that cannot be used
    or a URL that is not valid.
    """

    def __init__(self, url: str, credentials: Credentials, deadline: Deadline) -> None:
        self.secure, self.host, self.port, self.prefix = _parts(url)
        if not self.secure and credentials.any:
            raise ValueError("a token or a certificate is not sent in plain: write https://")
        self.url = f"{'https' if self.secure else 'http'}://{join_host_port(self.host, self.port)}{self.prefix}"
        self.deadline = deadline
        self.hide = Mask(credentials.token)
        self._token = credentials.token
        self._context = tls.context(credentials) if self.secure else None
        self._connection: _Connection | None = None

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Answer:
        """The answer to one GET; redirects are not followed. Raises ServerError."""
        kept = self._connection is not None
        try:
            return self._ask(path)
        except _GONE:
            # A connection that was kept may have been closed meanwhile; a new one tells.
            if not kept:
                raise ServerError(*_CLOSED) from None
        try:
            return self._ask(path)
        except _GONE:
            raise ServerError(*_CLOSED) from None

    def _ask(self, path: str) -> Answer:
        started = time.monotonic()
        seconds = self._next_request()
        connection = self._connection or self._connect(seconds)
        headers = {"Accept": "*/*", "User-Agent": "kasc"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        watchdog = _Watchdog(connection, seconds - (time.monotonic() - started))
        try:
            with watchdog:
                connection.request("GET", self.prefix + path, headers=headers)
                response = connection.getresponse()
                body = _read(response)
        except Exception as error:
            self.close()
            if watchdog.barked or isinstance(error, TimeoutError):
                raise self._too_slow(seconds) from None
            if isinstance(error, _GONE):
                raise
            raise _of_request(error) from None
        if response.will_close:
            self.close()
        text = self.hide(body.decode("utf-8", "replace"))
        location = self.hide(response.getheader("Location") or "")
        return Answer(response.status, text, time.monotonic() - started, location)

    def _next_request(self) -> float:
        """Seconds that the next request may take. Raises ServerError when no time is left."""
        seconds = self.deadline.next_request()
        if not seconds:
            raise self._too_slow(0)
        return seconds

    def _connect(self, seconds: float) -> _Connection:
        connection = _Connection(self.host, self.port, seconds, self._context)
        error = _problem_of_connecting(connection, seconds)
        if isinstance(error, TimeoutError):
            # There is nothing yet that could answer another request.
            raise self._too_slow(seconds, unreachable=True)
        if error is not None:
            raise self._of_connection(error)
        self._connection = connection
        return connection

    def _too_slow(self, seconds: float, unreachable: bool = False) -> ServerError:
        if self.deadline.over:
            message = f"was not asked to the end within {self.deadline.seconds:g}s"
            return ServerError(message, "allow more time with --timeout", unreachable=unreachable)
        hint = "allow more with --request-timeout"
        return ServerError(f"did not answer within {seconds:.3g}s", hint, unreachable=unreachable)

    def _of_connection(self, error: Exception) -> Exception:
        if isinstance(error, ssl.SSLError):
            message, hint, lasting = tls.explained(error, self.host, self._names)
            return ServerError(message, hint, lasting=lasting, unreachable=True)
        if isinstance(error, ConnectionRefusedError):
            hint = "check address and port, and whether the server runs"
            return ServerError("refuses connections: nothing listens there", hint, unreachable=True)
        if isinstance(error, ConnectionError):
            return ServerError(*_CLOSED, unreachable=True)
        if isinstance(error, OSError):
            if isinstance(error, socket.gaierror):
                return ServerError("has a name that cannot be resolved", "check the name", unreachable=True)
            text = error.strerror or str(error)
            return ServerError(f"cannot be reached: {text}", "check the address and the network", unreachable=True)
        if isinstance(error, UnicodeError):
            return ServerError("has a name that is none", "check the name", lasting=True, unreachable=True)
        return error

    def _names(self) -> list[str]:
        """The names in the certificate of a server that is not trusted: nothing is sent to it. None if unavailable."""
        seconds = self.deadline.next_request()
        connection = _Connection(self.host, self.port, seconds, tls.context(Credentials(insecure=True)))
        if not seconds or _problem_of_connecting(connection, seconds) is not None:
            return []
        certificate = connection.certificate()
        connection.close()
        return [self.hide(name)[:100] for name in tls.names_of(certificate)]


class _Response(HTTPResponse):
    """A response that is read no further than a response may be long, whatever its head or its chunks say."""

    def __init__(self, sock: socket.socket, *more: Any, **settings: Any) -> None:
        super().__init__(sock, *more, **settings)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach()))


class _Bounded(io.RawIOBase):
    """Raises ServerError when more is read than a response may have."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self.raw = raw
        self.left = _LARGEST_RESPONSE

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read into a buffer, as the socket does."""
        count: int | None = self.raw.readinto(buffer)
        self.left -= count or 0
        if self.left < 0:
            raise _too_large()
        return count

    def close(self) -> None:
        """Close the socket's file as well."""
        self.raw.close()
        super().close()


class _Connection(HTTPConnection):
    """A connection whose socket is known while it is still being made, so that it can be given up."""

    response_class = _Response

    def __init__(self, host: str, port: int, seconds: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=seconds)
        self._context = context
        self._end = time.monotonic() + seconds

    def connect(self) -> None:
        """Connect to the first address that lets itself be connected to, and agree on TLS."""
        problem: OSError = TimeoutError()
        for family, address in resolved(self.host, self.port, self._left()):
            self.sock = socket.socket(family, socket.SOCK_STREAM)
            self.sock.settimeout(self._left())
            try:
                self.sock.connect(address)
                break
            except OSError as error:
                self.sock.close()
                problem = error
        else:
            raise problem
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(self.timeout)
        if self._context is not None:
            secure = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = secure
            secure.do_handshake()

    def certificate(self) -> bytes:
        """The certificate of the server; empty without TLS."""
        sock = self.sock
        return (sock.getpeercert(binary_form=True) or b"") if isinstance(sock, ssl.SSLSocket) else b""

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _problem_of_connecting(connection: _Connection, seconds: float) -> Exception | None:
    """Connect; None if that succeeds, TimeoutError if it takes too long, else what went wrong."""
    watchdog = _Watchdog(connection, seconds)
    try:
        with watchdog:
            connection.connect()
    except Exception as error:
        connection.close()
        return TimeoutError() if watchdog.barked else error
    return None


class _Watchdog:
    """Ends a connection after a time, however slowly something keeps coming; `barked` tells that it did."""

    def __init__(self, connection: _Connection, seconds: float) -> None:
        self.connection = connection
        self.barked = False
        self.timer = threading.Timer(max(seconds, 0.001), self._bark)
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()

    def _bark(self) -> None:
        self.barked = True
        sock = self.connection.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _read(response: HTTPResponse) -> bytes:
    """The whole body; raises ServerError where it is too large or ends too early."""
    pieces, size = [], 0
    try:
        while piece := response.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise _too_large()
    except (HTTPException, ValueError, *_GONE):
        raise _cut_short() from None
    if response.length:
        raise _cut_short()
    return b"".join(pieces)


def _too_large() -> ServerError:
    hint = "check whether this is a kube-apiserver"
    return ServerError(f"answers with more than {LARGEST_ANSWER} bytes", hint, lasting=True)


def _cut_short() -> ServerError:
    return ServerError("cut its answer short", "the server or a proxy before it broke off: see their logs")


def _of_request(error: Exception) -> Exception:
    if isinstance(error, ssl.SSLError):
        message, hint, lasting = tls.explained(error)
        return ServerError(message, hint, lasting=lasting, unreachable=True)
    if isinstance(error, HTTPException | ValueError):
        hint = "check whether this is the port of a kube-apiserver"
        return ServerError("does not speak HTTP", hint, lasting=True, unreachable=True)
    if isinstance(error, OSError):
        return ServerError(f"broke off: {error.strerror or error}", "check the network")
    return error


def _parts(url: str) -> tuple[bool, str, int, str]:
    """Whether TLS is spoken, host, port and the path before all others; raises ValueError for what is no such URL."""
    hint = "write https://HOST:PORT"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown(url)} is no URL: {hint}") from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("the URL holds a user: give a token or a certificate instead")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{shown(url)} is no URL of a server: {hint}")
    if parts.query or parts.fragment or any(ord(letter) <= 0x20 or ord(letter) >= 0x7F for letter in url):
        raise ValueError(f"{shown(url)} is more than a server: {hint}")
    secure = parts.scheme == "https"
    return secure, parts.hostname, port or (443 if secure else 80), parts.path.rstrip("/")
