"""What keeps the kubelet from running the Pod that kubeadm writes, and files that its container does not have.

kubeadm validates none of this, and patches of the Pod may change it: all findings are warnings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from compiler import rules
from compiler.diagnostics import WARNING, Diagnostic, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.kubeadm.config import Config
from compiler.inputs.dialects.kubeadm.pod import PodFileSystem
from compiler.inputs.source.node import Node, items_of
from compiler.text import shown
from compiler.upstream.catalog.facts import READ_FILES, WRITTEN_FILES

_LISTS = ("service-account-key-file",)
_PAIRS = ("tls-sni-cert-key",)


def check_volumes(config: Config) -> Iterator[Diagnostic]:
    """Yield the values of extraVolumes and extraEnvs that make the kubelet refuse the Pod."""
    volumes = items_of(config.cluster.find("apiServer", "extraVolumes"))
    variables = items_of(config.cluster.find("apiServer", "extraEnvs"))
    if not volumes and not variables:
        return
    from compiler.inputs.pods.fields import FieldChecker
    from compiler.inputs.pods.validation import HOST_PATH_TYPES, validate_variable
    from compiler.inputs.pods.value_checks import ValueChecks

    problems: list[Diagnostic] = []
    values = ValueChecks(FieldChecker(f"1.{config.minor}", problems))
    paths: dict[str, str] = {}
    for index, volume in enumerate(volumes):
        path = f"{config.cluster.path}apiServer.extraVolumes[{index}]"
        for key in ("name", "hostPath", "mountPath"):
            if isinstance(volume.value, dict) and not _is_given(volume.get(key)):
                values.missing(volume, f"{path}.{key}", f"set {key}")
        values.label(volume, "name", path, "volume name")
        values.unique(volume, "mountPath", path, paths, "mount path")
        values.no_backsteps(volume, "hostPath", path)
        values.one_of(volume, "pathType", path, HOST_PATH_TYPES)
    for index, variable in enumerate(variables):
        path = f"{config.cluster.path}apiServer.extraEnvs[{index}]"
        if isinstance(variable.value, dict) and not _is_given(variable.get("name")):
            values.missing(variable, f"{path}.name", "set name")
        validate_variable(values, variable, path)
    for problem in problems:
        yield problem._replace(severity=WARNING)


def _is_given(node: Node | None) -> bool:
    return node is not None and node.value not in (None, "")


def check_files(words: list[Word], files: PodFileSystem) -> Iterator[Diagnostic]:
    """Yield a warning for each file of the user that no mount of the container has, or that it cannot write."""
    for word in words:
        flag, _, value = word.text[2:].partition("=")
        flag = flag.replace("_", "-")
        if word.origin or word.unknown:
            continue
        report = partial(diagnose, path=word.path, flag=flag, severity=WARNING)
        if flag in WRITTEN_FILES and (problem := files.not_writable(value)):
            message = f"--{flag}: the container cannot write {shown(value)}: {problem}"
            hint = "set readOnly: false in apiServer.extraVolumes, or mount a separate directory"
            yield report(rules.FILE_NOT_WRITABLE_IN_CONTAINER, message, hint, location=word.location)
        if flag not in READ_FILES:
            continue
        start = len(word.text) - len(value)
        for match in re.finditer("[^,:]+" if flag in _PAIRS else "[^,]+" if flag in _LISTS else ".+", value, re.DOTALL):
            path = match[0]
            absent = files.missing(path) if path.startswith("/") else None
            if absent is not None:
                message = f"--{flag}: {shown(path)} is not in the container: {absent}"
                where = word.part(start + match.start(), start + match.end())
                yield report(rules.FILE_NOT_IN_CONTAINER, message, absent.hint, location=where)
