"""Flags that every Kubernetes component has.

Kubernetes: staging/src/k8s.io/component-base/cli/globalflag/globalflags.go.
"""

from __future__ import annotations

from compiler import rules
from compiler.apiserver.options.group import OptionGroup


class GlobalOptions(OptionGroup):
    """`version` and `help`: with either, the program prints and exits instead of serving."""

    name = "global"

    def validate(self) -> None:
        """Report a flag that keeps the server from serving."""
        for flag in ("version", "help"):
            value = self.flags.value(flag)
            if self.flags.changed(flag) and value not in ("false", "", False, None) and self.flags.ok(flag):
                message = f"with --{flag} the program prints and exits; it does not serve"
                self.refuse(rules.SERVER_PRINTS_AND_EXITS, message, f"remove --{flag}", flag)
