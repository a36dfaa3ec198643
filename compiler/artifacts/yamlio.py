"""Plain data as YAML, deterministic to the byte and readable by every YAML 1.1 and 1.2 parser."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from operator import eq
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts.parts import HOLE, Filling, Part, Parts


def header(resolved: Resolved, kind: str) -> dict[str, Any]:
    """Return apiVersion, kind, name, and the version that the artifact is for."""
    context = resolved.context
    return {
        "apiVersion": "kasc/v1",
        "kind": kind,
        "metadata": {"name": context.input.name},
        "kubernetesVersion": context.catalog.version,
    }


# Words that no parser reads as a number, a date, a boolean or a structure.
_PLAIN = re.compile(
    r"(?:[A-Za-z_/]|--[a-z])[A-Za-z0-9_./@+=,-]*(?::[A-Za-z0-9_./@+=,-]+)*"
    r"|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?:/[0-9]+)?"
    r"|(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+",
    re.ASCII,
)
_LISTS = (list, tuple)
_NESTED = (dict, list, tuple)
_LONGEST_KEY = 1000
"""Length from which a key has to be marked as one."""
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "=", "<<"))
# Characters that JSON does not escape but YAML must, and single surrogates, which no YAML reader joins.
_UNPRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u2028\u2029]")

_quoted = json.JSONEncoder(ensure_ascii=False).encode

# Artifacts repeat the same words.
_SCALARS: dict[str, str] = {}
_MOST_SCALARS = 10_000


def scalar(value: Any) -> str:
    """Return one value as YAML: a plain word if that is safe, else as JSON."""
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
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", _quoted(value))


def _number(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 accepts a float with an exponent only if it has a point and a sign.
    if "e" in text:
        mantissa, exponent = text.split("e")
        mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
        return f"{mantissa}e{exponent if exponent[0] in '+-' else '+' + exponent}"
    return text


_HOLE = "\0"
"""What stands for a hole in the text of a part. As all that YAML does not print, it is no part of any scalar's text."""


class _Template:
    """The text of a part with holes. It stays filled: the next document has most of the fillings in common."""

    def __init__(self, text: str) -> None:
        pieces = text.split(_HOLE)
        lines = [piece[piece.rfind("\n") + 1 :] for piece in pieces[:-1]]
        self.indents = [line[: len(line) - len(line.lstrip(" "))] for line in lines]
        self.pieces = [""] * (2 * len(lines) + 1)
        self.pieces[::2] = pieces
        self.holes: tuple[Any, ...] = (HOLE,) * len(lines)
        self.text = ""

    def filled(self, holes: tuple[Filling, ...]) -> str:
        """The text with the holes filled."""
        if holes != self.holes:
            texts: dict[tuple[Filling, str], str] = {}
            for number, same in enumerate(map(eq, holes, self.holes)):
                if not same:
                    key = (holes[number], self.indents[number])
                    text = texts.get(key)
                    if text is None:
                        text = texts[key] = _filling(*key)
                    self.pieces[2 * number + 1] = text
            self.holes = holes
            self.text = "".join(self.pieces)
        return self.text


def _filling(hole: Filling, indent: str) -> str:
    """What stands behind the colon of a key that is indented so."""
    if isinstance(hole, str) or not hole:
        return f" {scalar(hole)}"
    known = _SCALARS.get
    return "".join([f"\n{indent}- {known(item) or scalar(item)}" for item in hole])


class Written:
    """Texts of parts that were written before, for documents that are nearly alike."""

    _MOST = 4 * 1024 * 1024
    """Characters that are kept."""
    _KEY = 256
    """Characters that a key counts for."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, Hashable], str | _Template] = {}
        self.size = 0
        self.once: set[int] = set()

    def text(self, part: Part, indent: str) -> str:
        """The lines of a part, as the value of a key that is indented so."""
        key = (indent, part.key)
        text = self.texts.get(key)
        if text is None:
            value = part.build()
            lines: list[str] = []
            _write(value, indent if isinstance(value, _LISTS) else f"{indent}  ", lines, self)
            written = "\n".join(lines)
            text = _Template(written) if part.holes else written
            self._keep(key, text, len(written))
        return text if isinstance(text, str) else text.filled(part.holes)

    def _keep(self, key: tuple[str, Hashable], text: str | _Template, size: int) -> None:
        """Keep a text that comes up for the second time; most of the others never will."""
        if self.size > self._MOST or len(self.once) > self._MOST // 64:
            self.texts.clear()
            self.once.clear()
            self.size = 0
        number = hash(key)
        if number in self.once:
            self.size += size + self._KEY
            self.texts[key] = text
        else:
            self.once.add(number)


def dump(value: Any, written: Written | None = None) -> str:
    """A map or a list (of maps, lists, strings, numbers, booleans and None) as one YAML document.

    A value of a map may be `Parts`. `written` keeps their texts from one document to the next.
    """
    lines: list[str] = []
    _write(value, "", lines, written or Written())
    lines.append("")
    return "\n".join(lines)


def _write(value: Any, indent: str, lines: list[str], written: Written) -> None:
    known = _SCALARS.get
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = known(key) or scalar(str(key))
            long = len(name) > _LONGEST_KEY
            if long:
                lines.append(f"{indent}? {name}")
                name = ""
            if item.__class__ is str:
                lines.append(f"{indent}{name}: {known(item) or scalar(item)}")
            elif item is HOLE:
                lines.append(f"{indent}{name}:{_HOLE}")
            elif not isinstance(item, _NESTED) or not item:
                lines.append(f"{indent}{name}: {scalar(item)}")
            else:
                lines.append(f"{indent}{name}:")
                if isinstance(item, Parts):
                    lines += [written.text(part, indent) for part in item]
                else:
                    _write(item, indent if isinstance(item, _LISTS) and not long else f"{indent}  ", lines, written)
    elif isinstance(value, _LISTS) and value:
        inside = f"{indent}  "
        for item in value:
            if item.__class__ is str:
                lines.append(f"{indent}- {known(item) or scalar(item)}")
            elif isinstance(item, _NESTED) and item:
                start = len(lines)
                _write(item, inside, lines, written)
                lines[start] = f"{indent}- {lines[start][len(inside) :]}"
            else:
                lines.append(f"{indent}- {scalar(item)}")
    else:
        lines.append(f"{indent}{scalar(value)}")
