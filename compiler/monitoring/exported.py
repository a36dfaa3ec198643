"""Which metrics a server exports, and whether an expression of PromQL finds in them what it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

TARGET_LABELS = ("job", "instance", "le")
"""Labels that every series has, or that belong to its form."""
_SELECTOR = re.compile(r'(?<![\w:])([a-zA-Z_:][a-zA-Z0-9_:]*+)\{((?:[^"{}]++|"(?:[^"\\{}]++|\\.)*+")*+)\}')
_MATCHER = re.compile(r'(?<!\w)([a-zA-Z_][a-zA-Z0-9_]*+)\s*+(=~|!~|!=|=)\s*+"((?:[^"\\]++|\\.)*+)"')
_GROUPING = re.compile(r"\b(by|on) \(([^()]*)\)")
_PARTS = ("_bucket", "_count", "_sum")


class Exported:
    """The metrics of the declared server.

    Kubernetes: component-base/metrics/metric.go, preprocessMetric: --disabled-metrics wins over everything, save for
    collectors that make their metrics themselves, and what is deprecated long enough is there only with
    --show-hidden-metrics-for-version. What --allow-metric-labels does not list becomes `unexpected` as a label's
    value.
    """

    def __init__(self, resolved: Resolved) -> None:
        config = resolved.config
        disabled = config.get("metrics.disabledMetrics")
        hidden = bool(config.get("metrics.showHiddenMetricsForVersion"))
        self.labels: dict[str, tuple[str, ...]] = {
            name: tuple(row["labels"])
            for name, row in resolved.options.catalog.metrics.items()
            if (name not in disabled or row.get("custom")) and (hidden or not row.get("hidden"))
        }
        self.allowed: dict[tuple[str, str], list[str]] = {}
        for key, values in config.get("metrics.allowMetricLabels").items():
            metric, _, label = key.partition(",")
            self.allowed[metric, label] = values.split(",")
        self.records: dict[str, tuple[str, ...]] = {"up": ()}

    def has(self, expression: str) -> bool:
        """Whether every metric of an expression is there, with values that its matchers can find."""
        return all(
            self._of(name) is not None and self._matches(name, matchers)
            for name, matchers in _SELECTOR.findall(expression)
        )

    def fitted(self, expression: str) -> str:
        """The expression grouped only by labels that one of its metrics has in this version."""
        known = set(TARGET_LABELS)
        for name, _ in _SELECTOR.findall(expression):
            known.update(self._of(name) or ())

        def keep(match: re.Match[str]) -> str:
            return f"{match[1]} ({', '.join(label for label in match[2].split(', ') if label in known)})"

        return _GROUPING.sub(keep, expression)

    def add_record(self, name: str, expression: str) -> None:
        """Have a recorded series beside the metrics, with the labels that its expression groups by."""
        grouped = _GROUPING.search(expression)
        self.records[name] = tuple(grouped[2].split(", ")) if grouped else ()

    def _of(self, name: str) -> tuple[str, ...] | None:
        return self.records.get(name, self.labels.get(base_name(name, self.labels)))

    def _matches(self, name: str, matchers: str) -> bool:
        for label, operator, wanted in _MATCHER.findall(matchers):
            values = self.allowed.get((base_name(name, self.labels), label))
            if values is None or operator[0] == "!":
                continue
            pattern = wanted if operator == "=~" else re.escape(wanted)
            if not any(re.fullmatch(pattern, value) for value in values):
                return False
        return True


def base_name(name: str, known: dict[str, tuple[str, ...]]) -> str:
    """The metric of a series: a histogram has three of them."""
    for part in _PARTS:
        if name.endswith(part) and name not in known:
            return name.removesuffix(part)
    return name


def metrics_in(expression: str) -> list[str]:
    """The series that an expression selects, by their names, in order."""
    return [name for name, _ in _SELECTOR.findall(expression)]
