"""YAML as the server's own parser reads it: go.yaml.in/yaml/v2 as sigs.k8s.io/yaml uses it.

What stands here as expected was printed by that parser: the JSON of its lenient reader, and whether its strict reader
refuses the text as well.
"""

from __future__ import annotations

import json
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostic, KascError
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import Source
from compiler.inputs.source.yaml import parse_first_yaml
from compiler.inputs.source.yaml_scalars import resolve_as_server
from tests.inputs.source.test_yaml_source import engine  # noqa: F401


def read(text: str) -> tuple[Any, list[str]]:
    """The plain value, and the problems as code and place."""
    problems: list[Diagnostic] = []
    value = parse_first_yaml(Source("f", text), problems, resolve_as_server).plain()
    places = [(found.code[-3:], found.location) for found in problems]
    return value, [f"{code} {where.line}:{where.column}" for code, where in places if where]


@pytest.mark.parametrize(
    ("text", "value", "twice"),
    [
        ("b: {<<: {x: 1}, z: 2}", {"b": {"x": 1, "z": 2}}, []),
        ("b: {<<: {x: 1}, <<: {z: 2}}", {"b": {"x": 1, "z": 2}}, []),
        ("b: {<<: []}", {"b": {}}, []),
        # What stands later wins, and the strict reader refuses it.
        ("b: {<<: {x: 1}, x: 3}", {"b": {"x": 3}}, ["005 1:17"]),
        ("b: {x: 3, <<: {x: 1}}", {"b": {"x": 1}}, ["005 1:5"]),
        ("b: {<<: [{x: 1}, {x: 2}]}", {"b": {"x": 1}}, ["005 1:5"]),
        ("b: {<<: {x: 1}, <<: {x: 2}}", {"b": {"x": 2}}, ["005 1:17"]),
        ("a: &a {x: 1, z: 2}\nb: {<<: *a, x: 3}", {"a": {"x": 1, "z": 2}, "b": {"x": 3, "z": 2}}, ["005 2:13"]),
        ("b: 1\nb: 2", {"b": 2}, ["005 2:1"]),
    ],
)
def test_merge_keys_in_their_turn(text: str, value: Any, twice: list[str]) -> None:
    assert read(text) == (value, twice)


@pytest.mark.parametrize("text", ["b: {<<: }", "b: {<<: 1}", "a: &a [{x: 1}]\nb: {<<: *a}", "b: {<<: [[{x: 1}]]}"])
def test_only_mappings_can_be_merged(text: str) -> None:
    assert [problem[:3] for problem in read(text)[1]] == ["007"]


@pytest.mark.parametrize("text", ["1e400", "-1e999", "9" * 700 + "e9", "----BEGIN" + "x" * 700, "1" + "a" * 700])
def test_what_is_no_number_is_a_text(text: str) -> None:
    assert read(f"a: {text}") == ({"a": text}, [])


def test_the_version_of_yaml() -> None:
    assert read("%YAML 1.1\n---\na: 1\n") == ({"a": 1}, [])
    with pytest.raises(KascError) as refused:
        read("# c\n%YAML 1.2\n---\na: 1\n")
    assert "YAML 1.2" in refused.value.diagnostic.message
    where = refused.value.diagnostic.location
    assert where is not None
    assert where[1:3] == (2, 1)


RECORDED = [json.loads(line) for line in (Path(__file__).parent / "server_yaml.jsonl").read_text().splitlines()]
"""Texts, and the value that sigs.k8s.io/yaml and sigs.k8s.io/json have for them; none for what they refuse."""


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_recorded_texts(kind: str) -> None:
    wrong = []
    for row in RECORDED:
        if row["read"] != kind:
            continue
        problems: list[Diagnostic] = []
        try:
            value = parse_as_server(Source("f", row["text"]), problems, kind == "json").plain()
            refused = any(found.code != "KASC-DOC-005" for found in problems)
        except KascError:
            refused = True
        if refused if "value" in row else not refused:
            wrong.append(row)
        elif "value" in row and not _alike(value, row["value"]):
            wrong.append({**row, "found": value})
    assert wrong == []


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, int | float):
        return isclose(one, other)
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("urls: [/a?b]", "1:10", "'?'"),
        ("rule: {url: http://h/x?y}", "1:23", "'?'"),
        ("{a?b: 1}", "1:3", "'?'"),
        ("[x,\n  what? ever]", "2:7", "'?'"),
        ("[-?x]", "1:3", "'?'"),
        ("- [&a x?, {b: *a}]", "1:8", "'?'"),
        ('a: "x\\\\\\/y"', "1:8", "\\/"),
        ('{"a\\/b": 1}', "1:4", "\\/"),
        ("a: {b: -.inf}", "1:8", "-.inf"),
        ("a: .NaN", "1:4", ".NaN"),
        ("- !!float .inf", "1:11", ".inf"),
        ("--- {a: 1}: 1", "1:11", "': '"),
        ("--- {a: 1}\n@", "2:1", "cannot start with"),
    ],
)
@pytest.mark.usefixtures("engine")
def test_what_only_other_parsers_take(text: str, place: str, words: str) -> None:
    with pytest.raises(KascError) as refused:
        read(text)
    found = refused.value.diagnostic
    assert found.location is not None
    assert f"{found.location.line}:{found.location.column}" == place
    assert words in found.message


@pytest.mark.parametrize(
    "text",
    ["a: b?c", "? a\n: b", "a: ['/a?b', \"c?d\"]", "[? a]", "a: {? b : c}", "# [a?b]\na: 1", "a: |\n  [a?b] \\/"],
)
@pytest.mark.usefixtures("engine")
def test_question_marks_and_slashes_elsewhere(text: str) -> None:
    assert read(text)[1] == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("~: 1", ["006 1:1"]),
        ("a: {null: 1, ~: 2}", ["006 1:5", "006 1:14"]),
        ("? \n: x", ["006 1:2"]),
        ('{"x", null}', ["006 1:7"]),
        ("a: &n ~\n*n : x", ["006 2:1"]),
        ("!!null ~: 1", ["006 1:8"]),
        ("'~': 1", []),
        ("!!str ~: 1", []),
        ("a: {'': 1, \"null\": 2}", []),
    ],
)
def test_a_key_is_not_null(text: str, places: list[str]) -> None:
    assert read(text)[1] == places


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"it\\\'s"', "it's"),
        ('"a\\\\\\\'b"', "a\\'b"),
        ('{"k\\\'": ["\\\'", \'x\\\', "\\e\\\'"]}', {"k'": ["'", "x\\", "\x1b'"]}),
        ("a: \"x\\'\n  y\" # it\\'s\nb: |\n  it\\'s", {"a": "x' y", "b": "it\\'s"}),
    ],
)
@pytest.mark.usefixtures("engine")
def test_single_quotes_may_be_escaped(text: str, value: Any) -> None:
    assert read(text) == (value, [])


@given(st.lists(st.text(st.sampled_from("ab\"'\\ \a\x1b\n"), max_size=6), max_size=5))
def test_escaped_single_quotes_become_quotes(values: list[str]) -> None:
    text = "".join("- " + json.dumps(value).replace("\\u00", "\\x").replace("'", "\\'") + "\n" for value in values)
    assert read(text or "[]") == (values, [])


def test_escapes_of_single_quotes_take_no_time() -> None:
    text = '- "\\\'"\n' * 2000
    with pytest.raises(KascError):
        read(text)
    assert read('- "' + "\\'" * 100_000 + '"')[0] == ["'" * 100_000]


def test_places_in_a_value_with_escaped_quotes() -> None:
    node = parse_first_yaml(Source("f", 'a: "x\\\'y"'), [], resolve_as_server).at(("a",))
    assert place_in(node, 2, 3)[1:] == (1, 8, 1, 9)


def test_values_that_may_be_secrets_are_not_shown() -> None:
    for text in ("keys: [{secret: s3cret?x}]", 'keys: [{secret: "s3cret\\/x"}]'):
        with pytest.raises(KascError) as refused:
            read(text)
        assert "s3cret" not in refused.value.diagnostic.message
