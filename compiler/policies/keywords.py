"""The keywords of JSON Schema (draft 2020-12) that rules may have, each as a function of a value.

A value that is not known is undecided, and so is what depends on it: never passed, and failed only if something else
fails. `compiling` puts the functions together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from compiler.policies.outcomes import UNDECIDED, Failure, Outcome, Path, Steps
from compiler.policies.patterns import Pattern
from compiler.text import shown

Check: TypeAlias = Callable[[Any, Steps], Outcome]
_SHOWN = 200
"""Characters of a value in a message."""


def passes(value: Any, steps: Steps) -> Outcome:
    """Return the outcome of a schema that allows everything."""
    return None


def describe(value: Any) -> str:
    """Return a value for a message."""
    if isinstance(value, str):
        return shown(value) if len(value) <= _SHOWN else shown(value[:_SHOWN]) + "…"
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
            quotient = value / divisor
        except OverflowError:
            quotient = math.inf
        is_whole = not value % divisor if isinstance(divisor, int) else quotient == quotient // 1
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
            return Failure((index,), lambda twice=element: f"is {describe(twice)}, which is there twice")  # type: ignore[misc]
        known.add(key)
    return None


def _normal(value: Any) -> Any:
    """Return a value in which equal numbers are spelled alike."""
    if isinstance(value, list):
        return [_normal(each) for each in value]
    if isinstance(value, dict):
        return {key: _normal(each) for key, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def every(checks: Sequence[Check]) -> Check:
    """Return the conjunction of several checks."""
    if len(checks) <= 1:
        return checks[0] if checks else passes

    def check(value: Any, steps: Steps) -> Outcome:
        result: Outcome = None
        for each in checks:
            outcome = each(value, steps)
            if isinstance(outcome, Failure):
                return outcome
            result = result or outcome
        return result

    return check


def any_of(checks: Sequence[Check]) -> Check:
    """Return `anyOf`."""

    def check(value: Any, steps: Steps) -> Outcome:
        steps.spend(len(checks))
        outcomes = [each(value, steps) for each in checks]
        if any(outcome is None for outcome in outcomes):
            return None
        return (
            UNDECIDED if UNDECIDED in outcomes else _together([each for each in outcomes if isinstance(each, Failure)])
        )

    return check


def _together(failures: list[Failure]) -> Failure:
    """Return what is wrong if every alternative fails: at the deepest place that they have in common."""
    common: Path = failures[0].path if failures else ()
    for failure in failures[1:]:
        same_steps = [one == other for one, other in zip(common, failure.path, strict=False)]
        common = common[: same_steps.index(False) if False in same_steps else len(same_steps)]
    deepest = [failure for failure in failures if failure.path == common]

    def words() -> str:
        details = dict.fromkeys(failure.detail for failure in deepest)
        if len(deepest) == len(failures) <= 3:
            heads, tails = zip(*(detail.rpartition(", ")[::2] for detail in details), strict=True)
            return f"{heads[0]}, {' and '.join(tails)}" if len(set(heads)) == 1 and heads[0] else " and ".join(details)
        return next(iter(details), "meets none of the alternatives")

    return Failure(common, words)


def one_of(checks: Sequence[Check]) -> Check:
    """Return `oneOf`."""

    def check(value: Any, steps: Steps) -> Outcome:
        steps.spend(len(checks))
        outcomes = [each(value, steps) for each in checks]
        met = outcomes.count(None)
        if met > 1:
            return Failure((), lambda: f"meets {met} of the alternatives instead of one")
        if UNDECIDED in outcomes:
            return UNDECIDED
        return None if met else _together([each for each in outcomes if isinstance(each, Failure)])

    return check


def negated(inner: Check, words: str) -> Check:
    """Return `not`; `words` is what is not allowed."""

    def check(value: Any, steps: Steps) -> Outcome:
        outcome = inner(value, steps)
        if isinstance(outcome, Failure):
            return None
        return outcome or Failure((), lambda: f"is {describe(value)}, which is not allowed{words}")

    return check


def conditional(test: Check, then: Check, otherwise: Check) -> Check:
    """Return `if` with `then` and `else`."""

    def check(value: Any, steps: Steps) -> Outcome:
        outcome = test(value, steps)
        if outcome is UNDECIDED:
            return None if then(value, steps) is None and otherwise(value, steps) is None else UNDECIDED
        return (otherwise if isinstance(outcome, Failure) else then)(value, steps)

    return check


def items(prefix: Sequence[Check], rest: Check | None, weight: int) -> Check:
    """Return `prefixItems` with `items`; `weight` is the number of steps for an element."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, list):
            return None
        result: Outcome = None
        for index, element in enumerate(value):
            inner = prefix[index] if index < len(prefix) else rest
            if inner is None:
                break
            steps.spend(weight)
            outcome = inner(element, steps)
            if isinstance(outcome, Failure):
                return outcome.below(index)
            result = result or outcome
        return result

    return check


def contains(inner: Check, low: int, high: int | None, words: str, weight: int) -> Check:
    """Return `contains` with `minContains` and `maxContains`; `words` is what has to be there."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, list):
            return None
        steps.spend(weight * len(value))
        outcomes = [inner(element, steps) for element in value]
        met = outcomes.count(None)
        possible = met + outcomes.count(UNDECIDED)
        if possible < low:
            return Failure((), lambda: f"has no {words}" if low == 1 else f"has {met} of {words}, less than {low}")
        if high is not None and met > high:
            return Failure((), lambda: f"has {met} of {words}, more than {high}")
        return None if met >= low and (high is None or possible <= high) else UNDECIDED

    return check


def properties(named: dict[str, Check], others: Check | None, weight: int) -> Check:
    """Return `properties` with `additionalProperties`."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, dict):
            return None
        steps.spend(weight)
        result: Outcome = None
        for name, inner in named.items():
            if name in value:
                outcome = inner(value[name], steps)
                if isinstance(outcome, Failure):
                    return outcome.below(name)
                result = result or outcome
        for name in value if others is not None else ():
            if name not in named and others is not None:
                steps.spend(weight)
                outcome = others(value[name], steps)
                if isinstance(outcome, Failure):
                    return outcome.below(name)
                result = result or outcome
        return result

    return check


def forbidden(value: Any, steps: Steps) -> Outcome:
    """Return the outcome of the schema `false`."""
    return Failure((), lambda: "is not allowed")


def property_names(inner: Check, weight: int) -> Check:
    """Return `propertyNames`."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, dict):
            return None
        for name in value:
            steps.spend(weight)
            outcome = inner(name, steps)
            if outcome is not None:
                return _named(name, outcome) if isinstance(outcome, Failure) else outcome
        return None

    return check


def _named(name: str, failure: Failure) -> Failure:
    return Failure((name,), lambda: f"has a name that {failure.detail}")


def required(names: Sequence[str]) -> Check:
    """Return `required`."""

    def check(value: Any, steps: Steps) -> Outcome:
        missing = [name for name in names if name not in value] if isinstance(value, dict) else []
        return Failure((), lambda: f"has no {missing[0]}") if missing else None

    return check


def guarded(inner: Check) -> Check:
    """Return a check of a schema: what is not known is undecided."""

    def check(value: Any, steps: Steps) -> Outcome:
        return UNDECIDED if value is UNDECIDED else inner(value, steps)

    return check
