"""The configuration by which Prometheus scrapes the declared server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from compiler.health.alternatives import SERVER_NAME
from compiler.monitoring.topics import JOB, SLIS_JOB
from compiler.options.addresses import join_host_port

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where Prometheus, as a Pod, finds its own token and the CA of the cluster."""
_PATHS = {JOB: ("/metrics", "30s"), SLIS_JOB: ("/metrics/slis", "15s")}


def scrape_config(resolved: Resolved, rules: str) -> dict[str, Any]:
    """A whole Prometheus configuration: two jobs, one for each path of metrics; `rules` is the rules file beside it.

    Kubernetes: apiserver/pkg/server/config.go, installAPI. Both paths need a user of the group `system:monitoring`, or
    a role that may get them; credentials are named by file only.
    """
    config = resolved.config
    port = config.get("secureServing.bindPort")
    target = join_host_port(config.get("generic.publicAddress") or _host(resolved.options.input.name), port)
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
