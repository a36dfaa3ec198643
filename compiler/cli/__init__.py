"""The programs `kasc` and `compile`. This module imports no others, so that an interrupt during imports is handled."""

from __future__ import annotations

import os
import sys


def program() -> None:
    """Run the program `kasc`."""
    _start("program")


def compile_program() -> None:
    """Run the program `compile`, short for `kasc compile`."""
    _start("compile_program")


def _start(name: str) -> None:
    try:
        from compiler.cli import main as cli

        getattr(cli, name)()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("kasc: interrupted", file=sys.stderr, flush=True)
        os._exit(128 + 2)
