"""Structured files on their own, also as values of ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler import rules
from compiler.diagnostics import Diagnostic, Edit, KascError, Location, diagnose
from compiler.inputs.arguments import Argument
from compiler.inputs.importers.container import items_of, text_of
from compiler.inputs.importers.detect import MANIFESTS, WORDS, detect
from compiler.inputs.schema.decoding import schema_named, schema_of_kind
from compiler.inputs.server import InlineFile, ServerInput
from compiler.inputs.source.characters import place_in
from compiler.inputs.source.node import LINE_BREAK, Node, Source
from compiler.text import shown
from compiler.upstream.catalog import Catalog, catalog, nearest

KIND = "config-file"
NOWHERE = Location("", 1, 1, 1, 1)
"""The place of flags that no file gives: findings about them are left out."""
# The one configuration of a plugin that has no kind.
_IMAGE_POLICY: dict[str, Any] = {
    "x-kasc-flags": ["admission-control-config-file"],
    "x-kasc-plugin": "ImagePolicyWebhook",
}
_ABAC = "abac.authorization.kubernetes.io/"
_EGRESS_FLAG = "egress-selector-config-file"
_EGRESS: dict[str, Any] = {
    "apiVersion": "apiserver.k8s.io/v1beta1",
    "kind": "EgressSelectorConfiguration",
    "egressSelections": [
        {"name": name, "connection": {"proxyProtocol": "Direct"}} for name in ("cluster", "controlplane")
    ],
}
# What every server needs, so that nothing but the file is found wanting.
_BASELINE = {
    "etcd-servers": "http://127.0.0.1:2379",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "service-cluster-ip-range": "10.96.0.0/16",
    "advertise-address": "192.0.2.1",
}


def is_config_file(root: Node, version: str) -> bool:
    """Whether a mapping is a kind of structured file that some server reads, by its kind and API group."""
    api, kind = root.get("apiVersion"), root.get("kind")
    return api is not None and kind is not None and is_kind_of_file(str(api.value), str(kind.value), version)


def is_kind_of_file(api: str, kind: str, version: str) -> bool:
    """The same for an apiVersion and a kind."""
    schema = schema_named(api, kind, version)
    group = api.rpartition("/")[0]
    return schema is not None and any(
        group == known.rpartition("/")[0] for known in schema["properties"]["apiVersion"]["enum"]
    )


def read_config_file(path: str, root: Node, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """The input for a structured file; raises KascError where its kind is none that a server reads.

    What was found while it was parsed is taken from `problems`: it is judged with the file.
    """
    known = catalog(nearest(version))
    schema = schema_of_kind(root, known.version) or (_IMAGE_POLICY if root.get("imagePolicy") is not None else None)
    if str(root.at(("apiVersion",)).value).startswith(_ABAC):
        hint = "check the input that names it in --authorization-policy-file, with --files-root or --file-map"
        raise KascError(
            diagnose(
                rules.UNKNOWN_KIND_OF_CONFIG_FILE, "ABAC policies are no file of one kind", hint, location=root.location
            )
        )
    if schema is None:
        kind = root.get("kind")
        told = f"the kind is {shown(str(kind.value))}" if kind is not None else "the file does not say its kind"
        hint = "give a structured configuration file such as an EncryptionConfiguration"
        raise KascError(
            diagnose(
                rules.UNKNOWN_KIND_OF_CONFIG_FILE, f"{told}; no server reads such a file", hint, location=root.location
            )
        )
    flag = str(schema["x-kasc-flags"][0])
    server_path = os.path.abspath(path) if path != "-" else "/dev/stdin"
    content = InlineFile(flag, server_path, root, True, tuple(problems))
    files = {server_path: content}
    beside: dict[str, str] = {}
    plugin = schema.get("x-kasc-plugin")
    if plugin is not None:
        # An AdmissionConfiguration that names the file is made up around it.
        around = _admission(root, plugin, server_path)
        server_path = f"{server_path}.admission"
        files[server_path] = InlineFile(flag, server_path, around, True)
        root = around
    if flag == "authentication-config" and _names_egress(root):
        # The file alone does not say what the egress selector holds, so it holds everything that can be named.
        egress_path = f"{server_path}.egress"
        files[egress_path] = InlineFile(_EGRESS_FLAG, egress_path, _node(root, _EGRESS), True)
        beside[_EGRESS_FLAG] = egress_path
    given = {**_BASELINE, flag: server_path, **_beside(flag, root, known), **beside}
    arguments = [Argument(name, text) for name, text in given.items() if name in known.flags]
    problems.clear()
    return ServerInput(KIND, os.path.basename(path), NOWHERE, arguments, files=files)


def _admission(root: Node, plugin: str, path: str) -> Node:
    plugins = [{"name": plugin, "path": path}]
    content = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins}
    return _node(root, content)


def _names_egress(root: Node) -> bool:
    """Return whether a JWT authenticator is reached through the egress selector."""
    jwt = root.get("jwt")
    authenticators = jwt.value if jwt is not None and isinstance(jwt.value, list) else []
    return any(
        issuer is not None and issuer.get("egressSelectorType") is not None
        for issuer in (authenticator.get("issuer") for authenticator in authenticators)
    )


def _node(root: Node, value: Any) -> Node:
    """Return plain values as nodes; their place is that of `root`."""
    if isinstance(value, dict):
        value = {key: _node(root, item) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_node(root, item) for item in value]
    return Node(value, root.source, root.span, value if isinstance(value, str) else "", {})


def _beside(flag: str, root: Node, known: Catalog) -> dict[str, str]:
    """Flags that the file only makes sense with."""
    if flag == "authorization-webhook-config-file":
        return {"authorization-mode": "Webhook"}
    if flag == "authorization-config":
        return {"authorization-policy-file": os.devnull}  # for the type ABAC; nothing else looks at it
    if flag == "admission-control-config-file":
        plugins = root.get("plugins")
        names = [
            str(plugin.at(("name",)).value)
            for plugin in (plugins.value if plugins is not None and isinstance(plugins.value, list) else ())
        ]
        return {"enable-admission-plugins": ",".join(name for name in names if name in known.plugins)}
    return {}


MAX_CARRIED = 100
"""Files of one manifest that are examined."""
_UNKNOWN = frozenset(
    (
        rules.UNRECOGNIZED_INPUT.code,
        rules.NO_KUBE_APISERVER_COMMAND.code,
        rules.UNKNOWN_KIND_OF_CONFIG_FILE.code,
        rules.MALFORMED_UNRECOGNIZED_INPUT.code,
    )
)
_CLIENT = "Config"
"""The kind of a kubeconfig: most of those in manifests are not for kube-apiserver."""
_FIELDS = {"ConfigMap": ("data", "binaryData"), "Secret": ("stringData", "data")}
_ENCODED = frozenset((("ConfigMap", "binaryData"), ("Secret", "data")))
_QUOTED = r'"((?:[^"\\]++|\\[\s\S]?)*+)(?:"|\Z)'
_WORD = r"""[^\s"',;()]+"""
_HIDDEN = "***"


class CarriedFile(NamedTuple):
    """A value that is a file: its text, under a name of its own, and the scalar of the manifest that holds it.

    `path` leads to the value. `encoded` is true for base64, whose characters have no place of their own; `secret` for
    what must not be repeated. `read_as` is a kind that its content does not say.
    """

    source: Source
    node: Node
    path: str
    encoded: bool
    secret: bool
    read_as: str | None = None

    def placed(self, found: Diagnostic) -> Diagnostic:
        """A finding about the file as one about the manifest."""
        path = f"{self.path}.{found.path}" if found.path else self.path
        fix = () if self.secret or self.encoded else found.fix
        moved = [Edit(self._place(edit.location), edit.old, edit.new) for edit in fix]
        if any("\n" in edit.new or edit.location.line != edit.location.end_line for edit in moved):
            moved = []
        location = self._place(found.location) if found.location is not None else self.node.location
        found = found._replace(path=path, location=location, fix=tuple(moved))
        if self.secret:
            found = found._replace(message=self._concealed(found.message), hint=self._concealed(found.hint))
        return found

    def _place(self, location: Location) -> Location:
        if location.file != self.source.name:
            return location
        if self.encoded:
            return self.node.location
        start = self._index(location.line, location.column)
        end = self._index(location.end_line, location.end_column)
        return place_in(self.node, start, max(start, end))

    def _index(self, line: int, column: int) -> int:
        """The index of a character of the text by its place."""
        text = self.source.text
        starts = [0, *(found.end() for found in LINE_BREAK.finditer(text))]
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    def _concealed(self, message: str) -> str:
        """A message without the words of a Secret: what it quotes of it, and words that are no plain English."""
        text = self.source.text

        def quoted(found: re.Match[str]) -> str:
            return f'"{_HIDDEN}"' if re.split(r"\\|…", found[1])[0] in text else found[0]

        def word(found: re.Match[str]) -> str:
            plain = found[0].strip(".:").removeprefix("--").replace("-", "").isalpha() and found[0].islower()
            return found[0] if plain or found[0] not in text or len(found[0]) < 4 else _HIDDEN

        return re.sub(_WORD, word, re.sub(_QUOTED, quoted, message))


def carried_files(roots: list[Node], read_as: str | None, version: str | None) -> list[CarriedFile]:
    """The values of ConfigMaps and Secrets that configure a kube-apiserver, in the order of the manifest.

    What is read as a structured file may be a single value that does not say its kind. Raises KascError if there are
    more than `MAX_CARRIED`.
    """
    files = [file for root in roots for manifest in _objects(root) for file in _files(manifest)]
    found = [file for file in files if any(word in file.source.text for word in WORDS)]
    if len(found) > MAX_CARRIED:
        message = f"the file carries more than {MAX_CARRIED} files that may configure kube-apiserver"
        where = found[MAX_CARRIED].node.location
        raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "split it into several files", location=where))
    found = [file for file in found if _counts(file, version)]
    return found or ([files[0]._replace(read_as=read_as)] if read_as == "config-file" and len(files) == 1 else [])


def _objects(root: Node) -> Iterator[Node]:
    kind = text_of(root.get("kind"))
    if kind.endswith("List"):
        for item in items_of(root.get("items")):
            yield from _objects(item)
    elif kind in MANIFESTS:
        yield root


def _files(manifest: Node) -> Iterator[CarriedFile]:
    kind = text_of(manifest.get("kind"))
    for field in _FIELDS.get(kind, ()):
        values = manifest.get(field)
        for key, node in values.value.items() if values is not None and isinstance(values.value, dict) else ():
            encoded = (kind, field) in _ENCODED
            text = _decoded(node.value) if encoded else node.value
            if not isinstance(text, str) or not text.strip():
                continue
            # The ending of the key says whether it is TOML; nothing else of the name is seen.
            source = Source(f"{node.source.name}:{re.sub('[^-._a-zA-Z0-9]', '_', key)}", text)
            yield CarriedFile(source, node, f"{field}[{key}]", encoded, kind == "Secret")


def _decoded(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode().removeprefix("\ufeff")
    except (binascii.Error, ValueError):
        return None


def _counts(file: CarriedFile, version: str | None) -> bool:
    try:
        detected = detect(file.source, None, version, [])
    except KascError as error:
        # A file of a known kind that is malformed is one all the same.
        return error.diagnostic.code not in _UNKNOWN
    if detected.kind == "config-file":
        return text_of(detected.roots[0].get("kind")) != _CLIENT
    return detected.certain and detected.kind != "manifest"
