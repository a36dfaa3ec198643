"""The artifact `monitoring`: Prometheus rules and scrape configuration, and a Grafana dashboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts.monitoring.topics import JOB, SLIS_JOB, Topic, topics
from compiler.artifacts.probes import SERVER_NAME
from compiler.upstream.go.net import join_host_port

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved


def rule_groups(topics: list[Topic]) -> dict[str, Any]:
    """A rules file: one group a topic that has any rules, what is recorded before what is made of it."""
    groups = [
        {"name": f"kube-apiserver-{topic.name.replace('_', '-')}", "rules": topic.records + topic.alerts}
        for topic in topics
        if topic.records or topic.alerts
    ]
    return {"groups": groups}


_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where Prometheus, as a Pod, finds its own token and the CA of the cluster."""
_PATHS = {JOB: ("/metrics", "30s"), SLIS_JOB: ("/metrics/slis", "15s")}


def scrape_config(resolved: Resolved, rules: str) -> dict[str, Any]:
    """A whole Prometheus configuration: two jobs, one for each path of metrics; `rules` is the rules file beside it.

    Kubernetes: apiserver/pkg/server/config.go, installAPI. Both paths need a user of the group `system:monitoring`, or
    a role that may get them; credentials are named by file only.
    """
    config = resolved.config
    port = config.secure_serving.bind_port
    target = join_host_port(config.generic.public_address or _host(resolved.context.input.name), port)
    return {
        "rule_files": [rules],
        "scrape_configs": [
            {
                "job_name": job,
                "scheme": "https",
                "metrics_path": path,
                "scrape_interval": interval,
                "authorization": {"type": "Bearer", "credentials_file": f"{_ACCOUNT}/token"},
                "tls_config": {"ca_file": f"{_ACCOUNT}/ca.crt", "server_name": SERVER_NAME},
                "static_configs": [{"targets": [target]}],
            }
            for job, (path, interval) in _PATHS.items()
        ],
    }


def _host(name: str) -> str:
    """The name of the server as a host's, which people replace where it is none; Prometheus refuses a slash in it."""
    return re.sub("[^A-Za-z0-9.-]", "-", name) or "kube-apiserver"


_SCHEMA_VERSION = 39
"""Of Grafana 10 and 11; later ones bring it up to date themselves."""
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_ACROSS, _WIDTH, _HEIGHT = 3, 8, 8
_LONGEST_UID = 40


def dashboard(name: str, version: str, topics: list[Topic]) -> dict[str, Any]:
    """The dashboard of the server `name`: what `kubectl` or Grafana's import takes as it is."""
    panels: list[dict[str, Any]] = []
    y = 0
    for topic in topics:
        if not topic.panels:
            continue
        panels.append(_row(topic.title, y))
        y += 1
        for index, panel in enumerate(topic.panels):
            across, down = index % _ACROSS, index // _ACROSS
            panels.append(_panel(panel, {"h": _HEIGHT, "w": _WIDTH, "x": across * _WIDTH, "y": y + down * _HEIGHT}))
        y += -(-len(topic.panels) // _ACROSS) * _HEIGHT
    return {
        "uid": "kasc-" + re.sub("[^a-zA-Z0-9_-]", "-", name)[: _LONGEST_UID - len("kasc-")],
        "title": f"kube-apiserver {name}",
        "description": f"What the declared server exports, for Kubernetes {version}. Made by kasc.",
        "tags": ["kubernetes", "kube-apiserver"],
        "schemaVersion": _SCHEMA_VERSION,
        "version": 1,
        "editable": True,
        "timezone": "",
        "time": {"from": "now-3h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "links": [],
        "panels": [panel | {"id": number} for number, panel in enumerate(panels, 1)],
    }


def _variables() -> list[dict[str, Any]]:
    return [
        {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
        {
            "name": "instance",
            "label": "Server",
            "type": "query",
            "datasource": _DATASOURCE,
            "query": {"query": f'label_values(up{{job="{JOB}"}}, instance)', "refId": "instance"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
        },
    ]


def _row(title: str, y: int) -> dict[str, Any]:
    place = {"h": 1, "w": _ACROSS * _WIDTH, "x": 0, "y": y}
    return {"type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(panel: dict[str, Any], place: dict[str, int]) -> dict[str, Any]:
    stat = panel.get("type") == "stat"
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": _DATASOURCE,
            "expr": target["expr"],
            "legendFormat": target["legend"],
            "instant": stat,
            "range": not stat,
        }
        for index, target in enumerate(panel["targets"])
    ]
    return {
        "type": panel.get("type", "timeseries"),
        "title": panel["title"],
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.get("unit", "short")}, "overrides": []},
        "options": _STAT if stat else _SERIES,
        "targets": targets,
    }


_STAT = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
_SERIES = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}


RULES, SCRAPE, DASHBOARD = "prometheus-rules", "prometheus-scrape", "grafana-dashboard.json"


def monitoring(resolved: Resolved, form: str) -> dict[str, object]:
    """File name -> what it holds. Prometheus reads YAML, so JSON as well; Grafana reads JSON alone."""
    found = topics(resolved)
    context = resolved.context
    return {
        f"{RULES}.{form}": rule_groups(found),
        f"{SCRAPE}.{form}": scrape_config(resolved, f"{RULES}.{form}"),
        DASHBOARD: dashboard(context.input.name, context.catalog.version, found),
    }
