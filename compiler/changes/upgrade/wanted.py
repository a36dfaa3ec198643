"""What an input has to change for the next version: flags, feature gates, plugins and API versions that it lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.apiserver.resource_config import DELEGATED_GROUPS, MATCHERS
from compiler.apiserver.startup.server_chain import missing_apis
from compiler.changes.editing.edit import REMOVE, REMOVE_ITEM, SET_ITEM, SET_VERSION, FlagEdit
from compiler.upstream.catalog.history import flag_advice, removed
from compiler.upstream.go.strconv import FALSE_STRINGS

if TYPE_CHECKING:
    from compiler.apiserver.flagset import FlagSet
    from compiler.apiserver.startup import Resolved
    from compiler.upstream.catalog import Catalog

GATES, RUNTIME_CONFIG = "feature-gates", "runtime-config"
PLUGIN_LISTS = ("enable-admission-plugins", "disable-admission-plugins", "admission-control")


def wanted_edits(old: Resolved, new: Resolved) -> tuple[FlagEdit, ...]:
    """Return the changes that keep a server starting after the upgrade, without another behaviour, and its version.

    A value that the new version refuses and that cannot be dropped without another behaviour is not changed: which one
    is right is for people to decide. What the distribution sets itself is not changed either.
    """
    flags, catalog = old.context.flags, new.context.catalog
    return (
        *_flags(flags, catalog),
        *_gates(old, new),
        *_dependents(old, new),
        *_missing_apis(old, new),
        *_plugins(flags, catalog),
        *_apis(old, new),
        FlagEdit("", SET_VERSION, catalog.version, f"servers are upgraded to {catalog.version}"),
    )


def _flags(flags: FlagSet, catalog: Catalog) -> Iterator[FlagEdit]:
    """Yield the flags that were removed."""
    for flag in flags.arguments:
        if flag not in catalog.flags and _is_given(flags, flag):
            advice = flag_advice(flag).removeprefix("remove it: ")
            reason = f"--{flag} was removed in {catalog.version}{f'; {advice}' if advice else ''}"
            yield FlagEdit(flag, REMOVE, "", reason)


def _gates(old: Resolved, new: Resolved) -> Iterator[FlagEdit]:
    """Yield the gates that no longer exist or are locked, if the feature stays as it is set."""
    if not _is_given(old.context.flags, GATES):
        return
    catalog, gates = new.context.catalog, new.context.gates
    for name, value in old.context.gates.set_to.items():
        if gates.known(name) is None:
            yield from _removed_gate(name, value, catalog)
        elif (step := gates.step(name)) is not None and step.locked and step.default == value:
            reason = (
                f"{name} is locked to {str(value).lower()} in {catalog.version}, and a later version refuses the name"
            )
            yield FlagEdit(GATES, REMOVE_ITEM, name, reason)


def _removed_gate(name: str, value: bool, catalog: Catalog) -> Iterator[FlagEdit]:
    row = removed("featureGates", name) or {}
    is_permanent = "ga" in row or bool(row.get("lastDefault"))
    if is_permanent and not value:
        return
    reason = f"{name} was removed in {catalog.version}"
    state = "its feature is always enabled" if is_permanent else "its feature is not part of that version"
    yield FlagEdit(GATES, REMOVE_ITEM, name, f"{reason}; {state}")
    replacement = str(row.get("replacement", ""))
    if value and not is_permanent and catalog.gate(replacement) is not None:
        yield FlagEdit(GATES, SET_ITEM, f"{replacement}=true", f"{reason}; {replacement} takes its place")


def _dependents(old: Resolved, new: Resolved) -> Iterator[FlagEdit]:
    """Yield the gates that the new version enables without a gate that they need, because the input disables that."""
    gates, catalog = new.context.gates, new.context.catalog
    pairs = ((name, (needed,)) for _, name, needed in catalog.behaviour("gatePairs") or ())
    for name, needs in (*gates.broken_dependencies(), *pairs):
        disabled = [need for need in needs if gates.known(need) is not None and not gates.on(need)]
        step = gates.step(name)
        if disabled and step is not None and not step.locked and gates.on(name) and not old.context.gates.on(name):
            reason = f"{catalog.version} enables {name}, which needs {' and '.join(disabled)}"
            yield FlagEdit(GATES, SET_ITEM, f"{name}=false", reason)


def _missing_apis(old: Resolved, new: Resolved) -> Iterator[FlagEdit]:
    """Yield the APIs of gates that stay enabled, and the gates that the new version enables without their API."""
    version, gates = new.context.catalog.version, new.context.gates
    for _, gate, api in missing_apis(new.context, new.options, new.resource_config):
        step = gates.step(gate)
        if old.context.gates.on(gate):
            yield FlagEdit(RUNTIME_CONFIG, SET_ITEM, f"{api}=true", f"{gate} needs {api} in {version}")
        elif step is not None and not step.locked:
            reason = f"{version} enables {gate}, which needs {api}"
            yield FlagEdit(GATES, SET_ITEM, f"{gate}=false", reason)


def _plugins(flags: FlagSet, catalog: Catalog) -> Iterator[FlagEdit]:
    """Yield the admission plugins that were removed."""
    for flag in PLUGIN_LISTS:
        if not _is_given(flags, flag):
            continue
        for name in dict.fromkeys(flags.texts(flag)):
            if name in flags.catalog.plugins and name not in catalog.plugins:
                yield FlagEdit(flag, REMOVE_ITEM, name, f"{name} was removed in {catalog.version}")


def _apis(old: Resolved, new: Resolved) -> Iterator[FlagEdit]:
    """Yield the keys of group versions that were removed, and the version that serves their resources instead."""
    flags, catalog = old.context.flags, new.context.catalog
    if not _is_given(flags, RUNTIME_CONFIG):
        return
    for key, value in flags.mapping(RUNTIME_CONFIG).items():
        group, _, rest = key.partition("/")
        version = rest.partition("/")[0]
        if key in MATCHERS or group in DELEGATED_GROUPS or version not in old.context.catalog.api_groups.get(group, ()):
            continue
        if version in catalog.api_groups.get(group, ()):
            continue
        yield FlagEdit(RUNTIME_CONFIG, REMOVE_ITEM, key, f"{group}/{version} was removed in {catalog.version}")
        if value not in FALSE_STRINGS and (successor := _successor(group, version, old, new)):
            reason = f"{group}/{successor} serves the resources of {version} from {catalog.version} on"
            yield FlagEdit(RUNTIME_CONFIG, SET_ITEM, f"{group}/{successor}=true", reason)


def _successor(group: str, version: str, old: Resolved, new: Resolved) -> str:
    """Return the version that has to be enabled so that the resources of a removed one are served; empty if none."""
    for resource in old.context.catalog.resources_of.get(group, ()):
        present = new.context.catalog.resources.get(resource.group_resource)
        if version not in old.resource_config.served_versions(resource) or present is None:
            continue
        if not new.resource_config.served_versions(present):
            return present.served[0]
    return ""


def _is_given(flags: FlagSet, flag: str) -> bool:
    """Return whether the user sets a flag, not the distribution."""
    return any(not argument.origin for argument in flags.arguments.get(flag, ()))
