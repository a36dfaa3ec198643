"""Facts about Kubernetes versions: `catalog("1.36")` has those of one minor version.

Each data file is read at its first use; see docs/catalog.md for its format and for adding a version.
"""

import json
import os
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

DATA = os.path.join(os.path.dirname(__file__), "data")


class FlagSpec(NamedTuple):
    """A flag of one version. `key` is its name in the group of a document; `default` is pflag's string."""

    name: str
    group: str
    key: str
    type: str
    default: str
    deprecated: bool = False
    hidden: bool = False
    shorthand: str = ""


class GateStep(NamedTuple):
    """The state of a feature gate from one minor version on; `minor` 0 is every version. `stage` is empty if GA.

    The step applies from the minimum compatibility version `compatible` on.
    """

    minor: int
    stage: str
    default: bool
    locked: bool
    compatible: int = 0


class Gate(NamedTuple):
    """A feature gate of one version of the binary, oldest step first."""

    name: str
    history: tuple[GateStep, ...]
    depends_on: tuple[str, ...]

    def at(self, minor: int, compatible: int | None = None) -> GateStep | None:
        """Return its state for an emulated and a minimum compatibility version (default: the one before the emulated).

        Return None if the gate did not exist yet. Kubernetes: component-base/featuregate/feature_gate.go,
        featureSpecAtEmulationVersion.
        """
        oldest = minor - 1 if compatible is None else compatible
        state = None
        for step in self.history:
            if step.minor <= minor and step.compatible <= oldest:
                state = step
        return state


class Plugin(NamedTuple):
    """An admission plugin, in the order of the chain."""

    name: str
    default_off: bool


class Resource(NamedTuple):
    """A served resource. `served` lists its versions, highest priority first; `stored` tells whether it has storage."""

    group: str
    resource: str
    kind: str
    namespaced: bool
    served: tuple[str, ...]
    stored: bool

    @property
    def group_resource(self) -> str:
        """`resource.group`, or the bare resource for the core group."""
        return f"{self.resource}.{self.group}" if self.group else self.resource


class Lifecycle(NamedTuple):
    """Minor versions in which a kind's API version is introduced, deprecated and removed; None if not announced."""

    introduced: int | None
    deprecated: int | None
    removed: int | None
    replaced: bool


@cache
def minor_of(version: str) -> int:
    """Return the minor number of a version: `1.36` and `1.36.2` -> 36; `0.0`, before every version, -> 0."""
    return int(version.split(".")[1])


def in_span(row: dict[str, Any], minor: int) -> bool:
    """Return whether a row with `from` and `until` (versions, inclusive, both optional) covers a minor version."""
    return ("from" not in row or minor_of(row["from"]) <= minor) and (
        "until" not in row or minor <= minor_of(row["until"])
    )


@cache
def _data(name: str) -> Any:
    with open(os.path.join(DATA, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@cache
def versions() -> tuple[str, ...]:
    """Return the supported minor versions, oldest first."""
    return tuple(_data("versions"))


@cache
def pod_types() -> dict[str, dict[str, list[Any]]]:
    """The fields of Pods and workloads by type, as `tools.generate.pods` writes them."""
    types: dict[str, dict[str, list[Any]]] = _data("pods")
    return types


_COMPOUNDS = {"cafile": "CAFile", "certfile": "CertFile", "keyfile": "KeyFile"}
_INITIALISMS = set("API CA CIDR DB DNS HTTP HTTP2 ID IP JSON JWKS OIDC QPS SNI TLS TTL UID URI URL".split())  # noqa: SIM905


def key_of(flag: str) -> str:
    """Return the document key of a flag: `service-cluster-ip-range` -> `serviceClusterIPRange`."""
    first, *rest = flag.split("-")
    return first + "".join(
        _COMPOUNDS.get(word) or (word.upper() if word.upper() in _INITIALISMS else word[:1].upper() + word[1:])
        for word in rest
    )


@cache
def section_of(group: str) -> str:
    """Return the document key of an option group: `secure_serving` -> `secureServing`."""
    first, *rest = group.split("_")
    return first + "".join(word.capitalize() for word in rest)


def span(consecutive: Sequence[str]) -> str:
    """Return a range of consecutive versions: `1.33`, or `1.31 to 1.37`."""
    return consecutive[0] if len(consecutive) == 1 else f"{consecutive[0]} to {consecutive[-1]}"


def nearest(version: str | None) -> str:
    """Return the supported minor version closest to a version, for example `1.29`; the newest one for None."""
    known = versions()
    if version is None:
        return known[-1]
    minor = min(max(minor_of(version), minor_of(known[0])), minor_of(known[-1]))
    return f"1.{minor}"


class Catalog:
    """The facts of one minor version of kube-apiserver.

    There is one catalog a version, whose facts are computed at their first use: see `catalog`.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self.minor = minor_of(version)
        self._gates: dict[str, Gate | None] = {}
        self._cycles: dict[tuple[str, str, str], Lifecycle | None] = {}
        self._behaviours: dict[str, Any] = {}

    def _is_current(self, row: dict[str, Any]) -> bool:
        return in_span(row, self.minor)

    def _rows(self, table: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
        """Return name -> the row of this version, in the order of the table."""
        rows_by_name = {}
        for name, rows in table.items():
            for row in rows:
                if self._is_current(row):
                    rows_by_name[name] = row
                    break
        return rows_by_name

    @cached_property
    def flags(self) -> dict[str, FlagSpec]:
        """Flags by name, in registration order."""
        flags = {}
        for row in _data("flags"):
            if self._is_current(row):
                name = row["flag"]
                flags[name] = FlagSpec(
                    name,
                    row["group"],
                    row["key"],
                    row["type"],
                    row["default"],
                    row.get("deprecated", False),
                    row.get("hidden", False),
                    row.get("shorthand", ""),
                )
        return flags

    @cached_property
    def groups(self) -> dict[str, dict[str, FlagSpec]]:
        """Option groups in registration order: name -> its flags by document key."""
        groups: dict[str, dict[str, FlagSpec]] = {}
        for spec in self.flags.values():
            groups.setdefault(spec.group, {})[spec.key] = spec
        return groups

    @cached_property
    def shorthands(self) -> dict[str, str]:
        """One-letter names of flags: `v` -> `v`, `h` -> `help`."""
        return {spec.shorthand: spec.name for spec in self.flags.values() if spec.shorthand}

    def gate(self, name: str) -> Gate | None:
        """Return a feature gate, None if this version does not have it."""
        if name not in self._gates:
            row = _data("gates").get(name)
            self._gates[name] = self._gate(name, row) if row and self._is_current(row) else None
        return self._gates[name]

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """Feature gates by name."""
        return {name: self._gate(name, row) for name, row in _data("gates").items() if self._is_current(row)}

    def _gate(self, name: str, row: dict[str, Any]) -> Gate:
        steps = row.get("recordedAs", {}).get(self.version) or row["history"]
        every = (GateStep(minor_of(version), *rest) for version, *rest in steps)
        needs = [dependency["gates"] for dependency in row.get("dependsOn", ()) if self._is_current(dependency)]
        return Gate(name, tuple(step for step in every if step.minor <= self.minor), tuple(needs[0]) if needs else ())

    @cached_property
    def plugins(self) -> dict[str, Plugin]:
        """Admission plugins by name, in the order of the chain."""
        return {name: Plugin(name, row["defaultOff"]) for name, row in self._rows(_data("admission")).items()}

    @cached_property
    def api_groups(self) -> dict[str, tuple[str, ...]]:
        """Registered API groups, each with its versions by priority, highest first."""
        return {name: tuple(row["versions"]) for name, row in self._rows(_data("apis")["groups"]).items()}

    @cached_property
    def enabled_apis(self) -> dict[str, bool]:
        """`group/version` -> whether it is enabled by default."""
        return {name: row["on"] for name, row in self._rows(_data("apis")["enabled"]).items()}

    @cached_property
    def enabled_resources(self) -> dict[str, bool]:
        """`group/version/resource` -> whether it is enabled by default, if it differs from its version."""
        return {name: row["on"] for name, row in self._rows(_data("apis")["enabledResources"]).items()}

    @cached_property
    def _lifecycles(self) -> dict[str, dict[str, Any]]:
        return self._rows(_data("apis")["lifecycle"])

    def lifecycle(self, group: str, version: str, kind: str) -> Lifecycle | None:
        """Return the life cycle of a kind's API version, None if unknown."""
        key = (group, version, kind)
        if key not in self._cycles:
            self._cycles[key] = self._lifecycle(*key)
        return self._cycles[key]

    def _lifecycle(self, group: str, version: str, kind: str) -> Lifecycle | None:
        row = self._lifecycles.get(f"{group}/{version} {kind}" if group else f"{version} {kind}")
        if row is None:
            return None

        def minor(step: str) -> int | None:
            return minor_of(row[step]) if step in row else None

        return Lifecycle(minor("introduced"), minor("deprecated"), minor("removed"), row.get("replaced", False))

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resources by `resource.group`."""
        resources = {}
        for name, row in self._rows(_data("apis")["resources"]).items():
            resource, _, group = name.partition(".")
            resources[name] = Resource(
                group, resource, row["kind"], row["namespaced"], tuple(row["served"]), row["stored"]
            )
        return resources

    @cached_property
    def resources_of(self) -> dict[str, list[Resource]]:
        """Resources by group."""
        resources: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            resources.setdefault(resource.group, []).append(resource)
        return resources

    def storage(self, part: str) -> dict[str, Any]:
        """Return `specialPrefixes`, `encodingOverrides` or `defaultWatchCacheSizes`: `resource.group` -> value."""
        return self._storage[part]

    @cached_property
    def _storage(self) -> dict[str, dict[str, Any]]:
        return {
            part: {name: row["value"] for name, row in self._rows(rows).items()}
            for part, rows in _data("storage").items()
        }

    def tls(self, part: str) -> tuple[str, ...]:
        """Return the names of `preferredCiphers`, `insecureCiphers` or `versions` in this version."""
        return self._tls[part]

    @cached_property
    def _tls(self) -> dict[str, tuple[str, ...]]:
        return {part: tuple(self._rows(rows)) for part, rows in _data("tls").items()}

    @cached_property
    def flag_order(self) -> dict[str, int]:
        """The number of each flag in registration order."""
        return {name: number for number, name in enumerate(self.flags)}

    @cached_property
    def health_checks(self) -> dict[str, dict[str, Any]]:
        """Health checks by name, in the server's order, each with its conditions.

        A trailing `N` in a name is a number.
        """
        return {row["name"]: row for row in _data("health") if self._is_current(row)}

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics that monitoring uses, by name: `type`, `labels`, `stability`, and `deprecated`, the version.

        `hidden` metrics are only exported with --show-hidden-metrics-for-version; `custom` ones come from custom
        collectors, to which --disabled-metrics does not apply.
        """
        return self._rows(_data("metrics"))

    def behaviour(self, name: str) -> Any:
        """Return the value of `behaviours.json` for this version, None if it has none.

        The file is maintained by hand: limits and conditions that differ between versions and are not recorded.
        """
        if name not in self._behaviours:
            rows = (row["value"] for row in _data("behaviours")[name] if self._is_current(row))
            self._behaviours[name] = next(rows, None)
        return self._behaviours[name]

    def is_provisional(self, kind: str, name: str) -> bool:
        """Return whether a fact was determined before the release and is not confirmed by a server of this version yet.

        `kind` is "storageVersion", "api" or "gateDependency"; `name` the resource, group version or feature gate.
        """
        return name in (self.behaviour("provisionalFacts") or {}).get(kind, ())

    @property
    def url_strictness(self) -> int:
        """Strictness of URL hosts in the binary, as defined in `compiler.upstream.go.net`.

        If the patch releases of a minor version differ, it is that of the most lenient one.
        """
        return self.behaviour("urlStrictness") or 0


@cache
def catalog(version: str) -> Catalog:
    """Return the facts of a supported minor version, for example `1.36`; raise KeyError for others (see `nearest`)."""
    if version not in versions():
        raise KeyError(version)
    return Catalog(version)


def health_rows() -> list[dict[str, Any]]:
    """Return the rows of the health checks of all versions, in the server's order."""
    rows: list[dict[str, Any]] = _data("health")
    return rows


def health_meanings() -> dict[str, dict[str, str]]:
    """Return the meaning of failing health checks: name of the row -> `fails` (cause) and `do` (action)."""
    meanings: dict[str, dict[str, str]] = _data("health_meanings")
    return meanings


def removed(kind: str, name: str) -> dict[str, Any] | None:
    """Return the history of a name that the newest version no longer has, None if unknown.

    `kind` is `flags`, `featureGates`, `admissionPlugins`, `apis` or `configAPIs`. The result may have `removed` (the
    first version without it), `replacement`, `inertSince`, `ga`, `lastDefault`, `neverExisted`, and `successor` if the
    replacement is equivalent.
    """
    entry: dict[str, Any] | None = _data("removed")[kind].get(name)
    return entry


def removal(kind: str, name: str, version: str) -> dict[str, Any] | None:
    """Return the result of `removed` for a name that a version no longer has, None if it was removed later."""
    entry = removed(kind, name)
    if entry is None or (entry.get("removed") and minor_of(entry["removed"]) > minor_of(version)):
        return None
    return entry


def flag_advice(name: str) -> str:
    """Return the advice for a removed flag without an equivalent successor, else empty."""
    advice: str = _data("advice")["flags"].get(name, "")
    return advice


def gate_advice(name: str, value: bool) -> str:
    """Return the advice for a feature gate that can no longer be set to a value, empty if there is none."""
    advice: str = _data("advice")["featureGates"].get(name, {}).get(str(value).lower(), "")
    return advice


def removed_names(kind: str) -> list[str]:
    """Return all names of a kind (see `removed`) that the newest version no longer has, or that never existed."""
    return list(_data("removed")[kind])


def known_in(kind: str, name: str) -> tuple[str, ...]:
    """Return the supported versions that have a flag, feature gate, admission plugin, metric or health check.

    `kind` is one of `removed`, or "metrics" or "healthChecks".
    """
    attributes = {
        "flags": "flags",
        "featureGates": "gates",
        "admissionPlugins": "plugins",
        "healthChecks": "health_checks",
    }
    return tuple(version for version in versions() if name in getattr(catalog(version), attributes.get(kind, kind)))
