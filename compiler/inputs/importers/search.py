"""Which files of a directory are inputs, by their content, and why the others are not."""

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
from compiler.filesystem import Root, open_file, read_from, root_of
from compiler.inputs.importers.detect import FLAGS_FILE, WORDS
from compiler.inputs.server import MADE
from compiler.inputs.source import DOCUMENT_SUFFIXES, parse_document, source_of
from compiler.inputs.source.node import Source

_SKIPPED_DIRECTORIES = frozenset(("node_modules", "__pycache__", "site-packages"))
_OTHER_SUFFIXES = (
    *(".c", ".cc", ".cpp", ".cs", ".css", ".go", ".h", ".hs", ".html", ".java", ".js", ".kt", ".lock", ".log", ".lua"),
    *(".php", ".pl", ".py", ".pyi", ".rb", ".rs", ".scala", ".scss", ".sql", ".sum", ".svg", ".swift", ".tf", ".ts"),
    *(".adoc", ".diff", ".ipynb", ".markdown", ".md", ".mdx", ".patch", ".rst"),
    *(".gotmpl", ".j2", ".jinja", ".jinja2", ".jsonnet", ".libsonnet", ".mustache", ".template", ".tmpl", ".tpl"),
)
"""Source code, documentation and templates: what they quote is not an input."""
_HEAD = 8192
"""Bytes that tell whether a file is text, as git tells it."""
_WORDS = tuple(word.encode() for word in (*WORDS, "kind: Secret", "kind: ConfigMap", '"Secret"', '"ConfigMap"'))
_SOURCE = r"""\bsource["']?[ \t]*[:=][ \t]*["']?([^"',}\s#]+)"""

_ARTIFACT = "it is checked with the document that kasc compiled it from"


class Skipped(NamedTuple):
    """A file or directory that the search left out, and why."""

    path: str
    reason: str


class Search:
    """A search through directories.

    `servers_only` leaves out what is not a whole server: flags, structured files, ConfigMaps and Secrets. `leave_out`
    is a directory to skip, `added_root` one that links may lead to. `skipped` holds what was left out, `problems` what
    could not be searched.
    """

    def __init__(
        self, problems: list[str], servers_only: bool = False, leave_out: str = "", added_root: str = ""
    ) -> None:
        self.problems = problems
        self.added_root = added_root
        self.servers_only = servers_only
        self.leave_out = os.path.abspath(leave_out) if leave_out else ""
        self.skipped: list[Skipped] = []

    def inputs_below(self, directory: str) -> list[str]:
        """The inputs below a directory, sorted, without what another document extends or names as a source."""
        named: dict[str, set[str]] = {}
        root = root_of(os.path.join(directory, os.curdir), self.added_root)
        for path in self._files(directory):
            reason = self._refused(path, root)
            names = None
            if not reason:
                names, reason = self._inspect(path)
            if names is None:
                self.skipped.append(Skipped(path, reason))
            else:
                named[path] = names
        parts = {name for each in named.values() for name in each}
        for path in named:
            if os.path.normpath(path) in parts:
                self.skipped.append(Skipped(path, "it is checked with the document that names it"))
        return [path for path in named if os.path.normpath(path) not in parts]

    def _files(self, directory: str) -> Iterator[str]:
        def unreadable(problem: OSError) -> None:
            self.problems.append(f"cannot search {problem.filename}: {(problem.strerror or str(problem)).lower()}")

        for root, directories, files in os.walk(directory, onerror=unreadable):
            own = _artifacts_in(files)
            kept = []
            for name in sorted(directories):
                path = os.path.join(root, name)
                reason = self._refused_directory(path, name) or (_ARTIFACT if name in own else "")
                if reason:
                    self.skipped.append(Skipped(path, reason))
                else:
                    kept.append(name)
            directories[:] = kept
            for name in sorted(files):
                path = os.path.join(root, name)
                reason = "its name begins with a dot" if name.startswith(".") else _ARTIFACT if name in own else ""
                if reason:
                    self.skipped.append(Skipped(path, reason))
                else:
                    yield path

    def _refused_directory(self, path: str, name: str) -> str:
        if name.startswith("."):
            return "its name begins with a dot"
        if name in _SKIPPED_DIRECTORIES:
            return "it holds installed packages"
        if os.path.islink(path):
            return "links to directories are not followed"
        return "it is the output directory" if os.path.abspath(path) == self.leave_out else ""

    def _refused(self, path: str, root: Root) -> str:
        """Why a file is not read; empty if it is."""
        if path.endswith(_OTHER_SUFFIXES):
            return "it is source code, documentation or a template, by its ending"
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                if root.refusal(path):
                    return "it is a link that leads out of the directory"
                status = os.stat(path)
        except (OSError, ValueError) as problem:
            return (
                ""
                if path.endswith(DOCUMENT_SUFFIXES)
                else f"cannot be read: {getattr(problem, 'strerror', None) or problem}"
            )
        return "" if stat.S_ISREG(status.st_mode) else "it is not a regular file"

    def _inspect(self, path: str) -> tuple[set[str] | None, str]:
        """The files that are parts of an input, as normalized paths; None and the reason for what is not an input."""
        try:
            data = _text_of(path)
        except OSError as problem:
            # What seems to be configuration and cannot be opened is reported as an input.
            return (set() if path.endswith(DOCUMENT_SUFFIXES) else None), f"cannot be read: {problem.strerror}"
        if data is None:
            return None, "it is a binary file"
        if b"\0" not in data and not any(word in data for word in _WORDS):
            return None, "it is not an input"
        if self.servers_only and not path.endswith(DOCUMENT_SUFFIXES):
            return None, "it is not a document or a Pod"
        try:
            source = source_of(data, path)
        except KascError as error:
            # Too large, or in another encoding: reported if it seems to be a document.
            return (set() if b"kasc/v1" in data.replace(b"\0", b"") else None), error.diagnostic.message
        return self._judge(source, path)

    def _judge(self, source: Source, path: str) -> tuple[set[str] | None, str]:
        text = source.text
        configuration = path.endswith(DOCUMENT_SUFFIXES)
        if configuration and re.search(r"""(?m)^["']?apiVersion["']?[ \t]*[:=][ \t]*["']?kasc/""", text[:_HEAD]):
            if any(kind in text[:200] for kind in MADE):
                return None, "kasc made it of a document"
            return _parts_of(source, path), ""
        kind, reason = kind_of(source)
        if kind == "malformed" and not configuration:
            return None, "it is not well-formed"
        if not kind or (self.servers_only and kind not in ("document", "pod")):
            return None, reason or "it is not a document or a Pod"
        return (_parts_of(source, path) if kind == "document" else set()), ""


def _text_of(path: str) -> bytes | None:
    """The bytes of a file, or somewhat more than the limit of them; None if its start says that it is not text."""
    descriptor, size = open_file(path)
    try:
        data = os.read(descriptor, _HEAD)
        if b"\0" in data and b"kasc/v1" not in data.replace(b"\0", b""):
            return None
        return data + read_from(descriptor, min(size, MAX_FILE)) if len(data) == _HEAD else data
    finally:
        os.close(descriptor)


def _artifacts_in(files: list[str]) -> frozenset[str]:
    """The artifacts of kasc in a directory that do not say their version: the Pod with the same flags does."""
    pod = FLAGS_FILE.removesuffix(".flags") + ".yaml"
    return frozenset((FLAGS_FILE, "files")) if FLAGS_FILE in files and pod in files else frozenset()


def kind_of(source: Source) -> tuple[str, str]:
    """The kind of a file that certainly is an input; else nothing, and the reason."""
    from compiler.inputs.importers.config_file import carried_files
    from compiler.inputs.importers.container import text_of
    from compiler.inputs.importers.detect import detect
    from compiler.inputs.importers.pod import runs_server

    try:
        kind, roots, certain = detect(source, None, None, [])
    except KascError as error:
        found = error.diagnostic
        unknown = found.code.startswith("KASC-INPUT-") or found.code == rules.FILE_TOO_LARGE_OR_DEEP.code
        if re.search(r"\{[{%]", source.text):
            return "", "it is a template: render it first"
        return ("", found.message) if unknown else ("malformed", "")
    if not certain:
        return "", f"it only seems to be of the kind {kind}: name it as an input to check it"
    if kind == "config-file" and text_of(roots[0].get("kind")) == "Config":
        return "", "a kubeconfig is checked with the input that names it"
    if kind in ("pod", "manifest") and not (kind == "pod" and runs_server(roots)):
        kind = "manifest" if carried_files(roots, None, None) else ""
    return kind, "" if kind else "no object in it configures a kube-apiserver"


def _parts_of(source: Source, path: str) -> set[str]:
    """What a document extends, and what it names as the source of a structured file."""
    found = _parents_in(source, path) if "extends" in source.text else set()
    if "source" in source.text:
        directory = os.path.dirname(path)
        found |= {os.path.normpath(os.path.join(directory, name)) for name in re.findall(_SOURCE, source.text)}
    return found


def _parents_in(source: Source, path: str) -> set[str]:
    from compiler.inputs.source.overlays import parent_path

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
