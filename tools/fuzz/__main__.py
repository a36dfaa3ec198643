"""Run the fuzzer: python -m tools.fuzz [--executions N] [--seed S] [--only WORD] [--save DIR]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from compiler.cluster.etcd import configure_libraries
from tools.fuzz.engine import Engine
from tools.fuzz.targets import Targets


def main() -> int:
    """Run the campaigns; return 1 if an input made one of them fail."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--executions", type=int, default=20_000, help="total number for all campaigns")
    parser.add_argument("--seed", type=int, default=0, help="the same seed produces the same inputs")
    parser.add_argument("--only", metavar="WORD", default="", help="run only campaigns whose names contain this word")
    parser.add_argument("--save", metavar="DIR", help="write failing inputs to this directory")
    options = parser.parse_args()
    configure_libraries()
    failed = 0
    print(f"{'campaign':32} {'executions':>10} {'corpus':>6} {'seconds':>8} {'slowest':>8} {'failures':>8}")
    with tempfile.TemporaryDirectory() as directory:
        targets = Targets(Path(directory))
        chosen = [campaign for campaign in targets.campaigns if options.only in campaign.name]
        shares = sum(campaign.share for campaign in chosen)
        for campaign in chosen:
            engine = Engine(campaign, options.seed)
            engine.run(max(1, round(options.executions * campaign.share / shares)))
            figures = (engine.executions, len(engine.corpus), engine.seconds, engine.slowest, len(engine.failures))
            print("{:32} {:10} {:6} {:8.1f} {:8.2f} {:8}".format(campaign.name, *figures), flush=True)
            for kind, (data, trace) in engine.failures.items():
                failed += 1
                print(f"--- {kind}\n{trace}", file=sys.stderr)
                if options.save:
                    path = Path(options.save, f"{campaign.name.replace(' ', '-')}-{failed}")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
