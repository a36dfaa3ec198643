"""The artifact `files`: structured configuration files. No artifact contains a secret."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.apiserver.startup import Resolved
from compiler.artifacts.yamlio import dump
from compiler.diagnostics import KascError, diagnose
from compiler.inputs import InlineFile
from compiler.inputs.arguments import Argument
from compiler.inputs.importers.key_material import secret_nodes
from compiler.inputs.schema.decoding import Schema, kind_schema, schema_of_kind
from compiler.inputs.source.node import Node, text_of
from compiler.text.redaction import has_credentials, is_key_material
from compiler.upstream.catalog.facts import STRUCTURED
from compiler.upstream.etcd import without_user
from compiler.upstream.flag_values import TYPES
from compiler.upstream.go.encoding import write_record

_KEYS = ("aescbc", "aesgcm", "secretbox")
"""The encryption providers with keys."""
_REFERENCES = """\
# The secrets below are references ({env: NAME} or {file: PATH}), which kube-apiserver does not follow:
# put the keys in their places where the server runs (docs/secrets.md).
"""


def structured_files(resolved: Resolved) -> dict[str, Any]:
    """Return file name below `files/` -> content, for every option with content in the document.

    The name is the last part of the path on the server; if that is ambiguous or empty, the flag's name is part of it.
    """
    given = resolved.context.input.files
    ends = [posixpath.basename(path) for path in given]
    files: dict[str, Any] = {}
    for path, file in given.items():
        name = posixpath.basename(path)
        if not _is_file_name(name):
            name = f"{file.flag}.yaml"
        if ends.count(name) > 1 or name in files:
            name = f"{file.flag}-{name}"
        files[name] = file
    return {name: content_of(resolved, file) for name, file in files.items()}


def content_of(resolved: Resolved, file: InlineFile) -> Any:
    """Return the content of a structured file for artifacts.

    Unknown fields are removed if the server ignores them: any of them may contain a secret.
    """
    version = resolved.context.catalog.version
    # Literal secrets in documents are errors, those in the file of a distribution are not: they are replaced.
    literal = resolved.context.input.dialect is not None
    kind = STRUCTURED[file.flag]
    content = _without_secrets(file.content, secret_nodes(file.content, version, kind)) if literal else file.content
    schema = schema_of_kind(content, version) or kind_schema(version, kind)
    if schema is None or schema["x-kasc-strict"] or schema.get("x-kasc-any-case"):
        return content.plain()
    return _known_fields(content.plain(), schema)


def _without_secrets(node: Node, secrets: set[int], labels: tuple[str, ...] = ()) -> Node:
    """Return a value with references in place of literal secrets; `labels` are the provider and name of a key."""
    value: Any = node.value
    if id(node) in secrets:
        variable = re.sub("[^A-Z0-9]+", "_", "_".join(labels).upper()).strip("_")
        value = {"env": Node(variable or "SECRET", node.source, node.span)}
    elif isinstance(value, dict):
        labels = (*labels[:1], name) if (name := text_of(value.get("name"))) else labels
        inner = {key: (key,) if key in _KEYS else labels for key in value}
        value = {key: _without_secrets(child, secrets, inner[key]) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_without_secrets(child, secrets, labels) for child in value]
    else:
        return node
    return Node(value, node.source, node.span, node.text, node.keys)


def _known_fields(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        return {key: _known_fields(inner, properties[key]) for key, inner in value.items() if key in properties}
    if isinstance(value, list) and "items" in schema:
        return [_known_fields(item, schema["items"]) for item in value]
    return value


def _is_file_name(name: str) -> bool:
    return name not in ("", ".", "..") and len(name.encode(errors="replace")) < 200 and name.isprintable()


def file_text(content: Any) -> str:
    """Return a structured file as YAML, whatever its name, since the server reads either format."""
    return (_REFERENCES if _holds_references(content) else "") + dump(content)


def _holds_references(content: Any, key: str = "") -> bool:
    if isinstance(content, dict):
        if key == "secret" and list(content) in (["env"], ["file"]):
            return True
        return any(_holds_references(value, name) for name, value in content.items())
    return isinstance(content, list) and any(_holds_references(item) for item in content)


_SIGNS = ("@", "-----", "eyJ", "LS0t", "earer ", "EARER ")
"""Every credential or key contains one of these; most values contain none."""
_ENDPOINTS = ("etcd-servers", "etcd-servers-overrides")


def written_value(argument: Argument) -> str:
    """Return the value of a flag for artifacts: etcd URLs without user and password, which the client ignores."""
    if argument.flag not in _ENDPOINTS or "@" not in argument.text:
        return argument.text
    elements = TYPES["stringSlice"].set((), argument.text, True)
    return write_record([_without_users(element) for element in elements])


def _without_users(element: str) -> str:
    """One server, or a resource and its servers."""
    resource, mark, servers = element.rpartition("#")
    return resource + mark + ";".join(map(without_user, servers.split(";")))


def check_secrets(context: ServerContext) -> None:
    """Raise KascError for a value that must not be in an artifact."""
    for arguments in context.flags.arguments.values():
        for argument in arguments:
            text = argument.text
            if any(sign in text for sign in _SIGNS):
                _check_argument(argument, written_value(argument))


def _check_argument(argument: Argument, text: str) -> None:
    has_password = has_credentials(text)
    if not has_password and not is_key_material(text):
        return
    what = "the user or password of a URL" if has_password else "a private key or token"
    message = f"--{argument.flag} contains {what}; no artifacts are written"
    hint = "remove the user and password from the URL" if has_password else "name a file that contains it"
    place = argument.location
    raise KascError(
        diagnose(rules.SECRET_IN_FLAG, message, hint, path=argument.path, flag=argument.flag, location=place)
    )
