"""Verdicts recorded from the compilers of kube-apiserver 1.31 to 1.36 (cel-go in each of their environments).

A row of verdicts/*.txt: environment, span of versions, type of the result or `refused`, expression. The environment
`request-plain` is that of match conditions while the gate AuthorizeWithSelectors is off.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.upstream.cel import CLAIMS, USER, CompiledExpression, compile_expression, request_environment
from tests.versions import RECORDED_MINORS

FOLDER = Path(__file__).parent / "verdicts"
ENVIRONMENTS = {
    "claims": (CLAIMS, ""),
    "user": (USER, ""),
    "request": (request_environment(selectors=True), "bool"),
    "request-plain": (request_environment(selectors=False), "bool"),
}


def rows(topic: str) -> list[list[str]]:
    lines = (FOLDER / f"{topic}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("# ")]


def holds(span: str, minor: int) -> bool:
    first, _, last = span.partition("-")
    return span == "all" or int(first[2:]) <= minor <= int((last or first)[2:])


def judged(environment: str, expression: str, minor: int) -> str:
    variables, result = ENVIRONMENTS[environment]
    outcome = compile_expression(expression, variables, minor, result)
    return outcome.type.replace(" ", "") if isinstance(outcome, CompiledExpression) else "refused"


@pytest.mark.parametrize("minor", RECORDED_MINORS)
@pytest.mark.parametrize("topic", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_verdicts(topic: str, minor: int) -> None:
    table = [row for row in rows(topic) if holds(row[1], minor)]
    wrong = [(row[-1], row[2], result) for row in table if (result := judged(row[0], row[-1], minor)) != row[2]]
    assert table
    assert wrong == []


@pytest.mark.parametrize(("environment", "span", "_type", "counted", "expression"), rows("email"))
def test_selections_for_the_email_rule(environment: str, span: str, _type: str, counted: str, expression: str) -> None:
    minor = 36 if span == "all" else int(span.partition("-")[0][2:])
    outcome = compile_expression(expression, ENVIRONMENTS[environment][0], minor)
    result = ""
    if isinstance(outcome, CompiledExpression):
        result = "E" * outcome.selects("claims", "email") + "V" * outcome.selects("claims", "email_verified")
    assert (result or "-") == counted


NESTED = {
    # How often the prefix and suffix can be repeated around 1: recorded at the limit and one above it.
    "(|)": 249,
    "[|]": 249,
    "-(|)": 249,
    "dyn(|)": 249,
    "1+(|)": 124,
    "1*(|)": 124,
    "1+2*(|)": 83,
    "true?1:|": 249,
}
CHAINED = {
    # How often a piece can be repeated.
    ("1", "+1"): 250,
    ("dyn(claims)", ".a"): 250,
    ("dyn(claims)", "['a']"): 250,
    ("claims", ".?a"): 250,
    ("'a'", ".trim()"): 250,
    ("true", "==true"): 250,
}


def accepted(expression: str) -> bool:
    return isinstance(compile_expression(expression, CLAIMS, 36), CompiledExpression)


@pytest.mark.parametrize(("around", "most"), NESTED.items())
def test_deepest_nesting(around: str, most: int) -> None:
    before, after = around.split("|")
    assert accepted(before * most + "1" + after * most)
    assert not accepted(before * (most + 1) + "1" + after * (most + 1))


@pytest.mark.parametrize(("pieces", "most"), CHAINED.items())
def test_longest_chain(pieces: tuple[str, str], most: int) -> None:
    first, link = pieces
    assert accepted(first + link * most)
    assert not accepted(first + link * (most + 1))


def test_chains_of_logical_operators_have_no_limit() -> None:
    assert accepted("true" + "&&true||false" * 2000)


def test_longest_expression() -> None:
    assert accepted("1" + " " * 99_999)
    assert not accepted("1" + " " * 100_000)
    assert accepted("'" + "\u00e9" * 99_998 + "'")
