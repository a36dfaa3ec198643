"""What the server accepts and never uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.review.examine import Settings, examine
from compiler.review.risks import find_risks
from tests.apiserver.config_files.running import KUBECONFIG, started
from tests.review.risks.telling import DOCUMENT, SOUND
from tests.review.test_clarify import NEEDED

CODES = range(110, 122)


def found(folder: Path, *flags: str, files: dict[str, str] | None = None) -> list[str]:
    """What is said of flags, each as `RISK-110 hint`."""
    given = {flag.partition("=")[0] for flag in flags}
    base = [flag for flag in SOUND if flag.partition("=")[0] not in given]
    resolved, report = started(folder, files or {}, *base, *flags)
    assert list(report.of("error")) == []
    find_risks(resolved, report)
    return told(report.diagnostics)


def told(diagnostics: list) -> list[str]:
    codes = {f"KASC-RISK-{number}": f"RISK-{number}" for number in CODES}
    return [f"{codes[each.code]} {each.hint}" for each in diagnostics if each.code in codes]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--watch-cache-sizes=event#0",), ["RISK-110 did you mean events?"]),
        (("--watch-cache-sizes=deployments#5",), ["RISK-110 did you mean deployments.apps?"]),
        (("--watch-cache-sizes=events#0,deployments.apps#5",), []),
        (("--etcd-servers-overrides=/event#https://a:1",), ["RISK-110 did you mean /events?"]),
        (("--etcd-servers-overrides=core/events#https://a:1",), ["RISK-110 did you mean /events?"]),
        (("--etcd-servers-overrides=apps/Deployment#https://a:1",), ["RISK-110 did you mean apps/deployments?"]),
        (("--etcd-servers-overrides=/events#https://a:1,apps/*#https://a:1",), []),
        (("--runtime-config=apps/v1/deployment=false",), ["RISK-110 did you mean apps/v1/deployments?"]),
        (("--runtime-config=apps/v1/deployments=false,batch/v1=true",), []),
        (("--audit-log-maxage=3",), ["RISK-113 remove --audit-log-maxage, or set --audit-log-path"]),
        (
            ("--audit-log-path=/f/a.log", "--audit-log-mode=blocking", "--audit-log-batch-max-size=3"),
            ["RISK-113 remove --audit-log-batch-max-size, or set --audit-log-mode=batch"],
        ),
        (
            ("--audit-log-path=/f/a.log", "--audit-log-truncate-max-event-size=3"),
            ["RISK-113 remove --audit-log-truncate-max-event-size, or set --audit-log-truncate-enabled"],
        ),
        (
            ("--requestheader-allowed-names=a",),
            ["RISK-113 remove --requestheader-allowed-names, or set --requestheader-client-ca-file"],
        ),
        (
            ("--watch-cache=false", "--watch-cache-sizes=events#0"),
            ["RISK-113 remove --watch-cache-sizes, or remove --watch-cache=false"],
        ),
        (("--cert-dir=/x",), []),
        (("--secure-port=1", "--secure-port=2"), ["RISK-112 keep one of them"]),
        (("--secure-port=1", "--secure-port=1"), []),
        (("--service-account-issuer=https://c", "--service-account-issuer=https://d"), []),
        (
            ("--service-account-issuer=https://c,https://d",),
            ["RISK-114 repeat the flag: --service-account-issuer=https://c --service-account-issuer=https://d"],
        ),
        (("--etcd-prefix=/a\u2013b",), ['RISK-118 write "-" for an en dash (U+2013)']),
        (("--etcd-prefix=/\u00e4b",), []),
        (("--etcd-prefix='/a'",), ["RISK-119 remove the quotes: write --etcd-prefix=/a"]),
        (("--etcd-prefix=/a --profiling=false",), ["RISK-120 write each flag as a separate argument"]),
    ],
)
def test_flags(tmp_path: Path, flags: tuple[str, ...], expected: list[str]) -> None:
    assert found(tmp_path, *flags) == expected


def test_a_document_gets_a_list(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(DOCUMENT.replace("[https://a]", '["https://a,https://b"]'))
    assert 'RISK-114 write a list: ["https://a", "https://b"]' in told(
        examine(str(path), Settings()).report.diagnostics
    )


def test_nothing_is_said_next_to_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.flags"
    path.write_text(f"{NEEDED}--audit-log-maxage=3\n--audit-log-pth=/a\n")
    assert told(examine(str(path), Settings()).report.diagnostics) == []


def test_resources_of_an_encryption_configuration(tmp_path: Path) -> None:
    text = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
        "- resources: [secrets, configmap, deployments, deployment.apps, widgets.example.com]\n"
        "  providers: [{secretbox: {keys: [{name: a, secret: %s}]}}, {identity: {}}]\n"
    )
    key = "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8="
    flag = "--encryption-provider-config=/f/e.yaml"
    assert found(tmp_path, flag, files={"e.yaml": text % key}) == [
        "RISK-110 did you mean configmaps?",
        "RISK-110 did you mean deployments.apps?",
        "RISK-110 did you mean deployments.apps?",
    ]


def test_entries_of_plugins(tmp_path: Path) -> None:
    kind = "apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration"
    entry = f"- {{name: %s, configuration: {{{kind}}}}}\n"
    names = ("PodSecurity", "PodSecurity", "PodSecurty", "SecurityContextDeny", "EventRateLimit")
    text = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
    text += "".join(entry % name for name in names)
    flag = "--admission-control-config-file=/f/a.yaml"
    assert found(tmp_path, flag, files={"a.yaml": text}) == [
        "RISK-111 remove one of the entries",
        "RISK-111 did you mean PodSecurity?",
        "RISK-111 remove the entry",
        "RISK-111 add EventRateLimit to --enable-admission-plugins",
    ]


def test_fields_of_a_kubeconfig(tmp_path: Path) -> None:
    text = KUBECONFIG.replace("{token: x}", "{token: x, tokenFile: /f/token}")
    flags = ("--authentication-token-webhook-config-file=/f/k.yaml",)
    assert found(tmp_path, *flags, files={"k.yaml": text, "token": "x"}) == ["RISK-121 remove token, or tokenFile"]
