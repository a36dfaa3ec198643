"""Deprecations: flags, feature gates, plugins and file formats that still work.

Kubernetes: MarkDeprecated in the options; component-base/featuregate/feature_gate.go, unsafeSetFromMap.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown
from compiler.upstream.catalog.history import removed

_INSTEAD = {
    "admission-control": "write --enable-admission-plugins and --disable-admission-plugins",
    "apiserver-count": "remove it: the lease endpoint reconciler counts servers automatically",
    "audit-webhook-batch-initial-backoff": "write --audit-webhook-initial-backoff",
    "default-watch-cache-size": "remove it: watch caches are sized automatically",
    "enable-logs-handler": "remove it, and read the logs on the node",
    "kubelet-port": "remove it: a Node has the port of its kubelet",
    "kubelet-read-only-port": "remove it: the server does not use it",
}
_PLUGINS, _LEGACY = "enable-admission-plugins", "admission-control"
_GATES, _RECONCILER = "feature-gates", "endpoint-reconciler-type"
_SINGLE = (
    *("bool", "int", "int64", "uint", "float64", "float32", "duration"),
    *("ip", "ipNonEmpty", "string", "quantity", "portRange"),
)
"""Types of a single value."""
_COMMA_SEPARATED = ("service-cluster-ip-range",)
_SPECIAL = ("AllAlpha", "AllBeta")


def find(risks: Risks) -> None:
    """Check all flags and files."""
    flags = risks.flags
    for flag in flags.arguments:
        spec = risks.catalog.flags.get(flag)
        if spec is not None and spec.deprecated:
            message = f"--{flag} is deprecated{_removal('flags', flag)}"
            risks.report(rules.DEPRECATED_FLAG, message, _INSTEAD.get(flag, "remove it"), flag)
        if spec is not None and len(flags.arguments[flag]) > 1:
            _check_repeated(risks, flag, spec.type)
    if flags.changed(_GATES):
        _check_gates(risks)
    if flags.text(_RECONCILER) == "master-count":
        message = f"--{_RECONCILER} master-count is deprecated, and counts servers that no longer exist"
        risks.report(rules.DEPRECATED_VALUE, message, "set lease, or remove the flag", _RECONCILER)
    for flag in (_PLUGINS, _LEGACY):
        for index, name in enumerate(flags.texts(flag)):
            if name == "AlwaysAdmit":
                message = f"--{flag}: {name} is deprecated and has no effect"
                risks.report(rules.DEPRECATED_VALUE, message, f"remove {name}", flag, index)
    if risks.context.config_files:
        _check_formats(risks)


def _check_repeated(risks: Risks, flag: str, kind: str) -> None:
    """Report a flag of a single value that is set to several; the last one wins. pflag: each Value has its own Set."""
    texts = [use.text for use in risks.flags.arguments[flag]]
    if kind in _SINGLE and len(set(texts)) > 1:
        message = f"--{flag} is set {len(texts)} times: only the last value, {shown(texts[-1])}, is used"
        joined = ",".join(texts)
        hint = f"write --{flag}={shown(joined)[1:-1]}" if flag in _COMMA_SEPARATED else "keep one of them"
        risks.report(rules.FLAG_SET_MORE_THAN_ONCE, message, hint, flag)


def _removal(kind: str, name: str) -> str:
    """Return when it is removed, as the end of a sentence; empty if that is not known."""
    entry = removed(kind, name)
    return f", and removed in {entry['removed']}" if entry and entry.get("removed") else ""


def _check_gates(risks: Risks) -> None:
    """Report stable and deprecated gates that are set; the server warns about them as well."""
    gates = risks.context.gates
    last = {entry.partition("=")[0].strip(): index for index, (_, entry) in enumerate(risks.flags.value(_GATES) or ())}
    for name, index in last.items():
        step = gates.step(name)
        if step is None or name not in gates.set_to or name in _SPECIAL or step.stage not in ("", "DEPRECATED"):
            continue
        removal, stage = _removal("featureGates", name), "deprecated" if step.stage else "stable"
        if step.locked or (not step.stage and gates.set_to[name] == step.default):
            state = "enabled" if step.default else "disabled"
            message = f"--{_GATES}: {name} has no effect: the feature is {stage}, and {state} by default{removal}"
            hint = f"remove {name}: a server without the gate refuses to start"
            risks.report(rules.FEATURE_GATE_WITHOUT_EFFECT, message, hint, _GATES, index)
        else:
            message = f"--{_GATES}: {name} is {stage}, and can be set only temporarily{removal}"
            risks.report(rules.FEATURE_GATE_NEAR_REMOVAL, message, "prepare for its removal", _GATES, index)


def _check_formats(risks: Risks) -> None:
    """Report alpha and beta formats of files that have a stable one."""
    from compiler.inputs.schema.decoding import kind_schema

    for file in risks.context.config_files:
        schema = kind_schema(risks.catalog.version, file.kind)
        known = schema["properties"].get("apiVersion", {}).get("enum", ()) if schema else ()
        group, slash, version = file.api_version.rpartition("/")
        stable = next((api for api in known if api.startswith(group + slash) and _is_stable(api)), "")
        if version and not _is_stable(file.api_version) and stable:
            message = (
                f"{file.api_version} of {file.kind.partition('.')[0]} is a pre-release version; {stable} is available"
            )
            hint = f"write {stable}, and check the fields"
            risks.report_field(rules.PRERELEASE_CONFIG_FORMAT, message, hint, file.root["apiVersion"], severity="note")


def _is_stable(api: str) -> bool:
    version = api.rpartition("/")[2]
    return "alpha" not in version and "beta" not in version
