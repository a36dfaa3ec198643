"""The arguments of kube-apiserver in the Deployment of a Shoot of Gardener.

Gardener: pkg/component/kubernetes/apiserver/{deployment,authentication,authorization}.go and pkg/component/apiserver.
"""

from __future__ import annotations

from compiler.diagnostics import Location
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.gardener.fields import ANONYMOUS_FILE, BIND_ADDRESS, DEFAULT_CACHE, OIDC, TLS_VERSION
from compiler.inputs.dialects.gardener.files import ADMISSION, AUDIT_POLICY, AUTHENTICATION
from compiler.inputs.dialects.gardener.network import external_host, service_accounts, service_range
from compiler.inputs.dialects.gardener.shoot import SERVER, TITLE, Shoot
from compiler.inputs.dialects.joined import joined
from compiler.inputs.dialects.words import NODE_ADDRESS, given, set_by
from compiler.inputs.source.node import Node, find, items_of, text_of

_HA_VPN = "alpha.control-plane.shoot.gardener.cloud/high-availability-vpn"
_CIPHERS = (
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256,"
    "TLS_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,"
    "TLS_CHACHA20_POLY1305_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"
)
_WORKERLESS_APIS = ("apps/v1", "autoscaling/v2", "batch/v1", "policy/v1", "storage.k8s.io/v1/csinodes")
_ENCRYPTION = "/etc/kubernetes/etcd-encryption-secret/encryption-configuration.yaml"
_AUTHORIZATION = "/etc/kubernetes/structured/authorization/config.yaml"
_EGRESS = "/etc/kubernetes/egress/egress-selector-configuration.yaml"
_STATIC = "/srv/kubernetes"


SETTINGS = {
    "api-audiences": f"{SERVER}.apiAudiences",
    "default-not-ready-toleration-seconds": f"{SERVER}.defaultNotReadyTolerationSeconds",
    "default-unreachable-toleration-seconds": f"{SERVER}.defaultUnreachableTolerationSeconds",
    "event-ttl": f"{SERVER}.eventTTL",
    "tls-min-version": f"{SERVER}.tlsMinVersion",
    "runtime-config": f"{SERVER}.runtimeConfig",
    "service-account-issuer": f"{SERVER}.serviceAccountConfig",
    "service-account-extend-token-expiration": f"{SERVER}.serviceAccountConfig.extendTokenExpiration",
    "service-account-max-token-expiration": f"{SERVER}.serviceAccountConfig.maxTokenExpiration",
    "service-cluster-ip-range": "spec.networking.services",
    "feature-gates": f"{SERVER}.featureGates",
    "max-requests-inflight": f"{SERVER}.requests.maxNonMutatingInflight",
    "max-mutating-requests-inflight": f"{SERVER}.requests.maxMutatingInflight",
    "v": f"{SERVER}.logging.verbosity",
    "vmodule": f"{SERVER}.logging.httpAccessVerbosity",
    "watch-cache-sizes": f"{SERVER}.watchCacheSizes.resources",
    "enable-admission-plugins": f"{SERVER}.admissionPlugins",
    "disable-admission-plugins": f"{SERVER}.admissionPlugins",
    "admission-control-config-file": f"{SERVER}.admissionPlugins",
    "audit-policy-file": f"{SERVER}.auditConfig.auditPolicy.configMapRef",
    "authentication-config": f"{SERVER}.structuredAuthentication",
    "authorization-config": f"{SERVER}.structuredAuthorization",
    "encryption-provider-config": f"{SERVER}.encryptionConfig",
}
"""Where the user decides a flag."""


def arguments(shoot: Shoot) -> list[Word]:
    """Return the arguments in the order of Gardener."""
    return [
        *_own(shoot),
        *_common(shoot),
        *_audit_and_admission(shoot),
        *_access(shoot),
        *_for_workers(shoot),
    ]


def _own(shoot: Shoot) -> list[Word]:
    """Return the flags of deployment.go, computeKubeAPIServerArgs."""
    events = "localhost:2382" if shoot.self_hosted else "etcd-events-client:2379"
    overrides = f"/events#https://{events},events.k8s.io/events#https://{events}"
    host = external_host(shoot)
    tolerations = "300" if shoot.workers else ""
    return [
        _audiences(shoot),
        shoot.fixed("client-ca-file", f"{_STATIC}/ca-client/bundle.crt"),
        shoot.fixed("enable-aggregator-routing", "true"),
        shoot.fixed("enable-bootstrap-token-auth", "true"),
        *([shoot.fixed("bind-address", "::")] if BIND_ADDRESS.covers(shoot.release) else []),
        shoot.fixed("etcd-servers-overrides", overrides),
        host,
        *shoot.scalar("default-not-ready-toleration-seconds", "defaultNotReadyTolerationSeconds", tolerations),
        *shoot.scalar("default-unreachable-toleration-seconds", "defaultUnreachableTolerationSeconds", tolerations),
        *shoot.duration("event-ttl", "eventTTL", "1h0m0s"),
        *(shoot.scalar("tls-min-version", "tlsMinVersion") if TLS_VERSION.covers(shoot.release) else []),
        shoot.fixed("proxy-client-cert-file", f"{_STATIC}/aggregator/tls.crt"),
        shoot.fixed("proxy-client-key-file", f"{_STATIC}/aggregator/tls.key"),
        shoot.fixed("requestheader-client-ca-file", f"{_STATIC}/ca-front-proxy/bundle.crt"),
        shoot.fixed("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
        shoot.fixed("requestheader-group-headers", "X-Remote-Group"),
        shoot.fixed("requestheader-username-headers", "X-Remote-User"),
        *_runtime_config(shoot),
        *service_accounts(shoot, host),
        service_range(shoot),
        shoot.fixed("secure-port", "443"),
        shoot.fixed("token-auth-file", f"{_STATIC}/token/static_tokens.csv"),
    ]


def _audiences(shoot: Shoot) -> Word:
    node = shoot.server("apiAudiences")
    if node is None:
        return shoot.fixed("api-audiences", "kubernetes,gardener")
    path = f"{SERVER}.apiAudiences"
    parts = [(text_of(item), item.location) for item in items_of(node)]
    if all(text != "gardener" for text, _ in parts):
        parts.append(("gardener", shoot.key(path)))
    return joined("api-audiences", parts, shoot.key(path), path)


def _gates(shoot: Shoot, flag: str, path: str, defaults: tuple[str, ...] = ()) -> list[Word]:
    """Return a map of booleans as one flag, sorted by key, without `defaults` that the Shoot does not set: false."""
    node = shoot.server(path)
    values = node.value if node is not None and isinstance(node.value, dict) else {}
    where = shoot.key(f"{SERVER}.{path}") if node is not None else shoot.start
    parts = {name: (f"{name}=false", shoot.start) for name in defaults}
    for name, value in values.items():
        if isinstance(value.value, bool) and node is not None:
            parts[name] = (f"{name}={str(value.value).lower()}", node.key_location(name))
    ordered = [parts[name] for name in sorted(parts)]
    return [joined(flag, ordered, where, f"{SERVER}.{path}")] if ordered else []


def _runtime_config(shoot: Shoot) -> list[Word]:
    return _gates(shoot, "runtime-config", "runtimeConfig", () if shoot.workers else _WORKERLESS_APIS)


def _common(shoot: Shoot) -> list[Word]:
    """Return the flags of pkg/component/apiserver/deployment.go, InjectDefaultSettings."""
    etcd = "localhost" if shoot.self_hosted else "etcd-main-client"
    return [
        shoot.fixed("http2-max-streams-per-connection", "1000"),
        shoot.fixed("etcd-cafile", f"{_STATIC}/etcd/ca/bundle.crt"),
        shoot.fixed("etcd-certfile", f"{_STATIC}/etcd/client/tls.crt"),
        shoot.fixed("etcd-keyfile", f"{_STATIC}/etcd/client/tls.key"),
        shoot.fixed("etcd-servers", f"https://{etcd}:2379"),
        shoot.fixed("livez-grace-period", "1m"),
        shoot.fixed("profiling", "false"),
        shoot.fixed("shutdown-delay-duration", "15s"),
        shoot.fixed("tls-cert-file", f"{_STATIC}/apiserver/tls.crt"),
        shoot.fixed("tls-private-key-file", f"{_STATIC}/apiserver/tls.key"),
        shoot.fixed("tls-cipher-suites", _CIPHERS),
        *_gates(shoot, "feature-gates", "featureGates"),
        *shoot.scalar("max-requests-inflight", "requests.maxNonMutatingInflight", "400"),
        *shoot.scalar("max-mutating-requests-inflight", "requests.maxMutatingInflight", "200"),
        *_access_log(shoot),
        *shoot.scalar("v", "logging.verbosity", "2"),
        *_watch_caches(shoot),
    ]


def _access_log(shoot: Shoot) -> list[Word]:
    path = f"{SERVER}.logging.httpAccessVerbosity"
    node = shoot.field(path)
    return [given("vmodule", f"httplog={node.text}", path, shoot.key(path), node.location)] if node is not None else []


def _watch_caches(shoot: Shoot) -> list[Word]:
    path = f"{SERVER}.watchCacheSizes.resources"
    parts = []
    for item in items_of(shoot.field(path)):
        group = text_of(item.get("apiGroup"))
        size = item.get("size")
        name = text_of(item.get("resource")) + (f".{group}" if item.get("apiGroup") is not None else "")
        parts.append((f"{name}#{size.text if size is not None else '0'}", item.location))
    if not parts:
        return []
    default = shoot.scalar("default-watch-cache-size", "watchCacheSizes.default")
    passed = default if DEFAULT_CACHE.covers(shoot.release) else []
    return [*passed, joined("watch-cache-sizes", parts, shoot.key(path), path)]


def _audit_and_admission(shoot: Shoot) -> list[Word]:
    path = f"{SERVER}.admissionPlugins"
    plugins = items_of(shoot.field(path))
    enabled: dict[str, Location] = {"NodeRestriction": shoot.start}
    disabled: list[tuple[str, Location]] = []
    for plugin in plugins:
        name, off = plugin.get("name"), plugin.get("disabled")
        if name is None or not text_of(name):
            continue
        enabled[text_of(name)] = name.location
        if off is not None and off.value is True:
            disabled.append((text_of(name), name.location))
    on = [part for part in enabled.items() if part[0] not in {name for name, _ in disabled}]
    where = shoot.key(path) if plugins else shoot.start
    words = [shoot.fixed("audit-policy-file", AUDIT_POLICY)]
    if on:
        default = on == [("NodeRestriction", shoot.start)]
        fixed = shoot.fixed("enable-admission-plugins", "NodeRestriction")
        words.append(fixed if default else joined("enable-admission-plugins", on, where, path))
    if disabled:
        words.append(joined("disable-admission-plugins", disabled, where, path))
    words.append(shoot.fixed("admission-control-config-file", ADMISSION))
    words.append(shoot.fixed("encryption-provider-config", _ENCRYPTION))
    return words


def _access(shoot: Shoot) -> list[Word]:
    """Return the flags about the address, keys, authentication and authorization."""
    address = shoot.request.host.address or NODE_ADDRESS
    unknown = "" if shoot.request.host.address else NODE_ADDRESS
    providers = items_of(find(shoot.root, "spec", "dns", "providers"))
    words = []
    if not (providers and text_of(providers[0].get("type")) == "unmanaged"):
        words.append(set_by("advertise-address", address, shoot.start, TITLE, unknown=unknown))
    words.append(shoot.fixed("service-account-signing-key-file", f"{_STATIC}/service-account-key/id_rsa"))
    words.append(shoot.fixed("service-account-key-file", f"{_STATIC}/service-account-key-bundle/bundle.key"))
    words += _authentication(shoot)
    if shoot.gate("StructuredAuthorizationConfiguration"):
        words.append(shoot.fixed("authorization-config", _AUTHORIZATION))
    else:
        words.append(shoot.fixed("authorization-mode", "Node,RBAC" if shoot.workers else "RBAC"))
    return words


def _authentication(shoot: Shoot) -> list[Word]:
    """Return the flags of authentication.go, handleAuthenticationSettings."""
    structured = shoot.gate("StructuredAuthenticationConfiguration")
    in_file = structured and shoot.gate("AnonymousAuthConfigurableEndpoints") and ANONYMOUS_FILE.covers(shoot.release)
    oidc = shoot.server("oidcConfig") if OIDC.covers(shoot.release) else None
    words = _oidc(shoot, oidc) if oidc is not None and not structured else []
    if not in_file:
        words += shoot.scalar("anonymous-auth", "enableAnonymousAuthentication", "false")
    if in_file or (structured and (oidc is not None or shoot.server("structuredAuthentication") is not None)):
        words.append(shoot.fixed("authentication-config", AUTHENTICATION))
    return words


_OIDC_FLAGS = {
    "issuerURL": "oidc-issuer-url",
    "clientID": "oidc-client-id",
    "usernameClaim": "oidc-username-claim",
    "groupsClaim": "oidc-groups-claim",
    "usernamePrefix": "oidc-username-prefix",
    "groupsPrefix": "oidc-groups-prefix",
}


def _oidc(shoot: Shoot, oidc: Node) -> list[Word]:
    path = f"{SERVER}.oidcConfig"
    words = []
    if oidc.get("caBundle") is not None:
        words.append(shoot.fixed("oidc-ca-file", f"{_STATIC}/oidc/ca.crt"))
    for key, flag in _OIDC_FLAGS.items():
        words += shoot.scalar(flag, f"oidcConfig.{key}")
    algorithms = [(text_of(item), item.location) for item in items_of(oidc.get("signingAlgs"))]
    if algorithms:
        words.append(joined("oidc-signing-algs", algorithms, shoot.key(f"{path}.signingAlgs"), f"{path}.signingAlgs"))
    claims = oidc.get("requiredClaims")
    for name, value in claims.value.items() if claims is not None and isinstance(claims.value, dict) else ():
        place = f"{path}.requiredClaims.{name}"
        words.append(given("oidc-required-claim", f"{name}={text_of(value)}", place, at=value.location))
    return words


def _for_workers(shoot: Shoot) -> list[Word]:
    """Return the flags for a Shoot with workers: the tunnel to the nodes, and the kubelets."""
    if not shoot.workers:
        return []
    words = []
    if not shoot.self_hosted and not is_ha_vpn(shoot):
        words.append(shoot.fixed("egress-selector-config-file", _EGRESS))
    return [
        *words,
        shoot.fixed("allow-privileged", "true"),
        shoot.fixed("kubelet-preferred-address-types", "InternalIP,Hostname,ExternalIP"),
        shoot.fixed("kubelet-certificate-authority", f"{_STATIC}/ca-kubelet/bundle.crt"),
        shoot.fixed("kubelet-client-certificate", f"{_STATIC}/apiserver-kubelet/tls.crt"),
        shoot.fixed("kubelet-client-key", f"{_STATIC}/apiserver-kubelet/tls.key"),
    ]


def is_ha_vpn(shoot: Shoot) -> bool:
    """Return whether the VPN is highly available. Gardener: v1beta1helper.IsHAVPNEnabled."""
    annotation = shoot.annotation(_HA_VPN).lower()
    if annotation in ("1", "t", "true", "0", "f", "false"):
        return annotation in ("1", "t", "true")
    return shoot.field("spec.controlPlane.highAvailability") is not None
