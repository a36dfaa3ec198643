"""Pods and workloads in manifests, and the Pod that the section `deployment` of a document asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, diagnose
from compiler.inputs.pods.fields import ROOTS, FieldChecker, opening
from compiler.inputs.pods.value_checks import LABEL_HINT, SUBDOMAIN_HINT, entries
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.rules import Rule
from compiler.text import did_you_mean, shown
from compiler.upstream.catalog.facts import nearest
from compiler.upstream.go.strconv import InvalidValueError, parse_quantity
from compiler.upstream.names import is_label, is_label_value, is_qualified_name, is_subdomain

_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_MAX_ANNOTATIONS = 256 * 1024
"""Total size of all annotations in bytes."""


def check_deployment(section: Node) -> Iterator[Diagnostic]:
    """Yield a diagnostic for every value that Kubernetes rejects; values that violate the schema are not checked."""
    for key, is_valid, hint in (
        ("name", is_subdomain, SUBDOMAIN_HINT),
        ("namespace", is_label, LABEL_HINT),
        ("priorityClassName", is_subdomain, SUBDOMAIN_HINT),
    ):
        node = section.get(key)
        if node is not None and isinstance(node.value, str) and not is_valid(node.value):
            yield _invalid(f"deployment.{key}", f"{shown(node.value)} is not a valid {key}", hint, node.location)
    image = section.get("image")
    if image is not None and isinstance(image.value, str) and not re.fullmatch(r"\S+", image.value):
        message = f"{shown(image.value)} is not a valid image"
        yield _invalid("deployment.image", message, "write REGISTRY/NAME:TAG, without white space", image.location)
    for index, entry in enumerate(items_of(section.get("env"))):
        name = entry.get("name")
        if name is not None and not re.fullmatch("[ -<>-~]+", text_of(name)):
            message = f"{shown(text_of(name))} is not a valid environment variable name"
            yield _invalid(f"deployment.env[{index}].name", message, "use letters, digits and '_'", name.location)
    yield from _check_labels(section)
    yield from _check_annotations(section)
    yield from _check_resources(section)
    yield from _check_volumes(section)


def _invalid(path: str, message: str, hint: str, location: Location) -> Diagnostic:
    return _broken_rule(rules.INVALID_NAME_IN_DEPLOYMENT, path, message, hint, location)


def _broken_rule(rule: Rule, path: str, message: str, hint: str, location: Location) -> Diagnostic:
    return diagnose(rule, f"{path}: {message}", hint, path=path, location=location)


def _check_keys(section: Node, part: str) -> Iterator[Diagnostic]:
    node = section.get(part)
    for key, _ in entries(node):
        if not is_qualified_name(key):
            hint = "write NAME or PREFIX/NAME, with letters, digits, '-', '_' and '.'"
            where = node.key_location(key) if node is not None else section.location
            message = f"{shown(key)} is not a valid {part[:-1]} key"
            yield _invalid(f"deployment.{part}.{key}", message, hint, where)


def _check_labels(section: Node) -> Iterator[Diagnostic]:
    yield from _check_keys(section, "labels")
    for key, value in entries(section.get("labels")):
        text = text_of(value)
        if not is_label_value(text):
            hint = "use at most 63 letters, digits, '-', '_' and '.', or make it an annotation"
            message = f"{shown(text)} is not a valid label value"
            yield _invalid(f"deployment.labels.{key}", message, hint, value.location)


def _check_annotations(section: Node) -> Iterator[Diagnostic]:
    yield from _check_keys(section, "annotations")
    node = section.get("annotations")
    size = sum(len(key.encode()) + len(text_of(value).encode()) for key, value in entries(node))
    if node is not None and size > _MAX_ANNOTATIONS:
        message = f"the annotations have {size} bytes, more than {_MAX_ANNOTATIONS}"
        yield _invalid("deployment.annotations", message, "shorten them", node.location)


def _check_resources(section: Node) -> Iterator[Diagnostic]:
    quantities: dict[tuple[str, str], int] = {}
    resources = section.get("resources")
    for part in ("requests", "limits"):
        node = resources.get(part) if resources is not None else None
        for name, value in entries(node):
            path = f"deployment.resources.{part}.{name}"
            if not _is_resource(name):
                where = node.key_location(name) if node is not None else section.location
                message = f"{shown(name)} is not a valid container resource"
                yield _invalid(path, message, f"write {', '.join(_RESOURCES)} or DOMAIN/NAME", where)
                continue
            quantity, problem, hint = _quantity(value.text or str(value.value))
            if problem:
                yield _broken_rule(rules.INVALID_QUANTITY_IN_DEPLOYMENT, path, problem, hint, value.location)
            quantities[part, name] = quantity
            if part == "limits" and not problem and quantities.get(("requests", name), 0) > quantity:
                message = f"the {name} limit is below the request"
                hint = "raise the limit, or lower the request"
                yield _broken_rule(rules.INVALID_QUANTITY_IN_DEPLOYMENT, path, message, hint, value.location)


def _is_resource(name: str) -> bool:
    return name in _RESOURCES or name.startswith("hugepages-") or ("/" in name and is_qualified_name(name))


def _quantity(text: str) -> tuple[int, str, str]:
    """Return a quantity, an error message and a hint; both are empty for a valid quantity."""
    try:
        quantity = parse_quantity(text)
    except InvalidValueError as error:
        return 0, error.message, error.hint
    return (0, f"{shown(text)} is negative", "write 0 or more") if quantity < 0 else (quantity, "", "")


def _check_volumes(section: Node) -> Iterator[Diagnostic]:
    names: set[str] = set()
    mounts: set[str] = set()
    for index, volume in enumerate(items_of(section.get("extraVolumes"))):
        path = f"deployment.extraVolumes[{index}]"
        name = volume.get("name")
        if name is not None and isinstance(name.value, str):
            if not is_label(name.value):
                message = f"{shown(name.value)} is not a valid volume name"
                yield _invalid(f"{path}.name", message, LABEL_HINT, name.location)
            elif name.value in names:
                message, hint = f"duplicate volume name {shown(name.value)}", "rename one of the two"
                yield _broken_rule(rules.DUPLICATE_VOLUME_OR_MOUNT, f"{path}.name", message, hint, name.location)
            names.add(name.value)
        for key in ("hostPath", "mountPath"):
            node = volume.get(key)
            if node is None:
                continue
            value = text_of(node)
            problem = _path_problem(value, key)
            if problem:
                hint = "write an absolute path, for example /etc/ssl/certs"
                message = f"{shown(value)} {problem}"
                yield _broken_rule(rules.INVALID_VOLUME_PATH, f"{path}.{key}", message, hint, node.location)
            elif key == "mountPath":
                if value.rstrip("/") in mounts:
                    message = f"duplicate mount path {shown(value)}"
                    hint = "use another mount path, or remove one of the two"
                    yield _broken_rule(
                        rules.DUPLICATE_VOLUME_OR_MOUNT, f"{path}.mountPath", message, hint, node.location
                    )
                mounts.add(value.rstrip("/"))


def _path_problem(path: str, key: str) -> str:
    """Return why a path cannot be mounted; empty if it can."""
    if not path.startswith("/"):
        return "is not an absolute path"
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in path):
        return "contains a control character"
    if ".." in path.split("/"):
        return "contains '..' as a path element"
    if not path.strip("/"):
        return "is the root of the file system"
    return "contains ':'" if key == "mountPath" and ":" in path else ""


class Manifest(NamedTuple):
    """An object in a file, its path, and the path from it to its Pod; paths are empty or have a trailing dot."""

    root: Node
    pod: Node
    path: str = ""
    pod_path: str = ""


class Checked(NamedTuple):
    """The diagnostics of a manifest, and whether its volumes and mounts are valid.

    An `excerpt` is an object with neither apiVersion nor metadata: missing fields are not reported.
    """

    problems: list[Diagnostic]
    mounts: bool
    excerpt: bool


def check_manifest(manifest: Manifest, container: str, version: str | None) -> Checked:
    """Check a manifest whose container at the path `container` runs the server.

    The command of that container is not checked here, but where it is read.
    """
    problems: list[Diagnostic] = []
    root, path = manifest.root, manifest.path
    excerpt = root.get("apiVersion") is None and root.get("metadata") is None
    skipped = frozenset((f"{container}.command", f"{container}.args"))
    checker = FieldChecker(nearest(version), problems, skipped, lenient=excerpt)
    kind = text_of(root.get("kind")) or "Pod"
    if kind in ROOTS:
        _check_version(checker, root, path, kind)
        checker.check(root, kind, path.rstrip("."))
    from compiler.inputs.pods.validation import PodValidator

    PodValidator(checker, manifest.pod, f"{path}{manifest.pod_path}", named=not manifest.pod_path).validate()
    invalid = [
        problem.path for problem in problems if problem.code != rules.UNKNOWN_POD_FIELD.code
    ] + checker.misspelled
    return Checked(problems, not any(".volume" in path for path in invalid), excerpt)


def _check_version(checker: FieldChecker, root: Node, path: str, kind: str) -> None:
    expected = ROOTS[kind][1]
    api = root.get("apiVersion")
    if api is None or api.value is None:
        message = f"the {kind} has no apiVersion"
        checker.report(
            rules.WRONG_POD_API_VERSION, message, f"add apiVersion: {expected}", f"{path}apiVersion", opening(root)
        )
    elif isinstance(api.value, str) and api.value != expected:
        message = f"{shown(api.value)} is not a valid apiVersion for kind {kind}"
        hint = did_you_mean(api.value, [expected]) or f"write apiVersion: {expected}"
        checker.report(rules.WRONG_POD_API_VERSION, message, hint, f"{path}apiVersion", api.location)
