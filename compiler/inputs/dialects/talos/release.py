"""The release of Talos and the version of Kubernetes that a Talos file is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from compiler import rules
from compiler.diagnostics import Location, diagnose
from compiler.inputs.dialects.talos.documents import Documents, Findings
from compiler.inputs.dialects.talos.facts import (
    NEWEST_KUBERNETES,
    Facts,
    nearest_release,
    release_for,
    releases,
    since_of,
)
from compiler.inputs.importers.pod import version_of
from compiler.inputs.source.node import Node, find, text_of
from compiler.upstream.catalog.facts import minor_of, nearest

if TYPE_CHECKING:
    from compiler.inputs.dialects import Request

_INSTALLER_TAG = r":v?(1\.[0-9]{1,3}(?:\.[0-9]{1,4})?(?:-[0-9A-Za-z.-]+)?)(?:@|$)"
_SCHEMA = r"\$schema\S{0,200}/v(1\.[0-9]{1,3})/"


class Kubernetes(NamedTuple):
    """The version of Kubernetes: as the file implies it, its location, and the minor version that Talos assumes.

    `catalog` is the closest version with data.
    """

    version: str | None
    location: Location | None
    minor: int
    catalog: str


def release_of(request: Request) -> tuple[str, bool]:
    """Return the release of Talos, and whether the command line or the file names it."""
    version, location = request.release, None
    if not version:
        version, location = _release_in_file(request)
    if version:
        release = nearest_release(version)
        if ".".join(version.split(".")[:2]) != release:
            message = f"no data for Talos {version}; using {release}, the closest known release"
            hint = f"known releases are {', '.join(releases())}"
            where = location or Location(request.source.name, 1, 1, 1, 2)
            request.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=where))
        return release, True
    image = next((each for root in request.roots if (each := _image(root)) is not None), None)
    known = request.version or version_of(text_of(image))
    release = release_for(minor_of(known)) if known else releases()[-1]
    needed = [since for root in request.roots if (since := since_of(text_of(root.get("kind"))))]
    release = max((release, *needed), key=minor_of)
    return request.assume_release(release, location=image.location if image is not None else None), False


def _release_in_file(request: Request) -> tuple[str, Location | None]:
    """Return the version of the installer image or the schema that the file names, empty if it names none."""
    for root in request.roots:
        for path in (("machine", "install", "image"), ("installer", "image")):
            image = find(root, *path)
            match = re.search(_INSTALLER_TAG, text_of(image)[-200:])
            if image is not None and match is not None:
                return match[1], image.location
    schema = re.search(_SCHEMA, request.source.text)
    return (schema[1], None) if schema is not None else ("", None)


def _image(root: Node) -> Node | None:
    """Return the image of the API server in a document."""
    if text_of(root.get("kind")) == "KubeAPIServerConfig":
        return root.get("image")
    return find(root, "cluster", "apiServer", "image")


def kubernetes_of(
    request: Request, documents: Documents, facts: Facts, is_known: bool, findings: Findings
) -> Kubernetes:
    """Return the version of Kubernetes: that of the image, by default the newest that the release supports.

    go-kubernetes: compatibility.go, VersionFromImageRef; an unreadable tag counts as the newest version.
    """
    image = documents.api_server.get("image")
    version = version_of(image.text)
    location = image.location if version else None
    implied = version or (facts.newest if is_known and not image.text else None)
    minor = minor_of(request.version or implied or facts.newest)
    if image.text and not version:
        minor = NEWEST_KUBERNETES
    if is_known and version and not request.version and not facts.supports(minor_of(version)):
        message = f"Talos {facts.release} does not support Kubernetes {version}"
        hint = f"use Kubernetes {facts.oldest} to {facts.newest}, or another release of Talos"
        findings.refuse(message, hint, image.path, image.location, severity="warning")
    return Kubernetes(implied, location, minor, nearest(request.version or implied))
