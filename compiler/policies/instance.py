"""What a rule sees of a server: only the parts and members that its schemas name, with what is not known marked.

A flag has the value that the server takes: the one that is given, else the default of its version; without a default an
empty string, list or map. Durations are in seconds, in every part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any

from compiler.apiserver.context import ServerContext
from compiler.apiserver.health.rows import check_rows
from compiler.apiserver.resolved import Assigned, leaves_of, nested
from compiler.apiserver.startup import Resolved
from compiler.apiserver.storage.rows import resource_rows
from compiler.policies.outcomes import UNDECIDED
from compiler.policies.shapes import LISTED, Shape, shapes
from compiler.upstream.catalog.facts import STRUCTURED, FlagSpec
from compiler.upstream.flag_values import TYPES, parse_duration

_SECOND = 10**9
_GATES, _APIS = "feature-gates", "runtime-config"
_GENERATED = frozenset(("tls-cert-file", "tls-private-key-file"))
"""Flags that the server sets to what it generates if they are not given: for a policy they are empty."""
_OF_HOST = frozenset(
    (
        "generic.externalAddress",
        "generic.publicAddress",
        "discovery.address",
        "peerProxy.advertiseAddress",
        "serviceAccountIssuer.jwksURI",
    )
)
"""Values of the config that are null if the host determines them."""
_VERSIONING = (_GATES, _APIS, "emulated-version", "min-compatibility-version")
"""Flags that decide what is stored, and which checks there are."""
MEMBERS = {
    "servers": ("etcd-servers", "etcd-servers-overrides"),
    "keyPrefix": ("etcd-prefix",),
    "mediaType": ("storage-media-type",),
    "storageVersion": ("storage-media-type", *_VERSIONING),
    "encryption": ("encryption-provider-config",),
    "watchCache": ("watch-cache", "watch-cache-sizes"),
}
"""Member of a row of the storage manifest -> the flags that decide it."""
_LISTS = frozenset(("healthz", "livez", "readyz"))
"""Members of the health definitions that the model of the server has; the others take longer."""
HEALTH_FLAGS = (
    *_VERSIONING,
    "etcd-servers",
    "etcd-servers-overrides",
    "encryption-provider-config",
    "authorization-mode",
    "authorization-config",
    "anonymous-auth",
    "authentication-config",
    "livez-grace-period",
    "shutdown-delay-duration",
    "enable-priority-and-fairness",
    "service-account-issuer",
    "endpoint-reconciler-type",
)
"""Flags that decide the health checks and who may read them."""


class Instance:
    """The parts of one server, each made when a rule first asks for it."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self.context = resolved.context
        self._parts: dict[str, Any] = {}
        self._sections: dict[str, list[Assigned]] = {}

    def part(self, name: str, members: Iterable[str]) -> Any:
        """Return a part; of flags, config and health only the named members are needed."""
        if name == "health" and not self._unknown.isdisjoint(HEALTH_FLAGS):
            return UNDECIDED
        build = {"flags": self._flag, "config": self._section, "health": self._definition}.get(name)
        if build is not None:
            part = self._parts.setdefault(name, {})
            for member in members:
                if member not in part:
                    build(member, part)
            return part
        if name not in self._parts:
            self._parts[name] = self._storage() if name == "storage" else self._cluster()
        return self._parts[name]

    def key(self, name: str, members: Iterable[str]) -> Hashable:
        """Return what a part is made of: parts with equal keys are equal. None if that takes as long as making it."""
        if name == "flags":
            return tuple(self._raw(member) for member in members)
        if name == "config":
            sections = [each.section for member in members for each in self._assigned(member)]
            return tuple(sections), self._unknown
        if name == "storage":
            return self._resolved.storage_factory, self._unknown
        if name == "health":
            is_model = _LISTS.issuperset(members)
            lists = tuple(getattr(self._resolved.health, each) for each in members) if is_model else ()
            return (lists, self._resolved.config.generic.livez_grace_period, self._unknown) if is_model else None
        return repr(self._cluster())

    def _raw(self, flag: str) -> Hashable:
        """Return the value of a flag as it is parsed, with what else decides how a rule sees it."""
        flags = self.context.flags
        value = flags.value(flag) if flag in self.context.catalog.flags else None
        is_given = flag in _GENERATED and flags.changed(flag)
        return tuple(value.items()) if isinstance(value, dict) else value, flags.is_certain(flag), is_given

    def flags_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the flags that a value of the config is computed from, by the names of its path."""
        sections = self._assigned(names[0])
        origins = {leaf.path: leaf.flags for each in sections for leaf in leaves_of(each.origin.section)}
        more = {path: flags for each in sections for path, flags in each.origin.more_flags}
        for length in range(len(names), 0, -1):
            path = ".".join(names[:length])
            if path in origins:
                return origins[path] + more.get(path, ())
        return next((flags for path, flags in origins.items() if path.startswith(f"{'.'.join(names)}.")), ())

    def _flag(self, name: str, part: dict[str, Any]) -> None:
        spec = self.context.catalog.flags.get(name)
        if spec is not None:
            part[name] = flag_value(self.context, spec)

    def _section(self, name: str, part: dict[str, Any]) -> None:
        """Add the config below one key."""
        values: dict[str, Any] = {}
        for assigned in self._assigned(name):
            more = dict(assigned.origin.more_flags)
            for leaf in leaves_of(assigned.origin.section):
                value = leaf.plain_value(assigned.section)
                if value is None or self._unknown:
                    value = self._known(value, leaf.path, leaf.flags + more.get(leaf.path, ()))
                has_texts = isinstance(value, str | dict | list)
                convert = _converter(self.context.catalog, "config", leaf.path) if has_texts and value else None
                values[leaf.path] = convert(value) if convert is not None else value
        if values:
            part[name] = nested(values)[name]

    def _assigned(self, key: str) -> list[Assigned]:
        """The sections of the config below one key."""
        known = self._sections.get(key)
        if known is None:
            known = self._sections[key] = list(self._resolved.config.assigned(key))
        return known

    @cached_property
    def _unknown(self) -> frozenset[str]:
        """The flags whose value is not known, or the content of the file that they name."""
        flags = self.context.flags
        unsure = self.context.catalog.flags if flags.open else (*flags.refused, *STRUCTURED)
        return frozenset(
            flag for flag in unsure if flag in self.context.catalog.flags and not is_known(self.context, flag)
        )

    def _known(self, value: Any, path: str, flags: tuple[str, ...]) -> Any:
        """Return a value of the config, with UNDECIDED for what is not known in it."""
        unknown = self._unknown.intersection(flags)
        if not all(map(self.context.flags.is_certain, unknown)):
            return UNDECIDED
        if value is None and path in _OF_HOST:
            return UNDECIDED
        return _partly(value) if unknown else value

    def _storage(self) -> Any:
        if not self._unknown.isdisjoint(_VERSIONING):
            return UNDECIDED
        unknown = [member for member, flags in MEMBERS.items() if not self._unknown.isdisjoint(flags)]
        rows = resource_rows(self._resolved.storage_factory)
        return [row | dict.fromkeys(unknown, UNDECIDED) for row in rows] if unknown else rows

    def _definition(self, name: str, part: dict[str, Any]) -> None:
        """Add a member of the health definitions."""
        resolved = self._resolved
        if name in _LISTS:
            grace = resolved.config.generic.livez_grace_period if name == "livez" else ""
            value: Any = check_rows(getattr(resolved.health, name), grace)
        else:
            from compiler.artifacts import health

            value = health.definitions(resolved).get(name)
        convert = _converter(self.context.catalog, "health", name)
        part[name] = convert(value) if convert is not None else value

    def _cluster(self) -> dict[str, Any]:
        given = self.context.input
        return {
            "name": given.name,
            "kubernetesVersion": self.context.catalog.version,
            "labels": labels_of(self.context),
        }


def labels_of(context: ServerContext) -> dict[str, str]:
    """Return the labels of an input: `metadata.labels` of a document or of a Pod."""
    metadata = context.input.metadata
    labels = metadata.get("labels") if metadata is not None else None
    if labels is None or not isinstance(labels.value, dict):
        return {}
    return {key: str(node.value) for key, node in labels.value.items()}


def is_known(context: ServerContext, flag: str) -> bool:
    """Return whether the value of a flag is known, and the content of the file that it names."""
    if not context.flags.is_certain(flag):
        return False
    is_file = flag in STRUCTURED and context.flags.text(flag) != ""
    return not is_file or any(file.root.findings.flag == flag for file in context.config_files)


def flag_value(context: ServerContext, spec: FlagSpec) -> Any:
    """Return the effective value of a flag as plain data; UNDECIDED if it is not known."""
    flags, name = context.flags, spec.name
    if not flags.is_certain(name):
        return UNDECIDED
    if name == _GATES:
        return dict(context.gates.set_to)
    is_generated = name in _GENERATED and not flags.changed(name)
    value = TYPES[spec.type].default(spec.default) if is_generated else flags.value(name)
    if name in LISTED:
        return [part.strip() for part in value.split(",") if part.strip()]
    return _PLAIN.get(spec.type, _same)(value)


def _same(value: Any) -> Any:
    return "" if value is None else value


def _apis(value: dict[str, str] | None) -> dict[str, bool]:
    return {key: text.lower() in ("", "1", "t", "true") for key, text in (value or {}).items()}


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "duration": lambda value: _seconds(value or 0),
    "portRange": lambda value: f"{value.base}-{value.base + value.size - 1}" if value.size else "",
    "stringSlice": lambda value: list(value or ()),
    "stringArray": lambda value: list(value or ()),
    "int32Slice": lambda value: list(value or ()),
    "namedCertKey": lambda value: [
        {"certFile": pair.cert, "keyFile": pair.key, "names": list(pair.names)} for pair in value or ()
    ],
    "configurationMap": _apis,
    "stringToString": lambda value: dict(value or {}),
    "noSplitMap": lambda value: dict(value or {}),
    "pattern=N,...": dict,
    "Level": lambda value: int(value or 0),
}
"""Type of a flag -> the function that makes plain data of its value."""


def _seconds(nanoseconds: int) -> int | float:
    return nanoseconds // _SECOND if nanoseconds % _SECOND == 0 else nanoseconds / _SECOND


def _partly(value: Any) -> Any:
    """Return a value that a file decides in part, which is not available: lists may be longer, null is not known."""
    if isinstance(value, dict):
        return {key: _partly(inner) for key, inner in value.items()}
    return UNDECIDED if value is None or isinstance(value, list) else value


@cache
def _converter(catalog: Any, part: str, path: str) -> Callable[[Any], Any] | None:
    """Return the function that turns the durations of a value of a part into seconds; None if it has none."""
    shape: Shape | None = shapes(catalog)[part]
    for name in path.split("."):
        members = shape.properties if shape is not None else None
        shape = members.get(name) if members is not None else None
    return _in_seconds(shape) if shape is not None else None


def _in_seconds(shape: Shape) -> Callable[[Any], Any] | None:
    """Return a function for values of a shape; None if none of them is a duration."""
    if shape.is_duration:
        return _duration
    members = {name: inner for name, each in (shape.properties or {}).items() if (inner := _in_seconds(each))}
    if members:
        return lambda value: (
            {key: members[key](inner) if key in members else inner for key, inner in value.items()}
            if isinstance(value, dict)
            else value
        )
    element = shape.items
    inner = _in_seconds(element) if element is not None else None
    if inner is not None:
        return lambda value: [inner(each) for each in value] if isinstance(value, list) else value
    return None


def _duration(value: Any) -> Any:
    return _seconds(parse_duration(value)) if isinstance(value, str) else value
