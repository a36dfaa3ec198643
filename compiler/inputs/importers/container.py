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
from compiler.inputs.shell_words import Splitter, Token
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Node, expands_too_far, too_long
from compiler.text import shown

_SHELLS = ("sh", "bash", "ash", "dash")


class Reference(NamedTuple):
    """A reference to a variable in a string: its span, and the name; `$$`, which stands for `$`, has no name."""

    start: int
    end: int
    name: str | None


class Environment:
    """The variables of a container, as the kubelet expands them.

    With `is_open` the container has other variables than those that it sets. Raises KascError (DOC-02) for what expands
    beyond the bounds.

    Kubernetes: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
    """

    def __init__(self, container: Node) -> None:
        self.container = container
        self.is_open = bool(items_of(container.get("envFrom")))
        self.room = MAX_EXPANDED
        self._values: dict[str, str | None] | None = None

    @property
    def values(self) -> dict[str, str | None]:
        """The variables that the container sets; None for a value that is known only when it runs."""
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
        """A string with its references expanded; None if the value of one is unknown."""
        parts = [part for _, part in self.expanded(text, node)]
        return None if None in parts else "".join(part for part in parts if part)

    def expanded(self, text: str, node: Node) -> Iterator[tuple[Reference | None, str | None]]:
        """The parts of a string: each reference with its value, None if that is unknown, and what is between them."""
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
    """The references in a string. Kubernetes: third_party/forked/golang/expansion/expand.go, Expand."""
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


def text_of(node: Node | None) -> str:
    """A text, empty for everything else."""
    return node.value if node is not None and isinstance(node.value, str) else ""


def items_of(node: Node | None) -> list[Node]:
    """A list's items, none for everything else."""
    return node.value if node is not None and isinstance(node.value, list) else []


def find(node: Node, *keys: str) -> Node | None:
    """What lies under a path of keys, None where the path does not exist."""
    found: Node | None = node
    for key in keys:
        found = found.get(key) if found is not None else None
    return found


def flag_words(container: Node, path: str, problems: list[Diagnostic]) -> list[Word] | None:
    """The words after the program's name; None where the container runs something else.

    Raises KascError where `command` or `args` of a kube-apiserver is no list.
    """
    environment = Environment(container)
    words: list[Word] = []
    found: list[Diagnostic] = []
    for part in ("command", "args"):
        given = container.get(part)
        if given is not None and not isinstance(given.value, list | None):
            if _is_about(container):
                raise KascError(_no_text(given, f"{path}.{part}", "a list of texts", f"write {part} as a list"))
            return None
        for index, item in enumerate(items_of(given)):
            words += _words_of(item, f"{path}.{part}[{index}]", environment, found)
    flags = _after_program(words, container, environment)
    if flags is not None:
        problems += found
    return flags


def _is_about(container: Node) -> bool:
    return any("kube-apiserver" in text_of(container.get(key)) for key in ("image", "name", "command", "args"))


def _words_of(item: Node, path: str, environment: Environment, found: list[Diagnostic]) -> list[Word]:
    """The word of one item; what is no text is reported and read as it was most likely meant."""
    value, text = item.value, item.text
    if isinstance(value, str):
        return [_word(item, value, path, environment)]
    if value is None:
        return [Word("", item.location, path)]
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        if key.startswith("-") and not isinstance(inner.value, dict | list):
            meant = f"{key}={text_of(inner) or inner.text}"
            found.append(_no_text(item, path, "a text", f"write {shown(meant)}"))
            return [Word(meant, item.location, path)]
    scalar = not isinstance(value, dict | list)
    found.append(_no_text(item, path, "a text", f'put it in quotes: "{text}"' if scalar else "write a text"))
    return [Word(text, item.location, path)] if scalar else []


def _no_text(node: Node, path: str, wanted: str, hint: str) -> Diagnostic:
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a mapping",
    }
    message = f"{path.rpartition('.')[2]} is {kinds[type(node.value)]}, not {wanted}: Kubernetes refuses the Pod"
    return diagnose(rules.COMMAND_NOT_STRING_LIST, message, hint, path=path, location=node.location)


def _word(item: Node, text: str, path: str, environment: Environment) -> Word:
    """An item with the variables put in that the kubelet knows."""
    at = item.location
    plain = at.line == at.end_line and at.end_column - at.column == len(text)
    trace = None if plain else partial(place_in, item)
    if "$" not in text:
        return Word(text, at, path, trace)
    from compiler.inputs.shell_words import Run, composed

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
    if name in _SHELLS:
        return script_words(words, {name: value for name, value in environment.values.items() if value is not None})
    if name in PROGRAMS:
        return words[1:]
    named = "kube-apiserver" in text_of(container.get("image"))
    if words[0].text.startswith("-"):
        return words if named else None
    # A wrapper such as go-runner may have options of its own before the program.
    for index, word in enumerate(words):
        if is_program(word) and (index == 1 or os.path.basename(word.text) == "kube-apiserver"):
            return words[index + 1 :]
    return words[1:] if named and len(words) > 1 and words[1].text.startswith("--") else None


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
