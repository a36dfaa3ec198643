"""The facts of a version: what its binary shows, completed from a source tree and from an earlier version's facts.

A name that neither has is undecided; `Facts.notes` lists what was guessed or taken from the earlier version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.record import help_text, observe
from tools.record.apiserver import KubeAPIServer, ask
from tools.record.flags import FlagSets
from tools.record.source import SourceTree

_ASK_SECONDS = 60.0
_LOCKED = "is locked to"


class Observed:
    """What a running server showed. Servers that share etcd show each other's APIs, so each has its own."""

    def __init__(self, server: KubeAPIServer) -> None:
        self.resources = observe.discovery(server)
        self.groups = observe.group_versions(server)
        self.gates = observe.gates_of(observe.metrics(server))
        self.git_version: str = (server.get("/version").json() or {}).get("gitVersion", "")


class Facts:
    """Collects the facts of one binary; `source` and `earlier` complete them.

    `omit` has names of flags, gates, plugins and resources that only a downstream build has.
    """

    def __init__(
        self,
        program: str,
        scratch: Path,
        version: str,
        source: SourceTree | None,
        earlier: dict[str, Any],
        omit: frozenset[str] = frozenset(),
    ) -> None:
        self.notes: list[str] = []
        self._program, self._scratch, self._version = program, scratch, version
        self._source, self._earlier, self._omit = source, earlier, omit
        self.help_text = self._ask("--help")
        self.help = help_text.flag_sets(self.help_text)

    def build(self, default: Observed, everything: Observed) -> dict[str, Any]:
        """Return the facts; one server ran with defaults, the other with all APIs and gates enabled."""
        flags = FlagSets(self._source.flags() if self._source else [], self._earlier.get("flagSets", []))
        sets = flags.build(self.help, self._defaults(), self._omit)
        self.notes += flags.notes
        groups = self._api_groups(everything)
        return {
            "admissionPlugins": self._plugins(),
            "apiGroups": groups,
            "apiLifecycle": self._life_cycles(),
            "defaultAPIs": self._default_apis(default, everything),
            "featureGates": self._gates(default.gates),
            "flagSets": sets,
            "kubernetesMinor": self._version,
            "recordedFrom": default.git_version,
            "resources": self._resources(default, everything, groups),
            "storage": self._storage(),
            "tls": help_text.tls_names(self.help),
        }

    def _defaults(self) -> dict[str, str]:
        """Return flag -> default, hidden flags included: a server logs them before it misses etcd."""
        given = {"v": "1", "cert-dir": str(self._scratch / "certs")}
        logged = help_text.logged_values(self._ask(*(f"--{name}={value}" for name, value in given.items())))
        return logged | {"v": "0", "cert-dir": help_text.shown_default(self.help, "cert-dir")}

    def _ask(self, *arguments: str) -> str:
        return ask(self._program, list(arguments), self._scratch / "ask", _ASK_SECONDS)

    def _gates(self, states: dict[str, tuple[str, bool]]) -> dict[str, dict[str, Any]]:
        """Return every gate with its stage and default, and its history from source or from the earlier version."""
        histories = self._source.gate_histories() if self._source else {}
        dependencies = self._source.gate_dependencies() if self._source else {}
        before = self._earlier.get("featureGates", {})
        gates = {}
        for name, (stage, enabled) in states.items():
            if name in self._omit:
                continue
            history = histories.get(name) or self._continued(name, stage, enabled, before.get(name, {}))
            row = {"default": enabled, "history": history, "locked": history[-1]["locked"], "stage": stage}
            if (history[-1]["stage"], history[-1]["default"]) != (stage, enabled):
                self.notes.append(f"{name}: the binary says {stage or 'GA'}={enabled}, the history {history[-1]}")
            needed = dependencies.get(name) if self._source else before.get(name, {}).get("dependsOn")
            if needed:
                row["dependsOn"] = needed
            gates[name] = dict(sorted(row.items()))
        return gates

    def _continued(self, name: str, stage: str, enabled: bool, before: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the history of the earlier version, with a step for this version if the state differs."""
        history = list(before.get("history", []))
        if history and (history[-1]["stage"], history[-1]["default"]) == (stage, enabled):
            return history
        self.notes.append(f"{name}: new state {stage or 'GA'}={enabled} without a history; check its step")
        other = f"--feature-gates={name}={str(not enabled).lower()}"
        locked = _LOCKED in self._ask(other, f"--cert-dir={self._scratch / 'certs'}")
        return [*history, {"default": enabled, "locked": locked, "stage": stage, "version": self._version}]

    def _plugins(self) -> dict[str, list[str]]:
        known, enabled = help_text.admission_plugins(self.help)
        known = [name for name in known if name not in self._omit]
        order = self._source.admission_plugins() if self._source else self._earlier["admissionPlugins"]["ordered"]
        ordered = [name for name in order if name in known]
        for name in sorted(set(known) - set(ordered)):
            self.notes.append(f"{name}: its place among the admission plugins is unknown")
            ordered.append(name)
        if [name for name in ordered if name in enabled] != [name for name in enabled if name not in self._omit]:
            self.notes.append("the order of the admission plugins is not that of the help")
        return {"defaultOff": sorted(set(known) - set(enabled)), "ordered": ordered}

    def _api_groups(self, everything: Observed) -> dict[str, list[str]]:
        if self._source:
            return self._source.group_versions()
        result = {**self._earlier.get("apiGroups", {}), **everything.groups}
        self.notes.append("apiGroups: what is registered but not served is that of earlier facts")
        for group, versions in result.items():
            result[group] = versions + [v for v in self._earlier["apiGroups"].get(group, []) if v not in versions]
        return dict(sorted(result.items()))

    def _default_apis(self, default: Observed, everything: Observed) -> dict[str, dict[str, bool]]:
        served = _group_versions(default)
        result = dict.fromkeys(_group_versions(everything), False) | dict.fromkeys(served, True)
        if self._source:
            result = self._source.default_apis()
            wrong = sorted(name for name in served if name in result and not result[name])
            self.notes += [f"{name}: served by default, but disabled in the source" for name in wrong]
        else:
            self.notes.append("defaultAPIs: APIs that are listed but no longer served are those of earlier facts")
            result = {**self._earlier["defaultAPIs"]["groupVersions"], **result}
        return {
            "groupVersions": dict(sorted(result.items())),
            "resources": dict(self._earlier.get("defaultAPIs", {}).get("resources", {})),
        }

    def _life_cycles(self) -> dict[str, Any]:
        if self._source:
            return self._source.life_cycles()
        self.notes.append("apiLifecycle: from earlier facts")
        return dict(self._earlier.get("apiLifecycle", {}))

    def _storage(self) -> dict[str, Any]:
        if self._source:
            return self._source.storage()
        self.notes.append("storage: from earlier facts; compare specialPrefixes with etcdKeys of the runs")
        return dict(self._earlier.get("storage", {}))

    def _resources(
        self, default: Observed, everything: Observed, groups: dict[str, list[str]]
    ) -> dict[str, dict[str, Any]]:
        """Return every resource with the versions that are served, all and by default, and its storage version."""
        table: dict[str, dict[str, Any]] = {}
        for server, served_as, stored_as in (
            (everything, "served", "storageVersion"),
            (default, "servedByDefault", "storageVersionByDefault"),
        ):
            result = server.resources
            stored = observe.storage_versions(result)
            for path, resources in result.items():
                group, version = observe.group_of(path), path.rpartition("/")[2]
                for resource in resources:
                    name = observe.resource_name(path, resource)
                    if "/" in resource["name"] or group not in groups | {"apiextensions.k8s.io": [], **_AGGREGATED}:
                        continue
                    fixed = {"group": group, "kind": resource["kind"], "namespaced": resource["namespaced"]}
                    none: dict[str, Any] = {"served": [], "servedByDefault": []}
                    row = table.setdefault(name, {**fixed, "resource": resource["name"], **none})
                    row[served_as] = _by_priority([*row[served_as], version], groups.get(group, []))
                    if name in stored:
                        row[stored_as] = stored[name]
        return {name: dict(sorted(row.items())) for name, row in sorted(table.items()) if name not in self._omit}


_AGGREGATED: dict[str, list[str]] = {"apiregistration.k8s.io": []}
"""Groups of the other two servers in the binary; they are not in the scheme of kube-apiserver's own APIs."""


def _group_versions(server: Observed) -> list[str]:
    """Return the served group versions of kube-apiserver's own APIs: "v1", "apps/v1"."""
    others = {"apiextensions.k8s.io", *_AGGREGATED}
    return [path.split("/", 1)[1] for path in server.resources if observe.group_of(path) not in others]


def _by_priority(versions: list[str], order: list[str]) -> list[str]:
    return sorted(versions, key=lambda version: order.index(version) if version in order else len(order))
