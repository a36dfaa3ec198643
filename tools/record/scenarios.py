"""Recordings of single servers: runs, what a live server reports about itself, and verdicts on lists of flags."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tools.record import observe
from tools.record.apiserver import KubeAPIServer
from tools.record.etcd import Etcd
from tools.record.objects import create_objects
from tools.record.scratch import BASELINE, case_flags, over
from tools.record.stored import stored_form

_READY_SECONDS = 60.0
_PORT = "23790"
"""The port of etcd in lists of flags, which are given as they were."""
_PAGES = ("ComponentFlagz", "ComponentStatusz")
_VERSION = re.compile(r"(--(?:emulated|min-compatibility)-version=(?:kube=)?1\.)(\d+)")

Recording = dict[str, Any]


class Recorder:
    """Runs one binary case after case against one etcd; what a case leaves in etcd is deleted after it."""

    def __init__(self, program: str, version: str, etcd: Etcd, scratch: Path) -> None:
        self.version = version
        self._program, self._etcd, self._scratch = program, etcd, scratch
        self._count = 0

    def server(self, flags: list[str], files: dict[str, Any] | None = None) -> KubeAPIServer:
        """Start a server with all of its flags, on an etcd without keys."""
        self._etcd.clear()
        self._count += 1
        return KubeAPIServer(self._program, self._scratch / str(self._count), self._etcd.port, flags, files or {})

    def run(self, case: Recording, with_objects: bool) -> Recording:
        """Return the recording of a scenario: {scenario, flags, files}."""
        head = {"kubernetesMinor": self.version} | {key: case[key] for key in ("scenario", "flags", "files")}
        with self.server(case_flags(case["flags"]), case["files"]) as server:
            if not server.wait("/readyz", _READY_SECONDS) and server.process.exit_code is not None:
                return {**head, "started": False, "error": server.error()}
            # Before there are custom resources, whose versions are their own.
            resources = observe.discovery(server)
            refused = create_objects(server) if with_objects else []
            result: Recording = {**head, "started": True}
            result |= {endpoint: observe.health_checks(server, endpoint) for endpoint in observe.ENDPOINTS}
            result["storageVersions"] = observe.storage_versions(resources)
            values = self._etcd.values()
            result["etcdKeys"] = list(values)
            if with_objects:
                result["etcdValues"] = {key: stored_form(value) for key, value in values.items()}
                result |= {"refused": refused} if refused else {}
            return result

    def live(self, case: Recording) -> Recording:
        """Return what a server reports about itself: {flags (all of them, with $T, $E and $P), files}."""
        with self.server(case["flags"], case["files"]) as server:
            ready = server.wait("/readyz", _READY_SECONDS)
            if server.process.exit_code is not None:
                raise RuntimeError(f"the server exited: {server.error()}")
            samples = observe.metrics(server)
            info = next((labels for name, labels, _ in samples if name == "version_info"), {})
            result: Recording = {
                "version": self.version,
                "flags": case["flags"],
                "files": case["files"],
                "ready": ready,
                "cmdline": server.cmdline(),
                "flagz": observe.flagz(server),
                "flagzText": observe.page(server, "/flagz"),
                "statuszText": observe.page(server, "/statusz"),
                "gates": {name: int(enabled) for name, (_, enabled) in observe.gates_of(samples).items()},
                "metricNames": sorted({name for name, _, _ in samples}),
                "versionInfo": info,
                "/version": _version(server),
                "preferred": observe.preferred(server),
                "discovery": {
                    path: [[each["name"], each["kind"], each.get("storageVersionHash", "")] for each in resources]
                    for path, resources in observe.discovery(server).items()
                },
                "anonymousLivez": server.get("/livez", anonymous=True).status,
            }
            result |= {endpoint: observe.health_checks(server, endpoint) for endpoint in observe.ENDPOINTS}
            return {key: value for key, value in result.items() if value is not None}

    def verdict(self, baseline: list[str], case: Recording) -> Recording:
        """Return a case {id, flags, drop?, files?, rule?} with the outcome and, if the server exited, its message."""
        kept: Recording = {key: case[key] for key in ("id", "flags", "drop", "files", "rule") if key in case}
        flags = [flag.replace(_PORT, "$E") for flag in over(baseline, case["flags"], case.get("drop", []))]
        files = {path: str(text).replace(_PORT, "$E") for path, text in case.get("files", {}).items()}
        with self.server(flags, files) as server:
            # Whoever answers serves; it need not be healthy.
            if server.wait("/livez", _READY_SECONDS, ready=False):
                kept.pop("rule", None)
                return {**kept, "outcome": "accept"}
            if server.process.exit_code is None:
                raise RuntimeError(
                    f"{case.get('id', case['flags'])}: neither served nor exited within {_READY_SECONDS:g} s"
                )
            return {**kept, "outcome": "reject", "message": server.restored(server.error()).replace("$E", _PORT)}


def scenarios(recordings: Path, earlier: str, version: str) -> list[Recording]:
    """Return the scenarios of an earlier version's runs, and whether each had objects.

    Those with a KMS plugin have none: the server starts without it, but does not become ready.
    """
    return [
        {**run, "flags": moved(run["flags"], earlier, version), "objects": "etcdValues" in run}
        for run in _documents(recordings / "runs", earlier)
    ]


def live_cases(recordings: Path, earlier: str, version: str, gates: Iterable[str]) -> dict[str, Recording]:
    """Return name -> case of an earlier version's live recordings; without any, the baseline.

    `gates` are those of the binary: its pages /flagz and /statusz are enabled if it has them.
    """
    prefix = f"v{earlier}-"
    paths = sorted((recordings / "live").glob(f"{prefix}*.json"))
    result = {path.stem.removeprefix(prefix): _read(path) for path in paths}
    pages = ",".join(f"{gate}=true" for gate in _PAGES if gate in set(gates))
    plain = [*BASELINE, "--secure-port=$P", *([f"--feature-gates={pages}"] if pages else [])]
    result = result or {"s-default": {"flags": plain, "files": {}}}
    return {name: {**case, "flags": moved(case["flags"], earlier, version)} for name, case in result.items()}


def moved(flags: list[str], earlier: str, version: str) -> list[str]:
    """Return flags whose emulated and compatibility versions are as far behind `version` as behind `earlier`."""
    distance = int(version[2:]) - int(earlier[2:])
    return [_VERSION.sub(lambda match: f"{match[1]}{int(match[2]) + distance}", flag) for flag in flags]


def each(cases: Iterable[Any], work: Callable[[Any], Any], say: Callable[[str], None]) -> list[Any]:
    """Return the results of the cases that could be recorded; `say` gets the reason for each other one."""
    results = []
    for case in cases:
        try:
            results.append(work(case))
        except (OSError, RuntimeError) as error:
            say(f"not recorded: {error}")
    return results


def _version(server: KubeAPIServer) -> dict[str, str]:
    """Return /version without what differs from build to build."""
    build = ("buildDate", "compiler", "gitCommit", "gitTreeState", "goVersion", "platform")
    return {key: value for key, value in (server.get("/version").json() or {}).items() if key not in build}


def _documents(directory: Path, version: str) -> list[Recording]:
    return [_read(path) for path in sorted(directory.glob(f"v{version}-*.json"))]


def _read(path: Path) -> Recording:
    value: Recording = json.loads(path.read_text())
    return value
