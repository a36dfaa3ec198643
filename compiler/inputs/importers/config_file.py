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
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import nearest

KIND = "config-file"
NOWHERE = Location("", 1, 1, 1, 1)
"""The location of flags that are set in no file: diagnostics about them are dropped."""
# The only plugin configuration without a kind.
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
# The flags that every server needs, so that only errors of the file are reported.
_BASELINE = {
    "etcd-servers": "http://127.0.0.1:2379",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": "/etc/kubernetes/pki/sa.pub",
    "service-account-signing-key-file": "/etc/kubernetes/pki/sa.key",
    "service-cluster-ip-range": "10.96.0.0/16",
    "advertise-address": "192.0.2.1",
}


def is_config_file(root: Node, version: str) -> bool:
    """Return whether a mapping is a structured file that kube-apiserver reads, by its kind and API group."""
    api, kind = root.get("apiVersion"), root.get("kind")
    return api is not None and kind is not None and is_kind_of_file(str(api.value), str(kind.value), version)


def is_kind_of_file(api: str, kind: str, version: str) -> bool:
    """Return whether an apiVersion and a kind are those of a structured file that kube-apiserver reads."""
    schema = schema_named(api, kind, version)
    group = api.rpartition("/")[0]
    return schema is not None and any(
        group == known.rpartition("/")[0] for known in schema["properties"]["apiVersion"]["enum"]
    )


def read_config_file(path: str, root: Node, version: str | None, problems: list[Diagnostic]) -> ServerInput:
    """Return the input for a structured file; raises KascError (INPUT-04) for a kind that no server reads.

    The diagnostics of parsing the file are removed from `problems` and reported when the file is checked.
    """
    known = catalog(nearest(version))
    schema = schema_of_kind(root, known.version) or (_IMAGE_POLICY if root.get("imagePolicy") is not None else None)
    if str(root.at(("apiVersion",)).value).startswith(_ABAC):
        hint = "check the input that names it in --authorization-policy-file, with --files-root or --file-map"
        message = "an ABAC policy file cannot be checked separately"
        raise KascError(diagnose(rules.UNKNOWN_KIND_OF_CONFIG_FILE, message, hint, location=root.location))
    if schema is None:
        kind = root.get("kind")
        message = (
            f"kube-apiserver does not read files of kind {shown(str(kind.value))}"
            if kind is not None
            else "the file has no kind, so it is not a structured configuration file"
        )
        hint = "pass a structured configuration file, for example an EncryptionConfiguration"
        raise KascError(diagnose(rules.UNKNOWN_KIND_OF_CONFIG_FILE, message, hint, location=root.location))
    flag = str(schema["x-kasc-flags"][0])
    server_path = os.path.abspath(path) if path != "-" else "/dev/stdin"
    content = InlineFile(flag, server_path, root, True, tuple(problems))
    files = {server_path: content}
    flags = {**_BASELINE, flag: server_path}
    plugin = schema.get("x-kasc-plugin")
    if plugin is not None:
        # The file is wrapped in an AdmissionConfiguration that names it.
        wrapper = _admission(root, plugin, server_path)
        server_path = f"{server_path}.admission"
        files[server_path] = InlineFile(flag, server_path, wrapper, True)
        flags[flag] = server_path
        root = wrapper
    flags |= _required_flags(flag, root, known)
    if flag == "authentication-config" and _names_egress(root):
        # The egress selector is not part of the file, so it has every connection that can be named.
        egress_path = f"{server_path}.egress"
        files[egress_path] = InlineFile(_EGRESS_FLAG, egress_path, _node(root, _EGRESS), True)
        flags[_EGRESS_FLAG] = egress_path
    arguments = [Argument(name, text) for name, text in flags.items() if name in known.flags]
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
    """Return plain values as nodes with the location of `root`."""
    if isinstance(value, dict):
        value = {key: _node(root, item) for key, item in value.items()}
    elif isinstance(value, list):
        value = [_node(root, item) for item in value]
    return Node(value, root.source, root.span, value if isinstance(value, str) else "", {})


def _required_flags(flag: str, root: Node, known: Catalog) -> dict[str, str]:
    """Return the other flags that a server needs to read the file of `flag`."""
    if flag == "authorization-webhook-config-file":
        return {"authorization-mode": "Webhook"}
    if flag == "authorization-config":
        return {"authorization-policy-file": os.devnull}  # read by the authorizer type ABAC only
    if flag == "admission-control-config-file":
        plugins = root.get("plugins")
        names = [
            str(plugin.at(("name",)).value)
            for plugin in (plugins.value if plugins is not None and isinstance(plugins.value, list) else ())
        ]
        return {"enable-admission-plugins": ",".join(name for name in names if name in known.plugins)}
    return {}


MAX_CARRIED = 100
"""Maximum number of files of one manifest that are checked."""
_UNKNOWN = frozenset(
    (
        rules.UNRECOGNIZED_INPUT.code,
        rules.NO_KUBE_APISERVER_COMMAND.code,
        rules.UNKNOWN_KIND_OF_CONFIG_FILE.code,
        rules.MALFORMED_UNRECOGNIZED_INPUT.code,
    )
)
_CLIENT = "Config"
"""The kind of a kubeconfig; most of them in manifests are not for kube-apiserver."""
_FIELDS = {"ConfigMap": ("data", "binaryData"), "Secret": ("stringData", "data")}
_ENCODED = frozenset((("ConfigMap", "binaryData"), ("Secret", "data")))
_QUOTED = r'"((?:[^"\\]++|\\[\s\S]?)*+)(?:"|\Z)'
_WORD = r"""[^\s"',;()]+"""
_HIDDEN = "***"


class CarriedFile(NamedTuple):
    """A value of a ConfigMap or Secret that is a file: its decoded source, and its scalar in the manifest.

    `path` is the path of the value. `encoded` is set for base64, whose characters have no separate positions, `secret`
    for a Secret, whose contents must not be repeated. `read_as` is the kind if the content does not state it.
    """

    source: Source
    node: Node
    path: str
    encoded: bool
    secret: bool
    read_as: str | None = None

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return a diagnostic about the file as one about the manifest."""
        path = f"{self.path}.{diagnostic.path}" if diagnostic.path else self.path
        fix = () if self.secret or self.encoded else diagnostic.fix
        edits = [Edit(self._place(edit.location), edit.old, edit.new) for edit in fix]
        if any("\n" in edit.new or edit.location.line != edit.location.end_line for edit in edits):
            edits = []
        location = self._place(diagnostic.location) if diagnostic.location is not None else self.node.location
        placed = diagnostic._replace(path=path, location=location, fix=tuple(edits))
        if self.secret:
            placed = placed._replace(message=self._concealed(placed.message), hint=self._concealed(placed.hint))
        return placed

    def _place(self, location: Location) -> Location:
        if location.file != self.source.name:
            return location
        if self.encoded:
            return self.node.location
        start = self._index(location.line, location.column)
        end = self._index(location.end_line, location.end_column)
        return place_in(self.node, start, max(start, end))

    def _index(self, line: int, column: int) -> int:
        """Return the index of a character of the text by its line and column."""
        text = self.source.text
        starts = [0, *(match.end() for match in LINE_BREAK.finditer(text))]
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))

    def _concealed(self, message: str) -> str:
        """Return a message without quotations from the Secret and words that may be from it."""
        text = self.source.text

        def quoted(match: re.Match[str]) -> str:
            return f'"{_HIDDEN}"' if re.split(r"\\|…", match[1])[0] in text else match[0]

        def word(match: re.Match[str]) -> str:
            plain = match[0].strip(".:").removeprefix("--").replace("-", "").isalpha() and match[0].islower()
            return match[0] if plain or match[0] not in text or len(match[0]) < 4 else _HIDDEN

        return re.sub(_WORD, word, re.sub(_QUOTED, quoted, message))


def carried_files(roots: list[Node], read_as: str | None, version: str | None) -> list[CarriedFile]:
    """Return the values of ConfigMaps and Secrets that configure kube-apiserver, in the order of the manifest.

    With `read_as` config-file, a single value does not need to state its kind. Raises KascError DOC-02 for more than
    `MAX_CARRIED`.
    """
    files = [file for root in roots for manifest in _objects(root) for file in _files(manifest)]
    candidates = [file for file in files if any(word in file.source.text for word in WORDS)]
    if len(candidates) > MAX_CARRIED:
        message = f"the manifest has more than {MAX_CARRIED} files that may configure kube-apiserver"
        where = candidates[MAX_CARRIED].node.location
        raise KascError(diagnose(rules.FILE_TOO_LARGE_OR_DEEP, message, "split it into several files", location=where))
    result = [file for file in candidates if _is_configuration(file, version)]
    return result or ([files[0]._replace(read_as=read_as)] if read_as == "config-file" and len(files) == 1 else [])


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
            # The suffix of the key decides whether the file is TOML; only safe characters of the key are shown.
            source = Source(f"{node.source.name}:{re.sub('[^-._a-zA-Z0-9]', '_', key)}", text)
            yield CarriedFile(source, node, f"{field}[{key}]", encoded, kind == "Secret")


def _decoded(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode().removeprefix("\ufeff")
    except (binascii.Error, ValueError):
        return None


def _is_configuration(file: CarriedFile, version: str | None) -> bool:
    try:
        detected = detect(file.source, None, version, [])
    except KascError as error:
        # A malformed file of a known kind is one of that kind.
        return error.diagnostic.code not in _UNKNOWN
    if detected.kind == "config-file":
        return text_of(detected.roots[0].get("kind")) != _CLIENT
    return detected.certain and detected.kind != "manifest"
