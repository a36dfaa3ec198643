"""Write all generated files of the repository, or with `--check` report the stale ones.

usage: python -m tools.generate [--check]
"""

from __future__ import annotations

import subprocess
import sys

GENERATORS = (
    "catalog",
    "rules",
    "recipes",
    "consequences",
    "hops",
    "schemas",
    "pods",
    "resolved_schema",
    "policy_schema",
    "health_page",
    "changes_page",
    "codes",
)
"""Modules of this package, in an order in which each finds what it reads."""


def main(arguments: list[str]) -> int:
    """Run every generator; return 1 if a file is stale or a generator fails, and 2 for wrong usage."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    # A process for each: the package caches the data that an earlier generator has just written.
    failed = [
        name
        for name in GENERATORS
        if subprocess.run([sys.executable, "-m", f"tools.generate.{name}", *arguments], check=False).returncode
    ]
    if failed:
        print(f"{'stale' if arguments else 'failed'}: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
