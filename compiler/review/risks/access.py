"""Authorization and admission: who is admitted, and webhooks that are called without checking whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.review import Risks
from compiler.review.risks.networking import is_local
from compiler.rules import Rule
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field


_MODE, _FILE = "authorization-mode", "authorization-config"
_ENABLE, _DISABLE, _LEGACY = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
_DEFAULT_PLUGINS = {
    "NamespaceLifecycle": "objects can be created in deleted namespaces, and kube-system can be deleted",
    "ServiceAccount": "Pods run without a validated service account, and get no token",
    "PodSecurity": "the Pod Security labels of namespaces have no effect",
    "CertificateApproval": "approving a certificate signing request needs no permission for its signer",
    "CertificateSigning": "signing a certificate signing request needs no permission for its signer",
    "CertificateSubjectRestriction": "certificates of the group system:masters can be requested",
    "ResourceQuota": "quotas are not enforced",
    "ValidatingAdmissionPolicy": "validating admission policies have no effect",
    "ValidatingAdmissionWebhook": "validating webhooks, including policy engines, are not called",
    "MutatingAdmissionWebhook": "mutating webhooks are not called",
}
"""Plugin that is enabled by default and protects the cluster -> the consequence of disabling it."""


def find_access(risks: Risks) -> None:
    """Find permissive authorization, and disabled default plugins."""
    authorizers = risks.authorizers
    plugins = risks.options.admission.chain
    if authorizers is not None:
        _check_authorizers(risks, authorizers)
        if "Node" in authorizers and "NodeRestriction" not in plugins:
            _check_node_restriction(risks)
    _check_default_plugins(risks, plugins)
    if "AlwaysDeny" in plugins:
        flag = _LEGACY if risks.flags.changed(_LEGACY) else _ENABLE
        message = f"--{flag} enables AlwaysDeny: every write is rejected, including those of the control plane"
        _report_element(risks, rules.ALWAYS_DENY_ENABLED, message, "remove AlwaysDeny", flag, "AlwaysDeny")


def _check_authorizers(risks: Risks, chain: list[str]) -> None:
    if "AlwaysAllow" in chain:
        _report_always_allow(risks)
    elif "RBAC" not in chain and "Webhook" not in chain:
        message = "RBAC is not among the authorizers: roles have no effect, including those of the controllers"
        _report_chain(risks, rules.RBAC_DISABLED, message, "add RBAC", "")
    root = risks.file(_FILE)
    if root is not None:
        _check_file(risks, root["authorizers"], chain)


def _check_file(risks: Risks, authorizers: Field, chain: list[str]) -> None:
    """Check what an authorization config leaves to its webhooks, and what happens when they fail."""
    rule = rules.AUTHORIZERS_WITHOUT_RBAC_OR_NODE
    if "RBAC" not in chain and "Webhook" in chain and "AlwaysAllow" not in chain:
        message = "RBAC is not among the authorizers: webhooks decide about all requests, including the control plane's"
        risks.report_field(rule, message, "add RBAC, unless a webhook evaluates roles", authorizers)
    if "RBAC" in chain and "Node" not in chain and "AlwaysAllow" not in chain:
        message = "Node is not among the authorizers: kubelets have only the permissions that a role or webhook grants"
        risks.report_field(rule, message, "add Node before RBAC", authorizers)
    for webhook in (authorizer["webhook"] for authorizer in authorizers.items()):
        policy = webhook["failurePolicy"]
        if policy.text == "NoOpinion":
            message = "if the webhook fails, the next authorizers decide, even about requests that it would deny"
            risks.report_field(
                rules.AUTHORIZATION_WEBHOOK_FAILS_OPEN,
                message,
                "set Deny if the purpose of the webhook is to deny requests",
                policy,
            )


def _report_always_allow(risks: Risks) -> None:
    effect = "every authenticated user may do everything"
    if risks.flags.changed(_MODE) or risks.flags.text(_FILE):
        _report_chain(
            risks,
            rules.ALWAYS_ALLOW_AUTHORIZER,
            f"AlwaysAllow is among the authorizers: {effect}",
            "set Node,RBAC",
            "AlwaysAllow",
        )
    else:
        message = f"--{_MODE} is not set and defaults to AlwaysAllow: {effect}"
        risks.report(rules.ALWAYS_ALLOW_AUTHORIZER, message, "set Node,RBAC", _MODE)


def _report_chain(risks: Risks, rule: Rule, message: str, hint: str, kind: str) -> None:
    """Report a risk at an authorizer, or at the chain if it is not in it, in the flag or the file."""
    root = risks.file(_FILE)
    if root is None:
        _report_element(risks, rule, f"--{_MODE}: {message}", hint, _MODE, kind)
        return
    field: Field = root["authorizers"]
    for authorizer in field.items():
        if authorizer["type"].text == kind:
            field = authorizer["type"]
    risks.report_field(rule, message, hint, field)


def _report_element(risks: Risks, rule: Rule, message: str, hint: str, flag: str, element: str) -> None:
    elements = risks.flags.texts(flag)
    risks.report(rule, message, hint, flag, elements.index(element) if element in elements else None)


def _check_node_restriction(risks: Risks) -> None:
    rule, name = rules.NODE_WITHOUT_NODE_RESTRICTION, "NodeRestriction"
    message = f"the Node authorizer is used without the admission plugin {name}: a kubelet can modify all other nodes"
    hint = f"add {name} to --{_ENABLE}"
    changed = [flag for flag in (_LEGACY, _DISABLE, _ENABLE) if risks.flags.changed(flag)]
    if name in risks.flags.texts(_DISABLE):
        _report_element(risks, rule, f"--{_DISABLE}: {message}", f"remove {name}, and {hint}", _DISABLE, name)
    elif _ENABLE in changed or _LEGACY in changed:
        risks.report(rule, message, hint, _LEGACY if _LEGACY in changed else _ENABLE)
    elif risks.settled(_ENABLE):
        _report_chain(risks, rule, message, hint, "Node")


def _check_default_plugins(risks: Risks, plugins: tuple[str, ...]) -> None:
    known = risks.catalog.plugins
    disabled = [name for name in _DEFAULT_PLUGINS if name in known and name not in plugins]
    if not disabled:
        return
    if risks.flags.changed(_LEGACY):
        message = f"--{_LEGACY} disables {', '.join(disabled)}, which protect the cluster"
        risks.report(
            rules.DEFAULT_ADMISSION_PLUGIN_DISABLED,
            message,
            f"remove the flag, and list in --{_ENABLE} only plugins that are not enabled by default",
            _LEGACY,
        )
        return
    for name in disabled:
        _report_element(
            risks,
            rules.DEFAULT_ADMISSION_PLUGIN_DISABLED,
            f"--{_DISABLE} {name}: {_DEFAULT_PLUGINS[name]}",
            f"remove {name}",
            _DISABLE,
            name,
        )


def find_webhooks(risks: Risks) -> None:
    """Check the cluster of each kubeconfig."""
    for file in risks.context.config_files:
        if file.kind == "Config":
            cluster = _cluster(file.root)
            if cluster is not None:
                _check_cluster(risks, cluster)


def _cluster(root: Field) -> Field | None:
    """Return the cluster of the current context."""
    context = _entry(root["contexts"], root["current-context"].text)
    name = context["context"]["cluster"].text if context is not None else ""
    entry = _entry(root["clusters"], name)
    return entry["cluster"] if entry is not None else None


def _entry(entries: Field, name: str) -> Field | None:
    return next((entry for entry in entries.items() if entry["name"].text == name), None)


def _check_cluster(risks: Risks, cluster: Field) -> None:
    server, insecure = cluster["server"], cluster["insecure-skip-tls-verify"]
    text = server.text.lower()
    if is_local(text):
        return
    if not text.startswith("https://"):
        message = f"the webhook {shown(server.text)} is called without TLS: its responses can be forged in transit"
        risks.report_field(rules.WEBHOOK_NOT_AUTHENTICATED, message, "use https with certificate-authority", server)
    elif insecure.on:
        message = "the webhook's certificate is not verified: its responses can be forged in transit"
        risks.report_field(rules.WEBHOOK_NOT_AUTHENTICATED, message, "set certificate-authority instead", insecure)
