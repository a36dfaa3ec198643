"""A position in a structured file, with its value; unknown fields that are known elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.bounds import MAX_DEPTH
from compiler.diagnostics import Location, Report, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.source.node import Node


_MOST_STEPS = 2 * MAX_DEPTH
"""Steps of a path: a key and an index for each level of nesting."""


class Findings:
    """Takes the findings about one structured file.

    `prefix` is the path of the content in a document, empty for a file of its own. What could not be decoded is kept
    in `bad`: nothing more is said about such a place, or about what lies in it.
    """

    def __init__(self, report: Report, flag: str, prefix: str = "") -> None:
        self.report = report
        self.flag = flag
        self.prefix = prefix
        self.bad: set[str] = set()

    def add(self, rule: Rule, path: str, location: Location, message: str, hint: str, severity: str = "") -> None:
        """Report a broken rule, unless its place is known to be undecodable."""
        if (self.bad and self._is_bad(path)) or self.report.passes_over(rule, self.flag, severity):
            return
        full = f"{self.prefix}.{path}".strip(".") if self.prefix else path
        self.report.add(diagnose(rule, message, hint, path=full, flag=self.flag, location=location, severity=severity))

    def _is_bad(self, path: str) -> bool:
        ends = (found.start() for found in islice(re.finditer(r"[.\[]", path), _MOST_STEPS))
        return path in self.bad or any(path[:end] in self.bad for end in ends)


class Field:
    """A value of a structured file, which may be missing.

    `path` is its place in the file (`jwt[0].issuer.url`). A missing value stands where the mapping around it stands.
    What the decoder refused reads as missing.
    """

    __slots__ = ("findings", "location", "node", "path")

    def __init__(self, node: Node | None, path: str, findings: Findings, location: Location) -> None:
        self.node = node
        self.path = path
        self.findings = findings
        self.location = location

    @property
    def given(self) -> bool:
        """Whether a value other than null stands here."""
        return self.node is not None and self.node.value is not None

    @property
    def is_null(self) -> bool:
        """Whether null is written here."""
        return self.node is not None and self.node.value is None

    @property
    def is_bad(self) -> bool:
        """Whether the decoder refused what stands here."""
        return self.path in self.findings.bad

    def __getitem__(self, key: str) -> Field:
        """The field of a mapping under a key."""
        path = f"{self.path}.{key}" if self.path else key
        child = self.node.get(key) if self.node is not None else None
        if child is not None and path in self.findings.bad:
            return Field(None, path, self.findings, child.location)
        return Field(child, path, self.findings, child.location if child is not None else self.location)

    def in_any_case(self, key: str) -> list[Field]:
        """The fields of a mapping that encoding/json takes for a key, whatever their case; the last one counts.

        Those of YAML come in the order of their names, for it is turned into JSON first. The one under the key itself
        where there is none.
        """
        value = self.node.value if self.node is not None else None
        keys = [name for name in value if name.lower() == key.lower()] if isinstance(value, dict) else []
        if self.node is not None and not self.node.source.json:
            keys.sort()
        return [self[name] for name in keys] or [self[key]]

    def items(self) -> list[Field]:
        """The elements of a list; none where there is no list."""
        value = self.node.value if self.node is not None else None
        if not isinstance(value, list):
            return []
        return [Field(item, f"{self.path}[{i}]", self.findings, item.location) for i, item in enumerate(value)]

    def entries(self) -> list[tuple[str, Field]]:
        """Keys and values of a mapping; none where there is no mapping."""
        value = self.node.value if self.node is not None else None
        return [(key, self[key]) for key in value] if isinstance(value, dict) else []

    def key_location(self, key: str) -> Location:
        """Where a key of this mapping stands."""
        return self.node.key_location(key) if self.node is not None else self.location

    @property
    def text(self) -> str:
        """A text; empty where there is none."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, str) else ""

    @property
    def on(self) -> bool | None:
        """A boolean; None where there is none."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, bool) else None

    @property
    def number(self) -> int | None:
        """A whole number; None where there is none."""
        value = self.node.value if self.node is not None else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def duration(self) -> int | None:
        """A duration in nanoseconds; None where there is none, or none that can be read."""
        if not self.text:
            return None
        from compiler.upstream.go.strconv import InvalidValueError, parse_duration

        try:
            return parse_duration(self.text)
        except InvalidValueError:
            return None

    def did_you_mean(self, words: Iterable[str]) -> str:
        """`did you mean WORD?` for the text here, empty if none is near."""
        return self.findings.report.suggestions.did_you_mean(self.text, words)

    def refuse(self, rule: Rule, message: str, hint: str) -> None:
        """Report a broken rule at this place."""
        self.findings.add(rule, self.path, self.location, message, hint)


Schema = dict[str, Any]


class Level(NamedTuple):
    """A mapping around a place: its path in the file, and the fields that it may have."""

    path: str
    properties: Schema


class Place(NamedTuple):
    """What to do about a field, and the field of its own mapping that is missing without it, if there is one."""

    hint: str
    stands_for: str = ""


def _choice(field: str, words: dict[str, str]) -> Callable[[Node], str]:
    """The same setting under another name and in other words."""

    def hint(node: Node) -> str:
        squeezed = str(node.value).lower().replace("-", "").replace("_", "")
        return f"write {field}: {words.get(squeezed, ' or '.join(dict.fromkeys(words.values())))}"

    return hint


def _transport(node: Node) -> str:
    """The proxy of an egress selection before v1beta1. Kubernetes: apiserver/pkg/apis/apiserver/v1alpha1."""
    if node.get("url") is None:
        return "write transport: {uds: {udsName: PATH}}"
    url = shown(str(node.at(("url",)).value))[1:-1]
    files = [name for name in ("caBundle", "clientKey", "clientCert") if node.get(name) is not None]
    tls = ", ".join(f"{name}: {shown(str(node.at((name,)).value))[1:-1]}" for name in files)
    return f"write transport: {{tcp: {{url: {url}, tlsConfig: {{{tls}}}}}}}"


def _renamed(field: str) -> Callable[[Node], str]:
    return lambda node: f"write {field}"


_PROTOCOLS = {"direct": "Direct", "httpconnect": "HTTPConnect", "http": "HTTPConnect", "grpc": "GRPC"}
_MAPPING = "claimMappings: {{{}: {{claim: ..., prefix: ...}}}}"
_OLD: dict[tuple[str, str], tuple[str, Callable[[Node], str]]] = {
    ("proxyProtocol", "type"): ("proxyProtocol", _choice("proxyProtocol", _PROTOCOLS)),
    ("proxyProtocol", "httpConnect"): ("transport", _transport),
    ("claimMappings", "issuerURL"): ("issuer", _renamed("issuer: {url: ...}")),
    ("claimMappings", "clientID"): ("issuer", _renamed("issuer: {audiences: [...]}")),
    ("claimMappings", "caFile"): ("", _renamed("the PEM data in issuer: {certificateAuthority: ...}")),
    ("claimMappings", "usernameClaim"): ("claimMappings", _renamed(_MAPPING.format("username"))),
    ("claimMappings", "usernamePrefix"): ("claimMappings", _renamed(_MAPPING.format("username"))),
    ("claimMappings", "groupsClaim"): ("", _renamed(_MAPPING.format("groups"))),
    ("claimMappings", "groupsPrefix"): ("", _renamed(_MAPPING.format("groups"))),
    ("claimMappings", "requiredClaims"): ("", _renamed("claimValidationRules: [{claim: ..., requiredValue: ...}]")),
}  # fmt: skip
"""A field that a mapping has, and an unknown one in it -> the field that is meant, and what to write."""


def place_of(key: str, child: Node, levels: Sequence[Level]) -> Place | None:
    """Where an unknown field belongs; None if it is known nowhere near. `levels` end with its own mapping."""
    *around, here = levels
    for sibling, old in _OLD:
        if old == key and sibling in here.properties:
            stands_for, hint = _OLD[sibling, old]
            return Place(hint(child), stands_for)
    for distance, level in enumerate(reversed(around), 1):
        if key in level.properties:
            up = "one level up" if distance == 1 else f"{distance} levels up"
            return Place(f"move {key} {up}, to {level.path or 'the top level'}")
    below = [name for name, shape in here.properties.items() if key in _fields_of(shape)]
    if len(below) == 1:
        listed = here.properties[below[0]].get("type") == "array"
        return Place(f"move {key} one level down, into {'an element of ' if listed else ''}{below[0]}", below[0])
    return None


def _fields_of(shape: Schema) -> Schema:
    fields: Schema = (shape.get("items", shape) if shape.get("type") == "array" else shape).get("properties", {})
    return fields
