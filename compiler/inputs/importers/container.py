"""The command line of one container, as the kubelet assembles it, including plain `sh -c` scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_ARGUMENT, MAX_EXPANDED
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.importers.flags import PROGRAMS, is_program
from compiler.inputs.shell_words import Run, Splitter, Token, composed
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, expands_too_far, items_of, text_of, too_long
from compiler.text import shown

SHELLS = ("sh", "bash", "ash", "dash")


class Reference(NamedTuple):
    """A reference to a variable in a string: its span and the name; None for `$$`, an escaped `$`."""

    start: int
    end: int
    name: str | None


class Environment:
    """The environment variables of a container, as the kubelet expands them.

    `is_open` is set if the container has variables from other sources (envFrom). Raises KascError (DOC-02) if the
    expansion exceeds a bound. Kubernetes: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
    """

    def __init__(self, container: Node) -> None:
        self.container = container
        self.is_open = bool(items_of(container.get("envFrom")))
        self.room = MAX_EXPANDED
        self._values: dict[str, str | None] | None = None

    @property
    def values(self) -> dict[str, str | None]:
        """The variables that the container sets; None for a value that is only known at run time."""
        if self._values is None:
            self._values = {}
            for entry in items_of(self.container.get("env")):
                self._set(entry, self._values)
        return self._values

    def _set(self, entry: Node, values: dict[str, str | None]) -> None:
        name, value = text_of(entry.get("name")), entry.get("value")
        if not name:
            return
        if value is None or value.value is None:
            values[name] = None if entry.get("valueFrom") else ""
        else:
            values[name] = self.whole(text_of(value) or value.text, value)

    def whole(self, text: str, node: Node) -> str | None:
        """Return a string with its references expanded; None if the value of one is unknown."""
        parts = [part for _, part in self.expanded(text, node)]
        return None if None in parts else "".join(part for part in parts if part)

    def expanded(self, text: str, node: Node) -> Iterator[tuple[Reference | None, str | None]]:
        """Yield the parts of a string: each reference with its value (None if unknown), and the text between them."""
        position, length = 0, 0
        for reference in references(text):
            value = self._value(reference, text)
            self.room -= len(value or "")
            if self.room < 0:
                raise expands_too_far(node.location)
            yield None, text[position : reference.start]
            yield reference, value
            length += reference.start - position + len(value or "")
            position = reference.end
        if length + len(text) - position > MAX_ARGUMENT:
            raise too_long(node.location)
        yield None, text[position:]

    def _value(self, reference: Reference, text: str) -> str | None:
        if reference.name is None:
            return "$"
        if reference.name in self.values:
            return self.values[reference.name]
        return None if self.is_open else text[reference.start : reference.end]


def references(text: str) -> Iterator[Reference]:
    """Yield the references in a string. Kubernetes: third_party/forked/golang/expansion/expand.go, Expand."""
    last = text.rfind(")")
    start = text.find("$")
    while start >= 0:
        end = start + 2
        following = text[start + 1 : end]
        if following == "$":
            yield Reference(start, end, None)
        elif following == "(" and start < last:
            end = text.index(")", start) + 1
            yield Reference(start, end, text[start + 2 : end - 1])
        start = text.find("$", end)


def flag_words(container: Node, path: str, problems: list[Diagnostic]) -> list[Word] | None:
    """Return the words after the program's name; None if the container runs another program.

    Raises KascError (INPUT-06) if `command` or `args` of a kube-apiserver is not a list.
    """
    environment = Environment(container)
    words: list[Word] = []
    word_problems: list[Diagnostic] = []
    for part in ("command", "args"):
        node = container.get(part)
        if node is not None and not isinstance(node.value, list | None):
            if _mentions_server(container):
                raise KascError(_wrong_type(node, f"{path}.{part}", "a list of strings", f"write {part} as a list"))
            return None
        for index, item in enumerate(items_of(node)):
            words += _words_of(item, f"{path}.{part}[{index}]", environment, word_problems)
    flags = _after_program(words, container, environment)
    if flags is not None:
        problems += word_problems
    return flags


def _mentions_server(container: Node) -> bool:
    return any("kube-apiserver" in text_of(container.get(key)) for key in ("image", "name", "command", "args"))


def _words_of(item: Node, path: str, environment: Environment, problems: list[Diagnostic]) -> list[Word]:
    """Return the word of one item; an item that is not a string is reported and read as it was most likely meant."""
    value, text = item.value, item.text
    if isinstance(value, str):
        return [_word(item, value, path, environment)]
    if value is None:
        return [Word("", item.location, path)]
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key.startswith("-") and not isinstance(inner.value, dict | list):
            argument = f"{key}={text_of(inner) or inner.text}"
            problems.append(_wrong_type(item, path, "a string", f"write {shown(argument)}"))
            return [Word(argument, item.location, path)]
    scalar = not isinstance(value, dict | list)
    problems.append(_wrong_type(item, path, "a string", f'quote it: "{text}"' if scalar else "write a string"))
    return [Word(text, item.location, path)] if scalar else []


def _wrong_type(node: Node, path: str, expected: str, hint: str) -> Diagnostic:
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a mapping",
    }
    message = f"{path.rpartition('.')[2]} is {kinds[type(node.value)]}, not {expected}: Kubernetes rejects the Pod"
    return diagnose(rules.COMMAND_NOT_STRING_LIST, message, hint, path=path, location=node.location)


def _word(item: Node, text: str, path: str, environment: Environment) -> Word:
    """Return an item with the variables that the kubelet expands."""
    at = item.location
    plain = at.line == at.end_line and at.end_column - at.column == len(text)
    trace = None if plain else partial(place_in, item)
    if "$" not in text:
        return Word(text, at, path, trace)
    pieces: list[str] = []
    runs: list[Run] = []
    unknown, index, position = "", 0, 0
    for reference, value in environment.expanded(text, item):
        start, end = (reference.start, reference.end) if reference else (position, position + len(value or ""))
        if value is None:
            value = text[start:end]
            unknown = unknown or value
        if value:
            runs.append(Run(index, start, end, reference is None))
        pieces.append(value)
        index, position = index + len(value), end
    return Word("".join(pieces), at, path, composed(partial(place_in, item), runs), unknown)


def _after_program(words: list[Word], container: Node, environment: Environment) -> list[Word] | None:
    if not words:
        return None
    name = os.path.basename(words[0].text)
    if name in SHELLS:
        return script_words(words, {name: value for name, value in environment.values.items() if value is not None})
    if name in PROGRAMS:
        return words[1:]
    named = "kube-apiserver" in text_of(container.get("image"))
    if words[0].text.startswith("-"):
        return words if named else None
    # A wrapper, for example go-runner, may have its own options before the program.
    for index, word in enumerate(words):
        if is_program(word) and (index == 1 or os.path.basename(word.text) == "kube-apiserver"):
            return words[index + 1 :]
    return words[1:] if named and len(words) > 1 and words[1].text.startswith("--") else None


_REDIRECTION = r"[0-9]*&*[<>][<>&|]*"
_ASSIGNMENT = r"([A-Za-z_][A-Za-z0-9_]*)=(.*)"


def script_words(words: list[Word], environment: Mapping[str, str]) -> list[Word] | None:
    """Return the words after kube-apiserver in the script of `sh -c SCRIPT`; None if the script does not run it.

    `$@` is replaced with the words after the script; redirections are dropped.
    """
    script_index = _script(words)
    if script_index is None or not any(program in words[script_index].text for program in PROGRAMS):
        return None
    script = words[script_index]
    whole = script.location or Location("", 1, 1, 1, 1)
    variables = dict(environment)
    splitter = Splitter(script.text, lambda start, end: script.part(start, end) or whole, variables, command=True)
    commands: list[list[Word]] = [[]]
    is_target = False
    for token in splitter.tokens():
        if is_target:
            is_target = False
        elif token.operator:
            is_target = _is_redirection(token)
            if not is_target:
                commands.append([])
        elif not commands[-1] and (assignment := re.fullmatch(_ASSIGNMENT, token.word.text, re.DOTALL)):
            variables[assignment[1]] = assignment[2]
        else:
            commands[-1].append(token.word._replace(path=script.path))
    candidates = [flags for command in commands if (flags := _flags(command)) is not None]
    if not candidates:
        return None
    # A command may only mention the program: `echo starting kube-apiserver`.
    chosen = next((flags for flags in candidates if flags), candidates[0])
    parameters = words[script_index + 2 :]
    return [inner for word in chosen for inner in (parameters if word.unknown == "$@" else [word])]


def _script(words: list[Word]) -> int | None:
    """Return the index of the script, the first word after options with a `c`; None if there is no such option."""
    runs_string = takes_next = False
    for index, word in enumerate(words[1:], 1):
        option = word.text
        if takes_next:
            takes_next = False
        elif option.startswith(("-", "+")):
            letters = option[1:] if not option.startswith("--") else ""
            runs_string = runs_string or "c" in letters
            takes_next = letters.endswith(("o", "O"))
        else:
            return index if runs_string else None
    return None


def _is_redirection(token: Token) -> bool:
    return re.fullmatch(_REDIRECTION, token.word.text) is not None


def _flags(command: list[Word]) -> list[Word] | None:
    for index, word in enumerate(command):
        if is_program(word):
            return command[index + 1 :]
    return None
