"""What the options of authentication give: who is asked, in which order, and with what settings.

Kubernetes: pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig and ApplyTo;
pkg/kubeapiserver/authenticator/config.go, New.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.flags.numbers import format_duration

if TYPE_CHECKING:
    from compiler.config_files.anonymous import Anonymous
    from compiler.options.authentication import AuthenticationOptions
    from compiler.resolved import ResolvedConfig

_FILE = "authentication-config"
_HEADER_CA = "requestheader-client-ca-file"
_HEADERS = {
    "usernameHeaders": "requestheader-username-headers",
    "uidHeaders": "requestheader-uid-headers",
    "groupHeaders": "requestheader-group-headers",
    "extraHeaderPrefixes": "requestheader-extra-headers-prefix",
    "allowedClientNames": "requestheader-allowed-names",
}
_OIDC = {
    "usernameClaim": "oidc-username-claim",
    "groupsClaim": "oidc-groups-claim",
    "groupsPrefix": "oidc-groups-prefix",
    "caFile": "oidc-ca-file",
}
_TOKENS = {
    "tokenFile": "token-auth-file",
    "legacyServiceAccount": "service-account-key-file",
    "serviceAccount": "service-account-issuer",
    "bootstrapToken": "enable-bootstrap-token-auth",
    "jwt": _FILE,
    "webhook": "authentication-token-webhook-config-file",
}
"""Authenticators of tokens in the order of asking -> the flag that brings each of them in."""


def apply_authenticators(group: AuthenticationOptions, config: ResolvedConfig) -> None:
    """Add everything under `authentication` to the resolved config."""
    flags = group.flags
    cas = [path for path in (flags.text("client-ca-file"), flags.text(_HEADER_CA)) if path]
    config.set("authentication.clientCAs", cas, "client-ca-file", _HEADER_CA)
    header = {name: list(flags.texts(flag)) for name, flag in _HEADERS.items()} | {"caFile": flags.text(_HEADER_CA)}
    config.set(
        "authentication.requestHeader", header if flags.text(_HEADER_CA) else None, _HEADER_CA, *_HEADERS.values()
    )
    audiences = flags.texts("api-audiences") or group.issuers
    config.set("authentication.apiAudiences", list(audiences), "api-audiences", "service-account-issuer")
    _apply_service_accounts(group, config)
    anonymous = group.anonymous()
    found = {
        "enabled": anonymous.enabled,
        "conditions": None if anonymous.paths is None else [{"path": path} for path in anonymous.paths],
    }
    config.set("authentication.anonymous", found, "anonymous-auth", _FILE, "authorization-mode")
    _apply_jwt(group, config)
    _apply_webhook(group, config)
    _apply_order(group, config, anonymous)


def _apply_service_accounts(group: AuthenticationOptions, config: ResolvedConfig) -> None:
    flags, path = group.flags, "authentication.serviceAccounts"
    config.set(f"{path}.issuers", list(group.issuers), "service-account-issuer")
    config.set(f"{path}.keyFiles", list(flags.texts("service-account-key-file")), "service-account-key-file")
    endpoint = "service-account-signing-endpoint"
    config.set(f"{path}.externalKeys", bool(flags.text(endpoint)), endpoint)
    config.set(f"{path}.lookup", flags.on("service-account-lookup"), "service-account-lookup")


def _apply_jwt(group: AuthenticationOptions, config: ResolvedConfig) -> None:
    """The issuers of the oidc flags or of the file; None where the file's content cannot be had."""
    flags = group.flags
    issuers: list[dict[str, Any]] | None = []
    if flags.text(_FILE):
        from compiler.config_files.anonymous import configured_issuers

        issuers = configured_issuers(group.run, flags.text(_FILE))
    elif flags.text("oidc-issuer-url") and flags.text("oidc-client-id"):
        url, prefix = flags.text("oidc-issuer-url"), flags.text("oidc-username-prefix")
        if not prefix and flags.text("oidc-username-claim") != "email":
            prefix = f"{url}#"
        issuers = [
            {
                "url": url,
                "audiences": [flags.text("oidc-client-id")],
                **{name: flags.text(flag) for name, flag in _OIDC.items()},
                "usernamePrefix": "" if prefix == "-" else prefix,
                "requiredClaims": dict(flags.mapping("oidc-required-claim")),
            }
        ]
    sources = (_FILE, "oidc-issuer-url", "oidc-client-id", *_OIDC.values(), "oidc-username-prefix")
    config.set("authentication.jwt.configFile", flags.text(_FILE), _FILE)
    config.set("authentication.jwt.reloadInterval", "1m0s" if flags.text(_FILE) else None, _FILE)
    config.set("authentication.jwt.issuers", issuers, *sources, "oidc-required-claim")
    # With a file every algorithm of JOSE will do, as long as it fits the issuer's key.
    algorithms = None if flags.text(_FILE) else list(flags.texts("oidc-signing-algs"))
    config.set("authentication.jwt.signingAlgorithms", algorithms, "oidc-signing-algs", _FILE)


def _apply_webhook(group: AuthenticationOptions, config: ResolvedConfig) -> None:
    flags, name = group.flags, "authentication-token-webhook"
    webhook = {
        "kubeConfigFile": flags.text(f"{name}-config-file"),
        "tokenReviewVersion": flags.text(f"{name}-version"),
        "cacheTTL": format_duration(flags.number(f"{name}-cache-ttl")),
        "dialer": group.run.egress_selector.dialer("controlplane"),
    }
    given = webhook if webhook["kubeConfigFile"] else None
    config.set("authentication.webhook", given, f"{name}-config-file", f"{name}-version", f"{name}-cache-ttl")


def _apply_order(group: AuthenticationOptions, config: ResolvedConfig, anonymous: Anonymous) -> None:
    flags = group.flags
    issuers = config.get("authentication.jwt.issuers")
    keys = bool(flags.texts("service-account-key-file") or flags.text("service-account-signing-endpoint"))
    used = {
        "tokenFile": bool(flags.text("token-auth-file")),
        "legacyServiceAccount": keys,
        "serviceAccount": keys and bool(group.issuers),
        "bootstrapToken": flags.on("enable-bootstrap-token-auth"),
        "jwt": issuers is None or bool(issuers),
        "webhook": bool(flags.text("authentication-token-webhook-config-file")),
    }
    tokens = [name for name in _TOKENS if used[name]]
    before = [("requestHeader", _HEADER_CA), ("x509", "client-ca-file")]
    order = [name for name, flag in before if flags.text(flag)] + tokens
    if anonymous.enabled is not False:
        order.append("anonymous")
    sources = (_HEADER_CA, "client-ca-file", *_TOKENS.values(), "oidc-issuer-url", "anonymous-auth")
    config.set("authentication.authenticators", order, *sources)
    config.set("authentication.tokens.authenticators", tokens, *_TOKENS.values(), "oidc-issuer-url")
    config.set("authentication.tokens.channels", ["bearer header", "websocket protocol"])
    config.set("authentication.tokens.successCacheTTL", "10s")
    config.set("authentication.tokens.failureCacheTTL", "0s")
    config.set("openAPI.security", ["BearerToken"] if tokens else [], *_TOKENS.values())
