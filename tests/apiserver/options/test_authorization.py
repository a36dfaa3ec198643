from __future__ import annotations

from pathlib import Path

import pytest

from compiler import resolve
from compiler.review.examine import Settings
from tests.apiserver.config_files.running import KUBECONFIG, placed, started
from tests.apiserver.options.running import config, rules

WEBHOOK_FILE = "--authorization-webhook-config-file=/kubeconfig"
POLICY_FILE = "--authorization-policy-file=/policy"


@pytest.mark.parametrize(
    ("modes", "flags", "broken"),
    [
        ("", (), set()),
        ("Node", (), set()),
        ("RBAC,Node", (), set()),
        ("AlwaysAllow,AlwaysDeny", (), set()),
        ('"Node",RBAC', (), set()),
        ("Webhook,ABAC", (WEBHOOK_FILE, POLICY_FILE), set()),
        ("rbac", (), {"AZ-01"}),
        ("RBAC, Node", (), {"AZ-01"}),
        ("Node,,RBAC", (), {"AZ-01"}),
        (",", (), {"AZ-01"}),
        ('"Node,RBAC"', (), {"AZ-01"}),
        ("RBAC,Node,RBAC", (), {"AZ-02"}),
        ("ABAC", (), {"AZ-03"}),
        ("ABAC", ("--authorization-policy-file=",), {"AZ-03"}),
        ("Webhook", (), {"AZ-04"}),
        ("Webhook", (WEBHOOK_FILE, "--authorization-webhook-config-file="), {"AZ-04"}),
        ("Node", (POLICY_FILE,), {"AZ-05"}),
        ("Node", (WEBHOOK_FILE,), {"AZ-06"}),
        ("", (WEBHOOK_FILE, POLICY_FILE), {"AZ-05", "AZ-06"}),
        # What a misspelled mode stands for is not missed as well.
        ("webhook,Abac", (WEBHOOK_FILE, POLICY_FILE), {"AZ-01"}),
        ("Webhook", (WEBHOOK_FILE, "--authorization-webhook-version=v1"), set()),
        ("Webhook", (WEBHOOK_FILE, "--authorization-webhook-version="), {"AZ-08"}),
        ("Webhook", (WEBHOOK_FILE, "--authorization-webhook-version=V1"), {"AZ-08"}),
        ("Node", ("--authorization-webhook-version=v2",), set()),
        ("Webhook", (WEBHOOK_FILE, "--authorization-webhook-cache-authorized-ttl=-1s"), set()),
    ],
)
def test_modes(modes: str, flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(f"--authorization-mode={modes}", *flags) == broken


def test_unknown_modes() -> None:
    text = """\
apiVersion: kasc/v1
kind: APIServer
authorization: {authorizationMode: [$(MODES)], authorizationWebhookConfigFile: /kubeconfig}
deployment: {placeholders: [$(MODES)]}
"""
    report = resolve("a.yaml", Settings("document", "1.36"), texts={"a.yaml": text}).report
    assert not any(each.code.startswith("KASC-AZ-") for each in report.diagnostics)


def test_modes_of_several_flags() -> None:
    assert rules("--authorization-mode=Node", "--authorization-mode=RBAC") == set()
    assert rules("--authorization-mode=Node", "--authorization-mode=Node") == {"AZ-02"}
    assert rules(drop=("--authorization-mode",)) == set()


@pytest.mark.parametrize(
    "flag",
    [
        "--authorization-mode=",
        "--authorization-webhook-config-file=",
        "--authorization-webhook-version=v1beta1",
        "--authorization-webhook-cache-authorized-ttl=5m0s",
        "--authorization-webhook-cache-unauthorized-ttl=30s",
    ],
)
def test_no_flag_beside_a_config_even_at_its_default(flag: str) -> None:
    drop = ("--authorization-mode",)
    assert rules("--authorization-config=/a", flag, drop=drop) == {"AZ-10"}
    assert rules("--authorization-config=", flag, drop=drop) == set()


def test_a_policy_file_may_stand_beside_a_config() -> None:
    assert rules("--authorization-config=/a", POLICY_FILE, drop=("--authorization-mode",)) == set()


def test_config_alone() -> None:
    assert rules("--authorization-config=/a", drop=("--authorization-mode",)) == set()
    assert rules(
        "--authorization-config=/a",
        "--feature-gates=StructuredAuthorizationConfiguration=false",
        version="1.31",
        drop=("--authorization-mode",),
    ) == {"AZ-90"}


def test_no_mode_means_always_allow() -> None:
    values = config("--authorization-mode=")
    assert values["authorization.authorizers"] == [{"type": "AlwaysAllow", "name": "alwaysallow"}]


WEBHOOK = {
    "type": "Webhook",
    "name": "default",
    "authorizedTTL": "5m0s",
    "cacheAuthorizedRequests": True,
    "unauthorizedTTL": "30s",
    "cacheUnauthorizedRequests": True,
    "timeout": "30s",
    "subjectAccessReviewVersion": "v1beta1",
    "failurePolicy": "NoOpinion",
    "kubeConfigFile": "/a",
}


def test_chain_in_the_order_of_the_flag() -> None:
    values = config("--authorization-mode=Webhook,RBAC", "--authorization-webhook-config-file=/a")
    assert values["authorization.privilegedGroups"] == ["system:masters"]
    assert values["authorization.authorizers"] == [WEBHOOK, {"type": "RBAC", "name": "rbac"}]


def test_nothing_is_cached_for_no_time() -> None:
    values = config(
        "--authorization-mode=Webhook",
        "--authorization-webhook-config-file=/a",
        "--authorization-webhook-cache-authorized-ttl=0",
        "--authorization-webhook-cache-unauthorized-ttl=-1s",
        "--authorization-webhook-version=v1",
    )
    changed = {"authorizedTTL": "0s", "cacheAuthorizedRequests": False, "unauthorizedTTL": "-1s"}
    expected = {**WEBHOOK, **changed, "subjectAccessReviewVersion": "v1"}
    assert values["authorization.authorizers"] == [expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("good", []),
        ("bad", ["AZ-07 current-context 12:18"]),
        ("none", ["AZ-07  7:37"]),
        ("", ["AZ-07  7:37"]),
    ],
)
def test_the_kubeconfig_of_the_webhook(tmp_path: Path, path: str, expected: list[str]) -> None:
    bad = KUBECONFIG.replace("current-context: x", "current-context: none")
    files: dict[str, str | bytes] = {"good": KUBECONFIG, "bad": bad}
    flags = ("--authorization-mode=Webhook", f"--authorization-webhook-config-file=/f/{path}")
    _, report = started(tmp_path, files, *flags)
    assert [placed(found) for found in report.of("error")] == expected
    # It is not looked at where it is not used.
    _, report = started(tmp_path, files, "--authorization-mode=Node", flags[1])
    assert [found.rule for found in report.of("error")] == ["AZ-06"]
