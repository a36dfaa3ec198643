"""The CIS Kubernetes Benchmark, section 1.2: the API server.

The titles are in `compiler/rules/data/CIS.yaml`, the edition for each version of Kubernetes in
`upstream/catalog/data/behaviours.json`. Controls that the benchmark marks as manual are checked as well if the input
decides them.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler import rules
from compiler.apiserver.startup import Resolved
from compiler.diagnostics import NOTE, WARNING, Report, diagnose
from compiler.review import Finding, Server
from compiler.review.risks.identities import is_for_health
from compiler.review.risks.storage import entry_of_secrets, kind_of
from compiler.rules import Rule
from compiler.rules.rule import FAIL, PASS, ControlResult, PolicyResult

Check = Callable[[Server], "Finding | None"]

_MINUTE = 60 * 10**9
_MAX_TIMEOUT = 5 * _MINUTE
_ENCRYPTING = ("kms", "secretbox", "aescbc")
_PLUGINS, _MODE = "enable-admission-plugins", "authorization-mode"


def judge(resolved: Resolved, report: Report) -> PolicyResult:
    """Return the results of all controls, and report those that do not pass."""
    server = Server(resolved)
    findings = [check(server) for _, check in _CONTROLS]
    for number, ((rule, _), finding) in enumerate(zip(_CONTROLS, findings, strict=True), 1):
        if finding is not None:
            _report(server, rule, number, finding, report)
    return _result(server, findings)


def results(resolved: Resolved) -> PolicyResult:
    """Return the results of all controls, without reporting them."""
    server = Server(resolved)
    return _result(server, [check(server) for _, check in _CONTROLS])


def _result(server: Server, findings: list[Finding | None]) -> PolicyResult:
    controls = []
    for number, ((rule, _), finding) in enumerate(zip(_CONTROLS, findings, strict=True), 1):
        title = rule.title.partition(": ")[2]
        status, reason = (finding.status, finding.message) if finding else (PASS, "")
        controls.append(ControlResult(f"1.2.{number}", title, status, reason))
    return PolicyResult("cis", server.catalog.behaviour("cisBenchmark")["version"], tuple(controls))


def _report(server: Server, rule: Rule, number: int, finding: Finding, report: Report) -> None:
    severity = WARNING if finding.status == FAIL else NOTE
    message = f"CIS 1.2.{number}: {finding.message}"
    if finding.field is not None:
        field = finding.field
        field.findings.add(rule, field.path, field.location, message, finding.hint, severity)
        return
    path, location = server.place(finding.flag, finding.element)
    report.add(
        diagnose(rule, message, finding.hint, path=path, flag=finding.flag, location=location, severity=severity)
    )


def _is_set(*flags: str) -> Check:
    """Return a check that all the flags are set."""

    def check(server: Server) -> Finding | None:
        for flag in flags:
            if not server.flags.value(flag):
                return server.fails(flag, f"--{flag} is not set", f"set --{' and --'.join(flags)}")
        return server.unless_unknown(*flags)

    return check


def _is_unset(flag: str) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.value(flag):
            return server.fails(flag, f"--{flag} is set", "remove it")
        return server.unless_unknown(flag)

    return check


def _is(flag: str, expected: bool) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.on(flag) == expected:
            return server.unless_unknown(flag)
        return server.fails(flag, f"--{flag} is {str(not expected).lower()}", f"set --{flag}={str(expected).lower()}")

    return check


def _at_least(flag: str, number: int) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.number(flag) >= number:
            return server.unless_unknown(flag)
        return server.fails(flag, f"--{flag} is {server.flags.number(flag)}, below {number}", f"set --{flag}={number}")

    return check


def _plugin(name: str, enabled: bool = True) -> Check:
    def check(server: Server) -> Finding | None:
        if (name in server.plugins) == enabled:
            return server.unless_unknown(_PLUGINS, "disable-admission-plugins", "admission-control")
        flag, element = server.deciding_plugin_flag(name)
        state, verb = ("not enabled", "enable") if enabled else ("enabled", "remove")
        return server.fails(flag, f"the admission plugin {name} is {state}", f"{verb} {name}", element)

    return check


def _authorizer(kind: str, enabled: bool = True) -> Check:
    def check(server: Server) -> Finding | None:
        if server.authorizers is None:
            return server.undetermined("authorization-config", "the authorization config file is not available")
        if (kind in server.authorizers) == enabled:
            # Only one of the two can be set.
            flags = [flag for flag in (_MODE, "authorization-config") if server.flags.changed(flag)]
            return server.unless_unknown(*flags or (_MODE,))
        verb = "is not" if enabled else "is"
        hint = f"add {kind}" if enabled else f"remove {kind}, and set Node,RBAC"
        return server.fails_in_chain(f"{kind} {verb} among the authorizers", hint, kind)

    return check


def _anonymous(server: Server) -> Finding | None:
    """Anonymous requests to health checks are allowed: probes and load balancers need them."""
    flag = "authentication-config" if server.flags.text("authentication-config") else "anonymous-auth"
    anonymous = server.config.authentication.anonymous
    if anonymous.enabled is None:
        return server.undetermined(flag, "the authentication config file is not available")
    paths = [condition.path for condition in anonymous.conditions or ()]
    if not anonymous.enabled or (paths and all(map(is_for_health, paths))):
        return server.unless_unknown("anonymous-auth")
    open_to = "every path" if not paths else next(path for path in paths if not is_for_health(path))
    hint = "set --anonymous-auth=false, or limit anonymous requests to health checks with --authentication-config"
    return server.fails(flag, f"anonymous requests are allowed on {open_to}", hint)


def _audit_log(server: Server) -> Finding | None:
    for flag in ("audit-log-path", "audit-policy-file"):
        if not server.flags.text(flag):
            return server.fails(flag, f"no audit log is written: --{flag} is not set", f"set --{flag}")
    return server.unless_unknown("audit-log-path", "audit-policy-file")


def _request_timeout(server: Server) -> Finding | None:
    flag = "request-timeout"
    timeout = server.flags.number(flag)
    if timeout <= 0:
        return server.fails(flag, f"--{flag} is not positive", "set for example 1m")
    if timeout > _MAX_TIMEOUT:
        return server.undetermined(flag, f"--{flag} is longer than 5 minutes: is that needed for slow links?")
    return server.unless_unknown(flag)


def _token_keys(server: Server) -> Finding | None:
    """An external signer provides its own keys."""
    if server.flags.text("service-account-signing-endpoint"):
        return None
    return _is_set("service-account-key-file")(server)


def _serving_pair(server: Server) -> Finding | None:
    """A self-signed certificate does not pass."""
    flag = "tls-cert-file"
    if server.config.secure_serving.certificate.self_signed:
        hint = f"set --{flag} and --tls-private-key-file to a certificate signed by a CA"
        return server.fails(flag, f"--{flag} is not set: the serving certificate is self-signed", hint)
    return _is_set(flag, "tls-private-key-file")(server)


def _encryption(server: Server) -> Finding | None:
    flag = "encryption-provider-config"
    if not server.flags.text(flag):
        return server.fails(flag, f"no provider is configured: --{flag} is not set", f"set --{flag}")
    root = server.file(flag)
    if root is None:
        return server.undetermined(flag, "the encryption config file is not available")
    entry = entry_of_secrets(root)
    providers = entry["providers"].items() if entry is not None else []
    if not providers:
        message, field = "secrets are not encrypted", root["resources"]
    elif kind_of(providers[0]) in _ENCRYPTING:
        return None
    else:
        message, field = f"secrets are written with {kind_of(providers[0]) or 'no provider'}", providers[0]
    return Finding(FAIL, message, f"put one of {', '.join(_ENCRYPTING)} first", flag, field=field)


def _suites(server: Server) -> Finding | None:
    flag = "tls-cipher-suites"
    if server.flags.text("tls-min-version") == "VersionTLS13":
        return server.unless_unknown("tls-min-version")
    preferred = server.catalog.tls("preferredCiphers")
    weak = server.catalog.behaviour("cisBenchmark")["weakSuites"]
    configured = server.flags.texts(flag)
    rejected = [suite for suite in configured or preferred if suite in weak or suite not in preferred]
    if not rejected:
        return server.unless_unknown(flag)
    strong = [suite for suite in preferred if suite not in weak and "_WITH_" in suite and suite.endswith("GCM_SHA256")]
    subject = f"--{flag} has" if configured else f"--{flag} is not set, and the default has"
    hint = f"set only strong suites, for example {','.join(strong)}, or set --tls-min-version=VersionTLS13"
    element = configured.index(rejected[0]) if configured else None
    return server.fails(flag, f"{subject} {', '.join(rejected)}", hint, element)


_CONTROLS: tuple[tuple[Rule, Check], ...] = (
    (rules.CIS_ANONYMOUS_AUTH, _anonymous),
    (rules.CIS_TOKEN_AUTH_FILE, _is_unset("token-auth-file")),
    (rules.CIS_DENY_SERVICE_EXTERNAL_IPS, _plugin("DenyServiceExternalIPs")),
    (rules.CIS_KUBELET_CLIENT_CERTIFICATE, _is_set("kubelet-client-certificate", "kubelet-client-key")),
    (rules.CIS_KUBELET_CERTIFICATE_AUTHORITY, _is_set("kubelet-certificate-authority")),
    (rules.CIS_ALWAYS_ALLOW, _authorizer("AlwaysAllow", enabled=False)),
    (rules.CIS_NODE_AUTHORIZER, _authorizer("Node")),
    (rules.CIS_RBAC, _authorizer("RBAC")),
    (rules.CIS_EVENT_RATE_LIMIT, _plugin("EventRateLimit")),
    (rules.CIS_ALWAYS_ADMIT, _plugin("AlwaysAdmit", enabled=False)),
    (rules.CIS_ALWAYS_PULL_IMAGES, _plugin("AlwaysPullImages")),
    (rules.CIS_SERVICE_ACCOUNT_PLUGIN, _plugin("ServiceAccount")),
    (rules.CIS_NAMESPACE_LIFECYCLE, _plugin("NamespaceLifecycle")),
    (rules.CIS_NODE_RESTRICTION, _plugin("NodeRestriction")),
    (rules.CIS_PROFILING, _is("profiling", expected=False)),
    (rules.CIS_AUDIT_LOG, _audit_log),
    (rules.CIS_AUDIT_LOG_MAX_AGE, _at_least("audit-log-maxage", 30)),
    (rules.CIS_AUDIT_LOG_MAX_BACKUP, _at_least("audit-log-maxbackup", 10)),
    (rules.CIS_AUDIT_LOG_MAX_SIZE, _at_least("audit-log-maxsize", 100)),
    (rules.CIS_REQUEST_TIMEOUT, _request_timeout),
    (rules.CIS_SERVICE_ACCOUNT_LOOKUP, _is("service-account-lookup", expected=True)),
    (rules.CIS_SERVICE_ACCOUNT_KEY_FILE, _token_keys),
    (rules.CIS_ETCD_CLIENT_CERTIFICATE, _is_set("etcd-certfile", "etcd-keyfile")),
    (rules.CIS_SERVING_CERTIFICATE, _serving_pair),
    (rules.CIS_CLIENT_CA_FILE, _is_set("client-ca-file")),
    (rules.CIS_ETCD_CA_FILE, _is_set("etcd-cafile")),
    (rules.CIS_ENCRYPTION_PROVIDER_CONFIG, _is_set("encryption-provider-config")),
    (rules.CIS_ENCRYPTION_PROVIDERS, _encryption),
    (rules.CIS_CIPHER_SUITES, _suites),
    (rules.CIS_EXTENDED_TOKEN_EXPIRATION, _is("service-account-extend-token-expiration", expected=False)),
)
"""The controls 1.2.1 to 1.2.30, in order."""
