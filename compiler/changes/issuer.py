"""The identity of service account tokens: issuers, audiences, the key that signs and those that verify."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.changes.change import Change
from compiler.changes.flags import by_row, is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

ISSUER, AUDIENCES = "service-account-issuer", "api-audiences"
KEYS, SIGNER, ENDPOINT = (
    "service-account-key-file",
    "service-account-signing-key-file",
    "service-account-signing-endpoint",
)
EXPLAINS = frozenset((ISSUER, AUDIENCES, KEYS, SIGNER, ENDPOINT))


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the changes of issuers, audiences and keys."""
    yield from _issuers(old, new)
    yield from _audiences(old, new)
    if all(is_known(server, KEYS, SIGNER, ENDPOINT) for server in (old, new)):
        yield from _keys(old, new)


def _issuers(old: Resolved, new: Resolved) -> Iterator[Change]:
    before, after = (server.config.authentication.service_accounts.issuers for server in (old, new))
    if before == after or not (is_known(old, ISSUER) and is_known(new, ISSUER)):
        return
    case = _case_of_issuers(before, after)
    yield meant("issuer", ISSUER, f"issuer.{case}", old, new, ISSUER, before, after)


def _case_of_issuers(before: Sequence[str], after: Sequence[str]) -> str:
    if not before or not after:
        return "replaced"
    if after[0] not in before:
        return "first" if before[0] in after else "replaced"
    if not set(before) <= set(after):
        return "removed"
    if after[0] != before[0]:
        return "switched"
    return "reordered" if set(before) == set(after) else "added"


def _audiences(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the change of audiences, unless they are the issuers, whose change includes it."""
    before, after = (server.config.authentication.api_audiences for server in (old, new))
    is_set = any(server.context.flags.changed(AUDIENCES) for server in (old, new))
    known = all(is_known(server, ISSUER, AUDIENCES) for server in (old, new))
    if not is_set or not known or set(before) == set(after):
        return
    case = "added" if set(before) < set(after) else "removed" if after and set(after) < set(before) else "replaced"
    yield meant("issuer", AUDIENCES, f"audiences.{case}", old, new, AUDIENCES, before, after)


class _Keys(NamedTuple):
    """The key files and the signing key of a server by path.

    `verifying` are the keys in the files and `signing` the public half of the signing key, as numbers if every file
    could be read; otherwise they are paths and None.
    """

    paths: tuple[str, ...]
    signer: str
    verifying: frozenset[Hashable]
    signing: Hashable


def _keys(old: Resolved, new: Resolved) -> Iterator[Change]:
    endpoints = [server.context.flags.text(ENDPOINT) for server in (old, new)]
    if endpoints[0] != endpoints[1]:
        if all(endpoints):
            yield by_row(ENDPOINT, old, new, *endpoints)
            return
        sources = [server.context.flags.text(SIGNER) or end for server, end in zip((old, new), endpoints, strict=True)]
        yield meant("issuer", ENDPOINT, "key.external", old, new, ENDPOINT, *sources)
        return
    paths = [(_paths(server), server.context.flags.text(SIGNER)) for server in (old, new)]
    if paths[0] == paths[1]:
        return
    before, after = _loaded(old), _loaded(new)
    if before is None or after is None:
        before, after = _by_path(old), _by_path(new)
    if case := _case_of_keys(before, after):
        flag = SIGNER if before.signer != after.signer and case != "key.removed" else KEYS
        shown = (before.signer, after.signer) if flag == SIGNER else (before.paths, after.paths)
        yield meant("issuer", flag, case, old, new, flag, *shown)


def _case_of_keys(before: _Keys, after: _Keys) -> str:
    added, removed = after.verifying - before.verifying, before.verifying - after.verifying
    if before.signing is not None and after.signing is not None and before.signing != after.signing:
        if after.signing not in after.verifying:
            return "key.unpublished"
        if after.signing not in before.verifying or before.signing not in after.verifying:
            return "key.rotated"
        return "key.removed" if removed else "key.switched"
    if before.signing is None and before.signer != after.signer:
        # Without the contents of the files: the second of several keys is there for a new signing key.
        is_published = len(before.verifying) > 1 and not added
        return "key.removed" if is_published and removed else "key.probably-switched" if is_published else "key.rotated"
    if removed:
        return "key.removed"
    if added:
        return "key.added"
    return "" if before.paths == after.paths and before.signer == after.signer else "key.moved"


def _paths(server: Resolved) -> tuple[str, ...]:
    return tuple(server.context.flags.texts(KEYS))


def _by_path(server: Resolved) -> _Keys:
    paths = _paths(server)
    return _Keys(paths, server.context.flags.text(SIGNER), frozenset(paths), None)


def _loaded(server: Resolved) -> _Keys | None:
    """Return the keys by their numbers; None if one of the files is not available."""
    from compiler.apiserver.config_files.keys import signing_key, verification_keys
    from compiler.upstream.x509 import go_of

    go, signer = go_of(server.context.catalog), server.context.flags.text(SIGNER)
    texts = [read(server, path) for path in (signer, *_paths(server))]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return None
    signing = signing_key(known[0], go)
    keys = [key for text in known[1:] for key in verification_keys(text, go)]
    if signing is None or signing.parts is None or any(key.parts is None for key in keys):
        return None
    return _Keys(_paths(server), signer, frozenset(keys), signing)


def read(server: Resolved, path: str) -> bytes | None:
    """Return the content of a file of the server; None if it is not available."""
    from compiler.inputs import UnreadableFileError

    try:
        return server.context.host.read(path) if path else None
    except UnreadableFileError:
        return None
