"""Schemas of rules mean what JSON Schema says, as jsonschema evaluates it; and what is not known stays so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml
from compiler.policies.compiling import Limits, SchemaCompiler
from compiler.policies.outcomes import UNDECIDED, Failure, Outcome, Steps, TooManyStepsError

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0])
    | st.sampled_from(["", "a", "ab", "b1"])
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    max_leaves=6,
)
_SIZES = st.integers(0, 3)
_TYPES = st.sampled_from(["null", "boolean", "string", "number", "integer", "array", "object"])


def _keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, min_size=1, max_size=2)
    names = st.sampled_from(["x", "y", "z"])
    members = {
        "type": _TYPES | st.lists(_TYPES, min_size=1, max_size=2, unique=True),
        "const": VALUES,
        "enum": st.lists(VALUES, min_size=1, max_size=3, unique_by=json.dumps),
        **{name: st.integers(-2, 2) for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")},
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        **{f"{end}{name}": _SIZES for end in ("min", "max") for name in ("Length", "Items", "Properties")},
        "pattern": st.sampled_from(["a", "^a", "[0-9]$", "^$"]),
        "uniqueItems": st.booleans(),
        "items": inner,
        "prefixItems": lists,
        "contains": inner,
        "minContains": _SIZES,
        "properties": st.dictionaries(names, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": st.sampled_from([{"enum": ["x"]}, {"pattern": "^[xy]$"}, {"minLength": 1}]),
        "required": st.lists(names, max_size=2, unique=True),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), lists),
        "not": inner,
    }
    chosen = st.lists(st.sampled_from(sorted(members)), max_size=3, unique=True)
    one = chosen.flatmap(lambda each: st.fixed_dictionaries({name: members[name] for name in each}))
    conditional = st.fixed_dictionaries({"if": inner, "then": inner}, optional={"else": inner})
    return one | conditional | st.sampled_from([{"$ref": "#/$defs/a"}])


SCHEMAS = st.recursive(st.booleans() | st.just({}), _keywords, max_leaves=5)
DEFINITIONS: dict[str, Any] = {"a": {"type": ["string", "array"]}, "b": {"$ref": "#/$defs/a", "minLength": 1}}


def node_of(value: Any) -> Node:
    return parse_yaml(Source("schema", json.dumps(value)), [])


def compiled(schema: Any, definitions: dict[str, Any] | None = None) -> tuple[SchemaCompiler, Any]:
    compiler = SchemaCompiler({name: node_of(each) for name, each in (definitions or {}).items()}, Limits())
    return compiler, compiler.compile(node_of(schema), None).check


@pytest.mark.parametrize(
    ("value", "divisor", "passes"),
    [(0.5, 10**400, False), (0, 10**400, True), (10**400, 0.5, False), (10**400, 10**399, True), (1.5, 0.5, True)],
)
def test_multiples_of_numbers_that_no_float_holds(value: float, divisor: float, passes: bool) -> None:
    _, check = compiled({"multipleOf": divisor})
    assert (check(value, Steps(100)) is None) == passes


def outcome(schema: Any, value: Any, definitions: dict[str, Any] | None = None) -> Outcome:
    compiler, check = compiled(schema, definitions)
    assert compiler.problems == []
    result: Outcome = check(value, Steps(1_000_000))
    return result


@given(SCHEMAS, VALUES)
def test_schemas_mean_what_jsonschema_says(schema: Any, value: Any) -> None:
    whole = {"$defs": DEFINITIONS, **schema} if isinstance(schema, dict) else schema
    found = outcome(schema, value, DEFINITIONS)
    assert (found is None) == Draft202012Validator(whole).is_valid(value)
    if isinstance(found, Failure):
        assert found.detail


def _with_unknown(value: Any, choice: int) -> Any:
    """The value with one of its parts unknown."""
    if isinstance(value, dict) and value:
        key = list(value)[choice % len(value)]
        return {**value, key: _with_unknown(value[key], choice // 2)}
    if isinstance(value, list) and value:
        index = choice % len(value)
        return [*value[:index], _with_unknown(value[index], choice // 2), *value[index + 1 :]]
    return UNDECIDED


def _filled(value: Any, with_what: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, with_what) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, with_what) for inner in value]
    return with_what if value is UNDECIDED else value


@given(SCHEMAS, VALUES, st.integers(0, 30), VALUES)
def test_nothing_is_claimed_about_what_is_not_known(schema: Any, value: Any, choice: int, actual: Any) -> None:
    """What passes, or fails, without the unknown value does so whatever it is."""
    partial = _with_unknown(value, choice)
    found = outcome(schema, partial, DEFINITIONS)
    if found is UNDECIDED:
        return
    whole = {"$defs": DEFINITIONS, **schema} if isinstance(schema, dict) else schema
    assert (found is None) == Draft202012Validator(whole).is_valid(_filled(partial, actual))


@pytest.mark.parametrize(
    ("schema", "value", "path", "detail"),
    [
        ({"minimum": 90}, 30, (), "is 30, less than 90"),
        ({"const": False}, True, (), "is true, not false"),
        ({"enum": ["a", "b"]}, "", (), 'is not set, not one of "a", "b"'),
        ({"minLength": 1}, "", (), "is not set"),
        ({"items": {"pattern": "^https://"}}, ["https://a", "http://b"], (1,), 'is "http://b", which does not match ^https://'),
        ({"contains": {"const": "RBAC"}}, ["Node"], (), 'has no "RBAC"'),
        ({"propertyNames": {"enum": ["A"]}}, {"B": True}, ("B",), 'has a name that is "B", not "A"'),
        ({"anyOf": [{"const": 0}, {"minimum": 90}]}, 30, (), "is 30, not 0 and less than 90"),
        ({"properties": {"a": {"items": {"maximum": 1}}}}, {"a": [2]}, ("a", 0), "is 2, more than 1"),
        ({"items": {"not": {"enum": ["x"]}}}, ["x"], (0,), 'is "x", which is not allowed'),
        ({"type": "object"}, None, (), "is not set"),
    ],
)  # fmt: skip
def test_messages(schema: Any, value: Any, path: tuple[str | int, ...], detail: str) -> None:
    found = outcome(schema, value)
    assert isinstance(found, Failure)
    assert (found.path, found.detail) == (path, detail)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"minimun": 1}, 'unknown keyword "minimun" of a schema'),
        ({"format": "uri"}, 'unknown keyword "format" of a schema'),
        ({"$dynamicRef": "#a"}, 'unknown keyword "$dynamicRef" of a schema'),
        ({"minimum": "1"}, "minimum must be a number"),
        ({"minItems": -1}, "minItems must be an integer of 0 or more"),
        ({"multipleOf": 0}, "multipleOf must be a number above 0"),
        ({"type": "text"}, "type must be one of"),
        ({"enum": []}, "enum must be a list of values"),
        ({"required": "a"}, "required must be a list of names"),
        ({"anyOf": {}}, "anyOf must be a list of schemas"),
        ({"properties": []}, "properties must be a mapping"),
        ({"if": {}}, "if must be a schema next to then or else"),
        ({"pattern": "(?=a)"}, 'invalid pattern "(?=a)": lookaround is not supported'),
        ({"$ref": "https://example.com/schema.json"}, "$ref must name a definition of this file"),
        ({"$ref": "other.yaml#/$defs/a"}, "$ref must name a definition of this file"),
        ({"$ref": "#/$defs/c"}, 'there is no definition "c" in $defs'),
        ({"$ref": "#/$defs/loop"}, "the schema refers to itself"),
        ("minimum", "a schema is a mapping"),
    ],
)
def test_what_is_wrong_with_a_schema(schema: Any, message: str) -> None:
    compiler, _ = compiled(schema, {"a": {}, "loop": {"allOf": [{"$ref": "#/$defs/loop"}]}})
    assert [each.code for each in compiler.problems] == ["KASC-POLICY-001"]
    assert compiler.problems[0].message.startswith(message)
    assert compiler.problems[0].hint


def test_references_that_double() -> None:
    """A schema of a few lines that stands for a million."""
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(30)} | {"d30": {"minimum": 1}}
    compiler, _ = compiled({"$ref": "#/$defs/d0"}, definitions)
    assert any("subschemas" in each.message for each in compiler.problems)


def test_references_that_nest() -> None:
    definitions = {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(400)} | {"d400": {"minimum": 1}}
    compiler, _ = compiled({"$ref": "#/$defs/d0"}, definitions)
    assert any("levels" in each.message for each in compiler.problems)


def test_many_elements_take_a_bounded_number_of_steps() -> None:
    schema = {"items": {"allOf": [{"not": {"pattern": f"(a|b{n})*c"}} for n in range(50)]}}
    _, check = compiled(schema)
    with pytest.raises(TooManyStepsError):
        check(["ab" * 50] * 10_000, Steps(1_000_000))
