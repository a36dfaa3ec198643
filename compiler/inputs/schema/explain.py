"""Diagnostics for schema violations, from jsonschema's errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from compiler import rules
from compiler.bounds import MAX_VIOLATIONS
from compiler.diagnostics import Diagnostic, KascError, Report, diagnose
from compiler.inputs.schema import Path, dotted, flag_of, load_schema, unknown_key
from compiler.inputs.schema.conversion import TYPE_NAMES, convert, describe
from compiler.inputs.source.node import Lines, Node, Source
from compiler.rules import Rule
from compiler.text import Suggestion, Suggestions, shown

_SECRET = re.compile(r"secret|token|password|content", re.IGNORECASE)
# A scalar that means the same in a flow sequence: quoted, or without indicators.
_FLOW_SCALAR = r"""[\w./:@%+-]+|"[^"\\\n,]*"|'[^'\n,]*'"""
_RULES = {
    "type": rules.WRONG_TYPE_OF_VALUE,
    "enum": rules.VALUE_NOT_ALLOWED,
    "const": rules.VALUE_NOT_ALLOWED,
    "pattern": rules.MALFORMED_VALUE,
}
"""Schema keyword -> rule of its violation; SCHEMA-06 for others."""


_PATTERN_HINTS: dict[Path, str] = {
    ("kubernetesVersion",): "write a version, for example 1.36",
    ("deployment", "placeholders"): "write the part of the value that is replaced, for example ${HOST_IP}",
}


def explain(root: Node, version: str, report: Report) -> set[Path]:
    """Report every violation, and return the paths of the invalid values.

    Raise KascError (DOC-02) for more violations than `MAX_VIOLATIONS`.
    """
    errors = list(islice(violations(root.plain(), version), MAX_VIOLATIONS + 1))
    if len(errors) > MAX_VIOLATIONS:
        message = f"the document has more than {MAX_VIOLATIONS} schema violations"
        raise KascError(
            diagnose(
                rules.FILE_TOO_LARGE_OR_DEEP, message, "check that the file is a kasc document", location=root.location
            )
        )
    invalid: set[Path] = set()
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        for rule, path, make in _diagnostics(root, error, version, report.suggestions):
            invalid.add(path)
            if not report.drops(rule, flag_of(path, version)):
                report.add(make())
    return invalid


def violations(document: object, version: str) -> Iterator[ValidationError]:
    """Return jsonschema's errors, except those that rules of the server report."""
    registry: Any = Registry(retrieve=lambda name: _resource(version, name))  # type: ignore[call-arg]
    validator = Draft202012Validator(load_schema(version, "apiserver.schema.json"), registry=registry)
    return (error for error in validator.iter_errors(document) if not is_reported_by_rule(error))


def is_reported_by_rule(error: ValidationError) -> bool:
    """Return whether a rule of the server reports this error."""
    # properties, group, properties, option, properties, content; only the type of the content is checked here.
    steps = list(error.absolute_schema_path)
    if steps[4:6] == ["properties", "content"] and steps[6:] != ["type"]:
        return True
    schema = error.schema
    return isinstance(schema, dict) and "x-kasc-rule" in schema and error.validator in ("enum", "pattern", "const")


def _resource(version: str, name: str) -> Resource[Any]:
    return Resource.from_contents(load_schema(version, name), default_specification=DRAFT202012)


def _diagnostics(
    root: Node, error: ValidationError, version: str, suggestions: Suggestions
) -> Iterator[tuple[Rule, Path, Callable[[], Diagnostic]]]:
    """Yield rule and path of each diagnostic of an error, and the function that makes it."""
    path: Path = tuple(error.absolute_path)
    node = root.at(path)
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        for key in node.value if isinstance(node.value, dict) else ():
            if key not in known:
                yield (
                    rules.UNKNOWN_KEY,
                    (*path, key),
                    partial(unknown_key, node, path, key, known, version, suggestions),
                )
    elif error.validator == "required":
        required: Any = error.validator_value
        for key in required:
            if isinstance(node.value, dict) and key not in node.value:
                message = f"{_named(path)} is missing the key {key}"
                yield (
                    rules.MISSING_KEY,
                    path,
                    partial(_diagnostic, rules.MISSING_KEY, message, f"add {key}", node, path, version),
                )
    elif error.validator == "oneOf":
        yield rules.VALUE_OUTSIDE_SCHEMA, path, partial(_one_of, node, path, error, version)
    else:
        rule = _RULES.get(str(error.validator), rules.VALUE_OUTSIDE_SCHEMA)
        yield rule, path, partial(_value, node, path, error, version, suggestions)


def _diagnostic(rule: Rule, message: str, hint: str, node: Node, path: Path, version: str) -> Diagnostic:
    return diagnose(rule, message, hint, path=dotted(path), flag=flag_of(path, version), location=node.location)


def _value(node: Node, path: Path, error: ValidationError, version: str, suggestions: Suggestions) -> Diagnostic:
    name = _named(path)
    if error.validator == "type":
        expected = " or ".join(TYPE_NAMES[kind] for kind in _kinds(error))
        message, hint = f"{name} is {describe(node)}, not {expected}", _type_hint(node, error, path, version)
        return _diagnostic(rules.WRONG_TYPE_OF_VALUE, message, hint, node, path, version)
    text = _text(node, path)
    if error.validator in ("enum", "const"):
        allowed: Any = error.validator_value
        words = [str(word) for word in (allowed if error.validator == "enum" else [allowed])]
        hint = suggestions.did_you_mean(str(node.value), words) or f"write {' or '.join(words)}"
        return _diagnostic(rules.VALUE_NOT_ALLOWED, f"{name} cannot be {text}", hint, node, path, version)
    if error.validator == "pattern":
        hint = _PATTERN_HINTS.get(path[:2], "use letters, digits, - and .")
        return _diagnostic(rules.MALFORMED_VALUE, f"{name} cannot be {text}", hint, node, path, version)
    return _diagnostic(
        rules.VALUE_OUTSIDE_SCHEMA, f"{name}: {text} is out of range", "write a value in range", node, path, version
    )


def _one_of(node: Node, path: Path, error: ValidationError, version: str) -> Diagnostic:
    """Return SCHEMA-06 for a mapping that must have exactly one of several keys.

    It is the option of a structured file, a path or a mapping with one of content and source, or a variable.
    """
    branches: Any = error.validator_value
    names = [key for branch in branches for key in branch.get("required", ())]
    present = [key for key in names if node.get(key) is not None]
    problem = f"has both {' and '.join(present)}" if len(present) > 1 else f"has neither {' nor '.join(names)}"
    hint = f"write one of {', '.join(names)}"
    if flag_of(path, version):
        hint = "write a path on the server, {content: ...} or {source: FILE}"
    if isinstance(node.value, dict) and set(node.value) & {"apiVersion", "kind"}:
        hint = "put the object under content: {content: {apiVersion: ..., kind: ...}}"
    inner = best_match(error.context or [])
    if inner is not None and inner.validator == "type" and not isinstance(node.value, dict):
        problem = f"is {describe(node)}"
    return _diagnostic(rules.VALUE_OUTSIDE_SCHEMA, f"{_named(path)} {problem}", hint, node, path, version)


def _type_hint(node: Node, error: ValidationError, path: Path, version: str) -> str:
    """Return the hint for a value of the wrong type."""
    kinds, value, raw = _kinds(error), node.value, _raw(node)
    is_list = "array" in kinds
    scalar = isinstance(value, bool | int | float)
    if _may_be_secret(path):
        return "put it in quotes" if "string" in kinds and scalar else _write_type(kinds)
    shape: Any = error.schema
    converted = convert(node, kinds, shape, flag_of(path, version))
    if "boolean" in kinds and isinstance(value, str) and converted:
        return Suggestion(f"write {converted} without quotes", raw, converted)
    if is_list and not converted and isinstance(value, dict) and shape.get("items", {}).get("type") == "object":
        return f"write [[{dotted(path)}]] for each element" if _is_toml(node) else "begin each element with '- '"
    if is_list and converted:
        single = isinstance(value, str) and re.fullmatch(_FLOW_SCALAR, raw) and converted == f"[{shown(value)}]"
        return Suggestion(f"write a list: {converted}", raw, f"[{raw}]") if single else f"write a list: {converted}"
    if "string" in kinds and scalar:
        return Suggestion(f'put it in quotes: "{node.text or value}"', raw, f'"{raw}"')
    if set(kinds) & {"integer", "number"} and isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)", value):
        return Suggestion(f"write {value} without quotes", raw, value)
    if isinstance(value, str) and not value and is_list:
        return "write [], or remove the key"
    return f"write {converted}" if converted else _write_type(kinds)


def _kinds(error: ValidationError) -> list[str]:
    kinds: Any = error.validator_value
    return kinds if isinstance(kinds, list) else [kinds]


def _is_toml(node: Node) -> bool:
    return node.source.name.endswith(".toml")


def _write_type(kinds: list[str]) -> str:
    return (
        "write keys and values" if kinds == ["object"] else f"write {' or '.join(TYPE_NAMES[kind] for kind in kinds)}"
    )


def _raw(node: Node) -> str:
    """Return a value as written in its file."""
    lines = _lines(node.source)
    start, end = lines.span(node.location)
    return lines.text[start:end]


@lru_cache(maxsize=4)
def _lines(source: Source) -> Lines:
    return Lines(source.body)


def _may_be_secret(path: Path) -> bool:
    return any(isinstance(part, str) and _SECRET.search(part) for part in path)


def _text(node: Node, path: Path) -> str:
    """Return a scalar for a message; possible secrets are not shown."""
    if _may_be_secret(path):
        return "that value"
    if isinstance(node.value, dict | list):
        return "that value"
    return shown(node.text or ("" if node.value is None else str(node.value)))


def _named(path: Path) -> str:
    return dotted(path) or "the document"
