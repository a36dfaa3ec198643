"""Endpoint addresses of etcd, and the formats of stored values."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_COMMON = r"(?:https?://)?[A-Za-z0-9.-]+:([0-9]{1,5})"
_HOST = r"[^\s/]*"


@lru_cache(maxsize=256)
def dial_problem(endpoint: str, strictness: int) -> str:
    """Return why the etcd client cannot connect to an endpoint, empty if it can. `strictness`: see parse_url."""
    common = re.fullmatch(_COMMON, endpoint)
    if common and int(common[1]) < 65536:
        return ""
    if endpoint.startswith(("unix:", "unixs:")):
        return ""
    host, port, problem = _split(_target(endpoint, strictness))
    if problem:
        return problem
    if "://" in endpoint and "//" in host:
        return "has an unsupported scheme"
    if port.isdecimal():
        return "" if int(port) < 65536 and re.fullmatch(_HOST, host) else "has an invalid host or port"
    # A port may be a service name, which the host of the server resolves.
    if not re.fullmatch(r"[A-Za-z0-9-]+", port):
        return "has an invalid port"
    return "" if re.fullmatch(_HOST, host) else "has an invalid host"


def without_user(endpoint: str) -> str:
    """Return an endpoint without user and password, which the etcd client ignores in URLs."""
    scheme, slashes, rest = endpoint.partition("://")
    if "@" not in rest or scheme not in ("http", "https"):
        return endpoint
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    return scheme + slashes + authority.rpartition("@")[2] + rest[len(authority) :]


def _target(endpoint: str, strictness: int) -> str:
    if "://" not in endpoint:
        return endpoint
    from compiler.upstream.go.net import parse_url

    url = parse_url(endpoint, strictness)
    return url.host if url is not None and url.scheme in ("http", "https") else endpoint


def _split(address: str) -> tuple[str, str, str]:
    """Return host, port and problem of an address."""
    if not address:
        return "", "", "has no host"
    match = re.fullmatch(r"\[([^\[\]]*)\]:([^:\[\]]*)|([^:\[\]]*):([^:\[\]]*)", address, re.DOTALL)
    if match is None:
        return "", "", "has no port" if ":" not in address.rpartition("]")[2] else "is not HOST:PORT"
    return match[1] or match[3] or "", match[2] or match[4] or "", ""


PROTOBUF = "application/vnd.kubernetes.protobuf"
JSON = "application/json"
YAML = "application/yaml"
CBOR = "application/cbor"
_MAGIC = b"k8s\0"
_CBOR_MAGIC = b"\xd9\xd9\xf7"
_ENCRYPTED = b"k8s:enc:"
_MAX_PREFIX = 512
_HEAD = 4096
_MAX_PARSED = 4 * 1024 * 1024
"""Bytes of a JSON value that is parsed completely: the server accepts requests of up to 3 MiB."""
_MAX_NAME = 200
_API_VERSION = rb'"apiVersion"\s*:\s*"([^"\\]{1,200})"'
_KIND = rb'"kind"\s*:\s*"([^"\\]{1,200})"'


class StoredValue(NamedTuple):
    """Format of a stored value; `encryption` is the prefix of an encrypted one, for example `k8s:enc:kms:v2:NAME:`."""

    media_type: str = ""
    api_version: str = ""
    kind: str = ""
    encryption: str = ""


def describe(value: bytes) -> StoredValue:
    """Return the format of a value from its first bytes; unknown parts are empty."""
    if value.startswith(_ENCRYPTED):
        return StoredValue(encryption=_encryption_prefix(value))
    if value.startswith(_MAGIC):
        api_version, kind = _type_meta(value[len(_MAGIC) : _HEAD])
        return StoredValue(PROTOBUF, api_version, kind)
    if value.startswith(_CBOR_MAGIC):
        return StoredValue(CBOR)
    if value[:1] == b"{":
        return StoredValue(JSON, *_json_type(value))
    if re.match(rb"[A-Za-z]+:", value):
        return StoredValue(YAML, *(_yaml_field(name, value) for name in (b"apiVersion", b"kind")))
    return StoredValue()


def _text(data: bytes | None) -> str:
    return data.decode(errors="replace") if data else ""


def _encryption_prefix(value: bytes) -> str:
    """Return `k8s:enc:PROVIDER:VERSION:NAME:`, which the ciphertext follows."""
    parts = value[:_MAX_PREFIX].split(b":", 5)
    return _text(b":".join(parts[:5]) + b":") if len(parts) == 6 else _text(_ENCRYPTED)


def _yaml_field(name: bytes, value: bytes) -> str:
    match = re.search(rb"(?m)^%b: ?(\S{1,200})$" % name, value)
    return _text(match[1]) if match else ""


def _json_type(value: bytes) -> tuple[str, str]:
    """Return apiVersion and kind: the server writes them first; values of other writers are parsed completely."""
    head = value[:_HEAD]
    version, kind = re.search(_API_VERSION, head[:300]), re.search(_KIND, head[:300])
    if version and kind:
        return _text(version[1]), _text(kind[1])
    if len(value) > _MAX_PARSED:
        return "", ""
    import json

    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return "", ""
    names = (parsed.get("apiVersion"), parsed.get("kind")) if isinstance(parsed, dict) else ("", "")
    return _name(names[0]), _name(names[1])


def _name(value: object) -> str:
    """Return a value that can be an apiVersion or kind, else empty."""
    return value if isinstance(value, str) and len(value) <= _MAX_NAME else ""


def _type_meta(data: bytes) -> tuple[str, str]:
    """Return apiVersion and kind of a runtime.Unknown, whose first field is a TypeMeta of two strings."""
    try:
        if data[0] != 0x0A:
            return "", ""
        end, position = 2 + data[1], 2
        fields = {}
        while position < end:
            tag, length = data[position], data[position + 1]
            fields[tag] = data[position + 2 : position + 2 + length]
            position += 2 + length
    except IndexError:
        return "", ""
    return _text(fields.get(0x0A)), _text(fields.get(0x12))
