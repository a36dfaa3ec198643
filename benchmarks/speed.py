"""Whole-process times of kasc beside its peers', taken in turn in one run; ratios are what counts.

usage: python benchmarks/speed.py [--rounds N] [--documents N]

Run it in an environment that has kasc and check-jsonschema. Prints; judges nothing.
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
"""Has five structured files, with webhooks and CEL."""
SCHEMA = ROOT / "schemas/v1.36/apiserver.schema.json"


def seconds(command: list[str]) -> float:
    """Wall time of one run of a command that has to succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="runs of each command")
    parser.add_argument("--documents", type=int, default=200, help="documents of the runs over many")
    options = parser.parse_args()
    # An editable install may have no bytecode, and may not be allowed to write it; an installed package has it.
    compileall.compile_dir(ROOT / "compiler", quiet=1)
    programs = Path(sys.executable).parent
    kasc, peer = str(programs / "kasc"), str(programs / "check-jsonschema")
    with tempfile.TemporaryDirectory() as folder:
        many = [Path(folder, f"document-{number:05}.yaml") for number in range(options.documents)]
        for number, path in enumerate(many):
            path.write_text(f"{SAMPLE.read_text()}# {number}\n")
        names = [str(path) for path in many]
        commands = {
            "import yaml": [sys.executable, "-c", "import yaml"],
            "check one": [kasc, "check", str(SAMPLE)],
            "check hardened": [kasc, "check", str(HARDENED)],
            "compile one": [kasc, "compile", str(SAMPLE), "-o", f"{folder}/out"],
            "peer one": [peer, "--schemafile", str(SCHEMA), str(SAMPLE)],
            "check many": [kasc, "check", *names],
            "peer many": [peer, "--schemafile", str(SCHEMA), *names],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            seconds(command)
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(seconds(command))
    middle = {name: median(found) for name, found in times.items()}
    for name, value in middle.items():
        print(f"{name:14} {1000 * value:8.1f} ms")
    for upper, lower in (
        ("check one", "import yaml"),
        ("check hardened", "check one"),
        ("compile one", "check one"),
        ("peer one", "check one"),
        ("peer many", "check many"),
    ):
        print(f"{upper} / {lower}: {middle[upper] / middle[lower]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
