"""Alerts that fire when they should and stay silent when they should, as `promtool test rules` plays it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.artifacts.monitoring.topics import JOB, SLIS_JOB
from tests.artifacts.compiling import document, render, resolve
from tests.artifacts.monitoring.documents import made
from tests.artifacts.monitoring.prometheus import promtool

AT = 'instance="10.0.0.1:6443"'
REQUEST = f'apiserver_request_total{{job="{JOB}", {AT}, verb="LIST", code="%s"}}'
CHECK = f'kubernetes_healthcheck{{job="{SLIS_JOB}", {AT}, name="%s", type="readyz"}}'
CHECKS = f'kubernetes_healthchecks_total{{job="{SLIS_JOB}", {AT}, name="%s", type="readyz", status="error"}}'
KMS = "apiserver_envelope_encryption_kms_operations_latency_seconds_count"
KMS_SERIES = f'{KMS}{{job="{JOB}", {AT}, provider_name="vault", method_name="Encrypt", grpc_status_code="%s"}}'
CERTIFICATES = f'apiserver_client_certificate_expiration_seconds_%s{{job="{JOB}", {AT}%s}}'


DRIFT = 'kasc_drift_differences{server="test", kind="%s", severity="%s"}'
COMPARED, TIMESTAMP = (f'kasc_drift_{name}{{server="test"}}' for name in ("compared", "timestamp_seconds"))


def ending(buckets: dict[str, str]) -> dict[str, str]:
    """Nine requests a minute with certificates; bucket in seconds -> how many end by then."""
    series = {CERTIFICATES % ("bucket", f', le="{le}"'): values for le, values in buckets.items()}
    return series | {CERTIFICATES % ("bucket", ', le="+Inf"'): "0+9x120", CERTIFICATES % ("count", ""): "0+9x120"}


CASES: dict[str, tuple[dict[str, str], str, str, list[str]]] = {
    # Series, when to look, the alert, and the severities with which it fires.
    "etcd fails readyz": (
        {CHECK % "etcd": "1x5 0x30", CHECKS % "etcd": "0x5 1+1x30"},
        "20m",
        "KubeAPIServerHealthCheckFails",
        ["critical"],
    ),
    "etcd failed once, and nobody asked again": (
        {CHECK % "etcd": "0x60", CHECKS % "etcd": "3x60"},
        "20m",
        "KubeAPIServerHealthCheckFails",
        [],
    ),
    "etcd passes": ({CHECK % "etcd": "1x60", CHECKS % "etcd": "3x60"}, "20m", "KubeAPIServerHealthCheckFails", []),
    "a hook hangs": (
        {CHECK % "poststarthook/rbac/bootstrap-roles": "0x60", CHECKS % "poststarthook/rbac/bootstrap-roles": "1+1x60"},
        "20m",
        "KubeAPIServerStartHookHangs",
        ["warning"],
    ),
    "a check nobody declared": ({CHECK % "x": "1x120"}, "90m", "KubeAPIServerUndeclaredHealthCheck", ["info"]),
    "checks are missing": ({CHECK % "etcd": "1x120"}, "90m", "KubeAPIServerMissingHealthCheck", ["info"]),
    "one in fifty requests fails": (
        {REQUEST % "200": "0+98x500", REQUEST % "500": "0+2x500"},
        "8h",
        "KubeAPIServerErrorBudgetBurn",
        ["critical", "critical", "warning", "warning"],
    ),
    "one in two hundred requests fails": (
        {REQUEST % "200": "0+199x500", REQUEST % "500": "0+1x500"},
        "8h",
        "KubeAPIServerErrorBudgetBurn",
        ["warning", "warning"],
    ),
    "one in ten thousand requests fails": (
        {REQUEST % "200": "0+9999x500", REQUEST % "500": "0+1x500"},
        "8h",
        "KubeAPIServerErrorBudgetBurn",
        [],
    ),
    "clients err": (
        {REQUEST % "200": "0+98x500", REQUEST % "409": "0+20x500"},
        "8h",
        "KubeAPIServerErrorBudgetBurn",
        [],
    ),
    "a plugin fails": (
        {KMS_SERIES % "OK": "0+1x60", KMS_SERIES % "Unavailable": "0+1x60"},
        "20m",
        "KubeAPIServerKMSErrors",
        ["critical"],
    ),
    "a plugin works": ({KMS_SERIES % "OK": "0+1x60"}, "20m", "KubeAPIServerKMSErrors", []),
    "a certificate ends within a week": (
        ending({"345600": "0x120", "604800": "0+1x120"}),
        "80m",
        "KubeAPIServerClientCertificateExpires",
        ["warning"],
    ),
    "a certificate ends within an hour": (
        ending({"3600": "0+1x120", "86400": "0+1x120", "604800": "0+1x120"}),
        "80m",
        "KubeAPIServerClientCertificateExpires",
        ["critical", "warning"],
    ),
    "all certificates last": (
        ending({"604800": "0x120", "2592000": "0+9x120"}),
        "80m",
        "KubeAPIServerClientCertificateExpires",
        [],
    ),
    "it drifts": (
        {DRIFT % ("flag", "behaviour"): "0x10 2x50", DRIFT % ("api", "breaking"): "0x60"},
        "50m",
        "KubeAPIServerDrift",
        ["warning"],
    ),
    "it drifted for a moment": ({DRIFT % ("flag", "behaviour"): "0x10 2x5 0x50"}, "50m", "KubeAPIServerDrift", []),
    "another server drifts": (
        {(DRIFT % ("flag", "behaviour")).replace('"test"', '"other"'): "2x60"},
        "50m",
        "KubeAPIServerDrift",
        [],
    ),
    "it is not reached": ({COMPARED: "1x5 0x120"}, "90m", "KubeAPIServerDriftUnknown", ["warning"]),
    "nothing compares it any more": (
        {COMPARED: "1x2000", TIMESTAMP: "0x2000"},
        "28h",
        "KubeAPIServerDriftUnknown",
        ["warning"],
    ),
    "it is compared": ({COMPARED: "1x120", TIMESTAMP: "0+60x120"}, "90m", "KubeAPIServerDriftUnknown", []),
    "nobody compares it": ({}, "90m", "KubeAPIServerDriftUnknown", []),
    "it is down": ({f'up{{job="{JOB}", {AT}}}': "0x30"}, "10m", "KubeAPIServerDown", ["critical"]),
}


def fired(rules: Path, series: dict[str, str], at: str, alert: str) -> list[str]:
    """What promtool finds firing, as its message about an expectation of nothing tells it."""
    case = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": alert, "exp_alerts": []}],
    }
    # Only the group that has the alert, and rarely enough to be quick over hours.
    groups = [group for group in yaml.safe_load(rules.read_text())["groups"] if alert in str(group)]
    (rules.parent / "group.yaml").write_text(yaml.safe_dump({"groups": groups}))
    test = rules.parent / "test.yaml"
    often = "5m" if at.endswith("h") else "1m"
    test.write_text(yaml.safe_dump({"rule_files": ["group.yaml"], "evaluation_interval": often, "tests": [case]}))
    done = promtool("test", "rules", test)
    told = done.stdout + done.stderr
    assert (done.returncode == 0) == ("SUCCESS" in told), told
    assert done.returncode == 0 or "got:[" in told.replace(" ", "").replace("\n", ""), told
    return sorted(
        line.partition('severity="')[2].partition('"')[0] for line in told.splitlines() if 'severity="' in line
    )


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    return written(render(made("everything", "1.36", folder), ["monitoring"]), folder)


def written(files: dict[str, str], folder: Path) -> Path:
    path = folder / "rules.yaml"
    path.write_text(files["prometheus-rules.yaml"])
    return path


@pytest.mark.parametrize("name", CASES)
def test_alerts(name: str, rules: Path) -> None:
    series, at, alert, severities = CASES[name]
    assert fired(rules, series, at, alert) == severities


@pytest.mark.parametrize(("requests", "severities"), [(80, []), (95, ["warning"])])
def test_limit_of_the_configuration(requests: int, severities: list[str], tmp_path: Path) -> None:
    sections: dict[str, dict[str, Any]] = {
        "features": {"enablePriorityAndFairness": False},
        "generic": {"maxRequestsInflight": 100},
    }
    path = written(render(resolve(document(**sections), tmp_path), ["monitoring"]), tmp_path)
    series = {f'apiserver_current_inflight_requests{{job="{JOB}", {AT}, request_kind="readOnly"}}': f"{requests}x60"}
    assert fired(path, series, "30m", "KubeAPIServerInFlightLimit") == severities


def test_texts_are_filled_in(rules: Path) -> None:
    case = {
        "interval": "1m",
        "input_series": [
            {"series": CHECK % "etcd", "values": "0x60"},
            {"series": CHECKS % "etcd", "values": "1+1x60"},
        ],
        "alert_rule_test": [{"eval_time": "20m", "alertname": "KubeAPIServerHealthCheckFails", "exp_alerts": []}],
    }
    test = rules.parent / "texts.yaml"
    test.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [case]}))
    told = " ".join((promtool("test", "rules", test).stdout + promtool("test", "rules", test).stderr).split())
    assert "On 10.0.0.1:6443, readyz reports: etcd does not respond to a read within the timeout" in told
