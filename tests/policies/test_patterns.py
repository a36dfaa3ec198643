"""Patterns match what regular expressions match, in linear time, whatever they are matched with."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.policies.outcomes import Steps, TooManyStepsError
from compiler.policies.patterns import InvalidPatternError, Pattern

_ATOMS = ("a", "b", "1", "[ab]", "[^a]", ".", r"\d", r"\W", r"\.", "(a|b)", "(?:ab|)", "(^a|b$)", "^", "$", "[a-c1]")
_SIGNS = ("", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}", "*?")
PIECES = st.builds(lambda atom, sign: atom + sign, st.sampled_from(_ATOMS), st.sampled_from(_SIGNS))
PATTERNS = st.lists(PIECES, max_size=5).map("".join) | st.tuples(PIECES, PIECES, PIECES).map(
    "({0[0]}|{0[1]})*{0[2]}".format
)


def search(pattern: str, text: str) -> bool:
    return Pattern(pattern).search(text, Steps(1_000_000))


@given(PATTERNS, st.text("ab1.-", max_size=6))
def test_what_matches(pattern: str, text: str) -> None:
    # The end of the text is not the place before a line break at its end.
    try:
        expected = re.compile(pattern.replace("$", r"\Z"))
    except re.error:
        return  # an anchor that is repeated
    assert search(pattern, text) == bool(expected.search(text))


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (r"^https://[a-z0-9.-]+(:[0-9]{1,5})?$", "https://a.example:443", "https://a.example:443x"),
        (r"^\x41\u0042\t$", "AB\t", "AB"),
        (r"[\]\-^]", "^", "a"),
        (r"^[^\d\s]+$", "ab", "a 1"),
        ("", "", None),
        ("^$", "", "a"),
        ("é+", "é", "e"),
    ],
)
def test_syntax(pattern: str, matching: str, other: str | None) -> None:
    assert search(pattern, matching)
    assert other is None or not search(pattern, other)


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[a", "a{2", "a{5,2}", "*a", "a**", "(?=a)", "(?<n>a)", r"\1", r"\b", r"\p{L}", "\\", "[z-a]", "a{1001}",
     "(" * 100 + ")" * 100, "[" + "ab" * 10_000 + "]{1000}", "((a{1000}){1000}){1000}", "(a{100}|b{100}){100}"],
)  # fmt: skip
def test_what_is_not_supported(pattern: str) -> None:
    started = time.process_time()
    with pytest.raises(InvalidPatternError) as error:
        Pattern(pattern)
    assert error.value.hint
    assert time.process_time() - started < 1


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*b$", "(a*)*(a*)*c", "(.*.*)*x", "(a|b)*a(a|b){12}c", "(x+x+)+y"])
def test_time_is_bounded(pattern: str) -> None:
    started = time.process_time()
    for text in ("a" * 30_000 + "!", "ab" * 15_000, "x" * 30_000):
        with suppress(TooManyStepsError):
            search(pattern, text)
    assert time.process_time() - started < 3
