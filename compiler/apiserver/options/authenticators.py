"""The resolved authentication: the authenticators, their order and their settings.

Kubernetes: pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig and ApplyTo;
pkg/kubeapiserver/authenticator/config.go, New.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.apiserver.options import oidc
from compiler.apiserver.resolved_sections import (
    JWT,
    Anonymous,
    Authentication,
    OpenAPISecurity,
    RequestHeader,
    ServiceAccounts,
    Tokens,
    TokenWebhook,
)

if TYPE_CHECKING:
    from compiler.apiserver.config_files.authentication import ConfiguredAuthentication
    from compiler.apiserver.options.group import OptionGroup
    from compiler.apiserver.resolved import ResolvedConfig

_FILE = "authentication-config"


def apply_authenticators(
    group: OptionGroup, configured: ConfiguredAuthentication | None, config: ResolvedConfig
) -> None:
    """Set the section `authentication` of the resolved config."""
    flags = group.flags
    client_ca, header_ca = flags.text("client-ca-file"), flags.text("requestheader-client-ca-file")
    anonymous, jwt = _anonymous(group, configured), _jwt(group, configured)
    tokens = _token_authenticators(group, jwt)
    config.authentication = Authentication(
        client_cas=tuple(filter(None, (client_ca, header_ca))),
        request_header=_request_header(group) if header_ca else None,
        api_audiences=flags.texts("api-audiences") or flags.texts("service-account-issuer"),
        service_accounts=ServiceAccounts(
            issuers=flags.texts("service-account-issuer"),
            key_files=flags.texts("service-account-key-file"),
            external_keys=bool(flags.text("service-account-signing-endpoint")),
            lookup=flags.on("service-account-lookup"),
        ),
        anonymous=anonymous,
        jwt=jwt,
        webhook=_webhook(group, config.egress_selector.dialers.controlplane),
        authenticators=(
            *(("requestHeader",) if header_ca else ()),
            *(("x509",) if client_ca else ()),
            *tokens,
            *(("anonymous",) if anonymous.enabled is not False else ()),
        ),
        tokens=Tokens(
            authenticators=tokens,
            channels=("bearer header", "websocket protocol"),
            success_cache_ttl="10s",
            failure_cache_ttl="0s",
        ),
    )
    config.open_api_security = OpenAPISecurity(security=("BearerToken",) if tokens else ())


def _request_header(group: OptionGroup) -> RequestHeader:
    flags = group.flags
    return RequestHeader(
        username_headers=flags.texts("requestheader-username-headers"),
        uid_headers=flags.texts("requestheader-uid-headers"),
        group_headers=flags.texts("requestheader-group-headers"),
        extra_header_prefixes=flags.texts("requestheader-extra-headers-prefix"),
        allowed_client_names=flags.texts("requestheader-allowed-names"),
        ca_file=flags.text("requestheader-client-ca-file"),
    )


def _anonymous(group: OptionGroup, configured: ConfiguredAuthentication | None) -> Anonymous:
    """Return what the file says about anonymous requests, else what the flag says. To set both is refused.

    Kubernetes: ToAuthenticationConfig.
    """
    flags = group.flags
    if configured is None and flags.text(_FILE) and not flags.changed("anonymous-auth"):
        return Anonymous(enabled=None, conditions=None)
    of_file = configured.anonymous if configured is not None else None
    return of_file or Anonymous(enabled=flags.on("anonymous-auth"), conditions=())


def _jwt(group: OptionGroup, configured: ConfiguredAuthentication | None) -> JWT:
    """The issuers of the oidc flags or of the file; None if the content of the file is unavailable."""
    flags = group.flags
    path = flags.text(_FILE)
    if path:
        issuers = configured.issuers if configured is not None else None
        # Any algorithm of JOSE is accepted if it fits the issuer's key.
        algorithms = None
    else:
        issuers = oidc.issuers_of_flags(group)
        algorithms = flags.texts(oidc.ALGORITHMS) or ("RS256",)
    return JWT(
        config_file=path,
        reload_interval="1m0s" if path else None,
        issuers=issuers,
        signing_algorithms=algorithms,
    )


def _webhook(group: OptionGroup, dialer: str | None) -> TokenWebhook | None:
    flags, name = group.flags, "authentication-token-webhook"
    path = flags.text(f"{name}-config-file")
    if not path:
        return None
    return TokenWebhook(
        kube_config_file=path,
        token_review_version=flags.text(f"{name}-version"),
        cache_ttl=flags.duration(f"{name}-cache-ttl"),
        dialer=dialer,
    )


def _token_authenticators(group: OptionGroup, jwt: JWT) -> tuple[str, ...]:
    """The authenticators of tokens, in order."""
    flags = group.flags
    keys = bool(flags.texts("service-account-key-file") or flags.text("service-account-signing-endpoint"))
    used = {
        "tokenFile": flags.text("token-auth-file"),
        "legacyServiceAccount": keys,
        "serviceAccount": keys and flags.texts("service-account-issuer"),
        "bootstrapToken": flags.on("enable-bootstrap-token-auth"),
        "jwt": jwt.issuers is None or jwt.issuers,
        "webhook": flags.text("authentication-token-webhook-config-file"),
    }
    return tuple(name for name, is_used in used.items() if is_used)
