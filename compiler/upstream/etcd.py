"""What kube-apiserver and etcd agree on: endpoint addresses, and the formats of stored values."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_COMMON = r"(?:https?://)?[A-Za-z0-9.-]+:([0-9]{1,5})"
_HOST = r"[^\s/]*"


@lru_cache(maxsize=256)
def dial_problem(endpoint: str, strictness: int) -> str:
    """Why the etcd client can never connect to an endpoint; empty where it may. `strictness`: see parse_url."""
    common = re.fullmatch(_COMMON, endpoint)
    if common and int(common[1]) < 65536:
        return ""
    if endpoint.startswith(("unix:", "unixs:")):
        return ""
    host, port, problem = _split(_dialled(endpoint, strictness))
    if problem:
        return problem
    if "://" in endpoint and "//" in host:
        return "has a scheme that etcd does not speak"
    if port.isdecimal():
        return "" if int(port) < 65536 and re.fullmatch(_HOST, host) else "has a port or a host that cannot be"
    # A port may have a name, which the machine of the server knows.
    if not re.fullmatch(r"[A-Za-z0-9-]+", port):
        return "has a port that cannot be"
    return "" if re.fullmatch(_HOST, host) else "has a host that cannot be"


def without_user(endpoint: str) -> str:
    """An endpoint without a user and password, which the etcd client ignores in URLs."""
    scheme, slashes, rest = endpoint.partition("://")
    if "@" not in rest or scheme not in ("http", "https"):
        return endpoint
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    return scheme + slashes + authority.rpartition("@")[2] + rest[len(authority) :]


def _dialled(endpoint: str, strictness: int) -> str:
    if "://" not in endpoint:
        return endpoint
    from compiler.upstream.go.net import parse_url

    url = parse_url(endpoint, strictness)
    return url.host if url is not None and url.scheme in ("http", "https") else endpoint


def _split(address: str) -> tuple[str, str, str]:
    """Host, port and problem of an address."""
    if not address:
        return "", "", "has no host"
    found = re.fullmatch(r"\[([^\[\]]*)\]:([^:\[\]]*)|([^:\[\]]*):([^:\[\]]*)", address, re.DOTALL)
    if found is None:
        return "", "", "has no port" if ":" not in address.rpartition("]")[2] else "is not HOST:PORT"
    return found[1] or found[3] or "", found[2] or found[4] or "", ""


PROTOBUF = "application/vnd.kubernetes.protobuf"
JSON = "application/json"
YAML = "application/yaml"
CBOR = "application/cbor"
_MAGIC = b"k8s\0"
_CBOR_MAGIC = b"\xd9\xd9\xf7"
_ENCRYPTED = b"k8s:enc:"
_LONGEST_PREFIX = 512
_HEAD = 4096
_LARGEST_PARSED = 4 * 1024 * 1024
"""Bytes of a JSON value that is parsed as a whole: the server takes requests of up to 3 MiB."""
_LONGEST_NAME = 200
_API_VERSION = rb'"apiVersion"\s*:\s*"([^"\\]{1,200})"'
_KIND = rb'"kind"\s*:\s*"([^"\\]{1,200})"'


class StoredValue(NamedTuple):
    """`encryption` is the prefix (`k8s:enc:kms:v2:NAME:`) of an encrypted value, of which nothing else is known."""

    media_type: str = ""
    api_version: str = ""
    kind: str = ""
    encryption: str = ""


def describe(value: bytes) -> StoredValue:
    """What the first bytes of a value tell; empty texts for what they do not."""
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
    """`k8s:enc:PROVIDER:VERSION:NAME:`; what follows is cipher text."""
    parts = value[:_LONGEST_PREFIX].split(b":", 5)
    return _text(b":".join(parts[:5]) + b":") if len(parts) == 6 else _text(_ENCRYPTED)


def _yaml_field(name: bytes, value: bytes) -> str:
    found = re.search(rb"(?m)^%b: ?(\S{1,200})$" % name, value)
    return _text(found[1]) if found else ""


def _json_type(value: bytes) -> tuple[str, str]:
    """The server writes kind and apiVersion first; other writers may not, and then the whole value is read."""
    head = value[:_HEAD]
    version, kind = re.search(_API_VERSION, head[:300]), re.search(_KIND, head[:300])
    if version and kind:
        return _text(version[1]), _text(kind[1])
    if len(value) > _LARGEST_PARSED:
        return "", ""
    import json

    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return "", ""
    names = (found.get("apiVersion"), found.get("kind")) if isinstance(found, dict) else ("", "")
    return _name(names[0]), _name(names[1])


def _name(value: object) -> str:
    """A value that may be an apiVersion or a kind; empty if it is neither."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_NAME else ""


def _type_meta(data: bytes) -> tuple[str, str]:
    """apiVersion and kind of runtime.Unknown: its first field is a TypeMeta of two strings."""
    try:
        if data[0] != 0x0A:
            return "", ""
        end, position = 2 + data[1], 2
        found = {}
        while position < end:
            tag, length = data[position], data[position + 1]
            found[tag] = data[position + 2 : position + 2 + length]
            position += 2 + length
    except IndexError:
        return "", ""
    return _text(found.get(0x0A)), _text(found.get(0x12))
