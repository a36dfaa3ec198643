"""Policy files: from text to rules and exceptions, with a diagnostic for everything that is wrong.

A file is read as documents are: strictly, with bounds on size, depth and aliases. Nothing else is read because of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from compiler import rules
from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, KascError, Location, Problems, diagnose
from compiler.inputs.source import parse_document, read_source
from compiler.inputs.source.node import Node
from compiler.policies.shapes import PARTS
from compiler.rules.rule import OWN_ID
from compiler.text import did_you_mean, shown

MAX_SIZE = 1024 * 1024
"""Bytes of a policy file."""
MAX_RULES = 500
READ_AS = "policy"
"""The kind of a policy file in reports."""
API_VERSION, KIND = "kasc/v1", "Policy"
LEVELS = {"enforce": ERROR, "warn": WARNING, "note": NOTE}
"""Level of a rule -> severity of its finding."""
_TOP = ("apiVersion", "kind", "metadata", "title", "$defs", "rules", "exceptions")
_METADATA = ("name", "version", "owner")
_RULE = (
    *("id", "title", "level", "reason", "remediation", "suppressible", "select", "when"),
    *PARTS,
    "examples",
)
_SELECT, _EXAMPLES = ("versions", "names", "labels"), ("passes", "fails")
_EXCEPTION = ("rule", "clusters", "reason", "approvedBy", "expires")
_VERSION = r"(>=|<=)?(1\.[0-9]{1,3})"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


class Selector(NamedTuple):
    """The servers that a rule is about: versions (`1.36`, `>=1.35`), globs of names, and labels with globs."""

    versions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


class PolicyRule(NamedTuple):
    """A rule; `schemas` has the schema of each part that it is about, `when` one of all parts."""

    id: str
    title: str
    level: str
    reason: str
    remediation: str
    suppressible: bool
    select: Selector
    when: Node | None
    schemas: dict[str, Node]
    passes: tuple[Node, ...]
    fails: tuple[Node, ...]
    node: Node


class PolicyException(NamedTuple):
    """A rule that some servers need not meet up to a day, as in 2027-03-31; `clusters` are globs of names."""

    rule: str
    clusters: tuple[str, ...]
    reason: str
    approved_by: str
    expires: str
    location: Location


class PolicyFile(NamedTuple):
    """A policy of an organisation."""

    path: str
    name: str
    version: str
    title: str
    rules: tuple[PolicyRule, ...]
    exceptions: tuple[PolicyException, ...]
    definitions: dict[str, Node]


class InvalidPolicyError(Exception):
    """A file that is not a valid policy; `diagnostics` say why."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


def is_policy(root: Node) -> bool:
    """Return whether a document is a policy."""
    kind, version = root.get("kind"), root.get("apiVersion")
    return kind is not None and kind.value == KIND and version is not None and version.value == API_VERSION


def read_policy(path: str) -> PolicyFile:
    """Return the policy in a file. Raises InvalidPolicyError."""
    problems = Problems()
    try:
        root = parse_document(read_source(path, limit=MAX_SIZE), problems)
    except KascError as error:
        raise InvalidPolicyError([*problems, error.diagnostic]) from None
    errors = [each for each in problems if each.severity == ERROR]
    if errors:
        raise InvalidPolicyError(errors)
    reader = _Reader(problems)
    policy = reader.policy(path, root)
    if problems:
        raise InvalidPolicyError(problems)
    return policy


class _Reader:
    """Reads the parts of a policy; what is wrong is added to `problems`."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def policy(self, path: str, root: Node) -> PolicyFile:
        """Return the policy; without what is wrong in it."""
        if not is_policy(root):
            message = f"this is not a policy: apiVersion must be {API_VERSION} and kind {KIND}"
            self._report(root.location, message, f"write apiVersion: {API_VERSION} and kind: {KIND}")
            return PolicyFile(path, "", "", "", (), (), {})
        self._keys(root, _TOP, "a policy")
        metadata = self._mapping(root, "metadata", required=True)
        self._keys(metadata, _METADATA, "metadata")
        definitions: Any = self._mapping(root, "$defs").value
        every = [self._rule(node) for node in self._list(root, "rules", required=True)]
        if len(every) > MAX_RULES:
            self._report(root.key_location("rules"), f"the policy has more than {MAX_RULES} rules", "split it")
        by_id: dict[str, PolicyRule] = {}
        for each in every:
            if each.id in by_id:
                message = f"duplicate rule {each.id}: it is in line {by_id[each.id].node.location.line} as well"
                self._report(each.node.at(("id",)).location, message, "give it another id")
            by_id.setdefault(each.id, each)
        exceptions = [self._exception(node, by_id) for node in self._list(root, "exceptions")]
        return PolicyFile(
            path,
            self._text(metadata, "name", required=True),
            self._text(metadata, "version"),
            self._text(root, "title") or self._text(metadata, "name"),
            tuple(every),
            tuple(exceptions),
            dict(definitions),
        )

    def _rule(self, node: Node) -> PolicyRule:
        self._keys(node, _RULE, "a rule")
        rule_id = self._text(node, "id", required=True)
        if rule_id and (not re.fullmatch(OWN_ID, rule_id) or rule_id.startswith("KASC-") or len(rule_id) > 64):
            hint = "write uppercase words with dashes that do not start with KASC-, for example ACME-AUDIT-1"
            self._report(node.at(("id",)).location, f"invalid id {shown(rule_id)}", hint)
        level = self._text(node, "level", required=True)
        if level and level not in LEVELS:
            hint = did_you_mean(level, LEVELS) or f"write {', '.join(LEVELS)}"
            self._report(node.at(("level",)).location, f"invalid level {shown(level)}", hint)
        schemas = {part: inner for part in PARTS if (inner := node.get(part)) is not None}
        if not schemas and isinstance(node.value, dict):
            self._report(node.location, "the rule has no schema", f"write one of {', '.join(PARTS)}")
        suppressible = node.get("suppressible")
        if suppressible is not None and not isinstance(suppressible.value, bool):
            self._report(suppressible.location, "suppressible must be true or false", "write suppressible: false")
        examples = self._mapping(node, "examples")
        self._keys(examples, _EXAMPLES, "examples")
        return PolicyRule(
            rule_id,
            self._text(node, "title", required=True),
            level,
            self._text(node, "reason", required=True),
            self._text(node, "remediation", required=True),
            suppressible is None or suppressible.value is not False,
            self._select(node),
            node.get("when"),
            schemas,
            tuple(self._examples(examples, "passes")),
            tuple(self._examples(examples, "fails")),
            node,
        )

    def _select(self, node: Node) -> Selector:
        select = self._mapping(node, "select")
        self._keys(select, _SELECT, "select")
        versions = self._texts(select, "versions")
        for each in versions:
            if not re.fullmatch(_VERSION, each):
                where = select.at(("versions",)).location
                self._report(where, f"invalid version {shown(each)}", 'write for example "1.36" or ">=1.35"')
        labels: Any = self._mapping(select, "labels").value
        pairs = tuple((key, self._text(select.at(("labels",)), key)) for key in labels)
        return Selector(versions, self._texts(select, "names"), pairs)

    def _examples(self, node: Node, key: str) -> Iterator[Node]:
        for each in self._list(node, key):
            if isinstance(each.value, str | dict):
                yield each
            else:
                message = "an example is a string of flags, or a part of a document"
                self._report(each.location, message, 'write for example "--profiling=false"')

    def _exception(self, node: Node, by_id: dict[str, PolicyRule]) -> PolicyException:
        self._keys(node, _EXCEPTION, "an exception")
        rule = self._text(node, "rule", required=True)
        if rule and rule not in by_id:
            self.problems.report(rules.INVALID_POLICY, _unknown_rule, node.at(("rule",)), rule, by_id)
        clusters = self._texts(node, "clusters", required=True)
        reason, expires = self._text(node, "reason", required=True), self._text(node, "expires", required=True)
        if expires and not is_day(expires):
            self._report(
                node.at(("expires",)).location, f"invalid date {shown(expires)}", "write for example 2027-03-31"
            )
        return PolicyException(rule, clusters, reason, self._text(node, "approvedBy"), expires, node.location)

    def _keys(self, node: Node, known: tuple[str, ...], what: str) -> None:
        if not isinstance(node.value, dict):
            self._report(node.location, f"{what} must be a mapping", f"write {known[0]}: ...")
        for key in node.value if isinstance(node.value, dict) else ():
            if key not in known:
                self.problems.report(rules.INVALID_POLICY, _unknown_key, node, key, known, what)

    def _mapping(self, node: Node, key: str, required: bool = False) -> Node:
        child = node.get(key)
        if child is not None and isinstance(child.value, dict):
            return child
        if child is not None and child.value is not None:
            self._report(child.location, f"{key} must be a mapping", f"write {key}: {{...}}")
        elif required:
            self._report(node.location, f"{key} is missing", f"write {key}: {{...}}")
        return Node({}, node.source, node.span)

    def _list(self, node: Node, key: str, required: bool = False) -> list[Node]:
        child = node.get(key)
        if child is not None and isinstance(child.value, list):
            return child.value
        if child is not None and child.value is not None:
            self._report(child.location, f"{key} must be a list", f"write {key}: [...]")
        elif required:
            self._report(node.location, f"{key} is missing", f"write {key}: [...]")
        return []

    def _texts(self, node: Node, key: str, required: bool = False) -> tuple[str, ...]:
        texts = []
        for each in self._list(node, key, required):
            if isinstance(each.value, str):
                texts.append(each.value)
            elif isinstance(each.value, float) and key == "versions":
                texts.append(each.text)  # 1.30 without quotes
            else:
                self._report(each.location, f"{key} must be a list of strings", "quote it")
        return tuple(texts)

    def _text(self, node: Node, key: str, required: bool = False) -> str:
        child = node.get(key)
        if child is None or child.value in (None, ""):
            if required and isinstance(node.value, dict):
                self._report(node.location, f"{key} is missing", f"write {key}: ...")
            return ""
        if isinstance(child.value, str):
            return child.value
        if isinstance(child.value, int | float) and key == "version":
            return child.text
        self._report(child.location, f"{key} must be a string", f'write {key}: "..."')
        return ""

    def _report(self, where: Location, message: str, hint: str) -> None:
        self.problems.report(
            rules.INVALID_POLICY, lambda: diagnose(rules.INVALID_POLICY, message, hint, location=where)
        )


def _unknown_key(node: Node, key: str, known: tuple[str, ...], what: str) -> Diagnostic:
    hint = did_you_mean(key, known) or f"keys are {', '.join(known)}"
    message = f"unknown key {shown(key)} of {what}"
    return diagnose(rules.INVALID_POLICY, message, hint, location=node.key_location(key))


def _unknown_rule(node: Node, rule: str, known: Iterable[str]) -> Diagnostic:
    hint = did_you_mean(rule, known) or f"rules are {', '.join(list(known)[:20])}"
    message = f"there is no rule {shown(rule)} in this policy"
    return diagnose(rules.INVALID_POLICY, message, hint, location=node.location)


def is_day(text: str) -> bool:
    """Return whether a string is a day in the calendar: 2027-03-31."""
    if not re.fullmatch(_DATE, text):
        return False
    year, month, day = map(int, text.split("-"))
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return year > 0 and 1 <= month <= 12 and 1 <= day <= days[month - 1]
