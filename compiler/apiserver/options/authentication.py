"""Options of authentication, service accounts included.

Kubernetes: pkg/kubeapiserver/options/authentication.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.options.authenticators import apply_authenticators
from compiler.apiserver.options.group import OptionGroup
from compiler.apiserver.options.oidc import check_oidc, validate_oidc
from compiler.apiserver.resolved_sections import IssuerDiscovery, ServiceAccountIssuer
from compiler.text import shown
from compiler.upstream.catalog.facts import CHOICES
from compiler.upstream.go.net import is_https, parse_url, parses_as_url
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.config_files.authentication import ConfiguredAuthentication
    from compiler.apiserver.resolved import ResolvedConfig

HOUR = 3600 * 10**9
_YEAR = 365 * 24 * HOUR
_HEADERS = ("username-headers", "group-headers", "extra-headers-prefix", "allowed-names")


class AuthenticationOptions(OptionGroup):
    """Kubernetes: BuiltInAuthenticationOptions."""

    name = "authentication"
    configured: ConfiguredAuthentication | None = None
    """The content of the authentication config; None if there is no file, or if it is unavailable."""

    @property
    def issuers(self) -> tuple[str, ...]:
        """The service account issuers; the first one signs."""
        return self.flags.texts("service-account-issuer")

    def complete(self) -> None:
        """Check the limits of service account tokens.

        Kubernetes: pkg/controlplane/apiserver/options/options.go, completeServiceAccountOptions.
        """
        flag = "service-account-max-token-expiration"
        longest = self.flags.number(flag)
        if longest and not HOUR <= longest <= 2**32 * 10**9:
            message = f"--{flag} {self.flags.given(flag)} is outside 1 hour to 2^32 seconds"
            self.report(rules.TOKEN_EXPIRATION_OUT_OF_RANGE, message, "write at least 1h, or 0 for no limit", flag)

    def validate(self) -> None:
        """Kubernetes: BuiltInAuthenticationOptions.Validate."""
        self._validate_issuers()
        flags = self.flags
        if not flags.texts("service-account-key-file") and not flags.text("service-account-signing-endpoint"):
            hint = "name the public key that service account tokens are verified with"
            flag = "service-account-key-file"
            self.report(rules.NO_SERVICE_ACCOUNT_KEY, f"--{flag} is required", hint, flag)
        uri = flags.text("service-account-jwks-uri")
        if uri and not is_https(uri, self.context.catalog.url_strictness):
            flag = "service-account-jwks-uri"
            self.report(
                rules.JWKS_URI_NOT_HTTPS, f"--{flag} {shown(uri)} is not an https URL", "write https://HOST/PATH", flag
            )
        validate_oidc(self)
        self._validate_request_header()
        flag = "authentication-config"
        gate = "StructuredAuthenticationConfiguration"
        if flags.text(flag) and self.context.gates.known(gate) and not self.context.gates.on(gate):
            self.report(
                rules.AUTHENTICATION_CONFIG_WITHOUT_GATE,
                f"--{flag} needs the gate {gate}",
                f"keep {gate} enabled, or use the oidc flags",
                flag,
            )

    def _validate_issuers(self) -> None:
        flag = "service-account-issuer"
        if not self.issuers and self.flags.ok(flag):
            hint = "name the issuer of service account tokens, for example https://kubernetes.default.svc"
            self.report(rules.NO_SERVICE_ACCOUNT_ISSUER, f"--{flag} is required", hint, flag)
        unique = set()
        for index, issuer in enumerate(self.issuers):
            if not issuer:
                self.report(
                    rules.EMPTY_SERVICE_ACCOUNT_ISSUER, f"--{flag} has an empty issuer", "remove it", flag, index
                )
            elif issuer in unique:
                self.report(
                    rules.DUPLICATE_SERVICE_ACCOUNT_ISSUER,
                    f"--{flag}: duplicate issuer {shown(issuer)}",
                    "keep one",
                    flag,
                    index,
                )
            elif ":" in issuer and not parses_as_url(issuer, self.context.catalog.url_strictness):
                hint = "write an https URL, or a name without a colon"
                self.report(
                    rules.INVALID_SERVICE_ACCOUNT_ISSUER, f"--{flag}: {shown(issuer)} is not a URL", hint, flag, index
                )
            unique.add(issuer)

    def _validate_request_header(self) -> None:
        """Kubernetes: apiserver/pkg/server/options/authentication.go, RequestHeaderAuthenticationOptions.Validate."""
        uid = "requestheader-uid-headers"
        gate_on = self.context.gates.on("RemoteRequestHeaderUID")
        for flag in (*(f"requestheader-{name}" for name in _HEADERS), *((uid,) if gate_on else ())):
            for index, element in enumerate(self.flags.texts(flag)):
                if not element.strip():
                    self.report(
                        rules.EMPTY_REQUESTHEADER_VALUE, f"--{flag} has a blank element", "remove it", flag, index
                    )
        names = self.flags.texts(uid)
        if names and not gate_on:
            message = f"--{uid} needs the gate RemoteRequestHeaderUID"
            self.report(rules.UID_HEADERS_WITHOUT_GATE, message, "enable the gate, or remove the flag", uid)
        elif names and not any(name.lower() == "x-remote-uid" for name in names):
            self.report(
                rules.UID_HEADERS_WITHOUT_STANDARD_HEADER, f"--{uid} lacks X-Remote-Uid", "add X-Remote-Uid", uid
            )

    def validate_token_request(self) -> None:
        """Report a token signer that lacks its key or issuer.

        Kubernetes: pkg/controlplane/apiserver/options/validation.go, validateTokenRequest.
        """
        flags, key = self.flags, "service-account-signing-key-file"
        signer = flags.text(key) or flags.text("service-account-signing-endpoint")
        if signer and self.issuers and self.issuers[0]:
            return
        if not self.flags.ok(key, "service-account-issuer"):
            return
        if not signer:
            message = f"--{key} is required: service account tokens cannot be signed"
            self.report(
                rules.NO_SERVICE_ACCOUNT_SIGNER, message, "name the private key that signs service account tokens", key
            )

    def validate_signing(self) -> None:
        """Kubernetes: validation.go, validateServiceAccountTokenSigningConfig."""
        flags, flag = self.flags, "service-account-signing-endpoint"
        endpoint = flags.text(flag)
        if not endpoint:
            return
        for other in ("service-account-signing-key-file", "service-account-key-file"):
            if flags.value(other):
                self.report(
                    rules.SIGNING_ENDPOINT_WITH_KEY_FILES,
                    f"--{flag} cannot be given together with --{other}",
                    f"remove --{other}, or --{flag}",
                    flag,
                )
        gate = "ExternalServiceAccountTokenSigner"
        if not self.context.gates.on(gate):
            self.report(rules.SIGNING_ENDPOINT_WITHOUT_GATE, f"--{flag} needs the gate {gate}", f"enable {gate}", flag)
        self._validate_endpoint(flag, endpoint)
        limit = "service-account-max-token-expiration"
        if flags.number(limit) and self.context.catalog.behaviour("externalSignerWithAnyMaxExpirationRefused"):
            self.report(
                rules.TOKEN_EXPIRATION_WITH_EXTERNAL_SIGNER,
                f"--{limit} cannot be given together with --{flag}",
                f"remove --{limit}",
                limit,
            )

    def _validate_endpoint(self, flag: str, endpoint: str) -> None:
        words = endpoint[1:].split(".") if endpoint.startswith("@") else []
        if endpoint.startswith("@"):
            good = all(word and all(letter.isalnum() or letter in "_-" for letter in word) for word in words)
        else:
            good = bool(self.context.catalog.behaviour("externalSignerAnyNonAbstractPath")) or (
                endpoint.startswith("/") and " " not in endpoint
            )
        if not good:
            hint = "write the absolute path of the socket, or @NAME"
            self.report(
                rules.INVALID_SIGNING_ENDPOINT, f"--{flag} {shown(endpoint)} is not a valid socket name", hint, flag
            )

    def check_signing_key(self) -> None:
        """Kubernetes: pkg/controlplane/apiserver/options/options.go, completeServiceAccountOptions."""
        flag = "service-account-signing-key-file"
        path = self.flags.text(flag)
        if path and self.issuers and self.issuers[0] and self.context.host.sees_files:
            from compiler.apiserver.config_files import keys

            keys.check_signing_key(self.named(flag), rules.INVALID_SERVICE_ACCOUNT_SIGNING_KEY)

    def check_files(self, selections: Mapping[str, str] | None) -> None:
        """Check the keys and certificates that the authenticators load.

        Kubernetes: authentication.go, ToAuthenticationConfig.
        """
        flags, flag = self.flags, "service-account-key-file"
        for index, path in enumerate(flags.texts(flag)):
            if not path:
                self.report(
                    rules.INVALID_SERVICE_ACCOUNT_KEY,
                    f"--{flag} has an empty file name",
                    "remove the element",
                    flag,
                    index,
                )
        if self.context.host.sees_files:
            self._check_keys()
        self._check_overlap()
        if flags.text("authentication-config"):
            from compiler.apiserver.config_files.authentication import load_authentication

            self.configured = load_authentication(
                self.named("authentication-config"), self.issuers, selections, flags.changed("anonymous-auth")
            )
        check_oidc(self)
        webhook = flags.text("authentication-token-webhook-config-file")
        flag = "authentication-token-webhook-version"
        if webhook and flags.text(flag) not in CHOICES[flag]:
            self.report_unknown_word(rules.UNKNOWN_TOKEN_WEBHOOK_VERSION, flag, CHOICES[flag])
        if webhook:
            from compiler.apiserver.config_files.kubeconfig import load_kubeconfig

            load_kubeconfig(
                self.named("authentication-token-webhook-config-file"), rules.INVALID_TOKEN_WEBHOOK_KUBECONFIG
            )

    def _check_keys(self) -> None:
        from compiler.apiserver.config_files import keys

        flags, flag = self.flags, "service-account-key-file"
        for index, path in enumerate(flags.texts(flag)):
            if path:
                keys.check_verification_keys(self.named(flag, path, index), rules.INVALID_SERVICE_ACCOUNT_KEY)
        client_ca, header_ca = "client-ca-file", "requestheader-client-ca-file"
        for rule, flag in (
            (rules.INVALID_CLIENT_CA_FILE, client_ca),
            (rules.INVALID_REQUESTHEADER_CLIENT_CA_FILE, header_ca),
        ):
            if flags.text(flag):
                keys.check_client_ca(self.named(flag), rule)
        if flags.text("token-auth-file"):
            from compiler.apiserver.config_files.keys import load_token_file

            load_token_file(self.named("token-auth-file"))

    def _check_overlap(self) -> None:
        flags, client_ca, header_ca = self.flags, "client-ca-file", "requestheader-client-ca-file"
        if (
            not (flags.text(client_ca) and flags.text(header_ca))
            or flags.texts("requestheader-allowed-names")
            or not self.context.catalog.behaviour("overlappingClientCARefused")
        ):
            return
        from compiler.apiserver.config_files import keys

        if keys.share_certificates(self.named(client_ca), self.named(header_ca)):
            message = f"--{header_ca} shares a certificate with --{client_ca}, and every name is allowed"
            self.report(
                rules.OVERLAPPING_CLIENT_CA_FILES,
                message,
                "set --requestheader-allowed-names, or use a separate CA",
                header_ca,
            )

    def apply_to(self, config: ResolvedConfig) -> None:
        """Kubernetes: BuiltInAuthenticationOptions.ApplyTo."""
        selections = config.egress_selector.selections
        self.check_files(None if selections is None else dict(selections))
        apply_authenticators(self, self.configured, config)

    def apply_service_account_issuer(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/controlplane/apiserver/config.go, CreateConfig; options.go, completeServiceAccountOptions."""
        flags = self.flags
        limit, endpoint = "service-account-max-token-expiration", flags.text("service-account-signing-endpoint")
        config.service_account_issuer = ServiceAccountIssuer(
            issuer=self.issuers[0] if self.issuers else "",
            signing_key_file=flags.text("service-account-signing-key-file"),
            signing_endpoint=endpoint,
            # An external signer reports at startup how long its tokens may live.
            max_token_expiration=flags.duration(limit) if flags.number(limit) or not endpoint else None,
            extend_token_expiration=flags.on("service-account-extend-token-expiration"),
            extended_expiration=None if endpoint else format_duration(_YEAR),
        )

    def apply_issuer_discovery(self, config: ResolvedConfig) -> None:
        """Kubernetes: pkg/serviceaccount/openidmetadata.go, NewOpenIDMetadataProvider."""
        flag, issuer = "service-account-jwks-uri", self.issuers[0] if self.issuers else ""
        external = config.generic.external_address
        uri = self.flags.text(flag) or (f"https://{external}/openid/v1/jwks" if external else None)
        parsed = parse_url(issuer, self.context.catalog.url_strictness)
        served = parsed is not None and parsed.scheme == "https" and not parsed.query and not parsed.fragment
        config.issuer_discovery = IssuerDiscovery(jwks_uri=uri, discovery_endpoints=served)
