"""How values are stored in etcd: media type, apiVersion and kind, or the prefix of an encryption provider."""

from __future__ import annotations

import json
import re

_PROTOBUF = b"k8s\0"
"""What objects in protobuf begin with (apimachinery: serializer/protobuf)."""
_ENCRYPTED = re.compile(rb"k8s:enc:[^:]+:v[0-9]+:(?:[^:]+:)?")


def stored_form(value: bytes) -> str:
    """Return "protobuf v1 Pod", "json apps/v1 Deployment", "k8s:enc:aescbc:v1:key1:" or "other"."""
    encrypted = _ENCRYPTED.match(value)
    if encrypted:
        return encrypted.group().decode(errors="replace")
    if value.startswith(_PROTOBUF):
        return " ".join(("protobuf", *_type_meta(value[len(_PROTOBUF) :])))
    try:
        document = json.loads(value)
    except ValueError:
        return _yaml_form(value)
    if isinstance(document, dict) and "kind" in document:
        return f"json {document.get('apiVersion', '')} {document['kind']}"
    return "other"


def _type_meta(message: bytes) -> tuple[str, str]:
    """Return apiVersion and kind of a runtime.Unknown: its field 1 is TypeMeta, whose fields 1 and 2 they are."""
    fields = _strings(_strings(message).get(1, b""))
    return fields.get(1, b"").decode(errors="replace"), fields.get(2, b"").decode(errors="replace")


def _strings(message: bytes) -> dict[int, bytes]:
    """Return the first length-delimited fields of a protobuf message, by number."""
    result: dict[int, bytes] = {}
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        if tag & 7 != 2:
            break
        size, position = _varint(message, position)
        result.setdefault(tag >> 3, message[position : position + size])
        position += size
    return result


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
    return value, position


def _yaml_form(value: bytes) -> str:
    """Return the form of a value that the server wrote as YAML: one key a line, sorted."""
    text = value.decode(errors="replace")
    result = dict(re.findall(r"^(apiVersion|kind): (\S+)$", text, re.MULTILINE))
    return f"yaml {result.get('apiVersion', '')} {result['kind']}" if "kind" in result else "other"
