"""HTTP probes without credentials of a server that does not allow anonymous requests.

The kubelet sends no credentials with probes: if anonymous requests are disabled, the response is 401.
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
    """Check the probes of a Pod, or those that a document compiles to."""
    anonymous = risks.config.authentication.anonymous
    if anonymous.enabled is None or (anonymous.enabled and not anonymous.conditions):
        return
    paths = [condition.path for condition in anonymous.conditions or ()]
    if risks.given.container is not None:
        _check_probes(risks, risks.given.container, paths)
    elif risks.given.read_as == "document" and not {"/livez", "/readyz"} <= set(paths):
        flag = _FILE if risks.file(_FILE) is not None else _FLAG
        # If AlwaysAllow has disabled them, that is a separate risk.
        if risks.flags.changed(flag):
            message = f"--{flag} forbids anonymous requests to the health checks: the probes of the Pod can only check"
            hint = "allow anonymous requests on /livez and /readyz with an authentication config"
            risks.report(
                rules.PROBES_WITHOUT_ANONYMOUS_ACCESS,
                f"{message} that the port is open",
                hint,
                flag,
                severity="note",
            )


def _check_probes(risks: Risks, container: Node, paths: list[str]) -> None:
    """Report all probes that are rejected, at the first one."""
    rejected: dict[str, Node] = {}
    for name in _PROBES:
        path = _anonymous_path(risks, container, container.at((name, "httpGet")))
        if path is not None and str(path.value).partition("?")[0] not in paths:
            rejected[name] = path
    decisive = next((flag for flag in (_FLAG, _FILE) if risks.flags.changed(flag)), "authorization-mode")
    if rejected and risks.settled(decisive):
        first, node = next(iter(rejected.items()))
        verb = "gets" if len(rejected) == 1 else "get"
        message = (
            f"{', '.join(rejected)} {verb} 401: anonymous requests are not allowed, and probes have no credentials"
        )
        hint = "allow them only on the health checks with an authentication config, or use tcpSocket"
        risks.report_location(
            rules.PROBES_WITHOUT_ANONYMOUS_ACCESS, message, hint, f"{first}.httpGet.path", node.location
        )


def _anonymous_path(risks: Risks, container: Node, action: Node) -> Node | None:
    """Return the path that a probe requests from the server without credentials; None for other probes."""
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
