"""The authorizers: their types and order, and the settings of webhooks, whether flags or a file declare them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from compiler.apiserver.resolved_sections import Authorizer, WebhookAuthorizer
from compiler.changes.change import Change
from compiler.changes.flags import by_row, is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

MODES, FILE = "authorization-mode", "authorization-config"
WEBHOOK = "authorization-webhook-config-file"
SETTINGS = (
    "authorization-webhook-version",
    "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl",
)
EXPLAINS = frozenset((MODES, FILE, WEBHOOK, *SETTINGS))
Chain = Sequence[Authorizer | WebhookAuthorizer]
_DENYING = ("Webhook", "AlwaysDeny")
_REMOVED = {"RBAC": "rbac-removed", "Node": "node-removed", "AlwaysAllow": "always-allow-removed"}
_ADDED = {"AlwaysAllow": "always-allow", "AlwaysDeny": "always-deny"}


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield added, removed, reordered and changed authorizers."""
    if not all(is_known(server, MODES, FILE, WEBHOOK) for server in (old, new)):
        return
    before, after = (server.config.authorization.authorizers for server in (old, new))
    if before is None or after is None:
        paths = [server.config.authorization.config_file for server in (old, new)]
        if paths[0] != paths[1]:
            yield by_row(FILE, old, new, *paths)
        return
    if before != after:
        yield from _members(before, after, old, new)
        yield from _order(before, after, old, new)
        yield from _webhooks(before, after, old, new)


def label(authorizer: Authorizer | WebhookAuthorizer) -> str:
    """Return the type of an authorizer, with its name if there may be several of the type."""
    return f"{authorizer.type} {authorizer.name}" if authorizer.type == "Webhook" else authorizer.type


def _change(case: str, name: str, before: Chain, after: Chain, old: Resolved, new: Resolved) -> Change:
    labels = [[label(each) for each in chain] for chain in (before, after)]
    return meant("authorizer", name, f"authorizer.{case}", old, new, flag_of(new), *labels)


def flag_of(server: Resolved) -> str:
    """Return the flag that decides the authorizers of a server."""
    return FILE if server.context.flags.text(FILE) else MODES


def _members(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    first, second = list(map(label, before)), list(map(label, after))
    allows_everything = "AlwaysAllow" in second
    for name in dict.fromkeys(second):
        if name not in first:
            yield _change(_ADDED.get(name, "added"), name, before, after, old, new)
    for name in dict.fromkeys(first):
        # Whatever else is removed, everything is allowed; and what is removed next to it, allowed nothing more.
        if name not in second and not (allows_everything and name != "AlwaysAllow"):
            yield _change(_REMOVED.get(name, "removed"), name, before, after, old, new)


def _order(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    first, second = list(map(label, before)), list(map(label, after))
    common = [name for name in first if name in second], [name for name in second if name in first]
    if common[0] != common[1]:
        can_deny = any(name.startswith(_DENYING) for name in common[0])
        yield _change("reordered" if can_deny else "reordered-without-denial", "order", before, after, old, new)


def _webhooks(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the webhooks that both servers call, with other settings."""
    known = {each.name: each for each in before if isinstance(each, WebhookAuthorizer)}
    for webhook in after:
        same = known.get(webhook.name)
        if same is None or not isinstance(webhook, WebhookAuthorizer) or same == webhook:
            continue
        fields = [name for name in webhook.fields if getattr(same, name) != getattr(webhook, name)]
        stricter = "failure_policy" in fields and webhook.failure_policy == "Deny"
        case = "authorizer.deny-on-failure" if stricter else "authorizer.webhook"
        shown = [{name: getattr(each, name) for name in fields} for each in (same, webhook)]
        yield meant("authorizer", label(webhook), case, old, new, flag_of(new), *shown)
