"""Effective values of flags: every flag whose value differs, with the consequence that its row describes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from compiler.changes.change import BEHAVIOUR, BREAKING, Change
from compiler.changes.effects import (
    Consequence,
    consequence_of,
    consequence_of_meaning,
    kind_of,
    needed_by,
    place_of,
    whole_of,
)
from compiler.text.redaction import hide_in_message
from compiler.upstream.flag_values import TYPES, PortRange

if TYPE_CHECKING:
    from compiler.apiserver.flagset import FlagSet
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Diagnostic

_UNKNOWN = Consequence(BEHAVIOUR, True, "kasc has no data about the consequences of this flag.")
_OF_TYPE = ("duration", "portRange")


def compare(
    old: Resolved, new: Resolved, explained: frozenset[str], refused: Mapping[str, Diagnostic]
) -> Iterator[Change]:
    """Yield the flags with another effective value, except those whose difference other changes explain.

    `refused` are the flags of which the new server refuses the value.

    A flag is compared if one of the servers sets it, or if its default differs between their versions. Nothing is said
    about a value that is only known when the server runs.
    """
    contents = contents_of(old), contents_of(new)
    changes: dict[str, Change] = {}
    for flag in _candidates(old, new):
        if flag in refused:
            yield _refusal(flag, old, new, refused[flag])
        elif flag not in explained and is_known(old, flag) and is_known(new, flag):
            before, after = effective(old, flag), effective(new, flag)
            known = flag in contents[0] and flag in contents[1]
            if contents[0][flag] == contents[1][flag] if known else before == after:
                continue
            if change := _change(flag, old, new, before, after):
                if known and before == after:
                    digests = [digest(each[flag]) for each in contents]
                    change = change._replace(before=[before, digests[0]], after=[after, digests[1]])
                changes[flag] = change
    yield from (change for flag, change in changes.items() if whole_of(flag) not in changes)


def _change(flag: str, old: Resolved, new: Resolved, before: Any, after: Any) -> Change | None:
    """Return the change of a flag; None if it is only another default, and the flag has no effect."""
    needed = needed_by(flag)
    has_effect = [bool(server.context.flags.value(needed)) for server in (old, new)] if needed else [True]
    if all(has_effect):
        return by_row(flag, old, new, before, after)
    if not any(server.context.flags.changed(flag) for server in (old, new)):
        return None
    consequence = consequence_of_meaning(f"flag.{'with-another' if any(has_effect) else 'without-effect'}")
    return _of(
        flag, old, new, before, after, consequence._replace(effect=consequence.effect.format(flag=f"--{needed}"))
    )


def by_row(flag: str, old: Resolved, new: Resolved, before: Any, after: Any) -> Change:
    """Return the change of a flag by its row."""

    def values_of(other: str) -> list[Any]:
        return [server.context.flags.value(other) for server in (old, new)]

    return _of(flag, old, new, before, after, consequence_of(flag, before, after, values_of) or _UNKNOWN)


def _of(flag: str, old: Resolved, new: Resolved, before: Any, after: Any, consequence: Consequence) -> Change:
    before, after = plain(old, flag, before), plain(new, flag, after)
    return _by(kind_of(flag), flag, flag, old, new, before, after, consequence)


def meant(kind: str, name: str, case: str, old: Resolved, new: Resolved, flag: str, before: Any, after: Any) -> Change:
    """Return a change by a case of data/meanings.yaml; `flag` is where the inputs decide it."""
    consequence = consequence_of_meaning(case)
    before, after = _plain(before), _plain(after)
    return _by(kind, hide_in_message(name), flag, old, new, before, after, consequence)


def _by(
    kind: str,
    name: str,
    flag: str,
    old: Resolved,
    new: Resolved,
    before: Any,
    after: Any,
    consequence: Consequence,
) -> Change:
    return Change(
        kind,
        name,
        before,
        after,
        consequence.severity,
        consequence.effect,
        consequence.safe_mixed,
        old.context.flags.location(flag),
        new.context.flags.location(flag),
        consequence.recipe,
        safe_once=consequence.safe_once,
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


def is_known(server: Resolved, *flags: str) -> bool:
    """Return whether the values of flags are known; a flag that the version does not have is as good as unset."""
    known = server.context.flags
    return all(known.is_certain(flag) or not known.has(flag) for flag in flags)


def effective(server: Resolved, flag: str) -> Any:
    """Return the typed value that the server uses, which is the default if the flag is not set.

    The float NaN becomes the string NaN, which equals itself and which JSON can represent.
    """
    value = attrgetter(place)(server.config) if (place := place_of(flag)) else None
    if value is None:
        value = server.context.flags.value(flag)
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def contents_of(server: Resolved) -> dict[str, list[object]]:
    """Return the contents of the structured files that could be read, by the flag that names them.

    The server reads them in the same order each time.
    """
    contents: dict[str, list[object]] = {}
    for file in server.context.config_files:
        if file.root.node is not None:
            contents.setdefault(file.root.findings.flag, []).append(file.root.node.plain())
    return contents


def digest(contents: list[object]) -> str:
    """Return a digest of the contents of files; none that could reveal a credential in a kubeconfig."""
    import hashlib
    import json

    if any(isinstance(each, dict) and each.get("kind") == "Config" for each in contents):
        return "content not shown"
    text = json.dumps(contents, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:12]}"


def refused(old: Resolved, new: Resolved) -> dict[str, Diagnostic]:
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
        kind_of(flag),
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
    if spec is not None and spec.type in _OF_TYPE and not isinstance(value, str):
        return next(iter(TYPES[spec.type].format(value)), None)
    if spec is not None and spec.type == "namedCertKey":
        return TYPES[spec.type].format(value) or None
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return hide_in_message(value) or None
    if isinstance(value, PortRange):
        return list(value)
    if isinstance(value, dict):
        return {hide_in_message(str(key)): _plain(item) for key, item in value.items()} or None
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value] or None
    if isinstance(value, float) and not -1e300 < value < 1e300:
        return str(value)
    return value
