"""Audit rules that no request can match, and rules behind one that matches everything they are about.

Kubernetes: apiserver/pkg/audit/policy/checker.go (ruleMatches): every name is compared as it is written, so that a
wrong one is never reported and only shows when a record is missing. endpoints/request/requestinfo.go (NewRequestInfo)
says which verbs, groups and namespaces a request can have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.review.risks.audit_coverage import Coverage
from compiler.rules import Rule
from compiler.text import shown
from compiler.text.suggest import closest, only_one
from compiler.upstream.names import CORE, find_resource

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field
    from compiler.review.context import Risks
    from compiler.upstream.catalog.facts import Resource

FLAG = "audit-policy-file"

_RESOURCE_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "connect", "trace")
_VERB_OF_METHOD = {"post": "create", "put": "update", "head": "get"}
_METHOD_OF_VERB = {"list": "get", "watch": "get", "create": "post", "update": "put", "deletecollection": "delete"}
_CHECKED_ONLY = ("approve", "attest", "bind", "escalate", "impersonate", "sign", "use")
"""Verbs that an authorizer is asked about, and that no request has."""
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
"""Subresource of a built-in API -> the resources that have it; none for one that most have."""
_USERS = (
    "system:anonymous",
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
)
_GROUPS = ("system:authenticated", "system:masters", "system:nodes", "system:unauthenticated", "system:serviceaccounts")
_RESOURCE_PATH = r"/(?:api/v1|apis/[^/*]+/v[0-9][a-z0-9]*)/([^/*]+).*"


def find(risks: Risks) -> None:
    """Look at every rule of the policy."""
    root = risks.file(FLAG)
    if root is None:
        return
    audit_rules = root["rules"].items()
    finder = _DeadRules(risks)
    dead = {rule.path for rule in audit_rules if finder.check(rule)}
    _find_covered(risks, [rule for rule in audit_rules if rule.path not in dead])


def _find_covered(risks: Risks, audit_rules: list[Field]) -> None:
    """The first rule that matches decides: what stands behind one that matches everything is never asked."""
    coverage = Coverage(any_group=bool(risks.catalog.behaviour("auditPolicyAnyGroup")))
    for index, rule in enumerate(audit_rules):
        by = coverage.covering(rule)
        if by is None:
            coverage.add(rule)
            continue
        rest = len(audit_rules) - index - 1 if coverage.is_total(by) else 0
        others = f", and neither are the {rest} rules behind it" if rest > 1 else ""
        others = ", and neither is the rule behind it" if rest == 1 else others
        what = "every request" if coverage.is_total(by) else "every request that this rule is about"
        message = f"the rule is never reached{others}: {by.path} (line {by.location.line}) already matches {what}"
        risks.report_field(rules.UNREACHABLE_AUDIT_RULE, message, f"move it before {by.path}, or remove it", rule)
        if rest:
            return


class _DeadRules:
    """Reports what keeps a rule, or a part of it, from matching any request."""

    def __init__(self, risks: Risks) -> None:
        self.risks = risks
        self.groups = risks.catalog.resources_of
        self.any_group = bool(risks.catalog.behaviour("auditPolicyAnyGroup"))
        self.room = MAX_FINDINGS

    def check(self, rule: Field) -> bool:
        """Report every part of a rule that matches nothing; whether the rule as a whole matches nothing."""
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
        """The elements of a list that are not empty, as long as there is room for findings."""
        for item in items.items():
            if self.room <= 0:
                return
            if item.text:
                yield item

    def _report_risk(self, rule: Rule, field: Field, why: str, hint: str, severity: str = "") -> bool:
        self.room -= 1
        self.risks.report_field(rule, f"{shown(field.text)} never matches: {why}", hint, field, severity=severity)
        return True

    def _verb(self, verb: Field, resources: bool, urls: bool) -> bool:
        """Whether no request that the rule is about has a verb; reported."""
        text = verb.text
        known = _RESOURCE_VERBS if resources else _METHODS if urls else (*_RESOURCE_VERBS, *_METHODS)
        if text in known:
            return False
        lower = text.lower()
        swapped = (_VERB_OF_METHOD if resources else _METHOD_OF_VERB).get(lower, "") if resources or urls else ""
        meant = closest(text, known)
        why, hint = (
            "it is not a verb of a request",
            f"did you mean {meant}?" if meant else f"known are {', '.join(known)}",
        )
        if text == "*":
            why, hint = "verbs have no wildcard", "remove verbs: a rule without them matches every verb"
        elif lower in known:
            why, hint = "verbs are lowercase", f"write {lower}"
        elif swapped:
            why = (
                "requests for resources have verbs, not methods" if resources else "only requests for resources have it"
            )
            hint = f"write {swapped}"
        elif lower in _CHECKED_ONLY:
            why, hint = "only authorizers are asked about this verb", "write create, update or patch, or remove it"
        elif lower in _SUBRESOURCES:
            resource = (_SUBRESOURCES[lower] or ("pods",))[0]
            why, hint = "it is a subresource, not a verb", f"write {resource}/{lower} in resources"
        return self._report_risk(rules.AUDIT_VERB_NEVER_MATCHES, verb, why, hint)

    def _user(self, user: Field) -> bool:
        text = user.text
        if text.endswith("*"):
            hint = "write every name, or userGroups: [system:serviceaccounts:NAMESPACE] for service accounts"
            return self._report_risk(rules.AUDIT_USER_NEVER_MATCHES, user, "users have no wildcard", hint)
        if text in _GROUPS or text.startswith("system:serviceaccounts:"):
            return self._report_risk(
                rules.AUDIT_USER_NEVER_MATCHES, user, "it is a group, not a user", "move it to userGroups"
            )
        return False

    def _user_group(self, group: Field) -> bool:
        text = group.text
        if text.endswith("*"):
            hint = "write every group; system:authenticated has everyone with credentials"
            return self._report_risk(rules.AUDIT_USER_NEVER_MATCHES, group, "userGroups have no wildcard", hint)
        if text in _USERS or text.startswith(("system:serviceaccount:", "system:node:")):
            return self._report_risk(
                rules.AUDIT_USER_NEVER_MATCHES, group, "it is a user, not a group", "move it to users"
            )
        return False

    def _namespace(self, namespace: Field) -> bool:
        if namespace.text.endswith("*"):
            hint = "write every namespace, or remove namespaces to match all of them"
            return self._report_risk(
                rules.AUDIT_NAMESPACE_NEVER_MATCHES, namespace, "namespaces have no wildcard", hint
            )
        return False

    def _url(self, url: Field) -> bool:
        found = re.fullmatch(_RESOURCE_PATH, url.text)
        if found is None:
            return False
        hint = f"name {shown(found[1])[1:-1]} in resources"
        return self._report_risk(
            rules.RESOURCE_URL_IN_NON_RESOURCE_URLS, url, "it is a URL of resources, which are not matched here", hint
        )

    def _unscoped(self, entry: Field, spaces: Field) -> bool:
        """Whether an entry names only cluster-scoped resources, in a rule that is limited to namespaces."""
        if not spaces.items() or any(not space.text for space in spaces.items()):
            return False
        known = {each.resource: each for each in self.groups.get(entry["group"].text, ())}
        names = [name.text.partition("/")[0] for name in entry["resources"].items()]
        outside = [name for name in names if name in known and not known[name].namespaced and name != "namespaces"]
        if not outside or len(outside) < len(names):
            return False
        each = " and ".join(dict.fromkeys(outside))
        message = f"{each} never match here: they are cluster-scoped, and the rule is limited to namespaces"
        self.room -= 1
        self.risks.report_field(
            rules.AUDIT_NAMESPACE_NEVER_MATCHES, message, "move them to a rule without namespaces", entry["resources"]
        )
        return True

    def _entry(self, entry: Field) -> bool:
        """Whether an entry of `resources` matches nothing."""
        group = entry["group"]
        text = group.text
        if text and not (text == "*" and self.any_group) and text not in self.groups:
            return self._group(group)
        if text == "*":
            return False
        found = [self._resource(name, text) for name in self._texts(entry["resources"])]
        return bool(found) and all(found)

    def _group(self, group: Field) -> bool:
        """A group that no built-in API has may be one of a custom resource, unless its name says otherwise."""
        text = group.text
        if text.lower() in CORE:
            return self._report_risk(
                rules.AUDIT_GROUP_NEVER_MATCHES, group, "no API has this group", 'write "": the core group is empty'
            )
        gone = self._gone(text)
        if gone:
            return not self._report_risk(
                rules.AUDIT_GROUP_NEVER_MATCHES, group, f"the group was removed in {gone}", "remove it", "note"
            )
        resource = self.risks.catalog.resources.get(text) or find_resource(self.risks.catalog, text)
        if resource is not None:
            hint = f"write group: {shown(resource.group)} and resources: [{resource.resource}]"
            return self._report_risk(rules.AUDIT_GROUP_NEVER_MATCHES, group, "it is a resource, not an API group", hint)
        begun = next((known for known in self.groups if known.startswith(f"{text.lower()}.")), "")
        meant = begun or only_one(text, self.groups) or ("" if "." in text else "?")
        if not meant:
            return False
        hint = f"did you mean {meant}?" if meant != "?" else "write the whole group, for example networking.k8s.io"
        return self._report_risk(rules.AUDIT_GROUP_NEVER_MATCHES, group, "no API has this group", hint)

    def _gone(self, group: str) -> str:
        """The version that removed the last of a group's APIs; empty for one that never was."""
        from compiler.upstream.catalog.history import removed, removed_names

        entries = [removed("apis", name) or {} for name in removed_names("apis") if name.startswith(f"{group}/")]
        since = max((str(entry["removed"]) for entry in entries if "removed" in entry), default="", key=_minor)
        return since if since and _minor(since) <= self.risks.catalog.minor else ""

    def _resource(self, name: Field, group: str) -> bool:
        """Whether no request has a resource; reported. Only built-in APIs are known."""
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
            return self._report_risk(rule, name, "the group is not part of a resource's name", hint)
        if not slash and "." in text and text.lower() in self.risks.catalog.resources:
            meant = self.risks.catalog.resources[text.lower()]
            hint = f"write group: {shown(meant.group)} and resources: [{meant.resource}]"
            return self._report_risk(rule, name, "the group is not part of a resource's name", hint)
        here = find_resource(self.risks.catalog, resource, group)
        if here is not None:
            right = f"{here.resource}{slash}{part}"
            return self._report_risk(rule, name, _difference(resource, here), f"write {right}")
        other = find_resource(self.risks.catalog, resource)
        if other is not None and other.group != group:
            right = "it" if other.resource == resource else f"{other.resource}{slash}{part}"
            return self._report_risk(rule, name, why, f'write {right} in an entry with group: "{other.group}"')
        near = closest(resource, known)
        hint = f"did you mean {near}{slash}{part}?" if near else f"known are {', '.join(sorted(known))}"
        return self._report_risk(rule, name, why, hint if known else "remove it")

    def _part(self, name: Field, resource: str, part: str) -> bool:
        """Whether no request has a subresource."""
        having = _SUBRESOURCES.get(part)
        if having is not None and (not having or resource in having or resource == "*"):
            return False
        if having is not None:
            why = f"{resource} have no subresource {part}"
            return self._report_risk(
                rules.AUDIT_SUBRESOURCE_NEVER_MATCHES, name, why, f"write {having[0]}/{part}, or remove it"
            )
        fitting = [each for each, of in _SUBRESOURCES.items() if not of or resource in of or resource == "*"]
        meant = closest(part, fitting)
        if resource == "*" and not meant:
            return False  # an API of a custom resource may have it
        hint = f"did you mean {resource}/{meant}?" if meant else f"known are {', '.join(fitting)}"
        return self._report_risk(rules.AUDIT_SUBRESOURCE_NEVER_MATCHES, name, "there is no such subresource", hint)


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def _difference(written: str, resource: Resource) -> str:
    """Why a name of a resource is not the one that URLs have."""
    if written.lower() == resource.resource:
        return "resources are lowercase"
    if written == resource.kind:
        return "it is a kind, and rules name resources"
    if written.lower() == resource.kind.lower():
        return "resources are in the plural"
    return "it is a short name of kubectl"
