"""A real etcd, started for a test or a benchmark."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from compiler.cluster.etcd import Credentials, Etcd, configure_libraries
from compiler.cluster.etcd_messages import EtcdError
from tests.cluster.live.certificates import Certificates
from tools.record.etcd import etcd_program
from tools.record.processes import free_port

configure_libraries()
_BATCH = 1000
_ATTEMPTS = 5


def program(name: str) -> str:
    """The path of etcd or etcdctl; skips the test where there is none."""
    try:
        return etcd_program(name)
    except FileNotFoundError as error:
        pytest.skip(str(error))


class EtcdServer:
    """One member on a free port of this machine, with its data in `folder`."""

    def __init__(self, folder: Path, certificates: Certificates | None = None) -> None:
        self.folder = folder
        self.certificates = certificates
        self._choose_ports()
        self.process: subprocess.Popen[bytes] | None = None

    def _choose_ports(self) -> None:
        self.port = free_port()
        self.url = f"{'https' if self.certificates else 'http'}://127.0.0.1:{self.port}"
        peer = f"http://127.0.0.1:{free_port()}"
        self.arguments = [
            f"--data-dir={self.folder / 'data'}", f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}", f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
            f"--max-txn-ops={_BATCH}", "--log-level=error", "--unsafe-no-fsync",
        ]  # fmt: skip
        if self.certificates:
            files = self.certificates
            self.arguments += ["--client-cert-auth", f"--trusted-ca-file={files.ca}"]
            self.arguments += [f"--cert-file={files.server}", f"--key-file={files.server_key}"]

    @property
    def credentials(self) -> Credentials:
        """What a client of this server needs."""
        files = self.certificates
        return Credentials(str(files.ca), str(files.client), str(files.client_key)) if files else Credentials()

    def __enter__(self) -> EtcdServer:
        log = self.folder / "log"
        for _ in range(_ATTEMPTS):
            if self._starts(log):
                return self
            self.kill()
            if "address already in use" not in log.read_text():
                break
            # Another process took a port between its choice and its use.
            log.unlink()
            self._choose_ports()
        raise RuntimeError(f"etcd did not start:\n{log.read_text()[-2000:] if log.exists() else 'no free port'}")

    def _starts(self, log: Path) -> bool:
        with log.open("ab") as output:
            self.process = subprocess.Popen([program("etcd"), *self.arguments], stdout=output, stderr=output)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            # The client library waits a second after a refused connection, so it is not used before one can be made.
            if _listens(self.port) and self._is_well():
                return True
            time.sleep(0.02)
        return False

    def _is_well(self) -> bool:
        try:
            etcd = Etcd(self.url, self.credentials, 1)
        except EtcdError:
            return False
        problem = etcd.health().problem
        etcd.close()
        return not problem

    def __exit__(self, *exception: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.resume()
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        """Let it answer nothing until it is resumed."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """What etcdctl answers."""
        files = self.certificates
        tls = [f"--cacert={files.ca}", f"--cert={files.client}", f"--key={files.client_key}"] if files else []
        command = [program("etcdctl"), f"--endpoints={self.url}", *tls, *arguments]
        environment = {**os.environ, "ETCDCTL_API": "3"}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def load(self, pairs: Iterable[tuple[str, bytes]]) -> None:
        """Store keys with their values, a thousand in a transaction."""
        etcd = Etcd(self.url, self.credentials, 60)
        transact = etcd.client.channel.unary_unary("/etcdserverpb.KV/Txn")
        pending = iter(pairs)
        while batch := list(islice(pending, _BATCH)):
            transact(b"".join(_put(key.encode(), value) for key, value in batch), timeout=60)
        etcd.close()


def _put(key: bytes, value: bytes) -> bytes:
    """One operation of a TxnRequest (etcd: api/etcdserverpb/rpc.proto): success, of it request_put, of it two texts."""
    return _text(2, _text(2, _text(1, key) + _text(2, value)))


def _text(number: int, data: bytes) -> bytes:
    length, size = len(data), bytearray()
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes((number << 3 | 2, *size, length)) + data


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
