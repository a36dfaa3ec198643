"""Options of the server's own metrics.

Kubernetes: staging/src/k8s.io/component-base/metrics/api/v1/config.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Metrics
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"


class MetricsOptions(OptionGroup):
    """Kubernetes: metrics Options."""

    name = "metrics"

    def validate(self) -> None:
        """Kubernetes: MetricsConfiguration Validate."""
        flags, flag = self.flags, "show-hidden-metrics-for-version"
        previous = f"1.{self.context.catalog.minor - 1}"
        if flags.text(flag) not in ("", previous):
            message = f"--{flag} {shown(flags.text(flag))} is not the previous minor version"
            self.report(rules.INVALID_HIDDEN_METRICS_VERSION, message, f'write "{previous}", or remove the flag', flag)
        if self.context.catalog.behaviour("disabledMetricsChecked"):
            for index, name in enumerate(flags.texts("disabled-metrics")):
                if not re.fullmatch(_NAME, name):
                    flag = "disabled-metrics"
                    message = f"--{flag}: {shown(name)} is not a valid metric name"
                    self.report(rules.INVALID_METRIC_NAME, message, "use letters, digits, _ and :", flag, index)
        labels, manifest = "allow-metric-labels", "allow-metric-labels-manifest"
        if flags.mapping(labels):
            self._check_labels(labels)
        if flags.text(manifest):
            from compiler.apiserver.config_files.metric_labels import check_metric_labels

            # If the server does not check the manifest, it does not read it in addition to the labels either.
            if self.context.catalog.behaviour("metricLabelsManifestChecked") or not flags.mapping(labels):
                check_metric_labels(self.named(manifest))
        if self.context.catalog.behaviour("metricLabelsEitherWay") and flags.mapping(labels) and flags.text(manifest):
            self.report(
                rules.METRIC_LABELS_SET_TWICE,
                f"--{labels} cannot be given together with --{manifest}",
                f"remove --{labels}, or --{manifest}",
                labels,
            )

    def _check_labels(self, flag: str) -> None:
        """Kubernetes: validateAllowListMapping."""
        from compiler.apiserver.config_files.metric_labels import is_metric_label

        for key in self.flags.mapping(flag):
            if not is_metric_label(key):
                message = f"--{flag}: {shown(key)} is not a metric and a label"
                hint = "write METRIC,LABEL=VALUE[,VALUE...]"
                self.report(rules.INVALID_METRIC_LABEL, message, hint, flag, self.flags.entry(flag, key))

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: metrics Options.Apply."""
        flags = self.flags
        config.metrics = Metrics(
            show_hidden_metrics_for_version=flags.text("show-hidden-metrics-for-version"),
            disabled_metrics=flags.texts("disabled-metrics"),
            allow_metric_labels=tuple(flags.mapping("allow-metric-labels").items()),
            allow_metric_labels_manifest=flags.text("allow-metric-labels-manifest"),
        )
