"""Options of authorization.

Kubernetes: pkg/kubeapiserver/options/authorization.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.resolved_sections import RBAC, Authorization, AuthorizationReload, Authorizer, WebhookAuthorizer
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.resolved import ResolvedConfig

_LEGACY = (
    "authorization-mode",
    "authorization-webhook-config-file",
    "authorization-webhook-version",
    "authorization-webhook-cache-authorized-ttl",
    "authorization-webhook-cache-unauthorized-ttl",
)


class AuthorizationOptions(OptionGroup):
    """Kubernetes: BuiltInAuthorizationOptions."""

    name = "authorization"
    chain: tuple[Authorizer | WebhookAuthorizer, ...] | None
    """The authorizers in order, after the group system:masters; None if the file is unavailable. Set by validation."""

    def complete(self) -> None:
        """Default to AlwaysAllow if there is no mode; AlwaysAllow disables anonymous requests.

        Kubernetes: pkg/controlplane/apiserver/options/options.go, Complete; authentication.go, ApplyAuthorization.
        """
        if not self.flags.text("authorization-config") and not self.modes:
            self.flags.set("authorization-mode", ("AlwaysAllow",))
        if "AlwaysAllow" in self.modes:
            self.flags.set("anonymous-auth", False)

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes of the flag, in order."""
        return self.flags.texts("authorization-mode")

    def validate(self) -> None:
        """Kubernetes: BuiltInAuthorizationOptions.Validate."""
        flags = self.flags
        path = flags.text("authorization-config")
        if path:
            from compiler.apiserver.config_files.authorization import configured_authorizers

            self._validate_config_alone()
            self.chain = configured_authorizers(
                self.named("authorization-config"), bool(flags.text("authorization-policy-file"))
            )
            return
        self.chain = self._chain_of_flags()
        meant = self._validate_modes()
        policy, webhook = flags.text("authorization-policy-file"), flags.text("authorization-webhook-config-file")
        if "ABAC" in self.modes and not policy:
            hint = "set --authorization-policy-file, or remove ABAC"
            self.report(
                rules.ABAC_WITHOUT_POLICY_FILE,
                "--authorization-mode ABAC needs a policy file",
                hint,
                "authorization-mode",
            )
        if "Webhook" in self.modes and not webhook:
            hint = "set --authorization-webhook-config-file, or remove Webhook"
            self.report(
                rules.WEBHOOK_MODE_WITHOUT_CONFIG_FILE,
                "--authorization-mode Webhook needs a config file",
                hint,
                "authorization-mode",
            )
        for rule, mode, flag in (
            (rules.ABAC_POLICY_FILE_WITHOUT_MODE, "ABAC", "authorization-policy-file"),
            (rules.WEBHOOK_CONFIG_FILE_WITHOUT_MODE, "Webhook", "authorization-webhook-config-file"),
        ):
            if flags.text(flag) and flags.ok("authorization-mode") and mode not in {*self.modes, *meant}:
                message = f"--{flag} is set, but the mode {mode} is not"
                self.report(rule, message, f"add {mode} to the modes, or remove --{flag}", flag)
        version = flags.text("authorization-webhook-version")
        if webhook and "Webhook" in self.modes and version not in CHOICES["authorization-webhook-version"]:
            flag = "authorization-webhook-version"
            self.report_unknown_word(rules.UNKNOWN_AUTHORIZATION_WEBHOOK_VERSION, flag, CHOICES[flag])

    def _validate_config_alone(self) -> None:
        flag = "authorization-config"
        gate = "StructuredAuthorizationConfiguration"
        if self.context.gates.known(gate) and not self.context.gates.on(gate):
            self.report(
                rules.AUTHORIZATION_CONFIG_WITHOUT_GATE,
                f"--{flag} needs the gate {gate}",
                f"keep {gate} enabled, or use the flags",
                flag,
            )
        for other in _LEGACY:
            if self.flags.changed(other):
                message = f"--{other} cannot be given together with --{flag}"
                self.report(rules.AUTHORIZATION_CONFIG_WITH_FLAGS, message, f"remove --{other}, or --{flag}", other)

    def _validate_modes(self) -> set[str]:
        """Report wrong modes; return the modes that misspelled ones probably mean."""
        flag, known = "authorization-mode", CHOICES["authorization-mode"]
        meant, unique = set(), set()
        for index, mode in enumerate(self.modes):
            if mode not in known:
                hint = self.context.report.suggestions.did_you_mean(mode, known) or f"write {', '.join(known)}"
                self.report(
                    rules.UNKNOWN_AUTHORIZATION_MODE, f"--{flag}: {shown(mode)} is not a mode", hint, flag, index
                )
                meant.add(self.context.report.suggestions.closest(mode, known))
            elif mode in unique:
                self.report(
                    rules.DUPLICATE_AUTHORIZATION_MODE,
                    f"--{flag}: duplicate mode {shown(mode)}",
                    "keep one",
                    flag,
                    index,
                )
            unique.add(mode)
        return meant

    def _chain_of_flags(self) -> tuple[Authorizer | WebhookAuthorizer, ...]:
        """Kubernetes: buildAuthorizationConfiguration."""
        return tuple(
            self._webhook_of_flags() if mode == "Webhook" else Authorizer(type=mode, name=mode.lower())
            for mode in self.modes
        )

    def _webhook_of_flags(self) -> WebhookAuthorizer:
        from compiler.apiserver.config_files.authorization import MAX_TIMEOUT

        flags = self.flags
        authorized, unauthorized = (
            f"authorization-webhook-cache-{name}-ttl" for name in ("authorized", "unauthorized")
        )
        return WebhookAuthorizer(
            type="Webhook",
            name="default",
            authorized_ttl=flags.duration(authorized),
            cache_authorized_requests=flags.number(authorized) != 0,
            unauthorized_ttl=flags.duration(unauthorized),
            cache_unauthorized_requests=flags.number(unauthorized) != 0,
            timeout=format_duration(MAX_TIMEOUT),
            subject_access_review_version=flags.text("authorization-webhook-version"),
            failure_policy="NoOpinion",
            kube_config_file=flags.text("authorization-webhook-config-file"),
        )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/config.go, BuildAuthorizer."""
        flags, chain = self.flags, self.chain
        file, webhook, policy = "authorization-config", "authorization-webhook-config-file", "authorization-policy-file"
        if not flags.text(file) and flags.text(webhook) and "Webhook" in self.modes:
            from compiler.apiserver.config_files.kubeconfig import load_kubeconfig

            load_kubeconfig(self.named(webhook), rules.INVALID_AUTHORIZATION_WEBHOOK_KUBECONFIG)
        has_abac = any(authorizer.type == "ABAC" for authorizer in chain or ())
        if has_abac and flags.text(policy) and self.context.host.sees_files:
            from compiler.apiserver.config_files.abac import load_abac_policy

            load_abac_policy(self.named(policy))
        config.authorization = Authorization(
            privileged_groups=("system:masters",),
            config_file=flags.text(file),
            authorizers=chain,
            policy_file=flags.text(policy) if has_abac else None,
        )
        config.authorization_reload = _reload(chain) if flags.text(file) else None
        # Nearly every file has RBAC, so it is assumed if the content is unavailable.
        config.rbac = RBAC(rbac=chain is None or any(authorizer.type == "RBAC" for authorizer in chain))


def _reload(chain: tuple[Authorizer | WebhookAuthorizer, ...] | None) -> AuthorizationReload:
    """The server reads the file again and again; new content without the other authorizers than webhooks is ignored."""
    lasting = None if chain is None else tuple(one.type for one in chain if one.type != "Webhook")
    return AuthorizationReload(reload_interval="1m0s", lasting_types=lasting)
