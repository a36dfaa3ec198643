"""Options of the egress selector.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/egress_selector.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.options.group import OptionGroup

if TYPE_CHECKING:
    from compiler.resolved import ResolvedConfig


class EgressSelectorOptions(OptionGroup):
    """Kubernetes: EgressSelectorOptions."""

    name = "egress_selector"

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: EgressSelectorOptions.ApplyTo; without a file every dialer is the direct one."""
        flag = "egress-selector-config-file"
        config.set("egressSelector.configFile", self.flags.text(flag), flag)
