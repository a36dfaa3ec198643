"""Options of tracing.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/tracing.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import LoopbackTracing, Tracing

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig


class TracingOptions(OptionGroup):
    """Kubernetes: TracingOptions."""

    name = "traces"

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: TracingOptions.ApplyTo; tracing is disabled without a file or without the gate."""
        flag, gates = "tracing-config-file", self.context.gates
        path = self.flags.text(flag)
        on = bool(path) and (gates.known("APIServerTracing") is None or gates.on("APIServerTracing"))
        spans = None
        if on:
            from compiler.apiserver.config_files.tracing import load_tracing

            spans = load_tracing(self.named(flag))
        config.tracing = Tracing(
            enabled=on,
            config_file=path if on else "",
            endpoint=spans.endpoint if spans else None,
            sampling_rate_per_million=spans.rate if spans else None,
        )
        # Clients that were built from it before, for example that of the informers, stay untraced.
        config.loopback_tracing = LoopbackTracing(traced=on)
