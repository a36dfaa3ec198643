"""Measure run times of kasc and of check-jsonschema, in turn. Compare ratios.

usage: python benchmarks/speed.py [--rounds N] [--documents N]

Without check-jsonschema in the environment, only kasc is measured. This only prints figures.
"""

from __future__ import annotations

import argparse
import compileall
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples/apiserver.yaml"
HARDENED = ROOT / "samples/hardened/apiserver.yaml"
"""A document with five structured files."""
SCHEMA = ROOT / "schemas/v1.36/apiserver.schema.json"


def seconds(command: list[str]) -> float:
    """Return the wall-clock time of a command, which has to succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command")
    parser.add_argument("--documents", type=int, default=200, help="documents in a batch")
    options = parser.parse_args()
    # An installed package has bytecode; an editable install may have none.
    compileall.compile_dir(ROOT / "compiler", quiet=1)
    programs = Path(sys.executable).parent
    kasc, peer = str(programs / "kasc"), programs / "check-jsonschema"
    with tempfile.TemporaryDirectory() as directory:
        batch = [Path(directory, f"document-{number:05}.yaml") for number in range(options.documents)]
        for number, path in enumerate(batch):
            path.write_text(f"{SAMPLE.read_text()}# {number}\n")
        names = [str(path) for path in batch]
        commands = {
            "import yaml": [sys.executable, "-c", "import yaml"],
            "check one": [kasc, "check", str(SAMPLE)],
            "check hardened": [kasc, "check", str(HARDENED)],
            "compile one": [kasc, "compile", str(SAMPLE), "-o", f"{directory}/out"],
            "check batch": [kasc, "check", *names],
        }
        if peer.exists():
            commands["peer one"] = [str(peer), "--schemafile", str(SCHEMA), str(SAMPLE)]
            commands["peer batch"] = [str(peer), "--schemafile", str(SCHEMA), *names]
        else:
            print("skipped: check-jsonschema is not installed")
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command)
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(seconds(command))
    middle = {name: median(each) for name, each in times.items()}
    for name, value in middle.items():
        print(f"{name:14} {1000 * value:8.1f} ms")
    for upper, lower in (
        ("check one", "import yaml"),
        ("check hardened", "check one"),
        ("compile one", "check one"),
        ("peer one", "check one"),
        ("peer batch", "check batch"),
    ):
        if upper in middle:
            print(f"{upper} / {lower}: {middle[upper] / middle[lower]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
