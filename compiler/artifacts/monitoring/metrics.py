"""The metrics that the server exports, and the conditions that its configuration meets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from compiler.text import clean

if TYPE_CHECKING:
    from compiler.apiserver.resolved_sections import EtcdEncryption
    from compiler.apiserver.startup import Resolved


_OF_DRIFT = {
    "kasc_drift_differences": ("server", "kind", "severity"),
    "kasc_drift_compared": ("server",),
    "kasc_drift_timestamp_seconds": ("server",),
}
"""The metrics of `kasc drift --output prometheus`, with their labels."""
TARGET_LABELS = ("job", "instance", "le")
"""Labels that every series or histogram has."""
_SELECTOR = re.compile(r'(?<![\w:])([a-zA-Z_:][a-zA-Z0-9_:]*+)\{((?:[^"{}]++|"(?:[^"\\{}]++|\\.)*+")*+)\}')
_MATCHER = re.compile(r'(?<!\w)([a-zA-Z_][a-zA-Z0-9_]*+)\s*+(=~|!~|!=|=)\s*+"((?:[^"\\]++|\\.)*+)"')
_GROUPING = re.compile(r"\b(by|on) \(([^()]*)\)")
_PARTS = ("_bucket", "_count", "_sum")


class Exported:
    """The metrics of the declared server.

    Kubernetes: component-base/metrics/metric.go, preprocessMetric: --disabled-metrics takes precedence, except for
    custom collectors, and hidden metrics are exported only with --show-hidden-metrics-for-version. Label values that
    --allow-metric-labels does not list become `unexpected`.
    """

    def __init__(self, resolved: Resolved) -> None:
        metrics = resolved.config.metrics
        disabled = metrics.disabled_metrics
        hidden = bool(metrics.show_hidden_metrics_for_version)
        self.labels: dict[str, tuple[str, ...]] = {
            name: tuple(row["labels"])
            for name, row in resolved.context.catalog.metrics.items()
            if (name not in disabled or row.get("custom")) and (hidden or not row.get("hidden"))
        }
        self.allowed: dict[tuple[str, str], list[str]] = {}
        for key, values in metrics.allow_metric_labels:
            metric, _, label = key.partition(",")
            self.allowed[metric, label] = values.split(",")
        self.records: dict[str, tuple[str, ...]] = {"up": (), **_OF_DRIFT}

    def has(self, expression: str) -> bool:
        """Return whether every metric of an expression is exported, with values that its matchers can match."""
        return all(
            self._of(name) is not None and self._matches(name, matchers)
            for name, matchers in _SELECTOR.findall(expression)
        )

    def adapted(self, expression: str) -> str:
        """Return the expression grouped only by labels that one of its metrics has in this version."""
        known = set(TARGET_LABELS)
        for name, _ in _SELECTOR.findall(expression):
            known.update(self._of(name) or ())

        def keep(match: re.Match[str]) -> str:
            return f"{match[1]} ({', '.join(label for label in match[2].split(', ') if label in known)})"

        return _GROUPING.sub(keep, expression)

    def add_record(self, name: str, expression: str) -> None:
        """Add a recorded series to the metrics, with the labels that its expression groups by."""
        grouped = _GROUPING.search(expression)
        self.records[name] = tuple(grouped[2].split(", ")) if grouped else ()

    def _of(self, name: str) -> tuple[str, ...] | None:
        return self.records.get(name, self.labels.get(base_name(name, self.labels)))

    def _matches(self, name: str, matchers: str) -> bool:
        for label, operator, value in _MATCHER.findall(matchers):
            values = self.allowed.get((base_name(name, self.labels), label))
            if values is None or operator[0] == "!":
                continue
            pattern = value if operator == "=~" else re.escape(value)
            if not any(re.fullmatch(pattern, each) for each in values):
                return False
        return True


def base_name(name: str, known: dict[str, tuple[str, ...]]) -> str:
    """Return the metric of a series: a histogram has three series."""
    for part in _PARTS:
        if name.endswith(part) and name not in known:
            return name.removesuffix(part)
    return name


_WEBHOOKS = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")
_JWKS_GATE = "StructuredAuthenticationConfigurationJWKSMetrics"


def conditions(resolved: Resolved) -> frozenset[str]:
    """Return the conditions that hold. If a file is not available, they hold: absent metrics cause no alerts."""
    gates, config = resolved.context.gates, resolved.config
    dialers = config.egress_selector.dialers
    plugins, fair = config.admission.plugins, config.features.priority_and_fairness
    authentication, authorization = config.authentication, config.authorization
    states = {
        "priorityAndFairness": fair,
        "readLimit": not fair and config.generic.max_requests_in_flight > 0,
        "writeLimit": not fair and config.generic.max_mutating_requests_in_flight > 0,
        "databaseSize": config.etcd.db_metric_poll_interval != "0s",
        "objectCounts": config.etcd.count_metric_poll_period != "0s",
        "watchCache": config.etcd.watch_cache,
        "consistencyChecks": gates.known("DetectCacheInconsistency") and gates.on("DetectCacheInconsistency"),
        "admissionWebhooks": any(name in plugins for name in _WEBHOOKS),
        "validatingPolicies": "ValidatingAdmissionPolicy" in plugins,
        "mutatingPolicies": "MutatingAdmissionPolicy" in plugins,
        "podSecurity": "PodSecurity" in plugins,
        "audit": config.audit.enabled,
        "auditStrict": any(backend.mode == "blocking-strict" for backend in config.audit.backends),
        "clientCertificates": bool(authentication.client_cas),
        "authenticationFile": bool(authentication.jwt.config_file),
        "jwt": authentication.jwt.issuers != (),
        "jwksMetrics": gates.known(_JWKS_GATE) and gates.on(_JWKS_GATE),
        "tokenWebhook": authentication.webhook is not None,
        "externalSigner": bool(config.service_account_issuer.signing_endpoint),
        "authorizationFile": bool(authorization.config_file),
        "authorizationWebhook": authorization.authorizers is None
        or any(authorizer.type == "Webhook" for authorizer in authorization.authorizers),
        "customResources": config.api_extensions.enabled,
        "egress": any(dialer != "direct" for dialer in (dialers.cluster, dialers.controlplane, dialers.etcd)),
        "services": any("service-ip-repair" in check.name for check in resolved.health.readyz),
        **_encryption(config.etcd.encryption),
    }
    return frozenset(condition for condition, holds in states.items() if holds)


def _encryption(encryption: EtcdEncryption) -> dict[str, bool]:
    configured = bool(encryption.config)
    versions = {"v1", "v2"} if encryption.kms is None else {plugin.api_version for plugin in encryption.kms}
    return {
        "encryption": configured,
        "encryptionReload": configured and encryption.automatic_reload,
        "kms": configured and bool(versions),
        "kms1": configured and "v1" in versions,
        "kms2": configured and "v2" in versions,
    }


def values(resolved: Resolved) -> dict[str, str]:
    """Return the values of the configuration that rules use, by their `@words`."""
    generic = resolved.config.generic
    return {
        "server": json.dumps(clean(resolved.context.input.name), ensure_ascii=False),
        "maxInFlight": str(generic.max_requests_in_flight),
        "maxMutatingInFlight": str(generic.max_mutating_requests_in_flight),
    }
