"""The shutdown of the server: a timeline, and how long its Pod and the load balancer in front have to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compiler import rules
from compiler.apiserver.health.meaning import SECOND
from compiler.diagnostics import diagnose
from compiler.rules import Rule
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.context import ServerContext
    from compiler.inputs.source.node import Node


_INTERVAL, _TIMEOUT, _THRESHOLD = 5, 3, 2


class Balancing(NamedTuple):
    """Times in seconds, thresholds in checks."""

    interval: int
    timeout: int
    unhealthy: int
    healthy: int

    @property
    def detection(self) -> int:
        """The maximum time for which the load balancer sends requests after readyz began to fail."""
        return self.interval * self.unhealthy


def balancer_in(deployment: Node | None) -> Node | None:
    """Return the mapping in a document's section `deployment`."""
    return deployment.get("loadBalancer") if deployment is not None else None


def balancing_of(node: Node | None) -> Balancing:
    """Return the settings of the mapping, with defaults."""

    def number(key: str, default: int) -> int:
        field = node.get(key) if node is not None else None
        return field.value if field is not None and isinstance(field.value, int) else default

    interval = number("intervalSeconds", _INTERVAL)
    return Balancing(
        interval,
        number("timeoutSeconds", min(_TIMEOUT, interval)),
        number("unhealthyThreshold", _THRESHOLD),
        number("healthyThreshold", _THRESHOLD),
    )


DELAY, GRACE, RETRY = (
    "shutdown-delay-duration",
    "shutdown-watch-termination-grace-period",
    "shutdown-send-retry-after",
)
KUBELET_DEFAULT = 30
"""The kubelet's default grace period, in seconds."""
_RESERVE = 5
"""Seconds for what has no limit: the last audit events, the exit of the process."""
_GOODBYE = 2 * SECOND


class Drain(NamedTuple):
    """A graceful shutdown: whether rejected requests get Retry-After, and times in nanoseconds.

    `refuses` is when new requests are rejected, after the signal; from then on requests have `requests` to complete,
    and watches `watch_grace`.
    """

    retry: bool
    refuses: int
    requests: int
    watch_grace: int

    @property
    def drained(self) -> int:
        """The latest time at which the last request completes."""
        return self.refuses + max(self.requests, self.watch_grace)

    @property
    def total(self) -> int:
        """The latest time at which the process exits."""
        return self.drained + (_GOODBYE if self.retry else 0)

    @property
    def seconds(self) -> int:
        """The total in whole seconds, rounded up."""
        return -(-self.total // SECOND)

    @property
    def grace_period(self) -> int:
        """The terminationGracePeriodSeconds that suffices; never less than the kubelet's default."""
        return max(KUBELET_DEFAULT, self.seconds + _RESERVE)

    def timeline(self) -> list[dict[str, str]]:
        """Return the events in order, each with its latest time."""
        if self.retry:
            refusal = "new requests get 429 with Retry-After and Connection: close"
        else:
            refusal = "the listener closes: new connections are refused"
        events = [
            (0, "shutdownInitiated", "readyz fails, the pre-shutdown hooks run; requests are served as before"),
            (self.refuses, "notAcceptingNewRequests", refusal),
            (
                self.refuses + self.requests,
                "requestsDrained",
                "requests in flight have completed, at their deadlines at the latest",
            ),
        ]
        if self.watch_grace:
            what = "watches have been terminated one by one"
            events.append((self.refuses + self.watch_grace, "watchesDrained", what))
        if self.retry:
            events.append(
                (self.drained, "listenerCloses", "new connections are refused, HTTP/2 connections get GOAWAY")
            )
        events.append((self.total, "ended", "the process exits"))
        events.sort(key=lambda event: event[0])
        return [{"at": format_duration(at), "event": event, "what": what} for at, event, what in events]


def drain_of(context: ServerContext) -> Drain:
    """Return how a server shuts down."""
    flags = context.flags
    delay, requests, grace = (max(flags.number(flag), 0) for flag in (DELAY, "request-timeout", GRACE))
    return Drain(flags.on(RETRY), delay, requests, grace)


def described(drain: Drain) -> dict[str, Any]:
    """Return the part `drain` of the health artifact."""
    return {
        "timeline": drain.timeline(),
        "total": format_duration(drain.total),
        "terminationGracePeriodSeconds": drain.grace_period,
    }


def check_drain(context: ServerContext) -> None:
    """Warn if a Pod's grace period or a load balancer's checks are too short for the shutdown of the server.

    A Pod without a grace period is reported only if a shutdown flag is set.
    """
    given, drain = context.input, drain_of(context)
    period = given.grace_period
    seconds = period.value if period is not None else KUBELET_DEFAULT
    is_configured = period is not None or (
        given.read_as == "pod" and any(context.flags.changed(flag) for flag in (DELAY, GRACE))
    )
    if is_configured and isinstance(seconds, int) and seconds < drain.seconds:
        last = format_duration(drain.total)
        message = f"the server may take {last} to shut down, but the kubelet kills it after {seconds}s"
        hint = f"set terminationGracePeriodSeconds: {drain.grace_period}, or shorten what the server waits for"
        _warn(
            context,
            rules.GRACE_PERIOD_SHORTER_THAN_SHUTDOWN,
            message,
            hint,
            "deployment.terminationGracePeriodSeconds",
            period,
        )
    balancer = balancer_in(given.deployment)
    balancing = balancing_of(balancer)
    if balancer is not None and drain.refuses < balancing.detection * SECOND:
        message = (
            f"the load balancer needs {balancing.detection}s to see that readyz fails, "
            f"but the server refuses requests after {format_duration(drain.refuses)}"
        )
        hint = f"set --{DELAY} to {balancing.detection}s or more, or let the load balancer check more often"
        _warn(context, rules.SHUTDOWN_BEFORE_LOAD_BALANCER_NOTICES, message, hint, "deployment.loadBalancer", balancer)


def _warn(context: ServerContext, rule: Rule, message: str, hint: str, path: str, node: Node | None) -> None:
    given = context.input
    location = node.location if node is not None else given.start
    context.report.add(
        diagnose(rule, message, hint, path=path if given.read_as == "document" else "", flag=DELAY, location=location)
    )
