"""One webhook of an AuthorizationConfiguration.

Kubernetes: apiserver/pkg/apis/apiserver/validation/validation.go, ValidateWebhookConfiguration.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from compiler.config_files.field import Field
from compiler.config_files.kubeconfig import load_kubeconfig
from compiler.config_files.reading import named_by_field
from compiler.flags.text import shown
from compiler.suggest import did_you_mean

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

_LONGEST = 30 * 10**9
_MOST_CONDITIONS = 64


def check_webhook(group: AuthorizationOptions, webhook: Field) -> None:
    """Report everything that the server would refuse of one webhook."""
    timeout = webhook["timeout"]
    if not timeout.duration:
        timeout.refuse("AZC-06", "the webhook has no timeout", "write a duration up to 30s")
    elif not 0 < timeout.duration <= _LONGEST:
        timeout.refuse("AZC-06", f"the timeout {shown(timeout.text)} is outside 0s to 30s", "write up to 30s")
    for name in ("authorizedTTL", "unauthorizedTTL"):
        if (webhook[name].duration or 0) < 0:
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
        webhook["matchConditions"].refuse("AZC-13", message, "join some of them")
        return
    _check_conditions(group, conditions)


def _check_word(field: Field, rule: str, words: tuple[str, ...]) -> None:
    if field.text not in words:
        name = field.path.rpartition(".")[2]
        message = f"{name} cannot be {shown(field.text)}" if field.text else f"{name} is missing"
        hint = (did_you_mean(field.text, words) if field.text else "") or f"write {' or '.join(words)}"
        field.refuse(rule, message, hint)


def _check_connection(group: AuthorizationOptions, connection: Field) -> None:
    kind, path = connection["type"], connection["kubeConfigFile"]
    if kind.text == "InClusterConfig":
        if path.given:
            path.refuse("AZC-11", "kubeConfigFile is set, but the type is InClusterConfig", "remove kubeConfigFile")
        else:
            message = "InClusterConfig crashes kube-apiserver: it reads the kubeConfigFile that must not be there"
            kind.refuse("AZC-14", message, "write KubeConfigFile and name a kubeconfig")
    elif kind.text != "KubeConfigFile":
        _check_word(kind, "AZC-11", ("KubeConfigFile", "InClusterConfig"))
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
        if not expression.text.strip():
            expression.refuse("AZC-13", "the match condition has no expression", "write one, or remove the condition")
        elif expression.text in seen:
            expression.refuse("AZC-13", "the match condition stands twice", "keep one")
        seen.add(expression.text)
