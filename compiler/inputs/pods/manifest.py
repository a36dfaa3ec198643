"""Manifests of Pods and workloads, checked as the kubelet and the API server do."""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic
from compiler.inputs.importers.container import text_of
from compiler.inputs.pods.fields import ROOTS, FieldChecker, opening
from compiler.inputs.pods.validation import PodValidator
from compiler.inputs.source.node import Node
from compiler.text import shown
from compiler.text.suggest import did_you_mean
from compiler.upstream.catalog.facts import nearest


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
