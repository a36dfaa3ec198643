"""From the schema of a rule, as nodes of its file, to a function, with the problems of the schema.

A schema that is misspelled passes: JSON Schema ignores keywords that it does not know and members that are not there.
So unknown keywords, names that the data cannot have, and keywords that do not apply to the type of the data are
problems of the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.source.node import Node
from compiler.policies import applicators, keywords
from compiler.policies.keywords import Check
from compiler.policies.patterns import InvalidPatternError, Patterns
from compiler.policies.shapes import Members, Shape
from compiler.policies.vocabulary import APPLIES_TO, BOUNDS, DEFINITIONS, KEYWORDS, SIZES
from compiler.rules import Rule
from compiler.text import did_you_mean, shown

_MAX_HEIGHT = 64
"""Levels of a schema with its references."""
_MAX_WEIGHT = 20_000
"""Subschemas of a schema with its references."""
_MAX_SCHEMAS = 1_000_000
"""Subschemas of all rules of a file for all versions: rules may refer to the same large definitions."""
_NUMBER, _SIZE = "a number", "an integer of 0 or more"
_NOUNS = {"number": "numbers", "string": "strings", "array": "lists", "object": "maps"}


_OF_SCALARS = frozenset((*BOUNDS, "minLength", "pattern"))
_TYPED = frozenset(("type", "enum", "const", "$ref", "allOf", "anyOf"))
"""Keywords next to which another one is not the only one about the value."""


class Compiled(NamedTuple):
    """A schema as a function; `weight` is the number of its subschemas with references, `height` that of its levels."""

    check: Check
    weight: int
    height: int


_EVERYTHING = Compiled(keywords.passes, 1, 1)
_TOO_HIGH = Compiled(keywords.passes, 1, _MAX_HEIGHT + 1)


class Limits:
    """What the schemas of one file may take together: its patterns, and the subschemas that are left."""

    def __init__(self) -> None:
        self.patterns = Patterns()
        self.schemas = _MAX_SCHEMAS


class SchemaCompiler:
    """Compiles the schemas of one file for one version; `problems` has what is wrong with them, up to `MAX_FINDINGS`.

    `lenient` has the keywords that null meets, although they say something else, with their locations. `definitions`
    are the `$defs` of the file, `limits` what its schemas share. Without a shape nothing is known about the names of
    the data.
    """

    def __init__(self, definitions: dict[str, Node], limits: Limits) -> None:
        self.definitions = definitions
        self.limits = limits
        self.problems: list[Diagnostic] = []
        self.lenient: list[tuple[Location, str]] = []
        self._compiled: dict[tuple[int, int], Compiled] = {}
        self._open: list[int] = []

    def compile(self, node: Node, shape: Shape | None) -> Compiled:
        """Return a schema as a function."""
        key = id(node), id(shape.schema) if shape is not None else 0
        known = self._compiled.get(key)
        if known is not None:
            return known
        if id(node) in self._open:
            self._report(node.location, "the schema refers to itself", "remove the $ref")
            return _EVERYTHING
        self.limits.schemas -= 1
        if self.limits.schemas < 0:
            self._report(
                node.location, f"the policy has more than {_MAX_SCHEMAS} subschemas, with its references", "split it"
            )
            return _EVERYTHING
        self._open.append(id(node))
        result = self._schema(node, shape) if len(self._open) <= _MAX_HEIGHT else _TOO_HIGH
        self._open.pop()
        if result.height == _MAX_HEIGHT + 1:
            self._report(node.location, f"the schema has more than {_MAX_HEIGHT} levels", "reduce the nesting")
            result = _EVERYTHING
        if result.weight > _MAX_WEIGHT:
            message = f"the schema has more than {_MAX_WEIGHT} subschemas, with its references"
            self._report(node.location, message, "write fewer references")
            result = _EVERYTHING
        self._compiled[key] = result
        return result

    def _schema(self, node: Node, shape: Shape | None) -> Compiled:
        value = node.value
        if isinstance(value, bool):
            return _EVERYTHING if value else Compiled(applicators.forbidden, 1, 1)
        if not isinstance(value, dict):
            self._report(node.location, "a schema is a mapping, true or false", "write for example {minimum: 30}")
            return _EVERYTHING
        self._check_keywords(node, shape)
        parts = _Parts(self, node, shape)
        checks = list(parts.checks())
        if not checks:
            return _EVERYTHING
        return Compiled(applicators.guarded(applicators.every(checks)), 1 + parts.weight, 1 + parts.height)

    def _check_keywords(self, node: Node, shape: Shape | None) -> None:
        types = shape.types if shape is not None else frozenset()
        keys = list(node.value) if isinstance(node.value, dict) else []
        for name in keys:
            if self.is_full:
                return
            if name not in KEYWORDS:
                hint = did_you_mean(name, sorted(KEYWORDS)) or f"keywords are {', '.join(sorted(KEYWORDS))}"
                self._report(node.key_location(name), f"unknown keyword {shown(name)} of a schema", hint)
            elif types and name in APPLIES_TO and APPLIES_TO[name] not in types:
                message = f"{name} has no effect: it is about {_NOUNS[APPLIES_TO[name]]}, and the value is of type "
                message += " or ".join(sorted(types))
                self.report(rules.KEYWORD_DOES_NOT_APPLY, node.key_location(name), message, _hint_for(types))
            elif "null" in types and name in _OF_SCALARS and not any(key in _TYPED for key in keys):
                self.lenient.append((node.key_location(name), name))

    @property
    def is_full(self) -> bool:
        """Whether further problems are not recorded."""
        return len(self.problems) >= MAX_FINDINGS

    def report(self, rule: Rule, where: Location, message: str, hint: str) -> None:
        """Report a problem of the policy."""
        if not self.is_full:
            self.problems.append(diagnose(rule, message, hint, location=where))

    def _report(self, where: Location, message: str, hint: str) -> None:
        self.report(rules.INVALID_POLICY, where, message, hint)

    def invalid(self, node: Node, key: str, expected: str) -> None:
        """Report a keyword with a value of the wrong type."""
        self._report(node.key_location(key), f"{key} must be {expected}", f"write {key}: with {expected}")

    def definition(self, node: Node, key: str) -> Node | None:
        """Return the definition that a `$ref` names; None if there is none, which is reported."""
        target = node.at((key,)).value
        if not isinstance(target, str) or not target.startswith(DEFINITIONS):
            message = "$ref must name a definition of this file: nothing else is read"
            self._report(node.key_location(key), message, f'write "{DEFINITIONS}NAME"')
            return None
        name = target.removeprefix(DEFINITIONS).replace("~1", "/").replace("~0", "~")
        found = self.definitions.get(name)
        if found is None:
            hint = did_you_mean(name, self.definitions) or "add it to $defs"
            self._report(node.key_location(key), f"there is no definition {shown(name)} in $defs", hint)
        return found


def _hint_for(types: frozenset[str]) -> str:
    """Return what to write about values of some types."""
    if "array" in types:
        return "write items, contains or minItems"
    if "object" in types:
        return "write properties or propertyNames"
    if "string" in types:
        return "write const, enum, pattern or minLength"
    return "write minimum or maximum" if "number" in types else "write const: true or const: false"


class _Parts:
    """The keywords of one schema."""

    def __init__(self, compiler: SchemaCompiler, node: Node, shape: Shape | None) -> None:
        self.compiler, self.node, self.shape = compiler, node, shape
        self.value: dict[str, Node] = node.value if isinstance(node.value, dict) else {}
        self.weight = self.height = 0

    def checks(self) -> Iterator[Check]:
        """Yield a function for each keyword."""
        for key in self.value:
            if key in BOUNDS:
                yield from self._bound(key)
            elif key in SIZES:
                yield from self._size(key)
            elif key in _METHODS:
                yield from _METHODS[key](self, key)

    def _add(self, node: Node, shape: Shape | None) -> Check:
        """Return a subschema as a function."""
        compiled = self.compiler.compile(node, shape)
        self.weight += compiled.weight
        self.height = max(self.height, compiled.height)
        return compiled.check

    def _bound(self, key: str) -> Iterator[Check]:
        limit = self.value[key].value
        if not keywords.is_number(limit):
            return self.compiler.invalid(self.node, key, _NUMBER)
        yield keywords.bound(BOUNDS[key][0], limit, BOUNDS[key][1])

    def _size(self, key: str) -> Iterator[Check]:
        limit = self._count(key)
        if limit is not None:
            kind, is_fine, words = SIZES[key]
            yield keywords.size(kind, is_fine, limit, words)

    def _count(self, key: str) -> int | None:
        limit = self.value[key].value
        if isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0:
            return limit
        self.compiler.invalid(self.node, key, _SIZE)
        return None

    def _multiple(self, key: str) -> Iterator[Check]:
        divisor = self.value[key].value
        if not (isinstance(divisor, int | float) and keywords.is_number(divisor) and divisor > 0):
            return self.compiler.invalid(self.node, key, "a number above 0")
        yield keywords.multiple_of(divisor)

    def _pattern(self, key: str) -> Iterator[Check]:
        text = self.value[key].value
        if not isinstance(text, str):
            return self.compiler.invalid(self.node, key, "a regular expression")
        try:
            yield keywords.pattern(self.compiler.limits.patterns.compiled(text), text)
        except InvalidPatternError as error:
            message = f"invalid pattern {shown(text[:200])}: {error}"
            self.compiler.report(rules.INVALID_POLICY, self.value[key].location, message, error.hint)

    def _type(self, key: str) -> Iterator[Check]:
        value = self.value[key].plain()
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not names or not all(name in keywords.TYPES for name in map(str, names)):
            return self.compiler.invalid(self.node, key, f"one of {', '.join(keywords.TYPES)}, or a list of them")
        yield keywords.of_type(names)

    def _values(self, key: str) -> Iterator[Check]:
        value = self.value[key].plain()
        values = [value] if key == "const" else value
        if not isinstance(values, list) or not values:
            return self.compiler.invalid(self.node, key, "a list of values")
        types = self.shape.types if self.shape is not None else frozenset()
        wrong = [each for each in values if types and not any(keywords.TYPES[name](each) for name in types)]
        if len(wrong) == len(values):
            message = f"{keywords.describe(wrong[0])} is never met: the value is of type {' or '.join(sorted(types))}"
            hint = f"write a value of type {' or '.join(sorted(types - {'null'}))}"
            self.compiler.report(rules.KEYWORD_DOES_NOT_APPLY, self.value[key].location, message, hint)
        yield keywords.one_of_values(values)

    def _unique(self, key: str) -> Iterator[Check]:
        if self.value[key].value is True:
            yield keywords.unique

    def _reference(self, key: str) -> Iterator[Check]:
        target = self.compiler.definition(self.node, key)
        if target is not None:
            yield self._add(target, self.shape)

    def _branches(self, key: str) -> Iterator[Check]:
        branches = self.value[key].value
        if not isinstance(branches, list) or not branches:
            return self.compiler.invalid(self.node, key, "a list of schemas")
        build = {"allOf": applicators.every, "anyOf": applicators.any_of, "oneOf": applicators.one_of}[key]
        yield build([self._add(each, self.shape) for each in branches])

    def _not(self, key: str) -> Iterator[Check]:
        inner = self.value[key]
        pattern = inner.get("pattern")
        words = f": it matches {pattern.value}" if pattern is not None else ""
        yield applicators.negated(self._add(inner, self.shape), words)

    def _if(self, key: str) -> Iterator[Check]:
        if "then" not in self.value and "else" not in self.value:
            return self.compiler.invalid(self.node, key, "a schema next to then or else")
        branches = [self._add(self.value[name], self.shape) if name in self.value else keywords.passes for name in _IF]
        yield applicators.conditional(*branches)

    def _items(self, key: str) -> Iterator[Check]:
        if key == "items" and "prefixItems" in self.value:
            return
        inner = self.shape.items if self.shape is not None else None
        prefix: Any = self.value["prefixItems"].value if "prefixItems" in self.value else []
        if not isinstance(prefix, list) or (key == "prefixItems" and not prefix):
            return self.compiler.invalid(self.node, "prefixItems", "a list of schemas")
        checks = [self._add(each, inner) for each in prefix]
        rest = self._add(self.value["items"], inner) if "items" in self.value else None
        yield applicators.items(checks, rest, 1 + self.weight)

    def _contains(self, key: str) -> Iterator[Check]:
        inner = self.value[key]
        check = self._add(inner, self.shape.items if self.shape is not None else None)
        low = self._count("minContains") if "minContains" in self.value else 1
        high = self._count("maxContains") if "maxContains" in self.value else None
        if low is not None:
            yield applicators.contains(check, low, high, lambda: _named(inner), 1 + self.weight)

    def _properties(self, key: str) -> Iterator[Check]:
        if key == "additionalProperties" and "properties" in self.value:
            return
        members: Any = self.value["properties"].value if "properties" in self.value else {}
        if not isinstance(members, dict):
            return self.compiler.invalid(self.node, "properties", "a mapping of names to schemas")
        known = self.shape.properties if self.shape is not None else None
        named = {name: self._add(child, self._member(name, known)) for name, child in members.items()}
        others = None
        if "additionalProperties" in self.value:
            others = self._add(self.value["additionalProperties"], self.shape.values if self.shape else None)
        yield applicators.properties(named, others, 1 + self.weight)

    def _member(self, name: str, known: Members | None) -> Shape | None:
        """Return the shape of a member; a name that the data cannot have is reported."""
        if known is None:
            return self.shape.values if self.shape is not None else None
        if name in known:
            return known[name]
        if known and not self.compiler.is_full:
            where = self.value["properties"].key_location(name)
            hint = did_you_mean(name, known) or f"names are {', '.join(list(known)[:20])}"
            self.compiler.report(rules.UNKNOWN_NAME_IN_POLICY, where, f"there is no {shown(name)} here", hint)
        return None

    def _names(self, key: str) -> Iterator[Check]:
        yield applicators.property_names(self._add(self.value[key], None), 1 + self.weight)

    def _required(self, key: str) -> Iterator[Check]:
        names = self.value[key].plain()
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return self.compiler.invalid(self.node, key, "a list of names")
        yield applicators.required(names)


def _named(schema: Node) -> str:
    """Return what a schema asks for, for messages."""
    for key in ("const", "pattern"):
        if (inner := schema.get(key)) is not None:
            return keywords.describe(inner.plain())
    members = schema.get("properties")
    if members is not None and isinstance(members.value, dict) and members.value:
        name, inner = next(iter(members.value.items()))
        return f"element with {name} {_named(inner)}"
    return "such element"


_IF = ("if", "then", "else")
_METHODS: dict[str, Callable[[_Parts, str], Iterator[Check]]] = {
    "multipleOf": _Parts._multiple,
    "pattern": _Parts._pattern,
    "type": _Parts._type,
    "enum": _Parts._values,
    "const": _Parts._values,
    "uniqueItems": _Parts._unique,
    "$ref": _Parts._reference,
    "allOf": _Parts._branches,
    "anyOf": _Parts._branches,
    "oneOf": _Parts._branches,
    "not": _Parts._not,
    "if": _Parts._if,
    "items": _Parts._items,
    "prefixItems": _Parts._items,
    "contains": _Parts._contains,
    "properties": _Parts._properties,
    "additionalProperties": _Parts._properties,
    "propertyNames": _Parts._names,
    "required": _Parts._required,
}
