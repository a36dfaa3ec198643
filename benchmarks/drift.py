"""Measure `kasc drift --contexts` on servers that answer as a recorded one, over TLS on loopback.

usage: python benchmarks/drift.py [--servers N] [--rounds N]

The servers run in a separate process. This only prints figures: seconds for a tenth of the servers and for all of
them, and how many times longer all of them take; far more than ten says that the time grows faster than their number.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

from fleet import children_seconds

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.cluster.drift.replayed import Replayed, files, flags, recorded, values  # noqa: E402
from tests.cluster.live.api_server import Fault, Reply, Server  # noqa: E402
from tests.cluster.live.certificates import Certificates, make_certificates  # noqa: E402
from tools.record.scratch import expand, write_files, write_keys  # noqa: E402

KASC = [sys.executable, "-c", "from compiler.cli import program; program()"]
NAME = "v1.36-s-default"


class Quick(Replayed):
    """A recorded server that computes each answer once, so that the time is that of kasc."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answered = cache(self.answer)

    def __call__(self, target: str, headers: Any) -> Reply | Fault:
        return self.answered(target.partition("?")[0], headers.get("Accept") or "")


def serve(number: int, directory: Path, certificates: Certificates, ports: Connection) -> None:
    """Run servers until this process is terminated."""
    servers = []
    for _ in range(number):
        answers = Quick(recorded(NAME), directory)
        server = Server(answers, certificates)
        answers.port = server.port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 60}, daemon=True).start()
        servers.append(server)
    ports.send([server.port for server in servers])
    ports.recv()


def write(directory: Path, ports: list[int], certificates: Certificates) -> None:
    """Write a declaration for each server, a kubeconfig, and the context of each declaration."""
    live = recorded(NAME)
    write_files(files(live), values(directory, 0))
    declared = directory / "servers"
    declared.mkdir()
    config: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "clusters": [], "contexts": [], "users": []}
    for number, port in enumerate(ports):
        words = [expand(flag, values(directory, port)) for flag in flags(live, port)]
        container = {"name": "kube-apiserver", "image": f"kube-apiserver:v{live['version']}.0"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"server-{number}"},
            "spec": {"containers": [container | {"command": ["kube-apiserver", *words]}]},
        }
        (declared / f"{number}.json").write_text(json.dumps(pod, indent=1))
        cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(certificates.ca)}
        config["clusters"].append({"name": f"c{number}", "cluster": cluster})
        config["contexts"].append({"name": f"c{number}", "context": {"cluster": f"c{number}", "user": "u"}})
    config["users"].append({"name": "u", "user": {"token": "benchmark"}})
    (directory / "kubeconfig").write_text(json.dumps(config))


def measured(directory: Path, number: int) -> tuple[float, float]:
    """Return the seconds in which the first servers are compared, and those of CPU time that kasc needs."""
    (directory / "contexts.yaml").write_text("".join(f"server-{index}: c{index}\n" for index in range(number)))
    paths = [str(directory / f"servers/{index}.json") for index in range(number)]
    options = ["--kubeconfig", f"{directory}/kubeconfig", "--contexts", f"{directory}/contexts.yaml"]
    start, before = time.perf_counter(), children_seconds()
    ran = subprocess.run([*KASC, "drift", *paths, *options], stdout=subprocess.PIPE, text=True, check=False)
    seconds, used = time.perf_counter() - start, children_seconds() - before
    if ran.returncode not in (0, 3):
        raise SystemExit(f"{ran.stdout}kasc exited with code {ran.returncode}")
    return seconds, used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=100, help="servers to compare")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each command")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_keys(directory)
        certificates = make_certificates(directory)
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(options.servers, directory, certificates, there), daemon=True)
        process.start()
        write(directory, here.recv(), certificates)
        numbers = (max(1, options.servers // 10), options.servers)
        runs = [[measured(directory, number) for _ in range(options.rounds)] for number in numbers]
        process.terminate()
    few, everything = (median(seconds for seconds, _ in each) for each in runs)
    for number, each in zip(numbers, runs, strict=True):
        seconds, used = (median(column) for column in zip(*each, strict=True))
        print(f"{number:4} servers {seconds:6.2f} s, {used:6.2f} s of CPU time")
    print(f"{everything / few:.1f} times as long")
    return 0


if __name__ == "__main__":
    sys.exit(main())
