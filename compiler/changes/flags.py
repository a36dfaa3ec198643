"""Effective values of flags: every flag whose value differs, with the consequence that its row describes."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from compiler.changes.change import BEHAVIOUR, BREAKING, Change
from compiler.changes.effects import Consequence, consequence_of, place_of
from compiler.text.redaction import hide_in_message
from compiler.upstream.flag_values import TYPES, PortRange

if TYPE_CHECKING:
    from compiler.apiserver.flagset import FlagSet
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Diagnostic

_UNKNOWN = Consequence(BEHAVIOUR, True, "kasc has no data about the consequences of this flag.", "")


def compare(old: Resolved, new: Resolved, explained: frozenset[str]) -> Iterator[Change]:
    """Yield the flags with another effective value, except those whose difference other changes explain.

    A flag is compared if one of the servers sets it, or if its default differs between their versions. Nothing is said
    about a value that is only known when the server runs.
    """
    refused = _refused(old, new)
    for flag in _candidates(old, new):
        if flag in refused:
            yield _refusal(flag, old, new, refused[flag])
            continue
        before, after = effective(old, flag), effective(new, flag)
        if flag in explained or before == after or not _is_known(old, flag) or not _is_known(new, flag):
            continue
        yield change(flag, old, new, before, after)


def change(flag: str, old: Resolved, new: Resolved, before: Any, after: Any) -> Change:
    """Return the change of a flag by its row."""
    severity, safe_mixed, effect, recipe = consequence_of(flag, before, after) or _UNKNOWN
    return Change(
        "flag",
        flag,
        plain(old, flag, before),
        plain(new, flag, after),
        severity,
        effect,
        safe_mixed,
        old.context.flags.location(flag),
        new.context.flags.location(flag),
        recipe,
    )


def _candidates(old: Resolved, new: Resolved) -> Iterator[str]:
    """Yield the flags to compare, in the order in which the new server registers them."""
    before, after = old.context.flags, new.context.flags
    catalog = after.catalog
    given = before.arguments.keys() | after.arguments.keys()
    if before.catalog is not catalog:
        given |= _other_defaults(before, after)
    yield from sorted(given, key=lambda flag: (catalog.flag_order.get(flag, len(catalog.flag_order)), flag))


def _other_defaults(before: FlagSet, after: FlagSet) -> set[str]:
    """Return the flags of two versions whose defaults differ."""
    first, second = before.catalog.flags, after.catalog.flags
    return {name for name, spec in second.items() if name in first and first[name].default != spec.default}


def _is_known(server: Resolved, flag: str) -> bool:
    """Return whether the value is known; a flag that the version does not have is as good as unset."""
    flags = server.context.flags
    return flags.is_certain(flag) or not flags.has(flag)


def effective(server: Resolved, flag: str) -> Any:
    """Return the typed value that the server uses, which is the default if the flag is not set."""
    if place := place_of(flag):
        value = attrgetter(place)(server.config)
        if value is not None:
            return value
    return server.context.flags.value(flag)


def _refused(old: Resolved, new: Resolved) -> dict[str, Diagnostic]:
    """Return the flags of which the new server refuses the value, which the old one does not."""
    before = {(each.code, each.flag) for each in old.context.report.of("error")}
    return {
        each.flag: each
        for each in new.context.report.of("error")
        if each.rule is not None and each.flag and (each.code, each.flag) not in before
    }


def _refusal(flag: str, old: Resolved, new: Resolved, diagnostic: Diagnostic) -> Change:
    flags = old.context.flags, new.context.flags
    texts = [", ".join(use.text for use in each.arguments.get(flag, ())) or None for each in flags]
    return Change(
        "flag",
        flag,
        texts[0] and hide_in_message(texts[0]),
        texts[1] and hide_in_message(texts[1]),
        BREAKING,
        f"kube-apiserver {new.context.catalog.version} does not start: {diagnostic.message}.",
        False,
        flags[0].location(flag),
        diagnostic.location or flags[1].location(flag),
    )


def plain(server: Resolved, flag: str, value: Any) -> Any:
    """Return a value as plain data without credentials; None if it is empty."""
    spec = server.context.catalog.flags.get(flag)
    if spec is not None and spec.type in ("duration", "portRange", "namedCertKey") and not isinstance(value, str):
        texts = TYPES[spec.type].format(value)
        return texts[0] if spec.type != "namedCertKey" and texts else texts or None
    if isinstance(value, PortRange):
        return list(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return hide_in_message(value) or None
    if isinstance(value, dict):
        return {hide_in_message(str(key)): _plain(item) for key, item in value.items()} or None
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value] or None
    if isinstance(value, float) and not -1e300 < value < 1e300:
        return str(value)
    return value
