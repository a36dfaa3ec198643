"""`kasc completion SHELL`: a script that makes a shell complete kasc's commands and options."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import Namespace
from typing import Any

from compiler.cli.common import FINE

_PROGRAMS = ("kasc", "compile")
# Before its completion system is loaded, zsh has no compdef.
_ZSH = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"


def run(options: Namespace) -> int:
    """Print the script; the shell sources it."""
    from argcomplete.shell_integration import shellcode

    text = str(shellcode(list(_PROGRAMS), shell="zsh" if options.shell == "zsh" else options.shell)).strip() + "\n"
    if options.shell == "zsh":
        first, _, rest = text.partition("\n")
        text = f"{first}\n{_ZSH}{rest}"
    sys.stdout.write(text)
    return FINE


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, which asks through the environment, and end the process."""
    import argcomplete

    commands: dict[str, argparse.ArgumentParser] = next(
        action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    for command in commands.values():
        for action in command._actions:
            completer = _COMPLETERS.get(action.dest)
            if completer is not None and action.choices is None:
                action.completer = completer  # type: ignore[attr-defined]
    # The program `compile` has no word for its command.
    program = os.path.basename(sys.argv[0])
    argcomplete.autocomplete(commands.get(program, parser), default_completer=None)  # type: ignore[arg-type]


def _files(prefix: str, **_: Any) -> list[str]:
    """Files and folders; argcomplete itself would ask bash, which need not be there."""
    folder, name = os.path.split(prefix)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            found = [(each.name, each.is_dir()) for each in entries if each.name.startswith(name)]
    except OSError:
        return []
    return [
        os.path.join(folder, each) + ("/" if is_folder else "")
        for each, is_folder in sorted(found)
        if name or not each.startswith(".")
    ]


def _folders(prefix: str, **_: Any) -> list[str]:
    return [name for name in _files(prefix) if name.endswith("/")]


def _words(prefix: str, **_: Any) -> list[str]:
    from compiler.cli.explain.subjects import known_words
    from compiler.upstream.catalog.facts import nearest

    return [*_files(prefix), *(word for word in known_words(nearest(None)) if word.startswith(prefix))]


def _artifacts(prefix: str, **_: Any) -> list[str]:
    from compiler.artifacts import EVERY

    given, comma, _last = prefix.rpartition(",")
    return [f"{given}{comma}{name}" for name in EVERY if name not in given.split(",")]


def _versions(**_: Any) -> list[str]:
    from compiler.upstream.catalog.facts import versions

    return list(versions())


def _schemas(**_: Any) -> list[str]:
    from compiler.inputs.schema.bundle import names
    from compiler.upstream.catalog.facts import nearest

    return list(names(nearest(None)))


_COMPLETERS = {
    "inputs": _files,
    "input": _files,
    "out": _files,
    "files_root": _folders,
    "root": _folders,
    "words": _words,
    "emit": _artifacts,
    "kubernetes_version": _versions,
    "name": _schemas,
}
"""What completes an argument, by its name."""
