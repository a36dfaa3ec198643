"""Defaults of Kubespray's roles for the variables that decide flags of kube-apiserver, and differences by release.

Kubespray: roles/kubernetes/control-plane/defaults/main, roles/kubespray_defaults.
"""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from compiler.inputs.dialects.kubespray.variables import Plain
from compiler.inputs.dialects.releases import ALWAYS, NEVER, Release, Span, release_of
from compiler.upstream.catalog.facts import minor_of

APISERVER_COUNT = Span(until=(2, 32, 0))
"""The template sets apiserver-count."""
AUTHENTICATION_FILE = Span(since=(2, 31, 0))
"""kube_apiserver_use_authentication_config_file exists."""
AUTHENTICATION_VERSIONS = (("1.34", "v1"), ("0.0", "v1beta1"))
"""The API version of the authentication file, from a Kubernetes version on."""
AUTHORIZATION_VERSIONS = (("1.32", "v1"), ("1.30", "v1beta1"), ("0.0", "v1alpha1"))
"""The API version of the authorization file, from a Kubernetes version on."""
FIXED = frozenset(("kube_service_subnets", "kube_pods_subnets", "kube_major_version"))
"""Variables that the roles set, whatever an inventory says."""
DEPLOYMENTS = ("host", "docker", "kubeadm")
"""Values of etcd_deployment_type."""
CONFIGURED_PLUGINS = {
    "EventRateLimit": "kube_apiserver_admission_event_rate_limits",
    "PodNodeSelector": "kube_apiserver_admission_plugins_podnodeselector_",
    "PodSecurity": "kube_pod_security_",
    "ResourceQuota": "kube_resource_quota_",
}
"""Admission plugins for which the role writes a configuration, with the prefix of the variables in it."""
_DEFAULTS: dict[str, Plain] = {
    "kube_config_dir": "/etc/kubernetes",
    "kube_cert_dir": "{{ kube_config_dir }}/ssl",
    "kube_token_dir": "{{ kube_config_dir }}/tokens",
    "cluster_name": "cluster.local",
    "dns_domain": "{{ cluster_name }}",
    "ipv4_stack": True,
    "enable_dual_stack_networks": False,
    "ipv6_stack": "{{ enable_dual_stack_networks }}",
    "kube_service_addresses": "10.233.0.0/18",
    "kube_service_addresses_ipv6": "fd85:ee78:d8a6:8607::1000/116",
    "kube_apiserver_port": 6443,
    "kube_apiserver_bind_address": "::",
    "kube_apiserver_node_port_range": "30000-32767",
    "kube_apiserver_storage_backend": "etcd3",
    "kube_apiserver_etcd_compaction_interval": "5m0s",
    "kube_apiserver_service_account_lookup": True,
    "kube_apiserver_request_timeout": "1m0s",
    "kube_apiserver_pod_eviction_not_ready_timeout_seconds": "300",
    "kube_apiserver_pod_eviction_unreachable_timeout_seconds": "300",
    "kube_apiserver_enable_admission_plugins": [],
    "kube_apiserver_disable_admission_plugins": [],
    "kube_apiserver_admission_control_config_file": False,
    "kube_apiserver_admission_event_rate_limits": {},
    "kube_apiserver_use_authentication_config_file": False,
    "kube_apiserver_authentication_config_anonymous": {"enabled": "{{ kube_api_anonymous_auth }}", "conditions": []},
    "kube_apiserver_authentication_config_jwt": [],
    "kube_apiserver_use_authorization_config_file": False,
    "kube_apiserver_authorization_config_authorizers": [
        {"type": "Node", "name": "node"},
        {"type": "RBAC", "name": "rbac"},
    ],
    "kube_apiserver_feature_gates": [],
    "kube_feature_gates": [],
    "kube_apiserver_tracing": False,
    "kube_apiserver_tracing_endpoint": "[::]:4317",
    "kube_apiserver_tracing_sampling_rate_per_million": 100,
    "kube_api_anonymous_auth": True,
    "kube_api_aggregator_routing": False,
    "kube_api_runtime_config": [],
    "kube_profiling": False,
    "kube_token_auth": False,
    "kube_oidc_auth": False,
    "kube_webhook_token_auth": False,
    "kube_webhook_authorization": False,
    "kube_encrypt_secret_data": False,
    "kube_kubeadm_apiserver_extra_args": {},
    "kubelet_preferred_address_types": "InternalDNS,InternalIP,Hostname,ExternalDNS,ExternalIP",
    "kubelet_rotate_server_certificates": False,
    "authorization_modes": ["Node", "RBAC"],
    "event_ttl_duration": "1h0m0s",
    "kubernetes_audit": False,
    "kubernetes_audit_webhook": False,
    "audit_log_path": "/var/log/audit/kube-apiserver-audit.log",
    "audit_log_maxage": 30,
    "audit_log_maxbackups": 10,
    "audit_log_maxsize": 100,
    "audit_log_name": "audit-logs",
    "audit_log_hostpath": "/var/log/kubernetes/audit",
    "audit_policy_file": "{{ kube_config_dir }}/audit-policy/apiserver-audit-policy.yaml",
    "audit_policy_name": "audit-policy",
    "audit_webhook_config_file": "{{ kube_config_dir }}/audit-policy/apiserver-audit-webhook-config.yaml",
    "audit_webhook_mode": "batch",
    "audit_webhook_batch_max_size": 100,
    "audit_webhook_batch_max_wait": "1s",
    "etcd_deployment_type": "host",
    "etcd_config_dir": "/etc/ssl/etcd",
    "etcd_cert_dir": "{{ etcd_config_dir }}/ssl",
    "etcd_data_dir": "/var/lib/etcd",
    "etcd_extra_vars": {},
    "etcd_events_cluster_enabled": False,
    "kube_etcd_cacert_file": "ca.pem",
    "kube_etcd_cert_file": "node-{{ inventory_hostname }}.pem",
    "kube_etcd_key_file": "node-{{ inventory_hostname }}-key.pem",
    "kube_pod_security_use_default": False,
    "kube_pod_security_default_enforce": "baseline",
    "kube_pod_security_default_enforce_version": "v{{ kube_major_version }}",
    "kube_pod_security_default_audit": "restricted",
    "kube_pod_security_default_audit_version": "v{{ kube_major_version }}",
    "kube_pod_security_default_warn": "restricted",
    "kube_pod_security_default_warn_version": "v{{ kube_major_version }}",
    "kube_pod_security_exemptions_usernames": [],
    "kube_pod_security_exemptions_runtime_class_names": [],
    "kube_pod_security_exemptions_namespaces": ["kube-system"],
    "kube_resource_quota_limited_resources": [],
    "kube_apiserver_admission_plugins_podnodeselector_default_node_selector": "",
    "apiserver_extra_volumes": [],
    "kubeadm_patches": [],
}


@cache
def _data() -> dict[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "data.json"), encoding="utf-8") as file:
        data: dict[str, Any] = json.load(file)
    return data


def defaults_for(version: str, host: str) -> dict[str, Plain]:
    """Return the defaults for a Kubernetes version, and the name of the host in the inventory."""
    return {
        **_DEFAULTS,
        "inventory_hostname": host,
        "kube_version": version,
        "kube_major_version": ".".join(version.split(".")[:2]),
        "kube_apiserver_authentication_config_api_version": _since(AUTHENTICATION_VERSIONS, version),
        "kube_apiserver_authorization_config_api_version": _since(AUTHORIZATION_VERSIONS, version),
    }


def _since(rows: tuple[tuple[str, str], ...], version: str) -> str:
    return next(value for since, value in rows if minor_of(since) <= minor_of(version))


def supported(release: Release) -> tuple[dict[str, int], bool]:
    """Return the minor versions of Kubernetes of a release with the newest patch, and whether the list is complete.

    It is complete for a release, not for one in between that kasc does not know.
    """
    known = {release_of(name): minors for name, minors in _data()["releases"].items()}
    before = [each for each in known if each is not None and each <= release]
    nearest = max(before) if before else min(each for each in known if each is not None)
    minors: dict[str, int] = known[nearest]
    return minors, nearest == release


def default_version(release: Release) -> str:
    """Return the Kubernetes version that a release installs by default: the newest."""
    minors, _ = supported(release)
    minor = max(minors, key=minor_of)
    return f"{minor}.{minors[minor]}"


def assumed_release(version: str | None) -> Release:
    """Return the newest release that supports a Kubernetes version; the newest published one for None."""
    table: dict[str, str] = _data()["assumed"]
    text: str = _data()["published"]
    if version is not None:
        minors = sorted(map(minor_of, table))
        text = table[f"1.{min(max(minor_of(version), minors[0]), minors[-1])}"]
    return release_of(text) or NEVER


def known_variables(release: Release) -> frozenset[str]:
    """Return the variables about kube-apiserver that a release knows, by the prefixes of `PREFIXES`."""
    return frozenset(
        name
        for name, row in _data()["variables"].items()
        if Span(release_of(row.get("since", "")) or ALWAYS, release_of(row.get("until", "")) or NEVER).covers(release)
    )


PREFIXES = (
    *("kube_apiserver_", "kube_api_", "kube_oidc_", "kube_kubeadm_apiserver_", "kube_webhook_", "kube_token_"),
    *("kube_encrypt", "kubernetes_audit", "audit_log_", "audit_policy_", "audit_webhook_", "kube_pod_security_"),
    *("kube_resource_quota_", "apiserver_"),
)
"""The prefixes of variables that only kube-apiserver uses."""
