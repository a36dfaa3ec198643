"""What a configuration has on that can be watched, as words that the topics ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.pipeline import Resolved

_WEBHOOKS = ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")
_JWKS_GATE = "StructuredAuthenticationConfigurationJWKSMetrics"


def switched_on(resolved: Resolved) -> frozenset[str]:
    """The words that hold. What a file decides that cannot be had counts as on: what is absent alerts nobody."""
    options, config = resolved
    plugins = config.get("admission.plugins")
    limits = (config.get("generic.maxRequestsInFlight"), config.get("generic.maxMutatingRequestsInFlight"))
    fair = config.get("features.priorityAndFairness")
    health = config.health
    found = {
        "priorityAndFairness": fair,
        "readLimit": not fair and limits[0] > 0,
        "writeLimit": not fair and limits[1] > 0,
        "databaseSize": config.get("etcd.dbMetricPollInterval") != "0s",
        "objectCounts": config.get("etcd.countMetricPollPeriod") != "0s",
        "watchCache": config.get("etcd.watchCache"),
        "consistencyChecks": options.gates.known("DetectCacheInconsistency")
        and options.gates.on("DetectCacheInconsistency"),
        "admissionWebhooks": any(name in plugins for name in _WEBHOOKS),
        "validatingPolicies": "ValidatingAdmissionPolicy" in plugins,
        "mutatingPolicies": "MutatingAdmissionPolicy" in plugins,
        "podSecurity": "PodSecurity" in plugins,
        "audit": config.get("audit.enabled"),
        "auditStrict": any(backend["mode"] == "blocking-strict" for backend in config.get("audit.backends")),
        "clientCertificates": bool(config.get("authentication.clientCAs")),
        "authenticationFile": bool(config.get("authentication.jwt.configFile")),
        "jwt": config.get("authentication.jwt.issuers") != [],
        "jwksMetrics": options.gates.known(_JWKS_GATE) and options.gates.on(_JWKS_GATE),
        "tokenWebhook": bool(config.get("authentication.webhook")),
        "externalSigner": bool(config.get("serviceAccountIssuer.signingEndpoint")),
        "authorizationFile": bool(config.get("authorization.configFile")),
        "authorizationWebhook": _asks_webhook(config.get("authorization.authorizers")),
        "customResources": config.get("apiExtensions.enabled"),
        "egress": any(dialer != "direct" for dialer in config.get("egressSelector.dialers").values()),
        "services": health is not None and any("service-ip-repair" in check.name for check in health.readyz),
        **_encryption(resolved),
    }
    return frozenset(word for word, holds in found.items() if holds)


def _asks_webhook(authorizers: list[dict[str, Any]] | None) -> bool:
    return authorizers is None or any(authorizer["type"] == "Webhook" for authorizer in authorizers)


def _encryption(resolved: Resolved) -> dict[str, bool]:
    config = resolved.config
    given = bool(config.get("etcd.encryption.config"))
    plugins = config.get("etcd.encryption.kms")
    versions = {"v1", "v2"} if plugins is None else {plugin["apiVersion"] for plugin in plugins}
    return {
        "encryption": given,
        "encryptionReload": given and config.get("etcd.encryption.automaticReload"),
        "kms": given and bool(versions),
        "kms1": given and "v1" in versions,
        "kms2": given and "v2" in versions,
    }


def values(resolved: Resolved) -> dict[str, str]:
    """The figures of the configuration that rules name, by the word that stands for them."""
    config = resolved.config
    return {
        "maxInFlight": str(config.get("generic.maxRequestsInFlight")),
        "maxMutatingInFlight": str(config.get("generic.maxMutatingRequestsInFlight")),
    }
