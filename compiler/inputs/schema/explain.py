"""Why a document does not conform: jsonschema says what, this module says where and what to write instead."""

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
from compiler.inputs.schema import Path, load_schema, top_level_keys, wrapped_keys
from compiler.inputs.schema.conversion import NAMES, converted
from compiler.inputs.source.node import Lines, Node, Source
from compiler.rules import Rule
from compiler.text import shown
from compiler.text.suggest import Suggestion, Suggestions
from compiler.upstream.catalog import Catalog, catalog, flag_advice, key_of, left, section_of, versions
from compiler.upstream.flag_kinds import STRUCTURED

_SECRET = re.compile(r"secret|token|password|content", re.IGNORECASE)
# A scalar that is the same inside brackets: in quotes, or without the signs that mean something there.
_ELEMENT = r"""[\w./:@%+-]+|"[^"\\\n,]*"|'[^'\n,]*'"""
_RULES = {
    "type": rules.WRONG_TYPE_OF_VALUE,
    "enum": rules.VALUE_NOT_ALLOWED,
    "const": rules.VALUE_NOT_ALLOWED,
    "pattern": rules.MALFORMED_VALUE,
}
"""The rule about a value that does not fit a keyword of a schema; SCHEMA-06 for others."""


def explain(root: Node, version: str, report: Report) -> set[Path]:
    """Report every violation, and return the paths of the values that are refused.

    Raises KascError (DOC-02) for more violations than `MAX_VIOLATIONS`.
    """
    found = list(islice(violations(root.plain(), version), MAX_VIOLATIONS + 1))
    if len(found) > MAX_VIOLATIONS:
        message = f"the document breaks its schema in more than {MAX_VIOLATIONS} places"
        raise KascError(
            diagnose(
                rules.FILE_TOO_LARGE_OR_DEEP, message, "check that the file is a kasc document", location=root.location
            )
        )
    refused: set[Path] = set()
    for error in sorted(found, key=lambda error: [str(part) for part in error.absolute_path]):
        for rule, path, finding in _findings(root, error, version, report.suggestions):
            refused.add(path)
            if not report.passes_over(rule, _flag_of(path, version)):
                report.add(finding())
    return refused


def violations(document: object, version: str) -> Iterator[ValidationError]:
    """jsonschema's errors, less what is left to the rules of the server."""
    registry: Any = Registry(retrieve=lambda name: _resource(version, name))  # type: ignore[call-arg]
    validator = Draft202012Validator(load_schema(version, "apiserver.schema.json"), registry=registry)
    return (error for error in validator.iter_errors(document) if not is_left_to_a_rule(error))


def is_left_to_a_rule(error: ValidationError) -> bool:
    """Whether a rule of the server judges what this error is about."""
    # properties, group, properties, option, properties, content; of the content itself only its type counts here.
    steps = list(error.absolute_schema_path)
    if steps[4:6] == ["properties", "content"] and steps[6:] != ["type"]:
        return True
    schema = error.schema
    return isinstance(schema, dict) and "x-kasc-rule" in schema and error.validator in ("enum", "pattern", "const")


def _resource(version: str, name: str) -> Resource[Any]:
    return Resource.from_contents(load_schema(version, name), default_specification=DRAFT202012)


def _findings(
    root: Node, error: ValidationError, version: str, suggestions: Suggestions
) -> Iterator[tuple[Rule, Path, Callable[[], Diagnostic]]]:
    """The rule and the path of each finding about an error, and the function that makes it."""
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
                message = f"{_named(path)} lacks the key {key}"
                yield (
                    rules.MISSING_KEY,
                    path,
                    partial(_finding, rules.MISSING_KEY, message, f"add {key}", node, path, version),
                )
    elif error.validator == "oneOf":
        yield rules.VALUE_OUTSIDE_SCHEMA, path, partial(_one_of, node, path, error, version)
    else:
        rule = _RULES.get(str(error.validator), rules.VALUE_OUTSIDE_SCHEMA)
        yield rule, path, partial(_value, node, path, error, version, suggestions)


def _finding(rule: Rule, message: str, hint: str, node: Node, path: Path, version: str) -> Diagnostic:
    return diagnose(rule, message, hint, path=_dotted(path), flag=_flag_of(path, version), location=node.location)


def _value(node: Node, path: Path, error: ValidationError, version: str, suggestions: Suggestions) -> Diagnostic:
    name = _named(path)
    if error.validator == "type":
        message = f"{name} is {_kind_of(node)}, not {' or '.join(NAMES[kind] for kind in _kinds(error))}"
        return _finding(rules.WRONG_TYPE_OF_VALUE, message, _type_hint(node, error, path, version), node, path, version)
    text = _text(node, path)
    if error.validator in ("enum", "const"):
        allowed: Any = error.validator_value
        words = [str(word) for word in (allowed if error.validator == "enum" else [allowed])]
        hint = suggestions.did_you_mean(str(node.value), words) or f"write {' or '.join(words)}"
        return _finding(rules.VALUE_NOT_ALLOWED, f"{name} cannot be {text}", hint, node, path, version)
    if error.validator == "pattern":
        hint = "write a version such as 1.36" if path == ("kubernetesVersion",) else "use letters, digits, - and ."
        return _finding(rules.MALFORMED_VALUE, f"{name} cannot be {text}", hint, node, path, version)
    return _finding(
        rules.VALUE_OUTSIDE_SCHEMA, f"{name}: {text} is out of range", "write a value in range", node, path, version
    )


def _one_of(node: Node, path: Path, error: ValidationError, version: str) -> Diagnostic:
    """A structured file's option takes a path, or a mapping with exactly one of content and source."""
    both = isinstance(node.value, dict) and {"content", "source"} <= set(node.value)
    problem = "has both content and source" if both else "has neither content nor source"
    hint = "write a path on the server, {content: ...} or {source: FILE}"
    if isinstance(node.value, dict) and set(node.value) & {"apiVersion", "kind"}:
        hint = "put the object under content: {content: {apiVersion: ..., kind: ...}}"
    inner = best_match(error.context or [])
    if inner is not None and inner.validator == "type" and not isinstance(node.value, dict):
        problem = f"is {_kind_of(node)}"
    return _finding(rules.VALUE_OUTSIDE_SCHEMA, f"{_named(path)} {problem}", hint, node, path, version)


def unknown_key(
    node: Node, path: Path, key: str, known: dict[str, Any], version: str, suggestions: Suggestions
) -> Diagnostic:
    """Return SCHEMA-01 for a key of a mapping that is none of the known ones."""
    message, hint = _about_key(path, key, known, catalog(version), suggestions)
    child = node.get(key)
    if child is not None and not hint.startswith("did you mean"):
        hint = _about_wrapper(path, key, child, version) or hint
    if isinstance(hint, Suggestion) and _is_taken(node, key, hint.new):
        hint = str(hint)
    full = (*path, key)
    return diagnose(
        rules.UNKNOWN_KEY,
        message,
        hint,
        path=_dotted(full),
        flag=_flag_of(full, version),
        location=node.key_location(key),
    )


def _is_taken(node: Node, key: str, name: str) -> bool:
    """Whether a key that is to be called `name` stands beside one of that name in the same layer.

    TOML may give the parts of a list or a table in several places.
    """
    there, here = node.get(name), node.get(key)
    if there is None or here is None or there.source is not here.source:
        return False
    return not (isinstance(there.value, list | dict) and here.source.name.endswith(".toml"))


def _about_wrapper(path: Path, key: str, child: Node, version: str) -> str:
    """What to do about a mapping around keys that belong elsewhere; empty if it is none."""
    inside = wrapped_keys(child, version)
    if not path and inside:
        return f"move {', '.join(inside)} out of {key}, to the top level"
    if len(path) == 2 and _flag_of(path, version) in STRUCTURED:
        return f"move {key} under content"
    if key in top_level_keys(version):
        return f"move {key} one level up: it is a top-level key"
    flags = catalog(version).flags
    if not path and isinstance(child.value, dict) and any(name.lstrip("-") in flags for name in child.value):
        return "write flags by their names under extraFlags"
    return ""


def _about_key(path: Path, key: str, known: dict[str, Any], here: Catalog, suggestions: Suggestions) -> tuple[str, str]:
    place = f"{_dotted(path)}." if path else ""
    message = f"{shown(key)} is not a key of {_dotted(path) or 'the document'}"
    if len(path) > 1 or (path and path[0] in ("metadata", "deployment", "extraFlags")):
        return message, suggestions.did_you_mean(key, known) or f"known are {', '.join(known)}"
    spelled = key_of(key.replace("_", "-").lstrip("-")) if "-" in key or "_" in key else key
    if spelled in known:
        return message, Suggestion(f"write {place}{spelled}", key, spelled)
    for group, options in here.groups.items():
        if spelled in options:
            return message, f"write it in the group {section_of(group)}: {section_of(group)}.{spelled}"
    for version in versions():
        for options in catalog(version).groups.values():
            if spelled in options:
                return _other_version(spelled, options[spelled].name, here.version)
    gone = {key_of(name): name for name in _gone_flags()}
    if spelled in gone:
        entry = left("flags", gone[spelled], here.version) or {}
        told = f"--{gone[spelled]} was removed in {entry['removed']}" if "removed" in entry else message
        use, advice = entry.get("replacement", ""), flag_advice(gone[spelled])
        successor = key_of(use) if entry.get("successor") else ""
        if successor in known:
            return told, Suggestion(f"use {use}: write {place}{successor}", key, successor)
        return told, advice or (f"use {use}" if use else "remove it")
    if not path and key in ("name", "labels"):
        return message, f"write metadata.{key}"
    candidates = [
        *known,
        *(f"{section_of(group)}.{name}" for group, options in here.groups.items() for name in options),
    ]
    short = suggestions.did_you_mean(key, known)
    return message, short or suggestions.did_you_mean(
        f"{place}{key}", candidates
    ) or "see `kasc explain` for the keys of a group"


def _other_version(key: str, flag: str, version: str) -> tuple[str, str]:
    having = [each for each in versions() if flag in catalog(each).flags]
    gone = left("flags", flag, version)
    message = f"{key} (--{flag}) exists in {having[0]} to {having[-1]}, not in {version}"
    use = (gone or {}).get("replacement", "")
    return message, f"use {use}" if use else "remove it, or compile for one of those versions"


def _gone_flags() -> list[str]:
    from compiler.upstream.catalog import removed_names

    return removed_names("flags")


def _kind_of(node: Node) -> str:
    value = node.value
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    for kind, name in ((dict, "a mapping"), (list, "a list"), (str, "a text")):
        if isinstance(value, kind):
            return name
    return f"the number {node.text or value}"[:100]


def _type_hint(node: Node, error: ValidationError, path: Path, version: str) -> str:
    """What to write for a value of the wrong type."""
    kinds, value, written = _kinds(error), node.value, _written(node)
    scalar = isinstance(value, bool | int | float)
    if _may_be_secret(path):
        return "put it in quotes" if "string" in kinds and scalar else _write_one_of(kinds)
    shape: Any = error.schema
    meant = converted(node, kinds, shape, _flag_of(path, version))
    if "boolean" in kinds and isinstance(value, str) and meant:
        return Suggestion(f"write {meant} without quotes", written, meant)
    if "array" in kinds and not meant and isinstance(value, dict) and shape.get("items", {}).get("type") == "object":
        return f"write [[{_dotted(path)}]] for each element" if _is_toml(node) else "begin each element with '- '"
    if "array" in kinds and meant:
        single = isinstance(value, str) and re.fullmatch(_ELEMENT, written) and meant == f"[{shown(value)}]"
        return Suggestion(f"write a list: {meant}", written, f"[{written}]") if single else f"write a list: {meant}"
    if "string" in kinds and scalar:
        return Suggestion(f'put it in quotes: "{node.text or value}"', written, f'"{written}"')
    if set(kinds) & {"integer", "number"} and isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)", value):
        return Suggestion(f"write {value} without quotes", written, value)
    if isinstance(value, str) and not value and "array" in kinds:
        return "write [], or remove the key"
    return f"write {meant}" if meant else _write_one_of(kinds)


def _kinds(error: ValidationError) -> list[str]:
    told: Any = error.validator_value
    return told if isinstance(told, list) else [told]


def _is_toml(node: Node) -> bool:
    return node.source.name.endswith(".toml")


def _write_one_of(kinds: list[str]) -> str:
    return "write keys and values" if kinds == ["object"] else f"write {' or '.join(NAMES[kind] for kind in kinds)}"


def _written(node: Node) -> str:
    """A value as it stands in its file."""
    lines = _lines(node.source)
    start, end = lines.span(node.location)
    return lines.text[start:end]


@lru_cache(maxsize=4)
def _lines(source: Source) -> Lines:
    return Lines(source.body)


def _may_be_secret(path: Path) -> bool:
    return any(isinstance(part, str) and _SECRET.search(part) for part in path)


def _text(node: Node, path: Path) -> str:
    """A scalar for a message; what may be secret is not shown."""
    if _may_be_secret(path):
        return "that value"
    if isinstance(node.value, dict | list):
        return "that value"
    return shown(node.text or ("" if node.value is None else str(node.value)))


def _named(path: Path) -> str:
    return _dotted(path) or "the document"


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _flag_of(path: Path, version: str) -> str:
    if len(path) < 2:
        return ""
    for group, options in catalog(version).groups.items():
        if section_of(group) == path[0] and path[1] in options:
            return options[str(path[1])].name
    return ""
