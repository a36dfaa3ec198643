"""The release of kOps and the Kubernetes version of a cluster."""

from __future__ import annotations

import re

from compiler import rules
from compiler.diagnostics import Location, diagnose
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.kops.checks import check_versions
from compiler.inputs.dialects.kops.cluster import kubernetes_of
from compiler.inputs.dialects.kops.facts import TITLE, Version, newest_for, releases, spelled, version_of
from compiler.inputs.dialects.kops.problems import refuse
from compiler.inputs.source.node import Node, find
from compiler.text import shown
from compiler.upstream.catalog.facts import nearest, versions

_PATH = "spec.kubernetesVersion"


def releases_of(request: Request, root: Node) -> tuple[Version, Version]:
    """Return the release of kOps and the Kubernetes version of a cluster; those that are not known are assumed."""
    node = find(root, "spec", "kubernetesVersion")
    text = node.text if node is not None and node.value is not None else ""
    own = kubernetes_of(text) if text else None
    where = node.location if node is not None else root.key_location("kind")
    if text and own is None:
        hint = f"write for example {nearest(None)}.0"
        refuse(request.problems, f"the Kubernetes version {shown(text)}", hint, _PATH, where)
    elif not text and request.version is None:
        message = f"kubernetesVersion is not set: {TITLE} takes it from the channel when it creates the cluster"
        request.decided_outside(message, "set kubernetesVersion, or pass --kubernetes-version", where, _PATH)
    kubernetes = kubernetes_of(request.version or text) or version_of(nearest(None))
    release = _release(request, kubernetes, where)
    if node is not None and own is not None and _named(request) == release:
        oldest = min(version_of(each) for each in versions())
        request.problems.extend(check_versions(release, kubernetes, oldest, node))
    return release, kubernetes


def _release(request: Request, kubernetes: Version, where: Location) -> Version:
    """Return the release of kOps from `--as`, else the newest that supports the Kubernetes version."""
    known, named = releases(), _named(request)
    if not request.release:
        return version_of(request.assume_release(spelled(newest_for(kubernetes)), location=where))
    closest = min(max(named or newest_for(kubernetes), min(known)), max(known))
    if closest != named:
        message = f"no data for {TITLE} {shown(request.release)}; using {spelled(closest)}, the closest known release"
        hint = f"pass a release from {spelled(min(known))} to {spelled(max(known))}"
        request.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=where))
    return closest


def _named(request: Request) -> Version | None:
    """Return the release of kOps that `--as` names, None if it names none."""
    match = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", request.release)
    return (int(match[1]), int(match[2])) if match is not None else None
