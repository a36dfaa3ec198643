"""Connections through proxies: those of kubeconfigs and of the environment, and proxies that misbehave."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from compiler.cluster.proxy import relayed
from tests.cli.running import Ran, kasc
from tests.cluster.live.api_server import RawServer, Recorded, Server
from tests.cluster.live.certificates import Certificates
from tests.cluster.live.test_kubeconfig import kubeconfig

PASSWORD = "p@ss:word-that-nobody-may-see"
ESCAPED = "p%40ss%3Aword-that-nobody-may-see"


@pytest.fixture
def run(declared: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*words: Any) -> Ran:
        ran = kasc(capsys, "probe", declared, *words)
        assert "nobody-may-see" not in ran.out + ran.err
        return ran

    return run


def relay(one: socket.socket, other: socket.socket) -> None:
    """Copy in both directions until one side is closed."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=copy, args=(other, one), daemon=True)
    thread.start()
    copy(one, other)
    thread.join()


class HTTPProxy:
    """A proxy for CONNECT; `asked` are the headers of the requests."""

    def __init__(self, user: str = "") -> None:
        self.user = user
        self.asked: list[str] = []

    def __call__(self, connection: socket.socket) -> None:
        header = b""
        while not header.endswith(b"\r\n\r\n"):
            header += connection.recv(1)
        self.asked.append(header.decode())
        if self.user and f"Basic {base64.b64encode(self.user.encode()).decode()}\r\n" not in header.decode():
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = header.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Proxy: yes\r\n\r\n")
            relay(connection, server)


class SOCKS5Proxy:
    """A SOCKS5 proxy (RFC 1928), with a user and password if they are set; `asked` are the addresses."""

    def __init__(self, user: str = "") -> None:
        self.user = user
        self.asked: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        _, count = connection.recv(2)
        methods = connection.recv(count)
        method = 2 if self.user else 0
        connection.sendall(bytes((5, method if method in methods else 0xFF)))
        if method not in methods:
            return
        if self.user:
            name = connection.recv(connection.recv(2)[1])
            password = connection.recv(connection.recv(1)[0])
            right = b":".join((name, password)).decode() == self.user
            connection.sendall(bytes((1, 0 if right else 1)))
            if not right:
                return
        kind = connection.recv(4)[3]
        address = connection.recv(4 if kind == 1 else connection.recv(1)[0])
        port = int.from_bytes(connection.recv(2), "big")
        self.asked.append(address)
        host = socket.inet_ntoa(address) if kind == 1 else address.decode()
        try:
            server = socket.create_connection((host, port))
        except OSError:
            connection.sendall(bytes((5, 5, 0, 1)) + bytes(6))
            return
        with server:
            connection.sendall(bytes((5, 0, 0, 3, 4)) + b"name" + bytes(2))
            relay(connection, server)


def with_tls(treat: Callable[[socket.socket], None], certificates: Certificates) -> Callable[[socket.socket], None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)

    def treat_with_tls(connection: socket.socket) -> None:
        # `relay` uses one thread for each direction, which a TLS socket does not support.
        with relayed(context.wrap_socket(connection, server_side=True)) as inner:
            treat(inner)

    return treat_with_tls


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
@pytest.mark.parametrize("user", ["", f"me:{PASSWORD}"])
def test_the_proxy_of_a_kubeconfig(
    scheme: str, user: str, certificates: Certificates, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    proxy = SOCKS5Proxy(user) if scheme == "socks5" else HTTPProxy(user)
    treat = with_tls(proxy, certificates) if scheme == "https" else proxy
    with Server(Recorded(), certificates) as server, RawServer(treat) as listener:
        address = f"{f'me:{ESCAPED}@' if user else ''}127.0.0.1:{listener.port}"
        cluster = {"server": server.url, "certificate-authority": str(certificates.ca)}
        path = kubeconfig(tmp_path / "config", cluster | {"proxy-url": f"{scheme}://{address}"})
        ran = run("--kubeconfig", path)
        assert ran.code == 2
        assert "is only accessible through the proxy" in ran.out
        assert not proxy.asked
        assert run("--kubeconfig", path, "--allow-proxy").code == 0
        assert len(proxy.asked) == 1
        if user:
            wrong = address.replace(ESCAPED, "wrong-nobody-may-see")
            kubeconfig(path, cluster | {"proxy-url": f"{scheme}://{wrong}"})
            ran = run("--kubeconfig", path, "--allow-proxy")
            assert ran.code == 2
            assert ("407 Proxy Authentication" if scheme != "socks5" else "rejected the user or password") in ran.out


def test_a_socks5_proxy_resolves_names(certificates: Certificates, tmp_path: Path, run: Callable[..., Ran]) -> None:
    proxy = SOCKS5Proxy()
    with Server(Recorded(), certificates) as server, RawServer(proxy) as listener:
        cluster = {
            "server": f"https://localhost:{server.port}",
            "certificate-authority": str(certificates.ca),
            "tls-server-name": "127.0.0.1",
            "proxy-url": f"socks5://127.0.0.1:{listener.port}",
        }
        assert run("--kubeconfig", kubeconfig(tmp_path / "config", cluster), "--allow-proxy").code == 0
        cluster["server"] = "https://127.0.0.1:1"
        ran = run("--kubeconfig", kubeconfig(tmp_path / "config", cluster), "--allow-proxy")
        assert f"the proxy socks5://127.0.0.1:{listener.port} did not connect to" in ran.out
        assert "the server refused the connection" in ran.out
    assert proxy.asked[0] == b"localhost"
    assert proxy.asked[-1] == bytes((127, 0, 0, 1))


def test_the_proxy_of_the_environment(
    certificates: Certificates, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = HTTPProxy()
    with RawServer(proxy) as listener:
        monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{listener.port}")
        server = ("--server", "https://proxied.invalid:6443", "--cafile", certificates.ca, "--timeout", "5")
        assert "cannot be resolved" in run(*server).out
        assert not proxy.asked
        run(*server, "--allow-proxy")
        assert proxy.asked[0].startswith("CONNECT proxied.invalid:6443 HTTP/1.1\r\nHost: proxied.invalid:6443\r\n")
        asked = len(proxy.asked)
        monkeypatch.setenv("NO_PROXY", ".invalid")
        assert "cannot be resolved" in run(*server, "--allow-proxy").out
        assert len(proxy.asked) == asked
        # Addresses of this machine are never proxied, as in Go.
        assert "refused the connection" in run("--server", "https://127.0.0.1:1", "--allow-proxy").out
        monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{listener.port}")
        ran = run("--server", "http://10.0.0.1:1", "--allow-proxy")
        assert (ran.code, ran.err) == (2, "kasc: a proxy is only used for servers with TLS: write https://\n")
        monkeypatch.setenv("HTTPS_PROXY", "ftp://me:nobody-may-see@h")
        monkeypatch.delenv("NO_PROXY")
        assert "supported scheme" in run("--server", "https://10.0.0.1:1", "--allow-proxy").err


def sends(data: bytes) -> Callable[[socket.socket], None]:
    def treat(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    return treat


@pytest.mark.parametrize(
    ("scheme", "data", "expected"),
    [
        ("http", b"", "closed the connection without a response"),
        ("http", b"HTTP/1.1 200 OK\r\n", "closed the connection without a response"),
        ("http", b"SSH-2.0-x\r\n\r\n", "does not use HTTP"),
        ("http", b"HTTP/1.1 503 no\x1b[2Jway\r\n\r\n", 'refused to connect to 10.0.0.1:1: "503 no'),
        ("http", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000, "sent a response that is too long"),
        ("https", b"HTTP/1.1 200 OK\r\n\r\n", "failed the TLS handshake"),
        ("socks5", b"", "closed the connection without a response"),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not use SOCKS5"),
        ("socks5", b"\5\xff", "requires a user and password"),
        ("socks5", b"\5\0\5\1\0\1", "did not connect to"),
        ("socks5", b"\5\0\5\0\0\3", "closed the connection without a response"),
    ],
)
def test_a_proxy_is_not_trusted(
    scheme: str, data: bytes, expected: str, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    with RawServer(sends(data)) as listener:
        cluster = {"server": "https://10.0.0.1:1", "proxy-url": f"{scheme}://127.0.0.1:{listener.port}"}
        ran = run("--kubeconfig", kubeconfig(tmp_path / "config", cluster), "--allow-proxy")
    assert ran.code == 2
    assert f"cannot be reached: the proxy {scheme}://127.0.0.1:{listener.port} {expected}" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("sent", [PASSWORD, base64.b64encode(f"me:{PASSWORD}".encode()).decode()])
def test_a_proxy_that_sends_the_password_back(sent: str, tmp_path: Path, run: Callable[..., Ran]) -> None:
    with RawServer(sends(f"HTTP/1.1 407 not {sent}\r\n\r\n".encode())) as listener:
        proxy = f"http://me:{ESCAPED}@127.0.0.1:{listener.port}"
        path = kubeconfig(tmp_path / "config", {"server": "https://10.0.0.1:1", "proxy-url": proxy})
        ran = run("--kubeconfig", path, "--allow-proxy")
    assert 'refused to connect to 10.0.0.1:1: "407 not ***"' in ran.out


def test_a_proxy_that_is_not_there_or_slow(tmp_path: Path, run: Callable[..., Ran]) -> None:
    cluster = {"server": "https://10.0.0.1:1", "proxy-url": "http://127.0.0.1:1"}
    path = kubeconfig(tmp_path / "config", cluster)
    ran = run("--kubeconfig", path, "--allow-proxy")
    assert "the proxy http://127.0.0.1:1 cannot be reached: connection refused" in ran.out

    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x")
            threading.Event().wait(0.05)

    with RawServer(drip) as listener:
        kubeconfig(path, cluster | {"proxy-url": f"http://127.0.0.1:{listener.port}"})
        ran = run("--kubeconfig", path, "--allow-proxy", "--timeout", "1.5", "--request-timeout", "0.3")
    assert "did not answer within 0.3s" in ran.out
