"""`kasc completion SHELL`: print a shell completion script."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from compiler.cli.common import FINE
from compiler.upstream.catalog.facts import nearest, versions

if TYPE_CHECKING:
    from compiler.cli.parser import Parser

_PROGRAMS = ("kasc", "compile")
# zsh has no compdef until its completion system is loaded.
_ZSH = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


def run(options: Namespace) -> int:
    """Print the script, which the shell sources."""
    from argcomplete.shell_integration import shellcode

    text = str(shellcode(list(_PROGRAMS), shell="zsh" if options.shell == "zsh" else options.shell)).strip() + "\n"
    if options.shell == "zsh":
        first, _, rest = text.partition("\n")
        text = f"{first}\n{_ZSH}{rest}"
    sys.stdout.write(text)
    return FINE


def complete(parser: argparse.ArgumentParser, commands: Mapping[str, Parser]) -> None:
    """Print the completions that the shell asks for through the environment, and exit."""
    import argcomplete

    for command in commands.values():
        for action in command.actions():
            completer = _COMPLETERS.get(action.dest)
            if completer is not None and action.choices is None:
                action.completer = completer  # type: ignore[attr-defined]
    # The program `compile` is the command `kasc compile`.
    program = os.path.basename(sys.argv[0])
    argcomplete.autocomplete(commands.get(program, parser), default_completer=None)  # type: ignore[arg-type]


def _files(prefix: str, **_: Any) -> list[str]:
    """Return files and directories; argcomplete itself would run bash, which may not be installed."""
    directory, name = os.path.split(prefix)
    try:
        with os.scandir(os.path.expanduser(directory) or ".") as entries:
            names = [f"{each.name}/" if each.is_dir() else each.name for each in entries if each.name.startswith(name)]
    except OSError:
        return []
    return [os.path.join(directory, each) for each in sorted(names) if name or not each.startswith(".")]


def _directories(prefix: str, **_: Any) -> list[str]:
    return [name for name in _files(prefix) if name.endswith("/")]


def _words(prefix: str, **_: Any) -> list[str]:
    from compiler.cli.explain.subjects import known_words

    return [*_files(prefix), *(word for word in known_words(nearest(None)) if word.startswith(prefix))]


def _artifacts(prefix: str, **_: Any) -> list[str]:
    from compiler.artifacts import EVERY

    previous, comma, _last = prefix.rpartition(",")
    return [f"{previous}{comma}{name}" for name in EVERY if name not in previous.split(",")]


def _versions(**_: Any) -> list[str]:
    return list(versions())


def _schemas(**_: Any) -> list[str]:
    from compiler.inputs.schema.bundle import names

    return list(names(nearest(None)))


_COMPLETERS = {
    "inputs": _files,
    "input": _files,
    "out": _files,
    "files_root": _directories,
    "root": _directories,
    "words": _words,
    "emit": _artifacts,
    "kubernetes_version": _versions,
    "to": _versions,
    "name": _schemas,
}
"""Name of an argument -> its completer."""
