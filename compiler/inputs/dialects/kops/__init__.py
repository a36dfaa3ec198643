"""Clusters of kOps: the command line of kube-apiserver on a node of the control plane.

kOps completes the spec of the user with defaults (`kops_model`), over which it merges that spec again. nodeup sets the
paths of a node (`kops_nodeup`), and turns the result into flags (`kops_flags`), which it sorts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import KascError, Location, diagnose
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.fields import Reader, check_fields
from compiler.inputs.dialects.kops.checks import ServerChecks
from compiler.inputs.dialects.kops.cluster import Cluster, Group, choose_group, groups_of, kubernetes_of
from compiler.inputs.dialects.kops.cluster_checks import ClusterChecks
from compiler.inputs.dialects.kops.facts import APIS, TITLE, fact, object_fields, server_fields, spelled
from compiler.inputs.dialects.kops.files import check_mounts, inline_files, read_assets
from compiler.inputs.dialects.kops.flags import Given, check_value, is_value, read_fields, words_of
from compiler.inputs.dialects.kops.model import S3_REGION, SERVICE_RANGE, Flags, Model
from compiler.inputs.dialects.kops.nodeup import OIDC_FIELDS, encrypts, finish, uses_aws_webhook
from compiler.inputs.dialects.kops.problems import ignore, refuse
from compiler.inputs.dialects.kops.releases import releases_of
from compiler.inputs.importers.pod import version_of as version_of_image
from compiler.inputs.source.node import Node, find, text_of
from compiler.text import shown
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import nearest

_GROUP = "kops.k8s.io/"
_OLD_API = "kops/v1alpha2"
_READER = Reader(TITLE)
_SECTION = "spec.kubeAPIServer"
_EMPTY = {"list": "an empty list", "map": "an empty map", "string": "an empty string"}


class _Version(NamedTuple):
    """The Kubernetes version of the server, and where it is stated."""

    text: str | None = None
    location: Location | None = None


def read(request: Request) -> ServerInput:
    """Return the server of a Cluster on the nodes of its control plane, or on its API server nodes if it has no other.

    Raises KascError INPUT-01 if the file has no Cluster.
    """
    roots = _documents(request.roots)
    root = _cluster_of(request, roots)
    cluster = Cluster(root, _api_of(request, root), *releases_of(request, root))
    given = _fields_of(request, cluster)
    group, role = _group_of(request, cluster, roots)
    ClusterChecks(cluster, "apiServerCount" in given, request.problems).run()
    ServerChecks(cluster, given, request.problems).run()
    flags = _merged(cluster, given)
    _report_ignored(request, cluster, given, flags)
    words = finish(cluster, role, given, flags, request.host.address)
    _report_outside(request, cluster, words)
    assets = read_assets(cluster, role, group, request.problems)
    check_mounts(cluster, words, request.problems)
    version, settings = _version_of(cluster, given), _settings(cluster)
    own = {word.text.removeprefix("--").partition("=")[0] for word in words if not word.origin}
    return request.server(
        words,
        name=cluster.name,
        start=cluster.start,
        version=version.text,
        version_location=version.location,
        inline=inline_files(assets, words, request.problems),
        fixed_flags=frozenset(catalog(nearest(request.version or version.text)).flags) - settings.keys(),
        settings={flag: setting for flag, setting in settings.items() if flag not in own},
    )


def _documents(roots: list[Node]) -> list[Node]:
    """Return the objects of a file; `kops get -o json` writes a list of them."""
    objects: list[Node] = []
    for root in roots:
        objects += root.value if isinstance(root.value, list) else [root]
    return [each for each in objects if isinstance(each.value, dict)]


def _cluster_of(request: Request, roots: list[Node]) -> Node:
    clusters = [root for root in roots if text_of(root.get("kind")) == "Cluster"]
    if not clusters:
        message = f"the file has no Cluster of {TITLE}"
        where = Location(request.source.name, 1, 1, 1, 2)
        hint = "pass the output of kops get CLUSTER -o yaml"
        raise KascError(diagnose(rules.UNRECOGNIZED_INPUT, message, hint, location=where))
    if len(clusters) > 1:
        message = f"the file has {len(clusters)} clusters: only the first one is checked"
        where = clusters[1].key_location("kind")
        request.decided_outside(message, "pass each cluster in a separate file", where, "kind")
    return clusters[0]


def _api_of(request: Request, root: Node) -> str:
    """Return the version of the API. kOps: pkg/kopscodecs/codecs.go, Decode."""
    node = root.get("apiVersion")
    text = text_of(node)
    api = APIS[0] if text == _OLD_API else text.removeprefix(_GROUP)
    if api in APIS and text != api:
        return api
    where = node.location if node is not None else root.key_location("kind")
    message = f"the apiVersion {shown(text)}" if text else "an object without apiVersion"
    refuse(request.problems, message, f"write {_GROUP}{APIS[0]}", "apiVersion", where)
    return APIS[0]


def _group_of(request: Request, cluster: Cluster, roots: list[Node]) -> tuple[Group | None, str]:
    """Return the instance group of the server, None if the file has none, and the role of its nodes."""
    groups = groups_of(roots, cluster)
    chosen, role, other = choose_group(groups)
    for group in (chosen, other):
        spec = group.root.get("spec") if group is not None else None
        if group is not None and spec is not None:
            fields = object_fields("instanceGroup", group.api, cluster.release)
            check_fields(spec, fields, "spec", request.problems, _READER)
    if other is not None:
        message = (
            f"the instance group {shown(other.name)} runs kube-apiserver too, which connects to etcd by name; "
            "this is the server of the control plane"
        )
        hint = "to check the other server, pass the file without the groups of the control plane"
        request.decided_outside(message, hint, other.root.key_location("kind"), "kind")
    return chosen, role


def _fields_of(request: Request, cluster: Cluster) -> dict[str, Given]:
    """Return the usable fields of kubeAPIServer, and report what kOps does not know or cannot decode."""
    spec = cluster.root.get("spec")
    if spec is not None:
        check_fields(spec, object_fields("cluster", cluster.api, cluster.release), "spec", request.problems, _READER)
    section = find(cluster.root, "spec", "kubeAPIServer")
    fields = read_fields(section, server_fields(cluster.api, cluster.release), _SECTION)
    return {key: each for key, each in fields.items() if check_value(each, request.problems)}


def _merged(cluster: Cluster, given: dict[str, Given]) -> Flags:
    """Return the flags of the completed spec: the defaults, and the fields of the user over them.

    kOps: upup/pkg/fi/loader/options_loader.go, iterate.
    """
    fields = {key: each for key, each in given.items() if is_value(each)}
    flags = Model(cluster, fields).build()
    quotes = fact("quotesValues", cluster.release)
    for key, each in fields.items():
        # The model has merged its feature gates with those of the user already.
        if each.field.flag and not (key == "featureGates" and key in flags):
            flags[key] = words_of(each, quotes)
    return flags


def _report_ignored(request: Request, cluster: Cluster, given: dict[str, Given], flags: Flags) -> None:
    """Report the fields of kubeAPIServer that have no effect."""
    replaced = {key for key, each in given.items() if each.field.node_file and is_value(each)}
    if encrypts(cluster) is not None:
        replaced.add("encryptionProviderConfig")
    if uses_aws_webhook(cluster) is not None:
        replaced.add("authenticationTokenWebhookConfigFile")
    for key, each in given.items():
        name = each.field.name
        if key in replaced:
            message = f"{TITLE} ignores {name}: it sets its own path on the nodes"
            ignore(request.problems, message, "remove it", each.path, each.name_at)
        elif not is_value(each) and flags.get(key):
            value = flags[key][0].text.partition("=")[2]
            empty = _EMPTY.get(each.field.type, each.node.text)
            message = f"{TITLE} ignores {name}: {empty} counts as not set"
            ignore(request.problems, message, f"remove it; {TITLE} sets {shown(value)}", each.path, each.name_at)
    own, appended = given.get("enableAdmissionPlugins"), given.get("appendAdmissionPlugins")
    if own is not None and own.items and appended is not None and appended.items:
        message = f"{TITLE} ignores appendAdmissionPlugins, because enableAdmissionPlugins replaces the whole list"
        hint = "add the plugins to enableAdmissionPlugins, or remove enableAdmissionPlugins"
        ignore(request.problems, message, hint, appended.path, appended.name_at)


def _report_outside(request: Request, cluster: Cluster, words: list[Word]) -> None:
    """Report what a secret, a bucket or a network decides."""
    encryption = encrypts(cluster)
    if encryption is not None:
        message = "the configuration of encryption is the secret encryptionconfig, which is not in the file"
        hint = "check it separately, with --as config-file"
        request.decided_outside(message, hint, encryption.node.location, encryption.path)
    for word in words:
        where = word.location or cluster.start
        if word.unknown == S3_REGION and word.text.startswith("--service-account-issuer="):
            message = "the issuer has the region of the bucket, which is not in the file"
            request.decided_outside(message, "set kubeAPIServer.serviceAccountIssuer", where, word.path)
        elif word.unknown == SERVICE_RANGE:
            message = f"{TITLE} allocates the range of services in the network of Google Cloud"
            hint = "pass the cluster as kops get prints it after its creation"
            request.decided_outside(message, hint, where, word.path)


def _version_of(cluster: Cluster, given: dict[str, Given]) -> _Version:
    """Return the version of kube-apiserver: that of its image if the user sets one, else that of the cluster."""
    image = given.get("image")
    tag = version_of_image(image.text) if image is not None else None
    if image is not None and tag is not None:
        return _Version(tag, image.node.location)
    node = find(cluster.root, "spec", "kubernetesVersion")
    text = node.text.strip() if node is not None else ""
    minor = kubernetes_of(text) if text else None
    if node is None or minor is None:
        return _Version()
    whole = re.match(r"v?(1\.[0-9]{1,3}(?:\.[0-9]{1,4})?)", text)
    return _Version(whole[1] if whole is not None else spelled(minor), node.location)


def _settings(cluster: Cluster) -> dict[str, str]:
    """Return the field that decides each flag, without the flags that kOps always sets itself."""
    fields = server_fields(cluster.api, cluster.release).values()
    settings = {each.flag: f"{_SECTION}.{each.name}" for each in fields if each.flag and not each.node_file}
    settings["service-cluster-ip-range"] = cluster.path_of("serviceClusterIPRange")
    if cluster.api != APIS[0]:
        settings |= {flag: f"spec.authentication.oidc.{name}" for flag, name in OIDC_FIELDS.items()}
    return settings
