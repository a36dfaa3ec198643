"""Plain data as YAML text, deterministic to the byte and readable by every YAML 1.1 and 1.2 parser.

PyYAML's own emitter would take longer than everything else together for a storage manifest. What this one writes is
so small a part of YAML (block collections, plain words, JSON strings) that tests can hold it against real parsers.
"""

from __future__ import annotations

import json
import marshal
import re
from typing import Any

# Words that no parser can take for a number, a date, a boolean or a structure.
_PLAIN = re.compile(
    r"(?:[A-Za-z_/]|--[a-z])[A-Za-z0-9_./@+=,-]*(?::[A-Za-z0-9_./@+=,-]+)*"
    r"|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?:/[0-9]+)?"
    r"|(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+",
    re.ASCII,
)
_LISTS = (list, tuple)
_NESTED = (dict, list, tuple)
_LONGEST_KEY = 1000
"""Characters after which a key has to be marked as one."""
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "=", "<<"))
# What JSON leaves as it is but YAML does not print, and separate surrogates, which no YAML reader joins.
_UNPRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u2028\u2029]")

# An artifact says the same words over and over.
_SCALARS: dict[str, str] = {}
_MOST_SCALARS = 10_000


def scalar(value: Any) -> str:
    """One value as YAML: a plain word where that is safe, else as JSON writes it."""
    if isinstance(value, str):
        text = _SCALARS.get(value)
        if text is None:
            text = _text(value)
            if len(_SCALARS) < _MOST_SCALARS:
                _SCALARS[value] = text
        return text
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, _LISTS):
        return "[]"
    return "{}"


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def _number(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 takes a float with an exponent only where it has a point and a sign.
    if "e" in text:
        mantissa, exponent = text.split("e")
        mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
        return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
    return text


class Written:
    """Blocks of lines that were written before, for documents that are nearly alike.

    A block is known by its value to the bit, types and order of keys included.
    """

    _MOST = 4 * 1024 * 1024
    """Characters that are kept."""
    _DEPTH = 3
    """Levels at which blocks are looked up."""
    _SMALL = 2000
    """Bytes of data up to which it costs less to write a block than to look up its parts."""
    PART = 8
    """Entries of a large map that are looked up together."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[str, bytes], str] = {}
        self.size = 0
        self.once: set[int] = set()

    def write(self, value: Any, indent: str, lines: list[str], depth: int = 0) -> None:
        """What `_write` does for a block that is not empty."""
        try:
            key = (indent, marshal.dumps(value, 2))
        except ValueError:  # no plain data
            _write(value, indent, lines)
            return
        block = self.blocks.get(key)
        if block is None:
            inner: list[str] = []
            looks_deeper = depth < self._DEPTH and len(key[1]) > self._SMALL
            _write(value, indent, inner, self if looks_deeper else None, depth + 1)
            block = "\n".join(inner)
            self._keep(key, block)
        lines.append(block)

    def _keep(self, key: tuple[str, bytes], block: str) -> None:
        """Keep a block that comes up for the second time; most of the others never will."""
        if self.size > self._MOST or len(self.once) > self._MOST // 64:
            self.blocks.clear()
            self.once.clear()
            self.size = 0
        if hash(key) in self.once:
            self.size += len(block) + len(key[1])
            self.blocks[key] = block
        else:
            self.once.add(hash(key))


def dump(value: Any, written: Written | None = None) -> str:
    """A map or a list (of maps, lists, strings, numbers, booleans and None) as one YAML document.

    `written` keeps blocks from one document to the next.
    """
    lines: list[str] = []
    _write(value, "", lines, written)
    return "\n".join(lines) + "\n"


def _write(value: Any, indent: str, lines: list[str], written: Written | None = None, depth: int = 0) -> None:
    if isinstance(value, dict) and value:
        if written is not None and len(value) > 2 * written.PART:
            entries = list(value.items())
            for start in range(0, len(entries), written.PART):
                written.write(dict(entries[start : start + written.PART]), indent, lines, depth)
            return
        for key, item in value.items():
            name = scalar(str(key))
            long = len(name) > _LONGEST_KEY
            if long:
                lines.append(f"{indent}? {name}")
                name = ""
            if isinstance(item, _NESTED) and item:
                lines.append(f"{indent}{name}:")
                inside = indent if isinstance(item, _LISTS) and not long else f"{indent}  "
                if written is None:
                    _write(item, inside, lines)
                else:
                    written.write(item, inside, lines, depth)
            else:
                lines.append(f"{indent}{name}: {scalar(item)}")
    elif isinstance(value, _LISTS) and value:
        inside = f"{indent}  "
        for item in value:
            if isinstance(item, _NESTED) and item:
                start = len(lines)
                if written is None:
                    _write(item, inside, lines)
                else:
                    written.write(item, inside, lines, depth)
                lines[start] = f"{indent}- {lines[start][len(inside) :]}"
            else:
                lines.append(f"{indent}- {scalar(item)}")
    else:
        lines.append(f"{indent}{scalar(value)}")
