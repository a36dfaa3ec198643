"""Options of the egress selector.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/egress_selector.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Dialers, EgressSelector

if TYPE_CHECKING:
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.resolved import ResolvedConfig


class EgressSelectorOptions(OptionGroup):
    """Kubernetes: EgressSelectorOptions."""

    name = "egress_selector"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        # Kind of peer -> proxy protocol; None if the file is unavailable.
        self.selections: dict[str, str] | None = {}

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: EgressSelectorOptions.ApplyTo; without a file every connection is direct."""
        flag = "egress-selector-config-file"
        path = self.flags.text(flag)
        if path:
            from compiler.apiserver.config_files.egress_selector import load_egress_selector

            self.selections = load_egress_selector(self.named(flag))
        config.egress_selector = EgressSelector(
            config_file=path,
            selections=None if self.selections is None else tuple(self.selections.items()),
            dialers=Dialers(
                cluster=self.dialer("cluster"), controlplane=self.dialer("controlplane"), etcd=self.dialer("etcd")
            ),
        )

    def dialer(self, peers: str) -> str | None:
        """Return how a kind of peer is dialled: `direct` or the proxy protocol; None if the file is unavailable.

        Kubernetes: egressselector/egress_selector.go, Lookup.
        """
        if self.selections is None:
            return None
        protocol = self.selections.get(peers, "Direct")
        return "direct" if protocol == "Direct" else protocol
