"""Fields of a Gardener Shoot that decide the flags of kube-apiserver, and what Gardener accepts as their values.

Gardener: pkg/apis/core/v1beta1/types_shoot.go; pkg/utils/validation/{admissionplugins,apigroups}.
"""

from __future__ import annotations

from compiler.inputs.dialects.fields import Fields
from compiler.inputs.dialects.releases import Release, Span

NEWEST: Release = (1, 149, 0)
KUBERNETES = (
    ((1, 120, 0), "1.27", "1.32"),
    ((1, 122, 0), "1.27", "1.33"),
    ((1, 127, 0), "1.29", "1.33"),
    ((1, 132, 0), "1.29", "1.34"),
    ((1, 133, 0), "1.30", "1.34"),
    ((1, 136, 0), "1.30", "1.35"),
    ((1, 141, 0), "1.31", "1.35"),
    ((1, 142, 0), "1.32", "1.35"),
    ((1, 145, 0), "1.32", "1.36"),
)
"""The oldest and the newest Kubernetes version that Gardener supports, from a release on; the last is `NEWEST`.

Gardener: pkg/utils/validation/kubernetesversion/version.go, SupportedVersions.
"""
BIND_ADDRESS = Span(since=(1, 129, 0))
"""bind-address is set."""
DEFAULT_CACHE = Span(until=(1, 136, 0))
"""watchCacheSizes.default is passed on, if there are resources."""
ANONYMOUS_FILE = Span(since=(1, 121, 0))
"""The file of the structured authentication configures anonymous requests."""
TLS_VERSION = Span(since=(1, 149, 0))
"""tlsMinVersion exists."""
OIDC = Span(until=(1, 142, 0))
"""oidcConfig exists."""

AUTHENTICATION_V1 = "1.34"
"""The Kubernetes version from which on the authentication file has apiserver.config.k8s.io/v1."""

_OIDC: Fields = {
    "caBundle": "string",
    "clientAuthentication": "any",
    "clientID": "string",
    "groupsClaim": "string",
    "groupsPrefix": "string",
    "issuerURL": "string",
    "requiredClaims": {"*": "string"},
    "signingAlgs": ["string"],
    "usernameClaim": "string",
    "usernamePrefix": "string",
}
_SERVER: Fields = {
    "admissionPlugins": [
        {"name": "string", "config": "any", "disabled": "bool", "kubeconfigSecretName": "string"},
    ],
    "apiAudiences": ["string"],
    "auditConfig": {"auditPolicy": {"configMapRef": "any"}},
    "autoscaling": "any",
    "defaultNotReadyTolerationSeconds": "int",
    "defaultUnreachableTolerationSeconds": "int",
    "enableAnonymousAuthentication": "bool",
    "encryptionConfig": {"provider": {"type": "string"}, "resources": ["string"]},
    "eventTTL": "duration",
    "featureGates": {"*": "bool"},
    "logging": {"httpAccessVerbosity": "int", "verbosity": "int"},
    "requests": {"maxMutatingInflight": "int", "maxNonMutatingInflight": "int"},
    "runtimeConfig": {"*": "bool"},
    "serviceAccountConfig": {
        "acceptedIssuers": ["string"],
        "extendTokenExpiration": "bool",
        "issuer": "string",
        "maxTokenExpiration": "duration",
    },
    "structuredAuthentication": {"configMapName": "string"},
    "structuredAuthorization": {
        "configMapName": "string",
        "kubeconfigs": [{"authorizerName": "string", "secretName": "string"}],
    },
    "watchCacheSizes": {
        "default": "int",
        "resources": [{"apiGroup": "string", "resource": "string", "size": "int"}],
    },
}
_ANY = (
    *("addons", "cloudProfileName", "cloudProfile", "credentialsBindingName", "extensions", "hibernation"),
    *("maintenance", "monitoring", "purpose", "region", "resources", "secretBindingName", "seedName", "seedSelector"),
    *("tolerations", "exposureClassName", "systemComponents", "schedulerName", "accessRestrictions"),
)
_SPEC: Fields = {
    **dict.fromkeys(_ANY, "any"),
    "controlPlane": {"highAvailability": "any", "zones": "any"},
    "dns": {"domain": "string", "providers": "any"},
    "networking": {
        "type": "string",
        "providerConfig": "any",
        "pods": "string",
        "nodes": "string",
        "services": "string",
        "ipFamilies": ["string"],
    },
    "provider": {
        "type": "string",
        "controlPlaneConfig": "any",
        "infrastructureConfig": "any",
        "workers": ["any"],
        "workersSettings": "any",
    },
}
_KUBERNETES: Fields = {
    "clusterAutoscaler": "any",
    "etcd": "any",
    "kubeControllerManager": "any",
    "kubeProxy": "any",
    "kubeScheduler": "any",
    "kubelet": "any",
    "version": "string",
    "verticalPodAutoscaler": "any",
}


def fields_of(release: Release) -> Fields:
    """Return the fields of a Shoot of core.gardener.cloud/v1beta1 in a release of Gardener."""
    server = dict(_SERVER)
    if TLS_VERSION.covers(release):
        server["tlsMinVersion"] = "string"
    if OIDC.covers(release):
        server["oidcConfig"] = _OIDC
    spec = {**_SPEC, "kubernetes": {**_KUBERNETES, "kubeAPIServer": server}}
    return {"apiVersion": "string", "kind": "string", "metadata": "any", "spec": spec, "status": "any"}


REQUIRED_PLUGINS = frozenset(
    (
        *("MutatingAdmissionWebhook", "NamespaceLifecycle", "NodeRestriction", "PodSecurity", "Priority"),
        *("StorageObjectInUseProtection", "ValidatingAdmissionWebhook"),
    )
)
"""Admission plugins that cannot be disabled."""
CONFIGURABLE_PLUGINS = frozenset(
    (
        *("EventRateLimit", "ImagePolicyWebhook", "MutatingAdmissionWebhook", "PodNodeSelector", "PodSecurity"),
        *("PodTolerationRestriction", "ResourceQuota", "ValidatingAdmissionWebhook"),
    )
)
"""Admission plugins that may have a configuration."""
KUBECONFIG_PLUGINS = frozenset(("ValidatingAdmissionWebhook", "MutatingAdmissionWebhook", "ImagePolicyWebhook"))
"""Admission plugins that may have a kubeconfig."""
_FOR_ALL = ("networking.k8s.io/v1", "rbac.authorization.k8s.io/v1", "v1")
_RESOURCES_FOR_ALL = ("discovery.k8s.io/v1/endpointslices", "events.k8s.io/v1/events")
REQUIRED_APIS = {
    True: frozenset(
        (
            *_FOR_ALL,
            *_RESOURCES_FOR_ALL,
            *("admissionregistration.k8s.io/v1", "apps/v1", "storage.k8s.io/v1"),
            "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            "admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            *("autoscaling/v2/horizontalpodautoscalers", "certificates.k8s.io/v1/certificatesigningrequests"),
            *("coordination.k8s.io/v1/leases", "node.k8s.io/v1/runtimeclasses", "policy/v1/poddisruptionbudgets"),
            "scheduling.k8s.io/v1/priorityclasses",
        )
    ),
    False: frozenset((*_FOR_ALL, *_RESOURCES_FOR_ALL)),
}
"""The APIs that runtimeConfig may not disable, with and without workers."""
