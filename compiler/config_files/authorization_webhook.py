"""One webhook of an AuthorizationConfiguration.

Kubernetes: apiserver/pkg/apis/apiserver/validation/validation.go, ValidateWebhookConfiguration;
v1/defaults.go, SetDefaults_WebhookConfiguration; pkg/kubeapiserver/authorizer/reload.go, newForConfig.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from compiler.config_files.field import Field
from compiler.config_files.kubeconfig import load_kubeconfig
from compiler.config_files.reading import named_by_field
from compiler.flags.numbers import format_duration
from compiler.flags.text import shown, trimmed

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

LONGEST_TIMEOUT = 30 * 10**9
"""Nanoseconds that an answer may take; what a webhook that flags name is given."""
_TTLS = {"authorizedTTL": 300 * 10**9, "unauthorizedTTL": 30 * 10**9}
"""How long answers are kept where the file does not say it, or says 0."""
_MOST_CONDITIONS = 64


def webhook_entry(
    authorized: int, unauthorized: int, timeout: int, version: str, policy: str, kubeconfig: str
) -> dict[str, Any]:
    """The resolved form of a webhook. Durations come in nanoseconds; a time to live of 0 means no cache."""
    return {
        "authorizedTTL": format_duration(authorized),
        "cacheAuthorizedRequests": authorized != 0,
        "unauthorizedTTL": format_duration(unauthorized),
        "cacheUnauthorizedRequests": unauthorized != 0,
        "timeout": format_duration(timeout),
        "subjectAccessReviewVersion": version,
        "failurePolicy": policy,
        "kubeConfigFile": kubeconfig,
    }


def described_webhook(webhook: Field) -> dict[str, Any]:
    """The resolved form of a webhook of a file, its defaults filled in."""
    times = {name: webhook[name].duration or default for name, default in _TTLS.items()}
    for name, switch in (
        ("authorizedTTL", "cacheAuthorizedRequests"),
        ("unauthorizedTTL", "cacheUnauthorizedRequests"),
    ):
        if webhook[switch].on is False:
            times[name] = 0
    entry = webhook_entry(
        times["authorizedTTL"],
        times["unauthorizedTTL"],
        webhook["timeout"].duration or 0,
        webhook["subjectAccessReviewVersion"].text,
        webhook["failurePolicy"].text,
        webhook["connectionInfo"]["kubeConfigFile"].text,
    )
    return {**entry, "matchConditions": [one["expression"].text for one in webhook["matchConditions"].items()]}


def check_webhook(group: AuthorizationOptions, webhook: Field) -> None:
    """Report everything that the server would refuse of one webhook."""
    timeout = webhook["timeout"]
    if not timeout.duration:
        message = f"the timeout {shown(timeout.text)} leaves no time" if timeout.text else "the webhook has no timeout"
        timeout.refuse("AZC-06", message, "write a duration up to 30s")
    elif not 0 < timeout.duration <= LONGEST_TIMEOUT:
        timeout.refuse("AZC-06", f"the timeout {shown(timeout.text)} is outside 0s to 30s", "write up to 30s")
    for name in _TTLS:
        if webhook[name].is_null:
            # A duration that is null cannot be read, unlike one that is missing.
            webhook[name].refuse("AZC-01", f"{name} is null, not a duration", "write a duration, or remove it")
        elif (webhook[name].duration or 0) < 0:
            webhook[name].refuse("AZC-07", f"{name} is negative", "write a duration above 0s, or remove it")
    _check_word(webhook["subjectAccessReviewVersion"], "AZC-08", ("v1", "v1beta1"))
    conditions = webhook["matchConditions"].items()
    version = webhook["matchConditionSubjectAccessReviewVersion"]
    if version.text or conditions:
        _check_word(version, "AZC-09", ("v1",))
    _check_word(webhook["failurePolicy"], "AZC-10", ("NoOpinion", "Deny"))
    _check_connection(group, webhook["connectionInfo"])
    if len(conditions) > _MOST_CONDITIONS:
        message = f"{len(conditions)} match conditions are more than {_MOST_CONDITIONS}"
        conditions[_MOST_CONDITIONS].refuse("AZC-13", message, "join some of them with &&")
        return
    _check_conditions(group, conditions)


def _check_word(field: Field, rule: str, words: tuple[str, ...]) -> None:
    if field.text not in words:
        name = field.path.rpartition("webhook.")[2]
        message = f"{name} cannot be {shown(field.text)}" if field.text else f"the webhook has no {name}"
        hint = field.did_you_mean(words) or f"write {' or '.join(words)}"
        field.refuse(rule, message, hint)


def _check_connection(group: AuthorizationOptions, connection: Field) -> None:
    kind, path = connection["type"], connection["kubeConfigFile"]
    if kind.text == "InClusterConfig":
        if path.given:
            message = "kubeConfigFile is set, but the type is InClusterConfig"
            path.refuse("AZC-11", message, "write type: KubeConfigFile")
        else:
            message = "InClusterConfig crashes kube-apiserver: it reads the kubeConfigFile that must not be there"
            kind.refuse("AZC-14", message, "write KubeConfigFile and name a kubeconfig")
    elif kind.text != "KubeConfigFile":
        # The other type is known to the server as well, but it crashes on it.
        _check_word(kind, "AZC-11", ("KubeConfigFile",))
    elif not path.text:
        path.refuse("AZC-12", "the type KubeConfigFile has no kubeConfigFile", "name a kubeconfig")
    elif not path.text.startswith("/"):
        path.refuse("AZC-12", f"{shown(path.text)} is not an absolute path", "begin it with /")
    else:
        local = group.run.host.local(path.text)
        if local is not None and os.path.exists(local) and not os.path.isfile(local):
            path.refuse("AZC-12", f"{shown(path.text)} is not a regular file", "name a kubeconfig")
        else:
            load_kubeconfig(named_by_field(group.run, path), "AZC-12")


def _check_conditions(group: AuthorizationOptions, conditions: list[Field]) -> None:
    seen: set[str] = set()
    for condition in conditions:
        expression = condition["expression"]
        if not trimmed(expression.text):
            expression.refuse("AZC-13", "the match condition has no expression", "write one, or remove the condition")
        elif expression.text in seen:
            expression.refuse("AZC-13", "the match condition stands twice", "keep one")
        else:
            _check_expression(group, expression)
        seen.add(expression.text)


def _check_expression(group: AuthorizationOptions, expression: Field) -> None:
    from compiler.cel import request_environment
    from compiler.config_files.expressions import check_expression

    run, gate = group.run, "AuthorizeWithSelectors"
    # Versions without the gate have what it brought.
    environment = request_environment(run.gates.on(gate) or not run.gates.known(gate))
    check_expression(expression, "AZC-13", environment, run.catalog.minor, "bool")
