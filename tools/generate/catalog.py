"""Generate the catalog's data from the recorded facts: `python -m tools.generate.catalog [--check]`.

tests/truth/recordings/facts has one `v1.NN.json` per recorded minor version, `v1.NN-from-source.json` for versions of
which no server was recorded, and `history.json`. What all versions agree on is stored once; everything else becomes
rows with `from` and `until`, the first and the last minor version (inclusive) in which the row holds. A row without
`until` still holds in the newest version.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from compiler.upstream.catalog import key_of

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
# pflag names these two maps alike, but they split their text differently.
OWN_TYPES = {"oidc-required-claim": "noSplitMap", "runtime-config": "configurationMap"}
# Until 1.33 an empty IP was a parse error; the recorded type name is the same.
FIRST_WITH_EMPTY_IP = 34

Facts = dict[str, Any]
Row = dict[str, Any]


def minor_of(version: str) -> int:
    """The minor number of a version: `1.36` -> 36; `0.0`, before every version, -> 0."""
    return int(version.split(".")[1])


def merged_order(sequences: Iterable[list[Any]]) -> list[Any]:
    """One order that every given order (oldest first) is part of; raises ValueError where they contradict."""
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
    """Rows `{from, until?, **value}` for a value (a dict) that may be missing or differ by minor version."""
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


def _fact_files(folder: Path) -> Iterable[Path]:
    yield from folder.glob("v1.??.json")
    yield from folder.glob("v1.??-from-source.json")


class Recorded:
    """The facts of all recorded minor versions, oldest first."""

    def __init__(self, folder: Path) -> None:
        found = {minor_of(path.stem.partition("-")[0]): json.loads(path.read_text()) for path in _fact_files(folder)}
        self.minors = sorted(found)
        self.facts: dict[int, Facts] = found

    def each(self, pick: Callable[[Facts], Any]) -> dict[int, Any]:
        """One part of the facts by minor version."""
        return {minor: pick(self.facts[minor]) for minor in self.minors}

    def rows(self, pick: Callable[[Facts], dict[str, Any]], ordered: bool = False) -> dict[str, list[Row]]:
        """Rows by name, for a part of the facts that maps names to values."""
        parts = self.each(pick)
        names = (
            merged_order([list(part) for part in parts.values()]) if ordered else sorted(set().union(*parts.values()))
        )
        return {
            name: spans({minor: part[name] for minor, part in parts.items() if name in part}, self.minors)
            for name in names
        }


def flag_table(facts: Facts) -> dict[str, Row]:
    """`group/flag` -> what was recorded, in registration order; later registrations of a name do not count."""
    table: dict[str, Row] = {}
    seen: set[str] = set()
    minor = minor_of(facts["kubernetesMinor"])
    for flag_set in facts["flagSets"]:
        for flag in flag_set["flags"]:
            name, kind = flag["name"], OWN_TYPES.get(flag["name"], flag["type"])
            if name in seen:
                continue
            seen.add(name)
            if kind == "ip" and minor < FIRST_WITH_EMPTY_IP:
                kind = "ipNonEmpty"
            row = {"type": kind, "default": flag["default"]}
            row |= {key: flag[key] for key in ("deprecated", "hidden", "shorthand") if flag.get(key)}
            table[f"{GROUPS[flag_set['name']]}/{name}"] = row
    return table


def flags(recorded: Recorded) -> list[Row]:
    """All flags in registration order, one row for each group, type, default and mark that a flag had."""
    rows: list[Row] = []
    for key, found in recorded.rows(flag_table, ordered=True).items():
        group, name = key.split("/")
        rows += [{"flag": name, "key": key_of(name), "group": group, **row} for row in found]
    return rows


def history_entries(gate: Facts) -> list[list[Any]]:
    """`[version, stage, default, locked]` for every step of a gate."""
    return [
        [step["version"], step["stage"], step["default"], step["locked"]]
        + ([minor_of(step["minCompatibilityVersion"])] if "minCompatibilityVersion" in step else [])
        for step in gate["history"]
    ]


def gate_row(recorded: Recorded, name: str) -> Row:
    """A gate's presence, its history (as the newest version that has it tells), and where a version tells otherwise."""
    present = {
        minor: facts["featureGates"][name] for minor, facts in recorded.facts.items() if name in facts["featureGates"]
    }
    newest = history_entries(present[max(present)])
    row: Row = {"from": f"1.{min(present)}", "history": newest}
    if max(present) != recorded.minors[-1]:
        row["until"] = f"1.{max(present)}"
    if set(range(min(present), max(present) + 1)) != set(present):
        raise ValueError(f"gate {name} left and came back")
    differing = {}
    for minor, gate in sorted(present.items()):
        told, here = history_entries(gate), [step for step in newest if minor_of(step[0]) <= minor]
        # Up to 1.31 nothing could be emulated and gates were recorded without history: the state is all there is.
        state_alone = minor == recorded.minors[0] and len(told) == 1 and here and told[0][1:] == here[-1][1:]
        if told != here and not state_alone:
            differing[f"1.{minor}"] = told
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
    """Every feature gate."""
    names = sorted(set().union(*recorded.each(lambda facts: set(facts["featureGates"])).values()))
    return {name: gate_row(recorded, name) for name in names}


def admission(recorded: Recorded) -> dict[str, list[Row]]:
    """Admission plugins in the order of the chain."""
    return recorded.rows(
        lambda facts: {
            name: {"defaultOff": True} if name in facts["admissionPlugins"]["defaultOff"] else {"defaultOff": False}
            for name in facts["admissionPlugins"]["ordered"]
        },
        ordered=True,
    )


def served_kinds(facts: Facts) -> dict[str, Row]:
    """`group/version Kind` -> life cycle, for the kinds of served resources."""
    kinds = {(resource["group"], resource["kind"]) for resource in facts["resources"].values()}
    table = {}
    for key, cycle in facts["apiLifecycle"].items():
        api, kind = key.split(" ")
        group = api.rpartition("/")[0]
        if (group, kind) in kinds:
            kept = {step: cycle[step] for step in ("introduced", "deprecated", "removed") if step in cycle}
            table[key] = kept | ({"replaced": True} if "replacement" in cycle else {})
    return table


def apis(recorded: Recorded) -> Row:
    """Registered group versions by priority, what is on by default, life cycles, and resources."""
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
                }
                for name, resource in facts["resources"].items()
            }
        ),
    }


def storage(recorded: Recorded) -> Row:
    """What the storage factory is built with."""
    return {
        part: recorded.rows(lambda facts, part=part: {k: {"value": v} for k, v in facts["storage"][part].items()})  # type: ignore[misc]
        for part in ("specialPrefixes", "encodingOverrides", "defaultWatchCacheSizes")
    }


def tls(recorded: Recorded) -> Row:
    """Names of cipher suites and protocol versions."""
    return {
        part: recorded.rows(lambda facts, part=part: {name: {} for name in facts["tls"][part]})  # type: ignore[misc]
        for part in ("preferredCiphers", "insecureCiphers", "versions")
    }


def replacement_of(entry: Row) -> str:
    """The name that took over, without the history's remarks; empty where nothing did."""
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
"""What got another name and nothing else: the replacement takes the same values, and means the same."""


def removed(history: Facts, newest: int) -> Row:
    """What is gone from the newest version, or never was: the release that dropped it and what took over."""
    table: Row = {}
    for kind in ("flags", "featureGates", "admissionPlugins", "apis", "configAPIs"):
        table[kind] = {}
        for name, entry in sorted(history[kind].items()):
            gone = entry.get("removed")
            if not (entry.get("neverExisted") or (gone and minor_of(gone) <= newest)):
                continue
            kept = {
                key: entry[key]
                for key in ("removed", "inertSince", "lastDefault", "neverExisted")
                if entry.get(key) is not None
            }
            if kind == "featureGates" and entry.get("ga"):
                kept["ga"] = entry["ga"]
            if replacement_of(entry):
                kept["replacement"] = replacement_of(entry)
            if name in _SUCCESSORS.get(kind, ()):
                kept["successor"] = True
            table[kind][name] = kept
    return table


def build(folder: Path) -> dict[str, str]:
    """File name -> text, for every data file."""
    recorded = Recorded(folder)
    history = json.loads((folder / "history.json").read_text())
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
    """JSON with one row a line, so that a diff shows which fact changed."""
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
    """Write the data files, or with `--check` name those that are not what the facts give (exit 1)."""
    check = "--check" in arguments
    if set(arguments) - {"--check"}:
        print(__doc__, file=sys.stderr)
        return 2
    stale = 0
    for name, text in build(FACTS).items():
        path = DATA / name
        if check:
            if not path.exists() or path.read_text() != text:
                print(f"{name} is not what the facts give")
                stale = 1
        else:
            path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
