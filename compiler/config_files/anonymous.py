"""What an AuthenticationConfiguration says of anonymous requests and of issuers, as far as its content can be had.

Nothing is reported here. Kubernetes: pkg/kubeapiserver/options/authentication.go, ToAuthenticationConfig.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.diagnostics import KascError

if TYPE_CHECKING:
    from compiler.options.run import ServerRunOptions
    from compiler.source.node import Node


class Anonymous(NamedTuple):
    """Whether requests without credentials are let in, and on which paths alone; no path means on all.

    Both are None where a file decides that cannot be had.
    """

    enabled: bool | None
    paths: tuple[str, ...] | None


def configured_anonymous(run: ServerRunOptions, path: str) -> Anonymous | None:
    """What the file says; None where it leaves anonymous requests to the flag."""
    root = _content(run, path)
    if root is None:
        return Anonymous(None, None)
    section = root.get("anonymous")
    if section is None or not isinstance(section.value, dict):
        return None
    enabled, conditions = section.get("enabled"), section.get("conditions")
    paths = tuple(_texts(conditions, "path"))
    return Anonymous(enabled is not None and enabled.value is True, paths)


def configured_issuers(run: ServerRunOptions, path: str) -> list[dict[str, Any]] | None:
    """URL and audiences of every issuer of the file; None where its content cannot be had."""
    root = _content(run, path)
    if root is None:
        return None
    found = []
    for issuer in (entry.get("issuer") for entry in _items(root.get("jwt"))):
        audiences = [item.value for item in _items(issuer.get("audiences"))] if issuer is not None else []
        url = issuer.get("url") if issuer is not None else None
        found.append({"url": url.value if url is not None else "", "audiences": audiences})
    return found


def _content(run: ServerRunOptions, path: str) -> Node | None:
    """The parsed file, from the document itself or from the host's files."""
    given = run.host.inline.get(path)
    if given is not None:
        return given.content
    if not run.host.sees_files:
        return None
    from compiler.config_files.reading import parse_as_server
    from compiler.host import MissingFile
    from compiler.source.node import Source

    try:
        data = run.host.read(path)
        return parse_as_server(Source(path, data.decode()), []) if data is not None else None
    except (MissingFile, KascError, UnicodeDecodeError):
        return None


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _texts(node: Node | None, key: str) -> list[str]:
    found = (item.get(key) for item in _items(node))
    return [item.value for item in found if item is not None and isinstance(item.value, str)]
