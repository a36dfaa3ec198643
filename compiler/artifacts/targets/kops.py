"""The target `kops`: a Cluster. kOps: pkg/apis/kops/v1alpha2; pkg/flagbuilder/build_flags.go."""

from __future__ import annotations

import ipaddress
from typing import Any

from compiler.artifacts.targets.flags import Difference, Extras
from compiler.artifacts.targets.form import Form, Reason
from compiler.inputs.dialects.kops.facts import Field, newest_for, server_fields, version_of
from compiler.upstream.flag_values import format_duration

API = "v1alpha2"
_CLOUDS = ("aws", "azure", "gce", "openstack")
"""The clouds that --cloud-provider may name."""
_ISSUER, _MORE_ISSUERS = "service-account-issuer", "additionalServiceAccountIssuers"
_KEY_FILES = "service-account-key-file"
_SERVICES = "service-cluster-ip-range"
_ENCRYPTION = "encryption-provider-config"
_DIRECTORY = "/srv/kubernetes/kube-apiserver"
_OWN_KEY = f"{_DIRECTORY}/service-account.pub"
_PREFIX = 10
"""The prefix length of nonMasqueradeCIDR, which contains the services and the Pods."""


class Kops(Form):
    """The fields of kubeAPIServer; kOps has no extra arguments."""

    expands = True

    def write(self, extras: Extras) -> str:
        """Return the parts of the cluster that decide the flags."""
        services = self.wanted.text(_SERVICES)
        spec: dict[str, Any] = {
            "kubernetesVersion": self.full_version.removeprefix("v"),
            "cloudProvider": self._cloud,
            "nonMasqueradeCIDR": _masquerade_free(services),
            "etcdClusters": [{"name": "main", "etcdMembers": [{"name": "a", "instanceGroup": "control-plane"}]}],
        }
        if services:
            spec["serviceClusterIPRange"] = services
        if self.wanted.text(_ENCRYPTION) == f"{_DIRECTORY}/encryptionconfig.yaml":
            spec["encryptionConfig"] = True
        if fields := self._server(extras):
            spec["kubeAPIServer"] = fields
        cluster = {
            "apiVersion": f"kops.k8s.io/{API}",
            "kind": "Cluster",
            "metadata": {"name": self._name},
            "spec": spec,
        }
        comment = """\
Set kubernetesVersion, kubeAPIServer and the networks in your cluster: kops edit cluster.
cloudProvider and etcdClusters are examples."""
        return self.commented(comment, cluster)

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for flags without a field, and for those that nodeup sets."""
        flag, omit = difference.flag, f"omit {self.target.name} in --emit"
        field = self._fields.get(flag)
        if field is None and difference.passed is None:
            return Reason(flag, f"kOps has no field for --{flag}", f"remove the flag, or {omit}")
        if field is not None and field.node_file and difference.passed:
            message = f"kOps sets --{flag} to {difference.passed[-1]} on the node, whatever {field.name} is"
            return Reason(flag, message, f"use this path, or {omit}")
        return None

    @property
    def _cloud(self) -> str:
        """An example of a cloud: that of the flag, else one that accepts the authorization modes."""
        cloud = self.wanted.text("cloud-provider")
        if cloud in _CLOUDS:
            return cloud
        return "aws" if {"Node", "RBAC"} <= set(self.wanted.texts("authorization-mode")) else "digitalocean"

    @property
    def _name(self) -> str:
        """The name of the cluster, which has to be a fully qualified DNS name."""
        name = self.wanted.input.name
        return name if "." in name else f"{name}.example.com"

    @property
    def _fields(self) -> dict[str, Field]:
        """The fields by flag."""
        release = version_of(self.release) if self.release else newest_for(version_of(self.version))
        return {field.flag: field for field in server_fields(API, release).values() if field.flag}

    def _server(self, extras: Extras) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for flag, texts in extras.given.items():
            field = self._fields.get(flag)
            if field is None or field.node_file or flag == _SERVICES:
                continue
            if flag == _ISSUER:
                values[field.name] = texts[0]
                values |= {_MORE_ISSUERS: texts[1:]} if texts[1:] else {}
            elif flag == _KEY_FILES:
                others = [text for text in texts if text != _OWN_KEY]
                values |= {field.name: others} if others else {}
            else:
                values[field.name] = self._value(field, flag, texts)
        for flag, default in extras.unset.items():
            field = self._fields.get(flag)
            # The value of a pointer counts even if it is empty, and then the flag is not set.
            if field is not None and not field.node_file and (field.is_pointer or default):
                values[field.name] = self._default(field, flag)
        return values

    def _value(self, field: Field, flag: str, texts: list[str]) -> Any:
        value = self.wanted.flags.value(flag)
        if field.type == "list":
            return list(texts) if field.repeated else list(self.wanted.texts(flag))
        if field.type == "map":
            return self._entries(flag)
        return self._scalar(field, value, texts[-1])

    def _entries(self, flag: str) -> dict[str, str]:
        """Return the entries of a map: of feature gates, a list of components and entries, and of runtime config."""
        value = self.wanted.flags.value(flag)
        if isinstance(value, dict):
            return {key: item or "true" for key, item in value.items()}
        return dict(entry.split("=", 1) for component, entry in value if not component and "=" in entry)

    def _default(self, field: Field, flag: str) -> Any:
        spec = self.wanted.catalog.flags[flag]
        value = self.wanted.flags.value(flag)
        if field.type == "string":
            return ""
        if field.type == "list":
            return list(value)
        return self._scalar(field, value, spec.default)

    def _scalar(self, field: Field, value: Any, text: str) -> Any:
        if field.type == "bool" or field.type.startswith("int"):
            return value
        return format_duration(value) if field.type == "duration" else text


def _masquerade_free(services: str) -> str:
    """Return a range that contains the services, by default that of kOps."""
    try:
        network = ipaddress.ip_network(services, strict=False)
    except ValueError:
        return "100.64.0.0/10"
    if isinstance(network, ipaddress.IPv6Network):
        return "::/0"
    return str(network.supernet(new_prefix=min(_PREFIX, network.prefixlen)))
