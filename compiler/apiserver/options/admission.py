"""Options of admission control.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/admission.go and pkg/kubeapiserver/options/admission.go.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import Admission
from compiler.text import Suggestion, shown
from compiler.upstream.catalog.history import known_in, removal

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_ON, _OFF, _LEGACY = "enable-admission-plugins", "disable-admission-plugins", "admission-control"


class AdmissionOptions(OptionGroup):
    """Kubernetes: AdmissionOptions."""

    name = "admission"

    def validate(self) -> None:
        """Kubernetes: AdmissionOptions.Validate, both of them."""
        flags = self.flags
        if flags.changed(_LEGACY) and (flags.changed(_ON) or flags.changed(_OFF)):
            other = _ON if flags.changed(_ON) else _OFF
            message = f"--{_LEGACY} cannot be given together with --{other}"
            self.report(
                rules.ADMISSION_CONTROL_WITH_SUCCESSORS, message, f"remove --{_LEGACY}: it is deprecated", _LEGACY
            )
        for rule, flag in (
            (rules.UNKNOWN_ENABLED_ADMISSION_PLUGIN, _ON),
            (rules.UNKNOWN_DISABLED_ADMISSION_PLUGIN, _OFF),
            (rules.UNKNOWN_PLUGIN_IN_ADMISSION_CONTROL, _LEGACY),
        ):
            for index, name in enumerate(flags.texts(flag)):
                if name not in self.context.catalog.plugins:
                    message, hint = self._unknown(name)
                    self.report(rule, f"--{flag}: {message}", hint, flag, index)
        switched_on = set(flags.texts(_ON))
        for index, name in enumerate(flags.texts(_OFF)):
            if name in switched_on:
                message = f"--{_OFF}: {shown(name)} is enabled and disabled at once"
                self.report(
                    rules.ADMISSION_PLUGIN_ENABLED_AND_DISABLED, message, "keep it in one of the two lists", _OFF, index
                )

    def _unknown(self, name: str) -> tuple[str, str]:
        version = self.context.catalog.version
        gone, having = removal("admissionPlugins", name, version), known_in("admissionPlugins", name)
        if gone and gone.get("removed"):
            message = f"the admission plugin {name} was removed in {gone['removed']}"
            hint = f"use {gone['replacement']}" if gone.get("replacement") else "remove it"
            return message, Suggestion(hint, name, gone["replacement"]) if gone.get("successor") else hint
        message = f"{shown(name)} is not an admission plugin of {version}"
        if having:
            return f"{message}; it exists in {having[0]} to {having[-1]}", "remove it"
        near = self.context.report.suggestions.did_you_mean(name.strip(), self.context.catalog.plugins)
        return message, near or "names are case-sensitive"

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """The enabled plugins in the built-in order, whatever the order of the flags."""
        flags, catalog = self.flags, self.context.catalog
        if flags.changed(_LEGACY):
            wanted = set(flags.texts(_LEGACY))
            return tuple(name for name in catalog.plugins if name in wanted)
        on, off, plugins = flags.texts(_ON), flags.texts(_OFF), catalog.plugins.values()
        return tuple(each.name for each in plugins if each.name in on or not (each.default_off or each.name in off))

    def _check_config(self, flag: str) -> None:
        """Report what the enabled plugins would refuse in their configurations."""
        chain = self.chain
        if self.flags.text(flag):
            from compiler.apiserver.config_files.admission import load_admission

            load_admission(self.named(flag), chain)
        elif "EventRateLimit" in chain or "ImagePolicyWebhook" in chain:
            from compiler.apiserver.config_files.admission import check_unconfigured

            on = _LEGACY if self.flags.changed(_LEGACY) else _ON
            check_unconfigured(self.named(on), chain)

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: AdmissionOptions.ApplyTo."""
        flags = self.flags
        self._check_config("admission-control-config-file")
        config.admission = Admission(
            plugins=self.chain,
            config_file=flags.text("admission-control-config-file"),
            rest_mapper_reset_interval="30s",
            default_not_ready_toleration_seconds=flags.number("default-not-ready-toleration-seconds"),
            default_unreachable_toleration_seconds=flags.number("default-unreachable-toleration-seconds"),
        )
