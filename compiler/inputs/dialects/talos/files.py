"""The structured files that Talos writes for kube-apiserver, as far as the configuration decides their content.

Talos: internal/app/machined/pkg/controllers/k8s, render_config_static_pods.go and k8stemplates/apiserver.go.
"""

from __future__ import annotations

import re
from typing import Any

from compiler.inputs import InlineFile
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.talos.documents import Documents, Place
from compiler.inputs.dialects.talos.facts import authorization_api, pod_security
from compiler.inputs.dialects.talos.merge import as_node, merged
from compiler.inputs.dialects.talos.release import Kubernetes
from compiler.inputs.dialects.talos.shapes import known_fields, policy_schema, webhook_schema
from compiler.inputs.source.node import Node, Source

_CONFIG_DIRECTORY = "/system/config/kubernetes/kube-apiserver"
_SECRETS_DIRECTORY = "/system/secrets/kubernetes/kube-apiserver"
_SECRETS = (
    *("cluster.ca", "cluster.secret", "cluster.token", "cluster.serviceAccount", "cluster.aggregatorCA"),
    *("machine.ca", "machine.token"),
)
"""Fields of which a configuration has one if its secrets are not kept elsewhere."""
_BASE64 = r"[A-Za-z0-9+/=]+"
"""Any other key is a placeholder, which another program replaces."""
_ENCRYPTION_KEYS = (("secretbox", "key2", "secretboxEncryptionSecret"), ("aescbc", "key1", "aescbcEncryptionSecret"))


class _Writer:
    """The files of one configuration, for a version of Kubernetes."""

    def __init__(self, source: Source, documents: Documents, kubernetes: Kubernetes) -> None:
        self.source = source
        self.documents = documents
        self.minor = kubernetes.minor
        self.version = kubernetes.catalog
        self.at = documents.api_server.location

    def admission(self) -> Place | None:
        """Return the admission configuration; None for a patch without plugins, whose base may have some."""
        plugins = self.documents.all_of("KubeAdmissionControlConfig")
        if not plugins:
            plugins = self.documents.of_machine("cluster.apiServer.admissionControl").items()
        if not plugins and self.documents.is_patch:
            return None
        items = [self._plugin(plugin) for plugin in plugins]
        content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": items}
        return self._written(content)

    def audit(self) -> Place | None:
        """Return the audit policy, by default everything at the level Metadata."""
        is_document = "KubeAuditPolicyConfig" in self.documents.others
        policy = self.documents.of_machine("cluster.apiServer.auditPolicy")
        if is_document:
            policy = self.documents.of("KubeAuditPolicyConfig", "configuration")
        if policy.node is not None and (policy.node.value or is_document):
            return policy._replace(node=known_fields(policy.node, policy_schema(self.version)))
        return self._written({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]})

    def authorization(self) -> Place | None:
        """Return the authorization configuration; with cluster.apiServer, it always has the types Node and RBAC."""
        places = self.documents.all_of("KubeAuthorizerConfig")
        legacy = self.documents.way == "legacy"
        if not places and legacy:
            places = self.documents.of_machine("cluster.apiServer.authorizationConfig").items()
        if not places and not legacy:
            return None
        authorizers: list[Any] = [self._part(place, ("type", "name", "webhook")) for place in places]
        types = [place.get("type").text for place in places]
        if legacy:
            for index, name in enumerate(("Node", "RBAC")):
                if name not in types:
                    authorizers.insert(index, {"type": name, "name": name.lower()})
        api = authorization_api(self.minor)
        return self._written({"apiVersion": api, "kind": "AuthorizationConfiguration", "authorizers": authorizers})

    def authentication(self) -> Place | None:
        """Return the authentication configuration, None if the file has none."""
        given = self.documents.of("KubeAuthenticationConfig", "configuration")
        if given.node is None or not isinstance(given.node.value, dict):
            return None
        heading = {"apiVersion": "apiserver.config.k8s.io/v1beta1", "kind": "AuthenticationConfiguration"}
        return given._replace(node=self._node({**given.node.value, **heading}, given.node))

    def encryption(self) -> Place | None:
        """Return the encryption configuration; None if its keys are not in the file, or replaced by placeholders."""
        heading = {"apiVersion": "v1", "kind": "EncryptionConfig"}
        given = self.documents.of("KubeEtcdEncryptionConfig", "config")
        if given.node is not None and isinstance(given.node.value, dict):
            node = self._node({**given.node.value, **heading}, given.node)
            return given._replace(node=node) if _has_real_keys(node) else None
        providers: list[Any] = []
        for provider, name, field in _ENCRYPTION_KEYS:
            secret = self.documents.of_machine(f"cluster.{field}")
            if secret.text:
                if secret.node is None or not re.fullmatch(_BASE64, secret.text):
                    return None
                providers.append({provider: {"keys": [{"name": name, "secret": secret.node}]}})
        if not providers and not any(self.documents.of_machine(path).is_set for path in _SECRETS):
            return None
        entry = {"resources": ["secrets"], "providers": [*providers, {"identity": {}}]}
        return self._written({**heading, "resources": [entry]})

    def _plugin(self, plugin: Place) -> Node:
        """Return the configuration of a plugin; a patch of PodSecurity with the configuration of talosctl below it.

        Talos: admission_control.go, DefaultPodSecurityAdmissionControlConfig; before 1.14 generate/init.go.
        """
        node = self._part(plugin, ("name", "configuration"))
        given = plugin.get("configuration").node
        if not self.documents.is_patch or given is None or plugin.get("name").text != "PodSecurity":
            return node
        default = as_node(pod_security(), self.source, given.span)
        # Talos appends lists; whether the configuration below has the same items is unknown.
        whole = merged(default, given, "", append=False)
        return self._node({"name": plugin.get("name").node, "configuration": whole}, plugin.node)

    def _part(self, place: Place, keys: tuple[str, ...]) -> Node:
        """Return a mapping with some fields of a mapping in the file."""
        fields = {key: node for key in keys if (node := place.get(key).node) is not None}
        if "webhook" in fields:
            fields["webhook"] = known_fields(fields["webhook"], webhook_schema(self.version))
        return self._node(fields, place.node)

    def _written(self, value: Any) -> Place:
        """Return a file that Talos assembles."""
        return Place(self._node(value), "", self.at)

    def _node(self, value: Any, near: Node | None = None) -> Node:
        """Return plain values as nodes at a location, by default that of the section of the API server."""
        span = near.span if near is not None else self.at[1:]
        node = as_node(value, self.source, span)
        return node if near is None else Node(node.value, self.source, span, node.text, near.keys or {})


def _has_real_keys(node: Node) -> bool:
    """Return whether no secret in a configuration is a placeholder."""
    value = node.value
    if isinstance(value, dict):
        secret = value.get("secret")
        if secret is not None and isinstance(secret.value, str) and not re.fullmatch(_BASE64, secret.value):
            return False
        return all(_has_real_keys(child) for child in value.values())
    return all(_has_real_keys(item) for item in value) if isinstance(value, list) else True


def written_files(
    source: Source, documents: Documents, kubernetes: Kubernetes, words: list[Word]
) -> dict[str, InlineFile]:
    """Return the files that Talos writes and that a flag names, by their path on the server."""
    writer = _Writer(source, documents, kubernetes)
    files = {
        ("admission-control-config-file", f"{_CONFIG_DIRECTORY}/admission-control-config.yaml"): writer.admission,
        ("audit-policy-file", f"{_CONFIG_DIRECTORY}/auditpolicy.yaml"): writer.audit,
        ("authorization-config", f"{_CONFIG_DIRECTORY}/authorization-config.yaml"): writer.authorization,
        ("authentication-config", f"{_CONFIG_DIRECTORY}/authentication-config.yaml"): writer.authentication,
        ("encryption-provider-config", f"{_SECRETS_DIRECTORY}/encryptionconfig.yaml"): writer.encryption,
    }
    named = {word.text for word in words}
    written = {}
    for (flag, path), content in files.items():
        place = content() if f"--{flag}={path}" in named else None
        if place is not None and place.node is not None:
            written[path] = InlineFile(flag, path, place.node, False, prefix=place.path)
    return written
