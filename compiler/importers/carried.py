"""Files that ConfigMaps and Secrets carry as values, and where their characters are in the manifest."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import Diagnostic, Edit, KascError, Location, diagnose
from compiler.importers.container import items_of, text_of
from compiler.importers.detect import MANIFESTS, WORDS, detect
from compiler.source.characters import place_in
from compiler.source.node import Node, Source
from compiler.source.places import LINE_BREAK

MAX_CARRIED = 100
"""Files of one manifest that are examined."""
_UNKNOWN = frozenset(("KASC-INPUT-001", "KASC-INPUT-003", "KASC-INPUT-004", "KASC-INPUT-020"))
_CLIENT = "Config"
"""The kind of a kubeconfig: most of those in manifests are not for kube-apiserver."""
_FIELDS = {"ConfigMap": ("data", "binaryData"), "Secret": ("stringData", "data")}
_ENCODED = frozenset((("ConfigMap", "binaryData"), ("Secret", "data")))
_QUOTED = r'"((?:[^"\\]++|\\[\s\S]?)*+)(?:"|\Z)'
_WORD = r"""[^\s"',;()]+"""
_HIDDEN = "***"


class CarriedFile(NamedTuple):
    """A value that is a file: its text, under a name of its own, and the scalar of the manifest that holds it.

    `path` leads to the value. `encoded` is true for base64, whose characters have no place of their own; `secret` for
    what must not be repeated. `read_as` is a kind that its content does not say.
    """

    source: Source
    node: Node
    path: str
    encoded: bool
    secret: bool
    read_as: str | None = None

    def placed(self, found: Diagnostic) -> Diagnostic:
        """A finding about the file as one about the manifest."""
        path = f"{self.path}.{found.path}" if found.path else self.path
        fix = () if self.secret or self.encoded else found.fix
        moved = [Edit(self._place(edit.location), edit.old, edit.new) for edit in fix]
        if any("\n" in edit.new or edit.location.line != edit.location.end_line for edit in moved):
            moved = []
        location = self._place(found.location) if found.location is not None else self.node.location
        found = found._replace(path=path, location=location, fix=tuple(moved))
        if self.secret:
            found = found._replace(message=self._concealed(found.message), hint=self._concealed(found.hint))
        return found

    def _place(self, location: Location) -> Location:
        if location.file != self.source.name:
            return location
        if self.encoded:
            return self.node.location
        start = self._index(location.line, location.column)
        end = self._index(location.end_line, location.end_column)
        return place_in(self.node, start, max(start, end))

    def _index(self, line: int, column: int) -> int:
        """The index of a character of the text by its place."""
        text = self.source.text
        starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    def _concealed(self, message: str) -> str:
        """A message without the words of a Secret: what it quotes of it, and words that are no plain English."""
        text = self.source.text

        def quoted(found: re.Match[str]) -> str:
            return f'"{_HIDDEN}"' if re.split(r"\\|…", found[1])[0] in text else found[0]

        def word(found: re.Match[str]) -> str:
            plain = found[0].strip(".:").removeprefix("--").replace("-", "").isalpha() and found[0].islower()
            return found[0] if plain or found[0] not in text or len(found[0]) < 4 else _HIDDEN

        return re.sub(_WORD, word, re.sub(_QUOTED, quoted, message))


def carried_files(roots: list[Node], read_as: str | None, version: str | None) -> list[CarriedFile]:
    """The values of ConfigMaps and Secrets that configure a kube-apiserver, in the order of the manifest.

    What is read as a structured file may be a single value that does not say its kind. Raises KascError if there are
    more than `MAX_CARRIED`.
    """
    files = [file for root in roots for manifest in _objects(root) for file in _files(manifest)]
    found = [file for file in files if any(word in file.source.text for word in WORDS)]
    if len(found) > MAX_CARRIED:
        message = f"the file carries more than {MAX_CARRIED} files that may configure kube-apiserver"
        where = found[MAX_CARRIED].node.location
        raise KascError(diagnose("DOC-02", message, "split it into several files", location=where))
    found = [file for file in found if _counts(file, version)]
    return found or ([files[0]._replace(read_as=read_as)] if read_as == "config-file" and len(files) == 1 else [])


def _objects(root: Node) -> Iterator[Node]:
    kind = text_of(root.get("kind"))
    if kind.endswith("List"):
        for item in items_of(root.get("items")):
            yield from _objects(item)
    elif kind in MANIFESTS:
        yield root


def _files(manifest: Node) -> Iterator[CarriedFile]:
    kind = text_of(manifest.get("kind"))
    for field in _FIELDS.get(kind, ()):
        values = manifest.get(field)
        for key, node in values.value.items() if values is not None and isinstance(values.value, dict) else ():
            encoded = (kind, field) in _ENCODED
            text = _decoded(node.value) if encoded else node.value
            if not isinstance(text, str) or not text.strip():
                continue
            # The ending of the key says whether it is TOML; nothing else of the name is seen.
            source = Source(f"{node.source.name}:{re.sub('[^-._a-zA-Z0-9]', '_', key)}", text)
            yield CarriedFile(source, node, f"{field}[{key}]", encoded, kind == "Secret")


def _decoded(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode().removeprefix("\ufeff")
    except (binascii.Error, ValueError):
        return None


def _counts(file: CarriedFile, version: str | None) -> bool:
    try:
        detected = detect(file.source, None, version, [])
    except KascError as error:
        # A file of a known kind that is malformed is one all the same.
        return error.diagnostic.code not in _UNKNOWN
    if detected.kind == "config-file":
        return text_of(detected.roots[0].get("kind")) != _CLIENT
    return detected.certain and detected.kind != "manifest"
