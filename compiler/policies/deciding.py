"""Rules as functions: compiled once for each version, and decided once for servers that are alike."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from compiler.diagnostics import Diagnostic, Location
from compiler.inputs.source.node import Node
from compiler.policies.compiling import Limits, SchemaCompiler
from compiler.policies.instance import Instance
from compiler.policies.keywords import Check
from compiler.policies.outcomes import UNDECIDED, Failure, Outcome, Path, Steps
from compiler.policies.reading import PolicyRule
from compiler.policies.shapes import PARTS, Shape, shapes, whole
from compiler.policies.vocabulary import member_schemas, members_of
from compiler.upstream.catalog import Catalog

_MAX_STEPS = 1_000_000
"""Steps that one rule may take for one server."""
_MOST_DECISIONS = 5000
"""Outcomes of rules that are kept for servers that are alike."""


class _Part(NamedTuple):
    """A schema of a rule as a function: the part of the instance, and its members that are needed."""

    name: str
    members: tuple[str, ...]
    check: Check


class Decision(NamedTuple):
    """The outcome of a rule, with the part and the path of the value that decides it."""

    part: str
    outcome: Outcome
    path: Path


class CompiledRule(NamedTuple):
    """A rule for one version of Kubernetes, or its condition, which is one schema about all `parts`.

    `name` identifies it; `problems` and `lenient` are those of `SchemaCompiler`.
    """

    name: tuple[str, str]
    parts: tuple[_Part, ...]
    is_condition: bool
    problems: tuple[Diagnostic, ...]
    lenient: tuple[tuple[Location, str], ...]

    def decide(self, instance: Instance) -> Decision:
        """Return the outcome for a server. Raises TooManyStepsError."""
        steps, undecided = Steps(_MAX_STEPS), None
        if self.is_condition:
            whole = {part.name: instance.part(part.name, part.members) for part in self.parts}
            return Decision("", self.parts[0].check(whole, steps) if self.parts else None, ())
        for part in self.parts:
            value = instance.part(part.name, part.members)
            outcome = part.check(value, steps)
            if isinstance(outcome, Failure):
                return Decision(part.name, outcome, outcome.path)
            if outcome is UNDECIDED and undecided is None:
                undecided = Decision(part.name, outcome, _first_unknown(value, part.members))
        return undecided or Decision("", None, ())


class Rules:
    """The rules of one file; `definitions` are its `$defs`."""

    def __init__(self, definitions: dict[str, Node]) -> None:
        self._definitions = definitions
        self._limits = Limits()
        self._compiled: dict[tuple[str, str], CompiledRule] = {}
        self._decisions: dict[Hashable, Decision] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without functions, which cannot be pickled."""
        return self.__dict__ | {"_limits": Limits(), "_compiled": {}, "_decisions": {}}

    def decide(self, compiled: CompiledRule, instance: Instance) -> Decision:
        """Return the outcome of a rule; servers that are alike in what the rule is about share it."""
        keys = tuple(instance.key(part.name, part.members) for part in compiled.parts)
        if None in keys:
            return compiled.decide(instance)
        key = compiled.name, keys
        decision = self._decisions.get(key)
        if decision is None:
            if len(self._decisions) >= _MOST_DECISIONS:
                self._decisions.clear()
            decision = self._decisions[key] = compiled.decide(instance)
        return decision

    def rule(self, rule: PolicyRule, catalog: Catalog) -> CompiledRule:
        """Return a rule for a version."""
        key = catalog.version, rule.id
        if key not in self._compiled:
            compiler, known = SchemaCompiler(self._definitions, self._limits), shapes(catalog)
            parts = tuple(
                _Part(name, self._members(node, known[name]), compiler.compile(node, known[name]).check)
                for name, node in rule.schemas.items()
            )
            self._compiled[key] = _result(key, parts, compiler, catalog)
        return self._compiled[key]

    def condition(self, when: Node, rule: PolicyRule, catalog: Catalog) -> CompiledRule:
        """Return the condition of a rule for a version."""
        key = catalog.version, f"when {rule.id}"
        if key not in self._compiled:
            compiler = SchemaCompiler(self._definitions, self._limits)
            check = compiler.compile(when, whole(catalog)).check
            parts = tuple(
                _Part(name, self._mentioned(when, name, catalog), check)
                for name in PARTS
                if any(member_schemas(when, name, self._definitions))
            )
            self._compiled[key] = _result(key, parts, compiler, catalog, is_condition=True)
        return self._compiled[key]

    def _members(self, schema: Node, shape: Shape) -> tuple[str, ...]:
        """Return the members of a part that a schema is about."""
        members = members_of(schema, self._definitions)
        return tuple(sorted(members if members is not None else shape.properties or ()))

    def _mentioned(self, when: Node, part: str, catalog: Catalog) -> tuple[str, ...]:
        """Return the members of a part that a condition is about."""
        shape = shapes(catalog)[part]
        schemas = member_schemas(when, part, self._definitions)
        return tuple(sorted({name for schema in schemas for name in self._members(schema, shape)}))


def _result(
    name: tuple[str, str],
    parts: tuple[_Part, ...],
    compiler: SchemaCompiler,
    catalog: Catalog,
    is_condition: bool = False,
) -> CompiledRule:
    problems = (each._replace(message=f"{each.message} (Kubernetes {catalog.version})") for each in compiler.problems)
    return CompiledRule(name, parts, is_condition, tuple(problems), tuple(compiler.lenient))


def _first_unknown(value: Any, members: tuple[str, ...] | None = None) -> Path:
    if isinstance(value, dict):
        for key, inner in value.items():
            if (members is None or key in members) and (inner is UNDECIDED or _holds(inner)):
                return (key, *_first_unknown(inner))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            if inner is UNDECIDED or _holds(inner):
                return (index, *_first_unknown(inner))
    return ()


def _holds(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(
            inner is UNDECIDED or _holds(inner) for inner in (value.values() if isinstance(value, dict) else value)
        )
    return False
