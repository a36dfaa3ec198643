"""A running kube-apiserver over HTTP, read only."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from time import time as now
from typing import NamedTuple
from urllib.parse import urlsplit

from compiler import cluster as tls
from compiler.cluster import Credentials, Deadline, Mask, Target
from compiler.cluster.http_connection import (
    CLOSED_ERRORS,
    MAX_BODY,
    MAX_METRICS,
    Connection,
    ServerError,
    Watchdog,
    connect,
    read,
)
from compiler.cluster.proxy import ProxyError, parse_proxy
from compiler.text import shown
from compiler.upstream.go.net import join_host_port

_CLOSED = (
    "closed the connection without a response",
    "check the port, and whether the server requires a client certificate",
)


class Answer(NamedTuple):
    """Status, body and redirect location of a response; the time from request to end of response in seconds."""

    status: int
    body: str
    seconds: float
    location: str = ""


class APIServer:
    """Client of one server over one connection, which is reopened when it was closed.

    `deadline` bounds every request, and all of them together. `hide` masks tokens, including
    expired ones, in strings that the server sends; apply it again after further decoding. Raises ServerError, and
    ValueError for invalid credentials or URLs.
    """

    def __init__(self, target: Target, deadline: Deadline) -> None:
        self.secure, self.host, self.port, self.prefix = url_parts(target.url)
        if not self.secure and target.credentials.any:
            raise ValueError("credentials are not sent without TLS: write https://")
        self.url = f"{'https' if self.secure else 'http'}://{join_host_port(self.host, self.port)}{self.prefix}"
        self.deadline = deadline
        self._target = target
        self._proxy = parse_proxy(target.proxy) if target.proxy else None
        if self._proxy and not self.secure:
            raise ValueError("a proxy is only used for servers with TLS: write https://")
        self._connection: Connection | None = None
        self._secrets = {self._proxy.password} if self._proxy else set[str]()
        self._use(target.credentials)

    def _use(self, credentials: Credentials) -> None:
        """Use these credentials from the next request on. Raises ValueError."""
        self.close()
        self._credentials = credentials
        self._secrets.add(credentials.token)
        self.hide = Mask(*self._secrets)
        self._context = tls.context(credentials) if self.secure else None

    @property
    def authenticated(self) -> bool:
        """Return whether requests have credentials."""
        return self._credentials.any

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Answer:
        """Return the response to a GET request; redirects are not followed. Raises ServerError."""
        answer = self.get_data(path)
        return answer._replace(body=self.hide(answer.body))

    def get_data(self, path: str, accept: str = "*/*", lines: tuple[bytes, ...] = ()) -> Answer:
        """Return the response to a GET request for data that is compared, whose body is not masked. Raises ServerError.

        `accept` are the media types of the response; with `lines`, only the lines that start with one of them are kept.
        """
        reused = self._connection is not None
        try:
            return self._request(path, accept, lines)
        except CLOSED_ERRORS:
            # The server may have closed an idle connection: try again with a new one.
            if not reused:
                raise ServerError(*_CLOSED) from None
        try:
            return self._request(path, accept, lines)
        except CLOSED_ERRORS:
            raise ServerError(*_CLOSED) from None

    def _request(self, path: str, accept: str, lines: tuple[bytes, ...]) -> Answer:
        self._renew()
        started = time.monotonic()
        seconds = self._next_request()
        connection = self._connection or self._connect(seconds)
        connection.allow(MAX_METRICS if lines else MAX_BODY)
        watchdog = Watchdog(connection, seconds - (time.monotonic() - started))
        try:
            with watchdog:
                connection.putrequest("GET", self.prefix + path)
                for name, value in self._headers(accept):
                    connection.putheader(name, value)
                connection.endheaders()
                response = connection.getresponse()
                body = read(response, lines if response.status == 200 else ())
        except Exception as error:
            self.close()
            if watchdog.fired or isinstance(error, TimeoutError):
                raise self._timeout(seconds) from None
            if isinstance(error, CLOSED_ERRORS):
                raise
            raise _of_request(error) from None
        if response.will_close:
            self.close()
        text = body.decode("utf-8", "replace")
        location = self.hide(response.getheader("Location") or "")
        return Answer(response.status, text, time.monotonic() - started, location)

    def _headers(self, accept: str) -> Iterator[tuple[str, str | bytes]]:
        yield "Accept", accept
        yield "User-Agent", "kasc"
        if self._credentials.token:
            yield "Authorization", f"Bearer {self._credentials.token}"
        yield from self._target.headers

    def _renew(self) -> None:
        """Renew credentials that have expired. Raises ServerError."""
        expires = self._credentials.expires
        if self._target.renew is None or expires is None or now() < expires:
            return
        try:
            self._use(self._target.renew())
        except ValueError as error:
            raise ServerError(f"needs new credentials: {error}", "check the exec plugin", lasting=True) from None

    def _next_request(self) -> float:
        """Return the seconds for the next request. Raises ServerError if no time is left."""
        seconds = self.deadline.next_request()
        if not seconds:
            raise self._timeout(0)
        return seconds

    def _connect(self, seconds: float) -> Connection:
        connection = self._new_connection(seconds, self._context)
        error = connect(connection, seconds)
        if isinstance(error, TimeoutError):
            # Without a connection no other request can succeed.
            raise self._timeout(seconds, unreachable=True)
        if error is not None:
            raise self._of_connection(error)
        self._connection = connection
        return connection

    def _new_connection(self, seconds: float, context: ssl.SSLContext | None) -> Connection:
        return Connection(self.host, self.port, seconds, context, self._target.server_name, self._proxy)

    def _timeout(self, seconds: float, unreachable: bool = False) -> ServerError:
        if self.deadline.over:
            message = f"did not answer all requests within {self.deadline.seconds:g}s"
            return ServerError(message, "allow more time with --timeout", unreachable=unreachable)
        hint = "allow more time with --request-timeout"
        return ServerError(f"did not answer within {seconds:.3g}s", hint, unreachable=unreachable)

    def _of_connection(self, error: Exception) -> Exception:
        if isinstance(error, ssl.SSLError):
            message, hint, lasting = tls.explained(error, self._target.server_name or self.host, self._names)
            return ServerError(message, hint, lasting=lasting, unreachable=True)
        if isinstance(error, ProxyError):
            return ServerError(f"cannot be reached: {error}", "check the proxy and its address", unreachable=True)
        if isinstance(error, ConnectionRefusedError):
            hint = "check address and port, and that the server is running"
            return ServerError("refused the connection", hint, unreachable=True)
        if isinstance(error, ConnectionError):
            return ServerError(*_CLOSED, unreachable=True)
        if isinstance(error, OSError):
            if isinstance(error, socket.gaierror):
                return ServerError("has a host name that cannot be resolved", "check the name", unreachable=True)
            text = error.strerror or str(error)
            return ServerError(f"cannot be reached: {text}", "check the address and the network", unreachable=True)
        if isinstance(error, ValueError):
            return ServerError("has an invalid host or TLS server name", "check it", lasting=True, unreachable=True)
        return error

    def _names(self) -> list[str]:
        """Return the names in the certificate of an untrusted server, to which nothing is sent; none if unavailable."""
        seconds = self.deadline.next_request()
        connection = self._new_connection(seconds, tls.context(Credentials(insecure=True)))
        if not seconds or connect(connection, seconds) is not None:
            return []
        certificate = connection.certificate()
        connection.close()
        return [self.hide(name)[:100] for name in tls.names_of(certificate)]


def _of_request(error: Exception) -> Exception:
    if isinstance(error, ssl.SSLError):
        message, hint, lasting = tls.explained(error)
        return ServerError(message, hint, lasting=lasting, unreachable=True)
    if isinstance(error, HTTPException | ValueError):
        hint = "check whether this is the port of a kube-apiserver"
        return ServerError("does not use HTTP", hint, lasting=True, unreachable=True)
    if isinstance(error, OSError):
        return ServerError(f"closed the connection: {error.strerror or error}", "check the network")
    return error


def url_parts(url: str) -> tuple[bool, str, int, str]:
    """Return whether to use TLS, host, port and path prefix of a URL. Raises ValueError."""
    hint = "write https://HOST:PORT"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{shown(url)} is not a valid URL: {hint}") from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("the URL contains a user: use a token or a certificate instead")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{shown(url)} is not the URL of a server: {hint}")
    if parts.query or parts.fragment or any(ord(letter) <= 0x20 or ord(letter) >= 0x7F for letter in url):
        raise ValueError(f"{shown(url)} has more than scheme, host, port and path: {hint}")
    secure = parts.scheme == "https"
    return secure, parts.hostname, port or (443 if secure else 80), parts.path.rstrip("/")


def user_of(body: str, hide: Callable[[str], str] = str) -> str:
    """Return the user name in a 403 response; empty if there is none.

    `hide` masks secrets in decoded strings.
    """
    import json

    try:
        status = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = status.get("message") if isinstance(status, dict) else None
    match = re.search(r'User "([^"]*)"', hide(message)) if isinstance(message, str) else None
    return match[1] if match else ""


def version_of(body: str) -> tuple[str, str, str] | None:
    """Return gitVersion, minor version and emulated minor version (default: the same) in a /version response.

    None if it is not valid. Kubernetes: apimachinery/pkg/version/types.go, Info.
    """
    import json

    try:
        info = json.loads(body)
        git, major, minor = info["gitVersion"], info["major"], info["minor"]
        emulated = f"{info.get('emulationMajor') or major}.{info.get('emulationMinor') or minor}"
        texts = str(git), f"{major}.{minor}", emulated
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # Distributions append a plus to the minor version.
    git, minor, emulated = (text.removesuffix("+") for text in texts)
    is_valid = re.fullmatch(r"v[0-9]{1,4}\.[0-9]{1,4}\.[-+.0-9A-Za-z]{1,100}", git)
    are_valid = all(re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", each) for each in (minor, emulated))
    return (git, minor, emulated) if is_valid and are_valid else None
