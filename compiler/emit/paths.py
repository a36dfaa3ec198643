"""Paths on the node that the server needs, from flags and from the structured files that a document carries."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.flags.go_path import join
from compiler.options.traits import READ_FILES, WRITTEN_FILES, WRITTEN_FOLDERS

if TYPE_CHECKING:
    from compiler.input import InlineFile
    from compiler.pipeline import Resolved
    from compiler.source.node import Node

_FILES = (
    *("caBundle", "clientCert", "clientKey"),  # egress selector
    *("certificate-authority", "client-certificate", "client-key", "tokenFile"),  # kubeconfig
    *("kubeConfigFile", "path"),  # webhooks, admission plugins
)
"""Fields of structured files that name another file."""
_FILE_KINDS = ("EgressSelectorConfiguration", "Config", "AuthorizationConfiguration", "AdmissionConfiguration")


class NodePath(NamedTuple):
    """A file, folder or socket of the node.

    `kind` is `file`, `folder` or `socket`; `written` tells that the server makes or changes it.
    """

    path: str
    kind: str
    written: bool = False


def node_paths(paths: Iterable[NodePath]) -> list[NodePath]:
    """Those that are absolute, cleaned."""
    # What begins with @ is an abstract socket, which no mount carries.
    return [
        NodePath(join("/", path), kind, written)
        for path, kind, written in paths
        if path.startswith("/") and not path.startswith("/@")
    ]


def all_paths(resolved: Resolved) -> Iterator[NodePath]:
    """Everything that the server opens, under the names that it is given; some may be empty."""
    options = resolved.options
    flags = options.flags
    for flag in flags.with_values(READ_FILES):
        for path in _named_by(resolved, flag):
            yield NodePath(path, "file")
    for flag in WRITTEN_FILES:
        yield NodePath(flags.text(flag), "file", written=True)
    if options.secure_serving.self_signed in ("generated", "reused"):
        yield from (NodePath(flags.text(flag), "folder", written=True) for flag in WRITTEN_FOLDERS)
    yield NodePath(flags.text("debug-socket-path"), "socket", written=True)
    yield NodePath(flags.text("service-account-signing-endpoint"), "socket")
    from compiler.flags.go_url import parse_url

    for plugin in options.etcd.encryption.kms if options.etcd.encryption else ():
        parsed = parse_url(plugin.endpoint)
        yield NodePath(parsed.path if parsed else "", "socket")
    for authorizer in resolved.config.get("authorization.authorizers") or ():
        yield NodePath(authorizer.get("kubeConfigFile", ""), "file")
    for file in options.input.files.values():
        yield from _in_file(file)


def _named_by(resolved: Resolved, flag: str) -> Sequence[str]:
    flags = resolved.options.flags
    if flag == "tls-sni-cert-key":
        return [path for pair in flags.sni_pairs(flag) for path in (pair.cert, pair.key)]
    if flag in ("tls-cert-file", "tls-private-key-file") and resolved.options.secure_serving.self_signed:
        return []
    value = flags.value(flag)
    return value if isinstance(value, tuple) else (value,)


def _in_file(file: InlineFile) -> Iterator[NodePath]:
    """What a structured file names; a relative path starts at the file."""
    from compiler.options.traits import STRUCTURED

    folder = posixpath.dirname(file.path)
    kind = STRUCTURED[file.flag]
    if kind in _FILE_KINDS:
        for key, text in _texts(file.content):
            if key == "udsName":
                yield NodePath(text, "socket")
            elif key in _FILES and text:
                yield NodePath(text if text.startswith("/") else join(folder, text), "file")
    elif kind == "TracingConfiguration":
        for key, text in _texts(file.content):
            if key == "endpoint" and text.startswith("unix:"):
                yield NodePath(join("/", text.removeprefix("unix:")), "socket")


def _texts(node: Node) -> Iterator[tuple[str, str]]:
    """Key and value of every text in a mapping, at any depth."""
    if isinstance(node.value, list):
        for item in node.value:
            yield from _texts(item)
    elif isinstance(node.value, dict):
        for key, child in node.value.items():
            if isinstance(child.value, str):
                yield key, child.value
            else:
                yield from _texts(child)
