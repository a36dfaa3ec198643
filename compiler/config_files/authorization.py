"""AuthorizationConfiguration: the chain of authorizers that a file declares.

Kubernetes: pkg/kubeapiserver/authorizer/config.go and apiserver/pkg/apis/apiserver/validation/validation.go,
ValidateAuthorizationConfiguration.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler.config_files.authorization_webhook import check_webhook
from compiler.config_files.field import Field
from compiler.config_files.reading import FileRules, load_config, named_by_flag
from compiler.flags.text import shown
from compiler.options.traits import CHOICES
from compiler.suggest import did_you_mean

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

FLAG = "authorization-config"
KINDS = ("AuthorizationConfiguration",)
_RULES = FileRules(read="AZC-01", empty="AZC-02", decode="AZC-01")
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


def configured_authorizers(group: AuthorizationOptions, path: str) -> list[dict[str, Any]] | None:
    """The authorizers in order; None where the content cannot be had. Reports what the server would refuse."""
    config = load_config(named_by_flag(group, FLAG, path), KINDS, _RULES)
    if config is None:
        return None
    authorizers = config.root["authorizers"]
    if not authorizers.items():
        authorizers.refuse("AZC-02", "the file has no authorizer", "add one, such as type: RBAC with name: rbac")
    types: set[str] = set()
    names: set[str] = set()
    for authorizer in authorizers.items():
        if _check_type(authorizer["type"], types):
            _check_name(authorizer["name"], authorizer["type"].text, names)
            _check_part(group, authorizer)
    return [_described(authorizer) for authorizer in authorizers.items()]


def _check_type(kind: Field, types: set[str]) -> bool:
    """Whether the type is one that can be worked with; nothing else is said of an authorizer without one."""
    known = CHOICES["authorization-mode"]
    if not kind.text:
        kind.refuse("AZC-03", "the authorizer has no type", f"write {', '.join(known)}")
    elif kind.text not in known:
        hint = did_you_mean(kind.text, known) or f"write {', '.join(known)}"
        kind.refuse("AZC-03", f"{shown(kind.text)} is not a type of authorizer", hint)
    elif kind.text in types and kind.text != "Webhook":
        kind.refuse("AZC-03", f"the type {kind.text} stands twice", "keep one; only webhooks may repeat")
    else:
        types.add(kind.text)
        return True
    return False


def _check_name(name: Field, kind: str, names: set[str]) -> None:
    wanted = kind.lower()
    if not name.text:
        name.refuse("AZC-04", "the authorizer has no name", f"write {wanted if kind != 'Webhook' else 'one'}")
    elif name.text in names:
        name.refuse("AZC-04", f"the name {shown(name.text)} stands twice", "give every authorizer a name of its own")
    elif len(name.text) > 253 or not re.fullmatch(_SUBDOMAIN, name.text):
        hint = "use small letters, digits, - and ."
        name.refuse("AZC-04", f"the name {shown(name.text)} is not a DNS subdomain", hint)
    elif kind != "Webhook" and name.text != wanted:
        name.refuse(
            "AZC-04", f"an authorizer of the type {kind} cannot be called {shown(name.text)}", f"write {wanted}"
        )
    names.add(name.text)


def _check_part(group: AuthorizationOptions, authorizer: Field) -> None:
    kind, webhook = authorizer["type"].text, authorizer["webhook"]
    if kind == "Webhook":
        if webhook.given:
            check_webhook(group, webhook)
        else:
            authorizer.refuse("AZC-05", "the type is Webhook, and there is no webhook", "say how it is reached")
    elif webhook.given:
        webhook.refuse("AZC-05", f"an authorizer of the type {kind} has a webhook", "remove webhook")
    elif kind == "ABAC" and not group.flags.text("authorization-policy-file"):
        message = "the type ABAC has no policy file"
        authorizer["type"].refuse("AZ-09", message, "set --authorization-policy-file")


def _described(authorizer: Field) -> dict[str, Any]:
    """Type and name, and for a webhook what the server would keep of it."""
    entry: dict[str, Any] = {"type": authorizer["type"].text, "name": authorizer["name"].text}
    webhook = authorizer["webhook"]
    if webhook.given:
        for name, default in (
            ("timeout", ""),
            ("failurePolicy", ""),
            ("authorizedTTL", "5m0s"),
            ("unauthorizedTTL", "30s"),
        ):
            if webhook[name].text or default:
                entry[name] = webhook[name].text if webhook[name].duration != 0 else default
    return entry
