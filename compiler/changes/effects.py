"""The consequence of a change: the rows of data/*.yaml, and the conditions of those about flags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from compiler.changes.tables import table_of
from compiler.upstream.flag_values import PortRange

_TABLE = "consequences"


class Consequence(NamedTuple):
    """What a change does; the fields are those of a Change."""

    severity: str
    safe_mixed: bool
    effect: str
    recipe: str = ""
    safe_once: str = ""


def consequence_of(
    flag: str, before: Any, after: Any, values_of: Callable[[str], Iterable[Any]] = lambda other: ()
) -> Consequence | None:
    """Return the consequence of another effective value of a flag, None if no row is about it.

    `values_of` returns the values that another flag has on the two servers.
    """
    for conditions, *row in _entry(flag).get("rows", ()):
        if all(_holds(condition, before, after, values_of) for condition in conditions):
            return Consequence(*row)
    return None


def kind_of(flag: str) -> str:
    """Return the kind of the changes of a flag."""
    return str(_entry(flag).get("kind", "flag"))


def place_of(flag: str) -> str:
    """Return the place of a flag's effective value in the resolved config; empty if it is the value of the flag."""
    return str(_entry(flag).get("value", ""))


def needed_by(flag: str) -> str:
    """Return the flag without which a flag has no effect; empty if there is none."""
    return str(_entry(flag).get("needs", ""))


def whole_of(flag: str) -> str:
    """Return the flag whose change includes that of a flag; empty if there is none."""
    return str(_entry(flag).get("part_of", ""))


def reload_of(flag: str) -> str:
    """Return how a new content of the file of a flag takes effect: restart, live, poll or handshake."""
    return str(_entry(flag).get("reload", "restart"))


def consequence_of_plugin(name: str, enabled: bool) -> Consequence | None:
    """Return the consequence of enabling or disabling an admission plugin, None if no row is about it."""
    rows = table_of(_TABLE)["plugins"].get(name)
    return Consequence(*rows[not enabled]) if rows else None


def consequence_of_meaning(name: str) -> Consequence:
    """Return the consequence of a case of data/meanings.yaml. Raises KeyError."""
    return Consequence(*table_of(_TABLE)["meanings"][name])


def flags_with_rows() -> frozenset[str]:
    """Return the flags whose consequences are known."""
    return frozenset(table_of(_TABLE)["flags"])


def plugins_with_rows() -> frozenset[str]:
    """Return the admission plugins whose consequences are known."""
    return frozenset(table_of(_TABLE)["plugins"])


def _entry(flag: str) -> dict[str, Any]:
    entry: dict[str, Any] = table_of(_TABLE)["flags"].get(flag, {})
    return entry


def _holds(condition: list[str], before: Any, after: Any, values_of: Callable[[str], Iterable[Any]]) -> bool:
    name, *words = condition
    if name == "with":
        return words[1] in map(_as_word, values_of(words[0]))
    if name in ("from", "to"):
        return _as_word(before if name == "from" else after) == words[0]
    return CONDITIONS[name](before, after)


def _as_word(value: Any) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _is_extended(before: Any, after: Any) -> bool:
    """Return whether a list, a map or a range contains the old one and more."""
    if isinstance(before, PortRange) and isinstance(after, PortRange):
        starts, ends = after.base <= before.base, after.base + after.size >= before.base + before.size
        return starts and ends and before != after
    first, second = set(_elements(before)), set(_elements(after))
    return bool(first) and first < second


def _is_reordered(before: Any, after: Any) -> bool:
    first, second = _elements(before), _elements(after)
    return first != second and Counter(first) == Counter(second)


def _elements(value: Any) -> list[Hashable]:
    """Return the elements of a list, of a map, or of a string with commas."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, str):
        return list(value.split(",")) if value else []
    if not isinstance(value, list | tuple):
        return [value]
    return [repr(each) if isinstance(each, tuple) else each for each in value]


def _number(value: Any) -> tuple[float, ...]:
    """Return a number, or the numbers in a name such as VersionTLS12, for comparison."""
    if isinstance(value, str):
        return tuple(map(float, re.findall("[0-9]+", value[:100])))
    return (float(value or 0),)


CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "changed": lambda before, after: True,
    "set": lambda before, after: not before and bool(after),
    "unset": lambda before, after: bool(before) and not after,
    "enabled": lambda before, after: not before and bool(after),
    "disabled": lambda before, after: bool(before) and not after,
    "raised": lambda before, after: _number(before) < _number(after),
    "lowered": lambda before, after: _number(before) > _number(after),
    "extended": _is_extended,
    "reduced": lambda before, after: _is_extended(after, before),
    "reordered": _is_reordered,
    "first-changed": lambda before, after: _elements(before)[:1] != _elements(after)[:1],
}
"""Condition on the old and the new value of a flag."""
WORDS = {"from": 1, "to": 1, "with": 2}
"""Condition that compares with a word -> the number of words: `from` and `to` compare the old and the new value, `with`
the values of another flag.
"""
