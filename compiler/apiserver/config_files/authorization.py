"""AuthorizationConfiguration: the chain of authorizers, and their webhooks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config, named_by_field
from compiler.apiserver.config_files.kubeconfig import load_kubeconfig
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.apiserver.resolved_sections import Authorizer, WebhookAuthorizer
from compiler.inputs.schema.field import Field
from compiler.inputs.source.characters import place_in
from compiler.rules import Rule
from compiler.text import shown, trimmed
from compiler.upstream.cel import CompiledExpression, Environment, compile_expression
from compiler.upstream.flag_kinds import CHOICES
from compiler.upstream.go.strconv import format_duration
from compiler.upstream.names import is_subdomain

if TYPE_CHECKING:
    pass


def check_expression(
    field: Field, rule: Rule, environment: Environment, minor: int, result: str = ""
) -> CompiledExpression | None:
    """Return the compiled expression of a field, or None after reporting its problems under a rule.

    `minor` and `result` are those of `compile_expression`.
    """
    compiled = compile_expression(field.text, environment, minor, result)
    if isinstance(compiled, CompiledExpression):
        return compiled
    for problem in compiled:
        where = place_in(field.node, problem.offset, problem.offset + 1) if field.node else field.location
        field.findings.add(rule, field.path, where, problem.message, problem.hint)
    return None


LONGEST_TIMEOUT = 30 * 10**9
"""Nanoseconds that an answer may take; what a webhook that flags name is given."""
_TTLS = {"authorizedTTL": 300 * 10**9, "unauthorizedTTL": 30 * 10**9}
"""How long answers are kept where the file does not say it, or says 0."""
_MOST_CONDITIONS = 64


def authorizer_of(kind: str, name: str, webhook: Field) -> WebhookAuthorizer:
    """A webhook of a file, with its defaults; a time to live of 0 means no cache."""
    authorized, unauthorized = (
        0 if webhook[switch].on is False else webhook[ttl].duration or _TTLS[ttl]
        for ttl, switch in (
            ("authorizedTTL", "cacheAuthorizedRequests"),
            ("unauthorizedTTL", "cacheUnauthorizedRequests"),
        )
    )
    return WebhookAuthorizer(
        type=kind,
        name=name,
        authorized_ttl=format_duration(authorized),
        cache_authorized_requests=authorized != 0,
        unauthorized_ttl=format_duration(unauthorized),
        cache_unauthorized_requests=unauthorized != 0,
        timeout=format_duration(webhook["timeout"].duration or 0),
        subject_access_review_version=webhook["subjectAccessReviewVersion"].text,
        failure_policy=webhook["failurePolicy"].text,
        kube_config_file=webhook["connectionInfo"]["kubeConfigFile"].text,
        match_conditions=tuple(one["expression"].text for one in webhook["matchConditions"].items()),
    )


def check_webhook(context: ServerContext, webhook: Field) -> None:
    """Report everything that the server would refuse of one webhook."""
    timeout = webhook["timeout"]
    if not timeout.duration:
        message = f"the timeout {shown(timeout.text)} leaves no time" if timeout.text else "the webhook has no timeout"
        timeout.refuse(rules.AUTHORIZER_TIMEOUT_OUT_OF_RANGE, message, "write a duration up to 30s")
    elif not 0 < timeout.duration <= LONGEST_TIMEOUT:
        timeout.refuse(
            rules.AUTHORIZER_TIMEOUT_OUT_OF_RANGE,
            f"the timeout {shown(timeout.text)} is outside 0s to 30s",
            "write up to 30s",
        )
    for name in _TTLS:
        if webhook[name].is_null:
            # A duration that is null cannot be read, unlike one that is missing.
            webhook[name].refuse(
                rules.INVALID_AUTHORIZATION_CONFIG, f"{name} is null, not a duration", "write a duration, or remove it"
            )
        elif (webhook[name].duration or 0) < 0:
            webhook[name].refuse(
                rules.NEGATIVE_AUTHORIZER_CACHE_TTL, f"{name} is negative", "write a duration above 0s, or remove it"
            )
    _check_word(webhook["subjectAccessReviewVersion"], rules.UNKNOWN_SUBJECT_ACCESS_REVIEW_VERSION, ("v1", "v1beta1"))
    conditions = webhook["matchConditions"].items()
    version = webhook["matchConditionSubjectAccessReviewVersion"]
    if version.text or conditions:
        _check_word(version, rules.UNKNOWN_MATCH_CONDITION_VERSION, ("v1",))
    _check_word(webhook["failurePolicy"], rules.UNKNOWN_AUTHORIZER_FAILURE_POLICY, ("NoOpinion", "Deny"))
    _check_connection(context, webhook["connectionInfo"])
    if len(conditions) > _MOST_CONDITIONS:
        message = f"{len(conditions)} match conditions are more than {_MOST_CONDITIONS}"
        conditions[_MOST_CONDITIONS].refuse(rules.INVALID_MATCH_CONDITION, message, "join some of them with &&")
        return
    _check_conditions(context, conditions)


def _check_word(field: Field, rule: Rule, words: tuple[str, ...]) -> None:
    if field.text not in words:
        name = field.path.rpartition("webhook.")[2]
        message = f"{name} cannot be {shown(field.text)}" if field.text else f"the webhook has no {name}"
        hint = field.did_you_mean(words) or f"write {' or '.join(words)}"
        field.refuse(rule, message, hint)


def _check_connection(context: ServerContext, connection: Field) -> None:
    kind, path = connection["type"], connection["kubeConfigFile"]
    if kind.text == "InClusterConfig":
        if path.given:
            message = "kubeConfigFile is set, but the type is InClusterConfig"
            path.refuse(rules.INVALID_AUTHORIZER_CONNECTION_INFO, message, "write type: KubeConfigFile")
        else:
            message = "InClusterConfig crashes kube-apiserver: it reads the kubeConfigFile that must not be there"
            kind.refuse(rules.IN_CLUSTER_AUTHORIZATION_WEBHOOK, message, "write KubeConfigFile and name a kubeconfig")
    elif kind.text != "KubeConfigFile":
        # The other type is known to the server as well, but it crashes on it.
        _check_word(kind, rules.INVALID_AUTHORIZER_CONNECTION_INFO, ("KubeConfigFile",))
    elif not path.text:
        path.refuse(
            rules.INVALID_AUTHORIZER_KUBECONFIG, "the type KubeConfigFile has no kubeConfigFile", "name a kubeconfig"
        )
    elif not path.text.startswith("/"):
        path.refuse(
            rules.INVALID_AUTHORIZER_KUBECONFIG, f"{shown(path.text)} is not an absolute path", "begin it with /"
        )
    else:
        local = context.host.local(path.text)
        if local is not None and os.path.exists(local) and not os.path.isfile(local):
            path.refuse(
                rules.INVALID_AUTHORIZER_KUBECONFIG, f"{shown(path.text)} is not a regular file", "name a kubeconfig"
            )
        else:
            load_kubeconfig(named_by_field(context, path), rules.INVALID_AUTHORIZER_KUBECONFIG)


def _check_conditions(context: ServerContext, conditions: list[Field]) -> None:
    seen: set[str] = set()
    for condition in conditions:
        expression = condition["expression"]
        if not trimmed(expression.text):
            expression.refuse(
                rules.INVALID_MATCH_CONDITION,
                "the match condition has no expression",
                "write one, or remove the condition",
            )
        elif expression.text in seen:
            expression.refuse(rules.INVALID_MATCH_CONDITION, "the match condition stands twice", "keep one")
        else:
            _check_expression(context, expression)
        seen.add(expression.text)


def _check_expression(context: ServerContext, expression: Field) -> None:
    from compiler.upstream.cel import request_environment

    gate = "AuthorizeWithSelectors"
    # Versions without the gate have what it brought.
    environment = request_environment(context.gates.on(gate) or not context.gates.known(gate))
    check_expression(expression, rules.INVALID_MATCH_CONDITION, environment, context.catalog.minor, "bool")


FLAG = "authorization-config"
KINDS = ("AuthorizationConfiguration",)
_RULES = FileRules(
    read=rules.INVALID_AUTHORIZATION_CONFIG,
    empty=rules.AUTHORIZATION_CONFIG_WITHOUT_AUTHORIZERS,
    decode=rules.INVALID_AUTHORIZATION_CONFIG,
)


def configured_authorizers(
    named: NamedFile, has_policy_file: bool
) -> tuple[Authorizer | WebhookAuthorizer, ...] | None:
    """The authorizers in order; None where the content cannot be had. Reports what the server would refuse."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return None
    authorizers = config.root["authorizers"]
    if not authorizers.items():
        authorizers.refuse(
            rules.AUTHORIZATION_CONFIG_WITHOUT_AUTHORIZERS,
            "the file has no authorizer",
            "add one, such as type: RBAC with name: rbac",
        )
    types: set[str] = set()
    names: set[str] = set()
    for authorizer in authorizers.items():
        kind = authorizer["type"]
        if kind.text in types and kind.text != "Webhook":
            # What the server would say of its name is said by this.
            kind.refuse(
                rules.INVALID_AUTHORIZER_TYPE,
                f"the type {kind.text} stands twice",
                "keep one; only webhooks may repeat",
            )
            continue
        known = _check_type(kind)
        types.add(kind.text)
        _check_name(authorizer["name"], kind.text if known else "", names)
        _check_part(named.context, authorizer, known, has_policy_file)
    return tuple(map(_authorizer, authorizers.items()))


def _check_type(kind: Field) -> bool:
    """Whether there is such a type."""
    known = CHOICES["authorization-mode"]
    if kind.text in known:
        return True
    hint = kind.did_you_mean(known) or f"write {', '.join(known)}"
    message = f"{shown(kind.text)} is not a type of authorizer" if kind.text else "the authorizer has no type"
    kind.refuse(rules.INVALID_AUTHORIZER_TYPE, message, hint)
    return False


def _check_name(name: Field, kind: str, names: set[str]) -> None:
    """`kind` is empty where it is not known."""
    wanted = "" if kind in ("", "Webhook") else kind.lower()
    if not name.text:
        name.refuse(
            rules.INVALID_AUTHORIZER_NAME, "the authorizer has no name", f"write {wanted or 'one, such as my-webhook'}"
        )
    elif wanted and name.text != wanted:
        message = f"an authorizer of the type {kind} cannot be called {shown(name.text)}"
        name.refuse(rules.INVALID_AUTHORIZER_NAME, message, f"write {wanted}")
    elif not is_subdomain(name.text):
        hint = "use small letters, digits, - and ."
        name.refuse(rules.INVALID_AUTHORIZER_NAME, f"the name {shown(name.text)} is not a DNS subdomain", hint)
    elif name.text in names:
        hint = f"rename the other: {kind} has to be called {wanted}" if wanted else "give each a name of its own"
        name.refuse(rules.INVALID_AUTHORIZER_NAME, f"the name {shown(name.text)} stands twice", hint)
    else:
        names.add(name.text)


def _check_part(context: ServerContext, authorizer: Field, known: bool, has_policy_file: bool) -> None:
    """What hangs on the type; where that is not known, a webhook tells what is meant."""
    kind, webhook = authorizer["type"].text, authorizer["webhook"]
    if webhook.given and (kind == "Webhook" or not known):
        check_webhook(context, webhook)
    elif kind == "Webhook":
        webhook.refuse(
            rules.MISPLACED_OR_MISSING_WEBHOOK, "the type is Webhook, and there is no webhook", "say how it is reached"
        )
    elif webhook.given:
        webhook.refuse(
            rules.MISPLACED_OR_MISSING_WEBHOOK, f"an authorizer of the type {kind} has a webhook", "remove webhook"
        )
    if kind == "ABAC" and not has_policy_file:
        message = "the type ABAC has no policy file"
        authorizer["type"].refuse(rules.INVALID_ABAC_POLICY, message, "set --authorization-policy-file")


def _authorizer(authorizer: Field) -> Authorizer | WebhookAuthorizer:
    """What the server keeps of an authorizer."""
    kind, name, webhook = authorizer["type"].text, authorizer["name"].text, authorizer["webhook"]
    return authorizer_of(kind, name, webhook) if webhook.given else Authorizer(type=kind, name=name)
