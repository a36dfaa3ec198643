"""Probes that are rejected, or cannot succeed in any state of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.inputs import PROBES
from compiler.inputs.source.node import items_of, text_of
from compiler.review import Risks
from compiler.text import closest, shown
from compiler.upstream.names import is_port_name

if TYPE_CHECKING:
    from compiler.inputs.source.node import Node


_FLAG, _FILE = "anonymous-auth", "authentication-config"


def find_probes(risks: Risks) -> None:
    """Check the probes of a Pod, or those that a document compiles to."""
    anonymous = risks.config.authentication.anonymous
    if anonymous.enabled is None or (anonymous.enabled and not anonymous.conditions):
        return
    paths = [condition.path for condition in anonymous.conditions or ()]
    if risks.input.container is not None:
        _check_probes(risks, risks.input.container, paths)
    elif risks.input.read_as == "document" and not {"/livez", "/readyz"} <= set(paths):
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
    for name in PROBES:
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


_HEALTH = ("healthz", "livez", "readyz")
_SERVED = frozenset(
    (
        *("", ".well-known", "api", "apis", "debug", "flagz", "logs", "metrics", "openapi", "openid", "statusz"),
        *("version", *_HEALTH),
    )
)
"""First segments of the paths that the server may have."""
_ANY_ADDRESS = ("0.0.0.0", "::")
_PORT = "secure-port"


class _Problem(NamedTuple):
    """Why a probe fails, what to do, and the path and node of the value in the probe."""

    reason: str
    hint: str
    path: str
    node: Node


def find_failing_probes(risks: Risks) -> None:
    """Report each reason once, at the first probe that has it."""
    container, spec = risks.input.container, risks.input.pod_spec
    if container is None or spec is None:
        return
    problems: dict[str, list[tuple[str, _Problem]]] = {}
    for name in PROBES:
        probe = container.get(name)
        problem = _problem(risks, container, spec, probe) if probe is not None else None
        if problem is not None:
            problems.setdefault(problem.reason, []).append((name, problem))
    for reason, probes in problems.items():
        name, problem = probes[0]
        names = ", ".join(each for each, _ in probes)
        message = f"{names} cannot succeed: {reason}"
        risks.report_location(
            rules.PROBE_NEVER_SUCCEEDS, message, problem.hint, f"{name}.{problem.path}", problem.node.location
        )


def _problem(risks: Risks, container: Node, spec: Node, probe: Node) -> _Problem | None:
    for kind in ("httpGet", "tcpSocket", "grpc", "exec"):
        action = probe.get(kind)
        if action is None or not isinstance(action.value, dict):
            continue
        if kind == "exec":
            return _exec_problem(risks, action)
        problem = _port_problem(risks, container, spec, kind, action)
        if problem is not None or not _is_server(risks, container, action):
            return problem
        if kind == "grpc":
            hint = "write httpGet with scheme HTTPS and the path /livez"
            return _Problem("kube-apiserver does not serve gRPC health checks", hint, kind, action)
        problem = _host_problem(risks, spec, kind, action)
        if problem is None and kind == "httpGet":
            problem = _scheme_problem(action) or _path_problem(risks, action)
        return problem
    return None


def _exec_problem(risks: Risks, action: Node) -> _Problem | None:
    """Return the problem of an exec probe: the image contains only the server, no shell."""
    files, command = risks.input.file_system, items_of(action.get("command"))
    if files is None or not files.is_release or not command:
        return None
    program = text_of(command[0])
    absent = program.rpartition("/")[2] not in ("kube-apiserver", "go-runner")
    if not program or not absent or ("/" in program and files.find(program) is not None):
        return None
    reason = f"the image of kube-apiserver has no {shown(program)}"
    hint = "write httpGet with scheme HTTPS and the path /livez or /readyz"
    return _Problem(reason, hint, "exec.command", command[0])


def _port(container: Node, action: Node) -> int | None:
    """Return the port number that a probe connects to; None if it has none."""
    node = action.get("port")
    value = node.value if node is not None else None
    if isinstance(value, str):
        for port in items_of(container.get("ports")):
            if text_of(port.get("name")) == value:
                number = port.get("containerPort")
                value = number.value if number is not None else None
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_server(risks: Risks, container: Node, action: Node) -> bool:
    return risks.flags.is_certain(_PORT) and _port(container, action) == risks.flags.number(_PORT)


def _port_problem(risks: Risks, container: Node, spec: Node, kind: str, action: Node) -> _Problem | None:
    node, number = action.get("port"), _port(container, action)
    if node is None or node.value is None:
        return None
    if number is None:
        if not isinstance(node.value, str) or not is_port_name(node.value):
            return None  # an error of the Pod
        names = [text_of(port.get("name")) for port in items_of(container.get("ports"))[:MAX_FINDINGS]]
        near = closest(node.value, names)
        hint = f"write {near}" if near else "add it to the container's ports, or use the port number"
        return _Problem(f"no port of the container is named {shown(node.value)}", hint, f"{kind}.port", node)
    # A sidecar or another program on the node may listen there.
    others = len(items_of(spec.get("containers"))) + len(items_of(spec.get("initContainers"))) > 1
    if others or not risks.flags.is_certain(_PORT) or number == risks.flags.number(_PORT):
        return None
    port = risks.flags.number(_PORT)
    hint = _unless_generated(risks, f"write port: {port}", _PORT)
    return _Problem(f"the server listens on port {port}, not {number}", hint, f"{kind}.port", node)


def _unless_generated(risks: Risks, hint: str, flag: str) -> str:
    """Return the hint to change a probe; if a distribution writes the probes, the hint to leave it the flag."""
    dialect = risks.input.dialect
    return hint if dialect is None else f"let {dialect.title}, which writes the probes, set --{flag}"


def _host_problem(risks: Risks, spec: Node, kind: str, action: Node) -> _Problem | None:
    """Return the problem if the server does not listen on the address that the probe connects to."""
    host, network = action.get("host"), spec.get("hostNetwork")
    text = text_of(host)
    on_host = network is not None and network.value is True
    bound = risks.flags.text("bind-address") or "0.0.0.0"
    if not risks.flags.is_certain("bind-address"):
        return None
    loopback = _is_loopback(text)
    if host is not None and loopback and not on_host:
        reason = f"the kubelet connects to {text} of the node, but the Pod does not use the host network"
        return _Problem(reason, "remove host", f"{kind}.host", host)
    if _is_loopback(bound) and not loopback and (not text or _is_address(text)):
        reason = f"the server listens on {bound} only"
        hint = f"write host: {bound}" if on_host else "set --bind-address=0.0.0.0"
        hint = _unless_generated(risks, hint, "bind-address")
        return _Problem(reason, hint, f"{kind}.host" if host is not None else kind, host or action)
    if host is not None and loopback and bound not in _ANY_ADDRESS and not _is_loopback(bound):
        hint = _unless_generated(risks, f"write host: {bound}", "bind-address")
        return _Problem(f"the server listens on {bound} only", hint, f"{kind}.host", host)
    return None


def _scheme_problem(action: Node) -> _Problem | None:
    scheme = action.get("scheme")
    if scheme is not None and text_of(scheme).upper() == "HTTPS":
        return None
    reason = "the server's port uses TLS, and the probe sends plain HTTP"
    if scheme is None or scheme.value is None:
        return _Problem(reason, "add scheme: HTTPS", "httpGet", action)
    return _Problem(reason, "write scheme: HTTPS", "httpGet.scheme", scheme)


def _path_problem(risks: Risks, action: Node) -> _Problem | None:
    """Return the problem if the server does not have the path or the health check."""
    node, health = action.get("path"), risks.health
    path = text_of(node).partition("?")[0]
    if node is None or not path:
        return None
    first, _, check = path.removeprefix("/").partition("/")
    field = "httpGet.path"
    if first not in _SERVED:
        near = closest(first, _HEALTH)
        hint = f"write /{near}" if near else "write /livez, or /readyz for the readinessProbe"
        return _Problem(f"the server has no path {shown(path)}", hint, field, node)
    if first not in _HEALTH or path.lstrip("/") == first:
        return None
    names = [each.name for each in getattr(health, first)]
    if check in names or risks.flags.open or check.startswith("kms-provider"):
        return None
    near = closest(check, names) if check else ""
    reason = f"the server has no check {shown(check)} at /{first}" if check else f"the server has no path {shown(path)}"
    return _Problem(reason, f"write /{first}/{near}" if near else f"write /{first}", field, node)


def _is_address(text: str) -> bool:
    from ipaddress import ip_address

    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def _is_loopback(text: str) -> bool:
    from ipaddress import ip_address

    if text == "localhost":
        return True
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False
