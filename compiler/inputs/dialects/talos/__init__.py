"""Talos: a machine configuration or a patch of one, and from 1.14 on the documents next to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from compiler.inputs import ServerInput
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.talos.arguments import extra_args, merge
from compiler.inputs.dialects.talos.checks import (
    allowed_args,
    check_configuration,
    check_machine,
    has_authorization_flags,
)
from compiler.inputs.dialects.talos.defaults import Defaults
from compiler.inputs.dialects.talos.documents import Documents, Findings, read_documents
from compiler.inputs.dialects.talos.facts import facts_of
from compiler.inputs.dialects.talos.files import written_files
from compiler.inputs.dialects.talos.pod import check_mounts, file_system
from compiler.inputs.dialects.talos.release import kubernetes_of, release_of
from compiler.inputs.dialects.talos.shapes import check_shapes

if TYPE_CHECKING:
    from compiler.inputs.dialects import Request


def read(request: Request) -> ServerInput:
    """Return the server of a control plane machine; report what Talos refuses.

    Raises KascError for the configuration of a worker.
    """
    findings = Findings(request.problems)
    release, is_known = release_of(request)
    facts = facts_of(release)
    documents = read_documents(request.source, request.roots, facts, findings)
    check_machine(documents)
    kubernetes = kubernetes_of(request, documents, facts, is_known, findings)
    lists = facts.has("lists")
    section = documents.api_server.get("extraArgs")
    extra = allowed_args(documents, extra_args(section, lists, findings), findings)
    check_configuration(documents, facts, extra, findings)
    check_shapes(documents, kubernetes.catalog, findings)
    policies = facts.policies(documents.way)
    defaults = Defaults(request, documents, facts, kubernetes.minor, findings).words(has_authorization_flags(extra))
    words = merge(defaults, extra, policies, lists, findings)
    _note_missing(documents, findings)
    mounts = file_system(request.source, documents)
    check_mounts(mounts, words, documents, findings)
    return request.server(
        words,
        start=documents.api_server.location,
        version=kubernetes.version,
        version_location=kubernetes.location,
        inline=written_files(request.source, documents, kubernetes, words),
        file_system=mounts,
        fixed_flags=policies.denied | (policies.additive & defaults.keys()),
        settings=_deciding_fields(words, documents.api_server.path),
        setting=section.path,
    )


def _deciding_fields(words: Sequence[Word], section: str) -> dict[str, str]:
    """Return the fields that decide flags of Talos, without the section of the API server as a whole."""
    return {
        word.text.removeprefix("--").partition("=")[0]: word.path
        for word in words
        if word.origin and word.path not in ("", section)
    }


def _note_missing(documents: Documents, findings: Findings) -> None:
    """Report what the file leaves to the configuration that it is applied to, or leaves out."""
    where = documents.api_server.location
    if documents.is_patch and not documents.endpoint.is_set:
        message = "the file is a patch: the endpoint of the cluster is elsewhere, and other fields may be"
        findings.decided_outside(message, "pass the patched machine configuration to check all of it", where)
    authentication = documents.all_of("KubeAuthenticationConfig")
    if documents.is_patch:
        return
    if documents.way == "legacy" and authentication:
        message = "Talos ignores KubeAuthenticationConfig without a KubeAPIServerConfig document"
        hint = "replace cluster.apiServer by a KubeAPIServerConfig document"
        findings.ignore(message, hint, authentication[0].path, authentication[0].location)
    for kind in ("KubeAuthenticationConfig", "KubeAuthorizerConfig") if documents.way == "documents" else ():
        if kind not in documents.others:
            message = f"the file has no {kind}: if no other file has it, kube-apiserver refuses an empty configuration"
            findings.decided_outside(message, f"add the {kind} documents that talosctl generates", where)
