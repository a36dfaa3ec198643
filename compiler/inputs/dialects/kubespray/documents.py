"""The documents that Kubespray renders for kubeadm, and the files that it writes for kube-apiserver.

Kubespray: roles/kubernetes/control-plane/templates; tasks/main.yml for the structured files.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler import rules
from compiler.diagnostics import diagnose
from compiler.inputs import InlineFile
from compiler.inputs.dialects.kubeadm.documents import CLUSTER, INIT, Document, Documents
from compiler.inputs.dialects.kubeadm.rendered import Content, Renderer, with_path
from compiler.inputs.dialects.kubespray.arguments import (
    admission_file,
    authentication_file,
    authorization_file,
    etcd_address,
    extra_arguments,
    extra_volumes,
    has_authentication_file,
    service_subnets,
    tracing_file,
)
from compiler.inputs.dialects.kubespray.defaults import CONFIGURED_PLUGINS
from compiler.inputs.dialects.kubespray.template import TITLE, Template
from compiler.inputs.dialects.kubespray.variables import Plain, rendered
from compiler.inputs.dialects.synthetic import node_at
from compiler.inputs.source.node import Node
from compiler.text import shown

_VERSION = "v1beta4"
_APISERVER = "apiserver.config.k8s.io"


def documents_for(template: Template, version: str) -> Documents:
    """Return the ClusterConfiguration and the InitConfiguration of the host."""
    where = template.start
    span = (where.line, where.column, where.end_line, where.end_column)
    renderer = Renderer(template.source, span, TITLE)
    header: dict[str, Content] = {"apiVersion": f"kubeadm.k8s.io/{_VERSION}"}
    cluster: dict[str, Content] = {
        **header,
        "kind": CLUSTER,
        "etcd": _etcd(template),
        "networking": {"dnsDomain": template.value("dns_domain"), "serviceSubnet": service_subnets(template)},
        "kubernetesVersion": f"v{version}",
        "certificatesDir": template.value("kube_cert_dir"),
        "apiServer": {"extraArgs": list(extra_arguments(template)), "extraVolumes": list(extra_volumes(template))},
    }
    init: dict[str, Content] = {**header, "kind": INIT, "localAPIEndpoint": _endpoint(template)}
    return Documents(Document(CLUSTER, _VERSION, renderer.node(cluster)), Document(INIT, _VERSION, renderer.node(init)))


def _endpoint(template: Template) -> dict[str, Content]:
    """Return the address and the port of the server: of the variables, else what the node has."""
    endpoint: dict[str, Content] = {"bindPort": _port(template)}
    own = "ip" if template.is_true("ipv4_stack") else "ip6"
    for variable in ("kube_apiserver_address", own):
        value = template.variables.get(variable)
        if value.node is not None and value.may_be_true:
            endpoint["advertiseAddress"] = template.value(variable)
            break
    return endpoint


def _port(template: Template) -> Content:
    variable = "kube_apiserver_port"
    value = template.variables.get(variable)
    text = rendered(value.plain)
    if value.unknown:
        return template.value(variable)
    if value.node is None:
        return 6443
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        message = f"kube_apiserver_port {shown(text)} is not a number: kubeadm cannot read the file"
        where = value.node.location
        problem = diagnose(rules.REFUSED_BY_DISTRIBUTION, message, "write a port", path=variable, location=where)
        template.problems.append(problem)
        return 6443
    node = Node(int(text), value.node.source, value.node.span, text)
    with_path(node, variable)
    return node


def _etcd(template: Template) -> dict[str, Content]:
    t = template
    if t.text("etcd_deployment_type") == "kubeadm":
        extra = t.variables.get("etcd_extra_vars").plain
        items = extra.items() if isinstance(extra, dict) else ()
        args: list[Content] = [
            {"name": name, "value": t.scalar(rendered(each), "etcd_extra_vars")} for name, each in items
        ]
        return {"local": {"dataDir": t.value("etcd_data_dir"), "extraArgs": args}}
    directory = t.text("etcd_cert_dir")
    files = {"caFile": "kube_etcd_cacert_file", "certFile": "kube_etcd_cert_file", "keyFile": "kube_etcd_key_file"}
    external: dict[str, Content] = {"endpoints": _endpoints(t)}
    for key, variable in files.items():
        external[key] = t.scalar(f"{directory}/{t.text(variable)}", variable)
    return {"external": external}


def _endpoints(template: Template) -> list[Content]:
    variable = "etcd_access_addresses"
    value = template.variables.get(variable)
    if value.may_be_true:
        return [template.value(variable, text) for text in rendered(value.plain).split(",")]
    return [template.scalar(f"https://{etcd_address(template)[0]}:2379", "etcd_access_addresses")]


def files_for(template: Template) -> dict[str, InlineFile]:
    """Return the structured files whose content the variables decide."""
    files: dict[str, InlineFile] = {}

    def add(flag: str, path: str, content: Mapping[str, object], variable: str) -> None:
        if not template.variables.unknown_in(path) and None not in content.values():
            node = node_at(content, template.source, template.location(variable))
            files[path] = InlineFile(flag, path, node, False)

    if template.is_true("kube_apiserver_use_authorization_config_file"):
        variable = "kube_apiserver_authorization_config_authorizers"
        content = _header(template, "AuthorizationConfiguration", "kube_apiserver_authorization_config_api_version")
        content["authorizers"] = _content(template, variable)
        add("authorization-config", authorization_file(template), content, variable)
    if has_authentication_file(template):
        variable = "kube_apiserver_authentication_config_anonymous"
        content = _header(template, "AuthenticationConfiguration", "kube_apiserver_authentication_config_api_version")
        content["jwt"] = _content(template, "kube_apiserver_authentication_config_jwt")
        content["anonymous"] = _content(template, variable)
        add("authentication-config", authentication_file(template), content, variable)
    if template.is_true("kube_apiserver_tracing"):
        content = {
            "apiVersion": f"{_APISERVER}/v1beta1",
            "kind": "TracingConfiguration",
            "endpoint": _content(template, "kube_apiserver_tracing_endpoint"),
            "samplingRatePerMillion": _content(template, "kube_apiserver_tracing_sampling_rate_per_million"),
        }
        add("tracing-config-file", tracing_file(template), content, "kube_apiserver_tracing")
    if template.is_true("kube_apiserver_admission_control_config_file"):
        content = {"apiVersion": f"{_APISERVER}/v1", "kind": "AdmissionConfiguration", "plugins": _plugins(template)}
        variable = "kube_apiserver_admission_control_config_file"
        add("admission-control-config-file", admission_file(template), content, variable)
    return files


def _header(template: Template, kind: str, variable: str) -> dict[str, object]:
    return {"apiVersion": f"{_APISERVER}/{template.text(variable)}", "kind": kind}


def _content(template: Template, variable: str) -> Node | None:
    """Return the value of a variable as content of a file; None if it is not known."""
    value = template.variables.get(variable)
    if value.unknown:
        return None
    if value.node is not None and value.node.plain() == value.plain:
        return value.node
    return _node(template, value.plain, variable)


def _node(template: Template, plain: Plain, variable: str) -> Node:
    where = template.location(variable)
    span = (where.line, where.column, where.end_line, where.end_column)
    if isinstance(plain, dict):
        entries = {key: _node(template, item, variable) for key, item in plain.items()}
        return Node(entries, template.source, span, "", {})
    if isinstance(plain, list):
        return Node([_node(template, item, variable) for item in plain], template.source, span)
    return Node(plain, template.source, span, str(plain).lower() if isinstance(plain, bool) else rendered(plain))


def _plugins(template: Template) -> list[object] | None:
    """Return the configurations of the plugins that the user enables; None if the file does not decide them."""
    variable = "kube_apiserver_enable_admission_plugins"
    if template.variables.unknown_with((variable, *CONFIGURED_PLUGINS.values())):
        return None
    plugins: list[object] = []
    for name in template.variables.items(variable):
        if name == "ImagePolicyWebhook":
            message = "Kubespray has no template for the configuration of ImagePolicyWebhook"
            hint = f"remove ImagePolicyWebhook from {variable}"
            where = template.location(variable)
            template.problems.append(
                diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, path=variable, location=where)
            )
        elif name in CONFIGURED_PLUGINS:
            plugins.append({"name": name, "configuration": _configuration(template, name)})
    return plugins


def _configuration(template: Template, name: str) -> Node:
    t = template
    if name == "EventRateLimit":
        variable = "kube_apiserver_admission_event_rate_limits"
        limits = t.variables.get(variable).plain
        rows: list[Plain] = []
        for limit in limits.values() if isinstance(limits, dict) else ():
            row = dict(limit) if isinstance(limit, dict) else {}
            size = row.pop("cache_size", None)
            rows.append(row if size is None else {**row, "cacheSize": size})
        header: dict[str, Plain] = {"apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration"}
        return _node(t, {**header, "limits": rows}, variable)
    if name == "PodNodeSelector":
        variable = "kube_apiserver_admission_plugins_podnodeselector_default_node_selector"
        selector: Plain = {"clusterDefaultNodeSelector": t.variables.get(variable).plain or None}
        return _node(t, {"podNodeSelectorPluginConfig": selector}, variable)
    if name == "ResourceQuota":
        variable = "kube_resource_quota_limited_resources"
        content: dict[str, Plain] = {"apiVersion": f"{_APISERVER}/v1", "kind": "ResourceQuotaConfiguration"}
        limited = t.variables.get(variable)
        return _node(t, {**content, "limitedResources": limited.plain} if limited.is_true else content, variable)
    return _pod_security(t)


def _pod_security(t: Template) -> Node:
    variable = "kube_pod_security_use_default"
    group = "pod-security.admission.config.k8s.io"
    content: dict[str, Plain] = {"apiVersion": f"{group}/v1", "kind": "PodSecurityConfiguration"}
    if not t.is_true(variable):
        return _node(t, content, variable)
    defaults: dict[str, Plain] = {}
    for mode in ("enforce", "audit", "warn"):
        defaults[mode] = t.text(f"kube_pod_security_default_{mode}")
        defaults[f"{mode}-version"] = t.text(f"kube_pod_security_default_{mode}_version")
    exemptions = {
        "usernames": t.variables.get("kube_pod_security_exemptions_usernames").plain,
        "runtimeClasses": t.variables.get("kube_pod_security_exemptions_runtime_class_names").plain,
        "namespaces": t.variables.get("kube_pod_security_exemptions_namespaces").plain,
    }
    return _node(t, {**content, "defaults": defaults, "exemptions": exemptions}, variable)
