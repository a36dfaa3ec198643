from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source.json import JsonSyntaxError, parse_json
from compiler.inputs.source.node import Node, Source
from tests.inputs.source.helpers import cut, walk

# Numbers that a float holds exactly enough to be compared.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
PIECES = [
    "{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "d83d", "\\ude00", "0", "-", "1", ".", "e", "+", "true", "null",
    "NaN", " ", "\t", "\n", "\r", "\x0b", "\xa0", "\x1f", "\x7f", "\u2028", "\ufeff", "é", "😀", "a", "'", "/",
]  # fmt: skip


def read(text: str, **options: Any) -> Node:
    problems: list[Diagnostic] = []
    node = parse_json(Source("f", text), problems, **options)
    assert problems == []
    return node


@given(VALUES, st.booleans(), st.sampled_from([None, 0, "\t"]))
def test_round_trip(value: object, ascii_only: bool, indent: Any) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    if re.search(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]", text):
        return  # surrogates have their own test
    node = read(text)
    assert node.plain() == value
    for each in walk(node):
        assert json.loads(cut(text, each.span)) == each.plain()
        assert all(json.loads(cut(text, span)) == key for key, span in (each.keys or {}).items())


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_the_grammar_is_that_of_json(text: str) -> None:
    def report(name: str) -> None:
        raise ValueError(name)

    try:
        expected = json.loads(text, parse_constant=report, parse_int=float)
    except ValueError:
        with pytest.raises(JsonSyntaxError) as raised:
            parse_json(Source("f", text), [])
        assert 0 <= raised.value.index <= len(text)
    else:
        found = parse_json(Source("f", text), []).plain()
        if not re.search(r"\\u[dD][89a-fA-F]", text):
            assert json.dumps(found, default=float) == json.dumps(expected) or found == expected


@pytest.mark.parametrize(
    ("text", "index", "reason"),
    [
        ("", 0, "unexpected end of input, expected a value"),
        ("{oops", 1, "expected a key in double quotes"),
        ('{"a":1,}', 7, "expected a key in double quotes"),
        ("[1,]", 3, "expected a value"),
        ("[1 2]", 3, "expected a comma or ] in a list"),
        ('{"a" 1}', 5, "expected a colon after the key"),
        ('{"a":1', 6, "an object is not closed"),
        ('{"a":"b', 5, "a string is not closed"),
        ('["\\x41"]', 2, "unknown escape"),
        ('["\\u12"]', 2, "\\u needs four hexadecimal digits"),
        ('["a\tb"]', 3, "a string cannot contain a control character; use an escape sequence"),
        ("[NaN]", 1, "NaN is not a valid JSON value"),
        ("['a']", 1, "a string needs double quotes"),
        ("{} x", 3, "unexpected data after the value"),
        ("[01]", 2, "expected a comma or ] in a list"),
        ("[truex]", 1, "truex is not a valid JSON value"),
        ("\ufeff{}", 0, "expected a value"),
    ],
)
def test_what_is_not_json(text: str, index: int, reason: str) -> None:
    with pytest.raises(JsonSyntaxError) as raised:
        parse_json(Source("f", text), [])
    assert (raised.value.index, raised.value.reason) == (index, reason)


def test_surrogates() -> None:
    # As Go's encoding/json printed it.
    text = r'["\ud83d\ude00","\ud83d","\ude00\ud83d","\ud83dA","\ud83d\ud83d\ude00"]'
    assert read(text).plain() == ["😀", "\ufffd", "\ufffd\ufffd", "\ufffdA", "\ufffd😀"]
    assert read(r'["\ud83d\ude00"]', as_server=False).plain() == ["😀"]
    with pytest.raises(JsonSyntaxError):
        read(r'["\ud83d"]', as_server=False)


def test_numbers() -> None:
    assert read("[1e999,-1e999,1.0,10,-0]").plain() == [float("inf"), float("-inf"), 1.0, 10, 0]
    assert read("[" + "9" * 700 + "]").plain() == [float("inf")]
    problems: list[Diagnostic] = []
    node = parse_json(Source("f", "[1e999]"), problems, as_server=False)
    assert [found.code for found in problems] == ["KASC-DOC-006"]
    assert node.plain() == ["1e999"]


def test_the_last_of_repeated_keys_counts() -> None:
    problems: list[Diagnostic] = []
    node = parse_json(Source("f", '{"a":1,\n "a":2}'), problems)
    assert node.plain() == {"a": 2}
    assert [(found.code, found.location and found.location[1:3]) for found in problems] == [("KASC-DOC-005", (2, 2))]


@pytest.mark.parametrize(("levels", "fits"), [(64, True), (65, False), (100_000, False)])
def test_depth_is_bounded(levels: int, fits: bool) -> None:
    text = "[" * levels + "]" * levels
    if fits:
        assert read(text).plain() == json.loads(text)
        return
    with pytest.raises(KascError) as raised:
        read(text)
    assert raised.value.diagnostic.code == "KASC-DOC-002"
    assert raised.value.diagnostic.location is not None
    assert raised.value.diagnostic.location[1:3] == (1, 65)


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.inputs.source.json.MAX_NODES", 50)
    assert len(read("[" + "0," * 48 + "0]").plain()) == 49  # type: ignore[arg-type]
    with pytest.raises(KascError) as raised:
        read("[" + "0," * 49 + "0]")
    assert raised.value.diagnostic.code == "KASC-DOC-002"
