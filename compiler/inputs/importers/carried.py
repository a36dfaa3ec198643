"""Files that ConfigMaps and Secrets carry as values, and the positions of their characters in the manifest."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, Edit, KascError, Location, diagnose
from compiler.inputs.importers.detect import MANIFESTS, WORDS, detect
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import LINE_BREAK, Node, Source, items_of, text_of

MAX_CARRIED = 100
"""Maximum number of files of one manifest that are checked."""
_UNKNOWN = frozenset(
    (
        rules.UNRECOGNIZED_INPUT.code,
        rules.NO_KUBE_APISERVER_COMMAND.code,
        rules.UNKNOWN_KIND_OF_CONFIG_FILE.code,
        rules.MALFORMED_UNRECOGNIZED_INPUT.code,
    )
)
_CLIENT = "Config"
"""The kind of a kubeconfig; most of them in manifests are not for kube-apiserver."""
_FIELDS = {"ConfigMap": ("data", "binaryData"), "Secret": ("stringData", "data")}
_ENCODED = frozenset((("ConfigMap", "binaryData"), ("Secret", "data")))
_QUOTED = r'"((?:[^"\\]++|\\[\s\S]?)*+)(?:"|\Z)'
_WORD = r"""[^\s"',;()]+"""
_HIDDEN = "***"


class CarriedFile(NamedTuple):
    """A value of a ConfigMap or Secret that is a file: its decoded source, and its scalar in the manifest.

    `path` is the path of the value. `encoded` is set for base64, whose characters have no separate positions, `secret`
    for a Secret, whose contents must not be repeated. `read_as` is the kind if the content does not state it.
    """

    source: Source
    node: Node
    path: str
    encoded: bool
    secret: bool
    read_as: str | None = None

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return a diagnostic about the file as one about the manifest."""
        path = f"{self.path}.{diagnostic.path}" if diagnostic.path else self.path
        fix = () if self.secret or self.encoded else diagnostic.fix
        edits = [Edit(self._place(edit.location), edit.old, edit.new) for edit in fix]
        if any("\n" in edit.new or edit.location.line != edit.location.end_line for edit in edits):
            edits = []
        location = self._place(diagnostic.location) if diagnostic.location is not None else self.node.location
        placed = diagnostic._replace(path=path, location=location, fix=tuple(edits))
        if self.secret:
            placed = placed._replace(message=self._concealed(placed.message), hint=self._concealed(placed.hint))
        return placed

    def _place(self, location: Location) -> Location:
        if location.file != self.source.name:
            return location
        if self.encoded:
            return self.node.location
        start = self._index(location.line, location.column)
        end = self._index(location.end_line, location.end_column)
        return place_in(self.node, start, max(start, end))

    def _index(self, line: int, column: int) -> int:
        """Return the index of a character of the text by its line and column."""
        text = self.source.text
        starts = [0, *(match.end() for match in LINE_BREAK.finditer(text))]
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    def _concealed(self, message: str) -> str:
        """Return a message without quotations from the Secret and words that may be from it."""
        text = self.source.text

        def quoted(match: re.Match[str]) -> str:
            return f'"{_HIDDEN}"' if re.split(r"\\|…", match[1])[0] in text else match[0]

        def word(match: re.Match[str]) -> str:
            plain = match[0].strip(".:").removeprefix("--").replace("-", "").isalpha() and match[0].islower()
            return match[0] if plain or match[0] not in text or len(match[0]) < 4 else _HIDDEN

        return re.sub(_WORD, word, re.sub(_QUOTED, quoted, message))


def carried_files(roots: list[Node], read_as: str | None, version: str | None) -> list[CarriedFile]:
    """Return the values of ConfigMaps and Secrets that configure kube-apiserver, in the order of the manifest.

    With `read_as` config-file, a single value does not need to state its kind. Raises KascError DOC-02 for more than
    `MAX_CARRIED`.
    """
    files = [file for root in roots for manifest in _objects(root) for file in _files(manifest)]
    candidates = [file for file in files if any(word in file.source.text for word in WORDS)]
    if len(candidates) > MAX_CARRIED:
        message = f"the manifest has more than {MAX_CARRIED} files that may configure kube-apiserver"
        where = candidates[MAX_CARRIED].node.location
        raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "split it into several files", location=where))
    result = [file for file in candidates if _is_configuration(file, version)]
    return result or ([files[0]._replace(read_as=read_as)] if read_as == "config-file" and len(files) == 1 else [])


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
            # The suffix of the key decides whether the file is TOML; only safe characters of the key are shown.
            source = Source(f"{node.source.name}:{re.sub('[^-._a-zA-Z0-9]', '_', key)}", text)
            yield CarriedFile(source, node, f"{field}[{key}]", encoded, kind == "Secret")


def _decoded(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode().removeprefix("\ufeff")
    except (binascii.Error, ValueError):
        return None


def _is_configuration(file: CarriedFile, version: str | None) -> bool:
    try:
        detected = detect(file.source, None, version, [])
    except KascError as error:
        # A malformed file of a known kind is one of that kind.
        return error.diagnostic.code not in _UNKNOWN
    if detected.kind == "config-file":
        return text_of(detected.roots[0].get("kind")) != _CLIENT
    return detected.certain and detected.kind != "manifest"
