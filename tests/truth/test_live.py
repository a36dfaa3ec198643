"""What kasc predicts of a server, compared with what the running one said of itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compiler.apiserver.startup import Resolved
from compiler.artifacts.monitoring.metrics import _SELECTOR
from compiler.artifacts.monitoring.topics import topics
from compiler.cluster.drift.discovery import served_by, storage_hash, stored_versions
from compiler.cluster.drift.pages import server_of
from compiler.inputs import Host
from compiler.upstream.flag_values import TYPES
from tests.cluster.drift.replayed import files, flags, recorded, values
from tests.recordings import names
from tests.truth.conftest import RecordFigure
from tests.truth.recorded import examined
from tools.record.scratch import expand, write_keys

NAMES = names("live")
PORT = 16443
FOREIGN_GATES = {
    *("MinimumKubeletVersion", "RouteExternalCertificate", "SELinuxMountGAReadiness"),
    "StoragePerformantSecurityPolicy",
}
"""Gates that only the build of the recordings has."""
FOREIGN_HOOK = "poststarthook/apiservice-wait-for-first-sync"
NOT_READY_CHECKS = {"etcd", "etcd-readiness"}
"""Checks that this build leaves out of readyz."""
UNLISTED = {"log-json-info-buffer-size", "log-json-split-stream"}
"""Flags that are in the help of the recorded servers, but not on their pages."""
LAZY = {
    # Vectors without a value before something happens: a webhook or a policy is called, a request fails or waits.
    *("aggregator_unavailable_apiservice_total", "apiserver_audit_error_total", "apiserver_terminated_watchers_total"),
    *("apiserver_conversion_webhook_request_total", "apiserver_admission_webhook_admission_duration_seconds_bucket"),
    *("apiserver_admission_webhook_request_total", "apiserver_admission_webhook_rejection_count"),
    *("apiserver_admission_webhook_fail_open_count", "apiserver_validating_admission_policy_check_total"),
    *("apiserver_mutating_admission_policy_check_total", "apiserver_request_terminations_total"),
    *("apiserver_storage_decode_errors_total", "apiserver_storage_consistency_checks_total"),
    *("apiserver_storage_transformation_operations_total", "etcd_request_errors_total", "pod_security_errors_total"),
    *("apiserver_flowcontrol_current_inqueue_requests", "apiserver_flowcontrol_rejected_requests_total"),
    *("apiserver_flowcontrol_request_wait_duration_seconds_bucket", "apiserver_requested_deprecated_apis"),
    *("apiserver_watch_cache_read_wait_seconds_bucket", "apiserver_watch_cache_read_wait_seconds_count"),
    "apiserver_authentication_config_controller_automatic_reloads_total",
    "apiserver_authorization_config_controller_automatic_reloads_total",
    "apiserver_encryption_config_controller_automatic_reloads_total",
    # At /metrics/slis, which was not recorded.
    *("kubernetes_healthcheck", "kubernetes_healthchecks_total"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("live")
    write_keys(made)
    return made


@cache
def declared(name: str, folder: Path) -> Resolved:
    live = recorded(name)
    resolved = examined(folder, live["version"], flags(live, PORT), files(live)).resolved
    assert resolved is not None
    return resolved


@pytest.mark.parametrize("name", NAMES)
def test_the_effective_value_of_every_flag(name: str, folder: Path) -> None:
    live, own = recorded(name), declared(name, folder)
    page = expand(live["flagzText"], values(folder, PORT))
    server = server_of(page, "/flagz", live["version"], Host("192.0.2.2"))
    assert server is not None
    running = server.context.flags
    known = own.context.catalog.flags
    page_flags = running.catalog.flags.keys() & {
        line.split()[0] for line in re.sub("[:=]", " ", page).splitlines() if line
    }
    assert known.keys() - page_flags == UNLISTED
    for flag, spec in known.items():
        if flag in ("secure-port", "feature-gates", *UNLISTED):
            continue  # A port of its own in each recording; the states of the gates are compared below.
        predicted, actual = own.context.flags.value(flag), running.value(flag)
        assert TYPES[spec.type].format(predicted) == TYPES[spec.type].format(actual), flag


@pytest.mark.parametrize("name", NAMES)
def test_the_state_of_every_gate(name: str, folder: Path) -> None:
    gates = declared(name, folder).context.gates
    actual = {gate: bool(state) for gate, state in recorded(name)["gates"].items() if gate not in FOREIGN_GATES}
    predicted = {gate: gates.on(gate) for gate in gates.catalog.gates if gates.step(gate) is not None}
    assert predicted == actual


@pytest.mark.parametrize("name", NAMES)
def test_the_served_resources_of_every_group_version(name: str, folder: Path) -> None:
    predicted = served_by(declared(name, folder).resource_config)
    actual = {
        path.partition("/")[2]: frozenset(row[0] for row in rows if "/" not in row[0])
        for path, rows in recorded(name)["discovery"].items()
    }
    assert predicted == actual


@pytest.mark.parametrize("name", NAMES)
def test_the_storage_version_of_every_resource(name: str, folder: Path) -> None:
    own = declared(name, folder)
    hashed = own.context.gates.on("StorageVersionHash")
    stored = stored_versions(own.storage_factory)
    for path, rows in recorded(name)["discovery"].items():
        group = path.split("/")[1] if path.startswith("apis/") else ""
        for resource, _, actual in rows:
            entry = stored.get(f"{resource}.{group}" if group else resource)
            predicted = storage_hash(*entry) if entry is not None and hashed else ""
            assert predicted == actual, resource


@pytest.mark.parametrize("name", NAMES)
def test_the_health_checks_in_order(name: str, folder: Path) -> None:
    live, health = recorded(name), declared(name, folder).health
    for endpoint in ("healthz", "livez", "readyz"):
        left_out = NOT_READY_CHECKS if endpoint == "readyz" else set()
        predicted = [check.name for check in getattr(health, endpoint) if check.name not in left_out]
        actual = [check for check in live[endpoint] if check != FOREIGN_HOOK]
        free = {each for group in health.any_order for each in group}
        assert [each for each in predicted if each not in free] == [each for each in actual if each not in free]
        assert sorted(predicted) == sorted(actual)


@pytest.mark.parametrize("name", NAMES)
def test_the_metrics_that_monitoring_uses(name: str, folder: Path) -> None:
    used: set[str] = set()
    for topic in topics(declared(name, folder)):
        expressions = [rule["expr"] for rule in topic.records + topic.alerts]
        expressions += [target["expr"] for panel in topic.panels for target in panel["targets"]]
        used |= {metric for each in expressions for metric, _ in _SELECTOR.findall(each)}
    # The alerts on drift use the metrics of `kasc drift`.
    exported = {metric for metric in used if ":" not in metric and metric != "up" and not metric.startswith("kasc_")}
    assert exported - set(recorded(name)["metricNames"]) <= LAZY
    assert exported - LAZY


def test_what_the_recordings_show(record_figure: RecordFigure) -> None:
    """All recordings are compared, and each part has something to compare."""
    lives: list[dict[str, Any]] = [recorded(name) for name in NAMES]
    counts = {
        "flags": sum(len(live["flagzText"].splitlines()) for live in lives),
        "gates": sum(len(live["gates"]) for live in lives),
        "storage versions": sum(bool(row[2]) for live in lives for rows in live["discovery"].values() for row in rows),
    }
    assert min(counts.values()) > 1000
    shown = ", ".join(f"{count} {name}" for name, count in counts.items())
    record_figure(f"{len(lives)} live servers: {shown} as predicted")
