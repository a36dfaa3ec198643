"""Options of profiling and of priority and fairness.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/feature.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Features, FlowControl

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig


class FeatureOptions(OptionGroup):
    """Kubernetes: FeatureOptions."""

    name = "features"

    def validate_priority_and_fairness(self, runtime_config: Mapping[str, str]) -> None:
        """Priority and fairness needs its API; the first of three keys that is set decides.

        Kubernetes: pkg/controlplane/apiserver/options/validation.go, validateAPIPriorityAndFairness.
        """
        flag = "enable-priority-and-fairness"
        if not self.flags.on(flag):
            return
        for key in ("flowcontrol.apiserver.k8s.io/v1", "api/ga", "api/all"):
            value = runtime_config.get(key)
            if value == "true":
                return
            if value == "false":
                message = f"--runtime-config {key}=false disables the API that --{flag} needs"
                hint = f"set --{flag}=false, or keep {key} enabled"
                self.report(rules.PRIORITY_AND_FAIRNESS_WITHOUT_API, message, hint, "runtime-config")
                return

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: FeatureOptions.ApplyTo."""
        flags = self.flags
        fair = flags.on("enable-priority-and-fairness")
        config.features = Features(
            profiling=flags.on("profiling"),
            contention_profiling=flags.on("contention-profiling"),
            debug_socket_path=flags.text("debug-socket-path"),
            priority_and_fairness=fair,
        )
        limits = ("max-requests-inflight", "max-mutating-requests-inflight")
        total = sum(flags.number(flag) for flag in limits)
        if fair and total <= 0 and not any(flags.number(flag) < 0 for flag in limits):
            message = "priority and fairness is enabled, but the two in-flight limits add up to 0"
            hint = "raise --max-requests-inflight, or set --enable-priority-and-fairness=false"
            self.report(rules.PRIORITY_AND_FAIRNESS_WITHOUT_CONCURRENCY, message, hint, limits[0])
        config.flow_control = FlowControl(total_concurrency=total if fair else None)
