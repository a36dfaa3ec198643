"""A `sh -c` script that runs kube-apiserver, as far as it is plain words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from compiler.diagnostics import Location
from compiler.flags.arguments import Word
from compiler.importers.shell_words import Splitter, Token
from compiler.importers.words import PROGRAMS, is_program

_REDIRECTION = r"[0-9]*&*[<>][<>&|]*"
_ASSIGNMENT = r"([A-Za-z_][A-Za-z0-9_]*)=(.*)"


def script_words(words: list[Word], environment: Mapping[str, str]) -> list[Word] | None:
    """The words after the program's name in the script of `sh -c SCRIPT`; None where it does not run kube-apiserver.

    `$@` stands for the words behind the script; redirections are left out.
    """
    given = _script(words)
    if given is None or not any(program in words[given].text for program in PROGRAMS):
        return None
    script = words[given]
    whole = script.location or Location("", 1, 1, 1, 1)
    variables = dict(environment)
    splitter = Splitter(script.text, lambda start, end: script.part(start, end) or whole, variables, command=True)
    commands: list[list[Word]] = [[]]
    target = False
    for token in splitter.tokens():
        if target:
            target = False
        elif token.operator:
            target = _takes_target(token)
            if not target:
                commands.append([])
        elif not commands[-1] and (assignment := re.fullmatch(_ASSIGNMENT, token.word.text, re.DOTALL)):
            variables[assignment[1]] = assignment[2]
        else:
            commands[-1].append(token.word._replace(path=script.path))
    found = [flags for command in commands if (flags := _flags(command)) is not None]
    if not found:
        return None
    # A command may also speak of the program: `echo starting kube-apiserver`.
    chosen = next((flags for flags in found if flags), found[0])
    behind = words[given + 2 :]
    return [inner for word in chosen for inner in (behind if word.unknown == "$@" else [word])]


def _script(words: list[Word]) -> int | None:
    """The index of the script: the first word behind options that hold a `c`."""
    runs_text = takes_next = False
    for index, word in enumerate(words[1:], 1):
        option = word.text
        if takes_next:
            takes_next = False
        elif option.startswith(("-", "+")):
            letters = option[1:] if not option.startswith("--") else ""
            runs_text = runs_text or "c" in letters
            takes_next = letters.endswith(("o", "O"))
        else:
            return index if runs_text else None
    return None


def _takes_target(token: Token) -> bool:
    return re.fullmatch(_REDIRECTION, token.word.text) is not None


def _flags(command: list[Word]) -> list[Word] | None:
    for index, word in enumerate(command):
        if is_program(word):
            return command[index + 1 :]
    return None
