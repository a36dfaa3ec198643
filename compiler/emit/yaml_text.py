"""Plain data as YAML text, deterministic to the byte and readable by every YAML 1.1 and 1.2 parser.

PyYAML's own emitter would take longer than everything else together for a storage manifest. What this one writes is
so small a part of YAML (block collections, plain words, JSON strings) that tests can hold it against real parsers.
"""

from __future__ import annotations

import json
import re
from typing import Any

# Words that no parser can take for a number, a date, a boolean or a structure.
_PLAIN = re.compile(
    r"(?:[A-Za-z_/]|--[a-z])[A-Za-z0-9_./@+=,-]*(?::[A-Za-z0-9_./@+=,-]+)*"
    r"|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+(?:/[0-9]+)?"
    r"|(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+",
    re.ASCII,
)
_LONGEST_KEY = 1000
"""Characters after which a key has to be marked as one."""
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n", "=", "<<"))
# What JSON leaves as it is but YAML does not print, and separate surrogates, which no YAML reader joins.
_UNPRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\u2028\u2029]")


def scalar(value: Any) -> str:
    """One value as YAML: a plain word where that is safe, else as JSON writes it."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
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
    if isinstance(value, list | tuple):
        return "[]"
    return "{}"


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


def dump(value: Any) -> str:
    """A map or a list (of maps, lists, strings, numbers, booleans and None) as one YAML document."""
    lines: list[str] = []
    _write(value, "", lines)
    return "\n".join(lines) + "\n"


def _write(value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            name = scalar(str(key))
            long = len(name) > _LONGEST_KEY
            if long:
                lines.append(f"{indent}? {name}")
                name = ""
            if isinstance(item, dict | list | tuple) and item:
                lines.append(f"{indent}{name}:")
                _write(item, indent if isinstance(item, list | tuple) and not long else f"{indent}  ", lines)
            else:
                lines.append(f"{indent}{name}: {scalar(item)}")
    elif isinstance(value, list | tuple) and value:
        for item in value:
            if isinstance(item, dict | list | tuple) and item:
                start = len(lines)
                _write(item, f"{indent}  ", lines)
                lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
            else:
                lines.append(f"{indent}- {scalar(item)}")
    else:
        lines.append(f"{indent}{scalar(value)}")
