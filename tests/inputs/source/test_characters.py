"""Where each character of a scalar stands."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from compiler.inputs.source.characters import characters, place_in
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.toml import parse_toml
from compiler.inputs.source.yaml import parse_yaml
from tests.inputs.source.helpers import Parser, cut, walk

TEXT = st.text(alphabet="ab \"'\\,=:-#\t\u00e9\n", max_size=30)


def scalar(parser: Parser, text: str) -> Node:
    """The last scalar of a text."""
    return [node for node in walk(parser(Source("file", text), [])) if isinstance(node.value, str)][-1]


def check(node: Node, text: str) -> bool:
    """Whether all characters were found; each of them is written there as itself, or by an escape."""
    assert isinstance(node.value, str)
    found = characters(node)
    if found is None:
        return False
    assert len(found) == len(node.value)
    for letter, span in zip(node.value, found, strict=True):
        written = cut(text, span)
        assert written == letter or written[:1] == "\\" or written == "''" or letter in " \n"
    assert found == sorted(found)
    return True


@given(TEXT, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([8, 80]))
def test_what_yaml_writes(value: str, style: str | None, width: int) -> None:
    text = yaml.safe_dump({"a": {"b": ["x", value]}}, default_style=style, width=width, allow_unicode=True)
    node = scalar(parse_yaml, text)
    # White space alone in a block's line may be indent or text.
    assert check(node, text) or "\n" in value or "\t" in value


@given(TEXT)
def test_json(value: str) -> None:
    text = json.dumps([value])
    assert check(scalar(parse_yaml, text), text)


@given(st.text(alphabet="ab\"'\\ \u00e9", max_size=12))
def test_toml(value: str) -> None:
    text = f"a = {json.dumps(value)}\n"
    assert check(scalar(parse_toml, text), text)


@pytest.mark.parametrize(
    ("text", "part", "written"),
    [
        ("a: one two", "two", "two"),
        ("a: 'it''s two'", "s", "s"),
        ('a: "\\u0074wo\\ttwo"', "wo\tt", "wo\\tt"),
        ("a: one\n  two\n\n  three", "three", "three"),
        ("a: |\n    one\n     two\n", " two", " two"),
        ("a: >+\n  one\n  two\n\n  three\n\n", "three", "three"),
        ("a: |2-\n    one\n    two", "two", "two"),
        ("a: !!str &b 'one two'", "two", "two"),
    ],
)
def test_a_part_of_a_scalar(text: str, part: str, written: str) -> None:
    node = scalar(parse_yaml, text)
    assert isinstance(node.value, str)
    start = node.value.index(part)
    assert cut(text, place_in(node, start, start + len(part))[1:]) == written


def test_a_part_that_is_empty_has_a_place() -> None:
    assert place_in(scalar(parse_yaml, "a: 'x\\y'"), 3, 3)[1:] == (1, 8, 1, 8)
    assert place_in(scalar(parse_yaml, "a: ''"), 0, 0)[1:] == (1, 5, 1, 5)
