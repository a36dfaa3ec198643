"""The extra arguments and volumes of kube-apiserver that Kubespray's template writes for kubeadm.

Kubespray: roles/kubernetes/control-plane/templates/kubeadm-config.v1beta4.yaml.j2.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.inputs.dialects.kubeadm.rendered import Content
from compiler.inputs.dialects.kubespray.defaults import APISERVER_COUNT, AUTHENTICATION_FILE
from compiler.inputs.dialects.kubespray.template import Entry, Template
from compiler.inputs.dialects.kubespray.variables import rendered
from compiler.inputs.source.node import Node
from compiler.upstream.go.net import parse_cidr

_OIDC = {
    "kube_oidc_ca_file": "oidc-ca-file",
    "kube_oidc_username_claim": "oidc-username-claim",
    "kube_oidc_groups_claim": "oidc-groups-claim",
    "kube_oidc_username_prefix": "oidc-username-prefix",
    "kube_oidc_groups_prefix": "oidc-groups-prefix",
}


def extra_arguments(template: Template) -> list[Entry]:
    """Return the extra arguments in the order of the template."""
    return [
        *_general(template),
        *_serving(template),
        *_authentication(template),
        *_storage(template),
        *_audit(template),
        *template.extra(),
        *_last(template),
    ]


def _general(t: Template) -> Iterator[Entry]:
    yield t.flag("etcd-compaction-interval", "kube_apiserver_etcd_compaction_interval")
    not_ready = "kube_apiserver_pod_eviction_not_ready_timeout_seconds"
    yield t.flag("default-not-ready-toleration-seconds", not_ready)
    unreachable = "kube_apiserver_pod_eviction_unreachable_timeout_seconds"
    yield t.flag("default-unreachable-toleration-seconds", unreachable)
    if t.variables.get("kube_api_anonymous_auth").defined and not has_authentication_file(t):
        yield t.flag("anonymous-auth", "kube_api_anonymous_auth")
    if t.is_true("kube_apiserver_use_authorization_config_file"):
        path = authorization_file(t)
        yield t.switched("authorization-config", path, "kube_apiserver_use_authorization_config_file")
    else:
        yield t.joined("authorization-mode", "authorization_modes")
    yield t.flag("bind-address", "kube_apiserver_bind_address")
    yield from t.joined_if_any("enable-admission-plugins", "kube_apiserver_enable_admission_plugins")
    flag, variable = "admission-control-config-file", "kube_apiserver_admission_control_config_file"
    if t.variables.get(variable).unknown:
        yield t.flag(flag, variable)
    elif t.is_true(variable):
        yield t.switched(flag, admission_file(t), variable)
    yield from t.joined_if_any("disable-admission-plugins", "kube_apiserver_disable_admission_plugins")


def has_authentication_file(t: Template) -> bool:
    """Return whether the server gets a file of the structured authentication."""
    return AUTHENTICATION_FILE.covers(t.release) and t.is_true("kube_apiserver_use_authentication_config_file")


def authorization_file(t: Template) -> str:
    """Return the path of the authorization file."""
    version = t.text("kube_apiserver_authorization_config_api_version")
    return f"{t.text('kube_config_dir')}/apiserver-authorization-config-{version}.yaml"


def authentication_file(t: Template) -> str:
    """Return the path of the authentication file."""
    version = t.text("kube_apiserver_authentication_config_api_version")
    return f"{t.text('kube_config_dir')}/apiserver-authentication-config-{version}.yaml"


def admission_file(t: Template) -> str:
    """Return the path of the admission configuration."""
    return f"{t.text('kube_config_dir')}/admission-controls.yaml"


def tracing_file(t: Template) -> str:
    """Return the path of the tracing configuration."""
    return f"{t.text('kube_config_dir')}/tracing/apiserver-tracing.yaml"


def _serving(t: Template) -> Iterator[Entry]:
    if APISERVER_COUNT.covers(t.release):
        in_file = t.variables.node("kube_apiserver_count") is not None
        count = t.flag("apiserver-count", "kube_apiserver_count")
        yield count if in_file else t.switched("apiserver-count", "1", "kube_apiserver_count")
    yield t.switched("endpoint-reconciler-type", "lease", "")
    if t.is_true("etcd_events_cluster_enabled"):
        variable = "etcd_events_access_addresses_semicolon"
        urls = t.text(variable) or f"https://{etcd_address(t)[0]}:2383"
        yield t.switched("etcd-servers-overrides", f"/events#{urls}", "etcd_events_cluster_enabled")
    yield t.flag("service-node-port-range", "kube_apiserver_node_port_range")
    yield {"name": "service-cluster-ip-range", "value": service_subnets(t)}
    yield t.flag("kubelet-preferred-address-types", "kubelet_preferred_address_types")
    yield t.flag("profiling", "kube_profiling")
    yield t.flag("request-timeout", "kube_apiserver_request_timeout")
    yield t.flag("enable-aggregator-routing", "kube_api_aggregator_routing")
    if t.variables.get("kube_apiserver_service_account_lookup").may_be_true:
        yield t.flag("service-account-lookup", "kube_apiserver_service_account_lookup")


def etcd_address(t: Template) -> tuple[str, bool]:
    """Return the address of the only member of etcd, and whether it is unknown."""
    families = ("access_ip", "ip") if t.is_true("ipv4_stack") else ("access_ip6", "ip6")
    for variable in (*families, "host_address"):
        value = t.variables.get(variable)
        if value.unknown:
            return t.text(variable), True
        if value.is_true:
            text = rendered(value.plain)
            return f"[{text}]" if ":" in text else text, False
    return t.variables.placeholder("etcd_address"), True


def service_subnets(t: Template) -> Node:
    """Return the ranges of the stacks. Kubespray: kubespray_defaults/vars/main/main.yml, kube_service_subnets."""
    variables = ["kube_service_addresses"] if t.is_true("ipv4_stack") else []
    if t.is_true("ipv6_stack") or not variables:
        variables.append("kube_service_addresses_ipv6")
    deciding = next((name for name in variables if t.variables.node(name) is not None), variables[0])
    ranges = [t.text(name) for name in variables]
    if not t.variables.get(deciding).unknown and any(parse_cidr(text) is None for text in ranges):
        # Kubespray rejects it; the server has the default instead.
        return t.scalar(rendered(t.variables.defaults[variables[0]]), deciding)
    return t.value(deciding, ",".join(ranges))


def _authentication(t: Template) -> Iterator[Entry]:
    config = t.text("kube_config_dir")
    url, client = t.variables.get("kube_oidc_url"), t.variables.get("kube_oidc_client_id")
    if t.is_true("kube_oidc_auth") and url.defined and client.defined and not has_authentication_file(t):
        yield t.flag("oidc-issuer-url", "kube_oidc_url")
        yield t.flag("oidc-client-id", "kube_oidc_client_id")
        for variable, flag in _OIDC.items():
            if t.variables.get(variable).defined:
                yield t.flag(flag, variable)
    if has_authentication_file(t):
        variable = "kube_apiserver_use_authentication_config_file"
        yield t.switched("authentication-config", authentication_file(t), variable)
    if t.is_true("kube_webhook_token_auth"):
        path = f"{config}/webhook-token-auth-config.yaml"
        yield t.switched("authentication-token-webhook-config-file", path, "kube_webhook_token_auth")
    if not t.is_true("kube_apiserver_use_authorization_config_file"):
        path, variable = f"{config}/webhook-authorization-config.yaml", "kube_webhook_authorization"
        if t.is_true(variable):
            yield t.switched("authorization-webhook-config-file", path, variable)
        elif t.variables.get(variable).unknown and "Webhook" in t.variables.items("authorization_modes"):
            yield t.flag("authorization-webhook-config-file", variable)


def _storage(t: Template) -> Iterator[Entry]:
    if t.is_true("kube_encrypt_secret_data"):
        path = f"{t.text('kube_cert_dir')}/secrets_encryption.yaml"
        yield t.switched("encryption-provider-config", path, "kube_encrypt_secret_data")
    yield t.flag("storage-backend", "kube_apiserver_storage_backend")
    yield from t.joined_if_any("runtime-config", "kube_api_runtime_config")
    yield t.switched("allow-privileged", "true", "")


def _audit(t: Template) -> Iterator[Entry]:
    log, webhook = t.is_true("kubernetes_audit"), t.is_true("kubernetes_audit_webhook")
    if log or webhook:
        yield t.flag("audit-policy-file", "audit_policy_file")
    if log:
        yield t.flag("audit-log-path", "audit_log_path")
        yield t.flag("audit-log-maxage", "audit_log_maxage")
        yield t.flag("audit-log-maxbackup", "audit_log_maxbackups")
        yield t.flag("audit-log-maxsize", "audit_log_maxsize")
    if webhook:
        yield t.flag("audit-webhook-config-file", "audit_webhook_config_file")
        yield t.flag("audit-webhook-mode", "audit_webhook_mode")
        mode = t.variables.get("audit_webhook_mode")
        if mode.unknown or mode.plain == "batch":
            yield t.flag("audit-webhook-batch-max-size", "audit_webhook_batch_max_size")
            yield t.flag("audit-webhook-batch-max-wait", "audit_webhook_batch_max_wait")


def _last(t: Template) -> Iterator[Entry]:
    """Yield what follows the user's extra arguments, so that it takes precedence."""
    variables = ("kube_apiserver_feature_gates", "kube_feature_gates")
    gates = [name for name in variables if t.variables.get(name).may_be_true]
    if gates:
        yield t.joined("feature-gates", gates[0])
    if t.variables.get("tls_min_version").defined:
        yield t.flag("tls-min-version", "tls_min_version")
    if t.variables.get("tls_cipher_suites").defined:
        yield t.joined("tls-cipher-suites", "tls_cipher_suites")
    yield t.flag("event-ttl", "event_ttl_duration")
    if t.is_true("kubelet_rotate_server_certificates"):
        path = f"{t.text('kube_cert_dir')}/ca.crt"
        yield t.switched("kubelet-certificate-authority", path, "kubelet_rotate_server_certificates")
    if t.is_true("kube_apiserver_tracing"):
        yield t.switched("tracing-config-file", tracing_file(t), "kube_apiserver_tracing")


def extra_volumes(t: Template) -> list[Entry]:
    """Return the volumes of the template; kubeadm mounts directories of CA certificates itself."""
    config = t.text("kube_config_dir")
    volumes: list[Entry] = []

    def add(name: str, host: str, mount: str, **more: Content) -> None:
        volumes.append({"name": name, "hostPath": host, "mountPath": mount, **more})

    if t.is_true("kube_token_auth"):
        add("token-auth-config", t.text("kube_token_dir"), t.text("kube_token_dir"))
    for variable, name in (
        ("kube_webhook_token_auth", "webhook-token-auth-config"),
        ("kube_webhook_authorization", "webhook-authorization-config"),
    ):
        if t.is_true(variable):
            add(name, f"{config}/{name}.yaml", f"{config}/{name}.yaml")
    if t.is_true("kube_apiserver_use_authorization_config_file"):
        add("authorization-config", authorization_file(t), authorization_file(t))
    if has_authentication_file(t):
        add("authentication-config", authentication_file(t), authentication_file(t))
    if t.is_true("kubernetes_audit") or t.is_true("kubernetes_audit_webhook"):
        policies = t.text("audit_policy_file").rpartition("/")[0]
        host = t.text("audit_policy_hostpath") or policies
        add(t.text("audit_policy_name"), host, t.text("audit_policy_mountpath") or host)
        if t.text("audit_log_path") != "-":
            mount = t.text("audit_log_mountpath") or t.text("audit_log_path").rpartition("/")[0]
            add(t.text("audit_log_name"), t.text("audit_log_hostpath"), mount, readOnly=False)
    if t.is_true("kube_apiserver_admission_control_config_file"):
        more: Entry = {"readOnly": False, "pathType": "DirectoryOrCreate"}
        add("admission-control-configs", f"{config}/admission-controls", config, **more)
    if t.is_true("kube_apiserver_tracing"):
        more = {"readOnly": True, "pathType": "DirectoryOrCreate"}
        add("tracing", f"{config}/tracing", f"{config}/tracing", **more)
    extra = t.variables.get("apiserver_extra_volumes").plain
    for each in extra if isinstance(extra, list) else []:
        if isinstance(each, dict):
            read_only = each.get("readOnly", not each.get("writable", False))
            paths = (rendered(each.get(key)) for key in ("name", "hostPath", "mountPath"))
            add(*paths, readOnly=bool(read_only))
    return volumes
