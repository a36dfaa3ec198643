"""YAML as the server's own parser reads it: go.yaml.in/yaml/v2 as sigs.k8s.io/yaml uses it.

What stands here as expected was printed by that parser: the JSON of its lenient reader, and whether its strict reader
refuses the text as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from compiler.diagnostics import Diagnostic, KascError
from compiler.source.node import Source
from compiler.source.yaml_scalars import resolve_as_server
from compiler.source.yaml_source import parse_first_yaml


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
