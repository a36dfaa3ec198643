"""From a document's typed values to flag arguments: the text that the server itself would be given.

Everything that follows reads flags and nothing else, so that a document means exactly what its flags mean.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.catalog import Catalog, FlagSpec, section_of
from compiler.diagnostics import Location
from compiler.flags.arguments import Argument
from compiler.flags.values import TYPES
from compiler.input import InlineFile
from compiler.options.traits import DEFAULT_FILE_FOLDER, STRUCTURED
from compiler.source.node import Node

Path = tuple[str | int, ...]


class Lowering:
    """Turns the option groups of one document into arguments.

    `refused` holds the paths of values that the schema refused. An option that is refused as a whole is left out and
    named in `refused_flags`; of a list or map only the refused elements are. `contents` holds what was read from
    `source` files; `files` collects structured files whose content the document gives, by path on the server.
    """

    def __init__(self, catalog: Catalog, refused: set[Path], contents: dict[Path, Node]) -> None:
        self.catalog = catalog
        self.refused = refused
        self.contents = contents
        self.refused_flags: set[str] = set()
        self.files: dict[str, InlineFile] = {}
        self.sections: dict[str, Location] = {}

    def arguments(self, root: Node) -> list[Argument]:
        """The arguments of all groups in registration order, then those of `extraFlags`."""
        found: list[Argument] = []
        for group, options in self.catalog.groups.items():
            section = section_of(group)
            node = root.get(section)
            if node is None or not isinstance(node.value, dict):
                continue
            self.sections[group] = root.key_location(section)
            for key, spec in options.items():
                value = node.value.get(key)
                if value is None:
                    continue
                if self._is_refused((section, key), spec.name in STRUCTURED):
                    self.refused_flags.add(spec.name)
                else:
                    value = self._without_refused(value, (section, key))
                    found += self._lower(spec, value, node.key_location(key), f"{section}.{key}")
        extra = root.get("extraFlags")
        if extra is not None and isinstance(extra.value, dict) and not self._is_refused(("extraFlags",), True):
            for flag, value in extra.value.items():
                found += _extra(flag, value, extra.key_location(flag))
        return found

    def _is_refused(self, path: Path, with_parts: bool) -> bool:
        """Whether a value is refused as a whole, or, with `with_parts`, any part of it."""
        return any(
            path[: len(refused)] == refused or (with_parts and refused[: len(path)] == path) for refused in self.refused
        )

    def _without_refused(self, node: Node, path: Path) -> Node:
        """A list or map without the elements that are refused."""
        parts = {refused[2] for refused in self.refused if refused[:2] == path and len(refused) > 2}
        if not parts:
            return node
        if isinstance(node.value, dict):
            kept = {key: child for key, child in node.value.items() if key not in parts}
            return Node(kept, node.source, node.span, keys=node.keys)
        if isinstance(node.value, list):
            items = [child for index, child in enumerate(node.value) if index not in parts]
            return Node(items, node.source, node.span)
        return node

    def _lower(self, spec: FlagSpec, node: Node, key: Location, path: str) -> Iterator[Argument]:
        if spec.name in STRUCTURED:
            yield Argument(spec.name, self._structured(spec, node), node.location, key, path)
            return
        items = node.value if isinstance(node.value, list) else None
        if spec.type == "stringArray" and items is not None:
            for index, item in enumerate(items):
                yield Argument(spec.name, _text(item), item.location, key, f"{path}[{index}]", (item.location,))
        elif spec.name == "tls-sni-cert-key" and items is not None:
            for index, item in enumerate(items):
                yield Argument(spec.name, _sni(item), item.location, key, f"{path}[{index}]", (item.location,))
        elif spec.type in ("noSplitMap", "stringToString") and isinstance(node.value, dict):
            for name, item in node.value.items():
                text = f"{name}={','.join(_texts(item))}"
                yield Argument(spec.name, text, item.location, key, f"{path}.{name}", (item.location,))
        else:
            parts = list(_parts(spec, node))
            places = tuple(place for _, place in parts)
            texts = tuple(text for text, _ in parts)
            yield Argument(spec.name, _joined(spec, node, texts), node.location, key, path, places)

    def _structured(self, spec: FlagSpec, node: Node) -> str:
        """The path on the server; where the document gives the content, that is kept under the path."""
        if not isinstance(node.value, dict):
            return _text(node)
        given = node.get("path")
        path = _text(given) if given else f"{DEFAULT_FILE_FOLDER}/{spec.name}.yaml"
        inline, beside = node.get("content"), self.contents.get((section_of(spec.group), spec.key))
        content = inline or beside
        if content is not None:
            self.files[path] = InlineFile(spec.name, path, content, inline is None)
        return path


def _extra(flag: str, node: Node, key: Location) -> Iterator[Argument]:
    for item in node.value if isinstance(node.value, list) else [node]:
        yield Argument(flag.replace("_", "-"), _text(item), item.location, key, f"extraFlags.{flag}")


def _text(node: Node) -> str:
    """A scalar as flag text. Numbers keep the spelling of the document where they are written plainly."""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, float):
        return node.text.lstrip("+").lstrip(".") if node.text.endswith((".nan", ".inf")) else repr(node.value)
    return "" if node.value is None else str(node.value)


def _texts(node: Node) -> list[str]:
    return [_text(item) for item in node.value] if isinstance(node.value, list) else [_text(node)]


def _sni(node: Node) -> str:
    certificate, key, names = node.get("certFile"), node.get("keyFile"), node.get("names")
    pair = f"{_text(certificate) if certificate else ''},{_text(key) if key else ''}"
    listed = ",".join(_texts(names)) if names else ""
    return f"{pair}:{listed}" if listed else pair


def _parts(spec: FlagSpec, node: Node) -> Iterator[tuple[str, Location]]:
    """The elements of a list or map option, each as the text of one element."""
    if isinstance(node.value, list):
        for item in node.value:
            yield (_override(item) if spec.name == "etcd-servers-overrides" else _text(item)), item.location
    elif isinstance(node.value, dict):
        sign = "#" if spec.name == "watch-cache-sizes" else "="
        for name, item in node.value.items():
            yield f"{name}{sign}{_text(item)}", node.key_location(name)


def _override(node: Node) -> str:
    resource, servers = node.get("resource"), node.get("servers")
    return f"{_text(resource) if resource else ''}#{';'.join(_texts(servers)) if servers else ''}"


def _joined(spec: FlagSpec, node: Node, texts: tuple[str, ...]) -> str:
    if not isinstance(node.value, list | dict):
        return _text(node)
    if spec.type in ("configurationMap", "colonSeparatedMultimapStringString"):
        return ",".join(texts)
    if spec.type == "int32Slice":
        return ",".join(texts)
    return TYPES["stringSlice"].format(texts)[0] if texts else ""
