"""Every control of the CIS benchmark, in each edition in use, and of the STIG: what passes, what fails, what is open.

The requirements are those of the benchmark's editions 1.11, 1.12 and 2.0, and of the STIG V2R6.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from compiler.review.policies import ShippedPolicy, editions
from compiler.rules.rule import ControlResult, PolicyResult

CIS, STIG = ShippedPolicy("cis"), ShippedPolicy("stig")
VERSIONS = {"1.31": "1.11", "1.32": "1.12", "1.33": "1.12", "1.34": "2.0", "1.35": "2.0", "1.36": "2.0", "1.37": "2.0"}
FOUR = ",".join(
    f"TLS_ECDHE_{key}_WITH_AES_{size}" for size in ("128_GCM_SHA256", "256_GCM_SHA384") for key in ("ECDSA", "RSA")
)
PLUGINS = "DenyServiceExternalIPs,EventRateLimit,AlwaysPullImages,NodeRestriction"
PASSING = {
    "--etcd-servers": "https://192.0.2.9:2379",
    "--service-account-issuer": "https://a.example",
    "--service-account-signing-key-file": "/s.key",
    "--service-account-key-file": "/s.pub",
    "--service-cluster-ip-range": "10.0.0.0/24",
    "--secure-port": "6443",
    "--anonymous-auth": "false",
    "--kubelet-client-certificate": "/k.crt",
    "--kubelet-client-key": "/k.key",
    "--kubelet-certificate-authority": "/ca.crt",
    "--authorization-mode": "Node,RBAC",
    "--enable-admission-plugins": PLUGINS,
    "--admission-control-config-file": "/f/admission",
    "--profiling": "false",
    "--audit-log-path": "/a.log",
    "--audit-policy-file": "/f/audit",
    "--audit-log-maxage": "30",
    "--audit-log-maxbackup": "10",
    "--audit-log-maxsize": "100",
    "--request-timeout": "5m",
    "--etcd-certfile": "/e.crt",
    "--etcd-keyfile": "/e.key",
    "--etcd-cafile": "/e-ca.crt",
    "--tls-cert-file": "/s.crt",
    "--tls-private-key-file": "/s.key",
    "--tls-min-version": "VersionTLS12",
    "--tls-cipher-suites": FOUR,
    "--client-ca-file": "/ca.crt",
    "--encryption-provider-config": "/f/encryption",
    "--service-account-extend-token-expiration": "false",
}
"""A server that passes every control that can pass, with the files below."""
KMS, IDENTITY = "kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}", "identity: {}"


def encryption(*providers: str, resource: str = "secrets") -> str:
    entries = "".join(f"  - {each}\n" for each in providers)
    head = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
    return f"{head}resources:\n- resources: [{resource}]\n  providers:\n{entries}"


def audit(*rules: str) -> str:
    return "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n" + "".join(f"- {rule}\n" for rule in rules)


def admission(*plugins: str) -> str:
    limits = "{name: EventRateLimit, configuration: {apiVersion: eventratelimit.admission.k8s.io/v1alpha1, "
    limits += "kind: Configuration, limits: [{type: Server, qps: 5, burst: 5}]}}"
    entries = "".join(f"- {plugin}\n" for plugin in (limits, *plugins))
    return f"apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n{entries}"


def pod_security(defaults: str) -> str:
    kind = "apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration"
    return admission(f"{{name: PodSecurity, configuration: {{{kind}, defaults: {defaults}}}}}")


BARE = (
    "{level: Metadata, resources: [{group: '', resources: [secrets, configmaps]}, "
    "{group: authentication.k8s.io, resources: [tokenreviews]}]}"
)
NAMED, SECRETS = "{group: '', resources: [configmaps], resourceNames: [a]}", "{group: '', resources: [secrets]}"
GOOD_AUDIT = (BARE, "{level: Request}")
ANONYMOUS = (
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {{enabled: true{}}}\n"
)
HEALTH = ANONYMOUS.format(", conditions: [{path: /livez}, {path: /readyz}]")
AUTHORIZERS = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n{}"
FILES = {
    "encryption": encryption(KMS, IDENTITY),
    "audit": audit(*GOOD_AUDIT),
    "admission": pod_security("{enforce: baseline}"),
}


def judged(
    folder: Path, policy: ShippedPolicy, *flags: str, version: str = "1.36", files: Mapping[str, str] | None = None
) -> PolicyResult:
    """The results for the flags on top of those that pass; `--flag` without a value leaves a flag out."""
    given = dict(flag.partition("=")[::2] for flag in flags)
    left_out = {flag for flag in flags if "=" not in flag}
    merged = {name: value for name, value in (PASSING | given).items() if name not in left_out}
    if "--authentication-config" in merged:
        merged.pop("--anonymous-auth")
    if "--authorization-config" in merged:
        merged.pop("--authorization-mode")
    path = folder / "a.flags"
    path.write_text("".join(f"{name}={value}\n" for name, value in merged.items()))
    (folder / "f").mkdir(exist_ok=True)
    for name, text in {**FILES, **(files or {})}.items():
        (folder / "f" / name).write_text(text)
    host = Host("192.0.2.2", mappings=(("/f", str(folder / "f")),))
    report = examine(str(path), Settings("flags", version, host, (policy,))).report
    assert not list(report.of("error")), report.diagnostics
    (result,) = report.policies
    return result


def control(result: PolicyResult, number: str) -> ControlResult:
    return next(each for each in result.controls if each.id == number)


class Row(NamedTuple):
    """Flags and files with which a control passes in addition, fails, and is left open."""

    number: str
    fails: tuple[str, ...]
    manual: tuple[str, ...]
    passes: tuple[str, ...] = ()
    files: Mapping[str, str] = MappingProxyType({})


def needs(number: str, *flags: str) -> Row:
    """A control that asks for flags to be set."""
    return Row(number, tuple(f"{flag}=" for flag in flags), (f"{flags[0]}=$X",))


def plugin(number: str, name: str, default: bool = False) -> Row:
    if default:
        return Row(number, (f"--disable-admission-plugins={name}",), ("--disable-admission-plugins=$X",))
    others = ",".join(each for each in PLUGINS.split(",") if each != name)
    return Row(number, (f"--enable-admission-plugins={others}",), ("--enable-admission-plugins=$X",))


OTHER_FILE = "/elsewhere/file"
ROWS = (
    Row("1.2.1", ("--anonymous-auth=true",), (f"--authentication-config={OTHER_FILE}",)),
    Row("1.2.2", ("--token-auth-file=/t",), ("--token-auth-file=$X",)),
    plugin("1.2.3", "DenyServiceExternalIPs"),
    needs("1.2.4", "--kubelet-client-certificate", "--kubelet-client-key"),
    needs("1.2.5", "--kubelet-certificate-authority"),
    Row("1.2.6", ("--authorization-mode=AlwaysAllow,Node,RBAC",), ("--authorization-mode=$X",)),
    Row("1.2.7", ("--authorization-mode=RBAC",), (f"--authorization-config={OTHER_FILE}",)),
    Row("1.2.8", ("--authorization-mode=Node",), ("--authorization-mode=$X",)),
    plugin("1.2.9", "EventRateLimit"),
    Row("1.2.10", (f"--enable-admission-plugins={PLUGINS},AlwaysAdmit",), ("--enable-admission-plugins=$X",)),
    plugin("1.2.11", "AlwaysPullImages"),
    plugin("1.2.12", "ServiceAccount", default=True),
    plugin("1.2.13", "NamespaceLifecycle", default=True),
    plugin("1.2.14", "NodeRestriction"),
    Row("1.2.15", ("--profiling=true",), ("--profiling=$X",)),
    needs("1.2.16", "--audit-log-path"),
    Row("1.2.17", ("--audit-log-maxage=29",), ("--audit-log-maxage=$X",), ("--audit-log-maxage=31",)),
    Row("1.2.18", ("--audit-log-maxbackup=9",), ("--audit-log-maxbackup=$X",)),
    Row("1.2.19", ("--audit-log-maxsize=99",), ("--audit-log-maxsize=$X",)),
    Row("1.2.20", ("--request-timeout=0",), ("--request-timeout=6m",), ("--request-timeout",)),
    Row("1.2.21", ("--service-account-lookup=false",), ("--service-account-lookup=$X",)),
    Row("1.2.22", (), ("--service-account-key-file=$X",)),  # a server without a key does not start
    needs("1.2.23", "--etcd-certfile", "--etcd-keyfile"),
    needs("1.2.24", "--tls-cert-file", "--tls-private-key-file"),
    needs("1.2.25", "--client-ca-file"),
    needs("1.2.26", "--etcd-cafile"),
    needs("1.2.27", "--encryption-provider-config"),
    Row("1.2.28", (), (f"--encryption-provider-config={OTHER_FILE}",), files={"encryption": encryption(IDENTITY, KMS)}),
    Row(
        "1.2.29",
        (f"--tls-cipher-suites={FOUR},TLS_RSA_WITH_AES_128_GCM_SHA256",),
        ("--tls-cipher-suites=$X",),
        ("--tls-cipher-suites=", "--tls-min-version=VersionTLS13"),
    ),
    Row(
        "1.2.30",
        ("--service-account-extend-token-expiration=true",),
        ("--service-account-extend-token-expiration=$X",),
    ),
    needs("3.2.1", "--audit-policy-file"),
    Row("3.2.2", (), (f"--audit-policy-file={OTHER_FILE}",), files={"audit": audit("{level: Request}")}),
)
STIG_ROWS = (
    Row("V-242378", ("--tls-min-version=",), ("--tls-min-version=$X",), ("--tls-min-version=VersionTLS13",)),
    Row("V-242378", ("--tls-min-version=VersionTLS10",), ("--tls-min-version=$X",)),
    Row("V-242382", ("--authorization-mode=AlwaysAllow,Node,RBAC",), ("--authorization-mode=$X",)),
    Row("V-242382", ("--authorization-mode=RBAC",), (f"--authorization-config={OTHER_FILE}",)),
    Row("V-242389", ("--secure-port",), ("--secure-port=$X",), ("--secure-port=443",)),
    Row("V-242390", ("--anonymous-auth",), (f"--authentication-config={OTHER_FILE}",)),
    Row("V-242400", ("--feature-gates=AllAlpha=true", "--runtime-config=api/alpha=true"), ("--feature-gates=$X",)),
    Row(
        "V-242400",
        ("--feature-gates=AllAlpha=true", "--runtime-config=api/alpha=true"),
        ("--runtime-config=api/alpha=true",),
    ),
    needs("V-242402", "--audit-log-path"),
    Row("V-242403", ("--audit-policy-file=",), (f"--audit-policy-file={OTHER_FILE}",)),
    Row("V-242418", ("--tls-cipher-suites=",), ("--tls-cipher-suites=$X",)),
    Row(
        "V-242418",
        (f"--tls-cipher-suites={FOUR.split(',')[0]}",),
        (f"--tls-cipher-suites={FOUR},TLS_CHACHA20_POLY1305_SHA256",),
    ),
    needs("V-242419", "--client-ca-file"),
    needs("V-242422", "--tls-cert-file", "--tls-private-key-file"),
    needs("V-242429", "--etcd-cafile"),
    Row("V-242430", ("--etcd-certfile=", "--etcd-keyfile="), ("--etcd-certfile=$X",)),
    Row("V-242431", ("--etcd-certfile=", "--etcd-keyfile="), ("--etcd-keyfile=$X",)),
    plugin("V-242436", "ValidatingAdmissionWebhook", default=True),
    Row("V-242438", ("--request-timeout",), ("--request-timeout=$X",), ("--request-timeout=1h",)),
    needs("V-242461", "--audit-policy-file"),
    Row("V-242462", ("--audit-log-maxsize",), ("--audit-log-maxsize=$X",)),
    Row("V-242463", ("--audit-log-maxbackup=0",), ("--audit-log-maxbackup=$X",)),
    Row("V-242464", ("--audit-log-maxage",), ("--audit-log-maxage=$X",)),
    needs("V-242465", "--audit-log-path"),
    Row("V-245543", ("--token-auth-file=/t",), ("--token-auth-file=$X",)),
    needs("V-245544", "--kubelet-client-certificate", "--kubelet-client-key"),
    Row("V-254800", (), (f"--admission-control-config-file={OTHER_FILE}",), files={"admission": admission()}),
    Row(
        "V-254800",
        (),
        (f"--admission-control-config-file={OTHER_FILE}",),
        files={"admission": pod_security("{audit: baseline}")},
    ),
    plugin("V-254801", "PodSecurity", default=True),
    Row(
        "V-274882", (), (f"--encryption-provider-config={OTHER_FILE}",), files={"encryption": encryption(IDENTITY, KMS)}
    ),
    Row(
        "V-274882",
        (),
        (f"--encryption-provider-config={OTHER_FILE}",),
        files={"encryption": encryption(KMS, resource="pods")},
    ),
)
ALWAYS = {
    **dict.fromkeys(("V-242398", "V-242399", "V-245542"), "not-applicable"),
    **dict.fromkeys(("V-242405", "V-242408", "V-242410", "V-242444", "V-242451", "V-242466", "V-242467"), "manual"),
}


def check(row: Row, policy: ShippedPolicy, folder: Path, version: str = "1.36") -> None:
    failed = judged(folder, policy, *row.fails, version=version, files=row.files)
    if row.fails or row.files:
        found = control(failed, row.number)
        assert found.status == "fail"
        assert found.reason
        assert found.fix
        assert found.place is not None
    assert control(judged(folder, policy, *row.manual, version=version), row.number).status == "manual"
    if row.passes:
        assert control(judged(folder, policy, *row.passes, version=version), row.number).status == "pass"


@pytest.mark.parametrize("version", ["1.31", "1.32", "1.34"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_every_control_of_cis(row: Row, version: str, tmp_path: Path) -> None:
    check(row, CIS, tmp_path, version)


@pytest.mark.parametrize("row", STIG_ROWS, ids=lambda row: row.number)
def test_every_rule_of_the_stig(row: Row, tmp_path: Path) -> None:
    check(row, STIG, tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_passes(version: str, tmp_path: Path) -> None:
    cis = judged(tmp_path, CIS, version=version)
    assert cis.version == VERSIONS[version]
    assert bool(cis.note) == (version in ("1.36", "1.37"))
    assert {each.status for each in cis.controls} == {"pass"}
    assert [each.id for each in cis.controls] == [row.number for row in ROWS]
    stig = judged(tmp_path, STIG, version=version)
    assert {each.id: each.status for each in stig.controls if each.status != "pass"} == {
        **ALWAYS,
        "V-242403": "not-applicable",
    }


def test_the_stig_is_whole(tmp_path: Path) -> None:
    controls = judged(tmp_path, STIG).controls
    assert {each.id for each in controls} == {row.number for row in STIG_ROWS} | set(ALWAYS)
    assert len(controls) == 35
    assert [each.severity for each in controls].count("CAT I") == 8
    assert {each.severity for each in controls} == {"CAT I", "CAT II"}


def test_an_edition_by_name(tmp_path: Path) -> None:
    cbc = f"--tls-cipher-suites={FOUR},TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    found = {each: judged(tmp_path, ShippedPolicy("cis", each), cbc) for each in editions("cis")}
    assert {each: control(result, "1.2.29").status for each, result in found.items()} == {
        "1.11": "pass",
        "1.12": "fail",
        "2.0": "fail",
    }
    assert found["1.12"].note == "edition 2.0 is the one for Kubernetes 1.36"


def test_everything_in_the_log_is_what_the_stig_asks_for(tmp_path: Path) -> None:
    files = {"audit": audit("{level: RequestResponse}")}
    assert control(judged(tmp_path, STIG, files=files), "V-242403").status == "pass"
    assert control(judged(tmp_path, CIS, files=files), "3.2.2").status == "fail"


def test_anonymous_health_checks(tmp_path: Path) -> None:
    flag, files = "--authentication-config=/f/authentication", {"authentication": HEALTH}
    assert control(judged(tmp_path, CIS, flag, files=files), "1.2.1").status == "pass"
    assert control(judged(tmp_path, STIG, flag, files=files), "V-242390").status == "manual"
    files = {"authentication": ANONYMOUS.format("")}
    assert control(judged(tmp_path, STIG, flag, files=files), "V-242390").status == "fail"


def test_authorizers_of_a_file(tmp_path: Path) -> None:
    flag = "--authorization-config=/f/authz"
    files = {"authz": AUTHORIZERS.format("- {type: Node, name: node}\n- {type: RBAC, name: rbac}\n")}
    assert control(judged(tmp_path, STIG, flag, files=files), "V-242382").status == "pass"
    files = {"authz": AUTHORIZERS.format("- {type: RBAC, name: rbac}\n")}
    assert control(judged(tmp_path, CIS, flag, files=files), "1.2.7").status == "fail"


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        (GOOD_AUDIT, "pass"),
        (("{level: Metadata}",), "pass"),
        (("{level: None, nonResourceURLs: [/healthz*]}", *GOOD_AUDIT), "pass"),
        (("{level: None}",), "fail"),
        (("{level: None, resources: [{group: '', resources: [secrets]}]}", "{level: Metadata}"), "fail"),
        (("{level: None, resources: [{group: '', resources: ['*/exec']}]}", "{level: Metadata}"), "fail"),
        (("{level: None, resources: [{group: '', resources: ['pods/*']}]}", "{level: Metadata}"), "fail"),
        (("{level: None, verbs: [get], resources: [{group: batch}]}", "{level: Metadata}"), "pass"),
        (("{level: None, verbs: [delete], resources: [{group: batch}]}", "{level: Metadata}"), "fail"),
        (("{level: None, users: [system:kube-proxy]}", "{level: Metadata}"), "manual"),
        ((f"{{level: None, resources: [{NAMED}]}}", "{level: Metadata}"), "manual"),
        ((f"{{level: Request, namespaces: [a], resources: [{SECRETS}]}}", "{level: Metadata}"), "fail"),
        ((BARE,), "fail"),
    ],
)  # fmt: skip
def test_what_the_audit_policy_records(rules: tuple[str, ...], status: str, tmp_path: Path) -> None:
    found = control(judged(tmp_path, CIS, files={"audit": audit(*rules)}), "3.2.2")
    assert found.status == status
    if status != "pass":
        assert found.place is not None
        assert found.place[0].endswith("/f/audit")


def test_a_default_that_is_fine_is_not_a_flag_that_is_given(tmp_path: Path) -> None:
    result = judged(tmp_path, STIG, "--audit-log-maxage")
    assert control(result, "V-242464").reason == (
        "--audit-log-maxage is not given, although its default (366) meets the requirement"
    )
    result = judged(tmp_path, STIG, "--audit-log-maxage", version="1.31")
    assert control(result, "V-242464").reason == "--audit-log-maxage is not given: its default is 0"
