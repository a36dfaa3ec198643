"""Requests of `kasc drift`: flags, metrics, versions, discovery and health checks of one server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from compiler.apiserver.health import ENDPOINTS
from compiler.cluster.apiserver import APIServer, user_of
from compiler.cluster.drift.observed import (
    ALL,
    API,
    FLAG,
    GATE,
    HEALTH_CHECK,
    PLUGIN,
    STORAGE_VERSION,
    VERSION,
    NotCompared,
    Observed,
)
from compiler.cluster.drift.pages import foreign_flags, server_of
from compiler.cluster.drift.parsing import (
    METRICS,
    gates_in,
    groups_in,
    resources_in,
    versions_in_json,
    versions_in_metrics,
    versions_in_statusz,
)
from compiler.cluster.health_list import parse
from compiler.cluster.http_connection import ServerError
from compiler.diagnostics import KascError
from compiler.inputs import Host
from compiler.text import shown
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import versions

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.apiserver import Answer

_FLAGZ = (
    ("v1beta1", "application/json;g=config.k8s.io;v=v1beta1;as=Flagz"),
    ("v1alpha1", "application/json;g=config.k8s.io;v=v1alpha1;as=Flagz"),
    ("text", "text/plain"),
)
"""The forms of /flagz and their media types, most trusted first."""
_GATES_OF_PAGES = {"/flagz": "ComponentFlagz", "/statusz": "ComponentStatusz"}
_JSON = "application/json"


def ask(server: APIServer, address: str) -> Observed:
    """Return all that a server reports. Raises ServerError if it cannot be reached.

    `address` is that of the host of the declared server, from which the live one computes the same. The paths that the
    server reports are not read: it could name any file.
    """
    return _Asking(server).everything(Host(address))


class _Asking:
    def __init__(self, server: APIServer) -> None:
        self.server = server
        self.missing: list[NotCompared] = []
        self.answered = False
        self.stopped: ServerError | None = None

    def everything(self, host: Host) -> Observed:
        metrics = self._metrics()
        reported, release, versions_from = self._versions(metrics)
        own, flags_from = self._flagz(reported.get("kubernetes-version"), host)
        served = self._discovery()
        health = self._health()
        gates = gates_in(metrics) if metrics is not None else {}
        return Observed(
            self.server.url,
            own,
            flags_from,
            foreign_flags(own) if own else (),
            gates or None,
            reported,
            versions_from,
            release,
            served,
            health,
            tuple(self.missing),
            str(self.stopped or ""),
            self.server.port,
        )

    def _get(self, path: str, accept: str = "*/*", lines: tuple[bytes, ...] = ()) -> Answer | str:
        """Return a response, or why there is none. Raises ServerError if the first request cannot be sent."""
        if self.stopped is None:
            try:
                answer = self.server.get_data(path, accept, lines)
            except ServerError as error:
                if not self.answered and error.unreachable:
                    raise
                if error.unreachable or self.server.deadline.over:
                    self.stopped = error
                return f"{path.partition('?')[0]}: the server {error}"
            self.answered = True
            return answer
        return f"the server {self.stopped}"

    def _miss(self, reason: str, *kinds: str, name: str = ALL) -> None:
        self.missing += (NotCompared(kind, name, reason) for kind in kinds)

    def _reason(self, path: str, answer: Answer | str) -> str:
        """Return why a response is of no use, with the name of the path."""
        if isinstance(answer, str):
            return answer
        if answer.status == 401:
            return f"{path}: the server requires other credentials (401)"
        if answer.status == 403:
            user = user_of(answer.body, self.server.hide)
            return f"{path}: the server forbids {shown(user) if user else 'this client'} to read it (403)"
        if answer.status == 404 and path in _GATES_OF_PAGES:
            return f"{path}: the server does not have it; it needs the feature gate {_GATES_OF_PAGES[path]}"
        return f"{path}: the server returned {answer.status}"

    def _metrics(self) -> str | None:
        answer = self._get("/metrics", "text/plain;version=0.0.4", METRICS)
        if isinstance(answer, str) or answer.status != 200:
            self._miss(self._reason("/metrics", answer), GATE)
            return None
        return answer.body

    def _versions(self, metrics: str | None) -> tuple[dict[str, str], str, str]:
        """Return the three versions, the release and the source, from the first source that has the version."""
        reported, release = versions_in_metrics(metrics or "")
        if reported:
            return reported, release, "/metrics"
        reason = ""
        for path, parsed in (("/version", versions_in_json), ("/statusz", versions_in_statusz)):
            answer = self._get(path, _JSON if path == "/version" else "text/plain")
            if not isinstance(answer, str) and answer.status == 200:
                reported, release = parsed(answer.body)
                if reported:
                    return reported, release, path
            reason = reason or self._reason(path, answer)
        self._miss(reason, VERSION)
        return {}, "", ""

    def _flagz(self, version: str | None, host: Host) -> tuple[Resolved | None, str]:
        """Return the server of /flagz, and the form in which it was sent."""
        reason = ""
        for form, accept in _FLAGZ:
            answer = self._get("/flagz", accept)
            if not isinstance(answer, str) and answer.status == 200:
                with suppress(KascError):
                    if server := server_of(answer.body, f"{self.server.url}/flagz", version, host):
                        return server, f"/flagz ({form})"
                reason = "/flagz: the response is not the page of a kube-apiserver"
                continue
            reason = self._reason("/flagz", answer)
            if isinstance(answer, str) or answer.status in (401, 403, 404):
                break
        self._miss(reason, FLAG, PLUGIN)
        return None, ""

    def _discovery(self) -> dict[str, dict[str, str]] | None:
        """Return the resources of the built-in group versions that the server lists."""
        answer = self._get("/apis", _JSON)
        groups = groups_in(answer.body) if not isinstance(answer, str) and answer.status == 200 else None
        if groups is None:
            self._miss(self._reason("/apis", answer), API, STORAGE_VERSION)
            return None
        known = {group for version in versions() for group in catalog(version).resources_of}
        for group in groups.keys() - known:
            self._miss("not a built-in API group", API, name=group)
        paths = {"v1": "/api/v1"}
        for group in sorted(groups.keys() & known):
            paths |= {f"{group}/{version}": f"/apis/{group}/{version}" for version in groups[group]}
        served = {}
        for name, path in paths.items():
            answer = self._get(path, _JSON)
            resources = resources_in(answer.body) if not isinstance(answer, str) and answer.status == 200 else None
            if resources is not None:
                served[name] = resources
            elif isinstance(answer, str) or answer.status != 404:
                self._miss(self._reason(path, answer), API, STORAGE_VERSION, name=name)
        return served

    def _health(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the checks of each endpoint, whether they pass or not."""
        health = {}
        for endpoint in ENDPOINTS:
            path = f"/{endpoint}"
            answer = self._get(f"{path}?verbose")
            checks = None
            if not isinstance(answer, str) and answer.status in (200, 500):
                checks = parse(answer.body, endpoint)
            if checks is not None and checks.complete:
                health[endpoint] = tuple(check.name for check in checks.checks)
            else:
                self._miss(self._reason(path, answer), HEALTH_CHECK, name=endpoint)
        return health
