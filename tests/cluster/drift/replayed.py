"""A recorded server that answers as it did, over HTTP or in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.cluster.apiserver import Answer
from tests.cluster.live.api_server import Fault, Reply, status, text
from tests.recordings import document
from tools.record.scratch import expand

ETCD_PORT = "23790"
FLAGZ = "as=Flagz"


def recorded(name: str) -> dict[str, Any]:
    return document("live", f"{name}.json")


def values(folder: Path, port: int) -> dict[str, str]:
    """What the placeholders in a recording stand for."""
    return {"T": str(folder), "E": ETCD_PORT, "P": str(port)}


def flags(live: dict[str, Any], port: int) -> list[str]:
    """The flags of a server that listens on a port; `$T` and `$E` are left."""
    return [flag.replace("$P", str(port)) for flag in live["flags"]]


def files(live: dict[str, Any]) -> dict[str, Any]:
    return {name if name.startswith("$T") else f"$T/{name}": content for name, content in live["files"].items()}


class Replayed:
    """The answers of one recorded server; `faults` are answers by path that go before all others."""

    def __init__(self, live: dict[str, Any], folder: Path, **settings: Any) -> None:
        self.live = live
        self.folder = folder
        self.port: int = settings.get("port", 0)
        self.token: str = settings.get("token", "")
        self.faults: dict[str, Reply | Fault] = settings.get("faults", {})
        self.asked: list[str] = []

    def __call__(self, target: str, headers: Any) -> Reply | Fault:
        path = target.partition("?")[0]
        self.asked.append(path)
        if path in self.faults:
            return self.faults[path]
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            return status(401, {"kind": "Status", "code": 401})
        return self.answer(path, headers.get("Accept") or "")

    def answer(self, path: str, accept: str) -> Reply:
        live, name = self.live, path.strip("/")
        if path == "/flagz" and isinstance(live.get("flagzText"), str):
            return self._flagz(accept)
        if path == "/metrics":
            return text(200, self._metrics())
        if path == "/version":
            return status(200, live["/version"])
        if path == "/statusz" and isinstance(live.get("statuszText"), str):
            return text(200, live["statuszText"])
        if path == "/apis":
            return status(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": self._groups()})
        if isinstance(live["discovery"].get(name), list):
            rows = [
                {"name": n, "kind": k, **({"storageVersionHash": h} if h else {})}
                for n, k, h in live["discovery"][name]
            ]
            return status(200, {"kind": "APIResourceList", "resources": rows})
        if name in ("healthz", "livez", "readyz"):
            lines = "".join(f"[+]{check} ok\n" for check in live[name])
            return text(200, f"{lines}{name} check passed\n")
        return status(404, {"kind": "Status", "code": 404})

    def _flagz(self, accept: str) -> Reply:
        own = values(self.folder, self.port)
        if FLAGZ not in accept:
            return text(200, expand(self.live["flagzText"], own))
        if not self.live.get("flagz"):
            return text(406, "Not Acceptable")
        page = {name: expand(value, own) for name, value in self.live["flagz"].items()}
        return status(200, {"kind": "Flagz", "apiVersion": "config.k8s.io/v1beta1", "metadata": {}, "flags": page})

    def _metrics(self) -> str:
        live = self.live
        gates = "".join(f'kubernetes_feature_enabled{{name="{n}",stage=""}} {v}\n' for n, v in live["gates"].items())
        labels = ",".join(f'{name}="{value}"' for name, value in live["versionInfo"].items())
        return gates + (f"version_info{{{labels}}} 1\n" if labels else "") + "apiserver_request_total 0\n"

    def _groups(self) -> list[dict[str, Any]]:
        groups: dict[str, list[dict[str, str]]] = {}
        for name in self.live["discovery"]:
            if name.startswith("apis/"):
                _, group, version = name.split("/")
                groups.setdefault(group, []).append({"groupVersion": f"{group}/{version}", "version": version})
        return [{"name": group, "versions": versions} for group, versions in groups.items()]


class InProcess:
    """A client of a recorded server without a network, with what `ask` uses of APIServer."""

    def __init__(self, replayed: Replayed) -> None:
        self.replayed = replayed
        self.port = replayed.port
        self.url = f"https://127.0.0.1:{self.port}"
        self.hide = str

    def get_data(self, path: str, accept: str = "*/*", lines: tuple[bytes, ...] = ()) -> Answer:
        reply = self.replayed(path, {"Accept": accept})
        assert isinstance(reply, tuple)
        body = reply[2]
        if lines and reply[0] == 200:
            body = b"".join(line for line in body.splitlines(keepends=True) if line.startswith(lines))
        return Answer(reply[0], body.decode(), 0.0)
