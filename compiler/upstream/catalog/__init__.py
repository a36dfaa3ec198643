"""What differs between Kubernetes versions, as data: `catalog("1.36")` answers for one minor version.

Each data file is read at its first use and only then; see docs/catalog.md for its form and for adding a version.
"""

import json
import os
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

from compiler.upstream.memo import Reckoned

DATA = os.path.join(os.path.dirname(__file__), "data")


class FlagSpec(NamedTuple):
    """A flag of one version. `key` is its name inside the group of a document; `default` is pflag's text."""

    name: str
    group: str
    key: str
    type: str
    default: str
    deprecated: bool = False
    hidden: bool = False
    shorthand: str = ""


class GateStep(NamedTuple):
    """A gate from one version on; `minor` 0 stands for every version. `stage` is empty for a stable gate.

    The step counts from the minimum compatibility version `compatible` on.
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
        """Its state for an emulated and a minimum compatibility version (else the one before the emulated).

        None where it did not exist yet. Kubernetes: component-base/featuregate/feature_gate.go,
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
    """Minor versions in which a kind's API version came, was deprecated and goes; None where not announced."""

    introduced: int | None
    deprecated: int | None
    removed: int | None
    replaced: bool


@cache
def minor_of(version: str) -> int:
    """The minor number of a version: `1.36` and `1.36.2` -> 36; `0.0`, before every version, -> 0."""
    return int(version.split(".")[1])


@cache
def _data(name: str) -> Any:
    with open(os.path.join(DATA, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@cache
def versions() -> tuple[str, ...]:
    """The known minor versions, oldest first."""
    return tuple(_data("versions"))


@cache
def pod_types() -> dict[str, dict[str, list[Any]]]:
    """The fields of Pods and workloads by type, as `tools.generate.pods` writes them."""
    found: dict[str, dict[str, list[Any]]] = _data("pods")
    return found


_WHOLE = {"cafile": "CAFile", "certfile": "CertFile", "keyfile": "KeyFile"}
_INITIALISMS = set("API CA CIDR DB DNS HTTP HTTP2 ID IP JSON JWKS OIDC QPS SNI TLS TTL UID URI URL".split())  # noqa: SIM905


def key_of(flag: str) -> str:
    """A flag's name as a document's key: `service-cluster-ip-range` -> `serviceClusterIPRange`."""
    first, *rest = flag.split("-")
    return first + "".join(
        _WHOLE.get(word) or (word.upper() if word.upper() in _INITIALISMS else word[:1].upper() + word[1:])
        for word in rest
    )


@cache
def section_of(group: str) -> str:
    """An option group's name as a document's key: `secure_serving` -> `secureServing`."""
    first, *rest = group.split("_")
    return first + "".join(word.capitalize() for word in rest)


def span(having: Sequence[str]) -> str:
    """Consecutive versions in words: `1.33`, or `1.31 to 1.37`."""
    return having[0] if len(having) == 1 else f"{having[0]} to {having[-1]}"


def nearest(version: str | None) -> str:
    """The known minor version that is nearest to a version such as `1.29`; for None the newest one."""
    known = versions()
    if version is None:
        return known[-1]
    minor = min(max(minor_of(version), minor_of(known[0])), minor_of(known[-1]))
    return f"1.{minor}"


class Catalog(Reckoned):
    """The facts of one minor version of kube-apiserver.

    Others reckon from these facts and a few values. `reckon` and `recently` keep what they give, so that a run over
    many inputs does it once.
    """

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version
        self.minor = minor_of(version)
        self._gates: dict[str, Gate | None] = {}
        self._cycles: dict[tuple[str, str, str], Lifecycle | None] = {}
        self._behaviours: dict[str, Any] = {}

    def _holds(self, row: dict[str, Any]) -> bool:
        return minor_of(row["from"]) <= self.minor and ("until" not in row or self.minor <= minor_of(row["until"]))

    def _rows(self, table: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
        """Name -> the row that holds in this version, in the table's order."""
        found = {}
        for name, rows in table.items():
            for row in rows:
                if self._holds(row):
                    found[name] = row
                    break
        return found

    @cached_property
    def flags(self) -> dict[str, FlagSpec]:
        """All flags by name, in registration order."""
        found = {}
        for row in _data("flags"):
            if self._holds(row):
                name = row["flag"]
                found[name] = FlagSpec(
                    name,
                    row["group"],
                    row["key"],
                    row["type"],
                    row["default"],
                    row.get("deprecated", False),
                    row.get("hidden", False),
                    row.get("shorthand", ""),
                )
        return found

    @cached_property
    def groups(self) -> dict[str, dict[str, FlagSpec]]:
        """Option groups in registration order: name -> its flags by document key."""
        found: dict[str, dict[str, FlagSpec]] = {}
        for spec in self.flags.values():
            found.setdefault(spec.group, {})[spec.key] = spec
        return found

    @cached_property
    def shorthands(self) -> dict[str, str]:
        """One-letter names of flags: `v` -> `v`, `h` -> `help`."""
        return {spec.shorthand: spec.name for spec in self.flags.values() if spec.shorthand}

    def gate(self, name: str) -> Gate | None:
        """One feature gate; None where this version does not have it."""
        if name not in self._gates:
            row = _data("gates").get(name)
            self._gates[name] = self._gate(name, row) if row and self._holds(row) else None
        return self._gates[name]

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """All feature gates by name."""
        return {name: self._gate(name, row) for name, row in _data("gates").items() if self._holds(row)}

    def _gate(self, name: str, row: dict[str, Any]) -> Gate:
        steps = row.get("recordedAs", {}).get(self.version) or row["history"]
        every = (GateStep(minor_of(version), *rest) for version, *rest in steps)
        needs = [dependency["gates"] for dependency in row.get("dependsOn", ()) if self._holds(dependency)]
        return Gate(name, tuple(step for step in every if step.minor <= self.minor), tuple(needs[0]) if needs else ())

    @cached_property
    def plugins(self) -> dict[str, Plugin]:
        """Admission plugins by name, in the order of the chain."""
        return {name: Plugin(name, row["defaultOff"]) for name, row in self._rows(_data("admission")).items()}

    @cached_property
    def api_groups(self) -> dict[str, tuple[str, ...]]:
        """Registered groups, each with its versions by priority, highest first."""
        return {name: tuple(row["versions"]) for name, row in self._rows(_data("apis")["groups"]).items()}

    @cached_property
    def enabled_apis(self) -> dict[str, bool]:
        """`group/version` -> whether it is served unless runtime-config says otherwise."""
        return {name: row["on"] for name, row in self._rows(_data("apis")["enabled"]).items()}

    @cached_property
    def enabled_resources(self) -> dict[str, bool]:
        """`group/version/resource` -> the same for single resources that differ from their version."""
        return {name: row["on"] for name, row in self._rows(_data("apis")["enabledResources"]).items()}

    @cached_property
    def _lifecycles(self) -> dict[str, dict[str, Any]]:
        return self._rows(_data("apis")["lifecycle"])

    def lifecycle(self, group: str, version: str, kind: str) -> Lifecycle | None:
        """The life cycle of a kind's API version; None where nothing is known of it."""
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
        """All resources by `resource.group`."""
        found = {}
        for name, row in self._rows(_data("apis")["resources"]).items():
            resource, _, group = name.partition(".")
            found[name] = Resource(group, resource, row["kind"], row["namespaced"], tuple(row["served"]), row["stored"])
        return found

    @cached_property
    def resources_of(self) -> dict[str, list[Resource]]:
        """All resources by group."""
        found: dict[str, list[Resource]] = {}
        for resource in self.resources.values():
            found.setdefault(resource.group, []).append(resource)
        return found

    def storage(self, part: str) -> dict[str, Any]:
        """`specialPrefixes`, `encodingOverrides` or `defaultWatchCacheSizes`: `resource.group` -> value."""
        rows = _data("storage")[part]
        return self.reckon(("storage", part), lambda: {n: row["value"] for n, row in self._rows(rows).items()})

    def tls(self, part: str) -> tuple[str, ...]:
        """`preferredCiphers`, `insecureCiphers` or `versions`: the names known to this version."""
        return self.reckon(("tls", part), lambda: tuple(self._rows(_data("tls")[part])))

    @cached_property
    def health_checks(self) -> dict[str, dict[str, Any]]:
        """The health checks by name, in the server's order, each with the conditions under which it exists.

        A final `N` in a name stands for a number.
        """
        return {row["name"]: row for row in _data("health") if self._holds(row)}

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The metrics that monitoring looks at, by name: `type`, `labels`, `stability`, and `deprecated`, the version.

        `hidden` ones are exported only with --show-hidden-metrics-for-version; `custom` ones come from collectors of
        their own, which --disabled-metrics does not reach.
        """
        return self._rows(_data("metrics"))

    def behaviour(self, name: str) -> Any:
        """What `behaviours.json` says for this version; None where it says nothing.

        The file holds, by hand, what differs between versions and is in no recording: limits and switches of rules.
        """
        if name not in self._behaviours:
            rows = (row["value"] for row in _data("behaviours")[name] if self._holds(row))
            self._behaviours[name] = next(rows, None)
        return self._behaviours[name]

    def is_provisional(self, kind: str, name: str) -> bool:
        """Whether a fact was read before the release and is still unconfirmed by a server of this version.

        `kind` is "storageVersion", "api" or "gateDependency"; `name` the resource, group version or feature gate.
        """
        return name in (self.behaviour("provisionalFacts") or {}).get(kind, ())

    @property
    def url_strictness(self) -> int:
        """How strict the binary is about hosts in URLs, as `compiler.upstream.go.net` counts it.

        Where releases of one minor version differ, the one that takes most counts.
        """
        return self.behaviour("urlStrictness") or 0


@cache
def catalog(version: str) -> Catalog:
    """The facts of a known minor version, such as `1.36`; raises KeyError for others (see `nearest`)."""
    if version not in versions():
        raise KeyError(version)
    return Catalog(version)


def health_rows() -> list[dict[str, Any]]:
    """The rows of health checks of all versions, in the server's order."""
    found: list[dict[str, Any]] = _data("health")
    return found


def health_meanings() -> dict[str, dict[str, str]]:
    """What it means where a health check fails, and what to do: name of its row -> `fails` and `do`."""
    found: dict[str, dict[str, str]] = _data("health_meanings")
    return found


def removed(kind: str, name: str) -> dict[str, Any] | None:
    """What is known of something that the newest version no longer has.

    `kind` is `flags`, `featureGates`, `admissionPlugins`, `apis` or `configAPIs`. The answer may hold `removed` (the
    first version without it), `replacement`, `inertSince`, `ga`, `lastDefault`, `neverExisted`, and `successor` where
    the replacement is the same under another name.
    """
    entry: dict[str, Any] | None = _data("removed")[kind].get(name)
    return entry


def left(kind: str, name: str, version: str) -> dict[str, Any] | None:
    """What is known of something that a version no longer has, as `removed` tells it; None where it came later."""
    entry = removed(kind, name)
    if entry is None or (entry.get("removed") and minor_of(entry["removed"]) > minor_of(version)):
        return None
    return entry


def flag_advice(name: str) -> str:
    """What to do instead of a removed flag, if its successor alone does not say so; else empty."""
    found: str = _data("advice")["flags"].get(name, "")
    return found


def gate_advice(name: str, value: bool) -> str:
    """What takes the place of a feature gate that can no longer be set to a value; empty if nothing does."""
    found: str = _data("advice")["featureGates"].get(name, {}).get(str(value).lower(), "")
    return found


def removed_names(kind: str) -> list[str]:
    """All names of a kind (as in `removed`) that the newest version no longer has, or that never were."""
    return list(_data("removed")[kind])


def known_in(kind: str, name: str) -> tuple[str, ...]:
    """The known versions that have a flag, feature gate, admission plugin, metric or health check.

    `kind` is as in `removed`, or "metrics" or "healthChecks".
    """
    pick = {"flags": "flags", "featureGates": "gates", "admissionPlugins": "plugins", "healthChecks": "health_checks"}
    return tuple(version for version in versions() if name in getattr(catalog(version), pick.get(kind, kind)))
