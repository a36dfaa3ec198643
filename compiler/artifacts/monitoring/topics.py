"""The topics of monitoring: rules and panels as data, adapted to one configuration."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.apiserver.health import ENDPOINTS
from compiler.artifacts.monitoring.metrics import Exported, conditions, values
from compiler.upstream.catalog import health_meanings

if TYPE_CHECKING:
    from compiler.apiserver.health import HealthCheck
    from compiler.apiserver.startup import Resolved


_HOOK = "poststarthook/"
_WITHOUT_ALERT = ("ping", "shutdown")
"""Checks that always pass, or that fail intentionally."""
_WAITS = {"critical": "2m", "warning": "10m"}
_CRITICAL = ("etcd", "kms", "loopback")


def health_topic(resolved: Resolved) -> dict[str, Any]:
    """Return alerts for each health check, for all post-start hooks together, and for undeclared or missing checks."""
    health = resolved.health
    every = health.every()
    types = {
        name: [kind for kind in ENDPOINTS if any(name == check.name for check in getattr(health, kind))]
        for name in every
    }
    alerts = [_alert(check, types[name]) for name, check in every.items() if _has_alert(name)]
    hooks = [name for name in every if name.startswith(_HOOK)]
    ready = list(dict.fromkeys(check.name for check in health.readyz))
    others = [_hooks(hooks), _others(list(every)), _missing(ready)]
    return {"title": "Health checks", "alerts": [*alerts, *others], "panels": _PANELS}


def _has_alert(name: str) -> bool:
    return name not in _WITHOUT_ALERT and not name.startswith(_HOOK)


def _alert(check: HealthCheck, types: list[str]) -> dict[str, Any]:
    meaning = health_meanings()[check.row]
    severity = "critical" if check.row.startswith(_CRITICAL) else "warning"
    return {
        "alert": "KubeAPIServerHealthCheckFails",
        "expr": _failing(f"name={json.dumps(check.name)}, type=~{_any_of(types)}"),
        "for": _WAITS[severity],
        "severity": severity,
        "labels": {"check": check.name},
        "summary": f"The health check {check.name} fails.",
        "description": f"On {{{{ $labels.instance }}}}, {{{{ $labels.type }}}} reports: {meaning['fails']}.",
        "runbook": f"What to do: {meaning['do']}.",
    }


def _failing(matchers: str) -> str:
    """Return checks that fail and were requested recently: the gauge of an endpoint without requests never changes."""
    recent = f'kubernetes_healthchecks_total{{@slis, {matchers}, status="error"}}[5m]'
    return f"kubernetes_healthcheck{{@slis, {matchers}}} == 0 and on (job, instance, name, type) rate({recent}) > 0"


def _hooks(names: list[str]) -> dict[str, Any]:
    return {
        "alert": "KubeAPIServerStartHookHangs",
        "expr": _failing(f"name=~{_any_of(names)}"),
        "for": _WAITS["warning"],
        "severity": "warning",
        "summary": "A post-start hook has not completed.",
        "description": "On {{ $labels.instance }}, {{ $labels.name }} still fails in {{ $labels.type }}.",
        "runbook": "kasc probe and the health artifact describe what the hook waits for and what to do.",
    }


def _others(names: list[str]) -> dict[str, Any]:
    return {
        "alert": "KubeAPIServerUndeclaredHealthCheck",
        "expr": f"kubernetes_healthcheck{{@slis, name!~{_any_of(names)}}} >= 0",
        "for": "1h",
        "severity": "info",
        "summary": "The running server has an undeclared health check.",
        "description": "{{ $labels.instance }} has {{ $labels.name }}: its configuration or version is different.",
        "runbook": _DIFFERS,
    }


def _missing(names: list[str]) -> dict[str, Any]:
    """Count the checks of readyz, because kubelets request all of them; they exclude checks from livez."""
    checks = f'kubernetes_healthcheck{{@slis, type="readyz", name=~{_any_of(names)}}}'
    return {
        "alert": "KubeAPIServerMissingHealthCheck",
        "expr": f"count by (job, instance) ({checks}) < {len(names)}",
        "for": "1h",
        "severity": "info",
        "summary": "The running server does not have all declared health checks.",
        "description": f"{{{{ $labels.instance }}}} has {{{{ $value }}}} of the {len(names)} checks of readyz.",
        "runbook": _DIFFERS,
    }


def _any_of(names: list[str]) -> str:
    """Return a PromQL matcher for names, which contain no regular expression metacharacters."""
    return json.dumps("|".join(names))


_DIFFERS = "Compare with kasc probe, then deploy the declared configuration to the server, or regenerate these rules."
_PANELS: list[dict[str, Any]] = [
    {
        "title": "Failing health checks",
        "targets": [{"expr": "kubernetes_healthcheck{@slis} == 0", "legend": "{{instance}} {{type}} {{name}}"}],
    },
    {
        "title": "Health check failures",
        "unit": "ops",
        "targets": [
            {
                "expr": 'sum by (name, type) (rate(kubernetes_healthchecks_total{@slis, status="error"}[@rate])) > 0',
                "legend": "{{type}} {{name}}",
            }
        ],
    },
]


DIRECTORY = os.path.join(os.path.dirname(__file__), "topics")
NAMES = (
    *("server", "requests", "inflight", "fairness", "etcd", "encryption", "kms", "watch_cache", "admission", "audit"),
    *("authentication", "authorization", "aggregation", "services", "egress", "drift"),
)
"""The topics that have a file, in the order of the rules."""
JOB = "kube-apiserver"
SLIS_JOB = f"{JOB}-slis"


class Topic(NamedTuple):
    """One topic, adapted to a configuration: Prometheus rules, and panels with expanded expressions."""

    name: str
    title: str
    records: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    panels: list[dict[str, Any]]


def topics(resolved: Resolved) -> list[Topic]:
    """Return the topics that are not empty for this configuration, health checks first."""
    adapter = _Adapter(resolved)
    adapted = [adapter.adapt("health", health_topic(resolved)), *(adapter.adapt(name, load(name)) for name in NAMES)]
    return [topic for topic in adapted if topic.records or topic.alerts or topic.panels]


def load(name: str) -> dict[str, Any]:
    """Return the content of a topic's file."""
    import yaml

    with open(os.path.join(DIRECTORY, f"{name}.yaml"), encoding="utf-8") as file:
        topic: dict[str, Any] = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return topic


class _Adapter:
    def __init__(self, resolved: Resolved) -> None:
        self.conditions = conditions(resolved)
        self.values = values(resolved)
        self.exported = Exported(resolved)

    def adapt(self, name: str, topic: dict[str, Any]) -> Topic:
        """Return the rules and panels whose conditions hold; recording rules first, because the others use them."""
        if not self._holds(topic):
            return Topic(name, topic["title"], [], [], [])
        records = [record for item in self._items(topic, "records") for record in self._records(item)]
        alerts = [alert for item in self._items(topic, "alerts") for alert in self._alert(item)]
        panels = [panel for item in self._items(topic, "panels") for panel in self._panel(item)]
        return Topic(name, topic["title"], records, alerts, panels)

    def _holds(self, item: dict[str, Any]) -> bool:
        return self.conditions.issuperset(item.get("when", ()))

    def _items(self, topic: dict[str, Any], part: str) -> list[dict[str, Any]]:
        return [item for item in topic.get(part, ()) if self._holds(item)]

    def _expression(self, expressions: str | list[str], labels: dict[str, str]) -> str | None:
        """Return the first expression of which all metrics are exported, adapted; None if there is none."""
        for text in [expressions] if isinstance(expressions, str) else expressions:
            expression = expand(text, labels | self.values)
            if self.exported.has(expression):
                return self.exported.adapted(expression)
        return None

    def _records(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        records = []
        for window in item.get("windows", [""]):
            expression = self._expression(item["expr"], _LABELS | {"window": window})
            if expression is not None:
                record = expand(item["record"], {"window": window})
                self.exported.add_record(record, expression)
                records.append({"record": record, "expr": expression})
        return records

    def _alert(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        expression = self._expression(item["expr"], _LABELS)
        if expression is None:
            return []
        texts = {
            key: expand(item[key], self.values | {"jobName": JOB}) for key in ("summary", "description", "runbook")
        }
        waits = {"for": item["for"]} if "for" in item else {}
        labels = {"severity": item["severity"], **item.get("labels", {})}
        return [{"alert": item["alert"], "expr": expression, **waits, "labels": labels, "annotations": texts}]

    def _panel(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        targets = []
        for target in item["targets"]:
            expression = self._expression(target["expr"], _SHOWN) if self._holds(target) else None
            if expression is not None:
                targets.append({"expr": expression, "legend": target["legend"]})
        return [item | {"targets": targets}] if targets else []


def expand(text: str, words: dict[str, str]) -> str:
    """Return the text with its `@words` replaced. Raises KeyError for an unknown word."""
    return re.sub(r"@([a-zA-Z]+)", lambda match: words[match[1]], text)


_LABELS = {"job": f'job="{JOB}"', "slis": f'job="{SLIS_JOB}"'}
_INSTANCE = 'instance=~"$instance"'
_SHOWN = {
    "job": f"{_LABELS['job']}, {_INSTANCE}",
    "slis": f"{_LABELS['slis']}, {_INSTANCE}",
    "jobs": _LABELS["job"],
    "rate": "$__rate_interval",
}
