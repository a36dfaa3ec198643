"""CA bundles: certificates that are added, removed or only moved to another path."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import Change
from compiler.changes.effects import kind_of
from compiler.changes.flags import by_row, is_known, meant
from compiler.changes.issuer import read

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

EXPLAINS = frozenset(
    ("client-ca-file", "requestheader-client-ca-file", "etcd-cafile", "peer-ca-file", "kubelet-certificate-authority")
)


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the change of each bundle: by its certificates if the files are available, else by the row of the flag."""
    for flag in sorted(EXPLAINS):
        before, after = (server.context.flags.text(flag) for server in (old, new))
        if before == after or not (is_known(old, flag) and is_known(new, flag)):
            continue
        row = by_row(flag, old, new, before, after)
        bundles = _comparable((old, before), (new, after))
        if not before or not after or bundles[0].isdisjoint(bundles[1]):
            yield row
            continue
        case = "moved" if bundles[0] == bundles[1] else "added" if bundles[0] < bundles[1] else "removed"
        change = meant(kind_of(flag), flag, f"bundle.{case}", old, new, flag, before, after)
        yield change._replace(recipe=row.recipe if change.recipe else "")


def _comparable(*files: tuple[Resolved, str]) -> list[frozenset[Hashable]]:
    """Return the certificates of each bundle; if one is not available, the paths of the files that they consist of."""
    known = [certificates(server, path) for server, path in files]
    return [frozenset(server.context.host.parts(path)) for server, path in files] if not all(known) else [*known]


def certificates(server: Resolved, path: str) -> frozenset[bytes]:
    """Return the certificates of a bundle; none if it is not available."""
    from compiler.upstream.x509.asn1 import blocks

    data = read(server, path)
    return frozenset(block.der for block in blocks(data) if block.type == "CERTIFICATE") if data else frozenset()
