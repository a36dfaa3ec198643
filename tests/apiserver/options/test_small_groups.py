"""Groups with a handful of rules: auditing, features, api_enablement, metrics, logs, cloud_provider, global."""

from __future__ import annotations

import pytest

from tests.apiserver.options.running import config, rules


@pytest.mark.parametrize(
    ("flags", "broken"),
    [
        (("--audit-log-path=-", "--audit-log-mode=async"), {"AUD-01"}),
        (("--audit-log-path=-", "--audit-log-mode=batch", "--audit-log-batch-buffer-size=0"), {"AUD-02"}),
        (("--audit-log-path=-", "--audit-log-mode=batch", "--audit-log-batch-max-size=0"), {"AUD-03"}),
        (("--audit-log-path=-", "--audit-log-mode=batch", "--audit-log-batch-throttle-enable"), {"AUD-04"}),
        (("--audit-log-path=-", "--audit-log-truncate-max-event-size=0"), {"AUD-05"}),
        (("--audit-log-path=-", "--audit-log-truncate-max-batch-size=1"), {"AUD-06"}),
        (("--audit-log-path=-", "--audit-log-version=audit.k8s.io/v1beta1"), {"AUD-07"}),
        (("--audit-log-path=-", "--audit-log-format=text"), {"AUD-08"}),
        (("--audit-log-path=-", "--audit-log-maxage=-1"), {"AUD-09"}),
        (("--audit-webhook-version=a/b/c",), {"AUD-12"}),
        (("--max-requests-inflight=0", "--max-mutating-requests-inflight=0"), {"APF-01"}),
        (("--runtime-config=flowcontrol.apiserver.k8s.io/v1=false",), {"APF-02"}),
        (("--runtime-config=deployments=true",), {"API-02"}),
        (("--runtime-config=aps/v1=true",), {"API-03"}),
        (("--runtime-config=apps/v3=true",), {"API-04"}),
        (("--runtime-config=apps/v1=yes",), {"API-05"}),
        (("--runtime-config=api/beta=1",), {"API-06"}),
        (("--runtime-config=apps/v1/Deployments=true",), {"API-07"}),
        (("--runtime-config=v1/pods=false",), {"CHAIN-01"}),
        (("--show-hidden-metrics-for-version=1.34",), {"MET-01"}),
        (("--disabled-metrics=a-b",), {"MET-02"}),
        (("--allow-metric-labels=a=b",), {"MET-03"}),
        (("--allow-metric-labels=a,b=c", "--allow-metric-labels-manifest=/a"), {"MET-05"}),
        (("--logging-format=xml",), {"LOG-01"}),
        (("--log-flush-frequency=0",), {"LOG-02"}),
        (("--logging-format=json", "--vmodule=a=1"), {"LOG-03"}),
        (("--log-json-split-stream",), {"LOG-04"}),
        (("--log-text-info-buffer-size=1Ki",), {"LOG-05"}),
        (("--feature-gates=StorageVersionAPI=true",), {"RUN-01"}),
        (("--version",), {"KASC-RUN-002"}),
    ],
)
def test_refused(flags: tuple[str, ...], broken: set[str]) -> None:
    assert rules(*flags) == broken


@pytest.mark.parametrize(
    "flags",
    [
        ("--audit-log-mode=async",),
        ("--audit-log-version=v1",),
        ("--runtime-config= apps/v1 = T , batch/v1",),
        ("--runtime-config=api/legacy=false",),
        ("--runtime-config=flowcontrol.apiserver.k8s.io/v1=false", "--enable-priority-and-fairness=false"),
        ("--log-text-info-buffer-size=1Ki", "--feature-gates=LoggingAlphaOptions=true"),
        ("--version=false",),
    ],
)
def test_accepted(flags: tuple[str, ...]) -> None:
    assert rules(*flags) == set()


def test_cloud_provider_flags_exist_until_1_32() -> None:
    assert rules("--cloud-provider=external", version="1.32") == set()
    assert rules("--cloud-provider=aws", version="1.32") == {"VER-CLOUD-1"}
    assert rules("--cloud-provider=external", version="1.33") == {"PARSE-22"}


def test_api_newer_than_the_emulated_version() -> None:
    flag = "--runtime-config=admissionregistration.k8s.io/v1/mutatingadmissionpolicies=true"
    assert rules("--emulated-version=1.35", flag) == {"VER-09"}
    forward = "--runtime-config-emulation-forward-compatible"
    assert rules("--emulated-version=1.35", flag, forward) == set()


def test_no_policy_no_audit_backend() -> None:
    assert config("--audit-log-path=/a.log")["audit.backends"] == []
    (backend,) = config("--audit-log-path=/a.log", "--audit-policy-file=/p")["audit.backends"]  # type: ignore[misc]
    assert backend["mode"] == "blocking"
    assert backend["maxage"] == 366


def test_concurrency_is_the_sum_of_both_limits() -> None:
    values = config()
    assert values["flowControl.totalConcurrency"] == 600
    assert values["handlerChain.queueWait"] == "15s"


@pytest.mark.parametrize(
    ("runtime_config", "refused"),
    [
        ("flowcontrol.apiserver.k8s.io/v1=true,api/ga=false,api/all=false", False),
        ("api/all=true,api/ga=true,flowcontrol.apiserver.k8s.io/v1=false", True),
        ("api/all=false,api/ga=true", False),
        ("api/all=true,api/ga=false", True),
    ],
)
def test_the_most_specific_key_decides_on_the_api_of_priority_and_fairness(runtime_config: str, refused: bool) -> None:
    assert ("APF-02" in rules(f"--runtime-config={runtime_config}")) is refused
