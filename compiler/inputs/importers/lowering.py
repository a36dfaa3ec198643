"""From a document's typed values to flag arguments: the text that the server itself would be given.

Everything that follows reads flags and nothing else, so that a document means exactly what its flags mean. A value
that would mean something else as flag text is reported and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.arguments import Argument, Trace
from compiler.inputs.importers.flag_text import Element, elements_of, joined, text_of
from compiler.inputs.server import InlineFile
from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.text.suggest import closest
from compiler.upstream.catalog import Catalog, FlagSpec, key_of, section_of
from compiler.upstream.flag_kinds import DEFAULT_FILE_FOLDER, STRUCTURED

Path = tuple[str | int, ...]
Content = tuple[Node, tuple[Diagnostic, ...]]
"""A file beside the document: its content, and what was found while it was parsed."""

_ONE_EACH = ("stringArray", "namedCertKey", "noSplitMap", "stringToString")
"""Types that take one element in each use of the flag."""


class Lowering:
    """Turns the option groups of one document into arguments.

    `refused` holds the paths of values that the schema refused. An option that is refused as a whole is left out and
    named in `refused_flags`; of a list or map only the refused elements are. `contents` holds what was read from
    `source` files; `files` collects structured files whose content the document gives, by path on the server.
    `problems` takes what no flag can carry.
    """

    def __init__(
        self, catalog: Catalog, refused: set[Path], contents: dict[Path, Content], problems: list[Diagnostic]
    ) -> None:
        self.catalog = catalog
        self.refused = refused
        self._around = {path[:length] for path in refused for length in range(len(path) + 1)}
        self._parts: dict[Path, set[str | int]] = {}
        for path in refused:
            if len(path) > 2:
                self._parts.setdefault(path[:2], set()).add(path[2])
        self.contents = contents
        self.problems = problems
        self.refused_flags: set[str] = set()
        self.files: dict[str, InlineFile] = {}
        self.sections: dict[str, Location] = {}

    def arguments(self, root: Node) -> list[Argument]:
        """The arguments of all groups in registration order, then those of `extraFlags`."""
        found: list[Argument] = []
        for group in self.catalog.groups:
            section = section_of(group)
            node = root.get(section)
            if node is not None and isinstance(node.value, dict):
                self.sections[group] = root.key_location(section)
                found += self._section(group, section, node)
        if any(len(place) == 1 for place in self.refused):
            self.refused_flags |= self._misplaced(root)
        extra = root.get("extraFlags")
        if extra is not None and isinstance(extra.value, dict):
            for flag, value in extra.value.items():
                found += self._extra(flag, value, extra.key_location(flag))
        return found

    def _section(self, group: str, section: str, node: Node) -> Sequence[Argument]:
        """The arguments of one group. They are kept with a section that says all about them."""
        key = ("arguments", self.catalog.version)
        kept: Sequence[Argument] | None = node.memoized(key) if not self.refused else None
        if kept is not None:
            return kept
        told = len(self.problems), len(self.files)
        found = list(self._options(group, section, node))
        if not self.refused and told == (len(self.problems), len(self.files)):
            node.memoize(key, found)
        return found

    def _options(self, group: str, section: str, node: Node) -> Iterator[Argument]:
        values = node.value if isinstance(node.value, dict) else {}
        known = self.catalog.groups[group]
        if not values.keys() <= known.keys():
            self.refused_flags |= self._meant(values, known)
        for key, spec in known.items():
            value = values.get(key)
            if value is None:
                continue
            if self._is_refused((section, key), spec.name in STRUCTURED):
                self.refused_flags.add(spec.name)
                continue
            kept = self._without_refused(value, (section, key))
            if not kept.value and value.value:
                self.refused_flags.add(spec.name)
            else:
                yield from self._lower(spec, kept, node.key_location(key), f"{section}.{key}")

    @cached_property
    def _everywhere(self) -> dict[str, str]:
        """Key of every option of every group -> its flag."""
        return {key: spec.name for options in self.catalog.groups.values() for key, spec in options.items()}

    def _meant(self, values: Mapping[str, Node], known: Mapping[str, FlagSpec]) -> set[str]:
        """The flags that unknown keys of a group most likely stand for."""
        found = set()
        for key in [key for key in values if key not in known][:MAX_FINDINGS]:
            near = "" if key in self._everywhere else closest(_camel_case(key), known)
            if flag := self._everywhere.get(near or key, ""):
                found.add(flag)
        return found

    def _misplaced(self, root: Node) -> set[str]:
        """The flags of options at the top level, and below keys that are not a group's."""
        found = set()
        sections = set(map(section_of, self.catalog.groups))
        for key, node in root.value.items() if isinstance(root.value, dict) else ():
            if key not in sections:
                inner = node.value if isinstance(node.value, dict) else {}
                found |= {self._everywhere.get(_camel_case(each), "") for each in (key, *inner)}
        return found - {""}

    def _is_refused(self, path: Path, with_parts: bool) -> bool:
        """Whether a value is refused as a whole, or, with `with_parts`, any part of it."""
        inside = any(path[:length] in self.refused for length in range(len(path) + 1))
        return inside or (with_parts and path in self._around)

    def _without_refused(self, node: Node, path: Path) -> Node:
        """A list or map without the elements that are refused."""
        parts = self._parts.get(path)
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
            yield Argument(spec.name, self._structured(spec, node), node.location, key, path, trace=_trace(node))
            return
        if not isinstance(node.value, list | dict) and spec.type != "stringSlice":
            yield Argument(spec.name, text_of(node), node.location, key, path, trace=_trace(node))
            return
        kept = [element for element in elements_of(spec, node) if not self._misread(spec, element, path)]
        if not kept and node.value not in ({}, []):
            self.refused_flags.add(spec.name)
        elif spec.type in _ONE_EACH:
            for each in kept:
                yield Argument(spec.name, each.text, each.location, key, path + each.path, (each.location,))
        elif kept or spec.type != "int32Slice":
            places = tuple(element.location for element in kept)
            yield Argument(spec.name, joined(spec, [each.text for each in kept]), node.location, key, path, places)

    def _misread(self, spec: FlagSpec, element: Element, path: str) -> bool:
        """Whether the flag would hold something else than the element; reported."""
        if element.fault is None:
            return False
        node, problem, where = element.fault
        message = f"{path}{where}: {problem}"
        hint = f"remove it: no spelling of --{spec.name} can carry it"
        self.problems.append(
            diagnose(
                rules.VALUE_NOT_EXPRESSIBLE_AS_FLAG, message, hint, path=path + where, flag=spec.name, location=node
            )
        )
        return True

    def _structured(self, spec: FlagSpec, node: Node) -> str:
        """The path on the server; where the document gives the content, that is kept under the path."""
        if not isinstance(node.value, dict):
            return text_of(node)
        given = node.get("path")
        default = f"{DEFAULT_FILE_FOLDER}/{spec.name}.yaml"
        path = text_of(given) if given else default
        inline, beside = node.get("content"), self.contents.get((section_of(spec.group), spec.key))
        content, found = (inline, ()) if inline or not beside else beside
        if content is not None and path in self.files:
            message = f"{shown(path)} is the path of --{self.files[path].flag}'s file already"
            place = f"{section_of(spec.group)}.{spec.key}.path"
            where = given.location if given else node.location
            hint = "give each file a path of its own"
            self.problems.append(
                diagnose(rules.DUPLICATE_FILE_PATH, message, hint, path=place, flag=spec.name, location=where)
            )
            # So the content is still judged as its own kind, not as that of the other.
            path = default
        if content is not None:
            self.files[path] = InlineFile(spec.name, path, content, inline is None, found)
        return path

    def _extra(self, flag: str, node: Node, key: Location) -> Iterator[Argument]:
        """The uses of a flag that is given by its own name, with its text as the command line has it."""
        path, name = f"extraFlags.{flag}", flag.replace("_", "-")
        if self._is_refused(("extraFlags", flag), True):
            self.refused_flags.add(name)
        elif flag.startswith("-"):
            self.refused_flags.add(name.lstrip("-"))
            message = f"{shown(flag)} is not a flag's name"
            hint = f"write {shown(flag.lstrip('-'))[1:-1]}, without dashes in front"
            self.problems.append(diagnose(rules.UNKNOWN_KEY, message, hint, path=path, location=key))
        else:
            for item in node.value if isinstance(node.value, list) else [node]:
                yield Argument(name, text_of(item), item.location, key, path, trace=_trace(item))


def _camel_case(key: str) -> str:
    """A key that was written as a flag, as a document has it."""
    return key_of(key.lstrip("-").replace("_", "-")) if "-" in key or "_" in key else key


def _trace(node: Node) -> Trace | None:
    """The places of a text's characters, sought only where a finding asks for them."""
    if not isinstance(node.value, str):
        return None

    def trace(start: int, end: int) -> Location:
        from compiler.inputs.source.characters import place_in

        return place_in(node, start, end)

    return trace
