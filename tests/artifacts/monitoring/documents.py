"""Configurations to watch: from the least to one that has everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts.monitoring.metrics import _SELECTOR
from tests.artifacts.compiling import ENCRYPTION, document, resolve
from tests.artifacts.test_schemas import KUBECONFIG

KMS1: dict[str, Any] = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "EncryptionConfiguration",
    "resources": [
        {
            "resources": ["secrets"],
            "providers": [{"kms": {"name": "old", "endpoint": "unix:///run/kms/old.sock"}}, {"identity": {}}],
        }
    ],
}
EGRESS: dict[str, Any] = {
    "apiVersion": "apiserver.k8s.io/v1beta1",
    "kind": "EgressSelectorConfiguration",
    "egressSelections": [
        {
            "name": "cluster",
            "connection": {
                "proxyProtocol": "HTTPConnect",
                "transport": {"uds": {"udsName": "/run/konnectivity/konnectivity.sock"}},
            },
        }
    ],
}
JWT: dict[str, Any] = {
    "apiVersion": "apiserver.config.k8s.io/v1beta1",
    "kind": "AuthenticationConfiguration",
    "jwt": [
        {
            "issuer": {"url": "https://login.example.com", "audiences": ["me"]},
            "claimMappings": {"username": {"claim": "sub", "prefix": ""}},
        }
    ],
}
AUTHORIZERS: dict[str, Any] = {
    "apiVersion": "apiserver.config.k8s.io/v1beta1",
    "kind": "AuthorizationConfiguration",
    "authorizers": [
        {"type": "Node", "name": "node"},
        {"type": "RBAC", "name": "rbac"},
        {
            "type": "Webhook",
            "name": "hook",
            "webhook": {
                "timeout": "3s",
                "subjectAccessReviewVersion": "v1",
                "matchConditionSubjectAccessReviewVersion": "v1",
                "failurePolicy": "NoOpinion",
                "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/hooks/authz.conf"},
            },
        },
    ],
}
SECTIONS: dict[str, dict[str, dict[str, Any]]] = {
    "least": {},
    "everything": {
        "etcd": {
            "encryptionProviderConfig": {"content": ENCRYPTION},
            "encryptionProviderConfigAutomaticReload": True,
        },
        "auditing": {
            "auditPolicyFile": "/audit/policy.yaml",
            "auditLogPath": "-",
            "auditLogMode": "blocking-strict",
        },
        "authentication": {
            "authenticationConfig": {"content": JWT},
            "authenticationTokenWebhookConfigFile": {"content": KUBECONFIG},
            "clientCAFile": "/pki/ca.crt",
        },
        "authorization": {"authorizationMode": None, "authorizationConfig": {"content": AUTHORIZERS}},
        "egressSelector": {"egressSelectorConfigFile": {"content": EGRESS}},
    },
    "KMS v1, limits instead of fairness, no watch cache": {
        "etcd": {
            "encryptionProviderConfig": {"content": KMS1},
            "watchCache": False,
            "etcdDBMetricPollInterval": "0s",
            "etcdCountMetricPollPeriod": "0s",
        },
        "features": {"enablePriorityAndFairness": False},
        "admission": {
            "disableAdmissionPlugins": ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook", "PodSecurity"]
        },
    },
    "files that cannot be had": {
        "authentication": {"authenticationConfig": "/a.yaml"},
        "authorization": {"authorizationMode": None, "authorizationConfig": "/b.yaml"},
        "egressSelector": {"egressSelectorConfigFile": "/c.yaml"},
        "etcd": {"encryptionProviderConfig": "/e.yaml", "encryptionProviderConfigAutomaticReload": True},
    },
}


def made(name: str, version: str, folder: Path) -> Resolved:
    """One of the configurations, resolved; KMS v1 has to be allowed before it can be used."""
    sections = dict(SECTIONS[name])
    if name.startswith("KMS v1"):
        sections["generic"] = {"featureGates": {"KMSv1": True}}
    return resolve(document(version, **sections), folder)


def metrics_in(expression: str) -> list[str]:
    """Return the names of the series that an expression selects, in order."""
    return [name for name, _ in _SELECTOR.findall(expression)]
