"""Lowering of a document's typed values to flag arguments, the strings on the server's command line.

All later stages read flags only, so a document means exactly what its flags mean. A value that the flag syntax cannot
express is reported and dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs import InlineFile
from compiler.inputs.arguments import ANY, Argument, Trace
from compiler.inputs.importers.flag_text import Element, elements_of, joined, text_of
from compiler.inputs.importers.placeholders import Placeholders
from compiler.inputs.source.node import Node
from compiler.text import closest, shown, shown_bare
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import DEFAULT_FILE_DIRECTORY, STRUCTURED, FlagSpec, key_of, section_of

Path = tuple[str | int, ...]
Content = tuple[Node, tuple[Diagnostic, ...]]
"""The content of a `source` file, and the diagnostics of parsing it."""

_REPEATED = ("stringArray", "namedCertKey", "noSplitMap", "stringToString")
"""Types of flags that are repeated for each element."""


class Lowering:
    """Lowers the option groups of one document to arguments.

    `refused` has the paths of values that violate the schema. An option that is invalid as a whole is dropped and its
    flag added to `refused_flags`; of a list or map, only the invalid elements are dropped. `contents` has the contents
    of `source` files; `files` collects the structured files whose content the document has, by path on the server.
    Values that no flag can express are added to `problems`. Values with a part in `placeholders` are unknown.
    """

    def __init__(
        self,
        catalog: Catalog,
        refused: set[Path],
        contents: dict[Path, Content],
        problems: list[Diagnostic],
        placeholders: Placeholders | None = None,
    ) -> None:
        self.catalog = catalog
        self.refused = refused
        self._refused_ancestors = {path[:length] for path in refused for length in range(len(path) + 1)}
        self._parts: dict[Path, set[str | int]] = {}
        for path in refused:
            if len(path) > 2:
                self._parts.setdefault(path[:2], set()).add(path[2])
        self.contents = contents
        self.problems = problems
        self.placeholders = placeholders or Placeholders(None)
        self.refused_flags: set[str] = set()
        self.files: dict[str, InlineFile] = {}
        self.sections: dict[str, Location] = {}

    def arguments(self, root: Node) -> list[Argument]:
        """Return the arguments of all groups in registration order, then those of `extraFlags`."""
        arguments: list[Argument] = []
        for group in self.catalog.groups:
            section = section_of(group)
            node = root.get(section)
            if node is not None and isinstance(node.value, dict):
                self.sections[group] = root.key_location(section)
                arguments += self._section(group, section, node)
        if any(len(path) == 1 for path in self.refused):
            self.refused_flags |= self._misplaced(root)
        extra = root.get("extraFlags")
        if extra is not None and isinstance(extra.value, dict):
            for flag, value in extra.value.items():
                arguments += self._extra(flag, value, extra.key_location(flag))
        return self.placeholders.marked(arguments)

    def _section(self, group: str, section: str, node: Node) -> Sequence[Argument]:
        """Return the arguments of one group; memoized on the section if they depend on nothing else."""
        key = ("arguments", self.catalog.version)
        memoized: Sequence[Argument] | None = node.memoized(key) if not self.refused else None
        if memoized is not None:
            return memoized
        before = len(self.problems), len(self.files)
        arguments = list(self._options(group, section, node))
        if not self.refused and before == (len(self.problems), len(self.files)):
            node.memoize(key, arguments)
        return arguments

    def _options(self, group: str, section: str, node: Node) -> Iterator[Argument]:
        values = node.value if isinstance(node.value, dict) else {}
        known = self.catalog.groups[group]
        if not values.keys() <= known.keys():
            self.refused_flags |= self._intended_flags(values, known)
        for key, spec in known.items():
            value = values.get(key)
            if value is None:
                continue
            if self._is_refused((section, key), spec.name in STRUCTURED):
                self.refused_flags.add(spec.name)
                continue
            valid = self._without_refused(value, (section, key))
            if not valid.value and value.value:
                self.refused_flags.add(spec.name)
            else:
                yield from self._lower(spec, valid, node.key_location(key), f"{section}.{key}")

    @cached_property
    def _flag_by_key(self) -> dict[str, str]:
        """Key of every option of every group -> its flag."""
        return {key: spec.name for options in self.catalog.groups.values() for key, spec in options.items()}

    def _intended_flags(self, values: Mapping[str, Node], known: Mapping[str, FlagSpec]) -> set[str]:
        """Return the flags that the unknown keys of a group were most likely meant to be."""
        flags = set()
        for key in [key for key in values if key not in known][:MAX_FINDINGS]:
            near = "" if key in self._flag_by_key else closest(_camel_case(key), known)
            if flag := self._flag_by_key.get(near or key, ""):
                flags.add(flag)
        return flags

    def _misplaced(self, root: Node) -> set[str]:
        """Return the flags of options at the top level, and below keys that are not groups."""
        flags = set()
        sections = set(map(section_of, self.catalog.groups))
        for key, node in root.value.items() if isinstance(root.value, dict) else ():
            if key not in sections:
                inner = node.value if isinstance(node.value, dict) else {}
                flags |= {self._flag_by_key.get(_camel_case(each), "") for each in (key, *inner)}
        return flags - {""}

    def _is_refused(self, path: Path, with_parts: bool) -> bool:
        """Return whether a value is invalid as a whole, or, with `with_parts`, any part of it."""
        inside = any(path[:length] in self.refused for length in range(len(path) + 1))
        return inside or (with_parts and path in self._refused_ancestors)

    def _without_refused(self, node: Node, path: Path) -> Node:
        """Return a list or map without its invalid elements."""
        parts = self._parts.get(path)
        if not parts:
            return node
        if isinstance(node.value, dict):
            values = {key: child for key, child in node.value.items() if key not in parts}
            return Node(values, node.source, node.span, keys=node.keys)
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
        elements = [element for element in elements_of(spec, node) if not self._is_misread(spec, element, path)]
        if not elements and node.value not in ({}, []):
            self.refused_flags.add(spec.name)
        elif spec.type in _REPEATED:
            for each in elements:
                yield Argument(spec.name, each.text, each.location, key, path + each.path, (each.location,))
        elif elements or spec.type != "int32Slice":
            places = tuple(element.location for element in elements)
            yield Argument(spec.name, joined(spec, [each.text for each in elements]), node.location, key, path, places)

    def _is_misread(self, spec: FlagSpec, element: Element, path: str) -> bool:
        """Return whether the server would read another value than the element; reported (DOC-11)."""
        if element.fault is None:
            return False
        location, problem, where = element.fault
        message = f"{path}{where}: {problem}"
        hint = f"remove it: --{spec.name} has no syntax for it"
        self.problems.append(
            diagnose(
                rules.VALUE_NOT_EXPRESSIBLE_AS_FLAG, message, hint, path=path + where, flag=spec.name, location=location
            )
        )
        return True

    def _structured(self, spec: FlagSpec, node: Node) -> str:
        """Return the path of a structured file on the server; content in the document is added to `files`."""
        if not isinstance(node.value, dict):
            return text_of(node)
        path_node = node.get("path")
        default = f"{DEFAULT_FILE_DIRECTORY}/{spec.name}.yaml"
        path = text_of(path_node) if path_node else default
        inline, from_source = node.get("content"), self.contents.get((section_of(spec.group), spec.key))
        content, problems = (inline, ()) if inline or not from_source else from_source
        if content is not None and path in self.files:
            message = f"duplicate path {shown(path)}: the file of --{self.files[path].flag} has the same path"
            option = f"{section_of(spec.group)}.{spec.key}.path"
            where = path_node.location if path_node else node.location
            hint = "set a different path for each file"
            self.problems.append(
                diagnose(rules.DUPLICATE_FILE_PATH, message, hint, path=option, flag=spec.name, location=where)
            )
            # The content is still checked as a file of this flag.
            path = default
        if content is not None:
            self.files[path] = InlineFile(spec.name, path, content, inline is None, problems)
        return path

    def _extra(self, flag: str, node: Node, key: Location) -> Iterator[Argument]:
        """Return the occurrences of a flag in `extraFlags`, whose values are flag text.

        A name with an unknown part may be any flags.
        """
        path, name = f"extraFlags.{flag}", flag.replace("_", "-")
        if unknown := self.placeholders.first_in(flag):
            yield Argument(ANY, flag, key, None, path, unknown=unknown)
        elif self._is_refused(("extraFlags", flag), True):
            self.refused_flags.add(name)
        elif flag.startswith("-"):
            self.refused_flags.add(name.lstrip("-"))
            message = f"{shown(flag)} is not a valid flag name"
            hint = f"write {shown_bare(flag.lstrip('-'))}, without leading dashes"
            self.problems.append(diagnose(rules.UNKNOWN_KEY, message, hint, path=path, location=key))
        else:
            for item in node.value if isinstance(node.value, list) else [node]:
                yield Argument(name, text_of(item), item.location, key, path, trace=_trace(item))


def _camel_case(key: str) -> str:
    """Return the key of a document for a flag name, with or without dashes; other keys unchanged."""
    return key_of(key.lstrip("-").replace("_", "-")) if "-" in key or "_" in key else key


def _trace(node: Node) -> Trace | None:
    """Return the trace of a string's characters, located only when a diagnostic needs it."""
    if not isinstance(node.value, str):
        return None

    def trace(start: int, end: int) -> Location:
        from compiler.inputs.source.characters import place_in

        return place_in(node, start, end)

    return trace
