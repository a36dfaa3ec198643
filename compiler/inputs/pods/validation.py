"""Validation of a Pod whose fields have the right types, as Kubernetes does it.

Kubernetes: pkg/apis/core/validation/validation.go, ValidatePodCreate and ValidatePodTemplateSpec, after the defaults of
pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

import re

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.inputs import PROBES
from compiler.inputs.pods.fields import FieldChecker
from compiler.inputs.pods.value_checks import SUBDOMAIN_HINT, ValueChecks, entries, int_value
from compiler.inputs.source.node import Node, find, items_of, text_of
from compiler.text import did_you_mean, shown, shown_bare
from compiler.upstream.go.strconv import InvalidValueError, parse_quantity
from compiler.upstream.names import is_label_value, is_qualified_name, is_subdomain

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_CONTAINER_VALUES = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
}
_SPEC_VALUES = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "preemptionPolicy": ("PreemptLowerPriority", "Never"),
}
HOST_PATH_TYPES = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
"""The types of a hostPath; empty for one that is not checked."""
_PROFILES = ("RuntimeDefault", "Unconfined", "Localhost")
_KEEP_ONE = "keep one of them"


class PodValidator:
    """Validates one Pod or Pod template, and reports to the checker of its fields, which has run before.

    `path` is the path of the Pod in the manifest, empty or with a trailing dot; `named` is set if the Pod needs a name.
    """

    def __init__(self, checker: FieldChecker, pod: Node, path: str, named: bool) -> None:
        self.checker = checker
        self.values = ValueChecks(checker)
        self.pod = pod
        self.path = path
        self.named = named
        self.unnamed_volume = ""
        """The path of a volume without a name, which a mount without a volume may refer to."""

    def validate(self) -> None:
        """Report every error that Kubernetes would report."""
        spec, path = find(self.pod, "spec"), f"{self.path}spec"
        self._validate_metadata()
        if spec is None or not isinstance(spec.value, dict):
            return
        for key, values in _SPEC_VALUES.items():
            self.values.one_of(spec, key, path, values)
        self._profile(spec, path)
        volumes = self._validate_volumes(spec, path)
        names: dict[str, str] = {}
        for part in ("initContainers", "containers"):
            for index, container in enumerate(items_of(spec.get(part))):
                item_path = f"{path}.{part}[{index}]"
                if isinstance(container.value, dict):
                    self.values.unique(container, "name", item_path, names, "container name")
                    self._validate_container(container, item_path, volumes)
        self._validate_host_ports(spec, path)

    def _validate_metadata(self) -> None:
        metadata, path = self.pod.get("metadata"), f"{self.path}metadata"
        has_name = metadata is not None and any(metadata.get(key) is not None for key in ("name", "generateName"))
        if self.named and not has_name:
            self.values.missing(metadata or self.pod, f"{path}.name", "name the Pod")
        if metadata is None:
            return
        name = metadata.get("name")
        if name is not None and text_of(name) and not is_subdomain(text_of(name)):
            message = f"{shown(text_of(name))} is not a valid Pod name"
            self.values.invalid(name, f"{path}.name", message, SUBDOMAIN_HINT)
        self.values.label(metadata, "namespace", path, "namespace")
        for part in ("labels", "annotations"):
            for key, value in entries(metadata.get(part)):
                item_path, text = f"{path}.{part}.{key}", text_of(value)
                if not is_qualified_name(key.lower() if part == "annotations" else key):
                    hint = "write NAME or PREFIX/NAME, with letters, digits, '-', '_' and '.'"
                    self.values.invalid(value, item_path, f"{shown(key)} is not a valid {part[:-1]} key", hint)
                elif part == "labels" and not is_label_value(text):
                    hint = "use at most 63 letters, digits, '-', '_' and '.', or make it an annotation"
                    self.values.invalid(value, item_path, f"{shown(text)} is not a valid label value", hint)

    def _validate_volumes(self, spec: Node, path: str) -> dict[str, str] | None:
        """Validate the volumes and return their paths by name; None if they cannot be read."""
        names: dict[str, str] = {}
        if f"{path}.volumes" in self.values.reported:
            return None
        for index, volume in enumerate(items_of(spec.get("volumes"))):
            item_path = f"{path}.volumes[{index}]"
            self.values.label(volume, "name", item_path, "volume name")
            self.values.unique(volume, "name", item_path, names, "volume name")
            sources = [key for key, child in entries(volume) if key != "name" and child.value is not None]
            if len(sources) > 1:
                message = f"a volume must have one source, this one has {' and '.join(sources)}"
                self.values.exclusive(volume, item_path, message, "define a volume for each source")
            host = volume.get("hostPath")
            if host is not None:
                self.values.one_of(host, "type", f"{item_path}.hostPath", HOST_PATH_TYPES)
                self.values.no_backsteps(host, "path", f"{item_path}.hostPath")
            for source, child in entries(volume):
                for number, item in enumerate(items_of(child.get("items"))):
                    self.values.relative(item, "path", f"{item_path}.{source}.items[{number}]")
            if f"{item_path}.name" in self.values.reported and not text_of(volume.get("name")):
                self.unnamed_volume = item_path
        return names

    def _validate_container(self, container: Node, path: str, volumes: dict[str, str] | None) -> None:
        self.values.label(container, "name", path, "container name")
        image = container.get("image")
        if image is None or image.value in (None, ""):
            self.values.missing(container, f"{path}.image", "set image")
        elif text_of(image).strip() != text_of(image):
            message = f"{shown(text_of(image))} has leading or trailing white space"
            self.values.invalid(image, f"{path}.image", message, "remove the white space")
        for key, values in _CONTAINER_VALUES.items():
            self.values.one_of(container, key, path, values)
        self._profile(container, path)
        self._validate_mounts(container, path, volumes)
        self._validate_ports(container, path)
        for index, variable in enumerate(items_of(container.get("env"))):
            validate_variable(self.values, variable, f"{path}.env[{index}]")
        for probe in PROBES:
            self._validate_probe(container.get(probe), f"{path}.{probe}")
        self._validate_resources(container, path)

    def _validate_mounts(self, container: Node, path: str, volumes: dict[str, str] | None) -> None:
        paths: dict[str, str] = {}
        for index, mount in enumerate(items_of(container.get("volumeMounts"))):
            item_path = f"{path}.volumeMounts[{index}]"
            name = mount.get("name")
            text = text_of(name)
            if name is not None and text and volumes is not None and text not in volumes:
                known = [] if self.checker.is_full else list(volumes)[:MAX_FINDINGS]
                hint = did_you_mean(text, known) or f"add a volume with this name to {self.path}spec.volumes"
                if self.unnamed_volume:
                    hint = f"set name: {shown_bare(text)} in {self.unnamed_volume}, if it is this volume"
                message = f"volume {shown(text)} not found"
                self.values.report(rules.VOLUME_MOUNT_WITHOUT_VOLUME, name, f"{item_path}.name", message, hint)
            self.values.unique(mount, "mountPath", item_path, paths, "mount path")
            mount_path = mount.get("mountPath")
            if mount_path is not None and ":" in text_of(mount_path):
                message = f"{shown(text_of(mount_path))} contains ':'"
                self.values.invalid(mount_path, f"{item_path}.mountPath", message, "use a path without ':'")
            for key in ("subPath", "subPathExpr"):
                self.values.relative(mount, key, item_path)
            if text_of(mount.get("subPath")) and text_of(mount.get("subPathExpr")):
                self.values.exclusive(mount, item_path, "subPath and subPathExpr are mutually exclusive", _KEEP_ONE)
            self.values.one_of(mount, "mountPropagation", item_path, ("None", "HostToContainer", "Bidirectional"))

    def _validate_ports(self, container: Node, path: str) -> None:
        names: dict[str, str] = {}
        for index, port in enumerate(items_of(container.get("ports"))):
            item_path = f"{path}.ports[{index}]"
            self.values.unique(port, "name", item_path, names, "port name")
            self.values.one_of(port, "protocol", item_path, ("TCP", "UDP", "SCTP"))
            if text_of(port.get("name")):
                self.values.port(port, "name", item_path)
            for key in ("containerPort", "hostPort"):
                self.values.port(port, key, item_path)

    def _validate_probe(self, probe: Node | None, path: str) -> None:
        if probe is None or not isinstance(probe.value, dict):
            return
        handlers = [key for key in _HANDLERS if (child := probe.get(key)) is not None and child.value is not None]
        if len(handlers) != 1:
            actual = " and ".join(handlers) if handlers else f"none of {', '.join(_HANDLERS)}"
            message = f"a probe must have one handler, this one has {actual}"
            self.values.exclusive(probe, path, message, "keep or add exactly one")
        for key in _HANDLERS[1:]:
            handler = probe.get(key)
            if handler is not None:
                self.values.port(handler, "port", f"{path}.{key}")
                self.values.one_of(handler, "scheme", f"{path}.{key}", ("HTTP", "HTTPS"))
        for key, node in entries(probe):
            if int_value(node) < 0:
                self.values.invalid(node, f"{path}.{key}", f"{node.text} is negative", "write 0 or more")
        threshold = probe.get("successThreshold")
        if threshold is not None and int_value(threshold) > 1 and not path.endswith("readinessProbe"):
            self.values.invalid(threshold, f"{path}.successThreshold", f"{threshold.text} is not 1", "remove it")

    def _validate_resources(self, container: Node, path: str) -> None:
        amounts: dict[tuple[str, str], int] = {}
        for part in ("requests", "limits"):
            for name, node in entries(find(container, "resources", part)):
                item_path = f"{path}.resources.{part}.{name}"
                try:
                    amount = parse_quantity(node.text)
                except InvalidValueError as refusal:
                    self.values.invalid(node, item_path, refusal.message, refusal.hint)
                    continue
                amounts[part, name] = amount
                if amount < 0:
                    self.values.invalid(node, item_path, f"{shown(node.text)} is negative", "write 0 or more")
                elif part == "limits" and amounts.get(("requests", name), 0) > amount:
                    message = f"the limit {shown(node.text)} is below the request"
                    self.values.invalid(node, item_path, message, "raise the limit, or lower the request")

    def _profile(self, parent: Node, path: str) -> None:
        profile = find(parent, "securityContext", "seccompProfile")
        if profile is not None:
            self.values.one_of(profile, "type", f"{path}.securityContext.seccompProfile", _PROFILES)

    def _validate_host_ports(self, spec: Node, path: str) -> None:
        """Check that host ports are unique and, with hostNetwork, equal to the container ports."""
        network = spec.get("hostNetwork")
        on_host = network is not None and network.value is True
        first: dict[tuple[str, str, int], str] = {}
        for number, container in enumerate(items_of(spec.get("containers"))):
            for index, port in enumerate(items_of(container.get("ports"))):
                item_path, host = f"{path}.containers[{number}].ports[{index}]", port.get("hostPort")
                container_port, host_port = int_value(port.get("containerPort")), int_value(host)
                if host is not None and on_host and host_port and host_port != container_port:
                    message = f"with hostNetwork, hostPort {host_port} must equal containerPort {container_port}"
                    self.values.invalid(host, f"{item_path}.hostPort", message, "remove hostPort")
                used = host_port or (container_port if on_host else 0)
                key = (text_of(port.get("protocol")) or "TCP", text_of(port.get("hostIP")), used)
                if used and key in first:
                    message = f"duplicate host port {used}, first at {first[key]}"
                    self.values.duplicate(port, item_path, message, "keep one of the two")
                first.setdefault(key, item_path)


def validate_variable(values: ValueChecks, variable: Node, path: str) -> None:
    """Report an invalid name of an environment variable, and sources that exclude each other."""
    name, source = variable.get("name"), variable.get("valueFrom")
    if name is not None and text_of(name) and not re.fullmatch("[ -<>-~]+", text_of(name)):
        message = f"{shown(text_of(name))} is not a valid environment variable name"
        values.invalid(name, f"{path}.name", message, "use letters, digits and '_'")
    if source is None or not isinstance(source.value, dict):
        return
    if text_of(variable.get("value")):
        values.exclusive(variable, path, "value and valueFrom are mutually exclusive", _KEEP_ONE)
    elif sum(child.value is not None for child in source.value.values()) != 1:
        values.exclusive(source, f"{path}.valueFrom", "exactly one source is required", _KEEP_ONE)
