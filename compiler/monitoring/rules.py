"""The rules file of Prometheus: recording rules and alerts."""

from __future__ import annotations

from typing import Any

from compiler.monitoring.topics import Topic


def rule_groups(topics: list[Topic]) -> dict[str, Any]:
    """A rules file: one group a topic that has any rules, what is recorded before what is made of it."""
    groups = [
        {"name": f"kube-apiserver-{topic.name.replace('_', '-')}", "rules": topic.records + topic.alerts}
        for topic in topics
        if topic.records or topic.alerts
    ]
    return {"groups": groups}
