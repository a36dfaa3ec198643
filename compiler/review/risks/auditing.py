"""Audit logs that record nothing, grow without bound, or contain secrets.

Kubernetes: apiserver/pkg/server/options/audit.go; apiserver/pkg/audit/policy/checker.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.review.context import Risks

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

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


def find(risks: Risks) -> None:
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
            entries = [entry for entry in rule["resources"].items() if _names(entry, secret)]
            if (verbs and verb not in verbs) or not (entries or _is_about_all(rule)):
                continue
            if rule["level"].text in levels:
                yield rule
                break
            is_limited = any(rule[key].items() for key in ("users", "userGroups", "namespaces"))
            if not is_limited and (not entries or any(not entry["resourceNames"].items() for entry in entries)):
                break


def _is_about_all(rule: Field) -> bool:
    """Return whether a rule has neither resources nor non-resource URLs."""
    return not rule["resources"].items() and not (rule["nonResourceURLs"].items() and not rule["namespaces"].items())


def _names(entry: Field, secret: _Secret) -> bool:
    """Return whether an entry of a rule's resources matches a resource. Kubernetes: checker.go, ruleMatchesResource."""
    if entry["group"].text not in (secret.group, "*"):
        return False
    names = [name.text for name in entry["resources"].items()]
    resource, _, part = secret.resource.partition("/")
    patterns = (secret.resource, "*", f"{resource}/*", *((f"*/{part}",) if part else ()))
    return not names or any(name in patterns for name in names)
