"""The API server of the Pod that kasc runs in, and the token of its service account."""

from __future__ import annotations

import os
from collections.abc import Mapping

from compiler import rules
from compiler.cluster import Credentials, Target, is_visible_ascii
from compiler.diagnostics import KascError, Location, Report, diagnose
from compiler.inputs.source import read_source
from compiler.upstream.go.net import join_host_port

DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"


def is_in_pod(environment: Mapping[str, str]) -> bool:
    """Return whether kasc runs in a Pod with a service account. Kubernetes: client-go/tools/clientcmd, Possible."""
    names = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
    return all(environment.get(name) for name in names) and os.path.isfile(f"{DIRECTORY}/token")


def target_of_pod(environment: Mapping[str, str], report: Report) -> Target | None:
    """Return the API server and its credentials; None after reporting that a file cannot be used.

    Kubernetes: client-go/rest/config.go, InClusterConfig.
    """
    try:
        ca, token = (read_source(f"{DIRECTORY}/{name}").text for name in ("ca.crt", "token"))
    except KascError as error:
        report.add(error.diagnostic)
        return None
    token = token.strip()
    if not token or not is_visible_ascii(token):
        where = Location(f"{DIRECTORY}/token", 1, 1, 1, 1)
        message = "the service account token is empty, or contains whitespace or non-ASCII characters"
        report.add(diagnose(rules.INVALID_KUBECONFIG, message, "pass --kubeconfig or --server", location=where))
        return None
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment["KUBERNETES_SERVICE_PORT"]
    return Target(f"https://{join_host_port(host, port)}", Credentials(ca=ca.encode(), token=token))
