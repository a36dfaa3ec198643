"""Detection of the kind of an input from its content."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.inputs import ARTIFACT_KINDS, DIALECT_KINDS, POLICY_KIND
from compiler.inputs.importers.processes import process_lines
from compiler.inputs.source import is_toml, parse_as_server, parse_document
from compiler.inputs.source.node import Node, Source, items_of
from compiler.upstream.catalog.facts import nearest

FLAGS_FILE = "kube-apiserver.flags"
"""The name of kasc's flags artifact, an argument list."""
PODS = frozenset(
    (
        "Pod",
        "PodList",
        "List",
        "PodTemplate",
        "Deployment",
        "DaemonSet",
        "StatefulSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
    )
)
MANIFESTS = frozenset(("ConfigMap", "Secret", "ConfigMapList", "SecretList"))
"""Kinds whose data may contain whole files."""
WORDS = (
    "kasc/",
    "APIServer",
    "kube-apiserver",
    "--etcd-servers",
    "EncryptionConfig",
    "audit.k8s.io",
    "apiserver.k8s.io",
    "apiserver.config.k8s.io",
    "admission.k8s.io",
    "admission.config.k8s.io",
    *("apiserver_", "apiServer", "kubeadm.k8s.io", "x-k8s.io", "kops.k8s.io", "k0sproject.io", "gardener.cloud"),
    *("kamaji.clastix.io", "rancher"),
)
"""A file without any of these is not certainly an input. Substring searches are faster than one regular expression."""
_LEADING = ("exec", "sudo", "nohup", "env", "command")
"""Words that may precede the program's name."""
_KEY_IN_TEXT = r"""(?m)^(?:%s|[ \t{]*"%s")[ \t]*[:=][ \t]*["']?([A-Za-z0-9./_-]+)"""


class Detected(NamedTuple):
    """The kind of an input, and its YAML or TOML documents.

    `certain` is false if the kind was inferred from keys or flags that other tools may use as well.
    """

    kind: str
    roots: list[Node]
    certain: bool = True


def detect(source: Source, read_as: str | None, version: str | None, problems: list[Diagnostic]) -> Detected:
    """Return the kind of a file, `read_as` if that is set.

    Raises KascError: INPUT-01 and INPUT-20 for an unknown kind, and a parser's error for a malformed file of a known
    kind.
    """
    if read_as == "document":
        return Detected(read_as, [parse_document(source, problems)])
    if read_as in ("argv", "flags"):
        return Detected(read_as, [])
    if read_as == "pod":
        return Detected(read_as, _documents(source, problems))
    if read_as == "config-file":
        return _as_config_file(source, version, problems)
    if read_as in DIALECT_KINDS:
        return _as_dialect(source, read_as, problems)
    if source.argv:
        return Detected("argv", [])
    text_dialect = _text_dialect(source)
    if text_dialect is not None:
        return text_dialect
    flags = _flags_kind(source)
    if flags is not None:
        return flags
    if any(group in source.text for group in _DISTRIBUTION_GROUPS):
        dialect = _dialect_by_group(source, problems)
        if dialect is not None:
            return dialect
    toml = is_toml(source)
    try:
        roots = [parse_document(source, problems)] if toml else _documents(source, problems)
    except KascError as error:
        return _malformed(source, version, error, problems)
    return _structured(source, roots, version, problems)


def _structured(source: Source, roots: list[Node], version: str | None, problems: list[Diagnostic]) -> Detected:
    if len(roots) == 1 and has_header(roots[0]):
        return Detected("document", roots)
    if len(roots) == 1 and roots[0].get("kind") is None and roots[0].get("apiVersion") is None:
        from compiler.inputs.importers.recognition import seems_document

        if seems_document(roots[0]):
            return Detected("document", roots, certain=False)
    if any(_kind_of(root) in PODS for root in roots) and not _only_manifests(roots):
        return Detected("pod", roots)
    if roots and _is_config_file(roots[0], version):
        problems.clear()
        return Detected("config-file", [parse_as_server(source, problems)])
    if any(_kind_of(root) in MANIFESTS for root in roots) or _only_manifests(roots):
        return Detected("manifest", roots)
    if any(has_header(root) for root in roots):
        # Parsed again as a single document, which reports the others.
        return Detected("document", [parse_document(source, problems)])
    from compiler.inputs.dialects.detection import dialect_of

    dialect = dialect_of(roots, source.name)
    if dialect is not None:
        problems.clear()
        return Detected(dialect[0], _as_kubernetes(source, problems), dialect[1])
    from compiler.inputs.importers.recognition import unknown_input

    raise KascError(unknown_input(source, roots))


_DISTRIBUTION_GROUPS = (
    *("kubeadm.k8s.io/", "cluster.x-k8s.io/", "kind.x-k8s.io/", "kops.k8s.io/", "k0sproject.io/"),
    *("core.gardener.cloud/", "kamaji.clastix.io/", "kubecontrolplane.config.openshift.io/"),
)
"""Substrings of the files that `dialects.detection` knows by their apiVersion: it is imported for these only."""
_TEXT_FORMATS = frozenset(("systemd", "microk8s"))
"""Dialects whose files are not YAML. The pages of /flagz are text or YAML."""


def _as_dialect(source: Source, kind: str, problems: list[Diagnostic]) -> Detected:
    """Return the documents of a file that is of this dialect."""
    from compiler.inputs.dialects.detection import is_flagz_document

    if kind in _TEXT_FORMATS or (kind == "flagz" and not is_flagz_document(source)):
        return Detected(kind, [])
    return Detected(kind, _as_kubernetes(source, problems))


def _text_dialect(source: Source) -> Detected | None:
    """Return the dialect of a file that states it in its text, None for any other file."""
    if not any(word in source.text for word in ("[Service]", "[Unit]", "Flagz", "Warning: ", "SNAP_")):
        return None
    from compiler.inputs.dialects.detection import dialect_of_text

    kind = dialect_of_text(source)
    if not kind:
        if "[Unit]" in source.text or "[Service]" in source.text:
            from compiler.inputs.importers.recognition import unit

            diagnostic = unit(source)
            if diagnostic is not None:
                raise KascError(diagnostic)
        return None
    return _as_dialect(source, kind, [])


def _dialect_by_group(source: Source, problems: list[Diagnostic]) -> Detected | None:
    """Return the dialect of a file that states an apiVersion of a distribution; None for any other file.

    Such a file is parsed once only, by the rules of Kubernetes.
    """
    from compiler.inputs.dialects.detection import dialect_of, has_group

    if not has_group(source):
        return None
    roots = _as_kubernetes(source, problems)
    dialect = dialect_of(roots, source.name)
    if dialect is None:
        problems.clear()
        return None
    return Detected(dialect[0], roots, dialect[1])


def _as_kubernetes(source: Source, problems: list[Diagnostic]) -> list[Node]:
    """Parse every document of a file as Kubernetes does."""
    from compiler.inputs.importers.pod import parse_manifests

    return parse_manifests(source, problems)


def _malformed(source: Source, version: str | None, error: KascError, problems: list[Diagnostic]) -> Detected:
    """Return the kind of a file with a syntax error, if the server's own parser accepts it; raises KascError if not.

    The kind is read from the lines that state it.
    """
    api, kind = _in_text(source.text, "apiVersion"), _in_text(source.text, "kind")
    if (kind in PODS and "kube-apiserver" in source.text) or (kind not in ARTIFACT_KINDS and _is_header(api, kind)):
        raise error
    from compiler.inputs.importers.config_file import is_kind_of_file

    if not is_toml(source) and is_kind_of_file(api, kind, nearest(version)):
        problems.clear()
        root = parse_as_server(source, problems)
        if _is_config_file(root, version):
            return Detected("config-file", [root])
    diagnostic = error.diagnostic
    if diagnostic.code == rules.FILE_TOO_LARGE_OR_DEEP.code:
        raise error
    message = f"unrecognized input, and not well-formed: {diagnostic.message}"
    hint = "fix the syntax, or set the kind of the file with --as"
    raise KascError(diagnose(rules.MALFORMED_UNRECOGNIZED_INPUT, message, hint, location=diagnostic.location)) from None


def stated_kind(source: Source) -> str:
    """Return the kind of a malformed file as its lines state it, empty if they state none."""
    api, kind = _in_text(source.text, "apiVersion"), _in_text(source.text, "kind")
    if _is_header(api, kind):
        return "document"
    if kind in PODS:
        return "pod"
    from compiler.inputs.dialects.detection import dialect_of_header

    return dialect_of_header(api, kind)


def _in_text(text: str, key: str) -> str:
    match = re.search(_KEY_IN_TEXT % (key, key), text)
    return match[1] if match else ""


def _as_config_file(source: Source, version: str | None, problems: list[Diagnostic]) -> Detected:
    """Detect a structured file, or a ConfigMap or Secret that contains one."""
    root = parse_as_server(source, problems)
    if _kind_of(root) in MANIFESTS:
        problems.clear()
        return Detected("manifest", _documents(source, problems))
    return Detected("config-file", [root])


def _kind_of(root: Node) -> str:
    kind = root.get("kind")
    return kind.value if kind is not None and isinstance(kind.value, str) else ""


def _only_manifests(roots: list[Node]) -> bool:
    """Return whether all objects are ConfigMaps, Secrets, or lists of these."""
    return bool(roots) and all(
        _kind_of(root) in MANIFESTS
        or (
            _kind_of(root) == "List"
            and bool(items := items_of(root.get("items")))
            and all(_kind_of(item) in MANIFESTS for item in items)
        )
        for root in roots
    )


def _is_config_file(root: Node, version: str | None) -> bool:
    from compiler.inputs.importers.config_file import is_config_file

    return is_config_file(root, nearest(version))


def _documents(source: Source, problems: list[Diagnostic]) -> list[Node]:
    from compiler.inputs.source.yaml import parse_yaml_all

    return parse_yaml_all(source, problems)


def has_header(root: Node) -> bool:
    """Return whether the apiVersion or kind of a mapping is that of a kasc document."""
    api, kind = root.get("apiVersion"), root.get("kind")
    if not isinstance(root.value, dict) or _kind_of(root) in (*ARTIFACT_KINDS, POLICY_KIND):
        return False
    return _is_header(str(api.value or "") if api is not None else "", _kind_of(root) if kind is not None else "")


def _is_header(api: str, kind: str) -> bool:
    return api.startswith("kasc/") or api == "kasc" or (kind == "APIServer" and not api)


def _content_lines(text: str) -> list[str]:
    return [line for line in filter(str.strip, text.splitlines()) if not line.lstrip().startswith("#")]


def _flags_kind(source: Source) -> Detected | None:
    """Return `argv` or `flags` if a file has flags of kube-apiserver, None if not."""
    text = source.text
    lines = _content_lines(text)
    if lines and not _looks_like_flags(lines):
        return Detected("flags", []) if process_lines(text) else None
    if not lines:
        return None
    certain: bool | None = "kube-apiserver" in text or "--etcd-servers" in text
    if not certain:
        from compiler.inputs.importers.recognition import are_flags

        certain = are_flags(text)
        if certain is None:
            return None
    # The name of a file in a ConfigMap is MANIFEST:KEY.
    verbatim = re.split("[/:]", source.name)[-1] == FLAGS_FILE and _is_artifact(text)
    return Detected("argv" if verbatim else _argv_or_flags(lines), [], certain)


def _is_artifact(text: str) -> bool:
    """Return whether a file named like kasc's flags artifact is an argument list, where quotes are part of a value.

    A file in which every line is continued by a backslash is a shell command. No artifact looks like that: not every
    flag of a working server has a value that ends with a space and a backslash.
    """
    lines = text.splitlines()
    continued = len(lines) > 1 and all(line.endswith(" \\") for line in lines[:-1])
    return not continued and all(re.match("--[A-Za-z]", line) for line in lines if line)


def _looks_like_flags(lines: list[str]) -> bool:
    first = lines[0].strip().removeprefix("export ")
    name, equals, _ = first.partition("=")
    environment = bool(equals) and name.replace("_", "a").isalnum() and name.isupper() and "--" in "\n".join(lines)
    program = next((word for word in first.split() if word not in _LEADING), "")
    flag = first.lstrip("\"'")
    return (
        (flag.startswith("--") and not flag.startswith("---"))
        or os.path.basename(program) == "kube-apiserver"
        or environment
    )


def _argv_or_flags(lines: list[str]) -> str:
    if os.path.basename(lines[0]) == "kube-apiserver":
        lines = lines[1:]
    takes_next = False
    for line in lines:
        if not (line.startswith("-") or takes_next) or _has_shell_syntax(line):
            return "flags"
        takes_next = line.startswith("--") and "=" not in line
    return "argv"


def _has_shell_syntax(line: str) -> bool:
    """Return whether a line has shell syntax: quotes, variables, comments or several words."""
    return (
        line.endswith("\\")
        or line.strip() != line
        or (line.startswith("-") and " " in line.partition("=")[0])
        or any(token in line for token in (" -", " #", "'", '"'))
        or re.search(r"\$[A-Za-z_({]", line) is not None
    )
