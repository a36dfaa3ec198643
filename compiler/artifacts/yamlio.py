"""Plain data as YAML, deterministic to the byte and readable by every YAML 1.1 and 1.2 parser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from compiler.apiserver.startup import Resolved


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

# Artifacts repeat the same words; none of these is too long for a key.
_SCALARS: dict[str, str] = {}
_MOST_SCALARS = 10_000


def scalar(value: Any) -> str:
    """Return one value as YAML: a plain word if that is safe, else as JSON."""
    if isinstance(value, str):
        text = _SCALARS.get(value)
        if text is None:
            text = _text(value)
            if len(_SCALARS) < _MOST_SCALARS and len(text) <= _LONGEST_KEY:
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


class Part(NamedTuple):
    """A value of an artifact that `function(*arguments)` returns: a pure function of frozen values.

    Since it is known without being computed, whoever writes many artifacts can keep its text (`fleet/memo.py`).
    """

    function: Callable[..., Any]
    arguments: tuple[Hashable, ...]

    @property
    def value(self) -> Any:
        """The value: a map or a list of plain data."""
        return self.function(*self.arguments)


def part(function: Callable[..., Any], *arguments: Hashable) -> Part:
    """Return the value of `function(*arguments)` as a part."""
    return Part(function, arguments)


class Entries(tuple[Part, ...]):
    """A map that consists of the entries of several parts, in order."""

    __slots__ = ()


PartText = Callable[[Part, str], str]
"""The text of a part as the value of a key with an indent, from the line after the key."""


def part_text(part: Part, indent: str = "") -> str:
    """Return the text of a part as the value of a key with this indent; empty for an empty value."""
    value = part.value
    if not value:
        return ""
    lines: list[str] = []
    _write(value, indent if isinstance(value, _LISTS) else f"{indent}  ", lines, part_text)
    return "\n".join(lines)


def plain(value: Any) -> Any:
    """Return a document with the values of its parts."""
    if isinstance(value, Part):
        return value.value
    if isinstance(value, Entries):
        return {key: item for each in value for key, item in each.value.items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return list(map(plain, value)) if isinstance(value, list | tuple) else value


def dump(value: Any, text_of: PartText = part_text) -> str:
    """Return a map or a list (of maps, lists, strings, numbers, booleans and None) as one YAML document.

    Values of maps may be `Part` or `Entries`; `text_of` returns the text of a part.
    """
    lines: list[str] = []
    _write(value, "", lines, text_of)
    lines.append("")
    return "\n".join(lines)


def _write(value: Any, indent: str, lines: list[str], text_of: PartText) -> None:
    known = _SCALARS.get
    if isinstance(value, dict) and value:
        for key, item in value.items():
            long = False
            name = known(key)
            if name is None:
                name = scalar(str(key))
                long = len(name) > _LONGEST_KEY
                if long:
                    lines.append(f"{indent}? {name}")
                    name = ""
            if item.__class__ is str:
                lines.append(f"{indent}{name}: {known(item) or scalar(item)}")
            elif not isinstance(item, _NESTED) or not item:
                lines.append(f"{indent}{name}: {scalar(item)}")
            else:
                lines.append(f"{indent}{name}:")
                if isinstance(item, Part):
                    _write_parts((item,), indent, lines, text_of)
                elif isinstance(item, Entries):
                    _write_parts(item, indent, lines, text_of)
                else:
                    _write(item, indent if isinstance(item, _LISTS) and not long else f"{indent}  ", lines, text_of)
    elif isinstance(value, _LISTS) and value:
        inside = f"{indent}  "
        for item in value:
            if item.__class__ is str:
                lines.append(f"{indent}- {known(item) or scalar(item)}")
            elif isinstance(item, _NESTED) and item:
                start = len(lines)
                _write(item, inside, lines, text_of)
                lines[start] = f"{indent}- {lines[start][len(inside) :]}"
            else:
                lines.append(f"{indent}- {scalar(item)}")
    else:
        lines.append(f"{indent}{scalar(value)}")


def _write_parts(parts: tuple[Part, ...], indent: str, lines: list[str], text_of: PartText) -> None:
    """Write the value of the key in the last line."""
    texts = [text for each in parts if (text := text_of(each, indent))]
    if texts:
        lines += texts
    else:
        lines[-1] += f" {scalar(plain(parts[0]))}"
