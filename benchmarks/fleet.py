"""Measure kasc on a fleet: CPU time for each document, an unchanged run, memory. Compare ratios and growth.

usage: python benchmarks/fleet.py [--documents N] [--jobs N] [--short]

The CPU time of all processes together is what a core spends on a document, however busy the machine is; wall time is
printed next to it. This only prints figures.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BASE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: base}
etcd:
  etcdServers: [https://10.0.0.11:2379, https://10.0.0.12:2379, https://10.0.0.13:2379]
  etcdCAFile: /etc/kubernetes/pki/etcd/ca.crt
  etcdCertFile: /etc/kubernetes/pki/apiserver-etcd-client.crt
  etcdKeyFile: /etc/kubernetes/pki/apiserver-etcd-client.key
secureServing:
  tlsCertFile: /etc/kubernetes/pki/apiserver.crt
  tlsPrivateKeyFile: /etc/kubernetes/pki/apiserver.key
authentication:
  clientCAFile: /etc/kubernetes/pki/ca.crt
  serviceAccountKeyFile: [/etc/kubernetes/pki/sa.pub]
admission:
  enableAdmissionPlugins: [NodeRestriction]
authorization:
  authorizationMode: [Node, RBAC]
misc:
  serviceClusterIPRange: 10.96.0.0/16
  serviceAccountSigningKeyFile: /etc/kubernetes/pki/sa.key
  kubeletClientCertificate: /etc/kubernetes/pki/apiserver-kubelet-client.crt
  kubeletClientKey: /etc/kubernetes/pki/apiserver-kubelet-client.key
  kubeletCertificateAuthority: /etc/kubernetes/pki/ca.crt
"""
DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
metadata: {{name: cluster-{0:05}}}
extends: [../base/apiserver.yaml]
authentication:
  serviceAccountIssuer: [https://cluster-{0:05}.example.com]
"""


class Cost(NamedTuple):
    """CPU seconds of all processes, wall-clock seconds, and the largest resident set of any process in MiB."""

    cpu: float
    wall: float
    memory: float


def make(directory: Path, number: int) -> None:
    (directory / "base").mkdir(parents=True)
    (directory / "base/apiserver.yaml").write_text(BASE)
    for index in range(number):
        place = directory / f"part-{index // 100:03}"
        place.mkdir(exist_ok=True)
        (place / f"cluster-{index:05}.yaml").write_text(DOCUMENT.format(index))


def children_seconds() -> float:
    """Return the CPU time of the processes that this one has waited for, and of theirs."""
    used = os.times()
    return used.children_user + used.children_system


def run(*words: str) -> Cost:
    """Run kasc, which has to succeed, and sample its memory while it runs."""
    command = [sys.executable, "-c", "from compiler.cli.main import program; program()", *words]
    before, start, largest = children_seconds(), time.perf_counter(), 0
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            largest = max([largest, *map(marks, family(process.pid))])
            time.sleep(0.1)
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"kasc {' '.join(words)} exited with code {process.returncode}")
    return Cost(children_seconds() - before, wall, largest / 1024)


def family(process: int) -> list[int]:
    """Return a process and its children."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        children = ""
    return [process, *map(int, children.split())]


def marks(process: int) -> int:
    """Return the largest resident set of a process, in KiB."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return max((int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line), default=0)


def measure(directory: Path, number: int, jobs: str) -> dict[str, Cost]:
    """Check, compile without a cache, compile again, and compile with `--check`."""
    make(directory / "clusters", number)
    clusters = str(directory / "clusters")
    words = ("compile", clusters, "-o", str(directory / "out"), "--cache", str(directory / "cache"), "--jobs", jobs)
    costs = {"check": run("check", clusters, "--jobs", jobs)}
    for name, more in (("compile", ()), ("unchanged", ()), ("gate", ("--check",))):
        costs[name] = run(*words, *more)
    shutil.rmtree(directory)
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000, help="documents of the large fleet")
    parser.add_argument("--jobs", default=str(len(os.sched_getaffinity(0))), help="processes")
    parser.add_argument("--short", action="store_true", help="use a tenth of the documents")
    options = parser.parse_args()
    compileall.compile_dir(ROOT / "compiler", quiet=1)
    large = options.documents // 10 if options.short else options.documents
    costs = {}
    with tempfile.TemporaryDirectory() as directory:
        for number in (large // 10, large):
            costs[number] = measure(Path(directory, str(number)), number, options.jobs)
    print(f"{'':10}", *(f"{f'{number} documents':>38}" for number in costs))
    for name in costs[large]:
        cells = [
            f"{1000 * cost.cpu / number:8.3f} ms a core, {cost.wall:6.2f} s, {cost.memory:4.0f} MiB"
            for number, cost in ((number, runs[name]) for number, runs in costs.items())
        ]
        print(f"{name:10}", *(f"{cell:>38}" for cell in cells))
    cpu = {name: cost.cpu for name, cost in costs[large].items()}
    print(f"compile / check: {cpu['compile'] / cpu['check']:.2f}")
    print(f"unchanged / compile: {cpu['unchanged'] / cpu['compile']:.3f}")
    print(f"memory of compile, {large} / {large // 10} documents: "
          f"{costs[large]['compile'].memory / costs[large // 10]['compile'].memory:.2f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
