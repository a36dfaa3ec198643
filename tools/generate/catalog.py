"""Generate the catalog's data from the recorded facts: `python -m tools.generate.catalog [--check]`.

tests/truth/recordings/facts has one `v1.NN.json` per recorded minor version, `v1.NN-from-source.json` for versions of
which no server was recorded, `resources.json` with what the recorded servers do not show of resources, and
`history.json`. Facts that all versions share are stored once; others become rows with `from` and `until`, the first
and last minor version (inclusive) of the row. A row without `until` applies to the newest version.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from compiler.upstream.catalog.facts import in_span, key_of

ROOT = Path(__file__).parents[2]
DATA = ROOT / "compiler/upstream/catalog/data"
FACTS = ROOT / "tests/truth/recordings/facts"
GROUPS = {
    "generic": "generic",
    "etcd": "etcd",
    "secure serving": "secure_serving",
    "auditing": "auditing",
    "features": "features",
    "authentication": "authentication",
    "authorization": "authorization",
    "API enablement": "api_enablement",
    "egress selector": "egress_selector",
    "admission": "admission",
    "metrics": "metrics",
    "logs": "logs",
    "traces": "traces",
    "misc": "misc",
    "cloud provider": "cloud_provider",
    "global": "global",
}
# pflag has the same type name for these two maps, but their syntax differs.
OWN_TYPES = {"oidc-required-claim": "noSplitMap", "runtime-config": "configurationMap"}
# Up to 1.33 an empty IP was a parse error; the recorded type name is the same.
FIRST_WITH_EMPTY_IP = 34

Facts = dict[str, Any]
Row = dict[str, Any]


def minor_of(version: str) -> int:
    """Return the minor number of a version: `1.36` -> 36; `0.0`, before every version, -> 0."""
    return int(version.split(".")[1])


def merged_order(sequences: Iterable[list[Any]]) -> list[Any]:
    """Merge orders (oldest first) into one; raise ValueError if they contradict."""
    orders = list(sequences)
    merged: list[Any] = []
    for sequence in reversed(orders):
        position = 0
        for item in sequence:
            if item in merged:
                position = merged.index(item) + 1
            else:
                merged.insert(position, item)
                position += 1
    for sequence in orders:
        places = [merged.index(item) for item in sequence]
        if places != sorted(places):
            raise ValueError(f"orders contradict at {sequence[:3]}...")
    return merged


def spans(by_minor: dict[int, Any], minors: list[int]) -> list[Row]:
    """Return rows `{from, until?, **value}` of a value (a dict) that may be missing or differ by minor version."""
    rows: list[Row] = []
    previous: Any = None
    for minor in minors:
        value = by_minor.get(minor)
        if value is None:
            if previous is not None:
                rows[-1]["until"] = f"1.{minor - 1}"
        elif value != previous:
            if previous is not None:
                rows[-1]["until"] = f"1.{minor - 1}"
            rows.append({"from": f"1.{minor}", **value})
        previous = value
    return rows


def _fact_files(directory: Path) -> Iterable[Path]:
    yield from directory.glob("v1.??.json")
    yield from directory.glob("v1.??-from-source.json")


class Recorded:
    """Facts of all recorded minor versions, oldest first."""

    def __init__(self, directory: Path) -> None:
        facts = {minor_of(path.stem.partition("-")[0]): json.loads(path.read_text()) for path in _fact_files(directory)}
        self.minors = sorted(facts)
        self.facts: dict[int, Facts] = facts
        self._add_resources(json.loads((directory / "resources.json").read_text())["resources"])

    def _add_resources(self, table: dict[str, list[Row]]) -> None:
        """Complete the recorded resources with their gates, and with resources and versions that were not served."""
        for minor, facts in self.facts.items():
            for name, rows in table.items():
                known = facts["resources"].get(name, {"group": name.partition(".")[2]})
                for row in rows:
                    if in_span(row, minor) and "kind" in (row | known):
                        facts["resources"][name] = known | {k: v for k, v in row.items() if k not in ("from", "until")}

    def each(self, pick: Callable[[Facts], Any]) -> dict[int, Any]:
        """Return one part of the facts by minor version."""
        return {minor: pick(self.facts[minor]) for minor in self.minors}

    def rows(self, pick: Callable[[Facts], dict[str, Any]], ordered: bool = False) -> dict[str, list[Row]]:
        """Return rows by name, for a part of the facts that maps names to values."""
        parts = self.each(pick)
        names = (
            merged_order([list(part) for part in parts.values()]) if ordered else sorted(set().union(*parts.values()))
        )
        return {
            name: spans({minor: part[name] for minor, part in parts.items() if name in part}, self.minors)
            for name in names
        }


def flag_table(facts: Facts) -> dict[str, Row]:
    """Return `group/flag` -> row, in registration order; later registrations of a name are ignored."""
    table: dict[str, Row] = {}
    names: set[str] = set()
    minor = minor_of(facts["kubernetesMinor"])
    for flag_set in facts["flagSets"]:
        for flag in flag_set["flags"]:
            name, kind = flag["name"], OWN_TYPES.get(flag["name"], flag["type"])
            if name in names:
                continue
            names.add(name)
            if kind == "ip" and minor < FIRST_WITH_EMPTY_IP:
                kind = "ipNonEmpty"
            row = {"type": kind, "default": flag["default"]}
            row |= {key: flag[key] for key in ("deprecated", "hidden", "shorthand") if flag.get(key)}
            table[f"{GROUPS[flag_set['name']]}/{name}"] = row
    return table


def flags(recorded: Recorded) -> list[Row]:
    """Return all flags in registration order, one row for each group, type, default and attribute of a flag."""
    rows: list[Row] = []
    for key, flag_rows in recorded.rows(flag_table, ordered=True).items():
        group, name = key.split("/")
        rows += [{"flag": name, "key": key_of(name), "group": group, **row} for row in flag_rows]
    return rows


def history_entries(gate: Facts) -> list[list[Any]]:
    """Return `[version, stage, default, locked]` for every step of a gate."""
    return [
        [step["version"], step["stage"], step["default"], step["locked"]]
        + ([minor_of(step["minCompatibilityVersion"])] if "minCompatibilityVersion" in step else [])
        for step in gate["history"]
    ]


def gate_row(recorded: Recorded, name: str) -> Row:
    """Return the versions of a gate, its history in the newest of them, and the histories of versions that differ."""
    present = {
        minor: facts["featureGates"][name] for minor, facts in recorded.facts.items() if name in facts["featureGates"]
    }
    newest = history_entries(present[max(present)])
    row: Row = {"from": f"1.{min(present)}", "history": newest}
    if max(present) != recorded.minors[-1]:
        row["until"] = f"1.{max(present)}"
    if set(range(min(present), max(present) + 1)) != set(present):
        raise ValueError(f"gate {name} was removed and added again")
    differing = {}
    for minor, gate in sorted(present.items()):
        entries, expected = history_entries(gate), [step for step in newest if minor_of(step[0]) <= minor]
        # 1.31 cannot emulate and has no gate history, only the current state.
        is_state = minor == recorded.minors[0] and len(entries) == 1
        if entries != expected and not (is_state and expected and entries[0][1:] == expected[-1][1:]):
            differing[f"1.{minor}"] = entries
    if differing:
        row["recordedAs"] = differing
    dependencies = spans(
        {minor: {"gates": gate["dependsOn"]} for minor, gate in present.items() if gate.get("dependsOn")},
        recorded.minors,
    )
    if dependencies:
        row["dependsOn"] = dependencies
    return row


def gates(recorded: Recorded) -> dict[str, Row]:
    """Return all feature gates."""
    names = sorted(set().union(*recorded.each(lambda facts: set(facts["featureGates"])).values()))
    return {name: gate_row(recorded, name) for name in names}


def admission(recorded: Recorded) -> dict[str, list[Row]]:
    """Return the admission plugins in the order of the chain."""
    return recorded.rows(
        lambda facts: {
            name: {"defaultOff": True} if name in facts["admissionPlugins"]["defaultOff"] else {"defaultOff": False}
            for name in facts["admissionPlugins"]["ordered"]
        },
        ordered=True,
    )


def served_kinds(facts: Facts) -> dict[str, Row]:
    """Return `group/version Kind` -> life cycle, for the kinds of served resources."""
    kinds = {(resource["group"], resource["kind"]) for resource in facts["resources"].values()}
    table = {}
    for key, cycle in facts["apiLifecycle"].items():
        api, kind = key.split(" ")
        group = api.rpartition("/")[0]
        if (group, kind) in kinds:
            steps = {step: cycle[step] for step in ("introduced", "deprecated", "removed") if step in cycle}
            table[key] = steps | ({"replaced": True} if "replacement" in cycle else {})
    return table


def apis(recorded: Recorded) -> Row:
    """Return registered group versions by priority, default APIs, life cycles and resources."""
    return {
        "groups": recorded.rows(lambda facts: {group: {"versions": v} for group, v in facts["apiGroups"].items()}),
        "enabled": recorded.rows(
            lambda facts: {api: {"on": on} for api, on in facts["defaultAPIs"]["groupVersions"].items()}
        ),
        "enabledResources": recorded.rows(
            lambda facts: {resource: {"on": on} for resource, on in facts["defaultAPIs"]["resources"].items()}
        ),
        "lifecycle": recorded.rows(served_kinds),
        "resources": recorded.rows(
            lambda facts: {
                name: {
                    "kind": resource["kind"],
                    "namespaced": resource["namespaced"],
                    "served": resource["served"],
                    "stored": "storageVersion" in resource,
                    **{key: resource[key] for key in ("gate", "servedEmulated") if key in resource},
                }
                for name, resource in facts["resources"].items()
            }
        ),
    }


def storage(recorded: Recorded) -> Row:
    """Return the settings of the storage factory."""
    return {
        part: recorded.rows(lambda facts, part=part: {k: {"value": v} for k, v in facts["storage"][part].items()})  # type: ignore[misc]
        for part in ("specialPrefixes", "encodingOverrides", "defaultWatchCacheSizes")
    }


def tls(recorded: Recorded) -> Row:
    """Return the names of cipher suites and protocol versions."""
    return {
        part: recorded.rows(lambda facts, part=part: {name: {} for name in facts["tls"][part]})  # type: ignore[misc]
        for part in ("preferredCiphers", "insecureCiphers", "versions")
    }


def replacement_of(entry: Row) -> str:
    """Return the replacement without the remarks of the history, empty if there is none."""
    text = re.split(r"[(;]|:(?!//)", entry.get("replacement") or "")[0].strip()
    return "" if text.startswith("none") else text


_SUCCESSORS = {
    "flags": {
        "enable-admission-control",
        "enable-inflight-quota-handler",
        "experimental-bootstrap-token-auth",
        "experimental-encryption-provider-config",
        "portal-net",
        "public-address-override",
        "service-account-api-audiences",
        "service-node-ports",
    },
    "admissionPlugins": {"GenericAdmissionWebhook", "PVCProtection"},
}
"""Renamed flags and plugins: the replacement has the same values and semantics."""


def removed(history: Facts, newest: int) -> Row:
    """Return names that the newest version no longer has, or that never existed, with release and replacement."""
    table: Row = {}
    for kind in ("flags", "featureGates", "admissionPlugins", "apis", "configAPIs"):
        table[kind] = {}
        for name, entry in sorted(history[kind].items()):
            release = entry.get("removed")
            if not (entry.get("neverExisted") or (release and minor_of(release) <= newest)):
                continue
            row = {
                key: entry[key]
                for key in ("removed", "inertSince", "lastDefault", "neverExisted")
                if entry.get(key) is not None
            }
            if kind == "featureGates" and entry.get("ga"):
                row["ga"] = entry["ga"]
            if replacement_of(entry):
                row["replacement"] = replacement_of(entry)
            if name in _SUCCESSORS.get(kind, ()):
                row["successor"] = True
            table[kind][name] = row
    return table


def build(directory: Path) -> dict[str, str]:
    """Return file name -> content, for every data file."""
    recorded = Recorded(directory)
    history = json.loads((directory / "history.json").read_text())
    parts = {
        "versions": [f"1.{minor}" for minor in recorded.minors],
        "flags": flags(recorded),
        "gates": gates(recorded),
        "admission": admission(recorded),
        "apis": apis(recorded),
        "storage": storage(recorded),
        "tls": tls(recorded),
        "removed": removed(history, recorded.minors[-1]),
    }
    return {f"{name}.json": render(part) for name, part in parts.items()}


def render(part: Any) -> str:
    """Return JSON with one row per line, so that a diff shows the changed facts."""
    if isinstance(part, list):
        return "[\n" + ",\n".join(json.dumps(row) for row in part) + "\n]\n"
    nested = all(isinstance(value, dict) for value in part.values()) and len(part) < 10
    lines = []
    for key, value in part.items():
        if nested and value:
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
            lines.append(f"{json.dumps(key)}: {{\n{inner}\n}}")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the data files, or with `--check` list the stale ones (exit code 1)."""
    check = "--check" in arguments
    if set(arguments) - {"--check"}:
        print(__doc__, file=sys.stderr)
        return 2
    stale = 0
    for name, text in build(FACTS).items():
        path = DATA / name
        if check:
            if not path.exists() or path.read_text() != text:
                print(f"{name} is stale: run python -m tools.generate.catalog")
                stale = 1
        else:
            path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
