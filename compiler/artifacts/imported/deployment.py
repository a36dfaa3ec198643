"""The section `deployment` of an imported document: the Pod around the server, and what is only known at run time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from compiler.apiserver.context import ServerContext
from compiler.artifacts.pod import default_image
from compiler.inputs import PROBES, ServerInput
from compiler.inputs.importers.container import Environment
from compiler.inputs.importers.key_material import find_secrets
from compiler.inputs.pods.manifest import check_deployment
from compiler.inputs.schema import conforms, load_schema
from compiler.inputs.source.node import Node, find, items_of, node_of, text_of
from compiler.upstream.go.net import join

_OF_NODE = {"HOST_IP": "status.hostIP", "POD_IP": "status.podIP", "NODE_NAME": "spec.nodeName"}
"""Variables that importers of distributions use for facts of the node -> the field of the Pod that has them."""
_VARIABLE = r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)"
_LABELS = {"component": "kube-apiserver", "tier": "control-plane"}
_GENERATED_ANNOTATIONS = ("kubernetes.io/config.", "kubectl.kubernetes.io/last-applied-configuration")
_OF_POD = ("priorityClassName", "hostNetwork", "terminationGracePeriodSeconds", "securityContext")
_OF_CONTAINER = ("imagePullPolicy", "resources")
# Fields that a document has elsewhere, that kasc generates, or that only repeat a default.
_KNOWN_OF_POD = frozenset(
    (*_OF_POD, "containers", "volumes", "restartPolicy", "dnsPolicy", "enableServiceLinks", "nodeName", "priority")
)
_KNOWN_OF_CONTAINER = frozenset(
    (
        *(*_OF_CONTAINER, *PROBES, "name", "image", "command", "args", "env", "volumeMounts"),
        *("terminationMessagePath", "terminationMessagePolicy"),
    )
)


def deployment_of(context: ServerContext, version: str, notes: list[str]) -> dict[str, Any]:
    """Return the section `deployment`; what it cannot contain is added to `notes`.

    `version` is the Kubernetes version of the document.
    """
    given = context.input
    result: dict[str, Any] = {}
    if given.deployment is not None:
        plain = given.deployment.plain()
        result = plain if isinstance(plain, dict) else {}
    elif given.container is not None and given.pod_spec is not None:
        result = _of_pod(given.container, given.pod_spec, given.metadata, version)
        result = _without_invalid(context, result, notes)
        if given.dialect is None:
            notes += _not_imported(given.container, given.pod_spec)
    _declare_unknown(given, result)
    return result


def _of_pod(container: Node, spec: Node, metadata: Node | None, version: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    image = text_of(container.get("image"))
    if image and image != default_image(version):
        result["image"] = image
    result |= {key: node.plain() for key in _OF_CONTAINER if (node := container.get(key)) is not None}
    result |= _metadata(metadata)
    result |= {key: node.plain() for key in _OF_POD if (node := spec.get(key)) is not None}
    # The Pod that kasc writes uses the node's network unless the document says otherwise.
    result.setdefault("hostNetwork", False)
    if volumes := _volumes(container, spec):
        result["extraVolumes"] = volumes
    if variables := [_variable(entry) for entry in items_of(container.get("env"))]:
        result["env"] = variables
    return {key: value for key, value in result.items() if value not in (None, {}) and _is_needed(key, value)}


def _is_needed(key: str, value: Any) -> bool:
    """Return whether a value differs from that of the Pod that kasc writes."""
    defaults = {
        "imagePullPolicy": "IfNotPresent",
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "name": "kube-apiserver",
        "namespace": "kube-system",
    }
    return key not in defaults or defaults[key] != value


def _metadata(metadata: Node | None) -> dict[str, Any]:
    """Return name, namespace, labels and annotations of a Pod, without what Kubernetes adds."""
    if metadata is None:
        return {}
    result: dict[str, Any] = {key: text_of(node) for key in ("name", "namespace") if (node := metadata.get(key))}
    for key, generated in (("labels", ()), ("annotations", _GENERATED_ANNOTATIONS)):
        node = metadata.get(key)
        values = node.value if node is not None and isinstance(node.value, dict) else {}
        result[key] = {
            name: text_of(item)
            for name, item in values.items()
            if not name.startswith(generated or "\0") and _LABELS.get(name) != item.value
        }
    return result


def _volumes(container: Node, spec: Node) -> list[dict[str, Any]]:
    """Return the hostPath volumes that the container mounts."""
    volumes = {text_of(volume.get("name")): volume for volume in items_of(spec.get("volumes"))}
    environment = Environment(container)
    result: list[dict[str, Any]] = []
    for mount in items_of(container.get("volumeMounts")):
        name, path = text_of(mount.get("name")), text_of(mount.get("mountPath"))
        host = find(volumes[name], "hostPath") if name in volumes else None
        sub_path = _sub_path(mount, environment)
        if host is None or sub_path is None:
            continue
        number = sum(each["name"].startswith(name) for each in result)
        volume: dict[str, Any] = {
            "name": f"{name}-{number + 1}" if any(each["name"] == name for each in result) else name,
            "hostPath": join(text_of(host.get("path")), sub_path) if sub_path else text_of(host.get("path")),
            "mountPath": path,
        }
        read_only, kind = mount.get("readOnly"), host.get("type")
        if read_only is not None and read_only.value is True:
            volume["readOnly"] = True
        if text_of(kind) and not sub_path:
            volume["pathType"] = text_of(kind)
        result.append(volume)
    return result


def _sub_path(mount: Node, environment: Environment) -> str | None:
    """Return the path inside a volume that is mounted; None if only the kubelet knows it."""
    expression = mount.get("subPathExpr")
    if expression is not None and text_of(expression):
        return environment.whole(text_of(expression), expression)
    return text_of(mount.get("subPath"))


def _variable(entry: Node) -> dict[str, Any]:
    name, source = text_of(entry.get("name")), entry.get("valueFrom")
    if source is not None and source.value is not None:
        return {"name": name, "valueFrom": source.plain()}
    value = entry.get("value")
    return {"name": name, "value": (text_of(value) or value.text) if value is not None else ""}


def _without_invalid(context: ServerContext, section: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the section without values that a document cannot have, and without literal secrets."""
    version = context.catalog.version
    schema = load_schema(version, "apiserver.schema.json")["properties"]["deployment"]["properties"]
    result: dict[str, Any] = {}
    for key, value in section.items():
        items = value if isinstance(value, list) else [value]
        valid = []
        for item in items:
            part = {key: [item] if isinstance(value, list) else item}
            node = node_of(part)
            if not conforms(node.at((key,)), schema[key], lambda name: load_schema(version, name)):
                notes.append(f"not imported: {_label(key, item)}, which has no key in a document")
            elif next(find_secrets({}, node, context.catalog), None) is not None:
                notes.append(f"not imported: {_label(key, item)}, which contains a secret")
            elif (problem := next(iter(check_deployment(node)), None)) is not None:
                notes.append(f"not imported: {problem.message}")
            else:
                valid.append(item)
        if valid:
            result[key] = valid if isinstance(value, list) else valid[0]
    return result


def _label(key: str, item: Any) -> str:
    name = item.get("name") if isinstance(item, dict) else None
    return f"{key} {name}" if isinstance(name, str) else key


def _not_imported(container: Node, spec: Node) -> Iterator[str]:
    """Yield a note for the fields of the Pod that have no key in a document."""
    fields = [f"spec.{key}" for key in _keys(spec) if key not in _KNOWN_OF_POD]
    fields += [f"the container's {key}" for key in _keys(container) if key not in _KNOWN_OF_CONTAINER]
    others = [text_of(other.get("name")) for other in items_of(spec.get("containers")) if other is not container]
    fields += [f"container {name}" for name in others]
    for volume in items_of(spec.get("volumes")):
        source = next((key for key in _keys(volume) if key != "name"), "emptyDir")
        if source != "hostPath":
            fields.append(f"volume {text_of(volume.get('name'))} ({source})")
    if fields:
        yield f"not imported: {', '.join(fields)}"


def _keys(node: Node) -> Iterable[str]:
    return [key for key, child in node.value.items() if child.value is not None] if isinstance(node.value, dict) else ()


def _declare_unknown(given: ServerInput, deployment: dict[str, Any]) -> None:
    """Declare the variables that the flags contain and that only the running server knows."""
    declared = {each["name"] for each in deployment.get("env", ()) if "valueFrom" in each}
    placeholders: list[str] = list(deployment.get("placeholders", ()))
    on_node = given.dialect is not None or given.read_as == "argv"
    for argument in given.arguments:
        match = re.fullmatch(_VARIABLE, argument.unknown)
        if not argument.unknown or argument.unknown in placeholders or (match and match[1] in declared):
            continue
        if match and on_node and match[1] in _OF_NODE:
            source = {"fieldRef": {"fieldPath": _OF_NODE[match[1]]}}
            deployment.setdefault("env", []).append({"name": match[1], "valueFrom": source})
            declared.add(match[1])
        elif given.read_as != "document":
            placeholders.append(argument.unknown)
    if placeholders:
        deployment["placeholders"] = placeholders
