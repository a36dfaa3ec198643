"""What Kubernetes refuses of a Pod whose fields have the right types.

Kubernetes: pkg/apis/core/validation/validation.go, ValidatePodCreate and ValidatePodTemplateSpec, after the defaults of
pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler import rules
from compiler.bounds import MAX_FINDINGS
from compiler.inputs.importers.container import find, items_of, text_of
from compiler.inputs.pods.fields import FieldChecker, opening
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import shown
from compiler.text.suggest import did_you_mean
from compiler.upstream.names import is_label, is_label_value, is_qualified_name, is_subdomain

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_WORDS = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
}
_SPEC_WORDS = {
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "preemptionPolicy": ("PreemptLowerPriority", "Never"),
}
_HOST_PATHS = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
_PROFILES = ("RuntimeDefault", "Unconfined", "Localhost")
_LABEL_HINT = "use at most 63 lowercase letters, digits and '-'"
_PORT_HINT = "use at most 15 lowercase letters, digits and '-'"


class PodValidator:
    """Validates one Pod or Pod template; findings go to a checker of its fields, which has run before.

    `path` leads to the Pod, empty or with a dot at its end; `named` tells that the Pod needs a name of its own.
    """

    def __init__(self, checker: FieldChecker, pod: Node, path: str, named: bool) -> None:
        self.checker = checker
        self.pod = pod
        self.path = path
        self.named = named
        self.wrong = {problem.path for problem in checker.problems}
        self.unnamed = ""
        """A volume without a name, which a mount without a volume may mean."""

    def validate(self) -> None:
        """Report everything that Kubernetes would refuse."""
        spec, path = find(self.pod, "spec"), f"{self.path}spec"
        self._validate_metadata()
        if spec is None or not isinstance(spec.value, dict):
            return
        for key, words in _SPEC_WORDS.items():
            self._one_of(spec, key, path, words)
        self._profile(spec, path)
        volumes = self._validate_volumes(spec, path)
        names: dict[str, str] = {}
        for part in ("initContainers", "containers"):
            for index, container in enumerate(items_of(spec.get(part))):
                inside = f"{path}.{part}[{index}]"
                if isinstance(container.value, dict):
                    self._unique(container, "name", inside, names, "container name")
                    self._validate_container(container, inside, volumes)
        self._validate_host_ports(spec, path)

    def _refuse(self, rule: Rule, node: Node, path: str, message: str, hint: str) -> None:
        """Report a value, unless something else is wrong with it already."""
        if path not in self.wrong and not self.checker.is_full:
            self.wrong.add(path)
            self.checker.report(rule, f"{path}: {message}", hint, path, opening(node))

    def _one_of(self, parent: Node, key: str, path: str, words: tuple[str, ...]) -> None:
        node = parent.get(key)
        if node is not None and isinstance(node.value, str) and node.value not in words:
            hint = did_you_mean(node.value, words) or f"write {', '.join(word for word in words if word)}"
            self._refuse(
                rules.UNSUPPORTED_POD_VALUE, node, f"{path}.{key}", f"{shown(node.value)} is not supported", hint
            )

    def _label(self, parent: Node, key: str, path: str, what: str) -> None:
        node = parent.get(key)
        text = text_of(node)
        if node is not None and text and not is_label(text):
            self._refuse(
                rules.INVALID_POD_VALUE, node, f"{path}.{key}", f"{shown(text)} is not a valid {what}", _LABEL_HINT
            )

    def _unique(self, parent: Node, key: str, path: str, seen: dict[str, str], what: str) -> None:
        node = parent.get(key)
        text = text_of(node)
        if node is not None and text:
            if text in seen:
                message = f"duplicate {what} {shown(text)}, first at {seen[text]}"
                self._refuse(
                    rules.DUPLICATE_POD_VALUE, node, f"{path}.{key}", message, "rename or remove one of the two"
                )
            seen.setdefault(text, path)

    def _validate_metadata(self) -> None:
        metadata, path = self.pod.get("metadata"), f"{self.path}metadata"
        given = metadata is not None and any(metadata.get(key) is not None for key in ("name", "generateName"))
        if self.named and not given:
            self._refuse(
                rules.MISSING_POD_FIELD,
                metadata or self.pod,
                f"{path}.name",
                "it is missing, and required",
                "name the Pod",
            )
        if metadata is None:
            return
        name = metadata.get("name")
        if name is not None and text_of(name) and not is_subdomain(text_of(name)):
            message = f"{shown(text_of(name))} is not a valid name of a Pod"
            self._refuse(
                rules.INVALID_POD_VALUE, name, f"{path}.name", message, "use lowercase letters, digits, '-' and '.'"
            )
        self._label(metadata, "namespace", path, "namespace")
        for part in ("labels", "annotations"):
            for key, value in _entries(metadata.get(part)):
                inside, text = f"{path}.{part}.{key}", text_of(value)
                if not is_qualified_name(key.lower() if part == "annotations" else key):
                    hint = "write NAME or PREFIX/NAME, with letters, digits, '-', '_' and '.'"
                    self._refuse(
                        rules.INVALID_POD_VALUE, value, inside, f"{shown(key)} is not a valid key of {part}", hint
                    )
                elif part == "labels" and not is_label_value(text):
                    hint = "use at most 63 letters, digits, '-', '_' and '.', or make it an annotation"
                    self._refuse(
                        rules.INVALID_POD_VALUE, value, inside, f"{shown(text)} is not a valid value of a label", hint
                    )

    def _validate_volumes(self, spec: Node, path: str) -> dict[str, str] | None:
        """The names of the volumes, with their paths; None if they cannot be read."""
        names: dict[str, str] = {}
        if f"{path}.volumes" in self.wrong:
            return None
        for index, volume in enumerate(items_of(spec.get("volumes"))):
            inside = f"{path}.volumes[{index}]"
            self._label(volume, "name", inside, "volume name")
            self._unique(volume, "name", inside, names, "volume name")
            sources = [key for key, child in _entries(volume) if key != "name" and child.value is not None]
            if len(sources) > 1:
                message = f"a volume has one source, this one has {' and '.join(sources)}"
                self._refuse(
                    rules.MUTUALLY_EXCLUSIVE_POD_FIELDS, volume, inside, message, "make one volume for each source"
                )
            host = volume.get("hostPath")
            if host is not None:
                self._one_of(host, "type", f"{inside}.hostPath", _HOST_PATHS)
                self._no_backsteps(host, "path", f"{inside}.hostPath")
            for source, child in _entries(volume):
                for number, item in enumerate(items_of(child.get("items"))):
                    self._relative(item, "path", f"{inside}.{source}.items[{number}]")
            if f"{inside}.name" in self.wrong and not text_of(volume.get("name")):
                self.unnamed = inside
        return names

    def _no_backsteps(self, parent: Node, key: str, path: str) -> bool:
        node = parent.get(key)
        if node is None or ".." not in text_of(node).split("/"):
            return True
        message = f"{shown(text_of(node))} has .. between its slashes"
        self._refuse(rules.INVALID_POD_VALUE, node, f"{path}.{key}", message, "write the path without ..")
        return False

    def _relative(self, parent: Node, key: str, path: str) -> None:
        node = parent.get(key)
        if self._no_backsteps(parent, key, path) and node is not None and text_of(node).startswith("/"):
            message = f"{shown(text_of(node))} is not a relative path"
            self._refuse(rules.INVALID_POD_VALUE, node, f"{path}.{key}", message, "remove the slash at the start")

    def _validate_container(self, container: Node, path: str, volumes: dict[str, str] | None) -> None:
        self._label(container, "name", path, "container name")
        image = container.get("image")
        if image is None or image.value in (None, ""):
            self._refuse(
                rules.MISSING_POD_FIELD, container, f"{path}.image", "it is missing, and required", "set image"
            )
        elif text_of(image).strip() != text_of(image):
            message = f"{shown(text_of(image))} has white space around it"
            self._refuse(rules.INVALID_POD_VALUE, image, f"{path}.image", message, "remove the white space")
        for key, words in _WORDS.items():
            self._one_of(container, key, path, words)
        self._profile(container, path)
        self._validate_mounts(container, path, volumes)
        self._validate_ports(container, path)
        for index, variable in enumerate(items_of(container.get("env"))):
            self._validate_variable(variable, f"{path}.env[{index}]")
        for probe in PROBES:
            self._validate_probe(container.get(probe), f"{path}.{probe}")
        self._validate_resources(container, path)

    def _validate_mounts(self, container: Node, path: str, volumes: dict[str, str] | None) -> None:
        paths: dict[str, str] = {}
        for index, mount in enumerate(items_of(container.get("volumeMounts"))):
            inside = f"{path}.volumeMounts[{index}]"
            name = mount.get("name")
            text = text_of(name)
            if name is not None and text and volumes is not None and text not in volumes:
                known = [] if self.checker.is_full else list(volumes)[:MAX_FINDINGS]
                hint = did_you_mean(text, known) or f"add a volume with this name to {self.path}spec.volumes"
                if self.unnamed:
                    hint = f"set name: {shown(text)[1:-1]} in {self.unnamed}, if it is this volume"
                self._refuse(
                    rules.VOLUME_MOUNT_WITHOUT_VOLUME, name, f"{inside}.name", f"there is no volume {shown(text)}", hint
                )
            self._unique(mount, "mountPath", inside, paths, "mount path")
            where = mount.get("mountPath")
            if where is not None and ":" in text_of(where):
                message = f"{shown(text_of(where))} has a colon, and cannot be mounted"
                self._refuse(rules.INVALID_POD_VALUE, where, f"{inside}.mountPath", message, "use another path")
            for key in ("subPath", "subPathExpr"):
                self._relative(mount, key, inside)
            if text_of(mount.get("subPath")) and text_of(mount.get("subPathExpr")):
                self._refuse(
                    rules.MUTUALLY_EXCLUSIVE_POD_FIELDS,
                    mount,
                    inside,
                    "subPath and subPathExpr are both set",
                    "keep one of them",
                )
            self._one_of(mount, "mountPropagation", inside, ("None", "HostToContainer", "Bidirectional"))

    def _validate_ports(self, container: Node, path: str) -> None:
        names: dict[str, str] = {}
        for index, port in enumerate(items_of(container.get("ports"))):
            inside = f"{path}.ports[{index}]"
            self._unique(port, "name", inside, names, "port name")
            self._one_of(port, "protocol", inside, ("TCP", "UDP", "SCTP"))
            if text_of(port.get("name")):
                self._port(port, "name", inside)
            for key in ("containerPort", "hostPort"):
                self._port(port, key, inside)

    def _validate_variable(self, variable: Node, path: str) -> None:
        name, source = variable.get("name"), variable.get("valueFrom")
        if name is not None and text_of(name) and not re.fullmatch("[ -<>-~]+", text_of(name)):
            message = f"{shown(text_of(name))} is not a valid name of a variable"
            self._refuse(rules.INVALID_POD_VALUE, name, f"{path}.name", message, "use letters, digits and '_'")
        if source is None or not isinstance(source.value, dict):
            return
        if text_of(variable.get("value")):
            self._refuse(
                rules.MUTUALLY_EXCLUSIVE_POD_FIELDS,
                variable,
                path,
                "value and valueFrom are both set",
                "keep one of them",
            )
        elif sum(child.value is not None for child in source.value.values()) != 1:
            self._refuse(
                rules.MUTUALLY_EXCLUSIVE_POD_FIELDS,
                source,
                f"{path}.valueFrom",
                "it needs exactly one source",
                "keep one of them",
            )

    def _validate_probe(self, probe: Node | None, path: str) -> None:
        if probe is None or not isinstance(probe.value, dict):
            return
        handlers = [key for key in _HANDLERS if (child := probe.get(key)) is not None and child.value is not None]
        if len(handlers) != 1:
            named = f"it has {' and '.join(handlers)}" if handlers else f"it has none of {', '.join(_HANDLERS)}"
            self._refuse(
                rules.MUTUALLY_EXCLUSIVE_POD_FIELDS,
                probe,
                path,
                f"a probe has one handler, {named}",
                "keep or add exactly one",
            )
        for key in _HANDLERS[1:]:
            handler = probe.get(key)
            if handler is not None:
                self._port(handler, "port", f"{path}.{key}")
                self._one_of(handler, "scheme", f"{path}.{key}", ("HTTP", "HTTPS"))
        for key, node in _entries(probe):
            if _number(node) < 0:
                self._refuse(
                    rules.INVALID_POD_VALUE, node, f"{path}.{key}", f"{node.text} is negative", "write 0 or more"
                )
        threshold = probe.get("successThreshold")
        if threshold is not None and _number(threshold) > 1 and not path.endswith("readinessProbe"):
            self._refuse(
                rules.INVALID_POD_VALUE,
                threshold,
                f"{path}.successThreshold",
                f"{threshold.text} is not 1",
                "remove it",
            )

    def _port(self, parent: Node, key: str, path: str) -> None:
        """The number of a port, or its name. Kubernetes: ValidatePortNumOrName."""
        node = parent.get(key)
        if node is None or node.value is None:
            return
        if isinstance(node.value, str):
            if not is_port_name(node.value):
                hint = f"write {node.value} without quotes" if node.value.isdecimal() and key != "name" else _PORT_HINT
                message = f"{shown(node.value)} is not a valid name of a port"
                self._refuse(rules.INVALID_POD_VALUE, node, f"{path}.{key}", message, hint)
        elif not 1 <= _number(node) <= 65535 and not (key == "hostPort" and _number(node) == 0):
            message = f"{node.text} is not a port: it is outside 1 to 65535"
            self._refuse(rules.INVALID_POD_VALUE, node, f"{path}.{key}", message, "write a port such as 6443")

    def _validate_resources(self, container: Node, path: str) -> None:
        from compiler.upstream.go.strconv import InvalidValueError, parse_quantity

        amounts: dict[tuple[str, str], int] = {}
        for part in ("requests", "limits"):
            for name, node in _entries(find(container, "resources", part)):
                inside = f"{path}.resources.{part}.{name}"
                try:
                    amount = parse_quantity(node.text)
                except InvalidValueError as refusal:
                    self._refuse(rules.INVALID_POD_VALUE, node, inside, refusal.message, refusal.hint)
                    continue
                amounts[part, name] = amount
                if amount < 0:
                    self._refuse(
                        rules.INVALID_POD_VALUE, node, inside, f"{shown(node.text)} is negative", "write 0 or more"
                    )
                elif part == "limits" and amounts.get(("requests", name), 0) > amount:
                    message = f"the limit {shown(node.text)} is below the request"
                    self._refuse(
                        rules.INVALID_POD_VALUE, node, inside, message, "raise the limit, or lower the request"
                    )

    def _profile(self, parent: Node, path: str) -> None:
        profile = find(parent, "securityContext", "seccompProfile")
        if profile is not None:
            self._one_of(profile, "type", f"{path}.securityContext.seccompProfile", _PROFILES)

    def _validate_host_ports(self, spec: Node, path: str) -> None:
        """With hostNetwork, a hostPort is the containerPort; no two are the same."""
        network = spec.get("hostNetwork")
        on_host = network is not None and network.value is True
        seen: dict[tuple[str, str, int], str] = {}
        for number, container in enumerate(items_of(spec.get("containers"))):
            for index, port in enumerate(items_of(container.get("ports"))):
                inside, host = f"{path}.containers[{number}].ports[{index}]", port.get("hostPort")
                own, given = _number(port.get("containerPort")), _number(host)
                if host is not None and on_host and given and given != own:
                    message = f"with hostNetwork, hostPort {given} has to be the containerPort {own}"
                    self._refuse(rules.INVALID_POD_VALUE, host, f"{inside}.hostPort", message, "remove hostPort")
                used = given or (own if on_host else 0)
                key = (text_of(port.get("protocol")) or "TCP", text_of(port.get("hostIP")), used)
                if used and key in seen:
                    message = f"duplicate host port {used}, first at {seen[key]}"
                    self._refuse(rules.DUPLICATE_POD_VALUE, port, inside, message, "keep one of the two")
                seen.setdefault(key, inside)


def is_port_name(text: str) -> bool:
    """Whether a text can name a port. Kubernetes: apimachinery/pkg/util/validation, IsValidPortName."""
    return re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", text) is not None and len(text) <= 15 and not _is_digits(text)


def _is_digits(text: str) -> bool:
    return not any(letter.isalpha() for letter in text)


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None and isinstance(node.value, dict):
        yield from node.value.items()


def _number(node: Node | None) -> int:
    value = node.value if node is not None else None
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
    return int(value) if number and isinstance(value, int | float) else 0
