"""Files of kube-apiserver whose content a Shoot of Gardener decides."""

from __future__ import annotations

from compiler.inputs import InlineFile
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.gardener.fields import AUTHENTICATION_V1
from compiler.inputs.dialects.gardener.shoot import SERVER, Shoot
from compiler.inputs.dialects.synthetic import node_at
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.upstream.catalog.facts import minor_of, nearest

AUDIT_POLICY = "/etc/kubernetes/audit/audit-policy.yaml"
ADMISSION = "/etc/kubernetes/admission/admission-configuration.yaml"
AUTHENTICATION = "/etc/kubernetes/structured/authentication/config.yaml"


def inline_files(shoot: Shoot, words: list[Word], version: str | None) -> dict[str, InlineFile]:
    """Return the files whose content the Shoot decides: admission, anonymous requests, and the default audit policy."""
    files = {}
    if shoot.server("auditConfig.auditPolicy.configMapRef") is None:
        policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}]}
        files[AUDIT_POLICY] = InlineFile(
            "audit-policy-file", AUDIT_POLICY, node_at(policy, shoot.root.source, shoot.start), True
        )
    authentication = any(word.text.startswith("--authentication-config=") for word in words)
    if authentication and shoot.server("structuredAuthentication") is None and shoot.server("oidcConfig") is None:
        flag = shoot.server("enableAnonymousAuthentication")
        anonymous = {"enabled": flag is not None and flag.value is True}
        # Gardener writes v1beta1, which has the same fields.
        api = "v1" if minor_of(nearest(version)) >= minor_of(AUTHENTICATION_V1) else "v1beta1"
        header = {"apiVersion": f"apiserver.config.k8s.io/{api}", "kind": "AuthenticationConfiguration"}
        node = node_at({**header, "anonymous": anonymous}, shoot.root.source, shoot.start)
        files[AUTHENTICATION] = InlineFile("authentication-config", AUTHENTICATION, node, True)
    admission = _admission(shoot)
    if admission is not None:
        files[ADMISSION] = InlineFile("admission-control-config-file", ADMISSION, admission, False)
    return files


def _admission(shoot: Shoot) -> Node | None:
    """Return the AdmissionConfiguration; None if Gardener adds a kubeconfig to a plugin's configuration."""
    plugins = []
    for plugin in items_of(shoot.field(f"{SERVER}.admissionPlugins")):
        name, config = plugin.get("name"), plugin.get("config")
        if plugin.get("kubeconfigSecretName") is not None:
            return None
        if config is None or config.value is None or name is None:
            continue
        if text_of(name) in ("ImagePolicyWebhook", "MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"):
            return None
        plugins.append({"name": name, "configuration": config})
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}
    return node_at(content, shoot.root.source, shoot.start)
