"""`kasc completion SHELL`: a script that makes a shell complete kasc's commands and options."""

from __future__ import annotations

from argparse import Namespace

from compiler.commands.common import FINE


def run(options: Namespace) -> int:
    """Print the script; the shell sources it."""
    from argcomplete.shell_integration import shellcode

    print(shellcode(["kasc"], shell=options.shell))
    return FINE
