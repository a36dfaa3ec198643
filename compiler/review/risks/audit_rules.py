"""Audit rules that no request can match, and rules after one that matches all their requests.

Kubernetes: apiserver/pkg/audit/policy/checker.go (ruleMatches): names are compared literally, so the server never
reports a wrong one; it only shows as a missing record. endpoints/request/requestinfo.go (NewRequestInfo) defines which
verbs, groups and namespaces a request can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.review.risks.auditing import report_unreachable
from compiler.rules import Rule
from compiler.text import closest, only_one, shown, shown_bare
from compiler.upstream.names import CORE, find_resource

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field
    from compiler.review import Risks
    from compiler.upstream.catalog.facts import Resource

FLAG = "audit-policy-file"

_RESOURCE_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "connect", "trace")
_VERB_OF_METHOD = {"post": "create", "put": "update", "head": "get"}
_METHOD_OF_VERB = {"list": "get", "watch": "get", "create": "post", "update": "put", "deletecollection": "delete"}
_AUTHORIZER_VERBS = ("approve", "attest", "bind", "escalate", "impersonate", "sign", "use")
"""Verbs that only authorizers check, and that no request has."""
_SUBRESOURCES = {
    "approval": ("certificatesigningrequests",),
    "attach": ("pods",),
    "binding": ("pods",),
    "ephemeralcontainers": ("pods",),
    "eviction": ("pods",),
    "exec": ("pods",),
    "finalize": ("namespaces",),
    "log": ("pods",),
    "portforward": ("pods",),
    "proxy": ("pods", "services", "nodes"),
    "resize": ("pods",),
    "scale": ("deployments", "replicasets", "statefulsets", "replicationcontrollers"),
    "status": (),
    "token": ("serviceaccounts",),
}
"""Subresource of a built-in API -> the resources that have it; none if most resources have it."""
_USERS = (
    "system:anonymous",
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
)
_GROUPS = ("system:authenticated", "system:masters", "system:nodes", "system:unauthenticated", "system:serviceaccounts")
_RESOURCE_PATH = r"/(?:api/v1|apis/[^/*]+/v[0-9][a-z0-9]*)/([^/*]+).*"


def find_audit_rules(risks: Risks) -> None:
    """Check every rule of the policy."""
    root = risks.file(FLAG)
    if root is None:
        return
    audit_rules = root["rules"].items()
    finder = _DeadRules(risks)
    dead = {rule.path for rule in audit_rules if finder.check(rule)}
    report_unreachable(risks, [rule for rule in audit_rules if rule.path not in dead])


class _DeadRules:
    """Reports parts of rules that match no request."""

    def __init__(self, risks: Risks) -> None:
        self.risks = risks
        self.groups = risks.catalog.resources_of
        self.any_group = bool(risks.catalog.behaviour("auditPolicyAnyGroup"))
        self.room = MAX_FINDINGS

    def check(self, rule: Field) -> bool:
        """Report every part of a rule that matches nothing. Returns whether the whole rule matches nothing."""
        spaces, entries, urls = rule["namespaces"], rule["resources"], rule["nonResourceURLs"]
        about_resources, about_urls = bool(entries.items() or spaces.items()), bool(urls.items())
        parts = (
            [self._verb(verb, about_resources, about_urls) for verb in self._texts(rule["verbs"])],
            [self._user(user) for user in self._texts(rule["users"])],
            [self._user_group(group) for group in self._texts(rule["userGroups"])],
            [self._url(url) for url in self._texts(urls)],
            [self._namespace(space) for space in self._texts(spaces)],
            [self._entry(entry) or self._unscoped(entry, spaces) for entry in entries.items() if self.room > 0],
        )
        return any(part and all(part) for part in parts)

    def _texts(self, items: Field) -> Iterator[Field]:
        """Yield the non-empty elements of a list, as long as there is room for findings."""
        for item in items.items():
            if self.room <= 0:
                return
            if item.text:
                yield item

    def _report(self, rule: Rule, field: Field, why: str, hint: str, severity: str = "") -> bool:
        self.room -= 1
        self.risks.report_field(rule, f"{shown(field.text)} never matches: {why}", hint, field, severity=severity)
        return True

    def _verb(self, verb: Field, resources: bool, urls: bool) -> bool:
        """Report a verb that no request of the rule has. Returns whether it is reported."""
        text = verb.text
        known = _RESOURCE_VERBS if resources else _METHODS if urls else (*_RESOURCE_VERBS, *_METHODS)
        if text in known:
            return False
        lower = text.lower()
        swapped = (_VERB_OF_METHOD if resources else _METHOD_OF_VERB).get(lower, "") if resources or urls else ""
        suggestion = closest(text, known)
        why, hint = (
            "it is not a verb of a request",
            f"did you mean {suggestion}?" if suggestion else f"use one of {', '.join(known)}",
        )
        if text == "*":
            why, hint = "verbs do not support wildcards", "remove verbs: a rule without them matches every verb"
        elif lower in known:
            why, hint = "verbs are lowercase", f"write {lower}"
        elif swapped:
            why = "resource requests have verbs, not HTTP methods" if resources else "only resource requests have it"
            hint = f"write {swapped}"
        elif lower in _AUTHORIZER_VERBS:
            why, hint = "only authorizers use this verb", "write create, update or patch, or remove it"
        elif lower in _SUBRESOURCES:
            resource = (_SUBRESOURCES[lower] or ("pods",))[0]
            why, hint = "it is a subresource, not a verb", f"write {resource}/{lower} in resources"
        return self._report(rules.AUDIT_VERB_NEVER_MATCHES, verb, why, hint)

    def _user(self, user: Field) -> bool:
        text = user.text
        if text.endswith("*"):
            hint = "write every name, or userGroups: [system:serviceaccounts:NAMESPACE] for service accounts"
            return self._report(rules.AUDIT_USER_NEVER_MATCHES, user, "users do not support wildcards", hint)
        if text in _GROUPS or text.startswith("system:serviceaccounts:"):
            return self._report(
                rules.AUDIT_USER_NEVER_MATCHES, user, "it is a group, not a user", "move it to userGroups"
            )
        return False

    def _user_group(self, group: Field) -> bool:
        text = group.text
        if text.endswith("*"):
            hint = "write every group; system:authenticated has all authenticated users"
            return self._report(rules.AUDIT_USER_NEVER_MATCHES, group, "userGroups do not support wildcards", hint)
        if text in _USERS or text.startswith(("system:serviceaccount:", "system:node:")):
            return self._report(rules.AUDIT_USER_NEVER_MATCHES, group, "it is a user, not a group", "move it to users")
        return False

    def _namespace(self, namespace: Field) -> bool:
        if namespace.text.endswith("*"):
            hint = "write every namespace, or remove namespaces to match all of them"
            return self._report(
                rules.AUDIT_NAMESPACE_NEVER_MATCHES, namespace, "namespaces do not support wildcards", hint
            )
        return False

    def _url(self, url: Field) -> bool:
        match = re.fullmatch(_RESOURCE_PATH, url.text)
        if match is None:
            return False
        hint = f"list {shown_bare(match[1])} in resources"
        return self._report(rules.RESOURCE_URL_IN_NON_RESOURCE_URLS, url, "it is a resource URL", hint)

    def _unscoped(self, entry: Field, spaces: Field) -> bool:
        """Report only cluster-scoped resources in a rule with namespaces. Returns whether they are reported."""
        if not spaces.items() or any(not space.text for space in spaces.items()):
            return False
        known = {each.resource: each for each in self.groups.get(entry["group"].text, ())}
        names = [name.text.partition("/")[0] for name in entry["resources"].items()]
        outside = [name for name in names if name in known and not known[name].namespaced and name != "namespaces"]
        if not outside or len(outside) < len(names):
            return False
        each = " and ".join(dict.fromkeys(outside))
        message = f"{each} never match: they are cluster-scoped, but the rule has namespaces"
        self.room -= 1
        self.risks.report_field(
            rules.AUDIT_NAMESPACE_NEVER_MATCHES, message, "move them to a rule without namespaces", entry["resources"]
        )
        return True

    def _entry(self, entry: Field) -> bool:
        """Return whether an entry of `resources` matches nothing."""
        group = entry["group"]
        text = group.text
        if text and not (text == "*" and self.any_group) and text not in self.groups:
            return self._group(group)
        if text == "*":
            return False
        reported = [self._resource(name, text) for name in self._texts(entry["resources"])]
        return bool(reported) and all(reported)

    def _group(self, group: Field) -> bool:
        """Report an unknown group unless it may be one of a custom resource. Returns whether it is reported."""
        text = group.text
        if text.lower() in CORE:
            return self._report(
                rules.AUDIT_GROUP_NEVER_MATCHES, group, "no API has this group", 'write "", the name of the core group'
            )
        removed_in = self._removed_in(text)
        if removed_in:
            return not self._report(
                rules.AUDIT_GROUP_NEVER_MATCHES, group, f"the group was removed in {removed_in}", "remove it", "note"
            )
        resource = self.risks.catalog.resources.get(text) or find_resource(self.risks.catalog, text)
        if resource is not None:
            hint = f"write group: {shown(resource.group)} and resources: [{resource.resource}]"
            return self._report(rules.AUDIT_GROUP_NEVER_MATCHES, group, "it is a resource, not an API group", hint)
        prefixed = next((known for known in self.groups if known.startswith(f"{text.lower()}.")), "")
        suggestion = prefixed or only_one(text, self.groups) or ("" if "." in text else "?")
        if not suggestion:
            return False
        hint = "write the full group name, for example networking.k8s.io"
        hint = f"did you mean {suggestion}?" if suggestion != "?" else hint
        return self._report(rules.AUDIT_GROUP_NEVER_MATCHES, group, "no API has this group", hint)

    def _removed_in(self, group: str) -> str:
        """Return the version that removed the last API of a group; empty if it never existed or still exists."""
        from compiler.upstream.catalog.history import removed, removed_names

        entries = [removed("apis", name) or {} for name in removed_names("apis") if name.startswith(f"{group}/")]
        since = max((str(entry["removed"]) for entry in entries if "removed" in entry), default="", key=_minor)
        return since if since and _minor(since) <= self.risks.catalog.minor else ""

    def _resource(self, name: Field, group: str) -> bool:
        """Report an unknown resource of a built-in API. Returns whether it is reported."""
        text = name.text
        resource, slash, part = text.partition("/")
        known = {each.resource: each for each in self.groups[group]}
        if not text or resource == "*" or text == "*":
            return bool(part) and self._part(name, "*", part)
        if resource in known:
            return bool(slash) and part != "*" and self._part(name, resource, part)
        rule, why = (
            rules.AUDIT_RESOURCE_NEVER_MATCHES,
            f"the {f'group {group}' if group else 'core group'} has no such resource",
        )
        if slash and resource in self.groups:
            hint = f"write group: {shown(resource)} and resources: [{part}]"
            return self._report(rule, name, "the group is not part of a resource's name", hint)
        if not slash and "." in text and text.lower() in self.risks.catalog.resources:
            qualified = self.risks.catalog.resources[text.lower()]
            hint = f"write group: {shown(qualified.group)} and resources: [{qualified.resource}]"
            return self._report(rule, name, "the group is not part of a resource's name", hint)
        here = find_resource(self.risks.catalog, resource, group)
        if here is not None:
            name_in_api = f"{here.resource}{slash}{part}"
            return self._report(rule, name, _difference(resource, here), f"write {name_in_api}")
        other = find_resource(self.risks.catalog, resource)
        if other is not None and other.group != group:
            name_in_api = "it" if other.resource == resource else f"{other.resource}{slash}{part}"
            return self._report(rule, name, why, f'write {name_in_api} in an entry with group: "{other.group}"')
        near = closest(resource, known)
        hint = f"did you mean {near}{slash}{part}?" if near else f"use one of {', '.join(sorted(known))}"
        return self._report(rule, name, why, hint if known else "remove it")

    def _part(self, name: Field, resource: str, part: str) -> bool:
        """Report an unknown subresource. Returns whether it is reported."""
        owners = _SUBRESOURCES.get(part)
        if owners is not None and (not owners or resource in owners or resource == "*"):
            return False
        if owners is not None:
            why = f"{resource} have no subresource {part}"
            return self._report(
                rules.AUDIT_SUBRESOURCE_NEVER_MATCHES, name, why, f"write {owners[0]}/{part}, or remove it"
            )
        candidates = [each for each, of in _SUBRESOURCES.items() if not of or resource in of or resource == "*"]
        suggestion = closest(part, candidates)
        if resource == "*" and not suggestion:
            return False  # an API of a custom resource may have it
        hint = f"did you mean {resource}/{suggestion}?" if suggestion else f"use one of {', '.join(candidates)}"
        return self._report(rules.AUDIT_SUBRESOURCE_NEVER_MATCHES, name, "there is no such subresource", hint)


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _difference(written: str, resource: Resource) -> str:
    """Return why a name is not that of a resource in URLs."""
    if written.lower() == resource.resource:
        return "resources are lowercase"
    if written == resource.kind:
        return "it is a kind, and rules name resources"
    if written.lower() == resource.kind.lower():
        return "resources are in the plural"
    return "it is a short name of kubectl"
