"""Configurations of the admission plugins."""

from __future__ import annotations

import re
from collections.abc import Callable

from compiler import rules
from compiler.apiserver.config_files import FileRules, decode_config, named_by_field
from compiler.apiserver.config_files.kubeconfig import load_kubeconfig
from compiler.apiserver.context import NamedFile
from compiler.inputs.schema.field import Field
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.names import is_label, is_label_value, is_qualified_name, is_subdomain

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def check_tolerations(tolerations: Field, rule: Rule) -> None:
    """Report the errors of a list of tolerations under one rule. Kubernetes: ValidateTolerations."""
    for toleration in tolerations.items():
        key, operator, value = toleration["key"], toleration["operator"], toleration["value"]
        effect = toleration["effect"]
        if key.text and not is_qualified_name(key.text):
            key.report(rule, f"{shown(key.text)} is not a valid taint key", "write NAME or DOMAIN/NAME")
        if not key.text and operator.text != "Exists":
            operator.report(rule, "a toleration without a key requires the operator Exists", "write Exists")
        if operator.text not in ("", "Equal", "Exists"):
            operator.report(rule, f"{shown(operator.text)} is not a valid operator", "write Equal or Exists")
        elif operator.text == "Exists" and value.text:
            value.report(rule, "the operator Exists does not allow a value", "remove the value")
        elif operator.text != "Exists" and not is_label_value(value.text):
            value.report(rule, f"{shown(value.text)} is not a valid label value", "use letters, digits, -, _ and .")
        if toleration["tolerationSeconds"].is_set and effect.text != "NoExecute":
            effect.report(rule, "tolerationSeconds requires the effect NoExecute", "write NoExecute")
        if effect.text not in ("", *_EFFECTS):
            effect.report(rule, f"{shown(effect.text)} is not a valid effect", f"write {', '.join(_EFFECTS)}")


Check = Callable[[NamedFile, Field | None], None]

_LIMITS = ("Server", "Namespace", "User", "SourceAndObject")
_LEVELS = ("privileged", "baseline", "restricted")
_MANIFESTS = "ManifestBasedAdmissionControlConfig"


def _rules(rule: Rule) -> FileRules:
    return FileRules(read=rules.UNREADABLE_PLUGIN_CONFIGURATION, empty=rule, decode=rule)


def check_event_rate_limit(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: plugin/pkg/admission/eventratelimit."""
    if root is None:
        hint = "configure it in --admission-control-config-file, or disable it"
        named.report(rules.INVALID_EVENT_RATE_LIMIT_CONFIG, "EventRateLimit is enabled but has no limits", hint)
        return
    if (
        decode_config(
            named.context, root, ("Configuration.eventratelimit",), _rules(rules.INVALID_EVENT_RATE_LIMIT_CONFIG)
        )
        is None
    ):
        return
    limits = root["limits"]
    if not limits.items():
        limits.report(
            rules.INVALID_EVENT_RATE_LIMIT_CONFIG, "EventRateLimit has no limits", "add one, for example type: Server"
        )
    for limit in limits.items():
        kind = limit["type"]
        if kind.text not in _LIMITS:
            hint = kind.did_you_mean(_LIMITS) or f"write {', '.join(_LIMITS)}"
            kind.report(rules.INVALID_EVENT_RATE_LIMIT_CONFIG, f"{shown(kind.text)} is not a valid limit type", hint)
        for name in ("qps", "burst"):
            if (limit[name].number or 0) <= 0:
                limit[name].report(
                    rules.INVALID_EVENT_RATE_LIMIT_CONFIG, f"{name} must be positive", "write a positive number"
                )
        if kind.text != "Server" and (limit["cacheSize"].number or 0) < 0:
            limit["cacheSize"].report(rules.INVALID_EVENT_RATE_LIMIT_CONFIG, "cacheSize is negative", "write 0 or more")


def check_pod_security(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: pod-security-admission/admission/api/validation/validation.go."""
    if root is None or (not root.is_set and root.path == ""):
        return
    if (
        decode_config(named.context, root, ("PodSecurityConfiguration",), _rules(rules.INVALID_POD_SECURITY_CONFIG))
        is None
    ):
        return
    for mode in ("enforce", "audit", "warn"):
        level, version = root["defaults"][mode], root["defaults"][f"{mode}-version"]
        if level.text and level.text not in _LEVELS:
            hint = level.did_you_mean(_LEVELS) or f"write {', '.join(_LEVELS)}"
            level.report(rules.INVALID_POD_SECURITY_CONFIG, f"{shown(level.text)} is not a valid level", hint)
        if version.text not in ("", "latest") and not re.fullmatch(r"v1\.(0|[1-9][0-9]*)", version.text):
            version.report(
                rules.INVALID_POD_SECURITY_CONFIG,
                f"{shown(version.text)} is not a valid version",
                "write latest or v1.NN",
            )
    exemptions = root["exemptions"]
    _check_names(exemptions["namespaces"], is_label)
    _check_names(exemptions["runtimeClasses"], is_subdomain)
    _check_names(exemptions["usernames"], bool)


def _check_names(names: Field, is_valid: Callable[[str], bool]) -> None:
    valid_names: set[str] = set()
    for name in names.items():
        if not is_valid(name.text):
            name.report(
                rules.INVALID_POD_SECURITY_CONFIG,
                f"{shown(name.text)} is not a valid name for an exemption",
                "fix or remove it",
            )
        elif name.text in valid_names:
            name.report(rules.INVALID_POD_SECURITY_CONFIG, f"duplicate exemption {shown(name.text)}", "keep one")
        valid_names.add(name.text)


def check_resource_quota(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: apiserver/pkg/admission/plugin/resourcequota."""
    kinds = ("ResourceQuotaConfiguration", "Configuration.resourcequota")
    if root is None or decode_config(named.context, root, kinds, _rules(rules.INVALID_RESOURCE_QUOTA_CONFIG)) is None:
        return
    for limited in root["limitedResources"].items():
        if not limited["resource"].text:
            limited["resource"].report(
                rules.INVALID_RESOURCE_QUOTA_CONFIG, "the limited resource has no resource", "set resource"
            )


def check_pod_toleration_restriction(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: plugin/pkg/admission/podtolerationrestriction."""
    kinds = ("Configuration.podtolerationrestriction",)
    if (
        root is None
        or decode_config(named.context, root, kinds, _rules(rules.INVALID_POD_TOLERATION_RESTRICTION_CONFIG)) is None
    ):
        return
    for part in ("default", "whitelist"):
        check_tolerations(root[part], rules.INVALID_POD_TOLERATION_RESTRICTION_CONFIG)


def check_image_policy(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: plugin/pkg/admission/imagepolicy; the file has no kind, and unknown fields are ignored."""
    if root is None:
        hint = "configure it in --admission-control-config-file, or disable it"
        named.report(
            rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG, "ImagePolicyWebhook is enabled but has no configuration", hint
        )
        return
    for section in root.in_any_case("imagePolicy"):
        if section.is_set and not section.entries() and section.node is not None and section.node.value != {}:
            section.report(
                rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG,
                "imagePolicy is not a mapping",
                "write its settings as keys and values",
            )
            return
    policy = root.in_any_case("imagePolicy")[-1]
    for name, scale, maximum in (("retryBackoff", 10**6, 300), ("allowTTL", 10**9, 1800), ("denyTTL", 10**9, 1800)):
        value = policy.in_any_case(name)[-1]
        minimum = 1 if name == "retryBackoff" else 10**9
        if value.is_set and value.number is None:
            value.report(
                rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG,
                f"{name} is not an integer",
                "write a number without a unit",
            )
        elif value.number not in (None, 0, -1) and not minimum <= (value.number or 0) * scale <= maximum * 10**9:
            unit = "milliseconds" if name == "retryBackoff" else "seconds"
            message = f"{name} {value.number} is out of range"
            value.report(
                rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG,
                message,
                f"write up to {maximum * 10**9 // scale} {unit}, 0 or -1",
            )
    for allow in policy.in_any_case("defaultAllow"):
        if allow.is_set and allow.on is None:
            allow.report(
                rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG,
                "defaultAllow is neither true nor false",
                "write true or false",
            )
        elif allow.on:
            message = "Pods with any image are admitted while the image policy webhook does not respond"
            allow.report(rules.IMAGE_POLICY_FAILS_OPEN, message, "write defaultAllow: false")
    path = policy.in_any_case("kubeConfigFile")[-1]
    if not path.text:
        path.report(
            rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG, "kubeConfigFile is missing", "set the path of a kubeconfig"
        )
    else:
        load_kubeconfig(named_by_field(named.context, path), rules.INVALID_IMAGE_POLICY_WEBHOOK_CONFIG)


def check_webhook_admission(named: NamedFile, root: Field | None) -> None:
    """Kubernetes: apiserver/pkg/admission/plugin/webhook/config/kubeconfig.go, LoadConfig."""
    kinds = ("WebhookAdmissionConfiguration", "WebhookAdmission")
    if root is None or decode_config(named.context, root, kinds, _rules(rules.INVALID_WEBHOOK_PLUGIN_CONFIG)) is None:
        return
    path = root["kubeConfigFile"]
    if not path.text and named.context.catalog.behaviour("webhookAdmissionKubeconfigNeeded"):
        path.report(
            rules.INVALID_WEBHOOK_PLUGIN_CONFIG, "kubeConfigFile is missing", "set the absolute path of a kubeconfig"
        )
    elif path.text and not path.text.startswith("/"):
        path.report(
            rules.INVALID_WEBHOOK_PLUGIN_CONFIG, f"{shown(path.text)} is not an absolute path", "start it with /"
        )
    elif path.text:
        load_kubeconfig(named_by_field(named.context, path), rules.INVALID_WEBHOOK_PLUGIN_CONFIG, usable=False)
    _check_manifests(named, root["staticManifestsDir"])


def _check_manifests(named: NamedFile, directory: Field) -> None:
    """Kubernetes: apiserver/pkg/admission/plugin/manifest/validation.go, ValidateStaticManifestsDir."""
    if not directory.text:
        return
    local = named.context.host.local(directory.text, directory=True)
    if not named.context.gates.on(_MANIFESTS):
        directory.report(
            rules.INVALID_WEBHOOK_PLUGIN_CONFIG,
            f"staticManifestsDir requires the feature gate {_MANIFESTS}",
            f"enable {_MANIFESTS}",
        )
    elif not directory.text.startswith("/"):
        directory.report(
            rules.INVALID_WEBHOOK_PLUGIN_CONFIG, f"{shown(directory.text)} is not an absolute path", "start it with /"
        )
    elif local is not None and not named.context.host.disk.is_directory(local):
        directory.report(
            rules.INVALID_WEBHOOK_PLUGIN_CONFIG,
            f"{shown(directory.text)} is not a directory",
            "set a directory with manifests",
        )


def _check_policy(kind: str) -> Check:
    def check(named: NamedFile, root: Field | None) -> None:
        configurable = named.context.catalog.behaviour("policyPluginsConfigured")
        if (
            root is not None
            and configurable
            and decode_config(named.context, root, (kind,), _rules(rules.INVALID_WEBHOOK_PLUGIN_CONFIG))
        ):
            _check_manifests(named, root["staticManifestsDir"])

    return check


CHECKS: dict[str, Check] = {
    "EventRateLimit": check_event_rate_limit,
    "ImagePolicyWebhook": check_image_policy,
    "MutatingAdmissionPolicy": _check_policy("MutatingAdmissionPolicyConfiguration"),
    "MutatingAdmissionWebhook": check_webhook_admission,
    "PodSecurity": check_pod_security,
    "PodTolerationRestriction": check_pod_toleration_restriction,
    "ResourceQuota": check_resource_quota,
    "ValidatingAdmissionPolicy": _check_policy("ValidatingAdmissionPolicyConfiguration"),
    "ValidatingAdmissionWebhook": check_webhook_admission,
}
"""Plugins that read a configuration -> its check."""
