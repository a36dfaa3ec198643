"""What kOps refuses in kubeAPIServer, and which Kubernetes versions it supports.

kOps: pkg/apis/kops/validation/validation.go, validateKubeAPIServer, which it calls for the spec of the user, and again
for the completed spec; legacy.go, ValidateCluster. Values that kube-apiserver checks in the same way, for example the
range of node ports, are left to it. upup/pkg/fi/cloudup/apply_cluster.go, validateKubernetesVersion.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from compiler import rules
from compiler.diagnostics import WARNING, Diagnostic, diagnose
from compiler.inputs.dialects.kops.cluster import Cluster
from compiler.inputs.dialects.kops.facts import TITLE, Version, fact, for_kubernetes, newest_for, releases, spelled
from compiler.inputs.dialects.kops.flags import Given, string_of
from compiler.inputs.dialects.kops.nodeup import OIDC_FIELDS, OIDC_KEYS
from compiler.inputs.dialects.kops.problems import fail, refuse
from compiler.inputs.source.node import Node
from compiler.text import shown

_OWN_NAMES = ("aws", "azure", "gce", "openstack")
"""The clouds whose name was a value of --cloud-provider."""


class ServerChecks:
    """The checks of kubeAPIServer, whose fields are in `given`."""

    def __init__(self, cluster: Cluster, given: dict[str, Given], problems: list[Diagnostic]) -> None:
        self.cluster = cluster
        self.given = given
        self.problems = problems

    def refuse(self, given: Given, message: str, hint: str) -> None:
        """Report that kOps refuses the value of a field."""
        refuse(self.problems, f"{given.field.name}: {message}", hint, given.path, given.node.location)

    def run(self) -> None:
        """Report everything that kOps refuses."""
        self._cloud()
        self._services()
        self._admission()
        self._authentication()
        self._authorization()
        self._audit()

    def _cloud(self) -> None:
        given, cloud = self.given.get("cloudProvider"), self.cluster.cloud
        if given is None or not given.text or cloud == "metal":
            return
        checked = for_kubernetes("cloudProviderMatches", self.cluster.release, self.cluster.kubernetes)
        if checked and given.text not in ("external", cloud if cloud in _OWN_NAMES else "external"):
            self.refuse(given, f"{shown(given.text)} is not the cloud of the cluster", "remove it")

    def _services(self) -> None:
        given, place = self.given.get("serviceClusterIPRange"), self.cluster.setting("serviceClusterIPRange")
        services = place.text if place is not None else ""
        if given is not None and given.text and given.text != services:
            path = self.cluster.path_of("serviceClusterIPRange")
            message = f"{path} is {shown(services)}" if services else f"{path} is not set to the same value"
            self.refuse(given, message, f"remove it, and set {path}")

    def _admission(self) -> None:
        old = self.given.get("admissionControl")
        if old is not None and old.node.value:
            self.refuse(old, "it was replaced with enableAdmissionPlugins", "write enableAdmissionPlugins")
        own = self.given.get("enableAdmissionPlugins")
        appended = self.given.get("appendAdmissionPlugins")
        for given in (own, appended if own is None or not own.items else None):
            for item in given.node.value if given is not None and isinstance(given.node.value, list) else ():
                if given is not None and item.value == "PodSecurityPolicy":
                    message = f"{given.field.name}: PodSecurityPolicy was removed in Kubernetes 1.25"
                    refuse(self.problems, message, "remove it", given.path, item.location)

    def _authentication(self) -> None:
        bootstrap = self.given.get("enableBootstrapTokenAuth")
        if bootstrap is not None and bootstrap.node.value is True:
            self.refuse(bootstrap, "it does not support bootstrap tokens", "remove it")
        config = self.given.get("authenticationConfigFile")
        if config is not None and config.text and self._oidc_options():
            message = f"it excludes {', '.join(self._oidc_options())}"
            self.refuse(config, message, "remove it, or the options of OIDC")
        claims = self.given.get("oidcRequiredClaim")
        for item in claims.node.value if claims is not None and isinstance(claims.node.value, list) else ():
            if claims is not None and "=" not in string_of(item):
                message = f"{claims.field.name}: {shown(string_of(item))} has no value: {TITLE} stops with an error"
                fail(self.problems, message, "write claim=value", claims.path, item.location)
        cert, key = self.given.get("proxyClientCertFile"), self.given.get("proxyClientKeyFile")
        alone = (cert or key) if (cert is None) != (key is None) else None
        if alone is not None:
            other = "proxyClientKeyFile" if alone is cert else "proxyClientCertFile"
            self.refuse(alone, f"{other} is not set", "remove it")

    def _oidc_options(self) -> list[str]:
        """Return the options of OIDC that are set; an empty string or list is one, too."""
        if self.cluster.api == "v1alpha2":
            return [key for key in OIDC_KEYS if key in self.given]
        section = ("authentication", "oidc")
        return [f"oidc.{name}" for name in OIDC_FIELDS.values() if self.cluster.place(*section, name) is not None]

    def _authorization(self) -> None:
        mode, on_aws = self.given.get("authorizationMode"), self.cluster.cloud == "aws"
        always = self.cluster.place("authorization", "alwaysAllow")
        if mode is None:
            if always is not None and self._uses_rbac() and on_aws:
                where = always.node.location
                refuse(self.problems, "alwaysAllow together with rbac", "remove one of them", always.path, where)
            return
        if "Webhook" in mode.text and "authorizationWebhookConfigFile" not in self.given:
            message = "Webhook requires authorizationWebhookConfigFile"
            self.refuse(mode, message, "set authorizationWebhookConfigFile")
        if self._uses_rbac() and on_aws and not {"Node", "RBAC"} <= set(mode.text.split(",")):
            self.refuse(mode, "on AWS it has to include Node and RBAC", "add Node and RBAC")
        elif self._uses_rbac() and not mode.text:
            self.refuse(mode, "it is empty", "write Node,RBAC")

    def _uses_rbac(self) -> bool:
        if self.cluster.place("authorization", "rbac") is not None:
            return True
        always = self.cluster.place("authorization", "alwaysAllow")
        return always is None and bool(fact("authorization", self.cluster.release) == "rbac")

    def _audit(self) -> None:
        policy, webhook = self.given.get("auditPolicyFile"), self.given.get("auditWebhookConfigFile")
        if webhook is None or not webhook.text:
            return
        if policy is None or not policy.text:
            self.refuse(webhook, "the audit webhook requires auditPolicyFile", "set auditPolicyFile")
        elif _directory(policy.text) != _directory(webhook.text):
            directory = _directory(policy.text)
            self.refuse(webhook, f"it is not in {shown(directory)}, like auditPolicyFile", f"move it to {directory}")


def _directory(path: str) -> str:
    """Go: filepath.Dir."""
    return posixpath.normpath(posixpath.dirname(path) or ".")


def check_versions(release: Version, kubernetes: Version, oldest: Version, node: Node) -> Iterator[Diagnostic]:
    """Yield the refusal of a Kubernetes version that a release of kOps does not support.

    A version that is too new is a warning, because it can be allowed. Kubernetes versions before `oldest`, of which
    kasc has no facts, are not checked.
    """
    supported = releases()[release]
    if kubernetes < oldest or supported <= kubernetes <= release:
        return
    is_new = kubernetes > release
    message = f"{TITLE} {spelled(release)} refuses Kubernetes {spelled(kubernetes)}: it supports {spelled(supported)}"
    message += f" to {spelled(release)}"
    hint = f"use {TITLE} {spelled(newest_for(kubernetes))}"
    if is_new:
        hint += ", or set KOPS_RUN_TOO_NEW_VERSION in the environment of kops update cluster"
    yield diagnose(
        rules.REFUSED_BY_DISTRIBUTION,
        message,
        hint,
        path="spec.kubernetesVersion",
        location=node.location,
        severity=WARNING if is_new else "",
    )
