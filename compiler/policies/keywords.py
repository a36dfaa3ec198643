"""The keywords of JSON Schema (draft 2020-12) that rules may have, each as a function of a value.

A value that is not known is undecided, and so is what depends on it: never passed, and failed only if something else
fails. `applicators` has the keywords with schemas in them, and `compiling` puts the functions together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from compiler.policies.outcomes import UNDECIDED, Failure, Outcome, Steps
from compiler.policies.patterns import Pattern
from compiler.text import shown

Check: TypeAlias = Callable[[Any, Steps], Outcome]
_SHOWN = 200
"""Characters of a value in a message that is not a string."""


def passes(value: Any, steps: Steps) -> Outcome:
    """Return the outcome of a schema that allows everything."""
    return None


def describe(value: Any) -> str:
    """Return a value for a message."""
    if isinstance(value, str):
        return shown(value)
    if value in ([], {}):
        return "empty"
    text = json.dumps(_normal(value), default=lambda _: "?", ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def is_number(value: Any) -> bool:
    """Return whether a value is a number; booleans are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in JSON: true is not 1, but 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "integer": lambda value: is_number(value) and (isinstance(value, int) or value.is_integer()),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def of_type(names: Sequence[str]) -> Check:
    """Return `type`."""
    tests = [TYPES[name] for name in names]
    expected = " or ".join(names)

    def check(value: Any, steps: Steps) -> Outcome:
        if any(test(value) for test in tests):
            return None
        return Failure((), lambda: "is not set" if value is None else f"is {describe(value)}, not of type {expected}")

    return check


def one_of_values(values: list[Any]) -> Check:
    """Return `enum` and `const`."""
    texts = {value for value in values if isinstance(value, str)}
    others = [value for value in values if not isinstance(value, str)]

    def words(value: Any) -> str:
        expected = ", ".join(map(describe, values[:10])) + (", …" if len(values) > 10 else "")
        actual = "not set" if value in ("", None) else describe(value)
        return f"is {actual}, not {'one of ' if len(values) > 1 else ''}{expected}"

    def check(value: Any, steps: Steps) -> Outcome:
        if isinstance(value, str):
            return None if value in texts else Failure((), lambda: words(value))
        if _holds_unknown(value):
            return UNDECIDED
        steps.spend(len(others))
        return None if any(same(value, each) for each in others) else Failure((), lambda: words(value))

    return check


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_holds_unknown, value))
    return value is UNDECIDED


def bound(is_fine: Callable[[Any, Any], bool], limit: Any, words: str) -> Check:
    """Return `minimum` and the like, which only apply to numbers."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not is_number(value) or is_fine(value, limit):
            return None
        return Failure((), lambda: f"is {describe(value)}, {words} {describe(limit)}")

    return check


def multiple_of(divisor: Any) -> Check:
    """Return `multipleOf`."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not is_number(value):
            return None
        try:
            is_whole = value % divisor == 0 if isinstance(divisor, int) else value / divisor % 1 == 0
        except OverflowError:  # one of them is an integer that is too large for a float
            is_whole = value == 0
        return None if is_whole else Failure((), lambda: f"is {describe(value)}, not a multiple of {describe(divisor)}")

    return check


def size(kind: type[Any], is_fine: Callable[[int, int], bool], limit: int, words: str) -> Check:
    """Return `minLength`, `maxItems` and the like."""
    noun = {"str": "characters", "list": "elements", "dict": "members"}[kind.__name__]

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, kind) or is_fine(len(value), limit):
            return None
        if not value:
            return Failure((), lambda: "is not set" if kind is str else "is empty")
        return Failure((), lambda: f"has {len(value)} {noun}, {words} {limit}")

    return check


def pattern(compiled: Pattern, text: str) -> Check:
    """Return `pattern`."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, str) or compiled.search(value, steps):
            return None
        return Failure((), lambda: f"is {describe(value)}, which does not match {text}" if value else "is not set")

    return check


def unique(value: Any, steps: Steps) -> Outcome:
    """`uniqueItems`."""
    if not isinstance(value, list):
        return None
    if _holds_unknown(value):
        return UNDECIDED
    steps.spend(len(value))
    known: set[str] = set()
    for index, element in enumerate(value):
        key = json.dumps(_normal(element), sort_keys=True)
        if key in known:
            return Failure((index,), lambda twice=element: f"is {describe(twice)}, which is a duplicate")  # type: ignore[misc]
        known.add(key)
    return None


def _normal(value: Any) -> Any:
    """Return a value in which equal numbers are spelled alike."""
    if isinstance(value, list):
        return [_normal(each) for each in value]
    if isinstance(value, dict):
        return {key: _normal(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value
