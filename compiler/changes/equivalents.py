"""Moves between flags and the structured file that replaces them.

The other comparers work on the resolved configuration, so they report the real differences of the two forms, and none
if the forms are equivalent. This one reports the move itself: what the form decides, whatever it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.apiserver.options.oidc import FLAGS as OIDC
from compiler.changes import authentication, authorization
from compiler.changes.authentication import ALGORITHMS, ANONYMOUS
from compiler.changes.authentication import FILE as AUTHENTICATION
from compiler.changes.authorization import FILE as AUTHORIZATION
from compiler.changes.authorization import MODES, SETTINGS, WEBHOOK
from compiler.changes.change import Change
from compiler.changes.flags import is_known, meant

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

EXPLAINS: frozenset[str] = frozenset()
_REPLACED = {AUTHENTICATION: (*OIDC, ANONYMOUS), AUTHORIZATION: (MODES, WEBHOOK, *SETTINGS)}
"""File -> the flags that it replaces."""


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the moves of authentication and authorization, if the contents of the files are available."""
    if None not in [server.config.authentication.jwt.issuers for server in (old, new)]:
        yield from _move(AUTHENTICATION, "authenticator", authentication, old, new)
    if None not in [server.config.authorization.authorizers for server in (old, new)]:
        yield from _move(AUTHORIZATION, "authorizer", authorization, old, new)


def _move(flag: str, kind: str, comparer: Any, old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the move from flags to a file or back; the comparer knows whether anything else differs."""
    paths = [server.context.flags.text(flag) for server in (old, new)]
    if bool(paths[0]) == bool(paths[1]) or not all(is_known(server, flag) for server in (old, new)):
        return
    same = all(change.name == ALGORITHMS for change in comparer.compare(old, new))
    subject = flag.removesuffix("-config")
    case = f"moved.{subject}-to-{'file' if paths[1] else 'flags'}{'' if same else '-with-differences'}"
    flags = [_given(server, flag) for server in (old, new)]
    shown = [[f"--{each}" for each in given] for given in flags]
    move = meant(kind, flag, case, old, new, flag, *shown)
    locations = [
        server.context.flags.location(given[0]) if given else None
        for server, given in zip((old, new), flags, strict=True)
    ]
    yield move._replace(old_at=locations[0], new_at=locations[1])


def _given(server: Resolved, file: str) -> list[str]:
    """Return the flags that are set: the one of the file, and those that it replaces."""
    return [flag for flag in (file, *_REPLACED[file]) if server.context.flags.changed(flag)]
