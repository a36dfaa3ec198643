"""Lists of processes with kube-apiserver, as `ps aux`, `ps -ef`, the ps of BusyBox and `pgrep -a` print them."""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_NODES
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.source.node import Source, too_many_words

_PROCESS = r"[ \t]*(?:[A-Za-z0-9_.+:?<>][^\s=]{0,63}[ \t]+){1,12}(?:/\S{0,255}/)?kube-apiserver[ \t]+(?=-)"
"""The columns before the command, then the program, then a flag."""
_ARGUMENT = r"-\S*(?:[ \t]+(?!-)\S+)*"
"""A flag with what follows it up to the next one."""
_NUMBER = r"(?<!\S)[0-9]+(?!\S)"


class Process(NamedTuple):
    """The indexes in a text of the line that shows a process, and of its first argument."""

    line: int
    arguments: int


def process_lines(text: str) -> list[Process]:
    """Return the lines that show a process of kube-apiserver."""
    if "kube-apiserver" not in text:
        return []
    processes = []
    start = 0
    for line in text.splitlines(keepends=True):
        match = re.match(_PROCESS, line) if "kube-apiserver" in line else None
        # One of the columns is the number of the process.
        if match is not None and re.search(_NUMBER, match[0]):
            processes.append(Process(start, start + match.end()))
        start += len(line)
    return processes


def words_of_process(source: Source, processes: list[Process]) -> list[Word]:
    """Return the arguments of the only process in a list.

    The list separates arguments with spaces, which a value may contain: kube-apiserver has no positional arguments, so
    what follows a value is a part of it. Raises KascError INPUT-01 if there are several processes, DOC-02 for too many
    arguments.
    """
    if len(processes) > 1:
        raise KascError(_several(source, processes))
    begin = processes[0].arguments
    line, before = source.text.count("\n", 0, begin) + 1, source.text.rfind("\n", 0, begin)
    text = source.text[begin:].partition("\n")[0].rstrip()
    words: list[Word] = []

    def add(first: int, last: int) -> None:
        place = Location(source.name, line, begin - before + first, line, begin - before + last)
        words.append(Word(text[first:last], place))
        if len(words) > MAX_NODES:
            raise too_many_words(place)

    for match in re.finditer(_ARGUMENT, text):
        name, space, _ = match[0].partition(" ")
        start, end = match.span()
        if space and "=" not in name:
            add(start, start + len(name))
            add(start + len(name) + 1, end)
        else:
            add(start, end)
    return words


def _several(source: Source, processes: list[Process]) -> Diagnostic:
    line = source.text.count("\n", 0, processes[1].line) + 1
    message = f"the list has {len(processes)} processes of kube-apiserver"
    where = Location(source.name, line, 1, line, 2)
    return diagnose(rules.UNRECOGNIZED_INPUT, message, "keep the line of one of them", location=where)
