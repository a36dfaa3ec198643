"""Audit rules that never match: what checker.go and requestinfo.go of the server compare, and how."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from compiler.review.risks import find_risks
from tests.apiserver.config_files.running import started
from tests.review.risks.telling import SOUND

HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n"
FLAGS = ("--audit-policy-file=/f/policy.yaml", "--audit-log-path=-")


def reported(folder: Path, rules: str, version: str = "1.36") -> list[str]:
    """What is said of audit rules, each as `AUDP-21 rules[0].verbs[1]: hint`."""
    resolved, report = started(folder, {"policy.yaml": HEAD + rules}, *SOUND, *FLAGS, version=version)
    assert list(report.of("error")) == []
    find_risks(resolved, report)
    found = [each for each in report.diagnostics if each.code.startswith("KASC-AUDP-")]
    assert all(each.severity in ("warning", "note") and each.location is not None for each in found)
    return [f"AUDP-{each.code[-2:]} {each.path}: {each.hint}" for each in found]


def part(text: str) -> str:
    """A rule about some requests, and one about all others."""
    return f"- level: Request\n  {text}\n- level: Metadata\n"


@pytest.mark.parametrize(
    "text",
    [
        "verbs: [get, list, watch, create, update, patch, delete, deletecollection]\n  resources: [{group: ''}]",
        "verbs: [get, post, put, patch, delete, head, options]\n  nonResourceURLs: ['*']",
        "verbs: [create, post]",
        "resources: [{group: '', resources: [pods, pods/log, pods/*, '*', '*/status', '*/scale', '']}]",
        "resources: [{group: apps, resources: [deployments/scale, deployments/status, daemonsets]}]",
        "resources: [{group: cert-manager.io, resources: [Certificate, certificates/anything]}]",
        "resources: [{group: metrics.k8s.io}, {group: gateway.networking.k8s.io}]",
        "resources: [{group: '', resources: [serviceaccounts/token]}, {group: certificates.k8s.io}]",
        # A namespace is itself in the namespace of its name.
        "namespaces: [kube-system]\n  resources: [{group: '', resources: [namespaces, nodes]}]",
        "namespaces: ['']\n  resources: [{group: '', resources: [nodes]}]",
        "namespaces: [a]\n  resources: [{group: ''}]",
        "users: [system:anonymous, 'oidc:a*b', 'system:serviceaccount:a:b']",
        "userGroups: [system:nodes, 'system:serviceaccounts', 'system:serviceaccounts:a']",
        "nonResourceURLs: [/api, '/api*', /apis, /api/v1, '/apis/apps/v1', /apis/apps, '/api/*', /openapi/v3/api/v1/x]",
    ],
)
def test_rules_that_match(tmp_path: Path, text: str) -> None:
    assert reported(tmp_path, part(text)) == []


NAME = "rules[0].resources[0].resources[0]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("verbs: [get, Create]", ["AUDP-21 rules[0].verbs[1]: write create"]),
        ("verbs: ['*']", ["AUDP-21 rules[0].verbs[0]: remove verbs: a rule without them matches every verb"]),
        ("verbs: [post]\n  namespaces: [a]", ["AUDP-21 rules[0].verbs[0]: write create"]),
        ("verbs: [list]\n  nonResourceURLs: [/a]", ["AUDP-21 rules[0].verbs[0]: write get"]),
        ("verbs: [creat]", ["AUDP-21 rules[0].verbs[0]: did you mean create?"]),
        ("verbs: [bind]", ["AUDP-21 rules[0].verbs[0]: write create, update or patch, or remove it"]),
        ("verbs: [exec]", ["AUDP-21 rules[0].verbs[0]: write pods/exec in resources"]),
        *(
            (f"resources: [{{group: {group}, resources: [{name}]}}]", [f"{rule} {NAME}: {hint}"])
            for group, name, rule, hint in (
                ("''", "Secret", "AUDP-22", "write secrets"),
                ("''", "secret", "AUDP-22", "write secrets"),
                ("''", "Pods", "AUDP-22", "write pods"),
                ("''", "pod/exec", "AUDP-22", "write pods/exec"),
                ("''", "cm", "AUDP-22", "write configmaps"),
                ("apps", "Deployment", "AUDP-22", "write deployments"),
                ("networking.k8s.io", "ingress", "AUDP-22", "write ingresses"),
                ("''", "deployments", "AUDP-22", 'write it in an entry with group: "apps"'),
                ("''", "deploy", "AUDP-22", 'write deployments in an entry with group: "apps"'),
                ("apps", "secrets", "AUDP-22", 'write it in an entry with group: ""'),
                ("''", "apps/deployments", "AUDP-22", 'write group: "apps" and resources: [deployments]'),
                ("''", "deployments.apps", "AUDP-22", 'write group: "apps" and resources: [deployments]'),
                ("''", "secerts", "AUDP-22", "did you mean secrets?"),
                ("''", "pods/logs", "AUDP-24", "did you mean pods/log?"),
                ("''", "secrets/exec", "AUDP-24", "write pods/exec, or remove it"),
                ("''", "'*/statuses'", "AUDP-24", "did you mean */status?"),
            )
        ),
        *(
            (f"resources: [{{group: {group}}}]", [f"AUDP-23 rules[0].resources[0].group: {hint}"])
            for group, hint in (
                ("core", 'write "", the name of the core group'),
                ("app", "did you mean apps?"),
                ("networking", "did you mean networking.k8s.io?"),
                ("rbac.authorization.k8s", "did you mean rbac.authorization.k8s.io?"),
                ("rbac.authorisation.k8s.io", "did you mean rbac.authorization.k8s.io?"),
                ("deployments", 'write group: "apps" and resources: [deployments]'),
                ("secrets", 'write group: "" and resources: [secrets]'),
                ("extensions", "remove it"),
            )
        ),
        (
            "namespaces: [a]\n  resources: [{group: '', resources: [nodes, nodes/status]}]",
            ["AUDP-25 rules[0].resources[0].resources: move them to a rule without namespaces"],
        ),
        (
            "namespaces: ['kube-*']",
            ["AUDP-25 rules[0].namespaces[0]: write every namespace, or remove namespaces to match all of them"],
        ),
        ("users: [system:nodes]", ["AUDP-26 rules[0].users[0]: move it to userGroups"]),
        (
            "users: ['system:serviceaccount:a:*']",
            [
                "AUDP-26 rules[0].users[0]: write every name, or userGroups: [system:serviceaccounts:NAMESPACE] for"
                " service accounts"
            ],
        ),
        ("userGroups: [system:kube-proxy]", ["AUDP-26 rules[0].userGroups[0]: move it to users"]),
        ("nonResourceURLs: [/api/v1/pods]", ["AUDP-27 rules[0].nonResourceURLs[0]: list pods in resources"]),
        ("nonResourceURLs: ['/apis/apps/v1/dep*']", ["AUDP-27 rules[0].nonResourceURLs[0]: list dep in resources"]),
    ],
)  # fmt: skip
def test_rules_that_never_match(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert reported(tmp_path, part(text)) == expected


ALL = "- {level: Metadata}\n"


@pytest.mark.parametrize(
    ("rules", "covered"),
    [
        (ALL, []),
        (ALL + "- {level: None, nonResourceURLs: [/a]}\n", ["rules[1]"]),
        # One finding, however many stand behind.
        (ALL + ALL + ALL + ALL, ["rules[1]"]),
        ("- {level: None, users: [a]}\n- {level: None, users: [b]}\n- {level: None, users: [a, b]}\n", []),
        ("- {level: None, users: [a, b]}\n- {level: Request, users: [b], verbs: [get]}\n", ["rules[1]"]),
        ("- {level: None, verbs: [get]}\n- {level: None, verbs: [get, list]}\n", []),
        ("- {level: None, resources: [{group: ''}]}\n- {level: None, resources: [{group: apps}]}\n", []),
        (
            "- {level: None, resources: [{group: ''}]}\n"
            "- {level: Request, namespaces: [a], resources: [{group: '', resources: [pods]}]}\n",
            ["rules[1]"],
        ),
        (
            "- {level: None, resources: [{group: '', resources: [pods/*, '*/scale']}]}\n"
            "- {level: Request, resources: [{group: '', resources: [pods, pods/log, replicationcontrollers/scale]}]}\n",
            ["rules[1]"],
        ),
        (
            "- {level: None, resources: [{group: '', resources: [pods], resourceNames: [a]}]}\n"
            "- {level: Request, resources: [{group: '', resources: [pods]}]}\n",
            [],
        ),
        (
            "- {level: None, resources: [{group: '', resources: ['*'], resourceNames: [a]}]}\n"
            "- {level: Request, resources: [{group: ''}]}\n",
            [],
        ),
        ("- {level: None, namespaces: [a]}\n- {level: Request, resources: [{group: ''}]}\n", []),
        ("- {level: None, namespaces: [a]}\n- {level: Request, namespaces: [a], users: [x]}\n", ["rules[1]"]),
        ("- {level: None, nonResourceURLs: ['/a*']}\n- {level: None, nonResourceURLs: [/ab, '/ac*']}\n", ["rules[1]"]),
        ("- {level: None, nonResourceURLs: ['/a*']}\n- {level: None, nonResourceURLs: [/ab, /b]}\n", []),
        ("- {level: None, nonResourceURLs: ['*']}\n- {level: None, verbs: [get]}\n", []),
        # What never matches is not reported a second time for being covered.
        (ALL + "- {level: None, verbs: [GET]}\n", []),
    ],
)  # fmt: skip
def test_rules_that_are_never_reached(tmp_path: Path, rules: str, covered: list[str]) -> None:
    found = [each for each in reported(tmp_path, rules) if each.startswith("AUDP-20")]
    assert [each.partition(": ")[0].removeprefix("AUDP-20 ") for each in found] == covered


def test_any_group_counts_in_versions_that_know_it(tmp_path: Path) -> None:
    rules = "- {level: None, resources: [{group: '*'}]}\n- {level: None, resources: [{group: apps}]}\n"
    assert any(each.startswith("AUDP-20") for each in reported(tmp_path, rules, "1.36"))


def test_large_policies_take_little_time(tmp_path: Path) -> None:
    entries = ", ".join(f"{{group: '', resources: [Xsecret{number}]}}" for number in range(20))
    rules = "".join(f"- {{level: None, users: [u{n}], verbs: [Get], resources: [{entries}]}}\n" for n in range(300))
    start = time.process_time()
    assert len(reported(tmp_path, rules)) <= 101
    assert time.process_time() - start < 20
