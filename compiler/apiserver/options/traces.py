"""Options of tracing.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/tracing.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.options.group import OptionGroup

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig


class TracingOptions(OptionGroup):
    """Kubernetes: TracingOptions."""

    name = "traces"

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: TracingOptions.ApplyTo; nothing happens without a file or with the gate off."""
        flag, gates = "tracing-config-file", self.run.gates
        path = self.flags.text(flag)
        on = bool(path) and (gates.known("APIServerTracing") is None or gates.on("APIServerTracing"))
        found = None
        if on:
            from compiler.apiserver.config_files.tracing import load_tracing

            found = load_tracing(self.named(flag))
        sources = (flag, "feature-gates")
        config.set("tracing.enabled", on, *sources)
        config.set("tracing.configFile", path if on else "", *sources)
        config.set("tracing.endpoint", found.endpoint if found else None, *sources)
        config.set("tracing.samplingRatePerMillion", found.rate if found else None, *sources)
        # What was built from the client before, as the clientset of the informers, stays untraced.
        config.set("loopbackClient.traced", on, *sources)
