"""Verdicts were recorded from kube-apiserver 1.31, 1.33 and 1.36, which differ only in the group *."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.review.examine import examine
from tests.apiserver.config_files.running import placed, started

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n"
METADATA = "rules: [{level: Metadata}]\n"
JSON = '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata"}]}'
FLAG = "--audit-policy-file=/f/policy.yaml"


def judged(directory: Path, text: str, version: str = "1.36") -> tuple[list[str], list[str]]:
    """Return errors and warnings."""
    _, report = started(directory, {"policy.yaml": text}, FLAG, version=version)
    errors, warnings = ([placed(result) for result in report.of(severity)] for severity in ("error", "warning"))
    return errors, warnings


def rule(text: str) -> str:
    return HEAD + f"rules:\n- level: Metadata\n  {text}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + METADATA,
        "apiVersion: audit.k8s.io/v1\n" + METADATA,
        "# c\n---\n" + HEAD + METADATA + "---\nfoo\n",
        "\ufeff" + HEAD + METADATA,
        (HEAD + METADATA).replace("\n", "\r\n"),
        '\t{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None", "users": ["\\ud83d\x7f"]}]}',
        HEAD + "rules: [{level: None}, {level: Request}, {level: RequestResponse}]\n",
        f"{JSON[:-3]}, \"users\": [\"\u2028\u2029\x85\ufeff\"]}}]}}",
        HEAD + "omitStages: [RequestReceived, ResponseStarted, ResponseComplete, Panic, Panic]\n" + METADATA,
        HEAD + "omitManagedFields: yes\n" + METADATA,
        HEAD + "metadata: {name: x, creationTimestamp: null, labels: {a: b}}\n" + METADATA,
        HEAD + "metadata: {deletionTimestamp: '2020-01-01T0:00:00,5+24:00'}\n" + METADATA,
        rule("nonResourceURLs: ['*', /, '/*', '/healthz*', '/a?b c']"),
        rule("nonResourceURLs: [/a]\n  resources: []\n  namespaces: []\n  verbs: [get]\n  users: [a]"),
        rule("resources: [{group: rbac.authorization.k8s.io, resources: ['*', pods/*, '*/scale', a/b/c, '']}]"),
        rule("resources: [{}, null]"),
        rule("resources: [{resources: [''], resourceNames: [a]}]"),
        rule("namespaces: ['', null]"),
        rule("omitManagedFields: off"),
    ],
)  # fmt: skip
def test_accepted(tmp_path: Path, text: str) -> None:
    for version in ("1.31", "1.36"):
        assert judged(tmp_path, text, version) == ([], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rule("users: [it?s]"), "AUDP-02  5:13"),
        (rule('users: ["a\\/b"]'), "AUDP-02  5:13"),
        (rule("~: x"), "AUDP-02  5:3"),
        (HEAD + METADATA + "x: .inf\n", "AUDP-02  4:4"),
        (f"{JSON[:-3]}, \"users\": [1e999]}}]}}", "AUDP-02 rules[0].users[0] 1:89"),
        (f"{JSON[:-3]}, \"users\": [{'1' * 700}]}}]}}", "AUDP-02 rules[0].users[0] 1:89"),
        (f"{JSON[:-1]},}}", "AUDP-02  1:80"),
        ("# nothing\n", "AUDP-02 apiVersion 1:1"),
        ("[]", "AUDP-02  1:1"),
        ("kind: Policy\n" + METADATA, "AUDP-02 apiVersion 1:1"),
        (HEAD.replace("v1", "v1beta1") + METADATA, "AUDP-02 apiVersion 1:13"),
        (HEAD.replace("audit.k8s.io/", "") + METADATA, "AUDP-02 apiVersion 1:13"),
        (HEAD.replace("Policy", "policy") + METADATA, "AUDP-02 kind 2:7"),
        (HEAD.replace("Policy", "1") + METADATA, "AUDP-02 kind 2:7"),
        ("%YAML 1.2\n---\n" + HEAD + METADATA, "AUDP-02  1:1"),
        ("{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: None}]}", "AUDP-02  1:2"),
        (HEAD + "rules:\n\t- level: None", "AUDP-02  4:1"),
        (HEAD, "AUDP-03 rules 1:1"),
        (HEAD + "rules: []", "AUDP-03 rules 3:8"),
        (HEAD + "rules: {}", "AUDP-02 rules 3:8"),
        (HEAD + "rules: [x]", "AUDP-02 rules[0] 3:9"),
        (HEAD + "rules: [{}]", "AUDP-04 rules[0].level 3:9"),
        (HEAD + "rules: [{level: metadata}]", "AUDP-04 rules[0].level 3:17"),
        (HEAD + "rules: [{level: no}]", "AUDP-02 rules[0].level 3:17"),
        (HEAD + METADATA + "omitStages: [requestReceived]", "AUDP-05 omitStages[0] 4:14"),
        (HEAD + METADATA + "omitStages: Panic", "AUDP-02 omitStages 4:13"),
        (HEAD + METADATA + "omitManagedFields: 1", "AUDP-02 omitManagedFields 4:20"),
        (HEAD + METADATA + "metadata: {name: 1}", "AUDP-02 metadata.name 4:18"),
        (HEAD + METADATA + "metadata: {creationTimestamp: x}", "AUDP-02 metadata.creationTimestamp 4:31"),
        (HEAD + METADATA + "metadata: {deletionTimestamp: 2020-02-30T00:00:00Z}",
         "AUDP-02 metadata.deletionTimestamp 4:31"),
        (HEAD + METADATA + "metadata: {ownerReferences: [{uid: 1}]}", "AUDP-02 metadata.ownerReferences[0].uid 4:36"),
        (rule("omitStages: [x]"), "AUDP-05 rules[0].omitStages[0] 5:16"),
        (rule("omitStages: ['']"), "AUDP-05 rules[0].omitStages[0] 5:16"),
        (rule("nonResourceURLs: [healthz]"), "AUDP-06 rules[0].nonResourceURLs[0] 5:21"),
        (rule("nonResourceURLs: ['']"), "AUDP-06 rules[0].nonResourceURLs[0] 5:21"),
        (rule("nonResourceURLs: [/a, '/*/b']"), "AUDP-06 rules[0].nonResourceURLs[1] 5:25"),
        (rule("nonResourceURLs: ['/**']"), "AUDP-06 rules[0].nonResourceURLs[0] 5:21"),
        (rule("nonResourceURLs: ['**']"), "AUDP-06 rules[0].nonResourceURLs[0] 5:21"),
        (rule("nonResourceURLs: [/a]\n  namespaces: ['']"), "AUDP-07 rules[0].nonResourceURLs 5:20"),
        (rule("nonResourceURLs: [/a]\n  resources: [{}]"), "AUDP-07 rules[0].nonResourceURLs 5:20"),
        (rule("resources: [{group: apps/v1}]"), "AUDP-08 rules[0].resources[0].group 5:23"),
        (rule("resources: [{group: Apps}]"), "AUDP-08 rules[0].resources[0].group 5:23"),
        (rule(f"resources: [{{group: {'a' * 254}}}]"), "AUDP-08 rules[0].resources[0].group 5:23"),
        (rule("resources: [{group: '*.k8s.io'}]"), "AUDP-08 rules[0].resources[0].group 5:23"),
        (rule("resources: [{resourceNames: [a]}]"), "AUDP-08 rules[0].resources[0].resourceNames 5:31"),
        (rule("resources: [pods]"), "AUDP-02 rules[0].resources[0] 5:15"),
        (rule("users: a"), "AUDP-02 rules[0].users 5:10"),
        (rule("verbs: [1]"), "AUDP-02 rules[0].verbs[0] 5:11"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str, expected: str) -> None:
    for version in ("1.31", "1.36"):
        assert judged(tmp_path, text, version) == ([expected], [])


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (HEAD + METADATA + "KIND: Foo", []),
        ("KIND: Policy\nkind: Foo\napiVersion: audit.k8s.io/v1\n" + METADATA, ["AUDP-02 kind 2:7"]),
        ('{"apiVersion": "audit.k8s.io/v1", "Kind": "Foo", "kind": "Policy", "rules": [{"level": "None"}]}', []),
        ('{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "Kind": "Foo"}', ["AUDP-02 Kind 1:61"]),
    ],
)
def test_the_last_kind_wins(tmp_path: Path, text: str, errors: list[str]) -> None:
    """YAML keys are sorted by name before they are decoded."""
    assert judged(tmp_path, text)[0] == errors


def test_every_group_is_supported_from_1_36_on(tmp_path: Path) -> None:
    text = rule("resources: [{group: '*', resources: [pods]}]")
    assert judged(tmp_path, text, "1.36") == ([], [])
    for version in ("1.31", "1.35"):
        assert judged(tmp_path, text, version) == (["AUDP-08 rules[0].resources[0].group 5:23"], [])


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (HEAD + METADATA + "foo: 1", "foo 4:1"),
        (rule("Level: bad"), "rules[0].Level 5:3"),
        (rule("resources: [{resource: [pods]}]"), "rules[0].resources[0].resource 5:16"),
        ("ApiVersion: audit.k8s.io/v1\nKIND: Policy\n" + METADATA, "ApiVersion 1:1 KIND 2:1"),
        # The last duplicate wins.
        (HEAD + "rules: [{level: bad}]\n" + METADATA, " 4:1"),
        (HEAD + "rules: [{level: bad, level: None}]", " 3:22"),
        (HEAD + "rules: [&a {level: None, users: [a]}, {<<: *a, users: [b]}]", " 3:48"),
        (HEAD + "metadata: {annotations: {a: &a bad}}\nrules: [{level: *a, <<: {level: None}}]", " 4:10"),
    ],
)
def test_warnings(tmp_path: Path, text: str, warned: str) -> None:
    errors, warnings = judged(tmp_path, text)
    assert errors == []
    assert " ".join(result.removeprefix("KASC-AUDP-090 ") for result in warnings) == warned


def test_the_last_duplicate_is_checked(tmp_path: Path) -> None:
    errors, _ = judged(tmp_path, HEAD + METADATA + "rules: [{level: bad}]")
    assert errors == ["AUDP-04 rules[0].level 4:17"]
    errors, _ = judged(tmp_path, HEAD + "metadata: {annotations: &a {level: None}}\nrules: [{<<: *a, level: bad}]")
    assert errors == ["AUDP-04 rules[0].level 4:25"]


def test_all_errors_are_reported(tmp_path: Path) -> None:
    text = HEAD + "omitStages: [x]\nrules: [{level: bad}, {level: None, nonResourceURLs: [a]}, {omitStages: [y1]}]\n"
    assert judged(tmp_path, text)[0] == [
        "AUDP-05 omitStages[0] 3:14",
        "AUDP-04 rules[0].level 4:17",
        "AUDP-06 rules[1].nonResourceURLs[0] 4:55",
        "AUDP-04 rules[2].level 4:60",
        "AUDP-05 rules[2].omitStages[0] 4:74",
    ]


def test_unavailable_files(tmp_path: Path) -> None:
    assert judged(tmp_path, "")[0][0].startswith("AUDP-02 ")
    for flag in ("/f/none", "/f", "/f/policy.yaml/x"):
        _, report = started(tmp_path, {"policy.yaml": ""}, f"--audit-policy-file={flag}")
        assert [(diagnostic.rule, diagnostic.flag) for diagnostic in report.of("error")] == [
            ("AUDP-01", "audit-policy-file")
        ]


FULL = """rules:
  # noise
  - level: None
    users: ["system:kube-proxy"]
    verbs: ["watch"]
    resources:
      - group: ""
        resources: ["endpoints", "services", "services/status"]
  - level: None
    userGroups: ["system:nodes"]
    verbs: ["get"]
    resources: [{group: "", resources: ["nodes", "nodes/status"]}]
  - level: None
    users: ["cluster-autoscaler"]
    verbs: ["get", "update"]
    namespaces: ["kube-system"]
    resources: [{group: "", resources: ["configmaps"]}]
  - level: None
    nonResourceURLs: ["/healthz*", "/version"]
  # may hold secrets
  - level: Metadata
    resources:
      - group: ""
        resources: ["secrets", "configmaps", "serviceaccounts/token"]
      - group: authentication.k8s.io
        resources: ["tokenreviews"]
    omitStages: ["RequestReceived"]
  - level: Request
    verbs: ["get", "list", "watch"]
    resources: [{group: ""}, {group: apps}, {group: rbac.authorization.k8s.io}]
  - level: RequestResponse
    resources: [{group: ""}, {group: apps}]
  - level: Metadata
"""
INDENTED_WRONGLY = """omitStages:
- "RequestReceived"
Rules:
   - level: RequestResponse
     resources:
     - group: ""
      # one column too far to the left
      resources: ["pods"]
   - level: Metadata
"""


@pytest.mark.parametrize(
    ("text", "errors"), [(HEAD + FULL, []), (HEAD.replace("/v1", "/v1beta1") + INDENTED_WRONGLY, ["AUDP-02  10:7"])]
)
def test_whole_policies(tmp_path: Path, text: str, errors: list[str]) -> None:
    """The server accepts the first, and rejects the indentation of the second before it checks case."""
    assert judged(tmp_path, text)[0] == errors


def test_a_source_file_and_a_separate_file(tmp_path: Path) -> None:
    """What the server accepts is not an error there either, and what it rejects violates the rule of the file."""
    twice = HEAD + METADATA + METADATA
    chain = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n- &a {type: ABAC}\n"
    )
    (tmp_path / "policy.yaml").write_text(twice)
    (tmp_path / "chain.yaml").write_text(chain + "- {<<: *a, type: Node, name: node}\n")
    document = tmp_path / "document.yaml"
    document.write_text(
        "apiVersion: kasc/v1\nkind: APIServer\nkubernetesVersion: '1.36'\nmetadata: {name: a}\n"
        "generic: {advertiseAddress: 192.0.2.2}\netcd: {etcdServers: [https://etcd:2379]}\n"
        "authentication: {serviceAccountIssuer: [https://a], serviceAccountKeyFile: [/a.pub]}\n"
        "misc: {serviceAccountSigningKeyFile: /a.key, serviceClusterIPRange: 10.0.0.0/24}\n"
        "auditing: {auditPolicyFile: {source: policy.yaml}}\n"
        "authorization: {authorizationConfig: {source: chain.yaml}}\n"
    )
    warned = "KASC-AUDP-090  4:1"
    refused = ["AZC-01  5:12", "AZC-04 authorizers[0].name 4:6"]
    result = [placed(result) for result in examine(str(document)).report.sorted()]
    assert result == [refused[1], "AZ-09 authorizers[0].type 4:13", refused[0], warned]
    assert [placed(result) for result in examine(str(tmp_path / "policy.yaml")).report.of("warning")] == [warned]
    errors = examine(str(tmp_path / "chain.yaml")).report.of("error")
    assert sorted(placed(result) for result in errors) == refused


def test_json_that_is_not_utf8_is_read_with_replacements(tmp_path: Path) -> None:
    _, report = started(tmp_path, {"policy.yaml": f'{JSON[:-3]}, "users": ["'.encode() + b'\xff"]}]}'}, FLAG)
    assert list(report.of("error")) == []
    _, report = started(tmp_path, {"policy.yaml": (HEAD + METADATA).encode() + b"x: \xff\n"}, FLAG)
    assert [placed(result) for result in report.of("error")] != []


@pytest.mark.parametrize(("number", "rules"), [("1", []), ("1.0", ["TRC"]), ("1e2", ["TRC"]), ("1e999", ["TRC"])])
def test_integers_of_json_are_written_as_such(tmp_path: Path, number: str, rules: list[str]) -> None:
    content = '"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration", '
    content += f'"samplingRatePerMillion": {number}'
    _, report = started(tmp_path, {"t": f"{{{content}}}"}, "--tracing-config-file=/f/t")
    assert [str(diagnostic.rule)[:3] for diagnostic in report.of("error")] == rules
    # YAML is converted to JSON first, which writes 1.0 as 1.
    _, report = started(tmp_path, {"t": f"# YAML\n{{{content}}}"}, "--tracing-config-file=/f/t")
    assert [str(diagnostic.rule)[:3] for diagnostic in report.of("error")] == (["TRC"] if number == "1e999" else [])
