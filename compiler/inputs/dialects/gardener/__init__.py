"""Shoot of Gardener: the arguments of kube-apiserver that spec.kubernetes.kubeAPIServer decides.

Gardener has no free extra arguments: pkg/component/kubernetes/apiserver/deployment.go, computeKubeAPIServerArgs.
"""

from __future__ import annotations

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.gardener.arguments import (
    SETTINGS,
    arguments,
    is_ha_vpn,
)
from compiler.inputs.dialects.gardener.checks import check_server
from compiler.inputs.dialects.gardener.fields import KUBERNETES, NEWEST, fields_of
from compiler.inputs.dialects.gardener.files import inline_files
from compiler.inputs.dialects.gardener.network import HOST_NAME, ISSUER, SERVICES
from compiler.inputs.dialects.gardener.shoot import SERVER, TITLE, Shoot
from compiler.inputs.dialects.releases import Release, kubernetes_version, release_of
from compiler.inputs.source.node import Node, find, text_of
from compiler.text import shown, shown_bare
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of, nearest


def read(request: Request) -> ServerInput:
    """Read the first Shoot of a file."""
    shoots = [root for root in request.roots if text_of(root.get("kind")) == "Shoot"]
    if not shoots:
        message = "the file has no Shoot, so Gardener starts no kube-apiserver"
        where = Location(request.source.name, 1, 1, 1, 2)
        hint = "pass a Shoot of core.gardener.cloud/v1beta1"
        raise KascError(diagnose(rules.REFUSED_BY_DISTRIBUTION, message, hint, location=where))
    root = shoots[0]
    start = root.key_location("kind")
    for other in shoots[1:2]:
        message = f"only the first Shoot of a file is read, not {shown(text_of(find(other, 'metadata', 'name')))}"
        hint, where = "check each Shoot in a separate file", other.key_location("kind")
        request.problems.append(diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, location=where))
    version = find(root, "spec", "kubernetes", "version")
    number = kubernetes_version(text_of(version)) if version is not None else None
    release = _release(request, number, version.location if version is not None else start)
    unusable = check_fields(root, fields_of(release), "", request.problems, Reader(TITLE))
    shoot = Shoot(request, root, release, unusable, start)
    _check_version(shoot, version, number)
    server = shoot.field(SERVER)
    if server is not None:
        check_server(server, SERVER, number, bool(shoot.workers), unusable, request.problems)
    words = arguments(shoot)
    _report_outside(shoot, words)
    return request.server(
        words,
        name=text_of(find(root, "metadata", "name")),
        start=start,
        version=number,
        version_location=version.location if version is not None else None,
        inline=inline_files(shoot, words, request.version or number),
        fixed_flags=frozenset(catalog(nearest(request.version or number)).flags),
        settings=SETTINGS,
    )


def _release(request: Request, number: str | None, where: Location) -> Release:
    """Return the release of Gardener: that of `--as`, or the newest that supports the Kubernetes version."""
    given_release = release_of(request.release)
    if request.release:
        return given_release or NEWEST
    minor = minor_of(request.version or number or "1.36")
    newest = NEWEST
    if minor < minor_of(KUBERNETES[-1][1]):
        until = [since for since, oldest, _ in KUBERNETES if minor_of(oldest) > minor]
        newest = (until[0][0], until[0][1] - 1, 0) if until else NEWEST
    request.assume_release(".".join(map(str, newest[:2])), location=where)
    return newest


def _check_version(shoot: Shoot, version: Node | None, number: str | None) -> None:
    path = "spec.kubernetes.version"
    if version is None or (isinstance(version.value, str) and not version.value):
        message = "spec.kubernetes.version is missing, and Gardener requires it"
        where = shoot.start if version is None else version.location
        problem = diagnose(
            rules.REFUSED_BY_DISTRIBUTION, message, "write a version such as 1.36.0", path=path, location=where
        )
        shoot.request.problems.append(problem)
        return
    rows = [(oldest, newest) for since, oldest, newest in KUBERNETES if since <= shoot.release]
    if not shoot.request.release or number is None or not rows or shoot.release > NEWEST:
        return
    oldest, newest = rows[-1]
    if not minor_of(oldest) <= minor_of(number) <= minor_of(newest):
        title = ".".join(map(str, shoot.release[:2]))
        message = f"Gardener {title} supports Kubernetes {oldest} to {newest}, not {shown_bare(number)}"
        problem = diagnose(
            rules.REFUSED_BY_DISTRIBUTION, message, f"write a version of {newest}", path=path, location=version.location
        )
        shoot.request.problems.append(problem)


def _report_outside(shoot: Shoot, words: list[Word]) -> None:
    """Report in one note which values the seed or the garden cluster decides."""
    unknown = {word.unknown for word in words}
    outside = ["the host name"] if HOST_NAME in unknown else []
    outside += ["the service network"] if SERVICES in unknown else []
    outside += ["the managed issuer"] if ISSUER in unknown else []
    for key, what in _REFERENCES.items():
        outside += [what] if shoot.server(key) is not None else []
    outside.append("the keys for encryption at rest")
    if shoot.workers and is_ha_vpn(shoot):
        outside.append("the egress selector of a highly available VPN")
    listed = ", ".join(outside[:-1]) + f" and {outside[-1]}" if len(outside) > 1 else outside[0]
    message = f"the garden and the seed cluster decide {listed}"
    hint = "pass the Shoot with its status to have the host name and networks checked"
    shoot.request.decided_outside(message, hint, shoot.start)


_REFERENCES = {
    "auditConfig.auditPolicy.configMapRef": "the audit policy",
    "structuredAuthentication": "the structured authentication",
    "structuredAuthorization": "the structured authorization",
}
