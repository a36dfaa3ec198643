"""The CIS Kubernetes Benchmark, section 1.2: which control a flag passes or breaks, and how that is reported.

The numbers and what each control asks for are those of the benchmark's editions 1.11, 1.12 and 2.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.diagnostics import Report
from compiler.review.policies import ShippedPolicy
from compiler.rules.rule import PolicyResult
from tests.apiserver.config_files.running import started
from tests.apiserver.options.running import server
from tests.cli.running import SAMPLES, kasc

CIS = ShippedPolicy("cis")
HARDENED = SAMPLES / "hardened/apiserver.yaml"
PLUGINS = "DenyServiceExternalIPs,EventRateLimit,AlwaysPullImages,NodeRestriction"
STRONG = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
PASSING = (
    "--anonymous-auth=false",
    "--kubelet-client-certificate=/k.crt",
    "--kubelet-client-key=/k.key",
    "--kubelet-certificate-authority=/ca.crt",
    "--authorization-mode=Node,RBAC",
    f"--enable-admission-plugins={PLUGINS}",
    "--admission-control-config-file=/a.yaml",
    "--profiling=false",
    "--audit-log-path=/a.log",
    "--audit-policy-file=/p.yaml",
    "--audit-log-maxage=30",
    "--audit-log-maxbackup=10",
    "--audit-log-maxsize=100",
    "--etcd-certfile=/e.crt",
    "--etcd-keyfile=/e.key",
    "--etcd-cafile=/e-ca.crt",
    "--tls-cert-file=/s.crt",
    "--tls-private-key-file=/s.key",
    "--client-ca-file=/ca.crt",
    f"--tls-cipher-suites={STRONG}",
    "--service-account-extend-token-expiration=false",
)
"""A server that passes every control but those about encryption."""
ENCRYPTION = """\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers: [PROVIDERS]
"""
KMS = "{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}"


def not_passed(result: PolicyResult) -> dict[int, str]:
    """Number of each control of section 1.2 that is not passed -> its status."""
    return {
        int(one.id.split(".")[2]): one.status
        for one in result.controls
        if one.status != "pass" and one.id.startswith("1.2.")
    }


def judged(*flags: str, version: str = "1.36") -> tuple[dict[int, str], Report]:
    given = {flag.split("=")[0] for flag in flags}
    resolved, report = server(*(flag for flag in PASSING if flag.split("=")[0] not in given), *flags, version=version)
    return not_passed(CIS.result(resolved, report)), report


@pytest.mark.parametrize(
    ("flags", "failed"),
    [
        ((), ()),
        (("--anonymous-auth=true",), (1,)),
        (("--token-auth-file=/t",), (2,)),
        (("--enable-admission-plugins=NodeRestriction",), (3, 9, 11)),
        (("--kubelet-client-certificate=",), (4,)),
        (("--kubelet-client-key=",), (4,)),
        (("--kubelet-certificate-authority=",), (5,)),
        # Node and RBAC behind AlwaysAllow are never asked, but they are there.
        (("--authorization-mode=AlwaysAllow,Node,RBAC",), (6,)),
        (("--authorization-mode=RBAC",), (7,)),
        (("--authorization-mode=Node",), (8,)),
        ((f"--enable-admission-plugins={PLUGINS},AlwaysAdmit",), (10,)),
        (("--disable-admission-plugins=ServiceAccount",), (12,)),
        (("--disable-admission-plugins=NamespaceLifecycle",), (13,)),
        (("--enable-admission-plugins=DenyServiceExternalIPs,EventRateLimit,AlwaysPullImages",), (14,)),
        (("--profiling=true",), (15,)),
        (("--audit-log-path=",), (16,)),
        (("--audit-policy-file=",), (16,)),
        (("--audit-log-maxage=29",), (17,)),
        (("--audit-log-maxbackup=9",), (18,)),
        (("--audit-log-maxsize=99",), (19,)),
        (("--request-timeout=0",), (20,)),
        (("--request-timeout=5m",), ()),
        (("--service-account-lookup=false",), (21,)),
        (("--etcd-certfile=", "--etcd-keyfile="), (23,)),
        (("--tls-cert-file=", "--tls-private-key-file="), (24,)),
        (("--client-ca-file=",), (25,)),
        (("--etcd-cafile=",), (26,)),
        (("--tls-cipher-suites=",), (29,)),
        ((f"--tls-cipher-suites={STRONG},TLS_RSA_WITH_AES_128_GCM_SHA256",), (29,)),
        ((f"--tls-cipher-suites={STRONG},TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",), (29,)),
        (("--tls-cipher-suites=", "--tls-min-version=VersionTLS13"), ()),
        (("--service-account-extend-token-expiration=true",), (30,)),
    ],
)
def test_the_control_that_a_flag_breaks(flags: tuple[str, ...], failed: tuple[int, ...]) -> None:
    controls, report = judged(*flags)
    assert controls == {27: "fail", 28: "fail"} | dict.fromkeys(failed, "fail")
    codes = sorted(found.code for found in report.diagnostics if "-CIS-" in found.code)
    # The audit policy has a section of its own.
    assert [code for code in codes if code < "KASC-CIS-300"] == [f"KASC-CIS-{number:03}" for number in sorted(controls)]
    assert report.outcome == ("accept" if not list(report.of("error")) else "reject")


def test_the_edition_of_an_older_version() -> None:
    """1.11 still counts suites in CBC mode among the strong ones; before 1.36 audit logs were not rotated by count."""
    suites = f"--tls-cipher-suites={STRONG},TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
    assert 29 not in judged(suites, version="1.31")[0]
    resolved, report = server(version="1.31")
    old = CIS.result(resolved, report)
    assert old.version == "1.11"
    assert {17, 18, 19} <= not_passed(old).keys()
    resolved, report = server(version="1.36")
    assert CIS.result(resolved, report).version == "2.0"


@pytest.mark.parametrize(
    ("providers", "failed"),
    [
        (f"{KMS}, {{identity: {{}}}}", {}),
        (f"{{identity: {{}}}}, {KMS}", {28: "fail"}),
        (
            "{aesgcm: {keys: [{name: a, secret: gIGCg4SFhoeIiYqLjI2Ojw==}]}}",
            {28: "fail"},
        ),
        ("{aescbc: {keys: [{name: a, secret: gIGCg4SFhoeIiYqLjI2Ojw==}]}}", {}),
    ],
)
def test_providers(providers: str, failed: dict[int, str], tmp_path: Path) -> None:
    text = ENCRYPTION.replace("PROVIDERS", providers)
    resolved, report = started(
        tmp_path, {"e": text}, *(flag for flag in PASSING if "=/" not in flag), "--encryption-provider-config=/f/e"
    )
    found = not_passed(CIS.result(resolved, report))
    assert {number: status for number, status in found.items() if number in (27, 28)} == failed
    for each in report.diagnostics:
        if each.code == "KASC-CIS-028":
            assert each.path == "resources[0].providers[0]"
            assert each.location is not None
            assert (each.location.file, each.location.line) == (str(tmp_path / "e"), 5)


def test_secrets_in_no_entry(tmp_path: Path) -> None:
    text = ENCRYPTION.replace("PROVIDERS", KMS).replace("secrets", "configmaps")
    resolved, report = started(tmp_path, {"e": text}, "--encryption-provider-config=/f/e")
    assert not_passed(CIS.result(resolved, report))[28] == "fail"


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ("{enabled: false}", "pass"),
        ("{enabled: true}", "fail"),
        ("{enabled: true, conditions: [{path: /livez}, {path: /readyz/etcd}]}", "pass"),
        ("{enabled: true, conditions: [{path: /livez}, {path: /version}]}", "fail"),
    ],
)
def test_anonymous_requests_of_a_file(conditions: str, status: str, tmp_path: Path) -> None:
    text = f"apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {conditions}\n"
    resolved, report = started(tmp_path, {"a": text}, "--authentication-config=/f/a")
    assert CIS.result(resolved, report).controls[0].status == status


def test_what_the_input_does_not_tell_is_a_note() -> None:
    controls, report = judged(
        "--encryption-provider-config=/e.yaml", "--authentication-config=/a.yaml", "--request-timeout=1h"
    )
    assert controls == {20: "manual", 28: "manual"}
    del controls
    resolved, report = server("--authentication-config=/a", "--authorization-config=/b", drop=("--authorization-mode",))
    controls = not_passed(CIS.result(resolved, report))
    assert {number: controls[number] for number in (1, 6, 7, 8)} == dict.fromkeys((1, 6, 7, 8), "manual")
    notes = {found.code for found in report.of("note")}
    assert {f"KASC-CIS-00{number}" for number in (1, 6, 7, 8)} <= notes


def test_the_hardened_sample_passes(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", "--strict", "--policy", "cis", HARDENED)
    assert ran.code == 0
    assert ran.out == (
        f"{HARDENED}: CIS Kubernetes Benchmark, sections 1.2 and 3.2 (2.0): 32 of 32 controls pass; "
        "the benchmark does not name Kubernetes 1.36\n1 input: no problems\n"
    )


def test_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    path.write_text((SAMPLES / "apiserver.yaml").read_text())
    assert kasc(capsys, "check", "--strict", path).code == 0
    ran = kasc(capsys, "check", "--policy", "cis", path)
    assert ran.code == 0
    assert "warning KASC-CIS-015: CIS 1.2.15: --profiling is true\n" in ran.out
    assert kasc(capsys, "check", "--strict", "--policy", "cis", path).code == 1
    (file,) = json.loads(kasc(capsys, "check", "--output", "json", "--policy", "cis", path).out)["files"]
    policy: dict[str, Any] = file["policy"]
    assert (policy["name"], policy["version"]) == ("cis", "2.0")
    assert file["policies"] == [policy]
    assert [one["id"] for one in policy["controls"][:30]] == [f"1.2.{number}" for number in range(1, 31)]
    assert all(set(one) == {"id", "title", "status"} for one in policy["controls"] if one["status"] == "pass")
    assert all({"reason", "fix", "file", "line"} <= set(one) for one in policy["controls"] if one["status"] == "fail")
    failed = {one["id"] for one in policy["controls"] if one["status"] == "fail"}
    assert len(failed) == len(file["diagnostics"])
    assert f"{32 - len(failed)} of 32 controls pass, {len(failed)} fail; the benchmark does not" in ran.out
    assert "policy" not in json.loads(kasc(capsys, "check", "--output", "json", path).out)["files"][0]
    listed = kasc(capsys, "explain", path, "--policy", "cis").out.splitlines()
    assert [line.split()[0] for line in listed[:-1]] == [one["id"] for one in policy["controls"]]
    assert [line.split()[1] for line in listed[:-1]] == [one["status"] for one in policy["controls"]]


def test_strict_keeps_what_a_policy_faults_from_being_compiled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("compile", SAMPLES / "apiserver.yaml", "-o", tmp_path / "out", "--policy", "cis")
    assert kasc(capsys, *command, "--strict").code == 1
    assert not (tmp_path / "out").exists()
    assert kasc(capsys, *command).code == 0


def test_a_comment_may_waive_a_control(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yaml"
    comment = "# kasc: ignore KASC-CIS-015: profiles are taken every week"
    path.write_text((SAMPLES / "minimal.yaml").read_text() + f"features: {{profiling: true}} {comment}\n")
    report = json.loads(kasc(capsys, "check", "--output", "json", "--policy", "cis", path).out)["files"][0]
    assert "KASC-CIS-015" not in {found["code"] for found in report["diagnostics"]}
    assert {one["id"]: one["status"] for one in report["policy"]["controls"]}["1.2.15"] == "fail"


def test_a_structured_file_is_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "check", "--policy", "cis", "--output", "json", SAMPLES / "hardened/audit-policy.yaml")
    (file,) = json.loads(ran.out)["files"]
    assert "policy" not in file
    assert [found["code"] for found in file["diagnostics"]] == ["KASC-VERSION-001"]


def test_a_project_may_ask_for_the_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".kasc.toml").write_text('policy = "cis"\n')
    assert "controls pass" in kasc(capsys, "check", HARDENED).out
    (tmp_path / ".kasc.toml").write_text('policy = "csi"\n')
    ran = kasc(capsys, "check", HARDENED)
    assert ran.code == 2
    assert "did you mean cis?" in ran.err


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert kasc(capsys, "check", "--policy", "pci", HARDENED).code == 2
    assert kasc(capsys, "explain", "--policy", "cis", "etcd-servers").code == 2
