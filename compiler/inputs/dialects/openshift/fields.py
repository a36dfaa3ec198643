"""Fields of KubeAPIServerConfig, and facts about OpenShift's kube-apiserver by release.

OpenShift: github.com/openshift/api, kubecontrolplane/v1/types.go and config/v1/types.go.
"""

from __future__ import annotations

from compiler.inputs.dialects.fields import Fields
from compiler.inputs.dialects.releases import Release, Span

NEWEST: Release = (5, 0, 0)
KUBERNETES = (
    ((4, 18, 0), "1.31"),
    ((4, 19, 0), "1.32"),
    ((4, 20, 0), "1.33"),
    ((4, 21, 0), "1.34"),
    ((4, 22, 0), "1.35"),
    ((4, 23, 0), "1.36"),
    ((5, 0, 0), "1.36"),
)
"""The Kubernetes version of a release, oldest first; the last is `NEWEST`."""
_GCM = (
    *("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    *("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    *("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
)
_CBC = (
    *("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
    *("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
    *("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    *("TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    *("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    "TLS_RSA_WITH_AES_256_CBC_SHA",
)
_TLS_13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CIPHERS = (
    (Span(until=(4, 20, 0)), (*_GCM, *_CBC)),
    (Span((4, 20, 0), (4, 22, 0)), (*_GCM, *_CBC, *_TLS_13)),
    (Span((4, 22, 0)), (*_GCM, *_TLS_13)),
)
"""The default cipher suites by release: library-go, pkg/crypto/crypto.go, DefaultCiphers."""

FLAGS = frozenset(("openshift-config", "send-retry-after-while-not-ready-once"))
"""Flags that only OpenShift's kube-apiserver has."""
AUTHORIZERS = frozenset(("Scope", "SystemMasters", "MinimumKubeletVersion"))
"""Authorization modes that only OpenShift's kube-apiserver has."""
PLUGIN_SUFFIX = ".openshift.io/"
"""What the names of admission plugins contain that only OpenShift's kube-apiserver has."""

_CERTIFICATE: Fields = {"certFile": "string", "keyFile": "string"}
CONFIG: Fields = {
    "apiVersion": "string",
    "kind": "string",
    "metadata": "any",
    "servingInfo": {
        **_CERTIFICATE,
        "bindAddress": "string",
        "bindNetwork": "string",
        "clientCA": "string",
        "namedCertificates": [{**_CERTIFICATE, "names": ["string"]}],
        "minTLSVersion": "string",
        "cipherSuites": ["string"],
        "maxRequestsInFlight": "int",
        "requestTimeoutSeconds": "int",
    },
    "corsAllowedOrigins": ["string"],
    "auditConfig": {
        "enabled": "bool",
        "auditFilePath": "string",
        "maximumFileRetentionDays": "int",
        "maximumRetainedFiles": "int",
        "maximumFileSizeMegabytes": "int",
        "policyFile": "string",
        "policyConfiguration": "any",
        "logFormat": "string",
        "webHookKubeConfig": "string",
        "webHookMode": "string",
    },
    "storageConfig": {**_CERTIFICATE, "urls": ["string"], "ca": "string", "storagePrefix": "string"},
    "admission": {
        "pluginConfig": {"*": {"location": "string", "configuration": "any"}},
        "enabledPlugins": ["string"],
        "disabledPlugins": ["string"],
    },
    "kubeClientConfig": "any",
    "authConfig": {
        "requestHeader": {
            "clientCA": "string",
            "clientCommonNames": ["string"],
            "usernameHeaders": ["string"],
            "groupHeaders": ["string"],
            "extraHeaderPrefixes": ["string"],
        },
        "webhookTokenAuthenticators": [{"configFile": "string", "cacheTTL": "string"}],
        "oauthMetadataFile": "string",
    },
    "aggregatorConfig": {"proxyClientInfo": _CERTIFICATE},
    "kubeletClientInfo": {**_CERTIFICATE, "port": "int", "ca": "string"},
    "servicesSubnet": "string",
    "servicesNodePortRange": "string",
    "consolePublicURL": "string",
    "userAgentMatchingConfig": "any",
    "imagePolicyConfig": {"internalRegistryHostname": "string", "externalRegistryHostnames": ["string"]},
    "projectConfig": {"defaultNodeSelector": "string"},
    "serviceAccountPublicKeyFiles": ["string"],
    "oauthConfig": "any",
    "apiServerArguments": {"*": ["string"]},
    "minimumKubeletVersion": "string",
}
"""The fields of a KubeAPIServerConfig."""
UNUSED = {
    "servingInfo.certFile": "tls-cert-file",
    "servingInfo.keyFile": "tls-private-key-file",
    "servingInfo.clientCA": "client-ca-file",
    "servingInfo.maxRequestsInFlight": "max-requests-inflight",
    "servingInfo.requestTimeoutSeconds": "min-request-timeout",
    "storageConfig.urls": "etcd-servers",
    "storageConfig.ca": "etcd-cafile",
    "storageConfig.certFile": "etcd-certfile",
    "storageConfig.keyFile": "etcd-keyfile",
    "storageConfig.storagePrefix": "etcd-prefix",
    "admission.enabledPlugins": "enable-admission-plugins",
    "admission.disabledPlugins": "disable-admission-plugins",
    "authConfig.requestHeader.clientCA": "requestheader-client-ca-file",
    "authConfig.requestHeader.clientCommonNames": "requestheader-allowed-names",
    "authConfig.requestHeader.usernameHeaders": "requestheader-username-headers",
    "authConfig.requestHeader.groupHeaders": "requestheader-group-headers",
    "authConfig.requestHeader.extraHeaderPrefixes": "requestheader-extra-headers-prefix",
    "authConfig.webhookTokenAuthenticators": "authentication-token-webhook-config-file",
    "aggregatorConfig.proxyClientInfo.certFile": "proxy-client-cert-file",
    "aggregatorConfig.proxyClientInfo.keyFile": "proxy-client-key-file",
    "kubeletClientInfo.ca": "kubelet-certificate-authority",
    "kubeletClientInfo.certFile": "kubelet-client-certificate",
    "kubeletClientInfo.keyFile": "kubelet-client-key",
    "servicesNodePortRange": "service-node-port-range",
}
"""Fields that OpenShift does not pass on, and the flag that has their meaning: openshiftkubeapiserver/flags.go."""
