"""The dashboard: one row of panels a topic, in the form of Grafana's JSON model."""

from __future__ import annotations

import re
from typing import Any

from compiler.monitoring.topics import JOB, Topic

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
