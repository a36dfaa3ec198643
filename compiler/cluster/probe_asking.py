"""Asks a server for its health checks: the three lists, each check on its own, and its version."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from compiler.apiserver.health.checks import ENDPOINTS
from compiler.apiserver.health.exposure import access_to, health_facts
from compiler.cluster.apiserver import Answer, APIServer, ServerError
from compiler.cluster.probe_answers import Checks, parse, reason_of, user_of, version_of
from compiler.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.apiserver.startup import Resolved

_SAFE_NAME = "[A-Za-z0-9][-A-Za-z0-9_./]{0,200}"
PAUSE = 1.0
"""Seconds between two questions to a server that is starting."""
_PHRASES = {502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}


class Problem(NamedTuple):
    """Why something could not be asked, and what to do; `lasting` where waiting is in vain."""

    message: str
    hint: str
    lasting: bool = False
    unreachable: bool = False


class Endpoint(NamedTuple):
    """What one of the three paths answered; the time in seconds."""

    checks: Checks | None = None
    status: int = 0
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def healthy(self) -> bool:
        """Whether every check passes."""
        return self.status == 200 and self.checks is not None and self.problem is None

    @property
    def failing(self) -> list[str]:
        """The checks that do not pass."""
        return [check.name for check in self.checks.checks if not check.passes] if self.checks else []


class Single(NamedTuple):
    """What one check answers when it is asked alone; the time in seconds."""

    passes: bool
    seconds: float
    reason: str = ""


class Seen:
    """Everything that a server reported. `late` says that the time was over before everything was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.endpoints: dict[str, Endpoint] = {}
        self.singles: dict[str, Single] = {}
        self.single_problem: Problem | None = None
        self.version: tuple[str, str, str] | None = None
        self.late = False

    @property
    def incomplete(self) -> bool:
        """Whether a list is missing."""
        return any(endpoint.problem for endpoint in self.endpoints.values())

    @property
    def partial(self) -> bool:
        """Whether something is missing that the server would have reported."""
        return self.late or self.incomplete

    @property
    def names(self) -> set[str]:
        """The names of all checks in the lists."""
        return {check.name for end in self.endpoints.values() if end.checks for check in end.checks.checks}

    @property
    def healthy(self) -> bool:
        """Whether all lists are there and every check passes."""
        return all(endpoint.healthy for endpoint in self.endpoints.values())


class Prober:
    """Asks one server on behalf of a client that says who it is, or does not; `resolved` is what it should be."""

    def __init__(self, server: APIServer, resolved: Resolved, named: bool) -> None:
        self.server = server
        self.resolved = resolved
        self.named = named

    def everything(self) -> Seen:
        """All that can be asked; nothing more once no request can succeed."""
        seen = Seen(self.server.url)
        for name in ENDPOINTS:
            seen.endpoints[name] = endpoint = self.endpoint(name)
            if endpoint.problem is not None and endpoint.problem.unreachable:
                # It explains why there is no list; those that are there stay.
                there = {name: end for name, end in seen.endpoints.items() if end.checks is not None}
                seen.endpoints = dict.fromkeys(ENDPOINTS, endpoint) | there
                return seen
        self._ask_version(seen)
        self._ask_singles(seen)
        return seen

    def only(self, endpoint: Endpoint) -> Seen:
        """What is seen where every path has the same problem."""
        seen = Seen(self.server.url)
        seen.endpoints = dict.fromkeys(ENDPOINTS, endpoint)
        return seen

    def endpoint(self, name: str) -> Endpoint:
        """The list of one path."""
        path = f"/{name}"
        try:
            answer = self.server.get(f"{path}?verbose")
        except ServerError as error:
            return Endpoint(problem=_of_error(error))
        checks = parse(answer.body, name) if answer.status in (200, 500) else None
        if checks is None:
            problem: Problem | None = self._refusal(answer, path)
        elif not checks.complete:
            problem = Problem("cut its answer short", "the server or a proxy before it broke off: see their logs")
        elif (answer.status == 200) is not all(check.passes for check in checks.checks):
            problem = Problem(f"answers {answer.status} with a list that says otherwise", "ask the server itself")
        else:
            problem = self._foreign(checks)
        return Endpoint(checks if problem is None else None, answer.status, answer.seconds, problem)

    def _foreign(self, checks: Checks) -> Problem | None:
        """A problem where another component answers: its lists look the same, but none of its hooks is known."""
        health = self.resolved.health
        hooks = {name for name in health.every() if name.startswith("poststarthook/")}
        if hooks & {check.name for check in checks.checks}:
            return None
        hint = "check address and port: controller managers and schedulers answer much the same"
        return Problem("answers with health checks, but not with those of a kube-apiserver", hint, lasting=True)

    def _refusal(self, answer: Answer, path: str) -> Problem:
        """What an answer means that is no list of checks."""
        status = answer.status
        if status == 401:
            return self._unauthorized(path)
        if status == 403:
            user = user_of(answer.body, self.server.hide)
            who = f"does not let {shown(user)} read this" if user else "does not let this client read this"
            return Problem(who, "give a client that may: one in the group system:monitoring, or in system:masters")
        if status in (301, 302, 303, 307, 308):
            host = _host_of(answer.location)
            sends = f"sends the client elsewhere{f', to {host}' if host else ''}"
            return Problem(sends, "give the address of the server itself: a proxy for browsers answers", lasting=True)
        if status == 429:
            return Problem("has too much to do, or is about to end (429)", "ask again later")
        if status == 400 and "HTTP request to an HTTPS server" in answer.body:
            return Problem("speaks TLS", "write https://", lasting=True, unreachable=True)
        if status >= 500:
            name = _PHRASES.get(status, "")
            hint = "ask the server itself: what stands before it has no server that is ready, or it is about to end"
            return Problem(f"answers {status}{f' ({name})' if name else ''} without a list of checks", hint)
        if status == 200 and answer.body.strip() == "ok":
            hint = "ask the server itself: something before it drops ?verbose, or this is another component"
            return Problem("answers ok, without its checks", hint, lasting=True)
        hint = "check address, port and path: this is no kube-apiserver"
        what = f"answers {status}" if status != 200 else "answers, but not with health checks"
        return Problem(what, hint, lasting=True)

    def _unauthorized(self, path: str) -> Problem:
        if self.named:
            return Problem("does not accept the credentials", "check token and certificate, and whether they expired")
        server = self.resolved
        facts = health_facts(server.context, server.config, server.storage_factory, server.health)
        access = access_to(facts, path)
        why = f", as declared: {access.reason}" if access.denied else ""
        hint = "give --token-file or KASC_TOKEN, or --certfile and --keyfile"
        return Problem(f"wants credentials{why}", hint, lasting=True)

    def _ask_version(self, seen: Seen) -> None:
        """What /version reports, if it can be asked."""
        try:
            answer = self.server.get("/version")
        except ServerError:
            seen.late = self.server.deadline.over
            return
        found = version_of(answer.body) if answer.status == 200 else None
        # Decoding may have brought out what was masked in the body.
        if found is not None and self.server.hide(found[0]) == found[0]:
            seen.version = found

    def _ask_singles(self, seen: Seen) -> None:
        """Each check on its own, as long as the server lets the client; readyz knows no grace."""
        where: dict[str, str] = {}
        for endpoint in reversed(ENDPOINTS):
            found = seen.endpoints[endpoint].checks
            for check in found.checks if found else ():
                where.setdefault(check.name, endpoint)
        for name, endpoint in where.items():
            if not re.fullmatch(_SAFE_NAME, name) or ".." in name.split("/"):
                continue
            path = f"/{endpoint}/{name}"
            try:
                answer = self.server.get(path)
            except ServerError as error:
                if self.server.deadline.over:
                    seen.late = True
                else:
                    seen.single_problem = _of_error(error)
                return
            if answer.status in (401, 403):
                seen.single_problem = self._refusal(answer, path)
                return
            if answer.status in (200, 500):
                reason = reason_of(answer.body) if answer.status == 500 else ""
                seen.singles[name] = Single(answer.status == 200, answer.seconds, reason)


def wait_until_ready(prober: Prober, report: Callable[[str], None]) -> Endpoint:
    """Ask for readyz until it passes, waiting does not help, or there is only time left to ask for everything.

    Returns the last answer. `tell` is called with what is still wrong.
    """
    deadline = prober.server.deadline
    enough = min(deadline.request, deadline.seconds / 2) + PAUSE
    while True:
        ready = prober.endpoint("readyz")
        lasting = ready.problem is not None and ready.problem.lasting
        if ready.healthy or lasting or deadline.remaining() < enough:
            return ready
        report(_progress(ready))
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
    """The host that a redirect leads to; its path and query may hold what is nobody's business."""
    try:
        return (urlsplit(location).hostname or "")[:100]
    except ValueError:
        return ""
