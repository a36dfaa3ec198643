"""Measure what 20 rules of an organisation add to a check, of one document and of each in a fleet. Compare ratios.

usage: python benchmarks/policies.py [--rounds N] [--documents N]

Times are CPU times of the process, however busy the machine is: the shortest of all rounds. This only prints figures.
"""

from __future__ import annotations

import argparse
import compileall
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from fleet import children_seconds

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples/hardened/apiserver.yaml"
POLICIES = ROOT / "samples/policies"
RULES = 20


def seconds(command: list[str]) -> float:
    """Return the CPU time of a command, whose exit code may be that of findings."""
    before = children_seconds()
    subprocess.run(command, check=False, capture_output=True)
    return children_seconds() - before


def policy() -> dict[str, Any]:
    """Return a policy of rules that the sample meets: the time of printing findings is that of any finding."""
    from compiler.cli.policies import policies_of
    from compiler.review.examine import Settings, examine

    judged = examine(str(SAMPLE), Settings(policies=policies_of([str(POLICIES)]))).report.policies
    met = {control.id for result in judged for control in result.controls if control.status == "pass"}
    files = [yaml.safe_load(path.read_text()) for path in sorted(POLICIES.glob("*.yaml"))]
    rules = [rule for file in files for rule in file["rules"] if rule["id"] in met]
    for rule in rules:
        rule.pop("examples")
    definitions = {name: schema for file in files for name, schema in file.get("$defs", {}).items()}
    head = {"apiVersion": "kasc/v1", "kind": "Policy", "metadata": {"name": "benchmark"}}
    return {**head, "$defs": definitions, "rules": rules[:RULES]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each command")
    parser.add_argument("--documents", type=int, default=200, help="documents in a fleet")
    options = parser.parse_args()
    # An installed package has bytecode; an editable install may have none.
    compileall.compile_dir(ROOT / "compiler", quiet=1)
    kasc = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from compiler.cli import program; program()",
    ]
    with tempfile.TemporaryDirectory(dir=SAMPLE.parent) as directory:
        rules = Path(directory, "rules.yml")
        rules.write_text(yaml.safe_dump(policy(), sort_keys=False))
        text = SAMPLE.read_text().replace("source: ", "source: ../")
        fleet = [Path(directory, f"document-{number:05}.yaml") for number in range(options.documents)]
        for number, path in enumerate(fleet):
            path.write_text(text.replace("name: hardened", f"name: cluster-{number}"))
        one = [*kasc, "check", str(SAMPLE), "--jobs", "1"]
        many = [*kasc, "check", *map(str, fleet), "--jobs", "1"]
        commands = {
            "import yaml": [sys.executable, "-c", "import yaml"],
            "check": one,
            "check with rules": [*one, "--policy", str(rules)],
            "fleet": many,
            "fleet with rules": [*many, "--policy", str(rules)],
        }
        best = {name: seconds(command) for name, command in commands.items()}
        for _ in range(options.rounds):
            for name, command in commands.items():
                best[name] = min(best[name], seconds(command))
    for name, value in best.items():
        print(f"{name:18} {1000 * value:8.1f} ms")
    added = best["check with rules"] - best["check"]
    each = (best["fleet with rules"] - best["fleet"] - added) / options.documents
    whole = (best["fleet"] - best["check"]) / options.documents
    print(f"{RULES} rules add {1000 * added:.1f} ms to a check, {added / best['import yaml']:.2f} of importing yaml")
    print(f"{RULES} rules add {1000 * each:.2f} ms to a document of a fleet, {each / whole:.2f} of checking it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
