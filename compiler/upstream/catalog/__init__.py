"""Facts about Kubernetes versions: `catalog("1.36")` has those of one minor version.

Each data file is read at its first use; see docs/catalog.md for its format and for adding a version.
"""

from functools import cache, cached_property
from typing import Any

from compiler.upstream.catalog.facts import (
    FlagSpec,
    Gate,
    GateStep,
    Lifecycle,
    Plugin,
    Resource,
    in_span,
    load,
    minor_of,
    versions,
)


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
        for row in load("flags"):
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
            row = load("gates").get(name)
            self._gates[name] = self._gate(name, row) if row and self._is_current(row) else None
        return self._gates[name]

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """Feature gates by name."""
        return {name: self._gate(name, row) for name, row in load("gates").items() if self._is_current(row)}

    def _gate(self, name: str, row: dict[str, Any]) -> Gate:
        steps = row.get("recordedAs", {}).get(self.version) or row["history"]
        every = (GateStep(minor_of(version), *rest) for version, *rest in steps)
        needs = [dependency["gates"] for dependency in row.get("dependsOn", ()) if self._is_current(dependency)]
        return Gate(name, tuple(step for step in every if step.minor <= self.minor), tuple(needs[0]) if needs else ())

    @cached_property
    def plugins(self) -> dict[str, Plugin]:
        """Admission plugins by name, in the order of the chain."""
        return {name: Plugin(name, row["defaultOff"]) for name, row in self._rows(load("admission")).items()}

    @cached_property
    def api_groups(self) -> dict[str, tuple[str, ...]]:
        """Registered API groups, each with its versions by priority, highest first."""
        return {name: tuple(row["versions"]) for name, row in self._rows(load("apis")["groups"]).items()}

    @cached_property
    def enabled_apis(self) -> dict[str, bool]:
        """`group/version` -> whether it is enabled by default."""
        return {name: row["on"] for name, row in self._rows(load("apis")["enabled"]).items()}

    @cached_property
    def enabled_resources(self) -> dict[str, bool]:
        """`group/version/resource` -> whether it is enabled by default, if it differs from its version."""
        return {name: row["on"] for name, row in self._rows(load("apis")["enabledResources"]).items()}

    @cached_property
    def _lifecycles(self) -> dict[str, dict[str, Any]]:
        return self._rows(load("apis")["lifecycle"])

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
        for name, row in self._rows(load("apis")["resources"]).items():
            resource, _, group = name.partition(".")
            resources[name] = Resource(
                group,
                resource,
                row["kind"],
                row["namespaced"],
                tuple(row["served"]),
                row["stored"],
                row.get("gate", ""),
                tuple(row.get("servedEmulated", ())),
            )
        return resources

    @cached_property
    def resource_gates(self) -> tuple[str, ...]:
        """Feature gates without which some resources are not served."""
        return tuple(sorted({resource.gate for resource in self.resources.values() if resource.gate}))

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
            for part, rows in load("storage").items()
        }

    def tls(self, part: str) -> tuple[str, ...]:
        """Return the names of `preferredCiphers`, `insecureCiphers` or `versions` in this version."""
        return self._tls[part]

    @cached_property
    def _tls(self) -> dict[str, tuple[str, ...]]:
        return {part: tuple(self._rows(rows)) for part, rows in load("tls").items()}

    @cached_property
    def flag_order(self) -> dict[str, int]:
        """The number of each flag in registration order."""
        return {name: number for number, name in enumerate(self.flags)}

    @cached_property
    def health_checks(self) -> dict[str, dict[str, Any]]:
        """Health checks by name, in the server's order, each with its conditions.

        A trailing `N` in a name is a number.
        """
        return {row["name"]: row for row in load("health") if self._is_current(row)}

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Metrics that monitoring uses, by name: `type`, `labels`, `stability`, and `deprecated`, the version.

        `hidden` metrics are only exported with --show-hidden-metrics-for-version; `custom` ones come from custom
        collectors, to which --disabled-metrics does not apply.
        """
        return self._rows(load("metrics"))

    def behaviour(self, name: str) -> Any:
        """Return the value of `behaviours.json` for this version, None if it has none.

        The file is maintained by hand: limits and conditions that differ between versions and are not recorded.
        """
        if name not in self._behaviours:
            rows = (row["value"] for row in load("behaviours")[name] if self._is_current(row))
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
    rows: list[dict[str, Any]] = load("health")
    return rows


def health_meanings() -> dict[str, dict[str, str]]:
    """Return the meaning of failing health checks: name of the row -> `fails` (cause) and `do` (action)."""
    meanings: dict[str, dict[str, str]] = load("health_meanings")
    return meanings
