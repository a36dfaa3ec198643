"""Audit logs that record nothing, grow without bound or hold secrets; which requests an audit rule covers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.review import Risks

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field


_MAX_COMPARISONS = 20_000
"""Pairs of entries that are compared for one policy; the rest is not checked."""


class _Entry(NamedTuple):
    group: str
    resources: frozenset[str]
    names: frozenset[str]


class _Rule(NamedTuple):
    """A rule as sets; an empty set is no restriction."""

    field: Field
    limits: tuple[frozenset[str], ...]
    namespaces: frozenset[str]
    entries: tuple[_Entry, ...]
    urls: frozenset[str]

    @property
    def is_about_resources(self) -> bool:
        return bool(self.namespaces or self.entries)


class Coverage:
    """The rules of a policy in order, to find later ones that can never match."""

    def __init__(self, any_group: bool) -> None:
        self.any_group = any_group
        self._rules: list[_Rule] = []
        self._remaining = _MAX_COMPARISONS

    def add(self, rule: Field) -> None:
        """Add the next rule in order."""
        self._rules.append(_sets(rule))

    def covering(self, rule: Field) -> Field | None:
        """Return the first added rule that matches every request that `rule` matches; None if there is none."""
        if self._remaining < 0:
            return None
        later = _sets(rule)
        return next((each.field for each in self._rules if self._covers(each, later)), None)

    def is_total(self, rule: Field) -> bool:
        """Return whether a rule matches every request."""
        sets = _sets(rule)
        return not (any(sets.limits) or sets.is_about_resources or sets.urls)

    def _covers(self, one: _Rule, other: _Rule) -> bool:
        self._remaining -= 1 + len(one.entries) * len(other.entries) + len(one.urls) * len(other.urls)
        if self._remaining < 0 or not all(map(_within, other.limits, one.limits)):
            return False
        if one.is_about_resources:
            return (
                other.is_about_resources
                and _within(other.namespaces, one.namespaces)
                and self._entries_cover(one.entries, other.entries)
            )
        if not one.urls:
            return True
        if other.is_about_resources or not other.urls:
            return False
        return all(any(_path_covers(mine, theirs) for mine in one.urls) for theirs in other.urls)

    def _entries_cover(self, one: tuple[_Entry, ...], other: tuple[_Entry, ...]) -> bool:
        if not one or not other:
            return not one
        return all(any(self._entry_covers(mine, theirs) for mine in one) for theirs in other)

    def _entry_covers(self, one: _Entry, other: _Entry) -> bool:
        same = one.group == other.group or (one.group == "*" and self.any_group)
        if not same:
            return False
        # Without resources, resourceNames have no effect.
        if not one.resources or ("*" in one.resources and not one.names):
            return True
        if not other.resources or not _within(other.names, one.names):
            return False
        return all(_names_cover(one.resources, *name.partition("/")) for name in other.resources)


def _names_cover(names: frozenset[str], resource: str, slash: str, part: str) -> bool:
    return not names.isdisjoint({"*", resource + slash + part, f"{resource}/*", f"*/{part}" if part else "*"})


def _sets(rule: Field) -> _Rule:
    def texts(field: Field) -> frozenset[str]:
        return frozenset(item.text for item in field.items())

    return _Rule(
        rule,
        tuple(texts(rule[key]) for key in ("users", "userGroups", "verbs")),
        texts(rule["namespaces"]),
        tuple(
            _Entry(entry["group"].text, texts(entry["resources"]), texts(entry["resourceNames"]))
            for entry in rule["resources"].items()
        ),
        texts(rule["nonResourceURLs"]),
    )


def _within(part: frozenset[str], whole: frozenset[str]) -> bool:
    """Return whether a restriction is at least as strict as another one."""
    return not whole or (bool(part) and part <= whole)


def _path_covers(one: str, other: str) -> bool:
    """Return whether a pattern matches every path that another one matches."""
    if one.endswith("*"):
        return other.startswith(one[:-1])
    return one == other


def report_unreachable(risks: Risks, audit_rules: list[Field]) -> None:
    """Report rules that are never reached, because the first matching rule decides."""
    coverage = Coverage(any_group=bool(risks.catalog.behaviour("auditPolicyAnyGroup")))
    for index, rule in enumerate(audit_rules):
        first = coverage.covering(rule)
        if first is None:
            coverage.add(rule)
            continue
        rest = len(audit_rules) - index - 1 if coverage.is_total(first) else 0
        others = f", nor are the {rest} rules after it" if rest > 1 else ""
        others = ", nor is the rule after it" if rest == 1 else others
        requests = "every request" if coverage.is_total(first) else "all requests of this rule"
        message = f"the rule is never reached{others}: {first.path} (line {first.location.line}) matches {requests}"
        risks.report_field(rules.UNREACHABLE_AUDIT_RULE, message, f"move it before {first.path}, or remove it", rule)
        if rest:
            return


_POLICY, _LOG, _WEBHOOK = "audit-policy-file", "audit-log-path", "audit-webhook-config-file"


class _Secret(NamedTuple):
    """A resource with credentials, and the verbs whose request or response body contains them."""

    group: str
    resource: str
    request: tuple[str, ...]
    response: tuple[str, ...]


_SECRETS = (
    _Secret("", "secrets", ("create", "update", "patch"), ("get", "list")),
    _Secret("", "serviceaccounts/token", (), ("create",)),
    _Secret("authentication.k8s.io", "tokenreviews", ("create",), ()),
)


def find_auditing(risks: Risks) -> None:
    """Check the audit policy and the audit backends."""
    flags = risks.flags
    root = risks.file(_POLICY)
    if risks.is_config_file:
        # The backends are not known.
        if root is not None:
            _check_policy(risks, root)
        return
    backends = [flag for flag in (_LOG, _WEBHOOK) if flags.text(flag)]
    if not flags.text(_POLICY):
        for flag in backends if risks.settled(_POLICY) else ():
            message = f"--{flag} is set without --{_POLICY}: nothing is recorded"
            risks.report(rules.AUDIT_BACKEND_WITHOUT_POLICY, message, f"set --{_POLICY}", flag)
        return
    if not backends:
        if risks.settled(_LOG, _WEBHOOK):
            message = f"--{_POLICY} is set without a log or webhook backend: nothing is recorded"
            risks.report(rules.AUDIT_POLICY_WITHOUT_BACKEND, message, f"set --{_LOG}", _POLICY)
        return
    if flags.text(_LOG) not in ("", "-"):
        _check_growth(risks)
    if root is not None:
        _check_policy(risks, root)


def _check_growth(risks: Risks) -> None:
    flags = risks.flags
    age, count, size = (f"audit-log-{name}" for name in ("maxage", "maxbackup", "maxsize"))
    if flags.number(size) == 0 and risks.catalog.behaviour("auditMaxsizeZeroAppends"):
        message = f"--{size} 0 disables rotation: the audit log grows until the disk is full"
        risks.report(rules.UNBOUNDED_AUDIT_LOG, message, f"set --{size}=100, or rotate the log by other means", size)
    elif flags.number(age) == 0 and flags.number(count) == 0 and risks.settled(age, count):
        changed = next((flag for flag in (count, age) if flags.changed(flag)), _LOG)
        message = f"old audit logs are never deleted: --{count} and --{age} are 0"
        risks.report(rules.UNBOUNDED_AUDIT_LOG, message, f"set --{count}=10 or --{age}=30", changed)


def _check_policy(risks: Risks, root: Field) -> None:
    """Report each rule that writes credentials to the log."""
    leaks: dict[str, tuple[Field, list[str]]] = {}
    for secret in _SECRETS:
        for rule in _leaking(root["rules"].items(), secret):
            resources = leaks.setdefault(rule.path, (rule["level"], []))[1]
            if secret.resource not in resources:
                resources.append(secret.resource)
    for level, resources in leaks.values():
        message = f"level {level.text} writes the content of {' and '.join(resources)} to the audit log"
        hint = "add a rule with level Metadata for these resources before this one"
        risks.report_field(rules.CREDENTIALS_IN_AUDIT_LOG, message, hint, level)


def _leaking(audit_rules: list[Field], secret: _Secret) -> Iterator[Field]:
    """Yield the rules that record credentials; the first rule that matches a request decides."""
    for verb in (*secret.request, *secret.response):
        levels = ("Request", "RequestResponse") if verb in secret.request else ("RequestResponse",)
        for rule in audit_rules:
            verbs = [item.text for item in rule["verbs"].items()]
            entries = [each for each in rule["resources"].items() if entry_matches(each, secret.group, secret.resource)]
            if (verbs and verb not in verbs) or not (entries or is_about_all(rule)):
                continue
            if rule["level"].text in levels:
                yield rule
                break
            is_limited = any(rule[key].items() for key in ("users", "userGroups", "namespaces"))
            if not is_limited and (not entries or any(not entry["resourceNames"].items() for entry in entries)):
                break


def is_about_all(rule: Field) -> bool:
    """Return whether a rule has neither resources nor non-resource URLs."""
    return not rule["resources"].items() and not (rule["nonResourceURLs"].items() and not rule["namespaces"].items())


def entry_matches(entry: Field, group: str, resource: str) -> bool:
    """Return whether an entry of a rule's resources matches a resource. Kubernetes: checker.go, ruleMatchesResource."""
    if entry["group"].text not in (group, "*"):
        return False
    names = [name.text for name in entry["resources"].items()]
    whole, _, part = resource.partition("/")
    patterns = (resource, "*", f"{whole}/*", *((f"*/{part}",) if part else ()))
    return not names or any(name in patterns for name in names)
