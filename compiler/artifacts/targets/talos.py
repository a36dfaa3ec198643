"""The target `talos`: a patch of the machine configuration of control plane nodes.

Talos: pkg/machinery/config/types/v1alpha1/v1alpha1_types.go; internal/app/machined/pkg/controllers/k8s.
"""

from __future__ import annotations

import posixpath
from typing import Any

from compiler.artifacts.files import content_of
from compiler.artifacts.pod import image
from compiler.artifacts.targets.flags import ADVERTISE, Difference, Extras
from compiler.artifacts.targets.form import Form, Reason
from compiler.artifacts.targets.volumes import extra_volumes
from compiler.inputs.dialects.talos.facts import facts_of, nearest_release, releases
from compiler.text import shown
from compiler.upstream.catalog.facts import minor_of

PORT = 6443
_SCHEMA = "https://www.talos.dev/v{}/schemas/config.schema.json"
_OWN = (
    *("/system/secrets/kubernetes/kube-apiserver", "/system/config/kubernetes/kube-apiserver"),
    *("/var/log/audit/kube", "/etc/ssl/certs"),
)
"""Directories that Talos mounts."""
_INLINE = {
    "audit-policy-file": "auditPolicy",
    "admission-control-config-file": "admissionControl",
    "authorization-config": "authorizationConfig",
}
"""Flags of files that Talos renders from a field below cluster.apiServer."""


class Talos(Form):
    """The fields of cluster from which flags follow; all other flags are in extraArgs."""

    expands = True

    def releases(self) -> list[str]:
        """Return the release of a configuration of Talos, or those that support the version of Kubernetes."""
        (release,) = super().releases()
        minor = minor_of(self.version)
        supporting = [each for each in reversed(releases()) if facts_of(each).supports(minor)]
        return [release] if release else supporting or [releases()[-1]]

    def write(self, extras: Extras) -> str:
        """Return the patch."""
        server: dict[str, Any] = {"image": image(self.wanted.resolved)}
        arguments = self._arguments(extras)
        server |= {"extraArgs": arguments} if arguments else {}
        server |= self._inline()
        if volumes := self._volumes():
            server["extraVolumes"] = volumes
        if variables := self.variables():
            server["env"] = variables
        cluster: dict[str, Any] = {"apiServer": server}
        if subnets := self.wanted.text("service-cluster-ip-range"):
            cluster["network"] = {"serviceSubnets": subnets.split(",")}
        port = self.wanted.flags.number("secure-port")
        if port != PORT:
            cluster["controlPlane"] = {"localAPIServerPort": port}
        schema = f"yaml-language-server: $schema={_SCHEMA.format('.'.join(self.release.split('.')[:2]))}"
        command = (
            f"A patch of control plane nodes: talosctl patch machineconfig --nodes NODE --patch @{self.target.file}"
        )
        return self.commented(f"{schema}\n{command}", {"cluster": cluster})

    def reason(self, difference: Difference) -> Reason | None:
        """Return the reason for the lists that Talos completes, and for the flags that it refuses."""
        flag, passed = difference.flag, difference.passed
        policies = facts_of(nearest_release(self.release)).policies("legacy")
        if passed is None or flag not in policies.additive | policies.denied:
            return None
        value, omit = shown(",".join(passed)), f"omit {self.target.name} in --emit"
        if flag in policies.denied:
            message = f"Talos sets --{flag} to {value} and refuses it in extraArgs"
            return Reason(flag, message, f"use the value of Talos, or {omit}")
        message = f"Talos would set --{flag} to {value}: it only adds to its own values"
        return Reason(flag, message, f"begin with the values of Talos, or {omit}")

    def _arguments(self, extras: Extras) -> dict[str, Any]:
        """Return extraArgs: strings, lists for repeated flags, an empty string for a flag that must not be set."""
        given: dict[str, Any] = {
            flag: texts[0] if len(texts) == 1 else texts
            for flag, texts in extras.given.items()
            if not self._is_inline(flag)
        }
        unset = {flag: "" if flag in extras.exclusive else default for flag, default in extras.unset.items()}
        if facts_of(nearest_release(self.release)).has("lists"):
            address = {} if self.wanted.has_node_address or ADVERTISE in self.wanted.lines else {ADVERTISE: ""}
            unset = dict.fromkeys(unset, "") | address
        return given | unset

    def _inline(self) -> dict[str, Any]:
        """Return the structured files that are fields."""
        fields = {field: self._content(flag) for flag, field in _INLINE.items() if self._is_inline(flag)}
        return {field: content for field, content in fields.items() if content}

    def _is_inline(self, flag: str) -> bool:
        return flag in _INLINE and self._content(flag) is not None

    def _content(self, flag: str) -> Any:
        """Return the content of a structured file in the form of its field; None if it does not have this form."""
        file = self.wanted.file(flag)
        content = content_of(self.wanted.resolved, file) if file is not None else None
        if flag == "audit-policy-file" or not isinstance(content, dict):
            return content
        if flag == "authorization-config":
            return content.get("authorizers")
        plugins = content.get("plugins")
        inline = isinstance(plugins, list) and all(isinstance(each, dict) and "path" not in each for each in plugins)
        return plugins if inline else None

    def _volumes(self) -> list[dict[str, Any]]:
        """Return the volumes that Talos does not add, without those of files that it renders."""
        rendered = {posixpath.dirname(self.wanted.text(flag)) for flag in _INLINE if self._is_inline(flag)}
        others = {
            posixpath.dirname(text)
            for flag, texts in self.wanted.lines.items()
            for text in texts
            if not self._is_inline(flag)
        }
        volumes = []
        for volume in extra_volumes(self, _OWN):
            path = volume["mountPath"]
            if path in _OWN or (path in rendered and path not in others):
                continue
            volumes.append(
                {"hostPath": volume["hostPath"], "mountPath": path}
                | ({"readonly": True} if "readOnly" in volume else {})
            )
        return volumes
