"""kubeadm: ClusterConfiguration, InitConfiguration and JoinConfiguration, and the objects that are rendered to them.

Those are KubeadmControlPlane, KubeadmControlPlaneTemplate and KubeadmConfig of Cluster API, and the Cluster of kind.
Kubernetes: cmd/kubeadm. `server_of` is for importers of other distributions that render kubeadm's documents.
"""

from __future__ import annotations

from compiler import rules
from compiler.diagnostics import ERROR, WARNING, Diagnostic, KascError, Location, Problems, diagnose
from compiler.inputs import InlineFile, ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import Request
from compiler.inputs.dialects.kubeadm.command import command_of
from compiler.inputs.dialects.kubeadm.config import Config, config_of
from compiler.inputs.dialects.kubeadm.documents import documents_of
from compiler.inputs.dialects.kubeadm.node_validation import check_nodes
from compiler.inputs.dialects.kubeadm.pod import PodFileSystem, expanded, static_pod
from compiler.inputs.dialects.kubeadm.pod_checks import check_files, check_volumes
from compiler.inputs.dialects.kubeadm.rendered import Rendered
from compiler.inputs.dialects.kubeadm.report import Reporter
from compiler.inputs.dialects.kubeadm.validation import check_cluster
from compiler.inputs.dialects.kubeadm.versions import kubernetes_version, minor_of_release
from compiler.inputs.source.embedded import Embedded
from compiler.inputs.source.node import find, text_of
from compiler.upstream.catalog.facts import STRUCTURED

__all__ = ["Rendered", "read", "server_of"]


def read(request: Request) -> ServerInput:
    """Return the server that kubeadm starts with a file, or with what Cluster API or kind makes of it.

    If the version of kubeadm is given, the file is one that kubeadm itself reads.
    """
    groups = {text_of(root.get("apiVersion")).partition("/")[0] for root in request.roots}
    if not request.release and "kind.x-k8s.io" in groups:
        from compiler.inputs.dialects.kubeadm.kind import rendered as rendered_by_kind

        return server_of(request, rendered_by_kind(request))
    if not request.release and groups & {"controlplane.cluster.x-k8s.io", "bootstrap.cluster.x-k8s.io"}:
        from compiler.inputs.dialects.kubeadm.cluster_api import rendered as rendered_by_cluster_api

        return server_of(request, rendered_by_cluster_api(request))
    return _read_own(request)


def _read_own(request: Request) -> ServerInput:
    report = Reporter(request.problems)
    accept_duplicates(request.problems, "kubeadm uses the last one")
    named = next((node for root in request.roots if (node := find(root, "kubernetesVersion")) is not None), None)
    version = kubernetes_version(text_of(named)).version or None
    minor = minor_of_release(request.release or request.version or version)
    documents = documents_of(request.source, request.roots, minor, report)
    if documents is None:
        raise KascError(_last_refusal(request))
    version = version or (request.release or None)
    name = documents.cluster.text("clusterName")
    rendered = Rendered(documents, version, named.location if named is not None else None, name)
    return server_of(request, rendered, request.release)


def server_of(request: Request, rendered: Rendered, release: str = "") -> ServerInput:
    """Return the server that kubeadm starts with rendered documents.

    `release` is kubeadm's version, empty if it is that of Kubernetes. What kubeadm refuses is added to the problems.
    """
    config = config_of(rendered.documents, release or request.version or rendered.version, request.host.address)
    report = Reporter(request.problems)
    check_cluster(config, report, release)
    check_nodes(config.documents, report)
    return _server(request, rendered, config, report)


def _server(request: Request, rendered: Rendered, config: Config, report: Reporter) -> ServerInput:
    certain = bool(request.host.root or request.host.mappings)
    pod = static_pod(config, certain, rendered.version)
    words = expanded(command_of(config), pod.container)
    report.extend(check_volumes(config))
    if not pod.file_system.certain:
        report.extend(check_files(words, pod.file_system))
    return request.server(
        words,
        name=rendered.name,
        start=config.start,
        version=rendered.version,
        version_location=rendered.version_location,
        inline=_inline_files(words, pod.file_system, rendered, report),
        container=pod.container,
        pod_spec=pod.spec,
        file_system=pod.file_system,
        settings=_settings(config),
        setting=rendered.setting,
    )


def _inline_files(
    words: list[Word], files: PodFileSystem, rendered: Rendered, report: Reporter
) -> dict[str, InlineFile]:
    """Return the structured files among those that the program writes on the node, by their path in the container."""
    inline: dict[str, InlineFile] = {}
    for word in words if rendered.files else ():
        flag, _, path = word.text[2:].partition("=")
        content = (rendered.files or {}).get(files.host_path(path) or "") if flag in STRUCTURED else None
        if content is None:
            continue
        root, problems = Embedded(content).parse()
        if root is None:
            report.extend(problems)
        else:
            inline[path] = InlineFile(flag, path, root, False, tuple(problems))
    return inline


def _settings(config: Config) -> dict[str, str]:
    """Return the fields that decide flags of kubeadm which no extra argument overrides."""
    fields = {
        "advertise-address": f"{config.endpoint.path}.advertiseAddress",
        "secure-port": f"{config.endpoint.path}.bindPort",
        "service-cluster-ip-range": config.service_subnet.path,
    }
    overridden = {each.name for each in config.extra_args}
    return {flag: field for flag, field in fields.items() if flag not in overridden}


def accept_duplicates(problems: list[Diagnostic], effect: str) -> None:
    """Turn the parser's errors about duplicate keys into warnings, for a decoder that accepts them."""
    rule = rules.DUPLICATE_KEY
    for index, each in enumerate(problems):
        if each.code == rule.code:
            message, hint = f"{each.message}: {effect}", each.hint
            problems[index] = diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, location=each.location)
    if isinstance(problems, Problems):
        count = problems.unlisted.pop((ERROR, rule.code, ""), 0)
        if count:
            problems.unlisted[WARNING, rules.IGNORED_BY_DISTRIBUTION.code, ""] += count


def _last_refusal(request: Request) -> Diagnostic:
    """Return the last listed finding about what kubeadm refuses in a file of which it reads no document."""
    rule = rules.REFUSED_BY_DISTRIBUTION
    listed = next((each for each in reversed(request.problems) if each.code == rule.code), None)
    start = Location(request.source.name, 1, 1, 1, 2)
    return listed or diagnose(rule, "kubeadm refuses the file", "fix the other findings first", location=start)
