from __future__ import annotations

import pytest

from tests.options.running import config, rules


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        (("--authorization-mode=rbac",), {"AZ-01"}),
        (("--authorization-mode=RBAC, Node",), {"AZ-01"}),
        (("--authorization-mode=RBAC,RBAC",), {"AZ-02"}),
        (("--authorization-mode=ABAC",), {"AZ-03"}),
        (("--authorization-mode=Webhook",), {"AZ-04"}),
        (("--authorization-policy-file=/a",), {"AZ-05"}),
        (("--authorization-webhook-config-file=/a",), {"AZ-06"}),
        (("--authorization-config=/a",), {"AZ-10"}),
    ],
)
def test_refused(flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(*flags) == broken


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
