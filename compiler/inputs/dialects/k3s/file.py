"""config.yaml of K3s and RKE2 with its drop-ins, as the arguments of `k3s server`.

K3s: pkg/configfilearg/parser.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_FILE
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.filesystem import size_of
from compiler.inputs.dialects import DIALECTS, Request
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_first_yaml
from compiler.inputs.source.yaml_scalars import resolve_as_server
from compiler.text import trimmed

ARGUMENTS = "kube-apiserver-arg"
"""The key of the user's arguments of kube-apiserver."""
_MARKER = r"(?m)^(?:---|\.\.\.)"
"""The start or end of a document."""
_MAX_SPLITS = 20
_SUFFIXES = tuple(f".{y}{a}{rest}" for y in "yY" for a in ("a", "A", "") for rest in ("ml", "mL", "Ml", "ML"))


class Item(NamedTuple):
    """The text of an argument `--key=text`, with its node in the file and the path of that."""

    text: str
    node: Node
    path: str


class Entry:
    """The arguments of a key, which several files may set. `location` is that of the key where it was set last.

    `is_empty` is set for a null, which is dropped if a later file appends to it.
    """

    def __init__(self, items: list[Item], location: Location, is_empty: bool) -> None:
        self.items = items
        self.location = location
        self.is_empty = is_empty


def read_entries(request: Request, place: str) -> dict[str, Entry]:
    """Return the keys of config.yaml and its drop-ins in the order of the command line.

    A key replaces the value of an earlier file; with a final `+`, it appends to that. `place` is the path of the file
    on the server, next to which drop-ins are for standard input. Problems are added to the request; raises KascError
    for a file that is not well-formed. K3s: pkg/configfilearg/parser.go, readConfigFile.
    """
    entries: dict[str, Entry] = {}
    size = 0
    for source in (request.source, *_drop_ins(request, place)):
        size += len(source.text)
        if size > MAX_FILE:
            message = f"{request.source.name} and its drop-ins have more than {size_of(MAX_FILE)}"
            where = Location(source.name, 1, 1, 1, 2)
            raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "check the directory", location=where))
        for key, node, location in _pairs(source, request):
            _add(entries, key, node, location, request)
    return entries


def _add(entries: dict[str, Entry], key: str, node: Node, location: Location, request: Request) -> None:
    """Set or extend the entry of a key."""
    name = key.removesuffix("+")
    items = [_item(each, path) for each, path in _values(node, key)]
    entry = entries.get(name)
    if entry is None:
        entries[name] = Entry(items, location, node.value is None)
        return
    if key == name:
        if name == ARGUMENTS and entry.items:
            _report_replaced(request, entry.location, location.file)
        entry.items, entry.is_empty = items, node.value is None
    else:
        if entry.is_empty:
            entry.items = []
        entry.items += items if node.value is not None else []
        entry.is_empty = False
    entry.location = location


def _report_replaced(request: Request, former: Location, file: str) -> None:
    if former.file != file:
        message = f"{DIALECTS[request.kind].title} ignores {ARGUMENTS} of this file: {file} replaces it"
        hint = f"write {ARGUMENTS}+ in {file} to append to it"
        request.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, path=ARGUMENTS, location=former))


def _drop_ins(request: Request, place: str) -> Iterator[Source]:
    """Yield the drop-ins in the order of their names. K3s: pkg/configfilearg/parser.go, dotDFiles."""
    if request.path != "-":
        yield from request.sources_in(f"{request.path}.d", _SUFFIXES)
    elif directory := request.host.local(f"{place}.d", directory=True):
        yield from request.sources_in(directory, _SUFFIXES)


def _pairs(source: Source, request: Request, splits: int = 0) -> Iterator[tuple[str, Node, Location]]:
    """Yield each key of a file, its value, and the location of the key. Raises KascError."""
    title = DIALECTS[request.kind].title
    problems = Problems()
    try:
        root = _root(source, request, problems)
    except KascError:
        request.problems.extend(problems)
        raise
    line = _repeated_plus(source, problems) if splits < _MAX_SPLITS else 0
    if line:
        # All values are appended, but the parsed mapping only has the last one.
        lines = source.text.split("\n")
        for part in (lines[: line - 1], [""] * (line - 1) + lines[line - 1 :]):
            yield from _pairs(Source(source.name, "\n".join(part)), request, splits + 1)
        return
    request.problems.extend(filter(None, (_as_read(each, title) for each in problems)))
    if root.value is None:
        return
    if not isinstance(root.value, dict):
        message = f"{title} refuses {source.name}: it is not a mapping of keys to values"
        raise KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, "write 'key: value'", location=root.location))
    for key, node in root.value.items():
        yield trimmed(key), node, root.key_location(key)


def _repeated_plus(source: Source, problems: list[Diagnostic]) -> int:
    """Return the line of the first key with a final `+` that the file has before; 0 if there is none."""
    for problem in problems:
        where = problem.location
        if problem.code == rules.DUPLICATE_KEY.code and where is not None and where.column == 1:
            line = source.text.split("\n")[where.line - 1]
            if line[: where.end_column - 1].rstrip("'\"").endswith("+"):
                return where.line
    return 0


def _root(source: Source, request: Request, problems: Problems) -> Node:
    """Return the first document of a file, which is the only one that the distribution reads."""
    if source is request.source:
        problems += request.problems
        request.problems.clear()
        if len(request.roots) == 1 and len(re.findall(_MARKER, source.text)) < 2:
            return request.roots[0]
        problems.clear()
    return parse_first_yaml(source, problems, resolve_as_server)


def _as_read(problem: Diagnostic, title: str) -> Diagnostic | None:
    """Return a problem of the parser as one of the distribution, which accepts keys twice and of any type."""
    if problem.code == rules.UNSUPPORTED_TYPE_OF_VALUE.code and problem.message.startswith("a key "):
        message = f"{title} ignores a key that is not a string"
        return diagnose(rules.IGNORED_BY_DISTRIBUTION, message, problem.hint, location=problem.location)
    if problem.code != rules.DUPLICATE_KEY.code:
        return problem
    if "<<" in problem.message:
        return None
    message = f"{problem.message}; {title} only uses the last one"
    return diagnose(rules.IGNORED_BY_DISTRIBUTION, message, problem.hint, location=problem.location)


def _values(node: Node, path: str) -> Iterator[tuple[Node, str]]:
    if isinstance(node.value, list):
        yield from ((item, f"{path}[{index}]") for index, item in enumerate(node.value))
    else:
        yield node, path


def _item(node: Node, path: str) -> Item:
    return Item(trimmed(_text(node)), node, path)


def _text(node: Node) -> str:
    """Return a value as Go prints it. rancher/wrangler: pkg/data/convert, ToString."""
    value = node.value
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    return "" if value is None else _printed(node)


def _printed(node: Node) -> str:
    """Return a value as fmt.Sprint prints it. The depth and size of nodes are bounded."""
    value = node.value
    if isinstance(value, dict):
        return f"[{' '.join(f'{{{key} {_printed(child)}}}' for key, child in value.items())}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_printed, value))}]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    return _float(value) if isinstance(value, float) else str(value)


def _float(value: float) -> str:
    """Return a number as Go prints it with %v.

    >>> [_float(value) for value in (1.0, -1.5, 1e5, 1e6, 1234567.0, 1e-5)]
    ['1', '-1.5', '100000', '1e+06', '1.234567e+06', '1e-05']
    """
    number = Decimal(repr(value)).normalize()
    power = number.adjusted()
    if -4 <= power < 6:
        return f"{number:f}"
    return f"{number.scaleb(-power):f}e{power:+03d}"
