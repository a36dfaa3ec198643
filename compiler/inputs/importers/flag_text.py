"""The elements of a list or map option as flag text, and what such text cannot carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.diagnostics import Location
from compiler.inputs.source.node import Node
from compiler.text import shown, trimmed
from compiler.upstream.catalog import FlagSpec
from compiler.upstream.flag_lists import StringToString
from compiler.upstream.go.encoding import write_record

_TRIMMED = "begins or ends with white space, which the server cuts off"
_CSV = "holds a carriage return and a line feed, which the server reads as a line feed alone"


Fault = tuple[Location, str, str]
"""What of an element would be misread: its place, the problem, and where it is inside the option."""


class Element:
    """One element as the text that the flag takes. `path` leads to it inside the option: `[0]`, `.NAME`."""

    def __init__(self, text: str, location: Location, path: str, fault: Fault | None = None) -> None:
        self.text = text
        self.location = location
        self.path = path
        self.fault = fault


def text_of(node: Node | None) -> str:
    """A scalar as flag text."""
    value = node.value if node is not None else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def joined(spec: FlagSpec, texts: Sequence[str]) -> str:
    """The text of one use of a flag that holds all elements."""
    return write_record(texts) if spec.type == "stringSlice" else ",".join(texts)


def elements_of(spec: FlagSpec, node: Node) -> Iterator[Element]:
    """The elements of a list or map, each with what would be misread of it; a scalar is its only element."""
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
    """What of a text would be misread, where the characters of `separators` part it from what follows."""
    problem = _problem(text_of(node), separators, trims=trims)
    return (node.location, problem, path) if problem else None


def _problem(text: str, separators: str, *, trims: bool = True) -> str:
    for separator in separators:
        if separator in text:
            return f"{shown(text)} holds {shown(separator)}, which the server reads as a separator"
    return f"{shown(text)} {_TRIMMED}" if trims and trimmed(text) != text else ""


def _override(spec: FlagSpec, item: Node, path: str) -> Element:
    """A `#` too many is left to the server's own rule."""
    resource, servers = item.get("resource"), item.get("servers")
    found = None
    listed = servers.value if servers is not None and isinstance(servers.value, list) else []
    for index, server in enumerate(listed):
        found = found or _fault(server, f"{path}.servers[{index}]", ";", trims=False)
    text = f"{text_of(resource)}#{';'.join(text_of(server) for server in listed)}"
    if "\r\n" in text:
        found = found or (item.location, f"{shown(text)} {_CSV}", path)
    return Element(text, item.location, path, found)


def _pair(spec: FlagSpec, item: Node, path: str) -> Element:
    found = None
    texts = []
    for key in ("certFile", "keyFile"):
        part = item.get(key)
        texts.append(text_of(part))
        if part is not None:
            found = found or _fault(part, f"{path}.{key}", ",:")
    text = ",".join(texts)
    names = item.get("names")
    if names is not None and isinstance(names.value, list) and names.value:
        for index, name in enumerate(names.value):
            found = found or _fault(name, f"{path}.names[{index}]", ",")
        listed = ",".join(text_of(name) for name in names.value)
        if not listed:
            found = found or (names.location, "the only name is empty", f"{path}.names")
        text = f"{text}:{listed}"
    return Element(text, item.location, path, found)


def _entry(spec: FlagSpec, name: str, item: Node, key: Location) -> Element:
    """An entry of a map; its place is the key's, for what takes all entries in one text, else the value's."""
    path, value = f".{name}", text_of(item)
    if spec.name == "watch-cache-sizes":
        text = f"{name}#{value}"
        return Element(text, key, path, (key, f"{shown(name)} {_CSV}", path) if "\r\n" in name else None)
    if spec.type == "stringToString":
        return _labels(name, item, key, path)
    one_each = spec.type == "noSplitMap"
    problem = _problem(name, "=" if one_each else ",=")
    if not problem and spec.type == "colonSeparatedMultimapStringString":
        problem = next(filter(None, (_problem(part, "") for part in name.split(":", 1))), "")
    found = (key, problem, path) if problem else _fault(item, path, "" if one_each else ",")
    return Element(f"{name}={value}", item.location if one_each else key, path, found)


def _labels(name: str, item: Node, key: Location, path: str) -> Element:
    """An entry whose values stand in one list."""
    problem = _problem(name, "=", trims=False)
    found = (key, problem, path) if problem else None
    listed = item.value if isinstance(item.value, list) else [item]
    for index, value in enumerate(listed):
        found = found or _fault(value, f"{path}[{index}]", ",", trims=False)
    together = ",".join(text_of(value) for value in listed)
    text = StringToString().pair(name, together)
    if "\r\n" in text and text.count("=") > 1:
        found = found or (item.location, f"{shown(together)} {_CSV}", path)
    return Element(text, item.location, path, found)
