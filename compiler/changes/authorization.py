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


def _labels(*chains: Chain) -> list[list[str]]:
    """Return the types of the authorizers of each chain, those of webhooks with their name if there are several.

    The name of a webhook is only a label of metrics and of its cache, so the only webhook of a chain may have any name.
    """
    is_clear = all(sum(each.type == "Webhook" for each in chain) <= 1 for chain in chains)
    return [
        [f"Webhook {each.name}" if each.type == "Webhook" and not is_clear else each.type for each in chain]
        for chain in chains
    ]


def _change(case: str, name: str, before: Chain, after: Chain, old: Resolved, new: Resolved) -> Change:
    return meant("authorizer", name, f"authorizer.{case}", old, new, flag_of(new), *_labels(before, after))


def flag_of(server: Resolved) -> str:
    """Return the flag that decides the authorizers of a server."""
    return FILE if server.context.flags.text(FILE) else MODES


def _members(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    labels = _labels(before, after)
    first, second = (dict.fromkeys(each) for each in labels)
    allows_everything = "AlwaysAllow" in second
    for name in second:
        if name not in first:
            yield _change(_ADDED.get(name, "added"), name, before, after, old, new)
    for name in first:
        # Whatever else is removed, everything is allowed; and what is removed next to it, allowed nothing more.
        if name not in second and not (allows_everything and name != "AlwaysAllow"):
            yield _change(_REMOVED.get(name, "removed"), name, before, after, old, new)


def _order(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    first, second = (dict.fromkeys(each) for each in _labels(before, after))
    common = [name for name in first if name in second], [name for name in second if name in first]
    if common[0] != common[1]:
        can_deny = any(name.startswith(_DENYING) for name in common[0])
        yield _change("reordered" if can_deny else "reordered-without-denial", "order", before, after, old, new)


def _webhooks(before: Chain, after: Chain, old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the webhooks that both servers call, with other settings."""
    chains = [
        {label: each for label, each in zip(labels, chain, strict=True) if isinstance(each, WebhookAuthorizer)}
        for labels, chain in zip(_labels(before, after), (before, after), strict=True)
    ]
    for label, webhook in chains[1].items():
        if label not in chains[0]:
            continue
        settings = [_settings(each) for each in (chains[0][label], webhook)]
        fields = [name for name in settings[1] if settings[0][name] != settings[1][name]]
        if fields:
            stricter = "failurePolicy" in fields and webhook.failure_policy == "Deny"
            case = "authorizer.deny-on-failure" if stricter else "authorizer.webhook"
            shown = [{name: each[name] for name in fields} for each in settings]
            yield meant("authorizer", label, case, old, new, flag_of(new), *shown)


def _settings(webhook: WebhookAuthorizer) -> dict[str, object]:
    """Return what counts of a webhook; a lifetime counts only if such decisions are cached."""
    return {
        "authorizedTTL": webhook.authorized_ttl if webhook.cache_authorized_requests else "0s",
        "unauthorizedTTL": webhook.unauthorized_ttl if webhook.cache_unauthorized_requests else "0s",
        "timeout": webhook.timeout,
        "subjectAccessReviewVersion": webhook.subject_access_review_version,
        "failurePolicy": webhook.failure_policy,
        "kubeConfigFile": webhook.kube_config_file,
        "matchConditions": list(webhook.match_conditions or ()),
    }
