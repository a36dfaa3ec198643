"""Who is let in to do what: the chains of authorizers and of admission plugins.

Kubernetes: pkg/kubeapiserver/authorizer, plugin/pkg/admission.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks
from compiler.rules import Rule

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

_MODE, _FILE = "authorization-mode", "authorization-config"
_ON, _OFF, _LEGACY = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
_GUARDS = {
    "NamespaceLifecycle": "objects can be made in namespaces that are gone, and kube-system can be deleted",
    "ServiceAccount": "Pods run without a checked service account, and get no token",
    "PodSecurity": "the Pod Security labels of namespaces have no effect",
    "CertificateApproval": "who may write the approval of a certificate request is not checked for its signer",
    "CertificateSigning": "who may write a certificate is not checked for its signer",
    "CertificateSubjectRestriction": "certificates of the group system:masters can be requested",
    "ResourceQuota": "quotas are not enforced",
    "ValidatingAdmissionPolicy": "validating admission policies have no effect",
    "ValidatingAdmissionWebhook": "validating webhooks, policy engines included, are not asked",
    "MutatingAdmissionWebhook": "mutating webhooks are not asked",
}
"""Plugins that are on by default and guard the cluster -> what is lost without them."""


def find(risks: Risks) -> None:
    """Look for open authorization, and for guards that are off."""
    authorizers = risks.authorizers
    plugins = risks.options.admission.chain()
    if authorizers is not None:
        _check_authorizers(risks, authorizers)
        if "Node" in authorizers and "NodeRestriction" not in plugins:
            _report_node_restriction(risks)
    _check_guards(risks, plugins)
    if "AlwaysDeny" in plugins:
        flag = _LEGACY if risks.flags.changed(_LEGACY) else _ON
        message = f"--{flag} has AlwaysDeny: every write is refused, those of the control plane included"
        _report_element(risks, rules.ALWAYS_DENY_ENABLED, message, "remove AlwaysDeny", flag, "AlwaysDeny")


def _check_authorizers(risks: Risks, chain: list[str]) -> None:
    if "AlwaysAllow" in chain:
        _report_always_allow(risks)
    elif "RBAC" not in chain and "Webhook" not in chain:
        message = "RBAC is not among the authorizers: roles have no effect, the controllers' own included"
        _report_chain(risks, rules.RBAC_DISABLED, message, "add RBAC", "")
    root = risks.file(_FILE)
    if root is not None:
        _check_file(risks, root["authorizers"], chain)


def _check_file(risks: Risks, authorizers: Field, chain: list[str]) -> None:
    """What an authorization config leaves to its webhooks, and what they leave open when they fail."""
    rule = rules.AUTHORIZERS_WITHOUT_RBAC_OR_NODE
    if "RBAC" not in chain and "Webhook" in chain and "AlwaysAllow" not in chain:
        message = (
            "RBAC is not among the authorizers: webhooks decide about everything, the control plane's own requests"
        )
        risks.report_field(rule, f"{message} included", "add RBAC, unless a webhook evaluates roles", authorizers)
    if "RBAC" in chain and "Node" not in chain and "AlwaysAllow" not in chain:
        message = "Node is not among the authorizers: kubelets have no rights but those that a role or webhook grants"
        risks.report_field(rule, message, "add Node before RBAC", authorizers)
    for webhook in (authorizer["webhook"] for authorizer in authorizers.items()):
        policy = webhook["failurePolicy"]
        if policy.text == "NoOpinion":
            message = "when the webhook fails, the authorizers after it decide, also about what it would deny"
            risks.report_field(
                rules.AUTHORIZATION_WEBHOOK_FAILS_OPEN,
                message,
                "write Deny if the webhook is there to deny requests",
                policy,
            )


def _report_always_allow(risks: Risks) -> None:
    what = "whoever has any credentials may do everything"
    if risks.flags.changed(_MODE) or risks.flags.text(_FILE):
        _report_chain(
            risks,
            rules.ALWAYS_ALLOW_AUTHORIZER,
            f"AlwaysAllow is among the authorizers: {what}",
            "write Node,RBAC",
            "AlwaysAllow",
        )
    else:
        message = f"--{_MODE} is not given and means AlwaysAllow: {what}"
        risks.report(rules.ALWAYS_ALLOW_AUTHORIZER, message, "write Node,RBAC", _MODE)


def _report_chain(risks: Risks, rule: Rule, message: str, hint: str, kind: str) -> None:
    """Tell of one authorizer, or of the whole chain for none, in the flag or the file."""
    root = risks.file(_FILE)
    if root is None:
        _report_element(risks, rule, f"--{_MODE}: {message}", hint, _MODE, kind)
        return
    place: Field = root["authorizers"]
    for authorizer in place.items():
        if authorizer["type"].text == kind:
            place = authorizer["type"]
    risks.report_field(rule, message, hint, place)


def _report_element(risks: Risks, rule: Rule, message: str, hint: str, flag: str, element: str) -> None:
    elements = risks.flags.texts(flag)
    risks.report(rule, message, hint, flag, elements.index(element) if element in elements else None)


def _report_node_restriction(risks: Risks) -> None:
    rule, name = rules.NODE_WITHOUT_NODE_RESTRICTION, "NodeRestriction"
    message = f"kubelets are authorized by Node without the admission plugin {name}: each may change every other node"
    hint = f"add {name} to --{_ON}"
    given = [flag for flag in (_LEGACY, _OFF, _ON) if risks.flags.changed(flag)]
    if name in risks.flags.texts(_OFF):
        _report_element(risks, rule, f"--{_OFF}: {message}", f"remove {name}, and {hint}", _OFF, name)
    elif _ON in given or _LEGACY in given:
        risks.report(rule, message, hint, _LEGACY if _LEGACY in given else _ON)
    elif risks.settled(_ON):
        _report_chain(risks, rule, message, hint, "Node")


def _check_guards(risks: Risks, plugins: list[str]) -> None:
    known = risks.catalog.plugins
    off = [name for name in _GUARDS if name in known and name not in plugins]
    if not off:
        return
    if risks.flags.changed(_LEGACY):
        message = f"--{_LEGACY} leaves out {', '.join(off)}, which guard the cluster"
        risks.report(
            rules.DEFAULT_ADMISSION_PLUGIN_DISABLED,
            message,
            f"remove the flag, and name in --{_ON} only what is not on by itself",
            _LEGACY,
        )
        return
    for name in off:
        _report_element(
            risks,
            rules.DEFAULT_ADMISSION_PLUGIN_DISABLED,
            f"--{_OFF} {name}: {_GUARDS[name]}",
            f"remove {name}",
            _OFF,
            name,
        )
