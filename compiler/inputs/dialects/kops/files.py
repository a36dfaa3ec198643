"""Files of kube-apiserver in a kOps cluster: fileAssets, and what kOps mounts into the container.

kOps: nodeup/pkg/model/file_assets.go, buildFileAssets; kube_apiserver.go, buildPod.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.diagnostics import Diagnostic
from compiler.inputs import InlineFile
from compiler.inputs.arguments import Word
from compiler.inputs.dialects.kops.cluster import CONTROL_PLANE, Cluster, Group, Place
from compiler.inputs.dialects.kops.facts import TITLE
from compiler.inputs.dialects.kops.model import AUTHN_CONFIG
from compiler.inputs.dialects.kops.nodeup import CA, DIRECTORY
from compiler.inputs.dialects.kops.problems import fail, ignore
from compiler.inputs.source.embedded import Embedded
from compiler.inputs.source.node import Node, items_of, text_of
from compiler.text import shown
from compiler.upstream.catalog.facts import READ_FILES, STRUCTURED
from compiler.upstream.go.encoding import decode_base64

_ASSETS = "/srv/kubernetes/assets"
_MOUNTED = (
    *(DIRECTORY, CA, "/srv/sshproxy", "/etc/ssl", "/etc/pki/tls", "/etc/pki/ca-trust", "/usr/share/ssl", "/usr/ssl"),
    *("/usr/lib/ssl", "/usr/local/openssl", "/var/ssl", "/etc/openssl", "/usr/share/ca-certificates"),
)
"""What kOps mounts into the container of every cluster; the directories of TLS depend on the operating system."""
_MASTER = "Master"


class Asset(NamedTuple):
    """A file that kOps writes on the nodes of kube-apiserver: its path, its content, and whether that is encoded."""

    path: str
    text: str
    content: Place
    encoded: bool


def read_assets(cluster: Cluster, role: str, group: Group | None, problems: list[Diagnostic]) -> dict[str, Asset]:
    """Return the fileAssets of a role by path, those of the instance group first; report those of no effect."""
    result: dict[str, Asset] = {}
    lists = [cluster.place("fileAssets")]
    if group is not None:
        node = group.root.at(("spec", "fileAssets"))
        lists.insert(0, Place(node, "spec.fileAssets") if isinstance(node.value, list) else None)
    for assets in lists:
        for asset in assets.items() if assets is not None else ():
            if not _has_role(asset, role, problems):
                continue
            read = _read(asset, problems)
            if read is not None:
                result.setdefault(read.path, read)
    return result


def _has_role(asset: Place, role: str, problems: list[Diagnostic]) -> bool:
    """Return whether an asset is for a role; in contrast to that of instance groups, Master is not converted."""
    roles = asset.item("roles")
    names = [text_of(node) for node in items_of(roles.node)] if roles is not None else []
    if roles is None or not names or role in names:
        return True
    if _MASTER in names and role == CONTROL_PLANE:
        where = next(place for place in roles.items() if place.text == _MASTER)
        message = (
            f'{TITLE} writes this file on no node of the control plane: it knows no role "{_MASTER}" of fileAssets'
        )
        ignore(problems, message, f"write {CONTROL_PLANE}", where.path, where.node.location)
    return False


def _read(asset: Place, problems: list[Diagnostic]) -> Asset | None:
    name, content, encoded = asset.item("name"), asset.item("content"), asset.item("isBase64")
    if content is None or not content.text:
        return None
    path = asset.item("path")
    where = path.text if path is not None and path.text else posixpath.join(_ASSETS, name.text if name else "")
    if encoded is None or encoded.node.value is not True:
        return Asset(where, content.text, content, False)
    plain = re.sub(r"[\r\n]", "", content.text)
    data = decode_base64(plain + "=" * (-len(plain) % 4)) if "=" not in plain else None
    if data is None:
        message = f"content is not valid base64 without padding: nodeup of {TITLE} fails"
        hint = "remove the = at its end" if plain.endswith("=") else "encode it again, without padding"
        fail(problems, message, hint, content.path, content.node.location)
        return None
    return Asset(where, data.decode(errors="replace"), content, True)


def inline_files(assets: dict[str, Asset], words: list[Word], problems: list[Diagnostic]) -> dict[str, InlineFile]:
    """Return the structured files that flags name and fileAssets contain, by path."""
    result = {}
    for word in words:
        flag, _, path = word.text.removeprefix("--").partition("=")
        asset = assets.get(path)
        if flag not in STRUCTURED or asset is None or path in result:
            continue
        recovered: list[Diagnostic] = []
        content = _content_of(asset, recovered, problems)
        if content is not None:
            result[path] = InlineFile(flag, path, content, True, tuple(recovered))
    return result


def _content_of(asset: Asset, recovered: list[Diagnostic], problems: list[Diagnostic]) -> Node | None:
    """Return the content of an asset, with the spans of its values in the file of the cluster.

    Problems that the parser recovers from are added to `recovered`, the others to `problems`.
    """
    embedded = Embedded(asset.content.node, asset.text if asset.encoded else None)
    root, parsed = embedded.parse()
    placed = [each._replace(path=asset.content.path) for each in parsed]
    if root is None:
        problems += placed
    else:
        recovered += placed
    return root


def check_mounts(cluster: Cluster, words: list[Word], problems: list[Diagnostic]) -> None:
    """Report files of the user that are in no directory that kOps mounts into the container."""
    mounted = (*_MOUNTED, *_mounted_by(cluster, words))
    for word in words:
        flag, _, path = word.text.removeprefix("--").partition("=")
        if flag not in READ_FILES or not path.startswith("/"):
            continue
        if any(path == each or path.startswith(f"{each}/") for each in mounted):
            continue
        name = word.path.rpartition(".")[2]
        message = f"{name}: {TITLE} does not mount {shown(path)} into the container of kube-apiserver"
        hint = f"move the file to {DIRECTORY}, for example with fileAssets"
        location = word.part(3 + len(flag), len(word.text)) or cluster.start
        ignore(problems, message, hint, word.path, location)


def _mounted_by(cluster: Cluster, words: list[Word]) -> Iterator[str]:
    """Yield the mounts that depend on the cluster."""
    for word in words:
        flag, _, path = word.text.removeprefix("--").partition("=")
        if flag in ("audit-log-path", "audit-policy-file") and path.startswith("/"):
            yield posixpath.dirname(path)
        elif flag == "cloud-config":
            yield path
    if cluster.place("authentication", "aws") or cluster.place("authentication", "kopeio"):
        yield AUTHN_CONFIG
