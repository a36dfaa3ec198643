"""Kinds of flag values beyond their pflag types: structured files, paths, enumerations."""

from __future__ import annotations

STRUCTURED = {
    "authentication-config": "AuthenticationConfiguration",
    "authorization-config": "AuthorizationConfiguration",
    "encryption-provider-config": "EncryptionConfiguration",
    "audit-policy-file": "Policy",
    "admission-control-config-file": "AdmissionConfiguration",
    "egress-selector-config-file": "EgressSelectorConfiguration",
    "tracing-config-file": "TracingConfiguration",
    "authentication-token-webhook-config-file": "Config",
    "authorization-webhook-config-file": "Config",
    "audit-webhook-config-file": "Config",
}
"""Flags that name a structured file -> its kind. A document may contain the file inline."""

DEFAULT_FILE_DIRECTORY = "/etc/kubernetes/kasc"

READ_FILES = (
    *STRUCTURED,
    "allow-metric-labels-manifest",
    "authorization-policy-file",
    "client-ca-file",
    "cloud-config",
    "etcd-cafile",
    "etcd-certfile",
    "etcd-keyfile",
    "kubelet-certificate-authority",
    "kubelet-client-certificate",
    "kubelet-client-key",
    "oidc-ca-file",
    "peer-ca-file",
    "proxy-client-cert-file",
    "proxy-client-key-file",
    "requestheader-client-ca-file",
    "service-account-key-file",
    "service-account-signing-key-file",
    "tls-cert-file",
    "tls-private-key-file",
    "tls-sni-cert-key",
    "token-auth-file",
)
"""Flags with paths of files that the server reads."""

SOCKETS = ("debug-socket-path", "service-account-signing-endpoint")
"""Flags with the path of a Unix socket."""

WRITTEN_FILES = ("audit-log-path",)
"""Flags with the path of a file that the server writes."""

WRITTEN_DIRECTORIES = ("cert-dir",)
"""Flags with the path of a directory that the server writes to."""

CHOICES = {
    "audit-log-format": ("json", "legacy"),
    "audit-log-mode": ("batch", "blocking", "blocking-strict"),
    "audit-log-version": ("audit.k8s.io/v1",),
    "audit-webhook-mode": ("batch", "blocking", "blocking-strict"),
    "audit-webhook-version": ("audit.k8s.io/v1",),
    "authentication-token-webhook-version": ("v1", "v1beta1"),
    "authorization-mode": ("AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node"),
    "authorization-webhook-version": ("v1", "v1beta1"),
    "endpoint-reconciler-type": ("lease", "master-count", "none"),
    "logging-format": ("text", "json"),
    "oidc-signing-algs": ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"),
    "storage-backend": ("etcd3",),
    "storage-media-type": ("application/vnd.kubernetes.protobuf", "application/json", "application/yaml"),
}
"""Flags whose value, or each element of it, is one of a fixed set in every version."""
