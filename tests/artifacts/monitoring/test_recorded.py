"""The catalog of metrics, and every expression, held against what real servers exported."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compiler.artifacts.monitoring.metrics import TARGET_LABELS, base_name
from compiler.artifacts.monitoring.topics import topics
from compiler.upstream.catalog import catalog
from tests.artifacts.monitoring.documents import SECTIONS, made, metrics_in
from tests.recordings import rows
from tests.versions import RECORDED_VERSIONS

OWN = "kasc_drift_"
"""What metrics of kasc begin with; see tests/cluster/live/test_fleet.py."""
UNUSED = {
    # Vectors that are exported once something went wrong, which in the recorded runs it did not.
    "aggregator_unavailable_apiservice_total",
    "apiserver_audit_error_total",
    "apiserver_envelope_encryption_invalid_key_id_from_status_total",
    "apiserver_flowcontrol_rejected_requests_total",
    "apiserver_storage_decode_errors_total",
    "apiserver_terminated_watchers_total",
    "etcd_request_errors_total",
    "pod_security_errors_total",
    # Or once something happened: an external signer, five minutes for a check, an old API, waiting for a cache.
    "apiserver_externaljwt_request_duration_seconds",
    "apiserver_requested_deprecated_apis",
    "apiserver_storage_consistency_checks_total",
    "apiserver_watch_cache_read_wait_seconds",
}


@cache
def recorded(version: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in rows("metrics", f"v{version}.jsonl")}


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_catalog_is_what_servers_export(version: str) -> None:
    there, known = recorded(version), catalog(version).metrics
    assert {name for name in known if name not in there} <= UNUSED
    for name, row in known.items():
        if name in there:
            assert (row["type"], row["labels"]) == (there[name]["type"], there[name]["labels"]), name


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_what_the_catalog_leaves_out_is_not_exported(version: str) -> None:
    every = {name for other in RECORDED_VERSIONS for name in catalog(other).metrics}
    assert every.difference(catalog(version).metrics).isdisjoint(recorded(version))


def test_metrics_that_were_never_seen_are_really_unused_ones() -> None:
    seen = set.intersection(*(set(recorded(version)) for version in RECORDED_VERSIONS))
    assert not UNUSED & seen


def expressions(name: str, version: str, folder: Path) -> list[str]:
    """All of the rules and panels."""
    found = []
    for topic in topics(made(name, version, folder)):
        found += [rule["expr"] for rule in topic.records + topic.alerts]
        found += [target["expr"] for panel in topic.panels for target in panel["targets"]]
    return found


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
@pytest.mark.parametrize("name", SECTIONS)
def test_expressions_name_only_what_the_version_exports(name: str, version: str, tmp_path: Path) -> None:
    known = {row: tuple(found["labels"]) for row, found in recorded(version).items()}
    unseen = {row: tuple(catalog(version).metrics[row]["labels"]) for row in UNUSED if row in catalog(version).metrics}
    for expression in expressions(name, version, tmp_path):
        labels = set(TARGET_LABELS)
        series = metrics_in(expression)
        assert series, expression
        for metric in series:
            if ":" in metric or metric == "up" or metric.startswith(OWN):
                break
            base = base_name(metric, known)
            assert base in known or base in unseen, f"{base} in {expression}"
            labels.update(known.get(base, ()) or unseen.get(base, ()))
        else:
            for grouping in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
                assert labels.issuperset(grouping.split(", ")), expression
            for matcher in re.findall(r'([a-z_]+)(?:=~|!~|!=|=)"', expression):
                assert matcher in labels, expression


def test_buckets_that_expressions_name_are_there(tmp_path: Path) -> None:
    buckets = recorded("1.36")["apiserver_request_sli_duration_seconds"]["buckets"]
    asked = {
        le for expression in expressions("least", "1.36", tmp_path) for le in re.findall(r'le=~"([^"]*)"', expression)
    }
    assert asked
    for pattern in asked:
        assert [le for le in buckets if re.fullmatch(pattern.replace("\\\\", "\\"), le)], pattern


WORDS = {
    *("sum", "max", "min", "count", "topk", "rate", "increase", "changes", "absent", "histogram_quantile", "time"),
    "clamp_min",
    *("and", "or", "on", "by"),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_no_metric_stands_without_braces(name: str, tmp_path: Path) -> None:
    """Nothing would hold such a one against the catalog."""
    for expression in expressions(name, "1.36", tmp_path):
        rest = re.sub(r'[\w:]+\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}|\b(?:by|on) \([^)]*\)|\[[^]]*\]', " ", expression)
        assert set(re.findall(r"[a-zA-Z_:][\w:]*", rest)) <= WORDS, expression
