"""The section `deployment` of a document: what Kubernetes itself would refuse of the Pod that it asks for.

Kubernetes: pkg/apis/core/validation/validation.go, ValidatePodSpec; apimachinery/pkg/util/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import shown
from compiler.upstream.names import is_label, is_label_value, is_qualified_name, is_subdomain

_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_MOST_BYTES = 256 * 1024
"""Of all annotations together."""


def check_deployment(section: Node) -> Iterator[Diagnostic]:
    """A finding for every value that would keep the Pod from running; what the schema refuses is not looked at."""
    for key, good in (
        ("name", is_subdomain),
        ("namespace", is_label),
        ("priorityClassName", is_subdomain),
    ):
        node = section.get(key)
        if node is not None and isinstance(node.value, str) and not good(node.value):
            hint = "use small letters, digits and -"
            yield _refused(
                rules.INVALID_NAME_IN_DEPLOYMENT,
                f"deployment.{key}",
                f"{shown(node.value)} is no name",
                hint,
                node.location,
            )
    image = section.get("image")
    if image is not None and isinstance(image.value, str) and not re.fullmatch(r"\S+", image.value):
        hint = "write REGISTRY/NAME:TAG, without spaces"
        message = f"{shown(image.value)} is no image"
        yield _refused(rules.INVALID_NAME_IN_DEPLOYMENT, "deployment.image", message, hint, image.location)
    for index, entry in enumerate(_items(section.get("env"))):
        name = entry.get("name")
        if name is not None and not re.fullmatch("[ -<>-~]+", _text(name)):
            message = f"{shown(_text(name))} is no name of a variable"
            path = f"deployment.env[{index}].name"
            yield _refused(rules.INVALID_NAME_IN_DEPLOYMENT, path, message, "use letters, digits and _", name.location)
    yield from _check_labels(section)
    yield from _check_annotations(section)
    yield from _check_resources(section)
    yield from _check_volumes(section)


def _refused(rule: Rule, path: str, message: str, hint: str, location: Location) -> Diagnostic:
    return diagnose(rule, f"{path}: {message}", hint, path=path, location=location)


def _check_keys(section: Node, part: str) -> Iterator[Diagnostic]:
    node = section.get(part)
    for key in _entries(node):
        if not is_qualified_name(key):
            hint = "write NAME or PREFIX/NAME, with letters, digits, -, _ and ."
            place = node.key_location(key) if node is not None else section.location
            yield _refused(
                rules.INVALID_NAME_IN_DEPLOYMENT,
                f"deployment.{part}.{key}",
                f"{shown(key)} is no key of {part}",
                hint,
                place,
            )


def _check_labels(section: Node) -> Iterator[Diagnostic]:
    yield from _check_keys(section, "labels")
    for key, value in _entries(section.get("labels")).items():
        text = _text(value)
        if not is_label_value(text):
            hint = "use up to 63 letters, digits, -, _ and ., or write an annotation"
            message = f"{shown(text)} is no value of a label"
            yield _refused(rules.INVALID_NAME_IN_DEPLOYMENT, f"deployment.labels.{key}", message, hint, value.location)


def _check_annotations(section: Node) -> Iterator[Diagnostic]:
    yield from _check_keys(section, "annotations")
    node = section.get("annotations")
    size = sum(len(key.encode()) + len(_text(value).encode()) for key, value in _entries(node).items())
    if node is not None and size > _MOST_BYTES:
        message = f"the annotations have {size} bytes, more than {_MOST_BYTES}"
        yield _refused(
            rules.INVALID_NAME_IN_DEPLOYMENT, "deployment.annotations", message, "shorten them", node.location
        )


def _check_resources(section: Node) -> Iterator[Diagnostic]:
    found: dict[tuple[str, str], int] = {}
    resources = section.get("resources")
    for part in ("requests", "limits"):
        node = resources.get(part) if resources is not None else None
        for name, value in _entries(node).items():
            path = f"deployment.resources.{part}.{name}"
            if (
                name not in _RESOURCES
                and not name.startswith("hugepages-")
                and not ("/" in name and is_qualified_name(name))
            ):
                place = node.key_location(name) if node is not None else section.location
                message = f"{shown(name)} is no resource of a container"
                yield _refused(
                    rules.INVALID_NAME_IN_DEPLOYMENT,
                    path,
                    message,
                    f"write {', '.join(_RESOURCES)} or DOMAIN/NAME",
                    place,
                )
                continue
            quantity, problem, hint = _quantity(value.text or str(value.value))
            if problem:
                yield _refused(rules.INVALID_QUANTITY_IN_DEPLOYMENT, path, problem, hint, value.location)
            found[part, name] = quantity
            if part == "limits" and not problem and found.get(("requests", name), 0) > quantity:
                message = f"the limit of {name} is below what is asked for"
                yield _refused(
                    rules.INVALID_QUANTITY_IN_DEPLOYMENT,
                    path,
                    message,
                    "raise the limit, or ask for less",
                    value.location,
                )


def _quantity(text: str) -> tuple[int, str, str]:
    """A quantity, or what is wrong with it and what to write."""
    from compiler.upstream.go.strconv import InvalidValueError, parse_quantity

    try:
        quantity = parse_quantity(text)
    except InvalidValueError as refusal:
        return 0, refusal.message, refusal.hint
    return (0, f"{shown(text)} is negative", "write 0 or more") if quantity < 0 else (quantity, "", "")


def _check_volumes(section: Node) -> Iterator[Diagnostic]:
    names: set[str] = set()
    mounts: set[str] = set()
    for index, volume in enumerate(_items(section.get("extraVolumes"))):
        place = f"deployment.extraVolumes[{index}]"
        name = volume.get("name")
        if name is not None and isinstance(name.value, str):
            if not is_label(name.value):
                message = f"{shown(name.value)} is no name of a volume"
                hint = "use up to 63 small letters, digits and -"
                yield _refused(rules.INVALID_NAME_IN_DEPLOYMENT, f"{place}.name", message, hint, name.location)
            elif name.value in names:
                message = f"the volume {name.value} stands twice"
                yield _refused(
                    rules.DUPLICATE_VOLUME_OR_MOUNT,
                    f"{place}.name",
                    message,
                    "give each a name of its own",
                    name.location,
                )
            names.add(name.value)
        for key in ("hostPath", "mountPath"):
            node = volume.get(key)
            path = _text(node) if node is not None else ""
            wrong = _wrong_with(path, key) if node is not None else None
            if node is not None and wrong:
                hint = "write an absolute path, such as /etc/ssl/certs"
                yield _refused(
                    rules.INVALID_VOLUME_PATH, f"{place}.{key}", f"{shown(path)} {wrong}", hint, node.location
                )
            elif node is not None and key == "mountPath":
                if path.rstrip("/") in mounts:
                    message = f"something is mounted at {shown(path)} already"
                    hint = "mount it elsewhere, or remove one of the two"
                    yield _refused(rules.DUPLICATE_VOLUME_OR_MOUNT, f"{place}.mountPath", message, hint, node.location)
                mounts.add(path.rstrip("/"))


def _wrong_with(path: str, key: str) -> str | None:
    """What keeps a path from being mounted; None where nothing does."""
    if not path.startswith("/"):
        return "is not an absolute path"
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in path):
        return "holds a control character"
    if ".." in path.split("/"):
        return "holds .. between its slashes"
    if not path.strip("/"):
        return "is the root of the file system"
    return "holds a colon" if key == "mountPath" and ":" in path else None


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _entries(node: Node | None) -> dict[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else ""
