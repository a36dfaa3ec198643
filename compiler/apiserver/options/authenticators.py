"""What the options of authentication give: who is asked, in which order, and with what settings.

Kubernetes: pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig and ApplyTo;
pkg/kubeapiserver/authenticator/config.go, New.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.options import oidc
from compiler.upstream.go.strconv import format_duration

if TYPE_CHECKING:
    from compiler.apiserver.options.authentication import AuthenticationOptions
    from compiler.apiserver.resolved import ResolvedConfig

_FILE = "authentication-config"
_HEADER_CA = "requestheader-client-ca-file"
_HEADERS = {
    "usernameHeaders": "requestheader-username-headers",
    "uidHeaders": "requestheader-uid-headers",
    "groupHeaders": "requestheader-group-headers",
    "extraHeaderPrefixes": "requestheader-extra-headers-prefix",
    "allowedClientNames": "requestheader-allowed-names",
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


class Anonymous(NamedTuple):
    """Whether requests without credentials are let in, and on which paths alone; no path means on all.

    Both are None where a file decides that cannot be had.
    """

    enabled: bool | None
    paths: tuple[str, ...] | None


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
    anonymous = _anonymous(group)
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


def _anonymous(group: AuthenticationOptions) -> Anonymous:
    """What the file says of it, else the flag. A flag that was given stands against a file that says it as well.

    Kubernetes: ToAuthenticationConfig.
    """
    flags, configured = group.flags, group.configured
    if configured is None and flags.text(_FILE) and not flags.changed("anonymous-auth"):
        return Anonymous(None, None)
    told = configured.anonymous if configured is not None else None
    return Anonymous(flags.on("anonymous-auth"), ()) if told is None else told


def _apply_jwt(group: AuthenticationOptions, config: ResolvedConfig) -> None:
    """The issuers of the oidc flags or of the file; None where the file's content cannot be had."""
    flags = group.flags
    if flags.text(_FILE):
        issuers = group.configured.issuers if group.configured is not None else None
        # Every algorithm of JOSE will do, as long as it fits the issuer's key.
        algorithms = None
    else:
        issuers = oidc.issuers_of_flags(group)
        algorithms = list(flags.texts(oidc.ALGORITHMS)) or ["RS256"]
    config.set("authentication.jwt.configFile", flags.text(_FILE), _FILE)
    config.set("authentication.jwt.reloadInterval", "1m0s" if flags.text(_FILE) else None, _FILE)
    sources = (_FILE, *(flag for flag in oidc.FLAGS if flag != oidc.ALGORITHMS))
    config.set("authentication.jwt.issuers", issuers, *sources)
    config.set("authentication.jwt.signingAlgorithms", algorithms, oidc.ALGORITHMS, _FILE)


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
    sources = (_HEADER_CA, "client-ca-file", *_TOKENS.values(), oidc.ISSUER, "anonymous-auth")
    config.set("authentication.authenticators", order, *sources)
    config.set("authentication.tokens.authenticators", tokens, *_TOKENS.values(), oidc.ISSUER)
    config.set("authentication.tokens.channels", ["bearer header", "websocket protocol"])
    config.set("authentication.tokens.successCacheTTL", "10s")
    config.set("authentication.tokens.failureCacheTTL", "0s")
    config.set("openAPI.security", ["BearerToken"] if tokens else [], *_TOKENS.values())
