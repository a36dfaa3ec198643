"""Known fields: what is reported of others, and where."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import rules
from compiler.diagnostics import Diagnostic
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml

FIELDS = {
    "name": "string",
    "count": "int",
    "on": "bool",
    "wait": "duration",
    "items": [{"key": "string"}],
    "labels": {"*": "string"},
    "free": "any",
    "plain": "scalar",
}
READER = Reader("Tool")
DURATION = re.compile(r"[+-]?(0|((\d+(\.\d*)?|\.\d+)(h|m|s|ms|us|µs|μs|ns))+)")


def parse(text: str) -> Node:
    return parse_yaml(Source("a.yaml", text), [])


def check(text: str, reader: Reader = READER) -> tuple[list[Diagnostic], set[str]]:
    problems: list[Diagnostic] = []
    return problems, check_fields(parse(text), FIELDS, "", problems, reader)


def test_known_fields() -> None:
    text = (
        "name: a\ncount: 1\non: true\nwait: 1m30s\nitems: [{key: a}, null]\nlabels: {a: b}\nfree: [{a: 1}]\nplain: 1\n"
    )
    assert check(text) == ([], set())
    assert check("name: null\nitems: null\nlabels: null\n") == ([], set())


@pytest.mark.parametrize(
    ("text", "message", "hint", "column"),
    [
        ("nmae: a", 'Tool ignores the unknown field "nmae"', "write name", 1),
        ("Name: a", 'Tool ignores the unknown field "Name"', "write name", 1),
        ("zzzzzzz: a", 'Tool ignores the unknown field "zzzzzzz"', "remove it", 1),
        ("items: [{kye: a}]", 'Tool ignores the unknown field "kye"', "write key", 10),
    ],
)
def test_unknown_fields(text: str, message: str, hint: str, column: int) -> None:
    ((found,), unusable) = check(text)
    assert (found.message, found.hint, found.severity) == (message, hint, "warning")
    assert found.location is not None
    assert found.location.column == column
    assert not unusable
    ((refused,), _) = check(text, READER._replace(unknown=rules.REFUSED_BY_DISTRIBUTION))
    assert (refused.message, refused.severity) == (message.replace("ignores", "refuses"), "error")


def test_another_case_may_be_accepted() -> None:
    assert check("NAME: a", READER._replace(any_case=True)) == ([], set())
    assert [each.path for each in check("NAME: [1]", READER._replace(any_case=True))[0]] == ["NAME"]


@pytest.mark.parametrize(
    ("text", "message", "hint", "path"),
    [
        ("name: 1", "name is a number, not a string: Tool cannot read the file", 'quote it: "1"', "name"),
        ("name: true", "name is a boolean, not a string: Tool cannot read the file", 'quote it: "true"', "name"),
        ("name: [a]", "name is a list, not a string: Tool cannot read the file", "write a string", "name"),
        ("count: '1'", "count is a string, not an integer: Tool cannot read the file", "write an integer", "count"),
        ("count: true", "count is a boolean, not an integer: Tool cannot read the file", "write an integer", "count"),
        ("on: 'true'", "on is a string, not a boolean: Tool cannot read the file", "write a boolean", "on"),
        (
            "wait: 5",
            "wait is a number, not a string: Tool cannot read the file",
            "write a duration such as 4m0s",
            "wait",
        ),
        (
            "wait: 5x",
            "wait is not a valid duration: Tool cannot read the file",
            "write a duration such as 4m0s",
            "wait",
        ),
        ("items: a", "items is a string, not a list: Tool cannot read the file", "write a list", "items"),
        ("items: [a]", "items[0] is a string, not a mapping: Tool cannot read the file", "write a mapping", "items[0]"),
        ("labels: {a: 1}", "a is a number, not a string: Tool cannot read the file", 'quote it: "1"', "labels.a"),
    ],
)
def test_values_of_another_type(text: str, message: str, hint: str, path: str) -> None:
    ((found,), unusable) = check(text)
    assert (found.message, found.hint, found.path, found.severity) == (message, hint, path, "error")
    assert unusable == {path}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS, "x", "key"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def node_of(value: object) -> Node:
    source, span = Source("a.yaml", ""), (1, 1, 1, 1)
    if isinstance(value, dict):
        return Node({key: node_of(each) for key, each in value.items()}, source, span, "", dict.fromkeys(value, span))
    if isinstance(value, list):
        return Node([node_of(each) for each in value], source, span)
    return Node(value, source, span, str(value))  # type: ignore[arg-type]


def conforms(value: object, expected: object) -> bool:
    """Whether a value has the type, apart from unknown fields: another reading of the same table."""
    if value is None or expected == "any":
        return True
    if isinstance(expected, list):
        return isinstance(value, list) and all(conforms(each, expected[0]) for each in value)
    if isinstance(expected, dict):
        if not isinstance(value, dict):
            return False
        known = {key: expected.get(key, expected.get("*")) for key in value}
        return all(conforms(value[key], inner) for key, inner in known.items() if inner is not None)
    kinds = {"string": str, "int": int, "bool": bool, "duration": str, "scalar": (str, int, bool)}
    right = isinstance(value, kinds[str(expected)]) and not (expected == "int" and isinstance(value, bool))
    return right and (expected != "duration" or DURATION.fullmatch(str(value)) is not None)


@given(VALUES)
def test_values_are_unusable_if_they_have_another_type(value: object) -> None:
    problems: list[Diagnostic] = []
    unusable = check_fields(node_of(value), FIELDS, "", problems, READER)
    assert bool(unusable) == (not conforms(value, FIELDS))
    assert len([each for each in problems if each.severity == "error"]) >= len(unusable)
