"""The filters that every request passes, as far as the configuration decides about them, and the end of the server.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go, DefaultBuildHandlerChain; genericapiserver.go, Run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.flags.numbers import format_duration

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.resolved import ResolvedConfig

_SECOND = 10**9


def build_handler_chain(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """Which filters stand in the chain, and their settings."""
    flags, gates, timeout = run.flags, run.gates, run.flags.number("request-timeout")
    fair = flags.on("enable-priority-and-fairness")
    config.set(
        "handlerChain.flowControl", "priorityAndFairness" if fair else "maxInFlight", "enable-priority-and-fairness"
    )
    # A request may spend a quarter of its time in a queue.
    wait = format_duration(timeout // 4) if fair else None
    config.set("handlerChain.queueWait", wait, "request-timeout", "enable-priority-and-fairness")
    config.set_duration("handlerChain.requestDeadline", timeout, "request-timeout")
    goaway = flags.fraction("goaway-chance") > 0 and not flags.on("disable-http2-serving")
    config.set("handlerChain.goaway", goaway, "goaway-chance", "disable-http2-serving")
    flag = "shutdown-watch-termination-grace-period"
    config.set("handlerChain.watchTermination", flags.number(flag) > 0, flag)
    flag = "shutdown-send-retry-after"
    config.set("handlerChain.retryAfter", flags.on(flag), flag)
    constrained = gates.on("ConstrainedImpersonation")
    config.set("handlerChain.impersonation", "constrained" if constrained else "unconstrained", "feature-gates")
    tracing = gates.known("APIServerTracing") is None or gates.on("APIServerTracing")
    config.set("handlerChain.tracing", tracing, "feature-gates")
    precondition = gates.on("StorageVersionAPI") and gates.on("APIServerIdentity")
    config.set("handlerChain.storageVersionPrecondition", precondition, "feature-gates")


def plan_shutdown(run: ServerRunOptions, config: ResolvedConfig) -> None:
    """How long the server takes to end once it is told to; it fails readyz from the first moment on."""
    flags = run.flags
    delay, grace = "shutdown-delay-duration", "shutdown-watch-termination-grace-period"
    retry = "shutdown-send-retry-after"
    config.set_duration("shutdown.delay", flags.number(delay), delay)
    config.set("shutdown.listensUntilDrained", flags.on(retry), retry)
    config.set_duration("shutdown.watchTerminationGracePeriod", flags.number(grace), grace)
    # With Retry-After, everything is answered before the listener closes: only HTTP/2 has to say goodbye.
    last = 2 * _SECOND if flags.on(retry) else flags.number("request-timeout")
    config.set_duration("shutdown.httpTimeout", last, retry, "request-timeout")
    config.set("shutdown.preShutdownHooks", list(config.health.pre_shutdown) if config.health else [], "feature-gates")
    if run.input.deployment is not None or run.input.read_as == "pod":
        from compiler.health.drain import check_drain

        check_drain(run)
