"""A structured file is judged alike wherever its content comes from."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostic
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from tests.cli.running import SAMPLES

MINIMAL = (SAMPLES / "minimal.yaml").read_text()
SECTIONS = {
    "encryption": ("etcd", "encryptionProviderConfig"),
    "authentication": ("authentication", "authenticationConfig"),
    "authorization": ("authorization", "authorizationConfig"),
    "audit": ("auditing", "auditPolicyFile"),
    "admission": ("admission", "admissionControlConfigFile"),
    "egress": ("egressSelector", "egressSelectorConfigFile"),
    "tracing": ("traces", "tracingConfigFile"),
}
APISERVER = "apiVersion: apiserver.config.k8s.io/v1beta1\n"
WRONG = {
    "encryption": (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
        "resources:\n- resources: [secrets]\n  providers: []\n",
        ["ENC-05"],
    ),
    "authentication": (
        f"{APISERVER}kind: AuthenticationConfiguration\njwt:\n- issuer: {{url: 'http://a', audiences: [b]}}\n"
        "  claimMappings: {username: {claim: sub, prefix: ''}}\n",
        ["JWT-05"],
    ),
    "authorization": (f"{APISERVER}kind: AuthorizationConfiguration\nauthorizers: []\n", ["AZC-02"]),
    "audit": ("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metdata\n", ["AUDP-04"]),
    "admission": (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: PodSecurity\n"
        "  configuration:\n    apiVersion: pod-security.admission.config.k8s.io/v1\n"
        "    kind: PodSecurityConfiguration\n    defaults: {enforce: strict}\n",
        ["ADMC-06"],
    ),
    "egress": (
        "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n- name: moon\n"
        "  connection: {proxyProtocol: Direct}\n",
        ["EGR-10"],
    ),
    "tracing": (f"{APISERVER}kind: TracingConfiguration\nsamplingRatePerMillion: -1\n", ["TRC-02"]),
}


def errors(path: Path, read_as: str | None = None, folder: Path | None = None) -> list[Diagnostic]:
    """Errors about an input; the server finds what lies in `folder` in /config."""
    host = Host("192.0.2.2", mappings=(("/config", str(folder)),) if folder is not None else ())
    return list(examine(str(path), Settings(read_as, "1.36", host)).report.of("error"))


def document(section: str, key: str, value: str) -> str:
    """The least document with one more key."""
    lines = MINIMAL.splitlines(keepends=True)
    if f"{section}:\n" in lines:
        lines.insert(lines.index(f"{section}:\n") + 1, f"  {key}: {value}\n")
        return "".join(lines)
    return f"{MINIMAL}{section}:\n  {key}: {value}\n"


@pytest.mark.parametrize("kind", SECTIONS)
def test_four_ways(kind: str, tmp_path: Path) -> None:
    section, key = SECTIONS[kind]
    text, rules = WRONG[kind]
    own = tmp_path / "own.yaml"
    own.write_text(text)
    alone = errors(own, "config-file")
    assert [found.rule for found in alone] == rules
    assert errors(own) == alone
    ways = {
        "inline": "\n    content:\n" + textwrap.indent(text, "      ").rstrip("\n"),
        "beside": "{source: own.yaml}",
        "on the server": "/config/own.yaml",
    }
    for way, value in ways.items():
        path = tmp_path / "apiserver.yaml"
        made = document(section, key, value)
        if kind == "authorization":
            made = made.replace("  authorizationMode: [RBAC]\n", "")
        path.write_text(made)
        found = errors(path, folder=tmp_path)
        assert [each.rule for each in found] == rules, way
        place, expected = found[0].location, alone[0].location
        assert place is not None
        assert expected is not None
        shift = (0, 0)
        if way == "inline":
            shift = (made[: made.index("content:\n")].count("\n") + 1, 6)
            assert place.file == str(path)
        assert (place.line - shift[0], place.column - shift[1]) == (expected.line, expected.column), way


PLUGINS = {
    "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\n"
    "limits: [{type: Server, qps: 0, burst: 1}]\n": ("ADMC-04", "limits[0].qps"),
    "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\n"
    "defaults: {enforce: strict}\n": ("ADMC-06", "defaults.enforce"),
    "apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1\nkind: Configuration\n"
    "default: [{operator: Exists, value: x}]\n": ("ADMC-09", "default[0].value"),
    "apiVersion: apiserver.config.k8s.io/v1\nkind: WebhookAdmissionConfiguration\nkubeConfigFile: a\n": (
        "ADMC-07",
        "kubeConfigFile",
    ),
    "imagePolicy: {kubeConfigFile: /a, defaultAllow: maybe}\n": ("ADMC-05", "imagePolicy.defaultAllow"),
}


@pytest.mark.parametrize("text", PLUGINS)
def test_configurations_of_plugins(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert [(found.rule, found.path) for found in errors(path, "config-file")] == [PLUGINS[text]]


def test_a_file_of_policies_belongs_to_its_server(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {}}\n')
    (found,) = errors(path, "config-file")
    assert found.code == "KASC-INPUT-004"
    assert "--authorization-policy-file" in found.hint


@pytest.mark.parametrize(
    ("kind", "version", "rules"),
    [
        ("cluster", "1.34", []),
        ("controlplane", "1.36", []),
        ("etcd", "1.36", ["JWT-11"]),
        ("Cluster", "1.36", ["JWT-11"]),
    ],
)
def test_an_egress_selection_needs_no_egress_selector_beside_it(
    kind: str, version: str, rules: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
        f"- issuer: {{url: 'https://a', audiences: [a], egressSelectorType: {kind}}}\n"
        "  claimMappings: {username: {claim: sub, prefix: ''}}\n"
    )
    report = examine(str(path), Settings("config-file", version)).report
    assert [found.rule for found in report.of("error")] == rules


AUTHORIZERS = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"
WEBHOOK = (
    "- type: Webhook\n  name: w\n  webhook:\n    timeout: 3s\n    authorizedTTL: 30s\n    unauthorizedTTL: 30s\n"
    "    subjectAccessReviewVersion: v1\n    matchConditionSubjectAccessReviewVersion: v1\n"
    "    failurePolicy: NoOpinion\n    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /w.conf}\n"
)
IMAGES = "imagePolicy: {kubeConfigFile: /a, defaultAllow: true}"
RISKS = {
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n": ["RISK-053 3:17"],
    "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n": [],
    f"{AUTHORIZERS}- {{type: Node, name: node}}\n": ["RISK-012 4:1"],
    f"{AUTHORIZERS}- {{type: RBAC, name: rbac}}\n": ["RISK-097 4:1"],
    f"{AUTHORIZERS}- {{type: Node, name: node}}\n- {{type: RBAC, name: rbac}}\n": [],
    f"{AUTHORIZERS}- {{type: AlwaysAllow, name: alwaysallow}}\n": ["RISK-011 4:10"],
    f"{AUTHORIZERS}{WEBHOOK}": ["RISK-097 4:1", "RISK-098 12:20"],
    f"{IMAGES}\n": ["RISK-096 1:49"],
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: ImagePolicyWebhook\n"
    f"  configuration: {{{IMAGES}}}\n": ["RISK-096 5:67"],
    "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets],\n"
    "  providers: [{identity: {}}, {kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}]}]\n": ["RISK-020 4:15"],
    "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true,\n"
    "  conditions: [{path: /api}]}\n": ["RISK-005 4:23"],
    "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'http://a.example'}}]\n"
    "contexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a\n": ["RISK-045 3:40"],
}


@pytest.mark.parametrize("text", RISKS)
def test_risks_that_need_no_other_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    found = examine(str(path), Settings("config-file", "1.36")).report.diagnostics
    places = [f"{each.code.removeprefix('KASC-')} {each.location.line}:{each.location.column}"
              for each in found if each.location is not None]  # fmt: skip
    assert places == RISKS[text]


def test_the_version_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"{AUTHORIZERS}- {{type: Node, name: node}}\n- {{type: RBAC, name: rbac}}\n")
    report = examine(str(path)).report
    assert [(each.code, each.severity) for each in report.diagnostics] == [("KASC-VERSION-001", "note")]
    assert report.kubernetes_version in report.diagnostics[0].message
    assert "--kubernetes-version" in report.diagnostics[0].hint
    assert examine(str(path), Settings(version="1.36")).report.diagnostics == []
