"""Run the fuzzer: python -m tools.fuzz [--executions N] [--seed S] [--only WORD] [--save DIR]."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tools.fuzz.engine import Engine
from tools.fuzz.targets import Targets


def main() -> int:
    """Run the campaigns one after the other; 1 if an input made one of them fail."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--executions", type=int, default=20_000, help="of all campaigns together")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same inputs")
    parser.add_argument("--only", metavar="WORD", default="", help="campaigns whose names have this word")
    parser.add_argument("--save", metavar="DIR", help="write inputs that fail to this directory")
    options = parser.parse_args()
    failed = 0
    print(f"{'campaign':32} {'executions':>10} {'kept':>6} {'seconds':>8} {'slowest':>8} {'failures':>8}")
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
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
