"""Options of authorization.

Kubernetes: pkg/kubeapiserver/options/authorization.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler import rules
from compiler.apiserver.options.group import OptionGroup
from compiler.text import shown
from compiler.upstream.flag_kinds import CHOICES

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
    chain: list[dict[str, Any]] | None
    """Type, name and further settings of each authorizer in order, after the group system:masters; None where a file
    holds them that cannot be had. Known after validation."""

    def complete(self) -> None:
        """No mode at all means AlwaysAllow, which in turn switches anonymous requests off.

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
            self.chain = configured_authorizers(self, path)
            return
        self.chain = self._chain_of_flags()
        meant = self._validate_modes()
        policy, webhook = flags.text("authorization-policy-file"), flags.text("authorization-webhook-config-file")
        if "ABAC" in self.modes and not policy:
            hint = "set --authorization-policy-file, or remove ABAC"
            self.refuse(
                rules.ABAC_WITHOUT_POLICY_FILE,
                "--authorization-mode ABAC has no policy file",
                hint,
                "authorization-mode",
            )
        if "Webhook" in self.modes and not webhook:
            hint = "set --authorization-webhook-config-file, or remove Webhook"
            self.refuse(
                rules.WEBHOOK_MODE_WITHOUT_CONFIG_FILE,
                "--authorization-mode Webhook has no config file",
                hint,
                "authorization-mode",
            )
        for rule, mode, flag in (
            (rules.ABAC_POLICY_FILE_WITHOUT_MODE, "ABAC", "authorization-policy-file"),
            (rules.WEBHOOK_CONFIG_FILE_WITHOUT_MODE, "Webhook", "authorization-webhook-config-file"),
        ):
            if flags.text(flag) and mode not in self.modes and mode not in meant:
                message = f"--{flag} is set, but the mode {mode} is not"
                self.refuse(rule, message, f"add {mode} to the modes, or remove --{flag}", flag)
        version = flags.text("authorization-webhook-version")
        if webhook and "Webhook" in self.modes and version not in CHOICES["authorization-webhook-version"]:
            flag = "authorization-webhook-version"
            self.refuse_word(rules.UNKNOWN_AUTHORIZATION_WEBHOOK_VERSION, flag, CHOICES[flag])

    def _validate_config_alone(self) -> None:
        flag = "authorization-config"
        gate = "StructuredAuthorizationConfiguration"
        if self.run.gates.known(gate) and not self.run.gates.on(gate):
            self.refuse(
                rules.AUTHORIZATION_CONFIG_WITHOUT_GATE,
                f"--{flag} needs the gate {gate}",
                f"leave {gate} on, or use the flags",
                flag,
            )
        for other in _LEGACY:
            if self.flags.changed(other):
                message = f"--{other} cannot be given together with --{flag}"
                self.refuse(rules.AUTHORIZATION_CONFIG_WITH_FLAGS, message, f"remove --{other}, or --{flag}", other)

    def _validate_modes(self) -> set[str]:
        """The modes that misspelled ones stand for."""
        flag, known = "authorization-mode", CHOICES["authorization-mode"]
        meant, seen = set(), set()
        for index, mode in enumerate(self.modes):
            if mode not in known:
                hint = self.run.report.suggestions.did_you_mean(mode, known) or f"write {', '.join(known)}"
                self.refuse(
                    rules.UNKNOWN_AUTHORIZATION_MODE, f"--{flag}: {shown(mode)} is not a mode", hint, flag, index
                )
                meant.add(self.run.report.suggestions.closest(mode, known))
            elif mode in seen:
                self.refuse(
                    rules.DUPLICATE_AUTHORIZATION_MODE, f"--{flag} names {shown(mode)} twice", "keep one", flag, index
                )
            seen.add(mode)
        return meant

    def _chain_of_flags(self) -> list[dict[str, Any]]:
        """Kubernetes: buildAuthorizationConfiguration."""
        return [
            {"type": "Webhook", "name": "default", **self._webhook_of_flags()}
            if mode == "Webhook"
            else {"type": mode, "name": mode.lower()}
            for mode in self.modes
        ]

    def _webhook_of_flags(self) -> dict[str, Any]:
        from compiler.apiserver.config_files.authorization import LONGEST_TIMEOUT, webhook_entry

        flags = self.flags
        return webhook_entry(
            flags.number("authorization-webhook-cache-authorized-ttl"),
            flags.number("authorization-webhook-cache-unauthorized-ttl"),
            LONGEST_TIMEOUT,
            flags.text("authorization-webhook-version"),
            "NoOpinion",
            flags.text("authorization-webhook-config-file"),
        )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/config.go, BuildAuthorizer."""
        flags, chain = self.flags, self.chain
        file, webhook, policy = "authorization-config", "authorization-webhook-config-file", "authorization-policy-file"
        if not flags.text(file) and flags.text(webhook) and "Webhook" in self.modes:
            from compiler.apiserver.config_files.kubeconfig import load_kubeconfig

            load_kubeconfig(self.named(webhook), rules.INVALID_AUTHORIZATION_WEBHOOK_KUBECONFIG)
        config.set("authorization.privilegedGroups", ["system:masters"])
        config.set("authorization.configFile", flags.text(file), file)
        config.set("authorization.authorizers", chain, "authorization-mode", file)
        if any(authorizer["type"] == "ABAC" for authorizer in chain or ()):
            config.set("authorization.policyFile", flags.text(policy), policy)
            if flags.text(policy) and self.run.host.sees_files:
                from compiler.apiserver.config_files.abac import load_abac_policy

                load_abac_policy(self.named(policy))
        if flags.text(file):
            # Read again and again; what is not Webhook has to stay, or the new content is passed over.
            lasting = None if chain is None else [one["type"] for one in chain if one["type"] != "Webhook"]
            config.set("authorization.reloadInterval", "1m0s", file)
            config.set("authorization.lastingTypes", lasting, file)
        # Where the chain is in a file that cannot be had, RBAC is what nearly every such file has.
        rbac = chain is None or any(authorizer["type"] == "RBAC" for authorizer in chain)
        config.set("authorization.rbac", rbac, "authorization-mode", file)
