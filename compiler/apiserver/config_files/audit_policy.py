"""Audit policy.

Kubernetes: apiserver/pkg/audit/policy/reader.go and pkg/apis/audit/validation/validation.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config
from compiler.apiserver.context import NamedFile
from compiler.inputs.schema.field import Field
from compiler.text import shown, trimmed
from compiler.upstream.names import is_subdomain

KINDS = ("Policy",)
_RULES = FileRules(
    read=rules.UNREADABLE_AUDIT_POLICY,
    empty=rules.INVALID_AUDIT_POLICY,
    decode=rules.INVALID_AUDIT_POLICY,
    lenient=rules.UNKNOWN_AUDIT_POLICY_FIELD,
)
_LEVELS = ("None", "Metadata", "Request", "RequestResponse")
_STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")


def load_audit_policy(named: NamedFile) -> None:
    """Report the errors of the policy."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return
    any_group = bool(named.context.catalog.behaviour("auditPolicyAnyGroup"))
    _check_stages(config.root["omitStages"])
    audit_rules = config.root["rules"]
    if not audit_rules.items():
        audit_rules.report(
            rules.AUDIT_POLICY_WITHOUT_RULES, "the policy has no rules", "add one, for example level: Metadata"
        )
    for rule in audit_rules.items():
        _check_rule(rule, any_group)


def _check_rule(rule: Field, any_group: bool) -> None:
    level = rule["level"]
    if level.text not in _LEVELS:
        message = f"{shown(level.text)} is not a valid audit level" if level.text else "the rule has no level"
        hint = level.did_you_mean(_LEVELS) or f"write {', '.join(_LEVELS)}"
        level.report(rules.UNKNOWN_AUDIT_LEVEL, message, hint)
    _check_stages(rule["omitStages"])
    for url in rule["nonResourceURLs"].items():
        _check_url(url)
    for resources in rule["resources"].items():
        _check_resources(resources, any_group)
    if rule["nonResourceURLs"].items() and (rule["resources"].items() or rule["namespaces"].items()):
        message = "the rule applies to both resources and non-resource URLs"
        rule["nonResourceURLs"].report(rules.RESOURCES_WITH_NON_RESOURCE_URLS, message, "split it into two rules")


def _check_stages(stages: Field) -> None:
    for stage in stages.items():
        if stage.text not in _STAGES:
            hint = stage.did_you_mean(_STAGES) or f"write {', '.join(_STAGES)}"
            stage.report(rules.UNKNOWN_AUDIT_STAGE, f"{shown(stage.text)} is not a valid audit stage", hint)


def _check_url(url: Field) -> None:
    text = url.text
    if text == "*":
        return
    inner_wildcard = "*" in text[:-1]
    if not text.startswith("/"):
        hint = (
            "start it with a slash, and use a single * at the end"
            if inner_wildcard
            else f"write {shown('/' + trimmed(text))}"
        )
        url.report(rules.INVALID_NON_RESOURCE_URL, f"{shown(text)} does not start with a slash", hint)
    elif inner_wildcard:
        url.report(rules.INVALID_NON_RESOURCE_URL, f"{shown(text)} has a * before its end", "use a single * at the end")


def _check_resources(resources: Field, any_group: bool) -> None:
    group = resources["group"]
    known = not group.text or (any_group and group.text == "*")
    if not known and not is_subdomain(group.text):
        hint = (
            f"write {group.text.partition('/')[0].lower()}"
            if "/" in group.text
            else "write an API group, for example apps"
        )
        group.report(rules.INVALID_AUDIT_GROUP_RESOURCES, f"{shown(group.text)} is not a valid API group", hint)
    if resources["resourceNames"].items() and not resources["resources"].items():
        message = "resourceNames without resources"
        resources["resourceNames"].report(rules.INVALID_AUDIT_GROUP_RESOURCES, message, "set resources")
