"""Probes that ask without credentials where the server wants some.

A kubelet sends no credentials of its own: where anonymous requests are off, it is answered 401.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.review.context import Risks

if TYPE_CHECKING:
    from compiler.inputs.source.node import Node

_FLAG, _FILE = "anonymous-auth", "authentication-config"
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def find(risks: Risks) -> None:
    """Look at the probes that a Pod has, or those that a document would get."""
    anonymous = risks.config.authentication.anonymous
    if anonymous.enabled is None or (anonymous.enabled and not anonymous.conditions):
        return
    paths = [condition.path for condition in anonymous.conditions or ()]
    if risks.given.container is not None:
        _check_probes(risks, risks.given.container, paths)
    elif risks.given.read_as == "document" and not {"/livez", "/readyz"} <= set(paths):
        flag = _FILE if risks.file(_FILE) is not None else _FLAG
        # Where AlwaysAllow did it, that is a risk of its own.
        if risks.flags.changed(flag):
            message = f"--{flag} keeps anonymous requests from the health checks: the probes of the Pod can only look"
            hint = "let anonymous requests in on /livez and /readyz, with an authentication config"
            risks.report(
                rules.PROBES_WITHOUT_ANONYMOUS_ACCESS,
                f"{message} whether the port is open",
                hint,
                flag,
                severity="note",
            )


def _check_probes(risks: Risks, container: Node, paths: list[str]) -> None:
    """One finding about all probes that are refused, at the first of them."""
    refused: dict[str, Node] = {}
    for name in _PROBES:
        path = _asked_path(risks, container, container.at((name, "httpGet")))
        if path is not None and str(path.value).partition("?")[0] not in paths:
            refused[name] = path
    decisive = next((flag for flag in (_FLAG, _FILE) if risks.flags.changed(flag)), "authorization-mode")
    if refused and risks.settled(decisive):
        first, node = next(iter(refused.items()))
        asks = "asks without credentials and is" if len(refused) == 1 else "ask without credentials and are"
        message = f"{', '.join(refused)} {asks} answered 401: anonymous requests are not let in"
        hint = "let them in on the health checks alone, with an authentication config, or use tcpSocket"
        risks.report_location(
            rules.PROBES_WITHOUT_ANONYMOUS_ACCESS, message, hint, f"{first}.httpGet.path", node.location
        )


def _asked_path(risks: Risks, container: Node, action: Node) -> Node | None:
    """The path that is asked of the server itself without credentials; None where a probe does something else."""
    scheme, port, headers = action.get("scheme"), action.at(("port",)).value, _items(action.get("httpHeaders"))
    for entry in _items(container.get("ports")):
        if entry.at(("name",)).value == port:
            port = entry.at(("containerPort",)).value
    secure = risks.flags.number("secure-port")
    if scheme is None or str(scheme.value).upper() != "HTTPS" or port not in (secure, str(secure)):
        return None
    if any(str(header.at(("name",)).value).lower() == "authorization" for header in headers):
        return None
    path = action.get("path")
    return path if path is not None and isinstance(path.value, str) else None


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []
