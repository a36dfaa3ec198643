"""Pods, and workloads with a Pod template, in which a container runs kube-apiserver."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, Location, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.importers.container import flag_words
from compiler.inputs.importers.flags import arguments_of
from compiler.inputs.pods.filesystem import ContainerFileSystem
from compiler.inputs.pods.manifest import Manifest, check_manifest
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import Node, Source, find, items_of, text_of
from compiler.inputs.source.yaml import parse_yaml_all
from compiler.inputs.source.yaml_scalars import resolve_as_server

_TAG = r"v?(1\.[0-9]{1,3}(?:\.[0-9]{1,4})?)(?![0-9])"
_TEMPLATES = {"CronJob": ("spec", "jobTemplate", "spec", "template"), "PodTemplate": ("template",)}
_TEMPLATE = ("spec", "template")


def parse_manifests(source: Source, problems: list[Diagnostic]) -> list[Node]:
    """Parse every document of a file as Kubernetes does; a file that starts with a brace is JSON.

    Adds to `problems` and raises KascError as `parse_yaml_all` does. Kubernetes: apimachinery/pkg/util/yaml, ToJSON.
    """
    if source.text.lstrip().startswith("{"):
        return [parse_as_server(source, problems)]
    return parse_yaml_all(source, problems, resolve_as_server)


def read_pod(source: Source, roots: list[Node], version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Return the server of the first container that runs kube-apiserver; `initContainers` are ignored.

    Raises KascError: INPUT-03 if there is none, INPUT-06 if its command or args is not a list.
    """
    for manifest in _manifests(roots):
        pod = manifest.pod
        for index, container in enumerate(items_of(find(pod, "spec", "containers"))):
            path = f"{manifest.path}{manifest.pod_path}spec.containers[{index}]"
            words = flag_words(container, path, problems)
            if words is None:
                continue
            image = container.get("image")
            image_version = version_of(text_of(image))
            start = container.location
            spec = find(pod, "spec") or pod
            checked = check_manifest(manifest, path, version or image_version)
            problems += checked.problems
            if manifest.root is not roots[0] and text_of(manifest.root.get("kind")) == "Pod" and not manifest.path:
                message = "the kubelet only reads the first document of a file: this static Pod never runs"
                where = manifest.root.key_location("kind")
                problems.append(
                    diagnose(
                        rules.STATIC_POD_NOT_FIRST_DOCUMENT, message, "move the Pod to a separate file", location=where
                    )
                )
            file_system = ContainerFileSystem(spec, container, checked.mounts)
            return ServerInput(
                "pod",
                text_of(find(pod, "metadata", "name")) or "kube-apiserver",
                Location(start.file, start.line, start.column, start.line, start.column + 1),
                arguments_of(words, version or image_version, problems),
                version=image_version,
                version_location=image.location if image else None,
                image=text_of(image),
                grace_period=find(pod, "spec", "terminationGracePeriodSeconds"),
                container=container,
                pod_spec=spec,
                metadata=pod.get("metadata"),
                static_pod="" if manifest.path or manifest.pod_path else _static_name(pod),
                file_system=None if checked.excerpt and not file_system.declared else file_system,
            )
    message = "no container in this file runs kube-apiserver"
    hint = "pass a Pod whose command is kube-apiserver, or set the kind of the file with --as"
    raise KascError(
        diagnose(rules.NO_KUBE_APISERVER_COMMAND, message, hint, location=Location(source.name, 1, 1, 1, 2))
    )


def _static_name(pod: Node) -> str:
    """Return namespace/name of a Pod with the kubelet's defaults: pkg/kubelet/config/common.go, applyDefaults."""
    name = text_of(find(pod, "metadata", "name"))
    return f"{text_of(find(pod, 'metadata', 'namespace')) or 'default'}/{name}" if name else ""


def version_of(image: str) -> str | None:
    """Return the Kubernetes version in the tag of an image, None if there is none.

    >>> version_of("registry.k8s.io:5000/kube-apiserver:v1.36.0@sha256:0123")
    '1.36.0'
    """
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    match = re.match(_TAG, tag)
    return match[1] if match else None


def _manifests(roots: list[Node], path: str = "") -> Iterator[Manifest]:
    """Yield each Pod and each workload with a Pod template."""
    for root in roots:
        kind = text_of(root.get("kind"))
        if kind in ("List", "PodList"):
            for index, item in enumerate(items_of(root.get("items"))):
                yield from _manifests([item], f"{path}items[{index}].")
        elif kind == "Pod" or (not kind and find(root, "spec", "containers")):
            yield Manifest(root, root, path)
        else:
            steps = _TEMPLATES.get(kind, _TEMPLATE)
            template = find(root, *steps)
            if template is not None:
                yield Manifest(root, template, path, "".join(f"{step}." for step in steps))


def runs_server(roots: list[Node]) -> bool:
    """Return whether a container of a Pod or Pod template runs kube-apiserver."""
    try:
        return any(
            flag_words(container, "", []) is not None
            for manifest in _manifests(roots)
            for container in items_of(find(manifest.pod, "spec", "containers"))
        )
    except KascError:
        return True  # malformed, which is reported when it is read
