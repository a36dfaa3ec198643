"""How the server runs: limits that stop it or that are none, and what is not meant for a running cluster.

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
_TELLING_VERBOSITY = 8


def find(risks: Risks) -> None:
    """Look at limits, logs and experiments."""
    flags, flag = risks.flags, "request-timeout"
    if flags.number(flag) == 0:
        message = f"--{flag} 0 gives no request any time: all of them fail, the server's own at its start included"
        risks.report(rules.ZERO_REQUEST_TIMEOUT, message, "write such as 1m, or remove the flag", flag)
    _check_limits(risks)
    flag = "v"
    if flags.number(flag) >= _TELLING_VERBOSITY:
        message = f"--{flag} {flags.number(flag)} writes the bodies of the server's own requests into its log, secrets"
        risks.report(
            rules.REQUEST_BODIES_LOGGED, f"{message} included", "write 2 where no fault is being looked for", flag
        )
    _check_experiments(risks)


def _check_limits(risks: Risks) -> None:
    """Without priority and fairness there are two limits; 0 means none."""
    flags = risks.flags
    if flags.on(_FAIR):
        return
    unlimited = [flag for flag in (_LIMIT, _MUTATING) if flags.number(flag) == 0]
    for flag in unlimited:
        message = f"--{flag} 0 means no limit while --{_FAIR} is off: clients can overload the server"
        risks.report(rules.NO_REQUEST_LIMIT, message, f"set a limit, or remove --{_FAIR}=false", flag)
    if not unlimited:
        message = f"--{_FAIR} is off: one busy client can starve all others, the control plane included"
        risks.report(
            rules.NO_REQUEST_LIMIT, message, "remove the flag, and tune with FlowSchemas", _FAIR, severity="note"
        )


def _check_experiments(risks: Risks) -> None:
    flags, flag = risks.flags, "feature-gates"
    for index, (_, entry) in enumerate(flags.value(flag) or ()):
        if entry.partition("=")[0].strip() == ALL_ALPHA and risks.context.gates.set_to.get(ALL_ALPHA):
            message = f"--{flag}: {ALL_ALPHA} switches every experimental feature on, whatever it may break"
            risks.report(rules.ALL_ALPHA_ENABLED, message, "name the features that are wanted", flag, index)
            break
    flag = "runtime-config"
    for key in ("api/all", "api/alpha"):
        if flags.mapping(flag).get(key) == "true":
            message = f"--{flag}: {key} serves experimental APIs, whose objects a new version may not read"
            risks.report(
                rules.ALL_ALPHA_ENABLED, message, "name the APIs that are wanted", flag, flags.entry(flag, key)
            )
