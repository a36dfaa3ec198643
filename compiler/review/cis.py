"""The CIS Kubernetes Benchmark, section 1.2: the API server.

The titles are in `compiler/rules/data/CIS.yaml`, which edition belongs to which version of Kubernetes in
`catalog/data/behaviours.json`. What the benchmark leaves to a reviewer is judged all the same where the input tells.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler import rules
from compiler.apiserver.startup import Resolved
from compiler.diagnostics import NOTE, WARNING, Report, diagnose
from compiler.review.policies import FAIL, PASS, Finding, Judged, PolicyResult, Server
from compiler.review.risks.encryption import entry_of_secrets, kind_of
from compiler.review.risks.identities import is_for_health
from compiler.rules import Rule

Check = Callable[[Server], "Finding | None"]

_MINUTE = 60 * 10**9
_LONGEST = 5 * _MINUTE
_ENCRYPTING = ("kms", "secretbox", "aescbc")
_ON, _MODE = "enable-admission-plugins", "authorization-mode"


def judge(resolved: Resolved, report: Report) -> PolicyResult:
    """The verdict on every control; findings go to the report."""
    server = Server(resolved)
    found = [check(server) for _, check in _CONTROLS]
    for number, ((rule, _), finding) in enumerate(zip(_CONTROLS, found, strict=True), 1):
        if finding is not None:
            _report(server, rule, number, finding, report)
    return _result(server, found)


def verdicts(resolved: Resolved) -> PolicyResult:
    """The verdict on every control, for those who show it otherwise than as findings."""
    server = Server(resolved)
    return _result(server, [check(server) for _, check in _CONTROLS])


def _result(server: Server, found: list[Finding | None]) -> PolicyResult:
    controls = []
    for number, ((rule, _), finding) in enumerate(zip(_CONTROLS, found, strict=True), 1):
        title = rule.title.partition(": ")[2]
        status, reason = (finding.status, finding.message) if finding else (PASS, "")
        controls.append(Judged(f"1.2.{number}", title, status, reason))
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


def _given(*flags: str) -> Check:
    """Every one of the flags has to be given."""

    def check(server: Server) -> Finding | None:
        for flag in flags:
            if not server.flags.value(flag):
                return server.fails(flag, f"--{flag} is not given", f"set --{' and --'.join(flags)}")
        return server.unless_unknown(*flags)

    return check


def _absent(flag: str) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.value(flag):
            return server.fails(flag, f"--{flag} is given", "remove it")
        return server.unless_unknown(flag)

    return check


def _switched(flag: str, wanted: bool) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.on(flag) == wanted:
            return server.unless_unknown(flag)
        state = "off" if wanted else "on"
        return server.fails(flag, f"--{flag} is {state}", f"set --{flag}={str(wanted).lower()}")

    return check


def _at_least(flag: str, number: int) -> Check:
    def check(server: Server) -> Finding | None:
        if server.flags.number(flag) >= number:
            return server.unless_unknown(flag)
        return server.fails(flag, f"--{flag} is {server.flags.number(flag)}, below {number}", f"set --{flag}={number}")

    return check


def _plugin(name: str, wanted: bool = True) -> Check:
    def check(server: Server) -> Finding | None:
        if (name in server.plugins) == wanted:
            return server.unless_unknown(_ON, "disable-admission-plugins", "admission-control")
        flag, element = server.deciding_plugin_flag(name)
        state, verb = ("off", "enable") if wanted else ("on", "remove")
        return server.fails(flag, f"the admission plugin {name} is {state}", f"{verb} {name}", element)

    return check


def _authorizer(kind: str, wanted: bool = True) -> Check:
    def check(server: Server) -> Finding | None:
        if server.authorizers is None:
            return server.untold("authorization-config", "the authorizers are in a file that is not at hand")
        if (kind in server.authorizers) == wanted:
            # Only one of the two can be given.
            given = [flag for flag in (_MODE, "authorization-config") if server.flags.changed(flag)]
            return server.unless_unknown(*given or (_MODE,))
        verb = "is not" if wanted else "is"
        hint = f"add {kind}" if wanted else f"remove {kind}, and write Node,RBAC"
        return server.fails_in_chain(f"{kind} {verb} among the authorizers", hint, kind)

    return check


def _anonymous(server: Server) -> Finding | None:
    """Health checks may be open: nothing else could probe the server."""
    flag = "authentication-config" if server.flags.text("authentication-config") else "anonymous-auth"
    found = server.config.authentication.anonymous
    if found.enabled is None:
        return server.untold(flag, "what anonymous requests may do is in a file that is not at hand")
    paths = [condition.path for condition in found.conditions or ()]
    if not found.enabled or (paths and all(map(is_for_health, paths))):
        return server.unless_unknown("anonymous-auth")
    open_to = "every path" if not paths else next(path for path in paths if not is_for_health(path))
    hint = (
        "set --anonymous-auth=false, or let anonymous requests in on health checks alone with --authentication-config"
    )
    return server.fails(flag, f"anonymous requests are let in on {open_to}", hint)


def _audit_log(server: Server) -> Finding | None:
    for flag in ("audit-log-path", "audit-policy-file"):
        if not server.flags.text(flag):
            return server.fails(flag, f"no audit log is written: --{flag} is not given", f"set --{flag}")
    return server.unless_unknown("audit-log-path", "audit-policy-file")


def _deadline(server: Server) -> Finding | None:
    flag = "request-timeout"
    timeout = server.flags.number(flag)
    if timeout <= 0:
        return server.fails(flag, f"--{flag} gives requests no time", "write such as 1m")
    if timeout > _LONGEST:
        return server.untold(flag, f"--{flag} is longer than 5 minutes: is that needed for slow links?")
    return server.unless_unknown(flag)


def _token_keys(server: Server) -> Finding | None:
    """An external signer brings its keys along."""
    if server.flags.text("service-account-signing-endpoint"):
        return None
    return _given("service-account-key-file")(server)


def _serving_pair(server: Server) -> Finding | None:
    """A pair that the server signs itself does not count."""
    flag = "tls-cert-file"
    if server.config.secure_serving.certificate.self_signed:
        hint = f"set --{flag} and --tls-private-key-file to a pair that a CA has signed"
        return server.fails(flag, f"--{flag} is not given: the server signs its certificate itself", hint)
    return _given(flag, "tls-private-key-file")(server)


def _encryption(server: Server) -> Finding | None:
    flag = "encryption-provider-config"
    if not server.flags.text(flag):
        return server.fails(flag, f"no provider is configured: --{flag} is not given", f"set --{flag}")
    root = server.file(flag)
    if root is None:
        return server.untold(flag, "the providers are in a file that is not at hand")
    entry = entry_of_secrets(root)
    providers = entry["providers"].items() if entry is not None else []
    if not providers:
        message, field = "secrets are not encrypted", root["resources"]
    elif kind_of(providers[0]) in _ENCRYPTING:
        return None
    else:
        message, field = f"secrets are written by {kind_of(providers[0]) or 'no provider'}", providers[0]
    return Finding(FAIL, message, f"put one of {', '.join(_ENCRYPTING)} first", flag, field=field)


def _suites(server: Server) -> Finding | None:
    flag = "tls-cipher-suites"
    if server.flags.text("tls-min-version") == "VersionTLS13":
        return server.unless_unknown("tls-min-version")
    preferred = server.catalog.tls("preferredCiphers")
    weak = server.catalog.behaviour("cisBenchmark")["weakSuites"]
    given = server.flags.texts(flag)
    bad = [suite for suite in given or preferred if suite in weak or suite not in preferred]
    if not bad:
        return server.unless_unknown(flag)
    strong = [suite for suite in preferred if suite not in weak and "_WITH_" in suite and suite.endswith("GCM_SHA256")]
    whose = f"--{flag} has" if given else f"--{flag} is not given, and the default has"
    hint = f"name strong suites alone, such as {','.join(strong)}, or set --tls-min-version=VersionTLS13"
    return server.fails(flag, f"{whose} {', '.join(bad)}", hint, given.index(bad[0]) if given else None)


_CONTROLS: tuple[tuple[Rule, Check], ...] = (
    (rules.CIS_ANONYMOUS_AUTH, _anonymous),
    (rules.CIS_TOKEN_AUTH_FILE, _absent("token-auth-file")),
    (rules.CIS_DENY_SERVICE_EXTERNAL_IPS, _plugin("DenyServiceExternalIPs")),
    (rules.CIS_KUBELET_CLIENT_CERTIFICATE, _given("kubelet-client-certificate", "kubelet-client-key")),
    (rules.CIS_KUBELET_CERTIFICATE_AUTHORITY, _given("kubelet-certificate-authority")),
    (rules.CIS_ALWAYS_ALLOW, _authorizer("AlwaysAllow", wanted=False)),
    (rules.CIS_NODE_AUTHORIZER, _authorizer("Node")),
    (rules.CIS_RBAC, _authorizer("RBAC")),
    (rules.CIS_EVENT_RATE_LIMIT, _plugin("EventRateLimit")),
    (rules.CIS_ALWAYS_ADMIT, _plugin("AlwaysAdmit", wanted=False)),
    (rules.CIS_ALWAYS_PULL_IMAGES, _plugin("AlwaysPullImages")),
    (rules.CIS_SERVICE_ACCOUNT_PLUGIN, _plugin("ServiceAccount")),
    (rules.CIS_NAMESPACE_LIFECYCLE, _plugin("NamespaceLifecycle")),
    (rules.CIS_NODE_RESTRICTION, _plugin("NodeRestriction")),
    (rules.CIS_PROFILING, _switched("profiling", wanted=False)),
    (rules.CIS_AUDIT_LOG, _audit_log),
    (rules.CIS_AUDIT_LOG_MAX_AGE, _at_least("audit-log-maxage", 30)),
    (rules.CIS_AUDIT_LOG_MAX_BACKUP, _at_least("audit-log-maxbackup", 10)),
    (rules.CIS_AUDIT_LOG_MAX_SIZE, _at_least("audit-log-maxsize", 100)),
    (rules.CIS_REQUEST_TIMEOUT, _deadline),
    (rules.CIS_SERVICE_ACCOUNT_LOOKUP, _switched("service-account-lookup", wanted=True)),
    (rules.CIS_SERVICE_ACCOUNT_KEY_FILE, _token_keys),
    (rules.CIS_ETCD_CLIENT_CERTIFICATE, _given("etcd-certfile", "etcd-keyfile")),
    (rules.CIS_SERVING_CERTIFICATE, _serving_pair),
    (rules.CIS_CLIENT_CA_FILE, _given("client-ca-file")),
    (rules.CIS_ETCD_CA_FILE, _given("etcd-cafile")),
    (rules.CIS_ENCRYPTION_PROVIDER_CONFIG, _given("encryption-provider-config")),
    (rules.CIS_ENCRYPTION_PROVIDERS, _encryption),
    (rules.CIS_CIPHER_SUITES, _suites),
    (rules.CIS_EXTENDED_TOKEN_EXPIRATION, _switched("service-account-extend-token-expiration", wanted=False)),
)
"""The controls 1.2.1 to 1.2.30, in order."""
