"""Search of directories for inputs, by the content of their files, with the reasons for skipping the others."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from compiler import rules
from compiler.bounds import MAX_FILE
from compiler.diagnostics import KascError
from compiler.filesystem import DISK, Disk, Root, open_file, read_from, root_of
from compiler.inputs import ARTIFACT_KINDS, DIALECT_KINDS, POLICY_KIND
from compiler.inputs.dialects.detection import configures_server, is_part
from compiler.inputs.importers.detect import FLAGS_FILE, WORDS, detect
from compiler.inputs.source import DOCUMENT_SUFFIXES, parse_document, source_of
from compiler.inputs.source.node import Source, text_of

_SKIPPED_DIRECTORIES = frozenset(("node_modules", "__pycache__", "site-packages"))
_OTHER_SUFFIXES = (
    *(".c", ".cc", ".cpp", ".cs", ".css", ".go", ".h", ".hs", ".html", ".java", ".js", ".kt", ".lock", ".log", ".lua"),
    *(".php", ".pl", ".py", ".pyi", ".rb", ".rs", ".scala", ".scss", ".sql", ".sum", ".svg", ".swift", ".tf", ".ts"),
    *(".adoc", ".diff", ".ipynb", ".markdown", ".md", ".mdx", ".patch", ".rst"),
    *(".gotmpl", ".j2", ".jinja", ".jinja2", ".jsonnet", ".libsonnet", ".mustache", ".template", ".tmpl", ".tpl"),
)
"""Source code, documentation and templates: configuration quoted in them is not an input."""
_SERVERS = frozenset(("document", "pod", *DIALECT_KINDS)) - {"flagz"}
"""The kinds of inputs that are a whole server. A page of /flagz is a record of one, not its configuration."""
_SERVER_SUFFIXES = (*DOCUMENT_SUFFIXES, ".service")
_HEAD = 8192
"""Bytes checked for a NUL to tell whether a file is text, as git does."""
_WORDS = tuple(word.encode() for word in (*WORDS, "kind: Secret", "kind: ConfigMap", '"Secret"', '"ConfigMap"'))
_SOURCE = r"""\bsource["']?[ \t]*[:=][ \t]*["']?([^"',}\s#]+)"""

_ARTIFACT = "it is checked with the document that kasc compiled it from"
_NO_SERVER = "it is not the configuration of a whole server"
_HIDDEN = "its name begins with a dot"


class Skipped(NamedTuple):
    """A file or directory that was skipped, and the reason."""

    path: str
    reason: str


class Search:
    """A search of directories for inputs.

    `servers_only` skips inputs that are not a whole server: flags, structured files, ConfigMaps and Secrets.
    `output_directory` is a directory to skip, `added_root` one that links may lead to. `skipped` collects the files
    that are not inputs, `problems` the directories that could not be read.
    """

    def __init__(
        self, problems: list[str], servers_only: bool = False, output_directory: str = "", added_root: str = ""
    ) -> None:
        self.problems = problems
        self.added_root = added_root
        self.servers_only = servers_only
        self.output_directory = os.path.abspath(output_directory) if output_directory else ""
        self.skipped: list[Skipped] = []

    def inputs_below(self, directory: str) -> list[str]:
        """Return the inputs below a directory, sorted, without the files that another document extends or reads."""
        parts_by_input: dict[str, set[str]] = {}
        root = root_of(os.path.join(directory, os.curdir), self.added_root)
        for path in self._files(directory):
            reason = self._skip_reason(path, root)
            parts = None
            if not reason:
                parts, reason = self._inspect(path)
            if parts is None:
                self.skipped.append(Skipped(path, reason))
            else:
                parts_by_input[path] = parts
        all_parts = {part for parts in parts_by_input.values() for part in parts}
        for path in parts_by_input:
            if os.path.normpath(path) in all_parts:
                self.skipped.append(Skipped(path, "it is checked with the document that names it"))
        return [path for path in parts_by_input if os.path.normpath(path) not in all_parts]

    def parts_at(self, path: str, disk: Disk) -> set[str] | None:
        """Return the files that are parts of the input at a path on another disk; None if there is no input there."""
        directory, name = os.path.split(path)
        if any(_is_skipped(part) for part in path.split("/")) or _reason_by_name(path, disk):
            return None
        try:
            if name == FLAGS_FILE and name in _artifacts_in(disk.names(directory or os.curdir)):
                return None
            data = disk.read(path)
        except (OSError, ValueError):
            return None
        return self._inspect_data(data, path)[0]

    def _files(self, directory: str) -> Iterator[str]:
        def unreadable(problem: OSError) -> None:
            self.problems.append(f"cannot search {problem.filename}: {(problem.strerror or str(problem)).lower()}")

        for root, directories, files in os.walk(directory, onerror=unreadable):
            artifacts = _artifacts_in(files)
            searched = []
            for name in sorted(directories):
                path = os.path.join(root, name)
                reason = self._directory_skip_reason(path, name) or (_ARTIFACT if name in artifacts else "")
                if reason:
                    self.skipped.append(Skipped(path, reason))
                else:
                    searched.append(name)
            directories[:] = searched
            for name in sorted(files):
                path = os.path.join(root, name)
                reason = _HIDDEN if name.startswith(".") else _ARTIFACT if name in artifacts else ""
                if reason:
                    self.skipped.append(Skipped(path, reason))
                else:
                    yield path

    def _directory_skip_reason(self, path: str, name: str) -> str:
        if name.startswith("."):
            return _HIDDEN
        if name in _SKIPPED_DIRECTORIES:
            return "it contains installed packages"
        if os.path.islink(path):
            return "links to directories are not followed"
        return "it is the output directory" if os.path.abspath(path) == self.output_directory else ""

    def _skip_reason(self, path: str, root: Root) -> str:
        """Return why a file is not read; empty if it is."""
        if reason := _reason_by_name(path):
            return reason
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                if root.refusal(path):
                    return "it is a link to a file outside the directory"
                status = os.stat(path)
        except (OSError, ValueError) as problem:
            # A configuration file that cannot be opened is reported as an input.
            reason = getattr(problem, "strerror", None) or str(problem)
            return "" if path.endswith(DOCUMENT_SUFFIXES) else f"cannot be read: {reason}"
        return "" if stat.S_ISREG(status.st_mode) else "it is not a regular file"

    def _inspect(self, path: str) -> tuple[set[str] | None, str]:
        """Return the files that are parts of an input, as normalized paths; None and the reason for any other file."""
        try:
            data = _text_of(path)
        except OSError as problem:
            # A configuration file that cannot be opened is reported as an input.
            return (set() if path.endswith(DOCUMENT_SUFFIXES) else None), f"cannot be read: {problem.strerror}"
        if data is None:
            return None, "it is a binary file"
        return self._inspect_data(data, path)

    def _inspect_data(self, data: bytes, path: str) -> tuple[set[str] | None, str]:
        if b"\0" not in data and not any(word in data for word in _WORDS):
            return None, "it is not an input"
        if self.servers_only and not path.endswith(_SERVER_SUFFIXES):
            return None, _NO_SERVER
        try:
            source = source_of(data, path)
        except KascError as error:
            # Too large, or in another encoding: reported as an input if it seems to be a document.
            return (set() if b"kasc/v1" in data.replace(b"\0", b"") else None), error.diagnostic.message
        return self._inspect_source(source, path)

    def _inspect_source(self, source: Source, path: str) -> tuple[set[str] | None, str]:
        text = source.text
        configuration = path.endswith(DOCUMENT_SUFFIXES)
        if configuration and re.search(r"""(?m)^["']?apiVersion["']?[ \t]*[:=][ \t]*["']?kasc/""", text[:_HEAD]):
            if any(kind in text[:200] for kind in ARTIFACT_KINDS):
                return None, "it is an artifact of kasc"
            if re.search(rf"""(?m)^["']?kind["']?[ \t]*:[ \t]*["']?{POLICY_KIND}\b""", text[:_HEAD]):
                return None, "it is a policy"
            return _parts_of(source, path), ""
        kind, reason = kind_of(source)
        if kind == "malformed" and not configuration:
            return None, "it is not well-formed"
        if not kind or (self.servers_only and kind not in _SERVERS):
            return None, reason or _NO_SERVER
        return (_parts_of(source, path) if kind == "document" else set()), ""


def _is_skipped(name: str) -> bool:
    """Return whether a file or directory is skipped by its name."""
    return name in _SKIPPED_DIRECTORIES or (name.startswith(".") and name not in (os.curdir, os.pardir))


def _reason_by_name(path: str, disk: Disk = DISK) -> str:
    """Return why a file is not read, by its path; empty if it may be an input."""
    if os.path.dirname(path).endswith(".d") and is_part(path, disk):
        return "it is read with the input next to its directory"
    if path.endswith(_OTHER_SUFFIXES):
        return "it is source code, documentation or a template, by its suffix"
    return ""


def _text_of(path: str) -> bytes | None:
    """Return the bytes of a file, slightly more than the limit of a larger one; None if it is not text by its start."""
    descriptor, size = open_file(path)
    try:
        data = os.read(descriptor, _HEAD)
        if b"\0" in data and b"kasc/v1" not in data.replace(b"\0", b""):
            return None
        return data + read_from(descriptor, min(size, MAX_FILE)) if len(data) == _HEAD else data
    finally:
        os.close(descriptor)


def _artifacts_in(files: list[str]) -> frozenset[str]:
    """Return the artifacts of kasc in a directory that do not name their version, next to the Pod that does."""
    pod = FLAGS_FILE.removesuffix(".flags") + ".yaml"
    return frozenset((FLAGS_FILE, "files")) if FLAGS_FILE in files and pod in files else frozenset()


def kind_of(source: Source) -> tuple[str, str]:
    """Return the kind of a file that certainly is an input; otherwise an empty string and the reason."""
    from compiler.inputs.importers.carried import carried_files
    from compiler.inputs.importers.pod import runs_server

    try:
        kind, roots, certain = detect(source, None, None, [])
    except KascError as error:
        diagnostic = error.diagnostic
        unknown = diagnostic.code.startswith("KASC-INPUT-") or diagnostic.code == rules.FILE_TOO_LARGE_OR_DEEP.code
        if re.search(r"\{[{%]", source.text):
            return "", "it is a template: render it first"
        return ("", diagnostic.message) if unknown else ("malformed", "")
    if not certain:
        return "", f"it may be of kind {kind}, but does not say so: name it as an input to check it"
    if kind == "config-file" and text_of(roots[0].get("kind")) == "Config":
        return "", "a kubeconfig is checked with the input that names it"
    if kind in DIALECT_KINDS and not configures_server(kind, roots):
        return "", "it configures a node without kube-apiserver"
    if kind in ("pod", "manifest") and not (kind == "pod" and runs_server(roots)):
        kind = "manifest" if carried_files(roots, None, None) else ""
    return kind, "" if kind else "no object in it configures kube-apiserver"


def _parts_of(source: Source, path: str) -> set[str]:
    """Return the files that a document extends or has as the source of a structured file, as normalized paths."""
    parts = _parents_in(source, path) if "extends" in source.text else set()
    if "source" in source.text:
        directory = os.path.dirname(path)
        parts |= {os.path.normpath(os.path.join(directory, name)) for name in re.findall(_SOURCE, source.text)}
    return parts


def _parents_in(source: Source, path: str) -> set[str]:
    from compiler.inputs.source.overlays import parent_path

    names = _plain_extends(source.text)
    if names is None:
        try:
            extends = parse_document(source, []).get("extends")
        except KascError:
            return set()
        if extends is None:
            return set()
        names = [str(item.value) for item in (extends.value if isinstance(extends.value, list) else [extends])]
    return {parent_path(os.path.dirname(path), name) for name in names}


def _plain_extends(text: str) -> list[str] | None:
    """Return the names in the only `extends` of a file if it is a one-line list of plain words.

    Return None for any other `extends`, which has to be parsed.
    """
    line = re.search(r"^extends: *\[([A-Za-z0-9_./, -]*)\] *$", text, re.MULTILINE | re.ASCII)
    if line is None or text.count("extends") != 1:
        return None
    return _plain_names(line[1])


@lru_cache(maxsize=256)
def _plain_names(line: str) -> list[str] | None:
    names = [name.strip() for name in line.split(",")]
    # A name without one of these suffixes may not be a string.
    plain = all(re.fullmatch(r"[A-Za-z_./][^ ]*\.(?:ya?ml|toml|json)", name, re.ASCII) for name in names)
    return names if plain else None
