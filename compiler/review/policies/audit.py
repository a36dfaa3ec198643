"""What an audit policy records: which level the rules give to kinds of requests.

Kubernetes: apiserver/pkg/audit/policy/checker.go. The first rule that matches a request decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.review.risks.auditing import entry_matches, is_about_all

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

_LIMITS = ("users", "userGroups", "namespaces")
_RECORDED = ("Metadata", "Request", "RequestResponse")


class Gap(NamedTuple):
    """Why requests are not recorded as asked; `is_partial` if that is so for some users or namespaces only."""

    message: str
    hint: str
    rule: Field | None
    is_partial: bool


def is_covered(audit_rules: list[Field], request: Mapping[str, Any]) -> Gap | None:
    """Return why requests are not recorded as `request` asks; None if they are.

    It has `group`, `resource`, `verbs`, and `levels`, those that are fine.
    """
    for verb in request["verbs"]:
        gap = _gap(audit_rules, request, verb)
        if gap is not None:
            return gap
    return None


def _gap(audit_rules: list[Field], request: Mapping[str, Any], verb: str) -> Gap | None:
    group, resource, levels = request["group"], request["resource"], request["levels"]
    what = f"{verb} of {resource}{f'.{group}' if group else ''}"
    hint = f"add a rule with level {levels[0]} for {resource} before it"
    for rule in audit_rules:
        if not _matches(rule, group, resource, verb):
            continue
        level = rule["level"].text
        is_partial = any(rule[key].items() for key in _LIMITS) or _has_names(rule, group, resource)
        if level not in levels:
            if level not in _RECORDED:
                of_whom = " for some users, namespaces or names" if is_partial else ""
                return Gap(f"the audit policy does not record {what}{of_whom}", hint, rule, is_partial)
            message = f"the audit policy records {what} with level {level}"
            return Gap(f"{message}, which writes the contents to the log", hint, rule, False)
        if not is_partial:
            return None
    return Gap(f"no rule of the audit policy records {what}", f"add a rule with level {levels[0]}", None, False)


def _matches(rule: Field, group: str, resource: str, verb: str) -> bool:
    """Return whether a rule matches some of the requests."""
    verbs = [item.text for item in rule["verbs"].items()]
    if verbs and verb not in verbs:
        return False
    entries = rule["resources"].items()
    return is_about_all(rule) or any(entry_matches(entry, group, resource) for entry in entries)


def _has_names(rule: Field, group: str, resource: str) -> bool:
    """Return whether every entry that matches is about objects by name."""
    entries = [entry for entry in rule["resources"].items() if entry_matches(entry, group, resource)]
    return bool(entries) and all(entry["resources"].items() and entry["resourceNames"].items() for entry in entries)


def is_one_rule(root: Field) -> bool:
    """Return whether an audit policy is one rule that records every request with both bodies."""
    audit_rules = root["rules"].items()
    if len(audit_rules) != 1 or audit_rules[0]["level"].text != "RequestResponse":
        return False
    return not any(audit_rules[0][key].items() for key in (*_LIMITS, "verbs", "resources", "nonResourceURLs"))
