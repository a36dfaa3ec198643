"""kasc probe and servers that do not answer as they should: each fault has words of its own, and none a traceback."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from compiler.cluster.http_connection import MAX_BODY
from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.live.api_server import RECORDED, Fault, RawServer, Recorded, Reply, Server, status, text
from tests.cluster.live.certificates import Certificates, make_certificates

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
TOKEN = "a-token-that-nobody-may-see"


class Told:
    """What one run told of a fault: the exit code, and the one problem with its hint."""

    def __init__(self, ran: Ran) -> None:
        self.code = ran.code
        assert list(SCHEMA.iter_errors(json.loads(ran.out))) == []
        (file,) = json.loads(ran.out)["files"]
        self.codes = [found["code"] for found in file["diagnostics"]]
        problems = [found for found in file["diagnostics"] if found["code"] == "KASC-PROBE-006"]
        self.messages = [found["message"] for found in problems]
        self.hints = [found["hint"] for found in problems]
        assert all(self.hints)
        self.probe: dict[str, Any] = json.loads(ran.out)["probe"]
        assert json.loads(ran.out)["partial"] is bool(problems)


def ask(capsys: pytest.CaptureFixture[str], input_: Path, url: str, *more: Any) -> Told:
    ran = kasc(capsys, "probe", input_, "--server", url, "--output", "json", "--timeout", "5", *more)
    assert TOKEN not in ran.out + ran.err
    return Told(ran)


def only(told: Told, message: str, hint: str) -> None:
    """The fault is the one finding, and no list could be asked."""
    assert (told.code, told.codes) == (2, ["KASC-PROBE-006"])
    assert message in told.messages[0]
    assert hint in told.hints[0]
    assert told.probe["healthy"] is False
    assert told.probe["asDeclared"] is None


def test_nothing_listens(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    only(ask(capsys, declared, f"https://127.0.0.1:{port}"), "refused the connection", "that the server is running")


def test_no_such_name(declared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    only(ask(capsys, declared, "https://nowhere.invalid"), "cannot be resolved", "check the name")


def test_certificates_that_are_not_believed(
    declared: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_certificates(tmp_path, "other")
    old = make_certificates(tmp_path, "old", days=(-3, -1))
    early = make_certificates(tmp_path, "early", days=(2, 3))
    answers = Recorded()
    with Server(answers, certificates) as server:
        only(ask(capsys, declared, server.url), "signed by an unknown authority", "--cafile")
        only(ask(capsys, declared, server.url, "--cafile", other.ca), "signed by an unknown authority", "--cafile")
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        told = ask(capsys, declared, elsewhere, "--cafile", certificates.ca)
        only(told, "has a certificate that is not valid for localhost", "use one of its names: 127.0.0.1")
        assert answers.asked == []
        assert ask(capsys, declared, elsewhere, "--insecure").code == 0
        # Trusting just this one certificate is enough, as it is for clients written in Go.
        assert ask(capsys, declared, server.url, "--cafile", certificates.server).code == 0
    for made, message in ((old, "has expired"), (early, "not valid yet")):
        with Server(Recorded(), made) as server:
            only(ask(capsys, declared, server.url, "--cafile", made.ca), message, "c")


def test_client_certificates(
    declared: Path, certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_certificates(tmp_path, "other")

    def with_pair(pair: Certificates) -> tuple[Any, ...]:
        return ("--certfile", pair.client, "--keyfile", pair.client_key)

    trusting = ("--cafile", certificates.ca)
    with Server(Recorded(), certificates, client_ca=certificates.ca) as server:
        assert ask(capsys, declared, server.url, *trusting, *with_pair(certificates)).code == 0
        both = tmp_path / "both.pem"
        both.write_text(certificates.client.read_text() + certificates.client_key.read_text())
        assert ask(capsys, declared, server.url, *trusting, "--certfile", both).code == 0
        # What the server says of it may come after its end of the connection is gone.
        for more in ((), with_pair(other)):
            told = ask(capsys, declared, server.url, *trusting, *more)
            assert (told.code, told.codes) == (2, ["KASC-PROBE-006"])
            assert "client certificate" in told.messages[0] + told.hints[0]


def test_the_wrong_protocol(declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(Recorded()) as plain:
        only(ask(capsys, declared, plain.url.replace("http", "https")), "does not use TLS", "http://")
        assert ask(capsys, declared, plain.url).code == 0
    with Server(lambda *_: text(400, RECORDED["plainHTTP"])) as server:
        only(ask(capsys, declared, server.url), "uses TLS", "https://")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        outdated = Server(Recorded(), certificates, maximum=ssl.TLSVersion.TLSv1_1)
    with outdated as server:
        told = ask(capsys, declared, server.url, "--cafile", certificates.ca)
        assert told.code == 2
        assert "TLS" in told.messages[0]
    banner = RawServer(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + b"\0" * 64))
    with banner as server:
        only(ask(capsys, declared, f"https://127.0.0.1:{server.port}"), "does not use TLS", "port")
    with RawServer(lambda connection: connection.sendall(b"220 mail ready\r\n")) as server:
        only(ask(capsys, declared, f"http://127.0.0.1:{server.port}"), "does not use HTTP", "port")


def test_connections_that_are_closed(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(lambda connection: None) as server:
        told = ask(capsys, declared, f"https://127.0.0.1:{server.port}")
        only(told, "closed the connection", "port")
        told = ask(capsys, declared, f"http://127.0.0.1:{server.port}")
        only(told, "closed the connection without a response", "port")
    with Server(lambda *_: lambda _: None, certificates) as quiet:
        told = ask(capsys, declared, quiet.url, "--cafile", certificates.ca)
        only(told, "closed the connection without a response", "port")


FULL = "\n".join([f"[+]{name} ok" for name in RECORDED["readyz"]])


def partly(head: str, body: bytes) -> Fault:
    """Send a head and a part of the body, then close."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)

    return send


ANSWERS: dict[str, tuple[Reply | Fault, str, str]] = {
    "401": (status(401, RECORDED["unauthorized"]), "requires credentials (401)", "--token-file"),
    "403": (status(403, RECORDED["forbidden"]), 'forbids "system:anonymous" to read it (403)', "system:monitoring"),
    "403 of somebody else": (text(403, "<h1>Forbidden</h1>"), "forbids this client to read it (403)", "monitoring"),
    "404": (text(404, "404 page not found\n"), "returned 404", "not a kube-apiserver"),
    "429": ((429, {"Retry-After": "1"}, b"Too many requests"), "shutting down (429)", "later"),
    "500": (text(500, "oops"), "returned 500 without a list of checks", "the server directly"),
    "502": (text(502, "<html>"), "returned 502 (Bad Gateway)", "the server directly"),
    "503": (text(503, ""), "returned 503 (Service Unavailable)", "the server directly"),
    "redirect": ((302, {"Location": f"https://login.example.com/?t={TOKEN}"}, b""), "to login.example.com", "proxy"),
    "redirect to nowhere": ((307, {"Location": "//["}, b""), "redirects (307)", "proxy"),
    "a page": (text(200, "<html><body>Welcome to nginx!</body></html>"), "other than health checks", "not a kube-api"),
    "no list": (text(200, "ok"), "returned ok without a list of checks", "?verbose"),
    "etcd": (text(200, '{"health":"true"}'), "other than health checks", "not a kube-apiserver"),
    "bytes": ((200, {}, b"\xff\xfe\0" * 100), "other than health checks", "not a kube-apiserver"),
    "another component": (
        text(200, "[+]leaderElection ok\n[+]serviceaccount-token-controller ok\nNAME check passed\n"),
        "not those of kube-apiserver",
        "controller managers",
    ),
    "without its end": (text(200, FULL), "sent an incomplete response", "see the logs"),
    "shorter than told": (
        partly("Content-Length: 4000", FULL[:300].encode()),
        "sent an incomplete response",
        "see the logs",
    ),
    "a piece too few": (
        partly("Transfer-Encoding: chunked", b"12c\r\n" + FULL[:300].encode() + b"\r\n"),
        "sent an incomplete response",
        "see the logs",
    ),
    "a broken piece": (
        partly("Transfer-Encoding: chunked", b"zz\r\nabc"),
        "sent an incomplete response",
        "see the logs",
    ),
    "endless": (partly("X: y", b"[+]ping ok\n" * (MAX_BODY // 8)), "more than 1048576 bytes", "kube-apiserver"),
    "endless head": (partly("X: " + "y" * 100_000, b""), "does not use HTTP", "port"),
    "no status": (lambda handler: _write(handler, b"[+]ping ok\n"), "does not use HTTP", "port"),
    "contradiction": (
        text(500, f"{FULL}\nNAME check passed\n"),
        "returned 500, which contradicts its list of checks",
        "directly",
    ),
}


def _write(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_are_no_list_of_checks(
    name: str, declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    reply, message, hint = ANSWERS[name]

    def answer(target: str, headers: Any) -> Reply | Fault:
        if not isinstance(reply, tuple):
            return reply
        # The last line of a list names its endpoint.
        endpoint = target.strip("/").partition("?")[0].encode()
        return (reply[0], reply[1], reply[2].replace(b"NAME", endpoint))

    with Server(answer, certificates) as server:
        only(ask(capsys, declared, server.url, "--cafile", certificates.ca), message, hint)


def test_one_list_that_cannot_be_asked_leaves_the_others(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    faults: dict[str, Any] = {"/livez": status(403, RECORDED["forbidden"])}
    with Server(Recorded(faults=faults), certificates) as server:
        told = ask(capsys, declared, server.url, "--cafile", certificates.ca)
    assert told.code == 2
    assert told.messages == [f'{server.url} (livez) forbids "system:anonymous" to read it (403)']
    states = {row["name"]: row["states"] for row in told.probe["checks"]}
    assert states["ping"] == {"healthz": "ok", "readyz": "ok"}


def slowly(seconds: float) -> Fault:
    """Something every now and then, so that no single wait is long."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(b"[")
            handler.wfile.flush()
            time.sleep(0.02)

    return send


def drip(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"\x16")
        time.sleep(0.02)


@pytest.mark.parametrize("fault", [lambda _: time.sleep(3), slowly(3)], ids=["silence", "drops"])
def test_slow_answers(
    fault: Fault, declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(Recorded(faults={"/healthz": fault}), certificates) as server:
        started = time.monotonic()
        told = ask(capsys, declared, server.url, "--cafile", certificates.ca, "--request-timeout", "0.4")
        assert time.monotonic() - started < 2.5
    assert told.code == 2
    assert told.messages == [f"{server.url} (healthz) did not answer within 0.4s"]
    assert "--request-timeout" in told.hints[0]


@pytest.mark.parametrize("treat", [lambda _: time.sleep(3), drip], ids=["silence", "drops"])
def test_slow_connections(
    treat: Callable[[socket.socket], None], declared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RawServer(treat) as server:
        started = time.monotonic()
        told = ask(capsys, declared, f"https://127.0.0.1:{server.port}", "--request-timeout", "0.3")
        assert time.monotonic() - started < 2.5
    assert told.code == 2
    assert "did not answer within 0.3s" in told.messages[0] or "TLS" in told.messages[0]


def test_a_connection_that_the_server_gave_up_is_made_anew(
    declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(target: str, headers: Any) -> Reply | Fault:
        reply = recorded(target, headers)
        assert isinstance(reply, tuple)
        code, head, body = reply
        if target.startswith("/livez?"):
            return code, {**head, "Connection": "close"}, body
        if target.startswith("/readyz?"):
            # Say nothing of it, and close: a server may always do that to a connection that is idle.
            return lambda handler: _write(
                handler, f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )
        return reply

    recorded = Recorded()
    with Server(answer, certificates) as server:
        told = ask(capsys, declared, server.url, "--cafile", certificates.ca)
    assert (told.code, told.codes) == (0, [])


@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ("redirect", True),
        ("a page", True),
        ("401", True),
        ("503", False),
        ("403", False),
        ("without its end", False),
        ("shorter than told", False),
    ],
)
def test_watching_ends_early_where_waiting_is_in_vain(
    fault: str, ends: bool, declared: Path, certificates: Certificates, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = Recorded(faults={"/readyz": ANSWERS[fault][0]})
    with Server(answers, certificates) as server:
        told = ask(
            capsys,
            declared,
            server.url,
            "--cafile",
            certificates.ca,
            "--watch",
            "--timeout",
            "2",
            "--request-timeout",
            "1.5",
        )
    assert (told.code, told.codes) == (2, ["KASC-PROBE-006"])
    assert (len(answers.asked) == 1) is ends
