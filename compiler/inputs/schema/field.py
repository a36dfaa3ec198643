"""Fields of structured files, and hints for misplaced fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from compiler.bounds import MAX_DEPTH
from compiler.diagnostics import Location, Report, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import shown_bare
from compiler.upstream.go.strconv import InvalidValueError, parse_duration

_MAX_STEPS = 2 * MAX_DEPTH
"""Steps of a path: a key and an index for each level of nesting."""


class Findings:
    """Reports the diagnostics of one structured file.

    `prefix` is the path of the content in a document, empty for a separate file. `bad` has the paths of values that
    could not be decoded: nothing further is reported about them and the values below.
    """

    def __init__(self, report: Report, flag: str, prefix: str = "") -> None:
        self.report = report
        self.flag = flag
        self.prefix = prefix
        self.bad: set[str] = set()

    def add(self, rule: Rule, path: str, location: Location, message: str, hint: str, severity: str = "") -> None:
        """Report a violation of a rule, unless its field could not be decoded."""
        if (self.bad and self._is_bad(path)) or self.report.drops(rule, self.flag, severity):
            return
        full = self.full_path(path)
        self.report.add(diagnose(rule, message, hint, path=full, flag=self.flag, location=location, severity=severity))

    def full_path(self, path: str) -> str:
        """Return the path of a value in the document around the file; in the file if it is separate."""
        return f"{self.prefix}.{path}".strip(".") if self.prefix else path

    def _is_bad(self, path: str) -> bool:
        ends = (match.start() for match in islice(re.finditer(r"[.\[]", path), _MAX_STEPS))
        return path in self.bad or any(path[:end] in self.bad for end in ends)


class Field:
    """A value of a structured file, which may be missing.

    `path` is its path in the file (`jwt[0].issuer.url`). A missing value has the location of the mapping around it.
    A value that could not be decoded reads as missing.
    """

    __slots__ = ("findings", "location", "node", "path")

    def __init__(self, node: Node | None, path: str, findings: Findings, location: Location) -> None:
        self.node = node
        self.path = path
        self.findings = findings
        self.location = location

    @property
    def is_set(self) -> bool:
        """Return whether the field has a value other than null."""
        return self.node is not None and self.node.value is not None

    @property
    def is_null(self) -> bool:
        """Return whether the field is null."""
        return self.node is not None and self.node.value is None

    @property
    def is_bad(self) -> bool:
        """Return whether the value could not be decoded."""
        return self.path in self.findings.bad

    def __getitem__(self, key: str) -> Field:
        """Return the field of a mapping under a key."""
        path = f"{self.path}.{key}" if self.path else key
        child = self.node.get(key) if self.node is not None else None
        if child is not None and path in self.findings.bad:
            return Field(None, path, self.findings, child.location)
        return Field(child, path, self.findings, child.location if child is not None else self.location)

    def in_any_case(self, key: str) -> list[Field]:
        """Return the fields of a mapping that encoding/json matches to a key, ignoring case; the last one wins.

        Those in YAML are sorted by name, as YAML is converted to JSON first. Without any, return the (missing) field
        under the key.
        """
        value = self.node.value if self.node is not None else None
        keys = [name for name in value if name.lower() == key.lower()] if isinstance(value, dict) else []
        if self.node is not None and not self.node.source.json:
            keys.sort()
        return [self[name] for name in keys] or [self[key]]

    def items(self) -> list[Field]:
        """Return the elements of a list; none for other values."""
        value = self.node.value if self.node is not None else None
        if not isinstance(value, list):
            return []
        return [Field(item, f"{self.path}[{i}]", self.findings, item.location) for i, item in enumerate(value)]

    def entries(self) -> list[tuple[str, Field]]:
        """Return the keys and values of a mapping; none for other values."""
        value = self.node.value if self.node is not None else None
        return [(key, self[key]) for key in value] if isinstance(value, dict) else []

    def key_location(self, key: str) -> Location:
        """Return the location of a key of this mapping."""
        return self.node.key_location(key) if self.node is not None else self.location

    @property
    def text(self) -> str:
        """Return the string value, empty for other values."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, str) else ""

    @property
    def on(self) -> bool | None:
        """Return the boolean value, None for other values."""
        value = self.node.value if self.node is not None else None
        return value if isinstance(value, bool) else None

    @property
    def number(self) -> int | None:
        """Return the integer value, None for other values."""
        value = self.node.value if self.node is not None else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def duration(self) -> int | None:
        """Return the duration in nanoseconds, None for other values and invalid durations."""
        if not self.text:
            return None
        try:
            return parse_duration(self.text)
        except InvalidValueError:
            return None

    def did_you_mean(self, words: Iterable[str]) -> str:
        """Return `did you mean WORD?` for the string value, empty if none is close."""
        return self.findings.report.suggestions.did_you_mean(self.text, words)

    def report(self, rule: Rule, message: str, hint: str) -> None:
        """Report a violation of a rule at this field."""
        self.findings.add(rule, self.path, self.location, message, hint)


Schema = dict[str, Any]


class Level(NamedTuple):
    """A mapping around a field: its path in the file, and its known fields."""

    path: str
    properties: Schema


class Place(NamedTuple):
    """Hint for an unknown field, and the field of the same mapping that is probably intended, if any."""

    hint: str
    intended: str = ""


def _choice(field: str, words: dict[str, str]) -> Callable[[Node], str]:
    """Return the hint for a setting with another name and other values."""

    def hint(node: Node) -> str:
        normalized = str(node.value).lower().replace("-", "").replace("_", "")
        return f"write {field}: {words.get(normalized, ' or '.join(dict.fromkeys(words.values())))}"

    return hint


def _transport(node: Node) -> str:
    """Return the hint for the proxy of an egress selection before v1beta1. Kubernetes: apiserver/pkg/apis/apiserver."""
    if node.get("url") is None:
        return "write transport: {uds: {udsName: PATH}}"
    url = shown_bare(str(node.at(("url",)).value))
    files = [name for name in ("caBundle", "clientKey", "clientCert") if node.get(name) is not None]
    tls = ", ".join(f"{name}: {shown_bare(str(node.at((name,)).value))}" for name in files)
    return f"write transport: {{tcp: {{url: {url}, tlsConfig: {{{tls}}}}}}}"


def _renamed(field: str) -> Callable[[Node], str]:
    return lambda node: f"write {field}"


_PROTOCOLS = {"direct": "Direct", "httpconnect": "HTTPConnect", "http": "HTTPConnect", "grpc": "GRPC"}
_MAPPING = "claimMappings: {{{}: {{claim: ..., prefix: ...}}}}"
_RENAMED_FIELDS: dict[tuple[str, str], tuple[str, Callable[[Node], str]]] = {
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
"""A known field of a mapping, and an unknown one in it -> the intended field, and the function of the hint."""


def place_of(key: str, child: Node, levels: Sequence[Level]) -> Place | None:
    """Return where an unknown field belongs, None if unknown. The last of `levels` is the mapping of the field."""
    *outer, current = levels
    for sibling, old in _RENAMED_FIELDS:
        if old == key and sibling in current.properties:
            intended, hint = _RENAMED_FIELDS[sibling, old]
            return Place(hint(child), intended)
    for distance, level in enumerate(reversed(outer), 1):
        if key in level.properties:
            up = "one level up" if distance == 1 else f"{distance} levels up"
            return Place(f"move {key} {up}, to {level.path or 'the top level'}")
    below = [name for name, shape in current.properties.items() if key in _fields_of(shape)]
    if len(below) == 1:
        article = "an element of " if current.properties[below[0]].get("type") == "array" else ""
        return Place(f"move {key} one level down, into {article}{below[0]}", below[0])
    return None


def _fields_of(shape: Schema) -> Schema:
    fields: Schema = (shape.get("items", shape) if shape.get("type") == "array" else shape).get("properties", {})
    return fields
