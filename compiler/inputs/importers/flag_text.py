"""Elements of list and map options as flag text, and why some cannot be written as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diagnostics import Location
from compiler.inputs.source.node import Node
from compiler.text import shown, trimmed
from compiler.upstream.catalog.facts import FlagSpec
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
