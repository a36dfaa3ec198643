"""Argument lists, shell words, flag lines and environment files; list elements as flag text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from compiler import rules
from compiler.bounds import MAX_NODES
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Argument, Word, may_be_any, split_arguments
from compiler.inputs.shell_words import Splitter, trace_of
from compiler.inputs.source.node import Node, Source, too_many_words
from compiler.text import shown, trimmed
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import FlagSpec, nearest
from compiler.upstream.flag_lists import StringToString
from compiler.upstream.go.encoding import write_record

_TRIMMED = "starts or ends with white space, which the server trims"
_CSV = "contains a carriage return and a line feed, which the server reads as a line feed"


Fault = tuple[Location, str, str]
"""A part of an element that the server would misread: its location, the problem, and its path inside the option."""


class Element:
    """One element as flag text; `path` is its path inside the option: `[0]`, `.NAME`."""

    def __init__(self, text: str, location: Location, path: str, fault: Fault | None = None) -> None:
        self.text = text
        self.location = location
        self.path = path
        self.fault = fault


def text_of(node: Node | None) -> str:
    """Return a scalar as flag text."""
    value = node.value if node is not None else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def joined(spec: FlagSpec, texts: Sequence[str]) -> str:
    """Return the value of a single occurrence of a flag with all elements."""
    return write_record(texts) if spec.type == "stringSlice" else ",".join(texts)


def elements_of(spec: FlagSpec, node: Node) -> Iterator[Element]:
    """Yield the elements of a list or map; a scalar is its only element."""
    if isinstance(node.value, list):
        read = {"etcd-servers-overrides": _override, "tls-sni-cert-key": _pair}.get(spec.name, _plain)
        for index, item in enumerate(node.value):
            yield read(spec, item, f"[{index}]")
    elif isinstance(node.value, dict):
        for name, item in node.value.items():
            yield _entry(spec, name, item, node.key_location(name))
    else:
        yield _plain(spec, node, "")


def _plain(spec: FlagSpec, item: Node, path: str) -> Element:
    text = text_of(item)
    fault = (item.location, f"{shown(text)} {_CSV}", path) if spec.type == "stringSlice" and "\r\n" in text else None
    return Element(text, item.location, path, fault)


def _fault(node: Node, path: str, separators: str, *, trims: bool = True) -> Fault | None:
    """Return the fault of a scalar that the server splits at the characters of `separators`, None if there is none."""
    problem = _problem(text_of(node), separators, trims=trims)
    return (node.location, problem, path) if problem else None


def _problem(text: str, separators: str, *, trims: bool = True) -> str:
    for separator in separators:
        if separator in text:
            return f"{shown(text)} contains {shown(separator)}, which the server reads as a separator"
    return f"{shown(text)} {_TRIMMED}" if trims and trimmed(text) != text else ""


def _override(spec: FlagSpec, item: Node, path: str) -> Element:
    """Return an etcd override; an extra `#` is left to the server's own rule."""
    resource, servers = item.get("resource"), item.get("servers")
    fault = None
    items = servers.value if servers is not None and isinstance(servers.value, list) else []
    for index, server in enumerate(items):
        fault = fault or _fault(server, f"{path}.servers[{index}]", ";", trims=False)
    text = f"{text_of(resource)}#{';'.join(text_of(server) for server in items)}"
    if "\r\n" in text:
        fault = fault or (item.location, f"{shown(text)} {_CSV}", path)
    return Element(text, item.location, path, fault)


def _pair(spec: FlagSpec, item: Node, path: str) -> Element:
    fault = None
    texts = []
    for key in ("certFile", "keyFile"):
        part = item.get(key)
        texts.append(text_of(part))
        if part is not None:
            fault = fault or _fault(part, f"{path}.{key}", ",:")
    text = ",".join(texts)
    names = item.get("names")
    if names is not None and isinstance(names.value, list) and names.value:
        for index, name in enumerate(names.value):
            fault = fault or _fault(name, f"{path}.names[{index}]", ",")
        joined_names = ",".join(text_of(name) for name in names.value)
        if not joined_names:
            fault = fault or (names.location, "the only name is empty", f"{path}.names")
        text = f"{text}:{joined_names}"
    return Element(text, item.location, path, fault)


def _entry(spec: FlagSpec, name: str, item: Node, key: Location) -> Element:
    """Return an entry of a map; its location is that of the key if one flag value has all entries, else the value's."""
    path, value = f".{name}", text_of(item)
    if spec.name == "watch-cache-sizes":
        text = f"{name}#{value}"
        return Element(text, key, path, (key, f"{shown(name)} {_CSV}", path) if "\r\n" in name else None)
    if spec.type == "stringToString":
        return _labels(name, item, key, path)
    repeated = spec.type == "noSplitMap"
    problem = _problem(name, "=" if repeated else ",=")
    if not problem and spec.type == "colonSeparatedMultimapStringString":
        problem = next(filter(None, (_problem(part, "") for part in name.split(":", 1))), "")
    fault = (key, problem, path) if problem else _fault(item, path, "" if repeated else ",")
    return Element(f"{name}={value}", item.location if repeated else key, path, fault)


def _labels(name: str, item: Node, key: Location, path: str) -> Element:
    """Return an entry whose value is a list."""
    problem = _problem(name, "=", trims=False)
    fault = (key, problem, path) if problem else None
    values = item.value if isinstance(item.value, list) else [item]
    for index, value in enumerate(values):
        fault = fault or _fault(value, f"{path}[{index}]", ",", trims=False)
    joined_values = ",".join(text_of(value) for value in values)
    text = StringToString().pair(name, joined_values)
    if "\r\n" in text and text.count("=") > 1:
        fault = fault or (item.location, f"{shown(joined_values)} {_CSV}", path)
    return Element(text, item.location, path, fault)


PROGRAMS = ("kube-apiserver", "apiserver")


def is_program(word: Word) -> bool:
    """Return whether a word is the name of kube-apiserver, with or without a path."""
    return os.path.basename(word.text) in PROGRAMS and not word.text.startswith("-")


def without_program(words: list[Word]) -> list[Word]:
    """Return the words after the program's name; all words if it does not come before the first flag."""
    for index, word in enumerate(words):
        if is_program(word):
            return words[index + 1 :]
        if word.text.startswith("-"):
            break
    return words


def arguments_of(words: list[Word], version: str | None, problems: list[Diagnostic]) -> list[Argument]:
    """Return the arguments among the words, by the flags of a version (the newest if None)."""
    known = catalog(nearest(version))
    flags = known.flags

    arguments, argument_problems = split_arguments(
        words, lambda name: flags[name].type if name in flags else None, known.shorthands
    )
    problems += argument_problems
    problems += _unknown_variables(words)
    return arguments


def _unknown_variables(words: list[Word]) -> Problems:
    """Return a note for each variable whose value is only known at run time, at its first use."""
    uses: dict[str, list[Word]] = {}
    for word in words:
        if word.unknown:
            uses.setdefault(word.unknown, []).append(word)
    notes = Problems()
    for name, words_with_it in uses.items():
        notes.report(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, _unknown_variable, name, words_with_it)
    return notes


def _unknown_variable(name: str, uses: list[Word]) -> Diagnostic:
    arguments = "the argument that uses it is" if len(uses) == 1 else f"the {len(uses)} arguments that use it are"
    first = uses[0]
    at = first.text.find(name)
    location = first.part(at, at + len(name)) if at >= 0 else first.location
    message = f"the value of {shown(name)[1:-1]} is unknown; {arguments} not checked"
    if any(map(may_be_any, uses)):
        message = f"{shown(name)[1:-1]} may contain any flags: missing ones are not reported, and predictions lack them"
    hint = "write the value instead of the variable to have it checked"
    return diagnose(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, message, hint, path=first.path, location=location)


def plain_input(
    kind: str, source: str, words: list[Word], version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """Return a ServerInput of a kind that consists of flags only."""
    start = Location(source, 1, 1, 1, 2)
    return ServerInput(kind, "kube-apiserver", start, arguments_of(words, version, problems))


def read_argv(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Read an argument list: every line that is neither empty nor a comment is one argument, without quoting.

    Raises KascError DOC-02 for more than `MAX_NODES` arguments.
    """
    words = []
    for number, line in enumerate(source.text.split("\n"), 1):
        text = line.removesuffix("\r")
        if text and not text.startswith("#"):
            words.append(Word(text, Location(source.name, number, 1, number, 1 + len(text))))
        if len(words) > MAX_NODES:
            raise too_many_words(words[-1].location)
    return plain_input("argv", source.name, without_program(words), version, problems)


_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_OPERATOR = r"&&|\|\|?|;|&|[0-9]*[<>].*|&>.*"


def read_flags(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Read flags as a shell does.

    The value of an assignment, `NAME="..."`, is split into words if it contains flags. An assignment that another
    value refers to counts only there.
    """
    variables: dict[str, str] = {}
    assigned: dict[str, list[Word]] = {}
    words: list[Word] = []
    splitter = Splitter(source.text, trace_of(source), variables)
    for word, _ in splitter.tokens():
        name, equals, value = word.text.partition("=")
        if word.trace is None and re.fullmatch(_OPERATOR, word.text):
            break
        if equals and re.fullmatch(_NAME, name):
            variables[name] = value
            assigned[name] = _flags_of(word, len(name) + 1)
        elif word.text != "export":
            words.append(word)
    unused = [word for name, flags in assigned.items() if name not in splitter.used for word in flags]
    return plain_input("flags", source.name, [*unused, *without_program(words)], version, problems)


def _flags_of(word: Word, start: int) -> list[Word]:
    """Return the words of an assignment's value, which starts at an index; none if it contains no flags."""
    text, location = word.text[start:], word.location
    if not text.lstrip().startswith("-") or location is None:
        return []

    def base(first: int, last: int) -> Location:
        return word.part(start + first, start + last) or location

    return [inner for inner, _ in Splitter(text, base, {}, comments=False).tokens()]
