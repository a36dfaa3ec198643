"""The keywords of JSON Schema that put schemas together, of a value or of what is in it, as functions of a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from compiler.policies.keywords import Check, describe, passes
from compiler.policies.outcomes import UNDECIDED, Failure, Outcome, Path, Steps


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


def contains(inner: Check, low: int, high: int | None, words: Callable[[], str], weight: int) -> Check:
    """Return `contains` with `minContains` and `maxContains`; `words` returns what has to be there."""

    def check(value: Any, steps: Steps) -> Outcome:
        if not isinstance(value, list):
            return None
        steps.spend(weight * len(value))
        outcomes = [inner(element, steps) for element in value]
        met = outcomes.count(None)
        possible = met + outcomes.count(UNDECIDED)
        if possible < low:
            return Failure((), lambda: f"has no {words()}" if low == 1 else f"has {met} of {words()}, less than {low}")
        if high is not None and met > high:
            return Failure((), lambda: f"has {met} of {words()}, more than {high}")
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
