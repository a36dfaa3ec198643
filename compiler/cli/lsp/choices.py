"""What may be written: names of flags, keys and values, with a line about each and the subject that describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from compiler.apiserver.resource_config import MATCHERS
from compiler.inputs.schema import Schema
from compiler.inputs.schema.bundle import bundled
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.catalog.facts import CHOICES, FlagSpec, section_of

_TYPES_OF_MAPS = frozenset(("colonSeparatedMultimapStringString", "configurationMap", "stringToString", "noSplitMap"))
"""Types of flags whose elements are NAME=VALUE."""
_WITH_HASH = frozenset(("watch-cache-sizes", "etcd-servers-overrides"))
"""Flags whose elements are NAME#VALUE."""
_MAPS_OF_BOOLEANS = ("feature-gates", "runtime-config")


class Choice(NamedTuple):
    """One name. `subject` is the kind and name of what describes it; `text` describes it if there is none."""

    label: str
    kind: str
    detail: str = ""
    text: str = ""
    subject: tuple[str, str] = ("", "")


def flags(version: str, prefix: str = "") -> list[Choice]:
    """Return the flags of a version, each with a prefix before its name."""
    return [_flag(spec, prefix) for spec in catalog(version).flags.values() if not spec.hidden]


def _flag(spec: FlagSpec, prefix: str) -> Choice:
    state = ", deprecated" if spec.deprecated else ""
    return Choice(
        f"{prefix}{spec.name}", "flag", f"{spec.type}, default: {spec.default_text}{state}", "", ("flag", spec.name)
    )


def values(flag: str, version: str) -> list[Choice]:
    """Return the values of a flag, or the elements of its list, or the names in its map; none if they are not known."""
    known = catalog(version)
    if flag not in known.flags:
        return []
    if flag in _NAMES:
        return list(_NAMES[flag](known))
    schema = option_schema(flag, version)
    if known.flags[flag].type == "bool":
        return _enumerated(("true", "false"), ("flag", flag))
    items = schema.get("items", schema)
    allowed = items.get("enum") or CHOICES.get(flag, ())
    return _enumerated((str(each) for each in allowed if each != ""), ("flag", flag))


def values_in_map(flag: str, name: str, version: str) -> list[Choice]:
    """Return the values of a name in a flag that is a map; none if they are not known."""
    if flag not in _MAPS_OF_BOOLEANS:
        return []
    is_gate = flag == "feature-gates" and name in catalog(version).gates
    return _enumerated(("true", "false"), ("gate", name) if is_gate else ("flag", flag))


def _enumerated(words: Iterable[str], subject: tuple[str, str]) -> list[Choice]:
    return [Choice(word, "value", subject=subject) for word in words]


def separator_of(flag: str, version: str) -> str:
    """Return what separates a name from its value in an element of a flag; empty if the elements are only names."""
    spec = catalog(version).flags.get(flag)
    if spec is None:
        return ""
    return "#" if flag in _WITH_HASH else "=" if spec.type in _TYPES_OF_MAPS else ""


def is_map(flag: str, version: str) -> bool:
    """Return whether a flag is a mapping in a document."""
    return bool(option_schema(flag, version).get("type") == "object")


@lru_cache(maxsize=4096)
def option_schema(flag: str, version: str) -> Schema:
    """Return the schema of a flag's option in a document; empty if the flag has none."""
    spec = catalog(version).flags.get(flag)
    if spec is None:
        return {}
    group: Schema = document_schema(version)["properties"].get(section_of(spec.group), {})
    option: Schema = group.get("properties", {}).get(spec.key, {})
    return option


@lru_cache(maxsize=16)
def document_schema(version: str) -> Schema:
    """Return the schema of a kasc document."""
    return bundled(version)


@lru_cache(maxsize=64)
def file_schema(kind: str, version: str) -> Schema:
    """Return the schema of a structured file."""
    return bundled(version, f"files/{kind}")


def _gates(known: Catalog) -> Iterator[Choice]:
    properties = option_schema("feature-gates", known.version).get("properties", {})
    for name in known.gates:
        yield Choice(name, "gate", properties.get(name, {}).get("description", ""), subject=("gate", name))


def _plugins(known: Catalog) -> Iterator[Choice]:
    for plugin in known.plugins.values():
        state = "disabled" if plugin.default_off else "enabled"
        yield Choice(plugin.name, "plugin", f"{state} by default", subject=("plugin", plugin.name))


def _apis(known: Catalog) -> Iterator[Choice]:
    for name in MATCHERS:
        yield Choice(name, "api", "API versions", subject=("api", name))
    for name, enabled in known.enabled_apis.items():
        yield Choice(name, "api", f"{'enabled' if enabled else 'disabled'} by default", subject=("api", name))


def _resources(known: Catalog) -> Iterator[Choice]:
    for name, resource in known.resources.items():
        if resource.stored:
            yield Choice(name, "resource", resource.kind, subject=("resource", name))


def _stored_paths(known: Catalog) -> Iterator[Choice]:
    for name, resource in known.resources.items():
        if resource.stored:
            label = f"{resource.group}/{resource.resource}"
            yield Choice(label, "resource", resource.kind, subject=("resource", name))


def _bare_resources(known: Catalog) -> Iterator[Choice]:
    for name, resource in known.resources.items():
        yield Choice(resource.resource, "resource", resource.group or "core", subject=("resource", name))


def _groups(known: Catalog) -> Iterator[Choice]:
    for name in known.api_groups:
        if name:
            yield Choice(name, "api", "API group", subject=("api", name))


def _metrics(known: Catalog) -> Iterator[Choice]:
    for name in known.metrics:
        yield Choice(name, "metric", subject=("metric", name))


_NAMES: dict[str, Callable[[Catalog], Iterator[Choice]]] = {
    "feature-gates": _gates,
    "enable-admission-plugins": _plugins,
    "disable-admission-plugins": _plugins,
    "admission-control": _plugins,
    "runtime-config": _apis,
    "watch-cache-sizes": _resources,
    "etcd-servers-overrides": _stored_paths,
    "disabled-metrics": _metrics,
}
"""Flags whose values are names in the catalog."""

NAMES_IN_FILES: dict[tuple[str, tuple[str, ...]], Callable[[Catalog], Iterator[Choice]]] = {
    ("APIServer", ("etcd", "etcdServersOverrides", "resource")): _stored_paths,
    ("EncryptionConfiguration", ("resources", "resources")): _resources,
    ("Policy", ("rules", "resources", "group")): _groups,
    ("Policy", ("rules", "resources", "resources")): _bare_resources,
    ("ResourceQuotaConfiguration", ("limitedResources", "resource")): _bare_resources,
    ("ResourceQuotaConfiguration", ("limitedResources", "apiGroup")): _groups,
    ("AdmissionConfiguration", ("plugins", "name")): _plugins,
}
"""Kind of an object and the keys that lead to a value -> the names in the catalog that it may have."""
