"""The artifact `monitoring`: a rules file and a configuration for Prometheus, and a dashboard for Grafana."""

from __future__ import annotations

from compiler.monitoring.dashboard import dashboard
from compiler.monitoring.rules import rule_groups
from compiler.monitoring.scrape import scrape_config
from compiler.monitoring.topics import topics
from compiler.pipeline import Resolved

RULES, SCRAPE, DASHBOARD = "prometheus-rules", "prometheus-scrape", "grafana-dashboard.json"


def monitoring(resolved: Resolved, form: str) -> dict[str, object]:
    """File name -> what it holds. Prometheus reads YAML, so JSON as well; Grafana reads JSON alone."""
    found = topics(resolved)
    options = resolved.options
    return {
        f"{RULES}.{form}": rule_groups(found),
        f"{SCRAPE}.{form}": scrape_config(resolved, f"{RULES}.{form}"),
        DASHBOARD: dashboard(options.input.name, options.catalog.version, found),
    }
