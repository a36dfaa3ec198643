"""Verdicts were recorded from kube-apiserver 1.31, 1.33 and 1.36; where they differ, a case names the versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.config_files.running import KUBECONFIG, placed, started
from tests.apiserver.options.running import server

HEAD = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthorizationConfiguration\n"
NODE = "{type: Node, name: node}"
WEBHOOK = """authorizers:
- type: Webhook
  name: w
  webhook:
    timeout: 3s
    subjectAccessReviewVersion: v1
    failurePolicy: Deny
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: /f/kc.yaml}
"""
FLAG = "--authorization-config=/f/authz.yaml"


def findings(directory: Path, text: str, *flags: str, version: str = "1.36") -> list[str]:
    files = {"authz.yaml": text, "kc.yaml": KUBECONFIG}
    _, report = started(directory, files, FLAG, *flags, version=version, drop=("--authorization-mode",))
    return [placed(result) for result in report.of("error")]


@pytest.mark.parametrize("version", ["1.31", "1.33", "1.36"])
@pytest.mark.parametrize(
    "text",
    [
        HEAD + f"authorizers: [{NODE}]",
        HEAD.replace("v1beta1", "v1alpha1") + f"authorizers: [{NODE}]",
        "# c\n---\n" + HEAD + f"authorizers: [{NODE}]\n---\nfoo\n",
        HEAD + "authorizers: [{type: Node, name: node, webhook: }, {type: RBAC, name: rbac}]",
        HEAD + "authorizers: [{type: AlwaysAllow, name: alwaysallow}, {type: AlwaysDeny, name: alwaysdeny}]",
        HEAD + WEBHOOK,
        HEAD + WEBHOOK + WEBHOOK.partition("\n")[2].replace("name: w", f"name: {'a' * 253}"),
        HEAD + WEBHOOK.replace("3s", "30s") + "    authorizedTTL: 0s\n    unauthorizedTTL: 100000h\n",
        HEAD + WEBHOOK + "    matchConditions:\n    matchConditionSubjectAccessReviewVersion: v1\n",
        '\n {"apiVersion": "apiserver.config.k8s.io/v1beta1", "kind": "AuthorizationConfiguration",'
        ' "authorizers": [{"type": "Node", "name": "node"}]}',
    ],
)
def test_accepted(tmp_path: Path, text: str, version: str) -> None:
    assert findings(tmp_path, text, version=version) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# nothing\n", "AZC-01 kind 1:1"),
        ("[]", "AZC-01  1:1"),
        (f"authorizers: [{NODE}]", "AZC-01 kind 1:1"),
        (HEAD.replace("v1beta1", "v2"), "AZC-01 apiVersion 1:13"),
        (HEAD.replace("Authorization", "Authentication"), "AZC-01 kind 2:7"),
        (HEAD + f"authorizers: [{NODE}]\nfoo: 1", "AZC-01 foo 4:1"),
        (HEAD + f"Authorizers: [{NODE}]", "AZC-01 Authorizers 3:1"),
        (HEAD + f"authorizers: [{NODE}]\nauthorizers: [{NODE}]", "AZC-01  4:1"),
        (HEAD + f"authorizers: [&a {NODE}, {{<<: *a, type: RBAC, name: rbac}}]", "AZC-01  3:53 AZC-01  3:65"),
        (HEAD + "authorizers: [Node]", "AZC-01 authorizers[0] 3:15"),
        ("{apiVersion: apiserver.config.k8s.io/v1beta1, kind: AuthorizationConfiguration}", "AZC-01  1:2"),
        (HEAD, "AZC-02 authorizers 1:1"),
        (HEAD + "authorizers: []", "AZC-02 authorizers 3:14"),
        (HEAD + "authorizers: {}", "AZC-01 authorizers 3:14"),
        (HEAD + "authorizers: [null]", "AZC-03 authorizers[0].type 3:15 AZC-04 authorizers[0].name 3:15"),
        (HEAD + "authorizers: [{type: node, name: node}]", "AZC-03 authorizers[0].type 3:22"),
        (HEAD + f"authorizers: [{NODE}, {NODE}]", "AZC-03 authorizers[1].type 3:48"),
        (HEAD + "authorizers: [{type: Node}]", "AZC-04 authorizers[0].name 3:15"),
        (HEAD + "authorizers: [{type: RBAC, name: node}, " + NODE + "]", "AZC-04 authorizers[0].name 3:34"),
        (HEAD + "authorizers: [{type: Webhook, name: w}]", "AZC-05 authorizers[0].webhook 3:15"),
        (HEAD + "authorizers: [{type: Webhook, name: w, webhook: []}]", "AZC-01 authorizers[0].webhook 3:49"),
        (HEAD + "authorizers: [{type: Node, name: node, webhook: {}}]", "AZC-05 authorizers[0].webhook 3:49"),
        (HEAD + "authorizers: [{type: ABAC, name: abac}]", "AZ-09 authorizers[0].type 3:22"),
    ],
)
def test_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert " ".join(findings(tmp_path, text)) == expected


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a-", "a..b", "a" * 254, "a b", "é"])
def test_the_name_of_a_webhook_is_a_subdomain(tmp_path: Path, name: str) -> None:
    text = HEAD + WEBHOOK.replace("name: w", f"name: {name}")
    assert findings(tmp_path, text) == ["AZC-04 authorizers[0].name 5:9"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("timeout: 3s", "timeout: 0s", "AZC-06 timeout 7:14"),
        ("timeout: 3s", "timeout: 30.000000001s", "AZC-06 timeout 7:14"),
        ("timeout: 3s", "timeout: -1s", "AZC-06 timeout 7:14"),
        ("timeout: 3s", "timeout:", "AZC-06 timeout 7:13"),
        ("    timeout: 3s\n", "", "AZC-06 timeout 7:5"),
        ("timeout: 3s", "timeout: 3", "AZC-01 timeout 7:14"),
        ("timeout: 3s", "timeout: ''", "AZC-01 timeout 7:14"),
        ("timeout: 3s", "timeout: 3s\n    authorizedTTL: -1ns", "AZC-07 authorizedTTL 8:20"),
        ("timeout: 3s", "timeout: 3s\n    unauthorizedTTL: -1s", "AZC-07 unauthorizedTTL 8:22"),
        ("timeout: 3s", "timeout: 3s\n    unauthorizedTTL:", "AZC-01 unauthorizedTTL 8:21"),
        ("Version: v1", "Version: v2", "AZC-08 subjectAccessReviewVersion 8:33"),
        ("    subjectAccessReviewVersion: v1\n", "", "AZC-08 subjectAccessReviewVersion 7:5"),
        ("Deny", "deny", "AZC-10 failurePolicy 9:20"),
        ("type: KubeConfigFile, ", "", "AZC-11 connectionInfo.type 10:21"),
        ("type: KubeConfigFile", "type: Foo", "AZC-11 connectionInfo.type 10:28"),
        ("type: KubeConfigFile", "type: InClusterConfig", "AZC-11 connectionInfo.kubeConfigFile 10:61"),
        ("KubeConfigFile, kubeConfigFile: /f/kc.yaml", "InClusterConfig", "AZC-14 connectionInfo.type 10:28"),
        (", kubeConfigFile: /f/kc.yaml", "", "AZC-12 connectionInfo.kubeConfigFile 10:21"),
        ("/f/kc.yaml", "kc.yaml", "AZC-12 connectionInfo.kubeConfigFile 10:60"),
        ("/f/kc.yaml", "/f/none.yaml", "AZC-12 connectionInfo.kubeConfigFile 10:60"),
        ("/f/kc.yaml", "/f", "AZC-12 connectionInfo.kubeConfigFile 10:60"),
        ("/f/kc.yaml}", "/f/kc.yaml, x: 1}", "AZC-01 connectionInfo.x 10:72"),
        ("timeout: 3s", "timeout: 3s\n    matchConditions: [{}]", "AZC-09 matchConditionSubjectAccessReviewVersion 7:5"
         " AZC-13 matchConditions[0].expression 8:23"),
        ("timeout: 3s", "timeout: 3s\n    matchConditionSubjectAccessReviewVersion: v1beta1",
         "AZC-09 matchConditionSubjectAccessReviewVersion 8:47"),
    ],
)  # fmt: skip
def test_webhook_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    text = HEAD + WEBHOOK
    assert old in text
    result = " ".join(findings(tmp_path, text.replace(old, new)))
    assert result.replace("authorizers[0].webhook.", "") == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([f"'{number} == {number}'" for number in range(64)], ""),
        (["'true'"] * 65, "AZC-13 matchConditions[64] 77:7"),
        (["'true'", "'true '"], ""),
        (["'true'", "'true'"], "AZC-13 matchConditions[1].expression 14:19"),
        (["'true'", '" \\t\\u00a0"'], "AZC-13 matchConditions[1].expression 14:19"),
        (["true"], "AZC-01 matchConditions[0].expression 13:19"),
    ],
)
def test_match_conditions(tmp_path: Path, conditions: list[str], expected: str) -> None:
    lines = "".join(f"    - expression: {condition}\n" for condition in conditions)
    text = HEAD + WEBHOOK + "    matchConditionSubjectAccessReviewVersion: v1\n    matchConditions:\n" + lines
    result = " ".join(findings(tmp_path, text))
    assert result.replace("authorizers[0].webhook.", "") == expected


SELECTS = "request.resourceAttributes.fieldSelector.rawSelector == 'a'"


@pytest.mark.parametrize(
    ("expression", "version", "flags", "expected"),
    [
        ("request.user == 'a'", "1.31", "", ""),
        ("request.user", "1.31", "", "13:20"),
        ("request.user == 1", "1.31", "", "13:33"),
        ("dyn(true)", "1.31", "", "13:20"),
        ("request.foo == 1 || foo", "1.31", "", "13:28 13:40"),
        ("true &&", "1.31", "", "13:27"),
        ("request.user.matches('(')", "1.36", "", "13:41"),
        (SELECTS, "1.31", "", "13:47"),
        (SELECTS, "1.31", "--feature-gates=AuthorizeWithSelectors=true", ""),
        (SELECTS, "1.32", "", ""),
        (SELECTS, "1.32", "--feature-gates=AuthorizeWithSelectors=false,AuthorizeNodeWithSelectors=false", "13:47"),
        (SELECTS, "1.36", "", ""),
        (SELECTS, "1.37", "", ""),
        ("semver('1.2.3').major() == 1", "1.33", "", ""),
        ("semver('1.2.3').major() == 1", "1.31", "", "13:20"),
        ("[1].distinct() == [1]", "1.34", "", ""),
        ("[1].distinct() == [1]", "1.33", "", "13:24"),
    ],
)
def test_expressions(tmp_path: Path, expression: str, version: str, flags: str, expected: str) -> None:
    condition = f'    matchConditions:\n    - expression: "{expression}"\n'
    text = HEAD + WEBHOOK + "    matchConditionSubjectAccessReviewVersion: v1\n" + condition
    result = findings(tmp_path, text, *flags.split(), version=version)
    path = "AZC-13 authorizers[0].webhook.matchConditions[0].expression"
    assert result == [f"{path} {place}" for place in expected.split()]


def test_versions_of_the_file(tmp_path: Path) -> None:
    text = HEAD.replace("v1beta1", "v1") + f"authorizers: [{NODE}]"
    assert findings(tmp_path, text, version="1.31") == ["AZC-01 apiVersion 1:13"]
    assert findings(tmp_path, text, version="1.32") == []


def test_cache_settings_were_added_in_1_34(tmp_path: Path) -> None:
    text = HEAD + WEBHOOK + "    cacheAuthorizedRequests: false\n"
    assert findings(tmp_path, text, version="1.33") == ["AZC-01 authorizers[0].webhook.cacheAuthorizedRequests 11:5"]
    assert findings(tmp_path, text, version="1.34") == []


def test_all_errors_are_reported(tmp_path: Path) -> None:
    text = HEAD + WEBHOOK.replace("Webhook", "webhook").replace("3s", "99s").replace("Deny", "Refuse")
    assert findings(tmp_path, text + f"- {NODE}\n- {{type: RBAC, name: RBAC}}\n") == [
        "AZC-03 authorizers[0].type 4:9",
        "AZC-06 authorizers[0].webhook.timeout 7:14",
        "AZC-10 authorizers[0].webhook.failurePolicy 9:20",
        "AZC-04 authorizers[2].name 12:22",
    ]


def test_unavailable_files(tmp_path: Path) -> None:
    assert findings(tmp_path, "") == ["AZC-02  6:24"]
    _, report = started(tmp_path / "none", {"x": ""}, FLAG, drop=("--authorization-mode",))
    assert [diagnostic.rule for diagnostic in report.of("error")] == ["AZC-01"]


def test_a_kubeconfig_of_two_webhooks_is_checked_once(tmp_path: Path) -> None:
    two = HEAD + WEBHOOK + WEBHOOK.partition("\n")[2].replace("name: w", "name: x")
    files = {"authz.yaml": two, "kc.yaml": KUBECONFIG.replace("current-context: x", "current-context: no-such")}
    _, report = started(tmp_path, files, FLAG, drop=("--authorization-mode",))
    assert [placed(result) for result in report.of("error")] == ["AZC-12 current-context 12:18"]


def chain(directory: Path, text: str, *flags: str) -> tuple[Any, Any]:
    resolved, _ = started(directory, {"authz.yaml": text, "p": ""}, FLAG, *flags, drop=("--authorization-mode",))
    values = resolved.config.settings()
    checks = resolved.health
    assert checks is not None
    hooks = [check.name for check in checks.livez if check.name == "poststarthook/rbac/bootstrap-roles"]
    return values["authorization.authorizers"], hooks


def test_the_chain_follows_the_file(tmp_path: Path) -> None:
    text = HEAD + WEBHOOK + "    authorizedTTL: 0s\n    cacheUnauthorizedRequests: false\n" + f"- {NODE}\n"
    authorizers, hooks = chain(tmp_path, text)
    assert hooks == []
    assert authorizers == [
        {
            "type": "Webhook",
            "name": "w",
            "authorizedTTL": "5m0s",
            "cacheAuthorizedRequests": True,
            "unauthorizedTTL": "0s",
            "cacheUnauthorizedRequests": False,
            "timeout": "3s",
            "subjectAccessReviewVersion": "v1",
            "failurePolicy": "Deny",
            "kubeConfigFile": "/f/kc.yaml",
            "matchConditions": [],
        },
        {"type": "Node", "name": "node"},
    ]


def test_valid_authorizers_are_used(tmp_path: Path) -> None:
    """The RBAC bootstrap depends on the chain, even if another part of it is invalid."""
    hook = ["poststarthook/rbac/bootstrap-roles"]
    assert chain(tmp_path, HEAD + "authorizers: [{type: RBAC, name: 5}, Node]")[1] == hook
    assert chain(tmp_path, HEAD + f"authorizers: [{NODE}, {{type: 7, name: rbac}}]")[1] == []
    assert chain(tmp_path, "kind: Foo")[1] == hook
    # The modes of the flag are ignored if there is a file.
    assert chain(tmp_path, HEAD + f"authorizers: [{NODE}]", "--authorization-mode=RBAC")[1] == []


def test_a_file_is_read_again(tmp_path: Path) -> None:
    text = HEAD + WEBHOOK + f"- {NODE}\n- {{type: RBAC, name: rbac}}\n"
    resolved, _ = started(tmp_path, {"authz.yaml": text}, FLAG, drop=("--authorization-mode",))
    assert resolved.config.settings()["authorization.reloadInterval"] == "1m0s"
    assert resolved.config.settings()["authorization.lastingTypes"] == ["Node", "RBAC"]
    resolved, _ = server("--authorization-mode=Node")
    assert "authorization.reloadInterval" not in resolved.config.settings()


def test_an_unavailable_file_is_assumed_to_have_rbac() -> None:
    resolved, report = server("--authorization-config=/etc/authz.yaml", drop=("--authorization-mode",))
    assert list(report.of("error")) == []
    assert resolved.config.settings()["authorization.authorizers"] is None
    assert resolved.config.settings()["authorization.rbac"] is True
