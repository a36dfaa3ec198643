"""Files on disk: all of them or none, and what would change."""

from __future__ import annotations

import os


def write_all(folder: str, files: dict[str, str]) -> None:
    """Write files (name below `folder` -> text) so that a failure leaves what was there. Raises OSError.

    Every file is first written whole under a temporary name beside its place; only then are they renamed.
    """
    pending: list[tuple[str, str]] = []
    try:
        for name, text in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.isdir(path):
                raise IsADirectoryError(21, "is a directory", path)
            temporary = f"{path}.{os.getpid()}.tmp"
            pending.append((temporary, path))
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        while pending:
            temporary, path = pending[0]
            os.replace(temporary, path)
            pending.pop(0)
    finally:
        for temporary, _ in pending:
            if os.path.exists(temporary):
                os.unlink(temporary)


def differences(folder: str, files: dict[str, str]) -> str:
    """A unified diff from what is on disk to what would be written; empty where they agree. Raises OSError."""
    parts: list[str] = []
    for name, text in files.items():
        path = os.path.join(folder, name)
        there = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace", newline="") as file:
                there = file.read()
            if there == text:
                continue
        from difflib import unified_diff

        lines = unified_diff(there.splitlines(True), text.splitlines(True), path, f"{path} (compiled)")
        parts += list(lines) or [f"{path} is missing\n"]
    return "".join(parts)
