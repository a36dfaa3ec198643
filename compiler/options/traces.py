"""Options of tracing.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/tracing.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.options.group import OptionGroup

if TYPE_CHECKING:
    from compiler.resolved import ResolvedConfig


class TracingOptions(OptionGroup):
    """Kubernetes: TracingOptions."""

    name = "traces"

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: TracingOptions.ApplyTo; nothing happens without a file or with the gate off."""
        path = self.flags.text("tracing-config-file")
        gates = self.run.gates
        on = bool(path) and (gates.known("APIServerTracing") is None or gates.on("APIServerTracing"))
        if on:
            from compiler.config_files.tracing import load_tracing

            load_tracing(self.named("tracing-config-file"))
        config.set("tracing.configFile", path if on else "", "tracing-config-file", "feature-gates")
