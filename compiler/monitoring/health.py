"""The topic of the health checks: the very checks of this configuration, with what a failure means.

A server counts a check only when somebody asks for its list, as kubelets and load balancers do.
Kubernetes: apiserver/pkg/server/healthz/healthz.go, handleRootHealth; component-base/metrics/prometheus/slis.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compiler.catalog import health_meanings
from compiler.health.checks import ENDPOINTS

if TYPE_CHECKING:
    from compiler.health.checks import HealthCheck
    from compiler.pipeline import Resolved

_HOOK = "poststarthook/"
_UNWATCHED = ("ping", "shutdown")
"""Checks that always pass, or that fail because somebody meant it."""
_WAITS = {"critical": "2m", "warning": "10m"}
_CRITICAL = ("etcd", "kms", "loopback")


def health_topic(resolved: Resolved) -> dict[str, Any]:
    """Alerts for each check on its own, for all start hooks together, and where the running server has other checks."""
    health = resolved.config.health
    if health is None:
        raise RuntimeError("the pipeline has not run")
    every = health.every()
    types = {
        name: [kind for kind in ENDPOINTS if any(name == check.name for check in getattr(health, kind))]
        for name in every
    }
    alerts = [_alert(check, types[name]) for name, check in every.items() if _alone(name)]
    hooks = [name for name in every if name.startswith(_HOOK)]
    ready = list(dict.fromkeys(check.name for check in health.readyz))
    others = [_hooks(hooks), _others(list(every)), _missing(ready)]
    return {"title": "Health checks", "alerts": [*alerts, *others], "panels": _PANELS}


def _alone(name: str) -> bool:
    return name not in _UNWATCHED and not name.startswith(_HOOK)


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
        "description": f"On {{{{ $labels.instance }}}}, {{{{ $labels.type }}}} tells: {meaning['fails']}.",
        "runbook": f"What to do: {meaning['do']}.",
    }


def _failing(matchers: str) -> str:
    """What failed and was asked again of late: the gauge of a list that nobody asks any more stays as it was."""
    asked = f'kubernetes_healthchecks_total{{@slis, {matchers}, status="error"}}[5m]'
    return f"kubernetes_healthcheck{{@slis, {matchers}}} == 0 and on (job, instance, name, type) rate({asked}) > 0"


def _hooks(names: list[str]) -> dict[str, Any]:
    return {
        "alert": "KubeAPIServerStartHookHangs",
        "expr": _failing(f"name=~{_any_of(names)}"),
        "for": _WAITS["warning"],
        "severity": "warning",
        "summary": "A hook of the start does not get done.",
        "description": "On {{ $labels.instance }}, {{ $labels.name }} keeps failing {{ $labels.type }}.",
        "runbook": "The health artifact says what this hook waits for and what to do; so does kasc probe.",
    }


def _others(names: list[str]) -> dict[str, Any]:
    return {
        "alert": "KubeAPIServerUndeclaredHealthCheck",
        "expr": f"kubernetes_healthcheck{{@slis, name!~{_any_of(names)}}} >= 0",
        "for": "1h",
        "severity": "info",
        "summary": "The running server has a health check that its declaration has not.",
        "description": "{{ $labels.instance }} checks {{ $labels.name }}: its configuration or version is another one.",
        "runbook": _DIFFERS,
    }


def _missing(names: list[str]) -> dict[str, Any]:
    """Counts what readyz has, since kubelets ask for all of it; of livez they leave checks out."""
    checks = f'kubernetes_healthcheck{{@slis, type="readyz", name=~{_any_of(names)}}}'
    return {
        "alert": "KubeAPIServerMissingHealthCheck",
        "expr": f"count by (job, instance) ({checks}) < {len(names)}",
        "for": "1h",
        "severity": "info",
        "summary": "The running server lacks health checks that its declaration has.",
        "description": f"{{{{ $labels.instance }}}} has {{{{ $value }}}} of the {len(names)} checks of readyz.",
        "runbook": _DIFFERS,
    }


def _any_of(names: list[str]) -> str:
    """A matcher for some names, as PromQL writes it: none of them has a sign that means something in a pattern."""
    return json.dumps("|".join(names))


_DIFFERS = "Compare with kasc probe, then bring the declared configuration to the server, or make these rules anew."
_PANELS: list[dict[str, Any]] = [
    {
        "title": "Health checks that fail",
        "targets": [{"expr": "kubernetes_healthcheck{@slis} == 0", "legend": "{{instance}} {{type}} {{name}}"}],
    },
    {
        "title": "Failures of health checks",
        "unit": "ops",
        "targets": [
            {
                "expr": 'sum by (name, type) (rate(kubernetes_healthchecks_total{@slis, status="error"}[@rate])) > 0',
                "legend": "{{type}} {{name}}",
            }
        ],
    },
]
