"""Encryption configurations that are combined, so that servers read what two configurations encrypt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.apiserver.config_files.encryption import KINDS
from compiler.upstream.names import parse_group_resource

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

Content = dict[str, Any]
_ANY = "*.*"
_IDENTITY: Content = {"identity": {}}


class _Unit(NamedTuple):
    """What values can be read with: one key of a provider, or a provider without keys.

    `id` is the same for units that read the same values.
    """

    id: str
    kind: str
    settings: Any
    is_key: bool


_Units = dict[str, _Unit]
_References = dict[tuple[str, str], Any]
"""Kind of a provider and name of a key -> the reference that stands for its secret."""
_NOTHING: _Units = {}


def content_of(server: Resolved) -> Content | None:
    """Return the encryption configuration of a server; None if it is not available or empty."""
    roots = [file.root.node for file in server.context.config_files if file.kind in KINDS]
    content = roots[-1].plain() if roots and roots[-1] is not None else None
    return content if isinstance(content, dict) else None


def combined(first: Content, second: Content) -> Content:
    """Return a configuration with which every resource is written as by the first, and read as by both.

    A configuration without `resources` encrypts nothing. A key that is a reference in one of them counts as the key of
    its name in the other, and stays a reference.
    """
    references = _references(first, second)
    sides = [_by_name(content, references) for content in (first, second)]
    memo: dict[tuple[int, int], _Units] = {}
    units: dict[str, _Units] = {}
    for name in dict.fromkeys((*sides[0], *sides[1])):
        own = [_units_for(name, side) for side in sides]
        place = id(own[0]), id(own[1])
        if place not in memo:
            memo[place] = {**(own[0] or _units([_IDENTITY], {})), **(own[1] or _units([_IDENTITY], {}))}
        units[name] = memo[place]
    groups: dict[tuple[int, int], tuple[list[str], _Units]] = {}
    for name in sorted(units, key=_precedence):
        wider = next((units[wildcard] for wildcard in _wildcards(name) if wildcard in units), None)
        if wider is None or list(wider) != list(units[name]):
            names, _ = groups.setdefault((_precedence(name), id(units[name])), ([], units[name]))
            names.append(name)
    entries = [{"resources": names, "providers": _providers(own.values())} for names, own in groups.values()]
    return {**(second if "apiVersion" in second else first), "resources": entries}


def _references(first: Content, second: Content) -> _References:
    """Return the references to keys that are literal in the other configuration."""
    known: list[dict[tuple[str, str], list[Any]]] = [{}, {}]
    for content, keys in zip((first, second), known, strict=True):
        for entry in _mappings(content.get("resources")):
            for provider in _mappings(entry.get("providers")):
                for kind, settings in provider.items():
                    for key in _keys(settings):
                        secrets = keys.setdefault((kind, str(key.get("name"))), [])
                        if key.get("secret") not in secrets[:2]:
                            secrets.append(key.get("secret"))
    return {
        name: next(secret for secret in (*secrets, *known[1][name]) if isinstance(secret, dict))
        for name, secrets in known[0].items()
        if len(secrets) == len(known[1].get(name, ())) == 1
        and isinstance(secrets[0], dict) != isinstance(known[1][name][0], dict)
    }


def _by_name(content: Content, references: _References) -> dict[str, _Units]:
    """Return the units of each name; those of a name in several entries in their order."""
    by_name: dict[str, _Units] = {}
    for entry in _mappings(content.get("resources")):
        own = _units(_mappings(entry.get("providers")), references)
        names = entry.get("resources")
        for text in names if isinstance(names, list) else ():
            name = str(parse_group_resource(str(text)))
            by_name[name] = {**by_name[name], **own} if name in by_name else own
    return by_name


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _keys(settings: Any) -> list[dict[str, Any]]:
    return _mappings(settings.get("keys")) if isinstance(settings, dict) else []


def _units(providers: Iterable[dict[str, Any]], references: _References) -> _Units:
    parts = [(kind, settings) for provider in providers for kind, settings in provider.items()]
    return {unit.id: unit for kind, settings in parts for unit in _of(kind, settings, references)}


def _of(kind: str, settings: Any, references: _References) -> Iterator[_Unit]:
    keys = _keys(settings)
    for given in keys:
        secret = references.get((kind, str(given.get("name"))))
        key = given if secret is None else {**given, "secret": secret}
        yield _Unit(json.dumps([kind, key], sort_keys=True, default=str), kind, key, True)
    if not keys:
        known = settings if isinstance(settings, dict) else {}
        plugin = [known.get("apiVersion") or "v1", known.get("name")] if kind == "kms" else []
        yield _Unit(json.dumps([kind, *plugin], default=str), kind, settings, False)


def _units_for(name: str, by_name: dict[str, _Units]) -> _Units:
    """Return the units that a configuration uses for a name: see EncryptionConfiguration.providers_for."""
    return next((by_name[candidate] for candidate in (name, *_wildcards(name)) if candidate in by_name), _NOTHING)


def _wildcards(name: str) -> list[str]:
    """Return the wildcards that cover a name, the narrower first."""
    return [each for each in (f"*.{parse_group_resource(name).group}", _ANY) if each != name and name != _ANY]


def _precedence(name: str) -> int:
    """Return the order of an entry: what a wildcard covers is listed before it, and not in the same entry."""
    return 2 if name == _ANY else 1 if name.startswith("*.") else 0


def _providers(units: Iterable[_Unit]) -> list[dict[str, Any]]:
    """Return providers with these units in order; keys of one kind that follow each other share a provider."""
    providers: list[dict[str, Any]] = []
    kind, names = "", set[object]()
    for unit in units:
        name = unit.settings.get("name") if unit.is_key else None
        if unit.is_key and unit.kind == kind and name not in names:
            providers[-1][kind]["keys"].append(unit.settings)
        else:
            providers.append({unit.kind: {"keys": [unit.settings]} if unit.is_key else unit.settings})
            kind, names = unit.kind if unit.is_key else "", set()
        names.add(name)
    return providers
