from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.upstream.cel import CLAIMS, USER, CompiledExpression, compile_expression, request_environment
from compiler.upstream.cel.ast import Node, children
from compiler.upstream.cel.constants import format_timestamp, parse_timestamp
from compiler.upstream.cel.env import declarations_of
from compiler.upstream.cel.lexer import bytes_literal, string_literal, tokenize
from compiler.upstream.cel.parser import parse
from compiler.upstream.go.regexp import InvalidRegexpError, check_regexp
from tests.upstream.cel.test_verdicts import FOLDER, rows

ENVIRONMENTS = (CLAIMS, USER, request_environment(selectors=True))
WORDS = sorted({token.text for row in rows("macros") if row[2] != "refused" for token in tokenize(row[-1])} | {""})
ACCEPTED = [
    row[-1]
    for path in sorted(FOLDER.glob("*.txt"))
    for row in rows(path.stem)
    if row[:2] == ["claims", "all"] and row[2] != "refused"
]
SIGNS = [
    *"()[]{}.,?:+-*/%!<>='\"\\`$ \n\t\u00e9\U0001f600",
    "==",
    "&&",
    "||",
    "in",
    "r'",
    "b'",
    "'''",
    "0x",
    "1u",
    "//",
]
PIECES = st.sampled_from(WORDS + SIGNS)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40), st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=25).map("".join)
    ),
    st.sampled_from(ENVIRONMENTS),
    st.sampled_from((31, 32, 33, 36)),
    st.sampled_from(("", "bool")),
)
def test_any_string_has_a_type_or_problems_within_it(expression, environment, minor, result) -> None:
    outcome = compile_expression(expression, environment, minor, result)
    if isinstance(outcome, CompiledExpression):
        assert outcome.type
        assert not result or outcome.type == result
        return
    assert outcome
    for problem in outcome:
        assert 0 <= problem.offset <= len(expression)
        assert problem.message
        assert problem.hint


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_one_changed_character_never_raises(data) -> None:
    expression = data.draw(st.sampled_from(ACCEPTED))
    place = data.draw(st.integers(0, len(expression)))
    changed = expression[:place] + data.draw(PIECES) + expression[place + data.draw(st.integers(0, 2)) :]
    outcome = compile_expression(changed, CLAIMS, data.draw(st.sampled_from((31, 36))))
    assert isinstance(outcome, CompiledExpression) or all(0 <= problem.offset <= len(changed) for problem in outcome)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ACCEPTED), st.sampled_from(("  ", "\n", "\t", " // note\n", "\r\n", "\f")))
def test_white_space_between_tokens_is_ignored(expression: str, space: str) -> None:
    spread = space.join(token.text for token in tokenize(expression))
    before, after = (compile_expression(text, CLAIMS, 36) for text in (expression, spread))
    assert isinstance(before, CompiledExpression)
    assert isinstance(after, CompiledExpression)
    assert after.type == before.type


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ACCEPTED))
def test_parentheses_around_an_expression_are_ignored(expression: str) -> None:
    before, after = (compile_expression(text, CLAIMS, 36) for text in (expression, f"({expression}\n)"))
    assert isinstance(before, CompiledExpression)
    assert isinstance(after, CompiledExpression)
    assert after.type == before.type


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ACCEPTED))
def test_every_node_has_an_offset_within_the_expression(expression: str) -> None:
    stack: list[Node] = [parse(expression, declarations_of(36))]
    while stack:
        node = stack.pop()
        assert 0 <= node.offset < len(expression)
        stack += children(node)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_strings_written_as_json_round_trip(text: str) -> None:
    written = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
    (token, _) = tokenize(written)
    assert string_literal(token, surrogates=False).value == text


@given(st.binary(max_size=30))
def test_bytes_written_with_escapes_round_trip(data: bytes) -> None:
    for form in ("\\x{:02x}", "\\{:03o}"):
        (token, _) = tokenize("b'" + "".join(form.format(byte) for byte in data) + "'")
        assert bytes_literal(token).value == data


@given(st.integers(-(2**70), 2**70))
def test_integers_have_64_bits(number: int) -> None:
    for expression, low, high in (
        (f"{number}", -(2**63), 2**63),
        (f"int('{number}')", -(2**63), 2**63),
        (f"uint('{number}')", 0, 2**64),
    ):
        assert isinstance(compile_expression(expression, CLAIMS, 36), CompiledExpression) == (low <= number < high)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_round_trip(number: float) -> None:
    assert isinstance(compile_expression(f"double(string({number!r}))", CLAIMS, 36), CompiledExpression)
    whole = isinstance(compile_expression(f"int({number!r})", CLAIMS, 36), CompiledExpression)
    assert whole == (-(2.0**63) < number < 2.0**63)


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),
    st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_timestamps_match_datetime(moment: datetime, zone: timezone) -> None:
    placed = moment.replace(tzinfo=zone)
    expected = (placed - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    result = parse_timestamp(placed.isoformat(), any_zone=False)
    assert result == expected
    assert parse_timestamp(format_timestamp(expected), any_zone=False) == expected


@example("\\Q*\\E")
@given(st.text(max_size=20))
def test_escaped_string_is_a_valid_pattern(text: str) -> None:
    check_regexp(re.sub(r"[^A-Za-z0-9_\u0080-\U0010ffff\s]", r"\\\g<0>", text))
    check_regexp("\\Q" + text.replace("\\", ""))


@pytest.mark.filterwarnings("ignore:Possible :FutureWarning")  # Python may give ||, && and [ in brackets a meaning
@settings(max_examples=200)
@example(["[^b", "|", "|", "[a]"])
@example(["(", "?", ")", "*"])
@given(
    st.lists(
        st.sampled_from(["a", "(", ")", "|", "[a]", "[^b", "]", "*", "+", "?", "{2}", "{3,", "}", "\\d", "\\", "."])
    )
)
def test_patterns_that_are_valid_in_go_are_valid_in_python(pieces: list[str]) -> None:
    # For these pieces Go's syntax is a subset of Python's, except for unbalanced braces and brackets.
    pattern = "".join(pieces)
    try:
        check_regexp(pattern)
    except InvalidRegexpError:
        return
    # In Go, (?) is an empty list of flags.
    re.compile(pattern.replace("(?)", "(?:)"))
