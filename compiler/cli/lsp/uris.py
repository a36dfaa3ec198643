"""Documents of an editor by URI, and the paths under which kasc knows them."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote, urlsplit

from pygls.uris import from_fs_path, to_fs_path


def path_of(uri: str) -> str:
    """Return the absolute path of a document.

    One that is not a file yet, as `untitled:Untitled-1`, is taken for a file of the current directory.
    """
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if not path:
        name = re.sub(r"[\0/]", "_", unquote(urlsplit(uri).path)) or "untitled"
        path = os.path.join(os.getcwd(), name)
    return os.path.abspath(path)


def uri_of(path: str) -> str:
    """Return the URI of a path."""
    return from_fs_path(path) or path
