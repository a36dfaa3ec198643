"""Comparison of the effective values of flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.changes.flags import contents_of, digest, effective, is_known, plain
from compiler.cluster.drift.observed import FILE, FLAG, Difference, NotCompared, Observed
from compiler.upstream.catalog.facts import STRUCTURED

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.upstream.catalog.facts import FlagSpec

UNKNOWN = "the value is known only when the server runs"
_OTHER_KINDS = frozenset(
    (
        *("feature-gates", "runtime-config", "emulated-version", "min-compatibility-version"),
        *("enable-admission-plugins", "disable-admission-plugins", "admission-control"),
    )
)
"""Flags whose effect is compared as another kind of difference."""
_ONCE = frozenset(("help", "version"))
"""Flags that are not part of a configuration."""
_OF_HOST = ("advertise-address", "external-hostname")
"""Flags that the server sets to an address or a name of its host if they are not set."""

_PORT = "secure-port"
"""A port that may be mapped to another one between the server and its clients."""


def compare(declared: Resolved, observed: Observed) -> Iterator[Difference | NotCompared]:
    """Yield the flags whose effective values differ, in the order in which the server registers them."""
    live = observed.server
    if live is None:
        return
    listed = live.context.input.page_flags
    for flag in observed.foreign_flags:
        yield NotCompared(FLAG, flag, "not a flag of upstream's kube-apiserver")
    for flag in {**declared.context.catalog.flags, **live.context.catalog.flags}:
        if flag in _OTHER_KINDS or flag in _ONCE:
            continue
        if listed and flag not in listed:
            yield NotCompared(FLAG, flag, f"not listed by {observed.flags_from}")
        else:
            yield from _compare(flag, declared, live, observed)


def _compare(flag: str, declared: Resolved, live: Resolved, observed: Observed) -> Iterator[Difference | NotCompared]:
    if not all(is_known(server, flag) for server in (declared, live)):
        yield NotCompared(FLAG, flag, UNKNOWN)
        return
    own, actual = (effective(server, flag) if server.context.flags.has(flag) else None for server in (declared, live))
    specs = [server.context.catalog.flags.get(flag) for server in (declared, live)]
    if own == actual or (not all(specs) and _is_default(specs, declared, live, flag)):
        if own and flag in STRUCTURED:
            yield from _compare_contents(flag, own, declared, live, observed)
        return
    if flag in _OF_HOST and not own:
        yield NotCompared(FLAG, flag, f"taken from the host of the server ({actual}); see --host-address")
        return
    if flag == _PORT and own == observed.port:
        yield NotCompared(FLAG, flag, f"the server reports {actual}, but responds at the declared port {own}")
        return
    place = declared.context.flags.location(flag)
    yield Difference(
        FLAG, flag, plain(declared, flag, own), plain(live, flag, actual), "", observed.flags_from, flag, place
    )


def _is_default(specs: list[FlagSpec | None], declared: Resolved, live: Resolved, flag: str) -> bool:
    """Return whether a flag that only one of the versions has is at its default there."""
    server = declared if specs[0] is not None else live
    return not server.context.flags.changed(flag)


def _compare_contents(
    flag: str, path: Any, declared: Resolved, live: Resolved, observed: Observed
) -> Iterator[Difference | NotCompared]:
    """Compare the files that a flag names, if both could be read."""
    own, actual = contents_of(declared).get(flag), contents_of(live).get(flag)
    if own is None or actual is None:
        yield NotCompared(FILE, flag, f"{observed.flags_from} has the path, not the content")
    elif own != actual:
        before, after = ([path, digest(each)] for each in (own, actual))
        place = declared.context.flags.location(flag)
        yield Difference(FLAG, flag, before, after, "", observed.flags_from, flag, place)
