"""A Pod, or a workload with a Pod template, whose container runs kube-apiserver."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.flags.arguments import Word
from compiler.importers.words import arguments_of
from compiler.input import ServerInput
from compiler.source.node import Node, Source

_PROGRAMS = ("kube-apiserver", "apiserver")
_SHELLS = ("sh", "bash", "ash", "dash")
_TAG = re.compile(r":v?(1\.[0-9]{1,3}(?:\.[0-9]{1,4})?)(?![0-9])")
_REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")


def read_pod(source: Source, roots: list[Node], version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """The first container of the file that runs kube-apiserver. Raises KascError where there is none."""
    for path, pod in _pods(roots):
        containers = pod.at(("spec", "containers"))
        for index, container in enumerate(containers.value if isinstance(containers.value, list) else ()):
            words = _flag_words(container, f"{path}spec.containers[{index}]")
            if words is not None:
                image = _text(container.get("image"))
                tag = _TAG.search(image)
                told = tag[1] if tag else None
                name = _text(pod.at(("metadata", "name"))) or "kube-apiserver"
                start = container.location
                start = Location(start.file, start.line, start.column, start.line, start.column + 1)
                arguments = arguments_of(words, version or told, problems)
                given = container.get("image")
                where = given.location if given else None
                return ServerInput("pod", name, start, arguments, version=told, version_location=where, image=image)
    message = "no container of this file runs kube-apiserver"
    hint = "give a Pod whose command is kube-apiserver, or say what the file is with --as"
    raise KascError(diagnose("INPUT-03", message, hint, location=Location(source.name, 1, 1, 1, 2)))


def _text(node: Node | None) -> str:
    return node.value if node is not None and isinstance(node.value, str) else ""


def _pods(roots: list[Node]) -> Iterator[tuple[str, Node]]:
    for root in roots:
        kind = _text(root.get("kind"))
        if kind == "List":
            items = root.get("items")
            for index, item in enumerate(items.value if items and isinstance(items.value, list) else ()):
                for path, pod in _pods([item]):
                    yield f"items[{index}].{path}", pod
        elif kind == "Pod":
            yield "", root
        else:
            yield "spec.template.", root.at(("spec", "template"))


def _flag_words(container: Node, path: str) -> list[Word] | None:
    """The words after the program's name; None where the container runs something else."""
    words = []
    environment = _environment(container)
    for part in ("command", "args"):
        given = container.get(part)
        for index, item in enumerate(given.value if given and isinstance(given.value, list) else ()):
            if not isinstance(item.value, dict | list) and item.value is not None:
                text = item.value if isinstance(item.value, str) else item.text
                words.append(Word(_expanded(text, environment), item.location, f"{path}.{part}[{index}]"))
    if words and os.path.basename(words[0].text) in _SHELLS:
        return _script_words(words)
    for index, word in enumerate(words):
        if os.path.basename(word.text) in _PROGRAMS and not word.text.startswith("-"):
            return words[index + 1 :]
    named = "kube-apiserver" in _text(container.get("image"))
    if named and words and words[0].text.startswith("-"):
        return words
    if named and words and not words[0].text.startswith("-") and len(words) > 1 and words[1].text.startswith("--"):
        return words[1:]
    return None


def _script_words(words: list[Word]) -> list[Word] | None:
    """The words of a `sh -c` script, as far as it is plain words; redirections are left out."""
    script = next((word for word in words[1:] if not word.text.startswith("-")), None)
    if script is None or not any(program in script.text for program in _PROGRAMS):
        return None
    from compiler.importers.shell_words import split_words

    found: list[Word] | None = None
    for word in split_words(script.text, "", 1, 1):
        text = word.text
        if found is None:
            if os.path.basename(text) in _PROGRAMS:
                found = []
        elif text in ("&&", "||", ";", "|", "&"):
            break
        elif not re.match(r"[0-9]*[<>]|&>", text):
            found.append(Word(text, script.location, script.path))
    return found


def _environment(container: Node) -> dict[str, str]:
    env = container.get("env")
    entries = env.value if env is not None and isinstance(env.value, list) else ()
    return {_text(entry.get("name")): _text(entry.get("value")) for entry in entries if entry.get("value")}


def _expanded(text: str, environment: dict[str, str]) -> str:
    """References to variables as the kubelet expands them; unknown ones stay."""
    if "$" not in text:
        return text
    return _REFERENCE.sub(lambda match: "$" if match[0] == "$$" else environment.get(match[1], match[0]), text)
