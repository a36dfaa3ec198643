"""The programs `kasc` and `compile`. An interrupt may come while modules are loaded, so this one imports no others."""

from __future__ import annotations

import os
import sys


def program() -> None:
    """The program `kasc`."""
    _start("program")


def compile_program() -> None:
    """The program `compile`: the same as `kasc compile`."""
    _start("compile_program")


def _start(name: str) -> None:
    try:
        from compiler.cli import main as cli

        getattr(cli, name)()
    except KeyboardInterrupt:
        if sys.stderr is not None:
            print("kasc: interrupted", file=sys.stderr, flush=True)
        os._exit(128 + 2)
