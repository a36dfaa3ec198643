"""The artifact `files`: the structured configuration files that a document carries."""

from __future__ import annotations

import posixpath
from typing import Any

from compiler.pipeline import Resolved


def structured_files(resolved: Resolved) -> dict[str, Any]:
    """File name below `files/` -> content, for every option whose content the document gives.

    The name is the last part of the path on the server; where two paths end alike, the flag's name stands before it.
    """
    given = resolved.options.input.files
    names = [posixpath.basename(path) for path in given]
    found = {}
    for path, file in given.items():
        name = posixpath.basename(path)
        if names.count(name) > 1:
            name = f"{file.flag}-{name}"
        found[name] = file.content.plain()
    return found
