"""Set the component registry and logging, before the options are completed.

Kubernetes: cmd/kube-apiserver/app/server.go, NewAPIServerCommand (PersistentPreRunE and RunE).
"""

from __future__ import annotations

from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.resolved import ResolvedConfig


def set_registry(options: ServerRunOptions, config: ResolvedConfig) -> None:
    """Set the versions and the feature gates, then configure logging."""
    config.begin_stage("Set")
    step = config.step
    step("ComponentGlobalsRegistry.Set", options.generic.set_registry)
    step("LoggingConfiguration.Validate", options.logs.validate)
    step("LoggingConfiguration.Apply", options.logs.apply_to, config)
