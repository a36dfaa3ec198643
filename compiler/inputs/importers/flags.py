"""Argument lists, shell words, flag lines and environment files; list elements as flag text."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from compiler import rules
from compiler.bounds import MAX_ARGUMENT, MAX_NODES
from compiler.diagnostics import NOTE, Diagnostic, Location, Problems, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import ANY, Argument, Word, may_be_any, split_arguments
from compiler.inputs.importers.processes import process_lines, words_of_process
from compiler.inputs.shell_words import Splitter, trace_of
from compiler.inputs.source.node import Source, too_long, too_many_words
from compiler.text import shown_bare
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import nearest

NODE_ADDRESS = "$(HOST_IP)"
"""The address of the node in an argument, if it is unknown; the kubelet's notation of a variable."""
POD_ADDRESS = "$(POD_IP)"
"""The same in a Pod on the network of the node, in which the kubelet sets this variable."""
PROGRAMS = ("kube-apiserver", "apiserver")
_OF_K3S = r"--api-audiences=(?:.*,)?k3s|--cert-dir=.*/server/tls/temporary-certs"
"""An argument that k3s passes to kube-apiserver, which it builds from a fork of Kubernetes."""
_ONLY_IN_K3S = "--advertise-port="


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
    """Return the arguments among the words, by the flags of a version (the newest if None).

    Raises KascError for a word that no argument can be, because it is too long.
    """
    check_lengths(words)
    known = catalog(nearest(version))
    flags = known.flags

    arguments, argument_problems = split_arguments(
        words, lambda name: flags[name].type if name in flags else None, known.shorthands
    )
    problems += argument_problems
    if any(each.code == rules.DECIDED_OUTSIDE_FILE.code for each in problems):
        # One note reports what a distribution takes from elsewhere.
        words = [word for word in words if not word.origin or word.unknown in (NODE_ADDRESS, POD_ADDRESS)]
    problems += unknown_values(words)
    return arguments


def check_lengths(uses: Sequence[Word | Argument]) -> None:
    """Raise KascError (DOC-02) for a word or a value that is longer than an argument can be."""
    for use in uses:
        if len(use.text) > MAX_ARGUMENT:
            raise too_long(use.location or Location("", 1, 1, 1, 1))


def unknown_values(uses: Sequence[Word | Argument]) -> Problems:
    """Return a note for each variable whose value is only known at run time, at its first use."""
    by_name: dict[str, list[Word | Argument]] = {}
    for use in uses:
        if use.unknown:
            by_name.setdefault(use.unknown, []).append(use)
    notes = Problems()
    for name, with_it in by_name.items():
        notes.report(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, _unknown_variable, name, with_it)
    return notes


def _unknown_variable(name: str, uses: list[Word | Argument]) -> Diagnostic:
    arguments = "the argument that uses it is" if len(uses) == 1 else f"the {len(uses)} arguments that use it are"
    first = uses[0]
    if isinstance(first, Word) and first.origin:
        return _unknown_on_node(first, name)
    at = first.text.find(name)
    location = first.part(at, at + len(name)) if at >= 0 else first.location
    message = f"the value of {shown_bare(name)} is unknown; {arguments} not checked"
    if any(use.flag == ANY if isinstance(use, Argument) else may_be_any(use) for use in uses):
        message = f"{shown_bare(name)} may contain any flags: missing ones are not reported, and predictions lack them"
    hint = "write the value instead of the variable to have it checked"
    return diagnose(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, message, hint, path=first.path, location=location)


def _unknown_on_node(word: Word, name: str) -> Diagnostic:
    """Return the note for a value that a distribution fills in on the node."""
    flag = word.text.partition("=")[0]
    message = f"{word.origin} sets {flag} to {shown_bare(name)} on the node; what depends on it is not checked"
    hint = "pass --host-address" if name in (NODE_ADDRESS, POD_ADDRESS) else "compare with the running server"
    return diagnose(rules.VALUE_KNOWN_ONLY_AT_RUNTIME, message, hint, path=word.path, location=word.location)


def plain_input(
    kind: str, source: str, words: list[Word], version: str | None, problems: list[Diagnostic]
) -> ServerInput:
    """Return a ServerInput of a kind that consists of flags only."""
    start = Location(source, 1, 1, 1, 2)
    words = _without_flags_of_k3s(words, problems)
    return ServerInput(kind, "kube-apiserver", start, arguments_of(words, version, problems))


def _without_flags_of_k3s(words: list[Word], problems: list[Diagnostic]) -> list[Word]:
    """Return the words without a flag that upstream's kube-apiserver lacks, if they are the command line of k3s."""
    own = [word for word in words if word.text.startswith(_ONLY_IN_K3S)]
    if not own or not any(re.fullmatch(_OF_K3S, word.text) for word in words):
        return words
    message = f"{_ONLY_IN_K3S[:-1]} is only a flag of the kube-apiserver in k3s, and is not checked"
    problems.append(diagnose(rules.UNKNOWN_FLAG, message, location=own[0].location, severity=NOTE))
    return [word for word in words if word not in own]


def _takes_next(word: Word) -> bool:
    """Return whether the value of a flag may be the next word."""
    return word.text.startswith("--") and "=" not in word.text


def read_argv(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Read an argument list: every line that is not a comment is one argument, without quoting.

    A value `$(NAME)` is that of a variable which the kubelet substitutes in a Pod, and so unknown here. Raises
    KascError DOC-02 for more than `MAX_NODES` arguments.
    """
    words: list[Word] = []
    for number, line in enumerate(source.text.removesuffix("\n").split("\n"), 1):
        text = line.removesuffix("\r")
        # An empty line is an empty argument, which matters only as the value of a flag.
        if (text or (words and _takes_next(words[-1]))) and not text.startswith("#"):
            where = Location(source.name, number, 1, number, 1 + len(text))
            words.append(Word(text, where, unknown=_variable_in(text)))
        if len(words) > MAX_NODES:
            raise too_many_words(words[-1].location)
    return plain_input("argv", source.name, without_program(words), version, problems)


def _variable_in(text: str) -> str:
    """Return the variable that is the whole value of an argument, empty if there is none."""
    value = text.partition("=")[2]
    return value if value.startswith("$(") and re.fullmatch(r"\$\([A-Z_][A-Z0-9_]*\)", value) else ""


_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_OPERATOR = r"&&|\|\|?|;|&|[0-9]*[<>].*|&>.*"


def read_flags(source: Source, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Read flags as a shell does, or the process of kube-apiserver in a list of processes.

    The value of an assignment, `NAME="..."`, is split into words if it contains flags. An assignment that another
    value refers to counts only there. Raises KascError INPUT-01 for a list with several processes of kube-apiserver.
    """
    if processes := process_lines(source.text):
        return plain_input("flags", source.name, words_of_process(source, processes), version, problems)
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
