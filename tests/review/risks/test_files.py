"""Risks in structured files: what is told, and at which place of the file."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.apiserver.config_files.running import KUBECONFIG
from tests.review.risks.telling import of_file, of_flags

KEY = base64.b64encode(bytes(range(128, 160))).decode()
READABLE = base64.b64encode(b"0123456789abcdef").decode()
ENCRYPTION = """\
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
"""
SECRETBOX = f"secretbox: {{keys: [{{name: k, secret: {KEY}}}]}}"
AUDIT = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
AUTHENTICATION = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
AUTHORIZATION = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"


def entry(resources: str, *providers: str) -> str:
    return f"- resources: [{resources}]\n  providers:\n" + "".join(f"  - {provider}\n" for provider in providers)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (entry("secrets", SECRETBOX, "identity: {}"), []),
        (entry("'*.'", SECRETBOX, "identity: {}"), []),
        (entry("'*.*'", SECRETBOX, "identity: {}"), []),
        (entry("secrets", "identity: {}", SECRETBOX), ["RISK-20 resources[0].providers[0] 6:5"]),
        (entry("configmaps", SECRETBOX, "identity: {}"), ["RISK-21 resources 4:1"]),
        (entry("secrets", "identity: {}"), ["RISK-21 resources[0].providers[0] 6:5"]),
        # The exact name wins over the wildcard, wherever it stands.
        (
            entry("secrets", "identity: {}") + entry("'*.*'", SECRETBOX, "identity: {}"),
            ["RISK-21 resources[0].providers[0] 6:5"],
        ),
        (entry("secrets", SECRETBOX, "identity: {}") + entry("events", "identity: {}"), []),
        (entry("secrets", SECRETBOX), ["RISK-22 resources[0].providers 6:3"]),
        (
            entry("secrets", f"aescbc: {{keys: [{{name: k, secret: {KEY}}}]}}", "identity: {}"),
            ["RISK-23 resources[0].providers[0].aescbc 6:13"],
        ),
        (
            entry("secrets", f"aesgcm: {{keys: [{{name: k, secret: {KEY}}}]}}", "identity: {}"),
            ["RISK-23 resources[0].providers[0].aesgcm 6:13"],
        ),
        # A weak provider that only reads does no harm.
        (entry("secrets", SECRETBOX, f"aescbc: {{keys: [{{name: k, secret: {KEY}}}]}}", "identity: {}"), []),
        (
            entry("secrets", f"aesgcm: {{keys: [{{name: k, secret: {READABLE}}}]}}", "identity: {}"),
            [
                "RISK-23 resources[0].providers[0].aesgcm 6:13",
                "RISK-25 resources[0].providers[0].aesgcm.keys[0].secret 6:39",
            ],
        ),
        (entry("secrets", "kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}", "identity: {}"), []),
    ],
)
def test_encryption(text: str, told: list[str], tmp_path: Path) -> None:
    assert of_file(tmp_path, "encryption-provider-config", ENCRYPTION + text) == told


def test_kms_v1(tmp_path: Path) -> None:
    text = ENCRYPTION + entry("secrets", "kms: {name: a, endpoint: 'unix:///a'}", "identity: {}")
    gate = "--feature-gates=KMSv1=true"
    told = of_file(tmp_path, "encryption-provider-config", text, gate)
    assert "RISK-24 resources[0].providers[0].kms.apiVersion 6:10" in told


def test_a_file_with_an_error_has_no_risks(tmp_path: Path) -> None:
    from compiler.review.risks import find_risks
    from tests.apiserver.config_files.running import started
    from tests.review.risks.telling import SOUND, risks

    text = ENCRYPTION + entry("secrets", "identity: {}", SECRETBOX, "aescbc: {keys: []}")
    resolved, report = started(tmp_path, {"f": text}, *SOUND, "--encryption-provider-config=/f/f")
    assert [found.rule for found in report.of("error")] == ["ENC-07"]
    find_risks(resolved, report)
    assert risks(report) == []


SECRETS = "resources: [{group: '', resources: [secrets, serviceaccounts/token]}, {group: authentication.k8s.io}]"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (["level: Metadata"], []),
        (["level: RequestResponse"], ["RISK-53 rules[0].level 4:11"]),
        (["level: Request"], ["RISK-53 rules[0].level 4:11"]),
        ([f"level: None, {SECRETS}", "level: RequestResponse"], []),
        ([f"level: Metadata, users: [a], {SECRETS}", "level: Request"], ["RISK-53 rules[1].level 5:11"]),
        (
            ["level: None, resources: [{group: '', resources: [secrets], resourceNames: [a]}]", "level: Request"],
            ["RISK-53 rules[1].level 5:11"],
        ),
        (["level: Request, verbs: [get, list, watch]"], []),
        (["level: RequestResponse, verbs: [get]"], ["RISK-53 rules[0].level 4:11"]),
        (["level: RequestResponse, verbs: [delete, watch]"], []),
        (
            [f"level: Metadata, verbs: [create, update, patch], {SECRETS}", "level: Request"],
            [],
        ),
        (["level: RequestResponse, nonResourceURLs: ['/api*']"], []),
        (["level: RequestResponse, resources: [{group: apps}]"], []),
        (["level: RequestResponse, resources: [{group: '', resources: [pods, 'pods/*']}]"], []),
        (["level: Request, resources: [{group: '', resources: ['*']}]"], ["RISK-53 rules[0].level 4:11"]),
        (
            ["level: RequestResponse, resources: [{group: '', resources: ['*/token']}]"],
            ["RISK-53 rules[0].level 4:11"],
        ),
        (
            ["level: RequestResponse, resources: [{group: '', resources: ['secrets/*']}]"],
            ["RISK-53 rules[0].level 4:11"],
        ),
    ],
)
def test_audit_policies(rules: list[str], told: list[str], tmp_path: Path) -> None:
    text = AUDIT + "".join(f"- {{{rule}}}\n" for rule in rules)
    assert of_file(tmp_path, "audit-policy-file", text, "--audit-log-path=/a.log") == told


JWT = "jwt:\n- issuer: {url: https://i, audiences: [a]}\n  claimMappings:\n    username: {claim: sub, prefix: 'o:'}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("anonymous: {enabled: false}\n", []),
        ("anonymous: {enabled: true}\n", ["RISK-05 anonymous.enabled 3:22"]),
        ("anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz/etcd}, {path: /version}]}\n", []),
        (
            "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /metrics}]}\n",
            ["RISK-05 anonymous.conditions[1].path 3:64"],
        ),
        (JWT, []),
        (JWT + "    groups: {claim: g, prefix: ''}\n", ["RISK-07 jwt[0].claimMappings.groups.prefix 7:32"]),
        (JWT + "    groups: {claim: g, prefix: 'o:'}\n", []),
        (JWT + "    groups: {expression: claims.g}\n", []),
    ],
)
def test_authentication(text: str, told: list[str], tmp_path: Path) -> None:
    assert of_file(tmp_path, "authentication-config", AUTHENTICATION + text) == told


@pytest.mark.parametrize(
    ("types", "flags", "told"),
    [
        (("Node", "RBAC"), (), []),
        (("RBAC", "AlwaysAllow"), (), ["RISK-11 authorizers[1].type 5:10"]),
        (("Node",), (), ["RISK-12 authorizers 4:1"]),
        (("RBAC", "Node"), ("--enable-admission-plugins=",), ["RISK-13  10:28"]),
    ],
)
def test_authorization(types: tuple[str, ...], flags: tuple[str, ...], told: list[str], tmp_path: Path) -> None:
    text = AUTHORIZATION + "".join(f"- {{type: {kind}, name: {kind.lower()}}}\n" for kind in types)
    assert of_file(tmp_path, "authorization-config", text, *flags) == told


@pytest.mark.parametrize(
    ("server", "more", "told"),
    [
        ("https://10.0.0.1", "", []),
        ("http://127.0.0.1:9", "", []),
        ("http://10.0.0.1:9", "", ["RISK-45 clusters[0].cluster.server 5:21"]),
        ("10.0.0.1:9", "", ["RISK-45 clusters[0].cluster.server 5:21"]),
        (
            "https://10.0.0.1",
            ", insecure-skip-tls-verify: true",
            ["RISK-45 clusters[0].cluster.insecure-skip-tls-verify 5:67"],
        ),
        ("https://localhost", ", insecure-skip-tls-verify: true", []),
    ],
)
def test_webhooks(server: str, more: str, told: list[str], tmp_path: Path) -> None:
    text = KUBECONFIG.replace("'https://127.0.0.1:9'}", f"'{server}'{more}}}")
    assert of_file(tmp_path, "authentication-token-webhook-config-file", text) == told


def test_early_formats(tmp_path: Path) -> None:
    text = AUTHENTICATION.replace("/v1", "/v1beta1") + JWT
    assert of_file(tmp_path, "authentication-config", text) == ["RISK-83 apiVersion 1:13"]
    # Where there is no stable format yet, there is nothing to do.
    assert of_file(tmp_path, "authentication-config", text, version="1.33") == []


@pytest.mark.parametrize(
    ("flags", "told", "version"),
    [
        (("--apiserver-count=3",), ["RISK-80 3"], "1.36"),
        (("--enable-logs-handler=false",), ["RISK-80 false"], "1.36"),
        (("--cloud-provider=external",), ["RISK-80 external"], "1.32"),
        (("--endpoint-reconciler-type=master-count",), ["RISK-84 master-count"], "1.36"),
        (("--endpoint-reconciler-type=lease",), [], "1.36"),
        (("--enable-admission-plugins=NodeRestriction,AlwaysAdmit",), ["RISK-84 AlwaysAdmit"], "1.36"),
        (("--feature-gates=OpenAPIEnums=true,SidecarContainers=true",), ["RISK-81 SidecarContainers=true"], "1.36"),
        (("--feature-gates=SidecarContainers=true",), [], "1.32"),
        (("--feature-gates=GitRepoVolumeDriver=false",), ["RISK-81 GitRepoVolumeDriver=false"], "1.36"),
        (("--feature-gates=AllowServiceExternalIPs=false",), ["RISK-82 AllowServiceExternalIPs=false"], "1.36"),
        (("--feature-gates=WindowsHostNetwork=true",), ["RISK-82 WindowsHostNetwork=true"], "1.36"),
        (
            ("--feature-gates=SidecarContainers=true", "--emulated-version=1.33"),
            ["RISK-81 SidecarContainers=true"],
            "1.36",
        ),
        # Beta gates are there to be set.
        (("--feature-gates=CoordinatedLeaderElection=true",), [], "1.36"),
    ],
)
def test_deprecations(flags: tuple[str, ...], told: list[str], version: str) -> None:
    assert of_flags(*flags, version=version) == told
