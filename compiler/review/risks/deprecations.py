"""What still works and is on its way out: flags, feature gates, plugins, formats of files.

Kubernetes: MarkDeprecated in the options; component-base/featuregate/feature_gate.go, unsafeSetFromMap.
"""

from __future__ import annotations

from compiler import rules
from compiler.review.context import Risks
from compiler.text import shown
from compiler.upstream.catalog.history import removed

_INSTEAD = {
    "admission-control": "write --enable-admission-plugins and --disable-admission-plugins",
    "apiserver-count": "remove it; the endpoint reconciler lease counts by itself",
    "audit-webhook-batch-initial-backoff": "write --audit-webhook-initial-backoff",
    "default-watch-cache-size": "remove it: watch caches size themselves",
    "enable-logs-handler": "remove it, and read the logs on the node",
    "kubelet-port": "remove it: a Node says on which port its kubelet listens",
    "kubelet-read-only-port": "remove it: the server does not use it",
}
_PLUGINS, _LEGACY = "enable-admission-plugins", "admission-control"
_GATES, _RECONCILER = "feature-gates", "endpoint-reconciler-type"
_SINGLE = (
    *("bool", "int", "int64", "uint", "float64", "float32", "duration"),
    *("ip", "ipNonEmpty", "string", "quantity", "portRange"),
)
"""Types that hold one value."""
_COMMA_SEPARATED = ("service-cluster-ip-range",)
_SPECIAL = ("AllAlpha", "AllBeta")


def find(risks: Risks) -> None:
    """Look at everything that was given."""
    flags = risks.flags
    for flag in flags.arguments:
        spec = risks.catalog.flags.get(flag)
        if spec is not None and spec.deprecated:
            message = f"--{flag} is deprecated{_goes('flags', flag)}"
            risks.report(rules.DEPRECATED_FLAG, message, _INSTEAD.get(flag, "remove it"), flag)
        if spec is not None and len(flags.arguments[flag]) > 1:
            _check_repeated(risks, flag, spec.type)
    if flags.changed(_GATES):
        _check_gates(risks)
    if flags.text(_RECONCILER) == "master-count":
        message = f"--{_RECONCILER} master-count is deprecated, and counts servers that are gone"
        risks.report(rules.DEPRECATED_VALUE, message, "write lease, or remove the flag", _RECONCILER)
    for flag in (_PLUGINS, _LEGACY):
        for index, name in enumerate(flags.texts(flag)):
            if name == "AlwaysAdmit":
                message = f"--{flag}: {name} is deprecated and does nothing"
                risks.report(rules.DEPRECATED_VALUE, message, f"remove {name}", flag, index)
    if risks.context.config_files:
        _check_formats(risks)


def _check_repeated(risks: Risks, flag: str, kind: str) -> None:
    """A flag that holds one value keeps that of its last use. pflag: each Value has its own Set."""
    texts = [use.text for use in risks.flags.arguments[flag]]
    if kind in _SINGLE and len(set(texts)) > 1:
        message = f"--{flag} is set {len(texts)} times: only the last value, {shown(texts[-1])}, counts"
        joined = ",".join(texts)
        hint = f"write --{flag}={shown(joined)[1:-1]}" if flag in _COMMA_SEPARATED else "keep one of them"
        risks.report(rules.FLAG_SET_MORE_THAN_ONCE, message, hint, flag)


def _goes(kind: str, name: str) -> str:
    """When it leaves, as the end of a sentence; empty where that is not known."""
    entry = removed(kind, name)
    return f", and gone from {entry['removed']} on" if entry and entry.get("removed") else ""


def _check_gates(risks: Risks) -> None:
    """The server warns of every gate that is stable or deprecated."""
    gates = risks.context.gates
    last = {entry.partition("=")[0].strip(): index for index, (_, entry) in enumerate(risks.flags.value(_GATES) or ())}
    for name, index in last.items():
        step = gates.step(name)
        if step is None or name not in gates.set_to or name in _SPECIAL or step.stage not in ("", "DEPRECATED"):
            continue
        goes, what = _goes("featureGates", name), "deprecated" if step.stage else "stable"
        if step.locked or (not step.stage and gates.set_to[name] == step.default):
            state = "on" if step.default else "off"
            message = f"--{_GATES}: {name} does nothing: the feature is {what}, and {state} by itself{goes}"
            hint = f"remove {name}: a server that does not have it any more refuses to start"
            risks.report(rules.FEATURE_GATE_WITHOUT_EFFECT, message, hint, _GATES, index)
        else:
            message = f"--{_GATES}: {name} is {what}, and can be set for a while only{goes}"
            risks.report(rules.FEATURE_GATE_NEAR_REMOVAL, message, f"prepare to do without {name}", _GATES, index)


def _check_formats(risks: Risks) -> None:
    """A format in alpha or beta where the server reads a stable one of the same kind."""
    from compiler.inputs.schema.decoding import kind_schema

    for file in risks.context.config_files:
        schema = kind_schema(risks.catalog.version, file.kind)
        known = schema["properties"].get("apiVersion", {}).get("enum", ()) if schema else ()
        group, slash, version = file.api_version.rpartition("/")
        stable = next((api for api in known if api.startswith(group + slash) and _is_stable(api)), "")
        if version and not _is_stable(file.api_version) and stable:
            message = f"{file.api_version} is an early format of {file.kind.partition('.')[0]}, and {stable} is there"
            hint = f"write {stable}, and compare the fields"
            risks.report_field(rules.PRERELEASE_CONFIG_FORMAT, message, hint, file.root["apiVersion"], severity="note")


def _is_stable(api: str) -> bool:
    version = api.rpartition("/")[2]
    return "alpha" not in version and "beta" not in version
