"""AuthorizationConfiguration: the chain of authorizers that a file declares.

Kubernetes: pkg/kubeapiserver/authorizer/config.go and apiserver/pkg/apis/apiserver/validation/validation.go,
ValidateAuthorizationConfiguration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.config_files.authorization_webhook import check_webhook, described_webhook
from compiler.config_files.field import Field
from compiler.config_files.names import is_subdomain
from compiler.config_files.reading import FileRules, load_config, named_by_flag
from compiler.flags.text import shown
from compiler.options.traits import CHOICES

if TYPE_CHECKING:
    from compiler.options.authorization import AuthorizationOptions

FLAG = "authorization-config"
KINDS = ("AuthorizationConfiguration",)
_RULES = FileRules(read="AZC-01", empty="AZC-02", decode="AZC-01")


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
        kind = authorizer["type"]
        if kind.text in types and kind.text != "Webhook":
            # What the server would say of its name is said by this.
            kind.refuse("AZC-03", f"the type {kind.text} stands twice", "keep one; only webhooks may repeat")
            continue
        known = _check_type(kind)
        types.add(kind.text)
        _check_name(authorizer["name"], kind.text if known else "", names)
        _check_part(group, authorizer, known)
    return [_described(authorizer) for authorizer in authorizers.items()]


def _check_type(kind: Field) -> bool:
    """Whether there is such a type."""
    known = CHOICES["authorization-mode"]
    if kind.text in known:
        return True
    hint = kind.did_you_mean(known) or f"write {', '.join(known)}"
    message = f"{shown(kind.text)} is not a type of authorizer" if kind.text else "the authorizer has no type"
    kind.refuse("AZC-03", message, hint)
    return False


def _check_name(name: Field, kind: str, names: set[str]) -> None:
    """`kind` is empty where it is not known."""
    wanted = "" if kind in ("", "Webhook") else kind.lower()
    if not name.text:
        name.refuse("AZC-04", "the authorizer has no name", f"write {wanted or 'one, such as my-webhook'}")
    elif wanted and name.text != wanted:
        message = f"an authorizer of the type {kind} cannot be called {shown(name.text)}"
        name.refuse("AZC-04", message, f"write {wanted}")
    elif not is_subdomain(name.text):
        hint = "use small letters, digits, - and ."
        name.refuse("AZC-04", f"the name {shown(name.text)} is not a DNS subdomain", hint)
    elif name.text in names:
        hint = f"rename the other: {kind} has to be called {wanted}" if wanted else "give each a name of its own"
        name.refuse("AZC-04", f"the name {shown(name.text)} stands twice", hint)
    else:
        names.add(name.text)


def _check_part(group: AuthorizationOptions, authorizer: Field, known: bool) -> None:
    """What hangs on the type; where that is not known, a webhook tells what is meant."""
    kind, webhook = authorizer["type"].text, authorizer["webhook"]
    if webhook.given and (kind == "Webhook" or not known):
        check_webhook(group, webhook)
    elif kind == "Webhook":
        webhook.refuse("AZC-05", "the type is Webhook, and there is no webhook", "say how it is reached")
    elif webhook.given:
        webhook.refuse("AZC-05", f"an authorizer of the type {kind} has a webhook", "remove webhook")
    if kind == "ABAC" and not group.flags.text("authorization-policy-file"):
        message = "the type ABAC has no policy file"
        authorizer["type"].refuse("AZ-09", message, "set --authorization-policy-file")


def _described(authorizer: Field) -> dict[str, Any]:
    """Type and name, and for a webhook what the server keeps of it."""
    entry: dict[str, Any] = {"type": authorizer["type"].text, "name": authorizer["name"].text}
    if authorizer["webhook"].given:
        entry |= described_webhook(authorizer["webhook"])
    return entry
