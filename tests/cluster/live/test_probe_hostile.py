"""kasc probe and servers that want its memory, its time or its token."""

from __future__ import annotations

import json
import resource
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from compiler.cluster import resolved
from tests.cli.running import ROOT, Ran, kasc
from tests.cluster.live.api_server import ENDPOINTS, RECORDED, Fault, RawServer, Recorded, Server, status
from tests.cluster.live.certificates import Certificates

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
TOKEN = 'Token.that-nobody"may\\see'
HOSTILE_LIST = f"[+]ping ok\n[+]{TOKEN} ok\n[-]{TOKEN.upper()}x failed: reason withheld\nNAME check failed\n"
FLOOD = 64 * 1024 * 1024


def ask(capsys: pytest.CaptureFixture[str], input_: Path, url: str, *more: Any) -> tuple[Ran, dict[str, Any]]:
    ran = kasc(capsys, "probe", input_, "--server", url, "--output", "json", *more)
    data: dict[str, Any] = json.loads(ran.out)
    assert list(SCHEMA.iter_errors(data)) == []
    return ran, data


def messages(data: dict[str, Any], code: str) -> list[str]:
    return [found["message"] for found in data["files"][0]["diagnostics"] if found["code"] == code]


def endless(head: str, piece: bytes, code: int = 200, first: bytes = b"") -> Fault:
    """A head, then one piece after the other."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(f"HTTP/1.1 {code} OK\r\n{head}\r\n\r\n".encode() + first)
            for _ in range(FLOOD // len(piece)):
                handler.wfile.write(piece)

    return send


CHUNKED = "Transfer-Encoding: chunked"
BODIES = {
    "a negative chunk": endless(CHUNKED, b"-1\r\n" + b"x" * 65536),
    "a huge chunk": endless(CHUNKED, b"7fffffffffffffff\r\n" + b"x" * 65536),
    "small chunks": endless(CHUNKED, b"1\r\nx\r\n" * 1000),
    "a long size of a chunk": endless(CHUNKED, b"0" * 65536),
    "a long extension of a chunk": endless(CHUNKED, b"1;" + b"e" * 65536),
    "trailers": endless(CHUNKED, b"X-Trailer: " + b"y" * 1000 + b"\r\n", first=b"0\r\n"),
    "a negative length": endless("Content-Length: -1", b"x" * 65536),
    "a huge length": endless("Content-Length: 999999999999999999999999", b"x" * 65536),
    "no length": endless("X: y", b"[+]ping ok\n" * 1000),
    "continuing": endless("X: y", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 100),
}


@pytest.mark.parametrize("name", BODIES)
def test_answers_without_end_are_not_read_to_the_end(
    name: str, declared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with Server(Recorded(faults={"/livez": BODIES[name]})) as server:
        ran, data = ask(capsys, declared, server.url)
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    assert ran.code == 2
    (message,) = messages(data, "KASC-PROBE-006")
    assert f"{server.url} (livez) " in message
    # The others were asked all the same.
    assert [end["failing"] for end in data["probe"]["endpoints"]] == [[], [], []]
    assert len(ran.out) < 100_000


def test_one_deadline_for_everything(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lists are there, the single checks come too slowly: what is known by then is reported."""
    answers = Recorded(answered=lambda recorded: time.sleep(0.2 if len(recorded.asked) > 3 else 0))
    started = time.monotonic()
    with Server(answers) as server:
        ran, data = ask(capsys, declared, server.url, "--timeout", "3")
    assert time.monotonic() - started < 5
    assert (ran.code, data["partial"], data["probe"]["asDeclared"]) == (2, True, True)
    (message,) = messages(data, "KASC-PROBE-020")
    alone = sum(check["milliseconds"] is not None for check in data["probe"]["checks"])
    assert f"timed out after {alone} of {len(data['probe']['checks'])} single checks of {server.url}" in message
    assert 0 < alone < len(data["probe"]["checks"])


def test_the_deadline_is_over_in_the_middle_of_the_lists(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faults: dict[str, Any] = {f"/{name}": lambda _: time.sleep(4) for name in ("livez", "readyz")}
    started = time.monotonic()
    with Server(Recorded(faults=faults)) as server:
        ran, data = ask(capsys, declared, server.url, "--timeout", "2", "--request-timeout", "1.5")
    assert time.monotonic() - started < 4
    assert ran.code == 2
    assert messages(data, "KASC-PROBE-006") == [
        f"{server.url} (livez) did not answer within 1.5s",
        f"{server.url} (readyz) did not answer all requests within 2s",
    ]
    assert data["probe"]["endpoints"][0]["problem"] is None


def drip(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"\x16")
        time.sleep(0.02)


def test_slow_handshakes_and_names_of_many_addresses(
    declared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.monotonic()
    with RawServer(drip) as server:
        # Each of the addresses would be given its own time.
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))] * 50
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        ran, data = ask(capsys, declared, f"https://many.example:{server.port}", "--timeout", "1")
    assert time.monotonic() - started < 3
    assert ran.code == 2
    assert len(messages(data, "KASC-PROBE-006")) == 1


def test_addresses_that_do_not_answer_share_the_time(
    declared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        time.sleep(min(self.gettimeout() or 5, 0.3))
        raise TimeoutError

    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))] * 50
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(socket.socket, "connect", connect)
    started = time.monotonic()
    _, data = ask(capsys, declared, "https://many.example", "--timeout", "1")
    assert time.monotonic() - started < 3
    assert "did not answer within" in messages(data, "KASC-PROBE-006")[0]


def test_a_resolver_that_does_not_answer(
    declared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    started = time.monotonic()
    _, data = ask(capsys, declared, "https://nowhere.example", "--timeout", "1")
    assert time.monotonic() - started < 3
    assert "did not answer within" in messages(data, "KASC-PROBE-006")[0]


def test_addresses_of_names() -> None:
    ((family, address),) = resolved("127.0.0.1", 80, 5)
    assert (family, address[:2]) == (socket.AF_INET, ("127.0.0.1", 80))
    with pytest.raises(UnicodeError):
        resolved("a" * 300, 80, 5)


def echo(body: str, code: int = 500, head: str = "") -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer whose first lines hold the token, too."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.strip("/").partition("?")[0]
        data = body.replace("NAME", name).encode()
        lines = (f"HTTP/1.1 {code} {TOKEN}", f"Content-Length: {len(data)}", f"X-{TOKEN}: {TOKEN}", *head.split("\n"))
        handler.wfile.write("\r\n".join([*filter(None, lines), "", ""]).encode() + data)

    return send


ESCAPED = json.dumps("".join(f"\\u{ord(letter):04x}" for letter in TOKEN)).replace("\\\\", "\\")
ECHOES: dict[str, dict[str, Any]] = {
    "names": {
        f"/{name}": echo("\n".join([*(f"[+]{check} ok" for check in RECORDED[name]), HOSTILE_LIST]))
        for name in ENDPOINTS
    },
    "a user": {"/healthz": status(403, {**RECORDED["forbidden"], "message": f'User "{TOKEN}" cannot'})},
    "a user, escaped": {"/healthz": echo(f'{{"message": {ESCAPED[:-1]}"}}', 403)},
    "a redirect": {"/healthz": echo("", 302, f"Location: https://{TOKEN}.example/{TOKEN}")},
    "a version": {"/version": echo(f'{{"gitVersion": "v1.36.0", "major": {ESCAPED}, "minor": "36"}}', 200)},
    "a reason": {"/readyz/etcd": echo(f"internal server error: {'y' * 90} {TOKEN} {TOKEN.lower()}\n")},
    "no HTTP": {"/healthz": lambda handler: handler.wfile.write(TOKEN.encode() + b"\r\n\r\n")},
}


@pytest.mark.parametrize("name", ECHOES)
def test_a_server_that_echoes_the_token_does_not_bring_it_out(
    name: str,
    declared: Path,
    certificates: Certificates,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KASC_TOKEN", TOKEN)
    parts = [TOKEN.lower(), "token.that", "nobody", 'nobody\\"may\\\\see']
    with Server(Recorded(faults=ECHOES[name], failing={"etcd": TOKEN}), certificates) as server:
        for form in ("text", "json", "sarif", "github", "junit"):
            ran = kasc(
                capsys, "probe", declared, "--server", server.url, "--cafile", certificates.ca, "--output", form
            )  # fmt: skip
            printed = (ran.out + ran.err).lower()
            assert ran.code in (1, 2)
            assert not [part for part in parts if part in printed], printed


def test_odd_versions_are_none(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for odd in (
        {"gitVersion": "v" + "9" * 5000 + ".0.0"}, {"major": ["1"]}, {"minor": "36\n::error::x"}, {"minor": "9" * 6000},
        {"emulationMajor": "1\x1b[2J"}, {"emulationMinor": {"a": 1}},
    ):  # fmt: skip
        with Server(Recorded(version={**RECORDED["version"], **odd})) as server:
            ran, data = ask(capsys, declared, server.url)
        assert (ran.code, data["probe"]["version"]) == (0, None)


def test_long_reasons_are_cut(declared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(Recorded(failing={"etcd": "r" * 900_000})) as server:
        ran, data = ask(capsys, declared, server.url)
    assert ran.code == 1
    assert len(ran.out) < 100_000
    assert {len(check["reason"]) for check in data["probe"]["checks"] if check["reason"]} == {1000}
