"""Name what is undecided for a Kubernetes version: every home of data that lacks it.

python -m tools.check_version 1.38           # what is missing; exit code 1 if anything is
python -m tools.check_version --drop 1.31    # rows of hand-made data that go when that version is dropped
"""

from __future__ import annotations

import argparse
import sys

from tools.check_version.homes import ending_with, undecided


def main(arguments: list[str]) -> int:
    """Print one line for each thing that is undecided."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_version", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("version", help="a minor version: 1.38")
    parser.add_argument("--drop", action="store_true", help="list the rows that end with the version")
    options = parser.parse_args(arguments)
    if options.drop:
        for place in ending_with(options.version):
            print(place)
        return 0
    result = list(undecided(options.version))
    for line in result:
        print(line)
    print(f"{options.version}: {len(result)} undecided" if result else f"{options.version}: nothing is undecided")
    return int(bool(result))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
