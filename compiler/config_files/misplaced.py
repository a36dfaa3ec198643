"""Unknown fields of structured files that are known elsewhere: a level too deep or too high, or in an older format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from compiler.flags.text import shown
from compiler.source.node import Node

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
