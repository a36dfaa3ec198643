"""Tests of a policy: its schemas are valid, and every rule has examples that behave as it says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler import rules
from compiler.apiserver.startup import Resolved
from compiler.diagnostics import ERROR, Diagnostic, Location, Report, diagnose
from compiler.inputs.source import Files, file_key
from compiler.inputs.source.node import Node
from compiler.policies.compiling import Limits, SchemaCompiler
from compiler.policies.instance import Instance
from compiler.policies.judging import OwnPolicy, Verdict, expired, is_version, today
from compiler.policies.reading import READ_AS, InvalidPolicyError, PolicyFile, PolicyRule, Selector, read_policy
from compiler.policies.vocabulary import APPLIES_TO
from compiler.review.examine import Settings, examine
from compiler.rules import by_code
from compiler.rules.rule import FAIL, NOT_APPLICABLE, PASS, ControlResult, PolicyResult
from compiler.upstream.catalog.facts import nearest, versions

_BASE_FLAGS = {
    "--etcd-servers": "https://127.0.0.1:2379",
    "--service-account-issuer": "https://kubernetes.default.svc",
    "--service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "--service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "--service-cluster-ip-range": "10.96.0.0/16",
}
_BASE_DOCUMENT = {
    "apiVersion": "kasc/v1",
    "kind": "APIServer",
    "metadata": {"name": "example"},
    "etcd": {"etcdServers": ["https://127.0.0.1:2379"]},
    "authentication": {
        "serviceAccountIssuer": ["https://kubernetes.default.svc"],
        "serviceAccountKeyFile": ["/etc/kubernetes/pki/sa.pub"],
    },
    "misc": {
        "serviceAccountSigningKeyFile": "/etc/kubernetes/pki/sa.key",
        "serviceClusterIPRange": "10.96.0.0/16",
    },
}
_WELL_FORMED = ("input", "parse")
"""Stages at which a configuration is refused because it is misspelled: an example must not be."""


_UNREAD = frozenset(rule.code for rule in (rules.UNREADABLE_FILE, rules.FILE_TOO_LARGE_OR_DEEP, rules.FILE_NOT_UTF8))


class _Example(NamedTuple):
    """A server that an example describes; the errors that make it something else than what was meant."""

    resolved: Resolved | None
    errors: list[Diagnostic]


def check_policy(path: str, version: str | None) -> Report:
    """Return a report about a policy file, and how its examples behave: each rule passes or fails its test.

    `version` is the Kubernetes version of the examples; by default the newest one that a rule selects.
    """
    report = Report(path)
    report.read_as, report.kubernetes_version = READ_AS, nearest(version)
    try:
        policy = OwnPolicy(read_policy(path), today())
    except InvalidPolicyError as error:
        report.extend(error.diagnostics)
        report.unread = not _UNREAD.isdisjoint(each.code for each in error.diagnostics)
        return report
    limits = Limits()
    for name, node in policy.file.definitions.items():
        _check_schema(node, policy.file, limits, report, f"$defs.{name}")
    controls = tuple(_test(rule, policy, limits, version, report) for rule in policy.file.rules)
    for exception in policy.file.exceptions:
        if exception.expires < policy.today:
            report.add(expired(exception))
    report.policies = [PolicyResult(policy.file.name, policy.file.version, controls, policy.file.title, file=path)]
    report.note_unlisted()
    return report


def _test(rule: PolicyRule, policy: OwnPolicy, limits: Limits, version: str | None, report: Report) -> ControlResult:
    before = report.count(ERROR)
    for schema in (*rule.schemas.values(), *((rule.when,) if rule.when is not None else ())):
        _check_schema(schema, policy.file, limits, report, rule.id)
        if rule.level == "enforce":
            _check_items(schema, rule, report)
    used = version or _newest(rule.select)
    problems = policy.problems(rule, nearest(used))
    report.extend(problems)
    if rule.level == "enforce":
        for location, keyword in policy.lenient(rule, nearest(used)):
            message = f"null meets this part of {rule.id}: {keyword} says nothing about it"
            hint = f"write type: {APPLIES_TO[keyword]} next to it"
            report.add(diagnose(rules.EMPTY_VALUE_PASSES, message, hint, location=location))
    if report.count(ERROR) == before:
        for wanted, examples in ((PASS, rule.passes), (FAIL, rule.fails)):
            for number, node in enumerate(examples):
                _try(rule, policy, node, wanted, f"{'passes' if wanted == PASS else 'fails'}[{number}]", used, report)
        if not (rule.passes and rule.fails):
            missing = " and ".join(
                name for name, given in (("passes", rule.passes), ("fails", rule.fails)) if not given
            )
            message = f"{rule.id} has no examples under {missing}"
            hint = 'write examples: {passes: ["--flag=value"], fails: ["--flag=other"]}'
            report.add(diagnose(rules.RULE_WITHOUT_EXAMPLES, message, hint, location=_start(rule)))
    failed = report.count(ERROR) > before
    reason = "its test fails" if failed else ""
    return ControlResult(rule.id, rule.title, FAIL if failed else PASS, reason, severity=rule.level, why=rule.reason)


def _start(rule: PolicyRule) -> Location:
    return rule.node.at(("id",)).location


def _newest(select: Selector) -> str:
    """Return the newest version that a rule selects."""
    known = reversed(versions())
    return next(
        (each for each in known if not select.versions or any(is_version(each, one) for one in select.versions)), ""
    )


def _check_schema(schema: Node, file: PolicyFile, limits: Limits, report: Report, where: str) -> None:
    """Report what is wrong with a schema: as kasc reads it, and as JSON Schema itself defines it."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    compiler = SchemaCompiler(file.definitions, limits)
    compiler.compile(schema, None)
    report.extend(compiler.problems)
    if compiler.problems:
        return
    try:
        Draft202012Validator.check_schema(schema.plain())  # type: ignore[arg-type]
    except SchemaError as error:
        message = f"{where} is not a valid JSON Schema: {error.message}"
        place = schema.at(tuple(error.absolute_path)).location
        report.add(diagnose(rules.INVALID_POLICY, message, "fix the schema", location=place))


def _check_items(schema: Node, rule: PolicyRule, report: Report) -> None:
    """Report `items` without `minItems`, which an empty list meets."""
    for node in _schemas(schema):
        items = node.get("items")
        if items is None or _allows_empty_list(node, items):
            continue
        message = f"an empty list meets this part of {rule.id}"
        hint = "write minItems: 1 next to items if there has to be an element"
        report.add(diagnose(rules.EMPTY_VALUE_PASSES, message, hint, location=node.key_location("items")))


def _allows_empty_list(node: Node, items: Node) -> bool:
    """Return whether a schema says how many elements there are, or only what they must not be."""
    if any(node.get(key) is not None for key in ("minItems", "maxItems", "prefixItems", "contains", "const")):
        return True
    return items.value is False or any(items.get(key) is not None for key in ("not", "if"))


def _schemas(schema: Node) -> Iterator[Node]:
    """Yield a schema and the schemas that have to be met with it, as they are written: not those of conditions."""
    yield schema
    members, branches = schema.get("properties"), schema.get("allOf")
    for member in members.value.values() if members is not None and isinstance(members.value, dict) else ():
        yield from _schemas(member)
    for branch in branches.value if branches is not None and isinstance(branches.value, list) else ():
        yield from _schemas(branch)


def _try(rule: PolicyRule, policy: OwnPolicy, node: Node, wanted: str, name: str, version: str, report: Report) -> None:
    """Report an example that does not behave as the policy says."""
    example = _resolved(node, policy.file.path, version)
    hint = "fix the example, or the rule"
    if example.errors or example.resolved is None:
        reason = example.errors[0].message if example.errors else "it is not a server"
        message = f"{rule.id}: the example {name} is not a valid configuration: {reason}"
        report.add(diagnose(rules.POLICY_EXAMPLE_MISBEHAVES, message, hint, location=node.location))
        return
    resolved, found = example.resolved, Report()
    verdict = policy.verdict(rule._replace(select=Selector()), Instance(resolved), resolved, found)
    if verdict.status != wanted:
        message = f"{rule.id}: the example {name} {_in_words(verdict)}"
        report.add(diagnose(rules.POLICY_EXAMPLE_MISBEHAVES, message, hint, location=node.location))


def _in_words(verdict: Verdict) -> str:
    if verdict.status == PASS:
        return "passes"
    if verdict.status == FAIL:
        return f"fails: {verdict.reason}"
    return f"is not judged: {verdict.reason}" if verdict.status == NOT_APPLICABLE else f"is undecided: {verdict.reason}"


def _resolved(node: Node, path: str, version: str) -> _Example:
    """Return the server of an example: flags, or a part of a document, on top of what every server needs."""
    directory = os.path.dirname(path)
    if isinstance(node.value, str):
        name, text, kind = os.path.join(directory, "example"), _flags(node.value), "flags"
    else:
        name, kind = os.path.join(directory, "example.yaml"), "document"
        text = json.dumps(_merged(_BASE_DOCUMENT, node.plain()))
    given = node.get("kubernetesVersion")
    settings = Settings(kind, None if given is not None else version)
    report, resolved = examine(name, settings, Files({file_key(name): text}))
    stages = {code: each.stage for code, each in by_code().items()}
    errors = [each for each in report.of(ERROR) if stages.get(each.code) in _WELL_FORMED]
    return _Example(resolved, errors)


def _flags(text: str) -> str:
    """Return the flags of an example, after those that every server needs."""
    given = {word.partition("=")[0].replace("_", "-") for word in text.split()}
    base = " ".join(f"{flag}={value}" for flag, value in _BASE_FLAGS.items() if flag not in given)
    return f"{base} {text}\n"


def _merged(base: Any, own: Any) -> Any:
    """Return a document with a part of one laid over it: maps merge, everything else replaces."""
    if not (isinstance(base, dict) and isinstance(own, dict)):
        return own
    return base | {key: _merged(base.get(key), value) for key, value in own.items()}
