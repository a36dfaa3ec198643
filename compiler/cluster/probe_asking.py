"""Requests of `kasc probe`: the three health endpoints, each check separately, and the version."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from compiler.apiserver.health import ENDPOINTS
from compiler.apiserver.health.meaning import access_to, health_facts
from compiler.cluster.apiserver import Answer, APIServer, user_of, version_of
from compiler.cluster.health_list import Checks, parse, reason_of
from compiler.cluster.http_connection import ServerError
from compiler.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.apiserver.startup import Resolved

_SAFE_NAME = "[A-Za-z0-9][-A-Za-z0-9_./]{0,200}"
PAUSE = 1.0
"""Seconds between two requests to a server that is starting."""
_DIRECTLY = "connect to the server directly"
_PHRASES = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


class Problem(NamedTuple):
    """Why a request failed, and what to do; `lasting` if waiting does not help."""

    message: str
    hint: str
    lasting: bool = False
    unreachable: bool = False


class Endpoint(NamedTuple):
    """The response of one of the three endpoints; the time in seconds."""

    checks: Checks | None = None
    status: int = 0
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def healthy(self) -> bool:
        """Return whether every check passes."""
        return self.status == 200 and self.checks is not None and self.problem is None

    @property
    def failing(self) -> list[str]:
        """Return the names of the failing checks."""
        return [check.name for check in self.checks.checks if not check.passes] if self.checks else []


class CheckResult(NamedTuple):
    """The response of a single check; the time in seconds."""

    passes: bool
    seconds: float
    reason: str = ""


class ProbeResult:
    """All responses of a server. `timed_out` means that not everything was requested in time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.endpoints: dict[str, Endpoint] = {}
        self.singles: dict[str, CheckResult] = {}
        self.single_problem: Problem | None = None
        self.version: tuple[str, str, str] | None = None
        self.timed_out = False

    @property
    def incomplete(self) -> bool:
        """Return whether an endpoint could not be read."""
        return any(endpoint.problem for endpoint in self.endpoints.values())

    @property
    def partial(self) -> bool:
        """Return whether a response is missing."""
        return self.timed_out or self.incomplete

    @property
    def names(self) -> set[str]:
        """Return the names of all checks."""
        return {check.name for end in self.endpoints.values() if end.checks for check in end.checks.checks}

    @property
    def failed(self) -> bool:
        """Return whether no endpoint could be read."""
        return all(endpoint.problem for endpoint in self.endpoints.values())

    @property
    def healthy(self) -> bool:
        """Return whether all endpoints could be read and every check passes."""
        return all(endpoint.healthy for endpoint in self.endpoints.values())


class Prober:
    """Client of one server; `resolved` is its declared configuration."""

    def __init__(self, server: APIServer, resolved: Resolved) -> None:
        self.server = server
        self.resolved = resolved

    def everything(self) -> ProbeResult:
        """Probe the endpoints, the version and every check; stops as soon as no request can succeed."""
        result = ProbeResult(self.server.url)
        for name in ENDPOINTS:
            result.endpoints[name] = endpoint = self.endpoint(name)
            if endpoint.problem is not None and endpoint.problem.unreachable:
                # The reason applies to all endpoints that could not be read.
                readable = {name: end for name, end in result.endpoints.items() if end.checks is not None}
                result.endpoints = dict.fromkeys(ENDPOINTS, endpoint) | readable
                return result
        self._get_version(result)
        self._get_singles(result)
        return result

    def only(self, endpoint: Endpoint) -> ProbeResult:
        """Return the result of a server with the same problem for all endpoints."""
        result = ProbeResult(self.server.url)
        result.endpoints = dict.fromkeys(ENDPOINTS, endpoint)
        return result

    def endpoint(self, name: str) -> Endpoint:
        """Request one endpoint."""
        path = f"/{name}"
        try:
            answer = self.server.get(f"{path}?verbose")
        except ServerError as error:
            return Endpoint(problem=_of_error(error))
        checks = parse(answer.body, name) if answer.status in (200, 500) else None
        if checks is None:
            problem: Problem | None = self._rejected(answer, path)
        elif not checks.complete:
            problem = Problem("sent an incomplete response", "see the logs of the server and of proxies in front of it")
        elif (answer.status == 200) is not all(check.passes for check in checks.checks):
            problem = Problem(f"returned {answer.status}, which contradicts its list of checks", _DIRECTLY)
        else:
            problem = self._foreign(checks)
        return Endpoint(checks if problem is None else None, answer.status, answer.seconds, problem)

    def _foreign(self, checks: Checks) -> Problem | None:
        """Return a problem if another component answers: its output has the same format, but no known hook."""
        health = self.resolved.health
        hooks = {name for name in health.every() if name.startswith("poststarthook/")}
        if hooks & {check.name for check in checks.checks}:
            return None
        hint = "check address and port: controller managers and schedulers have similar endpoints"
        return Problem("has health checks, but not those of kube-apiserver", hint, lasting=True)

    def _rejected(self, answer: Answer, path: str) -> Problem:
        """Return the problem of a response without a list of checks."""
        status = answer.status
        if status == 401:
            return self._unauthorized(path)
        if status == 403:
            user = user_of(answer.body, self.server.hide)
            message = f"forbids {shown(user) if user else 'this client'} to read it (403)"
            return Problem(message, "use credentials of the group system:monitoring or system:masters")
        if status in (301, 302, 303, 307, 308):
            host = _host_of(answer.location)
            message = f"redirects{f' to {host}' if host else ''} ({status})"
            return Problem(message, "use the address of the server itself, not of a login proxy", lasting=True)
        if status == 429:
            return Problem("is overloaded or shutting down (429)", "try again later")
        if status == 400 and "HTTP request to an HTTPS server" in answer.body:
            return Problem("uses TLS", "write https://", lasting=True, unreachable=True)
        if status >= 500:
            name = _PHRASES.get(status, "")
            hint = "connect to the server directly: a load balancer has no ready server, or the server is shutting down"
            return Problem(f"returned {status}{f' ({name})' if name else ''} without a list of checks", hint)
        if status == 200 and answer.body.strip() == "ok":
            hint = f"{_DIRECTLY}: a proxy drops ?verbose, or this is another component"
            return Problem("returned ok without a list of checks", hint, lasting=True)
        hint = "check address, port and path: this is not a kube-apiserver"
        message = f"returned {status}" if status != 200 else "returned something other than health checks"
        return Problem(message, hint, lasting=True)

    def _unauthorized(self, path: str) -> Problem:
        if self.server.authenticated:
            return Problem("rejected the credentials (401)", "check whether token and certificate are valid")
        server = self.resolved
        facts = health_facts(server.context, server.config, server.storage_factory, server.health)
        access = access_to(facts, path)
        why = f", as declared: {access.reason}" if access.denied else ""
        hint = "set --token-file or KASC_TOKEN, or --certfile and --keyfile, or a user in the kubeconfig"
        return Problem(f"requires credentials (401){why}", hint, lasting=True)

    def _get_version(self, result: ProbeResult) -> None:
        """Get the version, if the server allows it."""
        try:
            answer = self.server.get("/version")
        except ServerError:
            result.timed_out = self.server.deadline.over
            return
        version = version_of(answer.body) if answer.status == 200 else None
        # JSON decoding may reveal a secret that was escaped in the body.
        if version is not None and self.server.hide(version[0]) == version[0]:
            result.version = version

    def _get_singles(self, result: ProbeResult) -> None:
        """Get each check separately until the server forbids it; from readyz if possible, which has no grace period."""
        endpoints: dict[str, str] = {}
        for endpoint in reversed(ENDPOINTS):
            checks = result.endpoints[endpoint].checks
            for check in checks.checks if checks else ():
                endpoints.setdefault(check.name, endpoint)
        for name, endpoint in endpoints.items():
            if not re.fullmatch(_SAFE_NAME, name) or ".." in name.split("/"):
                continue
            path = f"/{endpoint}/{name}"
            try:
                answer = self.server.get(path)
            except ServerError as error:
                if self.server.deadline.over:
                    result.timed_out = True
                else:
                    result.single_problem = _of_error(error)
                return
            if answer.status in (401, 403):
                result.single_problem = self._rejected(answer, path)
                return
            if answer.status in (200, 500):
                reason = reason_of(answer.body) if answer.status == 500 else ""
                result.singles[name] = CheckResult(answer.status == 200, answer.seconds, reason)


def wait_until_ready(prober: Prober, progress: Callable[[str], None]) -> Endpoint:
    """Poll readyz until it passes, waiting does not help, or there is only time left for the probe itself.

    Returns the last response. `progress` is called with the failing checks.
    """
    deadline = prober.server.deadline
    enough = min(deadline.request, deadline.seconds / 2) + PAUSE
    while True:
        ready = prober.endpoint("readyz")
        lasting = ready.problem is not None and ready.problem.lasting
        if ready.healthy or lasting or deadline.remaining() < enough:
            return ready
        progress(_progress(ready))
        time.sleep(PAUSE)


def _progress(ready: Endpoint) -> str:
    if ready.problem is not None:
        return ready.problem.message
    names = ready.failing
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{len(names)} of {len(ready.checks.checks) if ready.checks else 0} fail: {', '.join(names[:3])}{more}"


def _of_error(error: ServerError) -> Problem:
    return Problem(str(error), error.hint, error.lasting, error.unreachable)


def _host_of(location: str) -> str:
    """Return the host of a redirect; path and query may contain secrets."""
    try:
        return (urlsplit(location).hostname or "")[:100]
    except ValueError:
        return ""
