"""Mutations of an input: of its bytes, lines, words, and the values in a document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

WORDS = [
    "", " ", "\t", "\n", "\r\n", "\r", "\x00", "\x1b[2J", "\x85", "\u2028", "\u202e", "\ufeff", "é", "😀", "-", "- ",
    "--", "---\n", "...\n", "? ", ": ", ":", ",", "{", "}", "[", "]", "{}", "[]", "[[]]", "#", "# ", "|\n", ">-\n",
    "&a ", "*a", "<<: *a", "!!str ", "!!binary ", "!x ", "%YAML 1.1\n", "'", '"', '"""', "'''", "\\", "\\\n",
    "\\u0000", "`", "null", "~", "true", "false", "yes", "off", "0", "-1", "1e999", ".inf", ".nan", "0x", "0o17",
    "1_000", "9" * 25, "1.5", "2001-01-01", "2001-01-01T00:00:00Z", "1h", "00s", "5", "1Gi", "10.0.0.0/24", "::/0",
    "[::1]:80", "https://a:b@c/%zz?#", "$(A)", "${A:-b}", "$A", "$(", "{{ .x }}", "{{", "}}", "*", "**", "../", "/",
    "//", ".", "..", "/dev/null", "a.b.c.", "kube-apiserver ", "--", "--etcd-servers=", "=", " = ", "export ",
    "[Service]\n", "ExecStart=", "EOF", "<<EOF\n", "apiVersion: ", "kind: ", "extends: ", "source: ", "content: ",
    "path: ", "env: ", "file: ", "# kasc: ignore KASC-ETCD-001: why", "# kasc: ignore",
    "# kasc: ignore KASC-RISK-013", " # kasc:ignore KASC-GEN-010:x", "claims.x", "has(claims.a.b)", "'a' + 1",
    "object.x.all(y, y > 0)", "(", ")", "a ? b : c", "(?i)(", "[[:alpha:]", "x{1000}",
    "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "AAAA", "MIIB", "k8s:enc:", "k8s\x00\n",
]  # fmt: skip
_MAX_SIZE = 64 * 1024
_VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**63, 1e400, "", "x", " ", "a,b", "a=b", "*", "/x", "1h", "10.0.0.0/8", "https://a"),
    *([], {}, [None], [[]], ["x"], {"": None}, {"a": {}}, {"path": "/x", "content": {}}, {"source": "x"}),
]  # fmt: skip


def mutated(data: bytes, random: Random, other: bytes = b"") -> bytes:
    """Return an input with one to six random mutations; some of them copy parts of `other`."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        data = random.choice(_MUTATORS)(data, random, other)[:_MAX_SIZE]
    return data


def _bytes(data: bytes, random: Random, other: bytes) -> bytes:
    if not data:
        return random.randbytes(random.randrange(16))
    at = random.randrange(len(data))
    end = min(len(data), at + random.choice((1, 1, 2, 4, 16, 64)))
    flipped = bytes([data[at] ^ 1 << random.randrange(8)])
    changes = (b"", bytes([random.randrange(256)]), random.randbytes(4), data[at:end] * 2, flipped)
    piece = random.choice(changes)
    return data[:at] + piece + data[end:]


def _word(data: bytes, random: Random, other: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    end = min(len(data), at + random.choice((0, 0, 0, 1, 5, 20)))
    return data[:at] + random.choice(WORDS).encode() + data[end:]


def _token(data: bytes, random: Random, other: bytes) -> bytes:
    """Replace a word with one from the dictionary or from another input."""
    tokens = [*re.finditer(rb"[A-Za-z0-9_./-]+", data[:_MAX_SIZE])]
    if not tokens:
        return data
    token = random.choice(tokens)
    words = re.findall(rb"[A-Za-z0-9_./-]+", other[:_MAX_SIZE])
    choices = [random.choice(WORDS).encode(), token[0] * 2, token[0][:-1], token[0].upper(), token[0] + b"."]
    if words:
        choices += [random.choice(words)] * 3
    return data[: token.start()] + random.choice(choices) + data[token.end() :]


def _lines(data: bytes, random: Random, other: bytes) -> bytes:
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    line = lines[at]
    action = random.randrange(6)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines.insert(at, line)
    elif action == 2:
        lines[at] = random.choice((b" ", b"  ", b"\t", b"- ", b"#")) + line
    elif action == 3:
        lines[at] = line.lstrip()
    elif action == 4:
        lines.insert(at, random.choice(other.split(b"\n")))
    else:
        to = random.randrange(len(lines))
        lines[at], lines[to] = lines[to], line
    return b"\n".join(lines)


def _splice(data: bytes, random: Random, other: bytes) -> bytes:
    at, start = random.randrange(len(data) + 1), random.randrange(len(other) + 1)
    return data[:at] + other[start : start + random.choice((10, 100, 1000))] + data[at:]


def _repeat(data: bytes, random: Random, other: bytes) -> bytes:
    """Repeat a piece many times, which shows quadratic time."""
    at = random.randrange(len(data) + 1)
    piece = data[at : at + random.choice((1, 3, 20))] or random.choice(WORDS).encode()
    return data[:at] + piece * random.choice((20, 200, 2000)) + data[at:]


def _values(data: bytes, random: Random, other: bytes) -> bytes:
    """Replace or remove a value of a JSON document; many seeds are JSON."""
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return _token(data, random, other)
    entries = [*_entries(root)]
    if not entries:
        return data
    parent, key = random.choice(entries)
    action = random.randrange(4)
    if action == 0 and isinstance(parent, dict):
        parent[random.choice((f"{key}x", str(key)[:-1], str(key).upper(), "", "a b"))] = parent.pop(key)
    elif action == 1:
        del parent[key]
    elif action == 2:
        parent[key] = random.choice(entries)[0] if len(data) < 20_000 else None
        try:
            return json.dumps(root).encode()
        except (ValueError, RecursionError):
            return data
    else:
        parent[key] = random.choice(_VALUES)
    return json.dumps(root).encode()


def _entries(value: Any) -> Any:
    """Yield every entry of a document as its parent (an object or list) and its key or index."""
    children = [*value.items()] if isinstance(value, dict) else [*enumerate(value)] if isinstance(value, list) else []
    for key, each in children:
        yield value, key
        yield from _entries(each)


Mutator = Callable[[bytes, Random, bytes], bytes]
_MUTATORS: tuple[Mutator, ...] = (_bytes, _word, _word, _token, _token, _lines, _splice, _repeat, _values, _values)
