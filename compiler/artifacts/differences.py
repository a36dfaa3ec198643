"""What would change on disk, as a unified diff."""

from __future__ import annotations

import os

from compiler.artifacts.fileset import Directory
from compiler.bounds import MAX_FILE
from compiler.filesystem import NotRegularError, read_file
from compiler.text.redaction import hide


def differences(top: str, files: dict[str, str], below: str = "") -> str:
    """Return a unified diff from what is on disk to what would be written; empty if they agree. Raises OSError.

    Only the content of artifacts of kasc is shown: of regular files that are reached without a link and have the form
    of what would be written in their place.
    """
    target = os.path.join(top, below) if below else top
    try:
        directory = Directory(target, follow=not below)
    except FileNotFoundError:
        return "".join(_difference(None, os.path.join(target, name), text) for name, text in files.items())
    except NotRegularError as problem:
        return f"{target} differs: {problem.strerror}\n"
    with directory:
        return "".join(_difference_in(directory, name, text) for name, text in files.items())


def _difference_in(directory: Directory, file: str, text: str) -> str:
    below, _, name = file.rpartition("/")
    path = os.path.join(directory.path, file)
    try:
        descriptor = directory.find(below)
        data = read_file(name, MAX_FILE, follow=False, dir_fd=descriptor) if descriptor is not None else None
    except FileNotFoundError:
        data = None
    except OSError as problem:
        return f"{path} differs: {problem.strerror}\n"
    return _difference(data, path, text)


def _difference(data: bytes | None, path: str, text: str) -> str:
    if data == text.encode():
        return ""
    before = (data or b"").decode(errors="replace")
    if before and not _has_form_of(before, text):
        return f"{path} differs: it is not an artifact of kasc, so its content is not shown\n"
    missing = f"{path} is missing\n" if not text and data is None else ""
    diff = unified(_without_secrets(path, before), _without_secrets(path, text), path, f"{path} (compiled)")
    return (diff or f"{path} differs in what is not shown, secrets or line breaks\n") + missing


def _without_secrets(path: str, text: str) -> str:
    """Return an artifact without the secrets that replaced references in a structured file."""
    from compiler.inputs.masking import Masked

    if os.path.basename(os.path.dirname(path)) == "files":
        return Masked(path, text).text()
    return "\n".join(map(hide, text.split("\n")))


def _has_form_of(text: str, artifact: str) -> bool:
    """Whether a file has the form of an artifact: only flags, or the same kind of document."""
    if artifact.startswith("--"):
        return all(line.startswith("--") for line in text.splitlines())
    comment = artifact.partition("\n")[0]
    if comment.startswith("# ") and text.startswith(f"{comment}\n"):
        return True
    return _heading(text) == _heading(artifact)


def _heading(text: str) -> str:
    """Return the line with the kind of a document, else its first line, without the comments above it."""
    lines = [line.strip() for line in text[:4096].splitlines() if line.strip() not in ("", "{") and line[0] != "#"]
    kinds = (line for line in lines[:3] if line.startswith(("kind:", '"kind":')))
    return next(kinds, lines[0] if lines else "")


def unified(old: str, new: str, old_name: str, new_name: str) -> str:
    """Return the unified diff of two strings."""
    from difflib import unified_diff

    lines = unified_diff(old.splitlines(True), new.splitlines(True), old_name, new_name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
