"""Options of the in-tree cloud providers, which only 1.31 and 1.32 still parse.

Kubernetes: pkg/kubeapiserver/options/cloudprovider.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.text import shown


class CloudProviderOptions(OptionGroup):
    """Kubernetes: CloudProviderOptions."""

    name = "cloud_provider"

    def validate(self) -> None:
        """Kubernetes: CloudProviderOptions.Validate: every in-tree provider was removed."""
        flag = "cloud-provider"
        provider = self.flags.text(flag)
        if provider not in ("", "external"):
            message = f"--{flag} {shown(provider)}: there are no in-tree cloud providers any more"
            self.refuse(
                rules.IN_TREE_CLOUD_PROVIDER,
                message,
                "remove the flag, and run an external cloud-controller-manager",
                flag,
            )
