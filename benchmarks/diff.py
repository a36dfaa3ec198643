"""Measure kasc diff: two documents against check of one, and a changed base of many documents. Compare ratios.

usage: python benchmarks/diff.py [--rounds N] [--documents N]

The CPU time of all processes together is what a core spends, however busy the machine is; of several rounds, the
shortest counts. This only prints figures.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import fleet

SAMPLES = fleet.ROOT / "samples"
KASC = [sys.executable, "-c", "from compiler.cli.main import program; program()"]


def seconds(*words: str, directory: Path = fleet.ROOT) -> float:
    """Return the CPU time of kasc, which has to succeed."""
    before = fleet.children_seconds()
    environment = os.environ | {"PYTHONPATH": str(fleet.ROOT)}
    subprocess.run([*KASC, *words], check=True, capture_output=True, cwd=directory, env=environment)
    return fleet.children_seconds() - before


def repository(directory: Path, number: int) -> None:
    """Make a repository in which the base of all documents has changed."""
    fleet.make(directory / "clusters", number)
    git = ["git", "-C", str(directory), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *words], check=True, capture_output=True)
    base = directory / "clusters/base/apiserver.yaml"
    base.write_text(base.read_text().replace("10.0.0.13", "10.0.0.14") + "features: {profiling: false}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each command")
    parser.add_argument("--documents", type=int, default=1000, help="documents that change")
    options = parser.parse_args()
    compileall.compile_dir(fleet.ROOT / "compiler", quiet=1)
    best: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        changed = directory / "changed.yaml"
        changed.write_text((SAMPLES / "apiserver.yaml").read_text().replace("v: 2", "v: 3") + "# changed\n")
        repository(directory / "fleet", options.documents)
        commands = {
            "check": ("check", str(SAMPLES / "apiserver.yaml")),
            "diff": ("diff", str(SAMPLES / "apiserver.yaml"), str(changed)),
            "check hardened": ("check", str(SAMPLES / "hardened/apiserver.yaml")),
            "diff hardened": ("diff", str(SAMPLES / "minimal.yaml"), str(SAMPLES / "hardened/apiserver.yaml")),
            "check fleet": ("check", "clusters"),
            "diff fleet": ("diff", "--since", "main", "clusters"),
            "diff fleet json": ("diff", "--since", "main", "clusters", "--output", "json"),
        }
        for _ in range(options.rounds):
            for key, words in commands.items():
                used = seconds(*words, directory=directory / "fleet")
                best[key] = min(used, best.get(key, used))
    for key, value in best.items():
        each = f" ({1000 * value / options.documents:.2f} ms a document)" if "fleet" in key else ""
        print(f"{key:16} {1000 * value:8.1f} ms{each}")
    for upper, lower in (("diff", "check"), ("diff hardened", "check hardened"), ("diff fleet", "check fleet")):
        print(f"{upper} / {lower}: {best[upper] / best[lower]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
