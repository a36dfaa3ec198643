"""Operation: request limits, verbosity, and experimental features.

Kubernetes: apiserver/pkg/server/options/server_run_options.go and feature.go; apiserver/pkg/endpoints/filters.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.gates import ALL_ALPHA
from compiler.review.context import Risks

_FAIR, _LIMIT, _MUTATING = (
    "enable-priority-and-fairness",
    "max-requests-inflight",
    "max-mutating-requests-inflight",
)
_BODY_VERBOSITY = 8


def find(risks: Risks) -> None:
    """Check limits, logs and experimental features."""
    flags, flag = risks.flags, "request-timeout"
    if flags.number(flag) == 0:
        message = f"--{flag} 0 makes all requests time out, including the server's own at start-up"
        risks.report(rules.ZERO_REQUEST_TIMEOUT, message, "set for example 1m, or remove the flag", flag)
    _check_limits(risks)
    flag = "v"
    if flags.number(flag) >= _BODY_VERBOSITY:
        message = f"--{flag} {flags.number(flag)} logs the bodies of the server's own requests, including secrets"
        risks.report(rules.REQUEST_BODIES_LOGGED, message, "use 2 unless you are debugging", flag)
    _check_experiments(risks)


def _check_limits(risks: Risks) -> None:
    """Check the two limits that apply without priority and fairness; 0 means no limit."""
    flags = risks.flags
    if flags.on(_FAIR):
        return
    unlimited = [flag for flag in (_LIMIT, _MUTATING) if flags.number(flag) == 0]
    for flag in unlimited:
        message = f"--{flag} 0 means no limit if --{_FAIR} is false: clients can overload the server"
        risks.report(rules.NO_REQUEST_LIMIT, message, f"set a limit, or remove --{_FAIR}=false", flag)
    if not unlimited:
        message = f"--{_FAIR} is false: one busy client can starve all others, including the control plane"
        risks.report(
            rules.NO_REQUEST_LIMIT, message, "remove the flag, and tune with FlowSchemas", _FAIR, severity="note"
        )


def _check_experiments(risks: Risks) -> None:
    flags, flag = risks.flags, "feature-gates"
    for index, (_, entry) in enumerate(flags.value(flag) or ()):
        if entry.partition("=")[0].strip() == ALL_ALPHA and risks.context.gates.set_to.get(ALL_ALPHA):
            message = f"--{flag}: {ALL_ALPHA} enables all experimental features, whatever they may break"
            risks.report(rules.ALL_ALPHA_ENABLED, message, "enable only the features that you need", flag, index)
            break
    flag = "runtime-config"
    for key in ("api/all", "api/alpha"):
        if flags.mapping(flag).get(key) == "true":
            message = f"--{flag}: {key} serves experimental APIs, whose objects a later version may not support"
            risks.report(
                rules.ALL_ALPHA_ENABLED, message, "enable only the APIs that you need", flag, flags.entry(flag, key)
            )
