"""Generic server options, with the versions to emulate and the feature gates.

Kubernetes: staging/src/k8s.io/apiserver/pkg/server/options/server_run_options.go and
staging/src/k8s.io/component-base/compatibility/registry.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.context import FeatureGates
from compiler.apiserver.options.gate_flags import apply_gate_flags, report_dependencies
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import ChangedGates, EffectiveVersion, EnabledGates, Generic
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_VERSION = r"[ \t\n\f\r]*v?((?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})++)[^\n]*"
"""What Kubernetes accepts as a version; it ignores what follows the numbers.

Kubernetes: apimachinery/pkg/util/version/version.go, parse.
"""


class GenericOptions(OptionGroup):
    """Kubernetes: ServerRunOptions of the generic API server."""

    name = "generic"

    def set_registry(self) -> None:
        """Set the emulated version, the minimum compatibility version and the gates, before everything else.

        Kubernetes: component-base/compatibility/registry.go, Set.
        """
        context, binary = self.context, self.context.catalog.minor
        context.emulated = self._version("emulated-version") or binary
        floor = context.catalog.behaviour("compatibilityFloor")
        chosen = self._version("min-compatibility-version")
        context.compatibility = chosen or max(context.emulated - 1, floor)
        context.gates = FeatureGates(context.catalog, min(context.emulated, binary), context.compatibility)
        apply_gate_flags(self)
        report_dependencies(self)

    def _version(self, flag: str) -> int | None:
        """Return the minor version that a version flag names; None if it names no valid one."""
        components: set[str] = set()
        result = None
        for index, element in enumerate(self.flags.texts(flag)):
            component, equals, text = element.partition("=")
            if not equals:
                component, text = "kube", element
            component = component.strip()
            match = re.fullmatch(_VERSION, text)
            if component != "kube" and equals:
                self.report(
                    rules.UNKNOWN_COMPONENT_VERSION,
                    f"--{flag} names the component {shown(component)}",
                    "write kube=1.NN",
                    flag,
                    index,
                )
            elif component in components:
                self.report(
                    rules.DUPLICATE_COMPONENT_VERSION,
                    f"duplicate --{flag} for {component}",
                    "keep one",
                    flag,
                    index,
                )
            elif match is None:
                hint = f"write a version, for example {self.context.catalog.version}"
                self.report(
                    rules.INVALID_VERSION, f"--{flag}: {shown(text.strip())} is not a version", hint, flag, index
                )
            else:
                major, minor, patch = (*map(int, match[1].split(".")[:3]), 0)[:3]
                result = minor if major == 1 else major * 1000
                if patch:
                    message = f"--{flag}: {shown(text.strip())} has a patch number"
                    self.report(rules.VERSION_WITH_PATCH_NUMBER, message, f"write {major}.{minor}", flag, index)
            components.add(component)
        return result

    def validate(self) -> None:
        """Kubernetes: ServerRunOptions.Validate."""
        self._validate_versions()
        for rule, flag in (
            (rules.NEGATIVE_LIVEZ_GRACE_PERIOD, "livez-grace-period"),
            (rules.NEGATIVE_MAX_REQUESTS_INFLIGHT, "max-requests-inflight"),
            (rules.NEGATIVE_MAX_MUTATING_REQUESTS_INFLIGHT, "max-mutating-requests-inflight"),
            (rules.NEGATIVE_REQUEST_TIMEOUT, "request-timeout"),
            (rules.NEGATIVE_MIN_REQUEST_TIMEOUT, "min-request-timeout"),
            (rules.NEGATIVE_STORAGE_INITIALIZATION_TIMEOUT, "storage-initialization-timeout"),
            (rules.NEGATIVE_SHUTDOWN_DELAY_DURATION, "shutdown-delay-duration"),
            (rules.NEGATIVE_WATCH_TERMINATION_GRACE_PERIOD, "shutdown-watch-termination-grace-period"),
        ):
            self.report_negative(rule, flag)
        chance = self.flags.fraction("goaway-chance")
        if chance < 0 or chance > 0.02:
            hint = "write a probability between 0 (disabled) and 0.02"
            self.report(
                rules.GOAWAY_CHANCE_OUT_OF_RANGE,
                f"--goaway-chance {chance:g} is outside 0 to 0.02",
                hint,
                "goaway-chance",
            )
        self._validate_transport_security()
        self._validate_origins()

    def _validate_versions(self) -> None:
        """Kubernetes: component-base/compatibility/version.go, Validate."""
        context, binary = self.context, self.context.catalog.minor
        floor = context.catalog.behaviour("emulationFloor")
        emulated, compatible = context.emulated, context.compatibility
        if not floor <= emulated <= binary:
            rule = rules.EMULATION_NOT_SUPPORTED if floor == binary else rules.EMULATED_VERSION_OUT_OF_RANGE
            allowed = f"1.{binary}" if floor == binary else f"1.{floor} to 1.{binary}"
            message = f"--emulated-version 1.{emulated} cannot be emulated by {context.catalog.version}"
            self.report(rule, message, f"write {allowed}", "emulated-version")
        elif self.flags.has("min-compatibility-version") and not floor <= compatible <= emulated:
            message = f"--min-compatibility-version 1.{compatible} is outside 1.{floor} to the emulated 1.{emulated}"
            hint = f"write 1.{floor} to 1.{emulated}"
            self.report(rules.MIN_COMPATIBILITY_VERSION_OUT_OF_RANGE, message, hint, "min-compatibility-version")
        if emulated == binary:
            for rule, flag in (
                (rules.FORWARD_COMPATIBLE_WITHOUT_EMULATION, "emulation-forward-compatible"),
                (
                    rules.RUNTIME_CONFIG_FORWARD_COMPATIBLE_WITHOUT_EMULATION,
                    "runtime-config-emulation-forward-compatible",
                ),
            ):
                if self.flags.on(flag):
                    hint = "set --emulated-version to an older version, or remove the flag"
                    self.report(rule, f"--{flag} needs an emulated version older than 1.{binary}", hint, flag)

    def _validate_transport_security(self) -> None:
        flag = "strict-transport-security-directives"
        for index, directive in enumerate(self.flags.texts(flag)):
            known = directive in ("includeSubDomains", "preload")
            age = directive.startswith("max-age=") and directive.count("=") == 1
            if not known and not age:
                hint = "write max-age=SECONDS, includeSubDomains or preload"
                self.report(
                    rules.UNKNOWN_HSTS_DIRECTIVE, f"--{flag}: {shown(directive)} is not a directive", hint, flag, index
                )

    def _validate_origins(self) -> None:
        flag = "cors-allowed-origins"
        for index, origin in enumerate(self.flags.texts(flag)):
            if problem := self._origin_problem(origin):
                message = f"--{flag}: {shown(origin)} {problem[0]}" if origin else f"--{flag} has an empty element"
                self.report(rules.INVALID_CORS_ORIGIN, message, problem[1], flag, index)

    def _origin_problem(self, origin: str) -> tuple[str, str] | None:
        """Return the problem of an allowed origin and a hint. Kubernetes: validateCorsAllowedOriginList."""
        from compiler.upstream.go.regexp import InvalidRegexpError, check_regexp

        if not origin:
            return "is empty", "remove it"
        try:
            check_regexp(origin, self.context.catalog.behaviour("looseUnicodeNames"))
        except InvalidRegexpError as refusal:
            return f"is not a regular expression: {refusal.message}", refusal.hint
        if "^" not in origin and "//" not in origin:
            return "is not pinned to the start of the host", "begin it with ^ or //"
        if "$" not in origin and ":" not in origin:
            return "is not pinned to the end of the host", "end it with $ or (:|$)"
        return None

    def complete_advertise_address(self) -> None:
        """Determine the address that other members use, from bind-address or the host's default route.

        Kubernetes: apiserver/pkg/server/options/server_run_options.go, DefaultAdvertiseAddress.
        """
        flags, context = self.flags, self.context
        given = flags.text("advertise-address")
        if given not in ("", "0.0.0.0", "::") or not flags.ok("advertise-address", "bind-address"):
            return
        bind = flags.text("bind-address")
        if bind not in ("", "0.0.0.0", "::") and not _is_loopback(bind):
            flags.set("advertise-address", bind)
        elif context.host.address and (":" in context.host.address or bind != "::"):
            flags.set("advertise-address", context.host.address)

    @property
    def public_address(self) -> str:
        """The address that other members use; empty if it depends on the host."""
        address = self.flags.text("advertise-address")
        return "" if address in ("0.0.0.0", "::") else address

    def complete_external_host(self) -> None:
        """Default the external name to the advertised address."""
        if not self.flags.text("external-hostname"):
            self.flags.set("external-hostname", self.public_address)

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: ServerRunOptions.ApplyTo."""
        flags, context = self.flags, self.context
        config.effective_version = EffectiveVersion(
            binary=context.catalog.version,
            emulation=f"1.{context.emulated}",
            min_compatibility=f"1.{context.compatibility}",
        )
        config.changed_gates = ChangedGates(changed=tuple(sorted(context.gates.set_to.items())))
        config.enabled_gates = EnabledGates(enabled=context.gates.enabled())
        config.generic = Generic(
            cors_allowed_origins=flags.texts("cors-allowed-origins"),
            hsts_directives=flags.texts("strict-transport-security-directives"),
            external_address=flags.text("external-hostname") or None,
            public_address=self.public_address or None,
            max_requests_in_flight=flags.number("max-requests-inflight"),
            max_mutating_requests_in_flight=flags.number("max-mutating-requests-inflight"),
            request_timeout=flags.duration("request-timeout"),
            livez_grace_period=flags.duration("livez-grace-period"),
            storage_initialization_timeout=flags.duration("storage-initialization-timeout"),
            shutdown_delay_duration=flags.duration("shutdown-delay-duration"),
            shutdown_watch_termination_grace_period=flags.duration("shutdown-watch-termination-grace-period"),
            min_request_timeout_seconds=flags.number("min-request-timeout"),
            goaway_chance=flags.fraction("goaway-chance"),
            shutdown_send_retry_after=flags.on("shutdown-send-retry-after"),
            emulation_forward_compatible=flags.on("emulation-forward-compatible"),
            runtime_config_emulation_forward_compatible=flags.on("runtime-config-emulation-forward-compatible"),
        )


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
