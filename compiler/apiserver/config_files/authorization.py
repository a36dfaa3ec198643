"""AuthorizationConfiguration: the authorizer chain and its webhooks."""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.config_files import FileRules, load_config, named_by_field
from compiler.apiserver.config_files.kubeconfig import load_kubeconfig
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.apiserver.resolved_sections import Authorizer, WebhookAuthorizer
from compiler.inputs.schema.field import Field
from compiler.inputs.source.characters import place_in
from compiler.rules import Rule
from compiler.text import shown, trimmed
from compiler.upstream.catalog.facts import CHOICES
from compiler.upstream.cel import CompiledExpression, Environment, compile_expression, request_environment
from compiler.upstream.go.strconv import format_duration
from compiler.upstream.names import is_subdomain


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


MAX_TIMEOUT = 30 * 10**9
"""Maximum timeout of a webhook in nanoseconds, and the timeout of a webhook configured with flags."""
_TTLS = {"authorizedTTL": 300 * 10**9, "unauthorizedTTL": 30 * 10**9}
"""Default TTLs in nanoseconds, also for 0."""
_MAX_CONDITIONS = 64


def authorizer_of(kind: str, name: str, webhook: Field) -> WebhookAuthorizer:
    """Return a webhook of a file with defaults; a TTL of 0 means no cache."""
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
        match_conditions=tuple(condition["expression"].text for condition in webhook["matchConditions"].items()),
    )


def check_webhook(context: ServerContext, webhook: Field) -> None:
    """Report the errors of one webhook."""
    timeout = webhook["timeout"]
    if not timeout.duration:
        message = f"the timeout {shown(timeout.text)} is not positive" if timeout.text else "the webhook has no timeout"
        timeout.report(rules.AUTHORIZER_TIMEOUT_OUT_OF_RANGE, message, "write a duration up to 30s")
    elif not 0 < timeout.duration <= MAX_TIMEOUT:
        timeout.report(
            rules.AUTHORIZER_TIMEOUT_OUT_OF_RANGE,
            f"the timeout {shown(timeout.text)} is out of range",
            "write a duration up to 30s",
        )
    for name in _TTLS:
        if webhook[name].is_null:
            # A null duration cannot be decoded, unlike a missing one.
            webhook[name].report(
                rules.INVALID_AUTHORIZATION_CONFIG, f"{name} is null, not a duration", "write a duration, or remove it"
            )
        elif (webhook[name].duration or 0) < 0:
            webhook[name].report(
                rules.NEGATIVE_AUTHORIZER_CACHE_TTL, f"{name} is negative", "write a duration above 0s, or remove it"
            )
    _check_choice(webhook["subjectAccessReviewVersion"], rules.UNKNOWN_SUBJECT_ACCESS_REVIEW_VERSION, ("v1", "v1beta1"))
    conditions = webhook["matchConditions"].items()
    version = webhook["matchConditionSubjectAccessReviewVersion"]
    if version.text or conditions:
        _check_choice(version, rules.UNKNOWN_MATCH_CONDITION_VERSION, ("v1",))
    _check_choice(webhook["failurePolicy"], rules.UNKNOWN_AUTHORIZER_FAILURE_POLICY, ("NoOpinion", "Deny"))
    _check_connection(context, webhook["connectionInfo"])
    if len(conditions) > _MAX_CONDITIONS:
        message = f"{len(conditions)} match conditions; the limit is {_MAX_CONDITIONS}"
        conditions[_MAX_CONDITIONS].report(rules.INVALID_MATCH_CONDITION, message, "combine some of them with &&")
        return
    _check_conditions(context, conditions)


def _check_choice(field: Field, rule: Rule, choices: tuple[str, ...]) -> None:
    if field.text not in choices:
        name = field.path.rpartition("webhook.")[2]
        message = f"{name} cannot be {shown(field.text)}" if field.text else f"the webhook has no {name}"
        hint = field.did_you_mean(choices) or f"write {' or '.join(choices)}"
        field.report(rule, message, hint)


def _check_connection(context: ServerContext, connection: Field) -> None:
    kind, path = connection["type"], connection["kubeConfigFile"]
    if kind.text == "InClusterConfig":
        if path.is_set:
            message = "kubeConfigFile is set, but the type is InClusterConfig"
            path.report(rules.INVALID_AUTHORIZER_CONNECTION_INFO, message, "write type: KubeConfigFile")
        else:
            message = "kube-apiserver panics on InClusterConfig: it reads the kubeConfigFile, which must not be set"
            kind.report(rules.IN_CLUSTER_AUTHORIZATION_WEBHOOK, message, "write KubeConfigFile and set a kubeconfig")
    elif kind.text != "KubeConfigFile":
        # The server also knows InClusterConfig, but panics on it.
        _check_choice(kind, rules.INVALID_AUTHORIZER_CONNECTION_INFO, ("KubeConfigFile",))
    elif not path.text:
        path.report(
            rules.INVALID_AUTHORIZER_KUBECONFIG,
            "the type KubeConfigFile requires kubeConfigFile",
            "set the path of a kubeconfig",
        )
    elif not path.text.startswith("/"):
        path.report(
            rules.INVALID_AUTHORIZER_KUBECONFIG, f"{shown(path.text)} is not an absolute path", "start it with /"
        )
    else:
        host = context.host
        local = host.local(path.text)
        if local is not None and host.disk.exists(local) and not host.disk.is_file(local):
            path.report(
                rules.INVALID_AUTHORIZER_KUBECONFIG,
                f"{shown(path.text)} is not a regular file",
                "set the path of a kubeconfig",
            )
        else:
            load_kubeconfig(named_by_field(context, path), rules.INVALID_AUTHORIZER_KUBECONFIG)


def _check_conditions(context: ServerContext, conditions: list[Field]) -> None:
    expressions: set[str] = set()
    for condition in conditions:
        expression = condition["expression"]
        if not trimmed(expression.text):
            expression.report(
                rules.INVALID_MATCH_CONDITION,
                "the match condition has no expression",
                "write one, or remove the condition",
            )
        elif expression.text in expressions:
            expression.report(rules.INVALID_MATCH_CONDITION, "duplicate match condition", "keep one")
        else:
            _check_expression(context, expression)
        expressions.add(expression.text)


def _check_expression(context: ServerContext, expression: Field) -> None:
    gate = "AuthorizeWithSelectors"
    # Versions without the gate have the feature.
    environment = request_environment(context.gates.on(gate) or not context.gates.known(gate))
    check_expression(expression, rules.INVALID_MATCH_CONDITION, environment, context.catalog.minor, "bool")


KINDS = ("AuthorizationConfiguration",)
_RULES = FileRules(
    read=rules.INVALID_AUTHORIZATION_CONFIG,
    empty=rules.AUTHORIZATION_CONFIG_WITHOUT_AUTHORIZERS,
    decode=rules.INVALID_AUTHORIZATION_CONFIG,
)


def configured_authorizers(
    named: NamedFile, has_policy_file: bool
) -> tuple[Authorizer | WebhookAuthorizer, ...] | None:
    """Return the authorizers in order, None if the content is unavailable; report errors."""
    config = load_config(named, KINDS, _RULES)
    if config is None:
        return None
    authorizers = config.root["authorizers"]
    if not authorizers.items():
        authorizers.report(
            rules.AUTHORIZATION_CONFIG_WITHOUT_AUTHORIZERS,
            "the file has no authorizers",
            "add one, for example type: RBAC with name: rbac",
        )
    types: set[str] = set()
    names: set[str] = set()
    for authorizer in authorizers.items():
        kind = authorizer["type"]
        if kind.text in types and kind.text != "Webhook":
            # The server's error about the duplicate name is implied.
            kind.report(
                rules.INVALID_AUTHORIZER_TYPE,
                f"duplicate authorizer type {kind.text}",
                "keep one; only Webhook may repeat",
            )
            continue
        known = _check_type(kind)
        types.add(kind.text)
        _check_name(authorizer["name"], kind.text if known else "", names)
        _check_webhook_of(named.context, authorizer, known, has_policy_file)
    return tuple(map(_authorizer, authorizers.items()))


def _check_type(kind: Field) -> bool:
    """Return whether the type is valid."""
    types = CHOICES["authorization-mode"]
    if kind.text in types:
        return True
    hint = kind.did_you_mean(types) or f"write {', '.join(types)}"
    message = f"{shown(kind.text)} is not a valid authorizer type" if kind.text else "the authorizer has no type"
    kind.report(rules.INVALID_AUTHORIZER_TYPE, message, hint)
    return False


def _check_name(name: Field, kind: str, names: set[str]) -> None:
    """Report the errors of a name; `kind` is empty if unknown."""
    required = "" if kind in ("", "Webhook") else kind.lower()
    if not name.text:
        name.report(
            rules.INVALID_AUTHORIZER_NAME,
            "the authorizer has no name",
            f"write {required or 'one, for example my-webhook'}",
        )
    elif required and name.text != required:
        message = f"an authorizer of type {kind} must not be named {shown(name.text)}"
        name.report(rules.INVALID_AUTHORIZER_NAME, message, f"write {required}")
    elif not is_subdomain(name.text):
        hint = "use lowercase letters, digits, '-' and '.'"
        name.report(
            rules.INVALID_AUTHORIZER_NAME, f"the name {shown(name.text)} is not a valid RFC 1123 subdomain", hint
        )
    elif name.text in names:
        hint = f"rename the other one: {kind} must be named {required}" if required else "use unique names"
        name.report(rules.INVALID_AUTHORIZER_NAME, f"duplicate authorizer name {shown(name.text)}", hint)
    else:
        names.add(name.text)


def _check_webhook_of(context: ServerContext, authorizer: Field, known: bool, has_policy_file: bool) -> None:
    """Check the fields that depend on the type; an unknown type with a webhook is checked as Webhook."""
    kind, webhook = authorizer["type"].text, authorizer["webhook"]
    if webhook.is_set and (kind == "Webhook" or not known):
        check_webhook(context, webhook)
    elif kind == "Webhook":
        webhook.report(
            rules.MISPLACED_OR_MISSING_WEBHOOK,
            "the type Webhook requires webhook",
            "set webhook with its connectionInfo",
        )
    elif webhook.is_set:
        webhook.report(
            rules.MISPLACED_OR_MISSING_WEBHOOK, f"an authorizer of type {kind} must not have webhook", "remove webhook"
        )
    if kind == "ABAC" and not has_policy_file:
        message = "the type ABAC requires a policy file"
        authorizer["type"].report(rules.INVALID_ABAC_POLICY, message, "set --authorization-policy-file")


def _authorizer(authorizer: Field) -> Authorizer | WebhookAuthorizer:
    """Return the effective configuration of an authorizer."""
    kind, name, webhook = authorizer["type"].text, authorizer["name"].text, authorizer["webhook"]
    return authorizer_of(kind, name, webhook) if webhook.is_set else Authorizer(type=kind, name=name)
