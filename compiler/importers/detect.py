"""Which kind of input a file is, by its content."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from compiler.catalog import section_of
from compiler.diagnostics import Diagnostic, KascError
from compiler.input import MADE
from compiler.source.node import Node, Source
from compiler.source.reading import is_toml, parse_document

_PODS = frozenset(
    (
        *("Pod", "PodList", "List", "PodTemplate", "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"),
        *("ReplicationController", "Job", "CronJob"),
    )
)
_LEADING = ("exec", "sudo", "nohup", "env", "command")
"""Words that may come before the program's name."""


def detect(
    source: Source, read_as: str | None, version: str | None, problems: list[Diagnostic]
) -> tuple[str, list[Node]]:
    """The kind, and the documents of the file where it is structured. Raises KascError where it is none."""
    if read_as == "document":
        return read_as, [parse_document(source, problems)]
    if read_as in ("argv", "flags"):
        return read_as, []
    if read_as == "pod":
        return read_as, _documents(source, problems)
    if read_as == "config-file":
        return read_as, [_as_server(source, problems)]
    if source.name.endswith(".toml"):
        return "document", [parse_document(source, problems)]
    if _looks_like_flags(source.text):
        return _argv_or_flags(source.text), []
    if "[Unit]" in source.text or "[Service]" in source.text:
        from compiler.importers.unknown import unit

        found = unit(source)
        if found is not None:
            raise KascError(found)
    if is_toml(source):
        return "document", [parse_document(source, problems)]
    roots = _documents(source, problems)
    if len(roots) == 1 and _is_document(roots[0]):
        return "document", roots
    for root in roots:
        kind = root.get("kind")
        if kind is not None and isinstance(kind.value, str) and kind.value in _PODS and not _is_document(root):
            return "pod", roots
    if roots and _is_config_file(roots[0], version):
        problems.clear()
        return "config-file", [_as_server(source, problems)]
    if any(map(_is_document, roots)):
        # Which says that there are several.
        return "document", [parse_document(source, problems)]
    from compiler.importers.unknown import unknown_input

    raise KascError(unknown_input(source, roots))


def _is_config_file(root: Node, version: str | None) -> bool:
    from compiler.catalog import nearest
    from compiler.importers.config_file import is_config_file

    return is_config_file(root, nearest(version))


def _as_server(source: Source, problems: list[Diagnostic]) -> Node:
    """The structured file as the server would read it, for its scalars mean other things there."""
    from compiler.config_files.reading import parse_as_server

    return parse_as_server(source, problems)


def _documents(source: Source, problems: list[Diagnostic]) -> list[Node]:
    from compiler.source.yaml_source import parse_yaml_all

    return parse_yaml_all(source, problems)


def _is_document(root: Node) -> bool:
    if not isinstance(root.value, dict):
        return False
    api, kind = root.get("apiVersion"), root.get("kind")
    if kind is not None and kind.value in MADE:
        return False
    if (api is not None and str(api.value).startswith("kasc")) or (kind is not None and kind.value == "APIServer"):
        return True
    if kind is not None:
        return False
    from compiler.catalog import catalog, nearest

    sections = {section_of(group) for group in catalog(nearest(None)).groups}
    return bool(sections & set(root.value)) or "kubernetesVersion" in root.value


def _content_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _looks_like_flags(text: str) -> bool:
    lines = _content_lines(text)
    if not lines:
        return False
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


def _argv_or_flags(text: str) -> str:
    lines = _content_lines(text)
    if os.path.basename(lines[0]) == "kube-apiserver":
        lines = lines[1:]
    takes_next = False
    for line in lines:
        if not (line.startswith("-") or takes_next) or _is_for_a_shell(line):
            return "flags"
        takes_next = line.startswith("--") and "=" not in line
    return "argv"


def _is_for_a_shell(line: str) -> bool:
    """Whether a line holds what only a shell would take away: quotes, variables, comments, several words."""
    return (
        line.endswith("\\")
        or line.strip() != line
        or (line.startswith("-") and " " in line.partition("=")[0])
        or any(sign in line for sign in (" -", " #", "'", '"'))
        or re.search(r"\$[A-Za-z_({]", line) is not None
    )


def input_at(path: str) -> set[str] | None:
    """None where a file found in a folder is no input; else the files that it extends, as normalised paths.

    What cannot be opened counts as an input, so that it is reported.
    """
    from compiler.source.reading import LIMIT, read_source

    try:
        source = read_source(path)
    except KascError as error:
        if error.diagnostic.code == "KASC-DOC-001":
            return set()
        # Too large, or in another encoding: reported where it is a document all the same.
        with open(path, "rb") as file:
            return set() if b"kasc/v1" in file.read(LIMIT).replace(b"\0", b"") else None
    text = source.text
    if "kasc/v1" in text or "kind: APIServer" in text:
        if any(kind in text[:200] for kind in MADE):
            return None
    elif "kube-apiserver" not in text or "--etcd-servers" not in text:
        return None
    return _parents_in(source, path) if "extends" in text else set()


def _parents_in(source: Source, path: str) -> set[str]:
    from compiler.source.overlays import parent_path

    names = _plainly_extended(source.text)
    if names is None:
        try:
            extends = parse_document(source, []).get("extends")
        except KascError:
            return set()
        if extends is None:
            return set()
        names = [str(item.value) for item in (extends.value if isinstance(extends.value, list) else [extends])]
    return {parent_path(os.path.dirname(path), name) for name in names}


def _plainly_extended(text: str) -> list[str] | None:
    """The names in the only `extends` of a text, where they stand in its line so that nothing but a list of plain
    words can be meant; None for all others, which have to be parsed.
    """
    line = re.search(r"^extends: *\[([A-Za-z0-9_./, -]*)\] *$", text, re.MULTILINE | re.ASCII)
    if line is None or text.count("extends") != 1:
        return None
    return _plain_names(line[1])


@lru_cache(maxsize=256)
def _plain_names(line: str) -> list[str] | None:
    names = [name.strip() for name in line.split(",")]
    # What has no such ending may be another thing than a text.
    plain = all(re.fullmatch(r"[A-Za-z_./][^ ]*\.(?:ya?ml|toml|json)", name, re.ASCII) for name in names)
    return names if plain else None
