"""A TLS server that answers as recorded kube-apiservers did, faults included."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cluster.live.certificates import Certificates

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded/v1.36-default.json").read_text())
ENDPOINTS = ("healthz", "livez", "readyz")
Headers = dict[str, str]
Reply = tuple[int, Headers, bytes]
Fault = Callable[[BaseHTTPRequestHandler], None]


class Recorded:
    """The answers of one server: lists of names by endpoint; `failing` are checks with the reasons that they give.

    `token` is the only one that is let in; without it everybody may read the lists, and with `singles` off nobody the
    single checks. `faults` are answers by path that go before all others.
    """

    def __init__(self, lists: dict[str, list[str]] | None = None, **settings: Any) -> None:
        self.lists = lists or {name: list(RECORDED[name]) for name in ENDPOINTS}
        self.failing: dict[str, str] = settings.get("failing", {})
        self.token: str = settings.get("token", "")
        self.singles: bool = settings.get("singles", True)
        self.version: dict[str, Any] | None = settings.get("version", RECORDED["version"])
        self.faults: dict[str, Reply | Fault] = settings.get("faults", {})
        self.asked: list[tuple[str, str]] = []
        self.answered: Callable[[Recorded], None] = settings.get("answered", lambda _: None)

    def __call__(self, target: str, headers: Any) -> Reply | Fault:
        url = urlsplit(target)
        shown = headers.get("Authorization") or ""
        self.asked.append((target, shown))
        self.answered(self)
        if url.path in self.faults:
            return self.faults[url.path]
        if self.token and shown != f"Bearer {self.token}":
            return status(401, RECORDED["unauthorized"])
        _, endpoint, *rest = url.path.split("/", 2)
        if url.path == "/version" and self.version is not None:
            return 200, {"Content-Type": "application/json"}, json.dumps(self.version, indent=2).encode()
        if endpoint not in self.lists:
            return 404, {}, b"404 page not found\n"
        if not rest:
            return self._list(endpoint, "verbose" in parse_qs(url.query, keep_blank_values=True))
        if not self.singles:
            return status(403, RECORDED["forbidden"])
        if rest[0] not in self.lists[endpoint]:
            return 404, {}, b"404 page not found\n"
        reason = self.failing.get(rest[0])
        return text(200, "ok") if reason is None else text(500, f"internal server error: {reason}\n")

    def _list(self, endpoint: str, verbose: bool) -> Reply:
        names = self.lists[endpoint]
        bad = any(name in self.failing for name in names)
        lines = [f"[-]{name} failed: reason withheld" if name in self.failing else f"[+]{name} ok" for name in names]
        if not bad and not verbose:
            return text(200, "ok")
        return text(500 if bad else 200, "\n".join([*lines, f"{endpoint} check {'failed' if bad else 'passed'}", ""]))


def text(code: int, body: str) -> Reply:
    return code, {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}, body.encode()


def status(code: int, body: dict[str, Any]) -> Reply:
    return code, {"Content-Type": "application/json"}, json.dumps(body).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: else each answer would wait for an acknowledgement of its head.
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        reply = self.server.answer(self.path, self.headers)
        if callable(reply):
            self.close_connection = True
            reply(self)
            return
        code, headers, body = reply
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class Server(ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1, over TLS where there are certificates; `client_ca` asks clients for one."""

    daemon_threads = True

    def __init__(
        self,
        answer: Callable[[str, Any], Reply | Fault],
        certificates: Certificates | None = None,
        client_ca: Path | None = None,
        **limits: ssl.TLSVersion,
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.context: ssl.SSLContext | None = None
        if certificates is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificates.server, certificates.server_key)
            if "maximum" in limits:
                self.context.maximum_version = limits["maximum"]
            if client_ca is not None:
                self.context.verify_mode = ssl.CERT_REQUIRED
                self.context.load_verify_locations(client_ca)
        self.port = int(self.server_address[1])
        self.url = f"http{'s' if certificates else ''}://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the thread of the connection: TLS is agreed on there, so that a slow client stops nobody else."""
        try:
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            pass
        finally:
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class RawServer:
    """A listener that treats each connection by a function, below HTTP and TLS."""

    def __init__(self, treat: Callable[[socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.treat = treat
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.treat(connection)

    def __enter__(self) -> RawServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
