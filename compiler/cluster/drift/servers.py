"""The drift of a server that is asked over the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.cluster.drift.asking import ask
from compiler.cluster.drift.comparing import compare
from compiler.cluster.drift.report import masked
from compiler.cluster.http_connection import ServerError
from compiler.diagnostics import diagnose

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.apiserver import APIServer
    from compiler.cluster.drift.observed import Drift
    from compiler.diagnostics import Report


def drift_of(server: APIServer, declared: Resolved, report: Report) -> Drift | None:
    """Return the drift of a server from its declaration; None after reporting that it cannot be reached."""
    try:
        observed = ask(server, declared.context.host.address)
    except ServerError as error:
        report.add(diagnose(rules.SERVER_NOT_ACCESSIBLE, f"{server.url} {error}", error.hint))
        return None
    return masked(compare(declared, observed), server.hide)
