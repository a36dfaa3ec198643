"""What can be watched, by topic: rules and panels as data, made fit for one configuration.

Every file in `topics/` is one topic. An item counts only where all words in `when` hold (`compiler.monitoring.facts`)
and all metrics that it selects are exported. In expressions `@job` stands for the target's labels, `@window` and
`@rate` for a range, and the other words for figures of the configuration.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.monitoring.exported import Exported
from compiler.monitoring.facts import switched_on, values
from compiler.monitoring.health import health_topic

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

FOLDER = os.path.join(os.path.dirname(__file__), "topics")
NAMES = (
    *("server", "requests", "inflight", "fairness", "etcd", "encryption", "kms", "watch_cache", "admission", "audit"),
    *("authentication", "authorization", "aggregation", "services", "egress"),
)
"""The topics with a file, in the order of the rules."""
JOB = "kube-apiserver"
SLIS_JOB = f"{JOB}-slis"


class Topic(NamedTuple):
    """One topic, fit for a configuration: rules as Prometheus has them, panels with plain expressions."""

    name: str
    title: str
    records: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    panels: list[dict[str, Any]]


def topics(resolved: Resolved) -> list[Topic]:
    """The topics that have anything for this configuration, the health checks first."""
    selecting = _Selecting(resolved)
    found = [selecting.fit("health", health_topic(resolved)), *(selecting.fit(name, load(name)) for name in NAMES)]
    return [topic for topic in found if topic.records or topic.alerts or topic.panels]


def load(name: str) -> dict[str, Any]:
    """One topic as its file has it."""
    import yaml

    with open(os.path.join(FOLDER, f"{name}.yaml"), encoding="utf-8") as file:
        found: dict[str, Any] = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


class _Selecting:
    def __init__(self, resolved: Resolved) -> None:
        self.on = switched_on(resolved)
        self.values = values(resolved)
        self.exported = Exported(resolved)

    def fit(self, name: str, topic: dict[str, Any]) -> Topic:
        """Keep what holds. Records first: what is made of them hangs on them."""
        if not self._holds(topic):
            return Topic(name, topic["title"], [], [], [])
        records = [record for item in self._items(topic, "records") for record in self._records(item)]
        alerts = [alert for item in self._items(topic, "alerts") for alert in self._alert(item)]
        panels = [panel for item in self._items(topic, "panels") for panel in self._panel(item)]
        return Topic(name, topic["title"], records, alerts, panels)

    def _holds(self, item: dict[str, Any]) -> bool:
        return self.on.issuperset(item.get("when", ()))

    def _items(self, topic: dict[str, Any], part: str) -> list[dict[str, Any]]:
        return [item for item in topic.get(part, ()) if self._holds(item)]

    def _expression(self, given: str | list[str], labels: dict[str, str]) -> str | None:
        """The first of some expressions of which all metrics are there, made fit; None where there is none."""
        for text in [given] if isinstance(given, str) else given:
            expression = expand(text, labels | self.values)
            if self.exported.has(expression):
                return self.exported.fitted(expression)
        return None

    def _records(self, item: dict[str, Any]) -> list[dict[str, Any]]:
        found = []
        for window in item.get("windows", [""]):
            expression = self._expression(item["expr"], _LABELS | {"window": window})
            if expression is not None:
                record = expand(item["record"], {"window": window})
                self.exported.add_record(record, expression)
                found.append({"record": record, "expr": expression})
        return found

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
    """The text with what its words stand for; a word that nothing stands for is a KeyError."""
    return re.sub(r"@([a-zA-Z]+)", lambda match: words[match[1]], text)


_LABELS = {"job": f'job="{JOB}"', "slis": f'job="{SLIS_JOB}"'}
_INSTANCE = 'instance=~"$instance"'
_SHOWN = {
    "job": f"{_LABELS['job']}, {_INSTANCE}",
    "slis": f"{_LABELS['slis']}, {_INSTANCE}",
    "jobs": _LABELS["job"],
    "rate": "$__rate_interval",
}
