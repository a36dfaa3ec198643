"""What is watched follows from what is on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.health import ENDPOINTS
from compiler.apiserver.startup import Resolved
from compiler.artifacts.monitoring.topics import Topic, topics
from tests.artifacts.compiling import document, render, resolve
from tests.artifacts.monitoring.documents import AUTHORIZERS, ENCRYPTION, JWT, made, metrics_in


def named(resolved: Resolved) -> set[str]:
    """All metrics that rules and panels name."""
    found: set[str] = set()
    for topic in topics(resolved):
        expressions = [rule["expr"] for rule in topic.records + topic.alerts]
        expressions += [target["expr"] for panel in topic.panels for target in panel["targets"]]
        found.update(metric for expression in expressions for metric in metrics_in(expression))
    return found


def with_prefix(metrics: set[str], prefix: str) -> set[str]:
    return {metric for metric in metrics if metric.startswith(prefix)}


AUDIT = {"auditing": {"auditPolicyFile": "/audit.yaml", "auditLogPath": "-"}}
JWT_FILE = {"authentication": {"authenticationConfig": {"content": JWT}}}
OIDC = {"authentication": {"oidcIssuerURL": "https://login.example.com", "oidcClientID": "me"}}
KMS = {"etcd": {"encryptionProviderConfig": {"content": ENCRYPTION}}}
RELOADED = {"etcd": KMS["etcd"] | {"encryptionProviderConfigAutomaticReload": True}}
AUTHORIZER = {"authorization": {"authorizationMode": None, "authorizationConfig": {"content": AUTHORIZERS}}}
UNFAIR = {"features": {"enablePriorityAndFairness": False}}
UNCACHED = {"etcd": {"watchCache": False}}
UNHOOKED = {"admission": {"disableAdmissionPlugins": ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"]}}
CLIENTS = {"authentication": {"clientCAFile": "/pki/ca.crt"}}


@pytest.mark.parametrize(
    ("prefix", "on", "off"),
    [
        ("apiserver_audit_", AUDIT, {}),
        ("apiserver_flowcontrol_", {}, UNFAIR),
        ("apiserver_authentication_config_", JWT_FILE, OIDC),
        ("apiserver_authentication_jwt_", JWT_FILE, {}),
        ("apiserver_authentication_jwt_", OIDC, {}),
        ("apiserver_authorization_config_", AUTHORIZER, {}),
        ("apiserver_authorization_webhook_", AUTHORIZER, {}),
        ("apiserver_envelope_encryption_", KMS, {}),
        ("apiserver_encryption_config_", RELOADED, KMS),
        ("apiserver_storage_transformation_", KMS, {}),
        ("apiserver_watch_cache_", {}, UNCACHED),
        ("apiserver_admission_webhook_", {}, UNHOOKED),
        ("apiserver_client_certificate_", CLIENTS, {}),
        ("apiserver_storage_size_", {}, {"etcd": {"etcdDBMetricPollInterval": "0s"}}),
        ("apiserver_resource_objects", {}, {"etcd": {"etcdCountMetricPollPeriod": "0s"}}),
    ],
)
def test_metrics_are_there_exactly_with_what_exports_them(
    prefix: str, on: dict[str, Any], off: dict[str, Any], tmp_path: Path
) -> None:
    assert with_prefix(named(resolve(document(**on), tmp_path)), prefix)
    assert not with_prefix(named(resolve(document(**off), tmp_path)), prefix)


def test_disabled_metrics_are_not_named_nor_what_is_made_of_them(tmp_path: Path) -> None:
    without = {"metrics": {"disabledMetrics": ["etcd_request_duration_seconds", "apiserver_resource_objects"]}}
    found = named(resolve(document(**without), tmp_path))
    assert not with_prefix(found, "etcd_request_duration_seconds")
    assert "kube_apiserver:etcd_request_duration_seconds:p99" not in found
    assert {"etcd_requests_total", "apiserver_storage_objects"} <= found
    assert "apiserver_resource_objects" not in found


def test_metrics_of_collectors_of_their_own_cannot_be_disabled(tmp_path: Path) -> None:
    """As recorded: a server with these flags exports them all the same."""
    lasting = ["go_goroutines", "process_open_fds", "aggregator_unavailable_apiservice", "apiserver_storage_size_bytes"]
    assert set(lasting) <= named(resolve(document(metrics={"disabledMetrics": lasting}), tmp_path))


def test_a_hidden_metric_counts_where_hidden_ones_are_shown(tmp_path: Path) -> None:
    without = {"disabledMetrics": ["apiserver_resource_objects"]}
    assert "apiserver_storage_objects" not in named(resolve(document("1.37", metrics=without), tmp_path))
    shown = without | {"showHiddenMetricsForVersion": "1.36"}
    assert "apiserver_storage_objects" in named(resolve(document("1.37", metrics=shown), tmp_path))


def test_values_that_labels_cannot_have_are_not_asked_for(tmp_path: Path) -> None:
    """A value that --allow-metric-labels does not list is exported as `unexpected`."""
    only = {"metrics": {"allowMetricLabels": {"apiserver_request_total,code": ["200", "201"]}}}
    resolved = resolve(document(**only), tmp_path)
    assert resolved.config.metrics.allow_metric_labels == (("apiserver_request_total,code", "200,201"),)
    topic = next(topic for topic in topics(resolved) if topic.name == "requests")
    rules = {rule.get("record") or rule["alert"] for rule in topic.records + topic.alerts}
    assert {"kube_apiserver:request_slow:ratio_rate1h", "KubeAPIServerSlowRequests"} <= rules
    assert not {"kube_apiserver:request_errors:ratio_rate1h", "KubeAPIServerErrorBudgetBurn"} & rules


def test_groupings_follow_the_version(tmp_path: Path) -> None:
    def behind(version: str) -> str:
        found = [alert for topic in topics(resolve(document(version), tmp_path)) for alert in topic.alerts]
        return next(alert["expr"] for alert in found if alert["alert"] == "KubeAPIServerWatchCacheBehind")

    assert "by (job, instance, resource, le)" in behind("1.33")
    assert "by (job, instance, group, resource, le)" in behind("1.34")


def test_limits_are_those_of_the_configuration(tmp_path: Path) -> None:
    sections = UNFAIR | {"generic": {"maxRequestsInflight": 123, "maxMutatingRequestsInflight": 0}}
    found = {topic.name: topic for topic in topics(resolve(document(**sections), tmp_path))}
    assert [alert["expr"].rpartition("> ")[2] for alert in found["inflight"].alerts] == ["0.9 * 123"]


def test_health_alerts_name_the_very_checks(tmp_path: Path) -> None:
    resolved = made("everything", "1.36", tmp_path)
    health = resolved.health
    assert health is not None
    topic = topics(resolved)[0]
    alone = {alert["labels"]["check"]: alert["expr"] for alert in topic.alerts if "check" in alert["labels"]}
    hooks = _one(topic, "KubeAPIServerStartHookHangs")
    for kind in ENDPOINTS:
        for check in getattr(health, kind):
            if check.name in ("ping", "shutdown"):
                continue
            if check.name.startswith("poststarthook/"):
                assert f"{check.name}|" in hooks or f'{check.name}"' in hooks
            else:
                assert f'name="{check.name}"' in alone.pop(check.name, f'name="{check.name}"')
    assert not alone
    assert f"< {len({check.name for check in health.readyz})}" in _one(topic, "KubeAPIServerMissingHealthCheck")


def test_types_are_the_lists_that_have_the_check(tmp_path: Path) -> None:
    topic = topics(made("everything", "1.36", tmp_path))[0]
    types = {
        alert["labels"]["check"]: alert["expr"].partition('type=~"')[2].partition('"')[0]
        for alert in topic.alerts
        if "check" in alert["labels"]
    }
    assert types["etcd"] == "healthz|livez|readyz"
    assert types["etcd-readiness"] == "readyz"
    assert types["kms-providers"] == "healthz|readyz"
    assert types["loopback-serving-certificate"] == "healthz|livez"


def _one(topic: Topic, name: str) -> str:
    found: list[str] = [alert["expr"] for alert in topic.alerts if alert["alert"] == name]
    assert len(found) == 1
    return found[0]


def test_every_alert_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    for topic in topics(made("everything", "1.36", tmp_path)):
        for alert in topic.alerts:
            assert alert["labels"]["severity"] in ("critical", "warning", "info")
            for part in ("summary", "description", "runbook"):
                assert len(alert["annotations"][part]) >= 20
                assert alert["annotations"][part][-1] in ".)", alert["annotations"][part]


def test_no_secret_is_written(tmp_path: Path) -> None:
    files = render(made("everything", "1.36", tmp_path), ["monitoring"])
    scrape = json.dumps(files["prometheus-scrape.yaml"])
    for word in ("password", "bearer_token:", "credentials:", "BEGIN"):
        assert word not in scrape
    assert "credentials_file" in scrape
