"""Settings that have no effect, or are deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.review import Risks
from compiler.text import did_you_mean, shown, shown_bare
from compiler.upstream.catalog.history import known_in, removed
from compiler.upstream.names import closest_resource

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field


_OVERRIDES, _SIZES, _RUNTIME = "etcd-servers-overrides", "watch-cache-sizes", "runtime-config"
_ENCRYPTION, _ADMISSION = "encryption-provider-config", "admission-control-config-file"
_PREFIXES = {
    "audit-log-": "audit-log-path",
    "audit-webhook-": "audit-webhook-config-file",
    "authentication-token-webhook-": "authentication-token-webhook-config-file",
    "authorization-webhook-": "authorization-webhook-config-file",
    "requestheader-": "requestheader-client-ca-file",
}
"""Prefix of flags -> the flag without which they have no effect."""
_NEEDED = {
    "contention-profiling": "profiling",
    "default-watch-cache-size": "watch-cache",
    "watch-cache-sizes": "watch-cache",
}
"""Flag -> the boolean flag that has to be true for it to have an effect."""
_BATCH = ("batch-buffer-size", "batch-max-size", "batch-max-wait", "batch-throttle-enable")
_THROTTLE = ("batch-throttle-burst", "batch-throttle-qps")
_TRUNCATE = ("truncate-max-batch-size", "truncate-max-event-size")
_PAIRS = (
    ("certificate-authority-data", "certificate-authority"),
    ("client-certificate-data", "client-certificate"),
    ("client-key-data", "client-key"),
    ("tokenFile", "token"),
)
"""Fields of a kubeconfig: the first one takes precedence over the second."""


def find_ignored(risks: Risks) -> None:
    """Find settings without effect."""
    flags = risks.flags
    for flag in flags.arguments:
        for prefix, needed in _PREFIXES.items():
            if flag.startswith(prefix) and flag != needed and not flags.text(needed) and flags.has(flag):
                _report_flag(risks, flag, f"without --{needed}", f"set --{needed}", needed)
    for flag, switch in _NEEDED.items():
        if flags.changed(flag) and not flags.on(switch):
            _report_flag(risks, flag, f"while --{switch} is false", f"remove --{switch}=false", switch)
    if flags.changed("cert-dir") and flags.given("tls-cert-file"):
        _report_flag(risks, "cert-dir", "together with --tls-cert-file", "remove --tls-cert-file", "tls-cert-file")
    for backend, path in (("log", "audit-log-path"), ("webhook", "audit-webhook-config-file")):
        if flags.text(path):
            _check_backend(risks, f"audit-{backend}")
    _check_names(risks)
    _check_plugins(risks)
    for file in risks.context.config_files:
        if file.kind == "Config":
            _check_kubeconfig(risks, file.root)


def _report_flag(risks: Risks, flag: str, why: str, hint: str, *others: str) -> None:
    if risks.settled(*others):
        message = f"--{flag} has no effect {why}"
        risks.report(rules.FLAG_WITHOUT_EFFECT, message, f"remove --{flag}, or {hint}", flag)


def _check_backend(risks: Risks, name: str) -> None:
    """Report settings of an audit backend that its mode does not use."""
    flags, mode = risks.flags, f"{name}-mode"
    for part in (*_BATCH, *_THROTTLE):
        flag = f"{name}-{part}"
        if flags.changed(flag) and flags.text(mode) != "batch":
            _report_flag(risks, flag, f"in mode {flags.text(mode)}", f"set --{mode}=batch", mode)
    switches = ((f"{name}-batch-throttle-enable", _THROTTLE), (f"{name}-truncate-enabled", _TRUNCATE))
    for switch, parts in switches:
        for flag in (f"{name}-{part}" for part in parts):
            is_used = "throttle" not in switch or flags.text(mode) == "batch"
            if flags.changed(flag) and not flags.on(switch) and is_used:
                _report_flag(risks, flag, f"while --{switch} is false", f"set --{switch}", switch)


def _check_names(risks: Risks) -> None:
    """Report unknown resources in all flags and files that name resources."""
    flags = risks.flags
    for override in risks.options.etcd.overrides[:MAX_FINDINGS]:
        if override.resource != "*" or override.group not in risks.catalog.resources_of:
            hint = _suggestion(risks, override.group, override.resource, "{0.group}/{0.resource}")
            name = f"{override.group}/{override.resource}"
            _report_resource(risks, name, hint, _OVERRIDES, override.element)
    for index, element in enumerate(flags.texts(_SIZES)[:MAX_FINDINGS]):
        name, hash_sign, _ = element.partition("#")
        resource, _, group = name.partition(".")
        if hash_sign:
            _report_resource(risks, name, _suggestion(risks, group, resource, "{0.group_resource}"), _SIZES, index)
    for key in list(flags.mapping(_RUNTIME))[:MAX_FINDINGS]:
        parts = key.split("/")
        if len(parts) == 3 and parts[0] in risks.catalog.api_groups and parts[2]:
            hint = _suggestion(risks, parts[0], parts[2], f"{{0.group}}/{parts[1]}/{{0.resource}}")
            _report_resource(risks, key, hint, _RUNTIME, flags.entry(_RUNTIME, key))
    root = risks.file(_ENCRYPTION)
    for entry in root["resources"].items() if root is not None else ():
        for resource_field in entry["resources"].items()[:MAX_FINDINGS]:
            _check_encrypted(risks, resource_field)


def _suggestion(risks: Risks, group: str, name: str, form: str) -> str | None:
    """Return a hint for an unknown resource, empty if none is similar; None if the resource exists."""
    catalog = risks.catalog
    if any(each.resource == name for each in catalog.resources_of.get(group, ())):
        return None
    resource = closest_resource(catalog, group, name)
    return f"did you mean {form.format(resource)}?" if resource is not None else ""


def _report_resource(risks: Risks, name: str, hint: str | None, flag: str, element: int | None) -> None:
    if hint is not None:
        message = f"--{flag}: no API has the resource {shown(name)}; the entry has no effect"
        risks.report(rules.UNKNOWN_RESOURCE_IN_SETTING, message, hint or "remove it", flag, element)


def _check_encrypted(risks: Risks, element: Field) -> None:
    """Report an unknown resource of a built-in group; others may be custom resources."""
    resource, _, group = element.text.partition(".")
    if not resource or "*" in resource or group not in risks.catalog.resources_of or element.is_bad:
        return
    hint = _suggestion(risks, group, resource, "{0.group_resource}")
    if hint is not None:
        message = f"no API has the resource {shown(element.text)}; the entry has no effect"
        risks.report_field(rules.UNKNOWN_RESOURCE_IN_SETTING, message, hint or "remove it", element)


def _check_plugins(risks: Risks) -> None:
    """Report entries of an AdmissionConfiguration that do not belong to an enabled plugin."""
    root = risks.file(_ADMISSION)
    if root is None or not root["plugins"].items():
        return
    known, chain = risks.catalog.plugins, risks.options.admission.chain
    names: set[str] = set()
    for plugin in root["plugins"].items()[:MAX_FINDINGS]:
        name = plugin["name"]
        if name.text in names:
            message = f"the configuration of {shown(name.text)} is ignored: duplicate name"
            risks.report_field(rules.UNUSED_PLUGIN_CONFIGURATION, message, "remove one of the entries", name)
        elif name.text not in known:
            versions = known_in("admissionPlugins", name.text)
            hint = did_you_mean(name.text, known) or (
                f"only {', '.join(versions)} have it" if versions else "remove the entry"
            )
            message = f"{shown(name.text)} is not an admission plugin: its configuration is ignored"
            risks.report_field(rules.UNUSED_PLUGIN_CONFIGURATION, message, str(hint), name)
        elif name.text not in chain and risks.input.read_as != "config-file":
            message = f"the configuration of {name.text} is ignored: the plugin is not enabled"
            risks.report_field(
                rules.UNUSED_PLUGIN_CONFIGURATION, message, f"add {name.text} to --enable-admission-plugins", name
            )
        names.add(name.text)


def _check_kubeconfig(risks: Risks, root: Field) -> None:
    """Report fields that another one overrides."""
    for part, inner in (("clusters", "cluster"), ("users", "user")):
        for entry in root[part].items()[:MAX_FINDINGS]:
            for winner, loser in _PAIRS:
                if entry[inner][winner].text and entry[inner][loser].text:
                    message = f"{loser} has no effect: {winner} takes precedence"
                    risks.report_field(
                        rules.KUBECONFIG_FIELD_WITHOUT_EFFECT,
                        message,
                        f"remove {loser}, or {winner}",
                        entry[inner][loser],
                    )


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


def find_deprecations(risks: Risks) -> None:
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
        hint = f"write --{flag}={shown_bare(joined)}" if flag in _COMMA_SEPARATED else "keep one of them"
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
