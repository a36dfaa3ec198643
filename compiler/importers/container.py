"""One container: the words of its command line, as the kubelet puts them together."""

from __future__ import annotations

import os
import re
from functools import partial

from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.flags.arguments import Word
from compiler.flags.text import shown
from compiler.importers.words import PROGRAMS, is_program
from compiler.source.characters import place_in
from compiler.source.node import Node

_SHELLS = ("sh", "bash", "ash", "dash")
_REFERENCE = r"\$\$|\$\(([^)]*)\)"
_ANY = "*"
"""Stands for all variables, where a container takes them from elsewhere."""

Environment = dict[str, str | None]
"""Variables of a container; None where the value is known only when it runs."""


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
    environment = _environment(container)
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
    return diagnose("INPUT-06", message, hint, path=path, location=node.location)


def _word(item: Node, text: str, path: str, environment: Environment) -> Word:
    """An item with the variables put in that the kubelet knows."""
    at = item.location
    plain = at.line == at.end_line and at.end_column - at.column == len(text)
    trace = None if plain else partial(place_in, item)
    if "$" not in text:
        return Word(text, at, path, trace)
    from compiler.importers.shell_words import composed

    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    unknown, position = "", 0
    for match in re.finditer(_REFERENCE, text):
        letters += text[position : match.start()]
        spans += ((index, index + 1) for index in range(position, match.start()))
        position = match.end()
        value = _value(match, environment)
        if value is None:
            unknown, value = unknown or match[0], match[0]
        letters += value
        spans += [match.span()] * len(value)
    letters += text[position:]
    spans += ((index, index + 1) for index in range(position, len(text)))
    return Word("".join(letters), at, path, composed(partial(place_in, item), spans), unknown)


def _value(match: re.Match[str], environment: Environment) -> str | None:
    """What the kubelet writes for a reference; None where it is known only when the container runs."""
    if match[0] == "$$":
        return "$"
    if match[1] in environment:
        return environment[match[1]]
    return None if _ANY in environment else match[0]


def _environment(container: Node) -> Environment:
    """Kubernetes: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables."""
    environment: Environment = {_ANY: None} if items_of(container.get("envFrom")) else {}
    for entry in items_of(container.get("env")):
        name, value = text_of(entry.get("name")), entry.get("value")
        if not name:
            continue
        if value is None or value.value is None:
            environment[name] = None if entry.get("valueFrom") else ""
            continue
        text: str | None = text_of(value) or value.text
        for match in reversed(list(re.finditer(_REFERENCE, text or ""))):
            known = _value(match, environment)
            text = None if known is None or text is None else text[: match.start()] + known + text[match.end() :]
        environment[name] = text
    return environment


def _after_program(words: list[Word], container: Node, environment: Environment) -> list[Word] | None:
    if not words:
        return None
    name = os.path.basename(words[0].text)
    if name in _SHELLS:
        from compiler.importers.script import script_words

        return script_words(words, {name: value for name, value in environment.items() if value is not None})
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
