"""The conditions that the data of a policy names: each is a function of a server and of the members of the condition.

A condition returns None if the control passes, else a Finding with the status and the reason. Effective values count:
what the server takes after defaults, the last of repeated flags, and structured files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from compiler.review import Finding, Server
from compiler.review.policies.audit import is_covered, is_one_rule
from compiler.review.risks.identities import is_for_health
from compiler.review.risks.storage import entry_of_secrets, kind_of
from compiler.rules.rule import FAIL, MANUAL, NOT_APPLICABLE
from compiler.text import shown
from compiler.upstream.go.strconv import parse_duration

if TYPE_CHECKING:
    from compiler.inputs.schema.field import Field

_PLUGINS, _MODE = "enable-admission-plugins", "authorization-mode"
_PLUGIN_FLAGS = (_PLUGINS, "disable-admission-plugins", "admission-control")
_AUTHORIZERS, _ENCRYPTION = "authorization-config", "encryption-provider-config"
_SUITES, _MIN_VERSION = "tls-cipher-suites", "tls-min-version"
_AUDIT_POLICY, _ADMISSION = "audit-policy-file", "admission-control-config-file"


def decide(server: Server, condition: Mapping[str, Any]) -> Finding | None:
    """Return why a server does not meet a condition, None if it does."""
    members = {key: value for key, value in condition.items() if key != "kind"}
    return KINDS[condition["kind"]](server, **members)


def _set(server: Server, *, flags: list[str], unless: str = "") -> Finding | None:
    """All flags are set, unless another one is."""
    if unless and server.flags.value(unless):
        return None
    for flag in flags:
        if not server.flags.value(flag):
            return server.fails(flag, f"--{flag} is not set", f"set --{' and --'.join(flags)}")
    return server.unless_unknown(*flags)


def _unset(server: Server, *, flag: str) -> Finding | None:
    if server.flags.value(flag):
        return server.fails(flag, f"--{flag} is set", "remove it")
    return server.unless_unknown(flag)


def _switch(server: Server, *, flag: str, on: bool) -> Finding | None:
    """A boolean flag has a value."""
    if server.flags.on(flag) == on:
        return server.unless_unknown(flag)
    return server.fails(flag, f"--{flag} is {str(not on).lower()}", f"set --{flag}={str(on).lower()}")


def _number(server: Server, *, flag: str, minimum: int, literal: bool = False) -> Finding | None:
    """A number is large enough; `literal` asks for the flag even if its default is large enough."""
    value = server.flags.number(flag)
    hint = f"set --{flag}={value if value >= minimum else minimum}"
    if literal and not server.flags.changed(flag):
        return server.fails(flag, _not_given(flag, str(value), value >= minimum), hint)
    if value < minimum:
        return server.fails(flag, f"--{flag} is {value}, below {minimum}", hint)
    return server.unless_unknown(flag)


def _duration(server: Server, *, flag: str, review_above: str = "", literal: bool = False) -> Finding | None:
    """A duration is positive; one that is longer than `review_above` is left to people."""
    value, hint = server.flags.number(flag), f"set --{flag}, for example to 1m"
    if literal and not server.flags.changed(flag):
        return server.fails(flag, _not_given(flag, server.flags.duration(flag), value > 0), hint)
    if value <= 0:
        return server.fails(flag, f"--{flag} is not positive", hint)
    if review_above and value > parse_duration(review_above):
        return _review(flag, f"--{flag} is longer than {review_above}: is that needed for slow links?")
    return server.unless_unknown(flag)


def _one_of(server: Server, *, flag: str, words: list[str]) -> Finding | None:
    """A flag is given, with one of some values."""
    value, hint = server.flags.text(flag), f"set --{flag}={words[0]}"
    if not value:
        return server.fails(flag, _not_given(flag, "", True), hint)
    if value not in words:
        return server.fails(flag, f"--{flag} is {shown(value)}", hint)
    return server.unless_unknown(flag)


def _not_given(flag: str, default: str, is_fine: bool) -> str:
    """Return the reason of a policy that asks for the flag itself."""
    of_default = f" ({default})" if default else ""
    fine = f", although its default{of_default} meets the requirement" if is_fine else f": its default is {default}"
    return f"--{flag} is not given{fine}"


def _plugin(server: Server, *, name: str, enabled: bool = True) -> Finding | None:
    """An admission plugin is in the chain, or is not."""
    if (name in server.plugins) == enabled:
        return server.unless_unknown(*_PLUGIN_FLAGS)
    flag, element = server.deciding_plugin_flag(name)
    state, verb = ("not enabled", "enable") if enabled else ("enabled", "remove")
    return server.fails(flag, f"the admission plugin {name} is {state}", f"{verb} {name}", element)


def _authorizers(server: Server, *, has: list[str], lacks: list[str]) -> Finding | None:
    """Some authorizers are in the chain, and others are not."""
    chain = server.authorizers
    if chain is None:
        return server.undetermined(_AUTHORIZERS, "the authorization config file is not available")
    for kind in lacks:
        if kind in chain:
            return server.fails_in_chain(f"{kind} is among the authorizers", f"remove {kind}, and set Node,RBAC", kind)
    for kind in has:
        if kind not in chain:
            return server.fails_in_chain(f"{kind} is not among the authorizers", f"add {kind}", kind)
    # Only one of the two can be set.
    flags = [flag for flag in (_MODE, _AUTHORIZERS) if server.flags.changed(flag)]
    return server.unless_unknown(*flags or (_MODE,))


def _anonymous(server: Server, *, health_checks: str = "") -> Finding | None:
    """Anonymous requests are refused; only on health checks, which probes need, they are left to `health_checks`."""
    flag = "authentication-config" if server.flags.text("authentication-config") else "anonymous-auth"
    anonymous = server.config.authentication.anonymous
    if anonymous.enabled is None:
        return server.undetermined(flag, "the authentication config file is not available")
    if not anonymous.enabled:
        return server.unless_unknown("anonymous-auth")
    paths = [condition.path for condition in anonymous.conditions or ()]
    if paths and all(map(is_for_health, paths)):
        return _review(flag, health_checks) if health_checks else server.unless_unknown("anonymous-auth")
    open_to = "every path" if not paths else next(path for path in paths if not is_for_health(path))
    hint = "set --anonymous-auth=false, or limit anonymous requests to health checks with --authentication-config"
    return server.fails(flag, f"anonymous requests are allowed on {open_to}", hint)


def _audit_log(server: Server) -> Finding | None:
    """A log is written, which needs a policy as well."""
    for flag in ("audit-log-path", _AUDIT_POLICY):
        if not server.flags.text(flag):
            return server.fails(flag, f"no audit log is written: --{flag} is not set", f"set --{flag}")
    return server.unless_unknown("audit-log-path", _AUDIT_POLICY)


def _audit_policy(
    server: Server, *, requests: list[Mapping[str, Any]] | None = None, one_rule: str = ""
) -> Finding | None:
    """The audit policy records some requests; or it is one rule, and `one_rule` says why another does not apply."""
    if not server.flags.text(_AUDIT_POLICY):
        return server.fails(_AUDIT_POLICY, f"--{_AUDIT_POLICY} is not set", f"set --{_AUDIT_POLICY}")
    root = server.file(_AUDIT_POLICY)
    if root is None:
        return server.undetermined(_AUDIT_POLICY, "the audit policy file is not available")
    if one_rule:
        return None if is_one_rule(root) else Finding(NOT_APPLICABLE, one_rule, "", _AUDIT_POLICY, field=root["rules"])
    for request in requests or ():
        gap = is_covered(root["rules"].items(), request)
        if gap is not None:
            status = MANUAL if gap.is_partial else FAIL
            return Finding(status, gap.message, gap.hint, _AUDIT_POLICY, field=gap.rule or root["rules"])
    return None


def _serving_pair(server: Server) -> Finding | None:
    """The serving certificate is one of files; a self-signed one does not pass."""
    flag = "tls-cert-file"
    if server.config.secure_serving.certificate.self_signed:
        hint = f"set --{flag} and --tls-private-key-file to a certificate signed by a CA"
        return server.fails(flag, f"--{flag} is not set: the serving certificate is self-signed", hint)
    return _set(server, flags=[flag, "tls-private-key-file"])


def _encryption(server: Server, *, providers: list[str]) -> Finding | None:
    """Secrets are written by one of some providers."""
    if not server.flags.text(_ENCRYPTION):
        return server.fails(
            _ENCRYPTION, f"no provider is configured: --{_ENCRYPTION} is not set", f"set --{_ENCRYPTION}"
        )
    root = server.file(_ENCRYPTION)
    if root is None:
        return server.undetermined(_ENCRYPTION, "the encryption config file is not available")
    entry = entry_of_secrets(root)
    configured = entry["providers"].items() if entry is not None else []
    field: Field
    if not configured:
        message, field = "secrets are not encrypted", root["resources"]
    elif kind_of(configured[0]) in providers:
        return None
    else:
        message, field = f"secrets are written with {kind_of(configured[0]) or 'no provider'}", configured[0]
    return Finding(FAIL, message, f"put one of {', '.join(providers)} first", _ENCRYPTION, field=field)


def _strong_suites(server: Server, *, weak: list[str]) -> Finding | None:
    """Only strong suites are offered; with TLS 1.3 as the minimum there is nothing to choose."""
    if server.flags.text(_MIN_VERSION) == "VersionTLS13":
        return server.unless_unknown(_MIN_VERSION)
    preferred = server.catalog.tls("preferredCiphers")
    configured = server.flags.texts(_SUITES)
    rejected = [suite for suite in configured or preferred if suite in weak or suite not in preferred]
    if not rejected:
        return server.unless_unknown(_SUITES)
    strong = [suite for suite in preferred if suite not in weak and "_WITH_" in suite and suite.endswith("GCM_SHA256")]
    subject = f"--{_SUITES} has" if configured else f"--{_SUITES} is not set, and the default has"
    hint = f"set only strong suites, for example {','.join(strong)}, or set --{_MIN_VERSION}=VersionTLS13"
    element = configured.index(rejected[0]) if configured else None
    return server.fails(_SUITES, f"{subject} {', '.join(rejected)}", hint, element)


def _named_suites(server: Server, *, suites: list[str]) -> Finding | None:
    """Some suites are all given by name; others besides them are left to people."""
    configured = server.flags.texts(_SUITES)
    missing = [suite for suite in suites if suite not in configured]
    if missing:
        message = f"--{_SUITES} lacks {', '.join(missing)}" if configured else f"--{_SUITES} is not given"
        if server.flags.text(_MIN_VERSION) == "VersionTLS13":
            message += f", although --{_MIN_VERSION}=VersionTLS13 makes it ineffective"
        return server.fails(_SUITES, message, f"set --{_SUITES}={','.join(suites)}")
    others = [suite for suite in configured if suite not in suites]
    if others:
        return _review(_SUITES, f"--{_SUITES} has {', '.join(others)} as well: are they approved?")
    return server.unless_unknown(_SUITES)


def _alpha_features(server: Server) -> Finding | None:
    """Alpha features are not enabled as a whole; alpha APIs, which have another flag, are left to people."""
    gates, apis = "feature-gates", "runtime-config"
    if server.context.gates.set_to.get("AllAlpha"):
        return server.fails(gates, "the feature gate AllAlpha is enabled", "remove AllAlpha, and name each gate")
    if server.flags.mapping(apis).get("api/alpha", "false").lower() in ("true", ""):
        return _review(apis, f"--{apis} enables every alpha API with api/alpha: are they needed?")
    return server.unless_unknown(gates, apis)


def _pod_security(server: Server) -> Finding | None:
    """PodSecurity has defaults in the file of the admission plugins."""
    if not server.flags.text(_ADMISSION):
        return server.fails(
            _ADMISSION, f"--{_ADMISSION} is not set", f"set --{_ADMISSION}, with defaults of PodSecurity"
        )
    root = server.file(_ADMISSION)
    if root is None:
        return server.undetermined(_ADMISSION, "the admission config file is not available")
    hint = "add an entry PodSecurity with defaults.enforce baseline or restricted"
    for plugin in root["plugins"].items():
        if plugin["name"].text != "PodSecurity":
            continue
        configuration = _configuration_of(server, plugin)
        if configuration is None:
            return server.undetermined(_ADMISSION, "the configuration file of PodSecurity is not available")
        enforced = configuration["defaults"]["enforce"]
        if enforced.text in ("baseline", "restricted"):
            return None
        message = (
            f"PodSecurity enforces {shown(enforced.text)} by default" if enforced.text else "PodSecurity has no default"
        )
        return Finding(FAIL, message, hint, _ADMISSION, field=enforced)
    return Finding(FAIL, "the file has no entry PodSecurity", hint, _ADMISSION, field=root["plugins"])


def _configuration_of(server: Server, plugin: Field) -> Field | None:
    """Return the configuration of an admission plugin: inline, or in a file; None if that is not available."""
    if plugin["configuration"].is_set or not plugin["path"].text:
        return plugin["configuration"]
    files = (file.root for file in server.context.config_files if file.kind == "PodSecurityConfiguration")
    return next(files, None)


def _ports(server: Server) -> Finding | None:
    """Ports are compared with the list of an organisation, which no input has."""
    port = server.flags.number("secure-port")
    etcd = sorted({port_of(url) for url in server.flags.texts("etcd-servers")} - {""})
    others = f", and etcd is reached on {', '.join(etcd)}" if etcd else ""
    return Finding(
        MANUAL,
        f"the server listens on port {port}{others}",
        "compare with the ports that are registered",
        "secure-port",
    )


def port_of(url: str) -> str:
    """Return the port in a URL of etcd; empty if it has none."""
    port = url.rpartition("//")[2].partition("/")[0].rpartition(":")[2]
    return port if port.isdecimal() else ""


def _manual(server: Server, *, reason: str, flag: str) -> Finding | None:
    """The input never decides it."""
    return _review(flag, reason)


def _not_applicable(server: Server, *, reason: str, flag: str) -> Finding | None:
    """The requirement is about what the server of this version does not have."""
    return Finding(NOT_APPLICABLE, reason, "", flag)


def _review(flag: str, reason: str) -> Finding:
    """Return a control that is left to people."""
    return Finding(MANUAL, reason, "review it manually", flag)


KINDS: dict[str, Callable[..., Finding | None]] = {
    "alpha-features": _alpha_features,
    "anonymous": _anonymous,
    "audit-log": _audit_log,
    "audit-policy": _audit_policy,
    "authorizers": _authorizers,
    "duration": _duration,
    "encryption": _encryption,
    "manual": _manual,
    "named-suites": _named_suites,
    "not-applicable": _not_applicable,
    "number": _number,
    "one-of": _one_of,
    "plugin": _plugin,
    "pod-security": _pod_security,
    "ports": _ports,
    "serving-pair": _serving_pair,
    "set": _set,
    "strong-suites": _strong_suites,
    "switch": _switch,
    "unset": _unset,
}
"""Every kind of condition by its name in the data."""
