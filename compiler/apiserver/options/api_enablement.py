"""Options that enable and disable APIs.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/api_enablement.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import APIEnablement
from compiler.apiserver.resource_config import (
    DELEGATED_GROUPS,
    MATCHERS,
    ResourceConfig,
    introduced_in,
    resource_config_of,
)
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.catalog.history import removal
from compiler.upstream.go.strconv import FALSE_STRINGS, TRUE_STRINGS
from compiler.upstream.names import CORE, find_resource

if TYPE_CHECKING:
    from compiler.apiserver.context import ServerContext
    from compiler.apiserver.resolved import ResolvedConfig

_FLAG = "runtime-config"
"""Groups of the delegated servers, which have separate schemes."""


def _removed_hint(gone: Mapping[str, str]) -> str:
    """Return the hint for a removed API version."""
    instead = gone.get("replacement", "")
    return f"it was removed in {gone['removed']}; " + (f"use {instead}" if "/" in instead else "remove it")


class APIEnablementOptions(OptionGroup):
    """Kubernetes: APIEnablementOptions."""

    name = "api_enablement"

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self.runtime_config: dict[str, str] = {}

    def complete(self) -> None:
        """Fold all spellings of the core group into `/v1`, and drop `api/legacy`.

        Kubernetes: pkg/controlplane/apiserver/options/options.go, Complete.
        """
        for key, value in self.flags.mapping(_FLAG).items():
            if key in ("v1", "api/v1") or key.startswith(("v1/", "api/v1/")):
                self.runtime_config["/v1"] = value
            elif key != "api/legacy":
                self.runtime_config[key] = value

    @property
    def nothing_left(self) -> bool:
        """Whether every API is disabled; then missing ones are not reported separately."""
        return self.runtime_config == {"api/all": "false"}

    def validate(self) -> None:
        """Kubernetes: APIEnablementOptions.Validate and resourceconfig/helpers.go."""
        if self.nothing_left:
            message = f"--{_FLAG} api/all=false leaves no API at all"
            self.report(rules.ALL_APIS_DISABLED, message, "also name the APIs to keep, for example v1=true", _FLAG)
        for key, value in self.runtime_config.items():
            if key in MATCHERS:
                if value not in ("true", "false"):
                    message = f"--{_FLAG} {key} cannot be {shown(value)}"
                    self._report(
                        rules.RUNTIME_CONFIG_WILDCARD_NOT_BOOLEAN, message, f"write {key}=true or {key}=false", key
                    )
            else:
                self._validate_key(key, value)

    def _report(self, rule: Rule, message: str, hint: str, key: str) -> None:
        self.report(rule, message, hint, _FLAG, self.flags.entry(_FLAG, key))

    def _validate_key(self, key: str, value: str) -> None:
        parts = key.split("/")
        if len(parts) not in (2, 3):
            message = f"--{_FLAG}: {shown(key)} is not GROUP/VERSION or GROUP/VERSION/RESOURCE"
            self._report(rules.INVALID_RUNTIME_CONFIG_KEY, message, self._key_hint(parts[0]), key)
            return
        delegated = {name: tuple(group.versions) for name, group in DELEGATED_GROUPS.items()}
        groups = {**self.context.catalog.api_groups, **delegated}
        group, version = parts[0], parts[1]
        if group not in groups:
            gone = removal("apis", f"{group}/{version}", self.context.catalog.version)
            hint = self._group_hint(key, groups)
            if gone and gone.get("removed"):
                hint = _removed_hint(gone)
            self._report(
                rules.UNKNOWN_API_GROUP, f"--{_FLAG}: {shown(group)} is not an API group of this server", hint, key
            )
        elif version not in groups[group]:
            message = f"--{_FLAG}: {shown(group)} has no version {shown(version)} in {self.context.catalog.version}"
            gone = removal("apis", f"{group}/{version}", self.context.catalog.version)
            hint = f"write {' or '.join(f'{group}/{each}' for each in groups[group])}"
            if gone and gone.get("removed"):
                hint = _removed_hint(gone)
            elif near := self.context.report.suggestions.did_you_mean(version, groups[group], f"{group}/{{}}"):
                hint = near
            self._report(rules.UNKNOWN_API_VERSION, message, hint, key)
        elif value and value not in TRUE_STRINGS and value not in FALSE_STRINGS:
            self._report(
                rules.RUNTIME_CONFIG_NOT_BOOLEAN,
                f"--{_FLAG} {key} cannot be {shown(value)}",
                f"write {key}=true or {key}=false",
                key,
            )
        elif len(parts) == 3 and parts[2] != parts[2].lower():
            message = f"--{_FLAG}: the resource {shown(parts[2])} has uppercase letters"
            self._report(
                rules.UPPERCASE_RUNTIME_CONFIG_RESOURCE, message, f"write {group}/{version}/{parts[2].lower()}", key
            )
        if self.context.catalog.is_provisional("api", f"{group}/{version}"):
            message = f"--{_FLAG}: it is not confirmed that {self.context.catalog.version} still has {group}/{version}"
            self._report(rules.UNCONFIRMED_FACT, message, f"remove {key}: it serves no resource", key)

    def _group_hint(self, key: str, groups: Mapping[str, Sequence[str]]) -> str:
        """Return the hint for a key whose group does not exist, or for an unknown key of several versions."""
        group, _, version = key.partition("/")
        if group == "api":
            near = self.context.report.suggestions.did_you_mean(key, MATCHERS)
            return near or f"write one of {', '.join(MATCHERS)}"
        if group in CORE or group == "":
            return "write v1: the core group has no name"
        near = self.context.report.suggestions.closest(group, groups)
        begun = next((known for known in groups if known.startswith(f"{group.lower()}.")), "")
        if begun or near:
            return f"did you mean {begun or near}/{version}?"
        return "remove it: this flag only enables and disables built-in APIs"

    def _key_hint(self, name: str) -> str:
        """Return the hint for a group without a version, or a resource without both."""
        catalog = self.context.catalog
        if near := self.context.report.suggestions.closest(f"api/{name}", MATCHERS):
            return f"did you mean {near}?"
        if name in catalog.api_groups:
            return f"write {name}/{catalog.api_groups[name][0]}"
        resource = find_resource(catalog, name)
        if resource is not None and resource.group:
            return f"write {resource.group}/{resource.served[0]}/{resource.resource}"
        return "write GROUP/VERSION, for example apps/v1"

    def apply_to(self, config: ResolvedConfig) -> ResourceConfig:
        """Return the enabled APIs. Kubernetes: APIEnablementOptions.ApplyTo."""
        context = self.context
        forward_compatible = self.flags.on("emulation-forward-compatible")
        explicit = self.flags.on("runtime-config-emulation-forward-compatible")
        disabled = frozenset(gate for gate in context.catalog.resource_gates if not context.gates.on(gate))
        settings = tuple(self.runtime_config.items())
        resources = resource_config_of(
            context.catalog, context.emulated, settings, forward_compatible, explicit, disabled
        )
        config.api_enablement = APIEnablement(
            runtime_config=tuple(sorted(self.runtime_config.items())),
            enabled_versions=tuple(resources.enabled_versions),
        )
        if not resources.version_enabled("", "v1") and not self.nothing_left:
            message = "the core API v1 is disabled: building its storage crashes the server"
            self.report(
                rules.CORE_API_DISABLED, message, "keep v1 enabled; v1/RESOURCE=false disables all of v1 too", _FLAG
            )
        self._report_unintroduced()
        return resources

    def _report_unintroduced(self) -> None:
        """Kubernetes: apiserver/pkg/server/deleted_kinds.go, removeUnintroducedKinds."""
        context = self.context
        if not context.catalog.behaviour("emulationHistoryChecked") or context.emulated >= context.catalog.minor:
            return
        if self.flags.on("runtime-config-emulation-forward-compatible"):
            return
        for key, value in self.runtime_config.items():
            if key in MATCHERS or value in FALSE_STRINGS or key.count("/") not in (1, 2):
                continue
            introduced = introduced_in(context.catalog, key)
            if introduced and min(introduced) > context.emulated:
                added = f"{key} was added in 1.{min(introduced)}"
                message = f"--{_FLAG}: {added}, after the emulated version 1.{context.emulated}"
                hint = "remove it, emulate a newer version, or set --runtime-config-emulation-forward-compatible"
                self._report(rules.API_NEWER_THAN_EMULATED_VERSION, message, hint, key)
