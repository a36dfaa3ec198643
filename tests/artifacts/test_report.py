"""The page: what it says is what the other artifacts say."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.artifacts import ARTIFACTS
from compiler.artifacts.flags import flag_lines
from compiler.artifacts.health import definitions
from compiler.artifacts.resolved import resolved_config
from compiler.artifacts.storage import manifest
from compiler.diagnostics import Report
from compiler.review.examine import Settings, examine
from compiler.review.policies import ShippedPolicy
from compiler.upstream.catalog import catalog
from tests.artifacts.compiling import (
    ENCRYPTION,
    HOST,
    ROOT,
    SAMPLES,
    as_text,
    document,
    render,
    resolve,
    resolve_file,
)
from tests.artifacts.reading import Element, codes, page_of, parsed, rows_of, section, words
from tests.versions import VERSIONS

HARDENED = ROOT / "samples/hardened/apiserver.yaml"
ETCD: dict[str, Any] = {
    "etcdServersOverrides": [{"resource": "/events", "servers": ["http://127.0.0.1:2", "http://127.0.0.1:3"]}],
    "encryptionProviderConfig": {"content": ENCRYPTION},
    "watchCacheSizes": {"pods": 0, "gadgets.example.com": 0},
}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_of_samples_are_valid_small_and_whole(sample: Path) -> None:
    text = page_of(resolve_file(sample))
    tree = parsed(text)
    assert len(text.encode()) < 500_000
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for link in tree.iter("a"):
        assert link.get("href").removeprefix("#") in ids, link.get("href")
    for element in tree.iter():
        assert element.get("aria-labelledby", ids[0]) in ids


def test_structure_serves_those_who_do_not_see_it() -> None:
    tree = parsed(page_of(resolve_file(HARDENED)))
    assert tree.get("lang") == "en"
    first = next(tree.find("body").iter("a"))
    assert (first.get("class"), first.get("href")) == ("skip", "#main")
    assert [len(list(tree.iter(tag))) for tag in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    levels = [int(element.tag[1]) for element in tree.iter() if element.tag in ("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in tree.iter("table"):
        assert words(table.find("caption"))
        columns = table.findall("thead/tr/th")
        assert {column.get("scope") for column in columns} == {"col"}
        for row in table.findall("tbody/tr"):
            cells = list(row)
            assert (cells[0].tag, cells[0].get("scope")) == ("th", "row")
            # On a narrow screen each cell shows the heading of its column.
            assert [cell.get("data-label") for cell in cells[1:]] == [words(column) for column in columns[1:]]


@pytest.mark.parametrize("version", VERSIONS)
def test_options_of_every_version(version: str, tmp_path: Path) -> None:
    content = document(
        version, etcd=ETCD, generic={"maxRequestsInflight": 400}, admission={"enableAdmissionPlugins": []}
    )
    resolved = resolve(content, tmp_path)
    flags, tree = resolved.context.flags, parsed(page_of(resolved))
    assert f"kube-apiserver {version}" in tree.findtext(".//title")
    rows = {codes(row[0])[1].removeprefix("--"): row for row in rows_of(tree, "options")}
    assert list(rows) == [spec.name for group in flags.catalog.groups.values() for spec in group.values()]
    changed = {row.get("id") for row in section(tree, "options").iter("tr") if row.get("class") == "changed"}
    given = {line.removeprefix("--").partition("=")[0] for line in flag_lines(resolved)}
    assert {f"option-{name}" for name in given} <= changed
    for name in ("kubelet-port", "profiling", "audit-log-path"):
        assert f"option-{name}" not in changed
        assert words(rows[name][2]) == "default"
    assert codes(rows["kubelet-port"][1]) == codes(rows["kubelet-port"][3]) == ["10250"]
    assert words(rows["max-requests-inflight"][2]) == "apiserver.json:1 same as the default"
    assert codes(rows["authorization-mode"][1]) == ["Node", "RBAC"]
    assert codes(rows["etcd-servers-overrides"][1]) == ["/events#http://127.0.0.1:2;http://127.0.0.1:3"]
    assert words(rows["audit-log-path"][1]) == "none"
    # What the server reckons itself is neither the default nor given.
    assert (codes(rows["advertise-address"][1]), words(rows["advertise-address"][2])) == (["192.0.2.2"], "the server")


def test_sources_name_file_and_line() -> None:
    (sample,) = [path for path in SAMPLES if path.parent.name == "prod-eu-1"]
    resolved = resolve_file(sample)
    origins = {
        flag: place
        for entry in resolved_config(resolved)["provenance"].values()
        for flag, place in entry["from"].items()
        if place != "default"
    }
    rows = {codes(row[0])[1].removeprefix("--"): row for row in rows_of(parsed(page_of(resolved)), "options")}
    shown = {flag: codes(rows[flag][2])[0] for flag in origins}
    assert shown == {flag: place.rpartition(":")[0] for flag, place in origins.items()}
    assert {place.partition(":")[0] for place in shown.values()} == {"apiserver.yaml", "../base/apiserver.yaml"}


def test_pipeline_has_every_step_and_what_it_set() -> None:
    resolved = resolve_file(HARDENED)
    made, config = resolved_config(resolved), resolved.config
    pipeline = section(parsed(page_of(resolved)), "pipeline")
    steps = [item for item in pipeline.iter("li") if item.get("value")]
    assert [next(iter(codes(step))) for step in steps] == [name for names in config.stages.values() for name in names]
    found: dict[str, str] = {}
    for step in steps:
        for row in rows_of(step, "sets"):
            (path,) = codes(row[0])
            found[path] = codes(step)[0]
            value = config.settings()[path]
            assert as_shown(row[1], value), path
            origin = made["provenance"][path]["from"]
            assert [link.text.removeprefix("--") for link in row[2].iter("a")] == list(origin)
            assert [words(item).split()[1] for item in row[2].iter("span") if item.get("class") == "item"] == [
                *origin.values()
            ]
    assert found == {path: entry["step"] for path, entry in made["provenance"].items()}


def as_shown(cell: Element, value: Any) -> bool:
    """Whether a cell says a value: a text as it is, a list of words with commas, else JSON; YAML where it is long."""
    block = cell.find("details/pre")
    if block is not None:
        return bool(yaml.safe_load(block.text) == value)
    if value == "":
        return words(cell) == "empty"
    (text,) = codes(cell)
    if isinstance(value, str):
        return text == value
    words_only = isinstance(value, list) and value and all(isinstance(item, str) for item in value)
    return text == ", ".join(value) if words_only else json.loads(text) == value


@pytest.mark.parametrize("sections", [{}, {"etcd": ETCD}], ids=["plain", "overrides and encryption"])
def test_storage_is_that_of_the_manifest(sections: dict[str, Any], tmp_path: Path) -> None:
    resolved = resolve(document(**sections), tmp_path)
    told, tree = manifest(resolved), parsed(page_of(resolved))
    storage = section(tree, "storage")
    sets = {words(row[0]): codes(row[1]) for row in rows_of(storage, "servers")}
    assert sets["common"] == told["transport"]["servers"]
    expected = [*told["resources"], {**told["customObjects"], "resource": None}]
    rows = rows_of(storage, "storage")
    for row, cells in zip(expected, rows, strict=False):
        if row["resource"]:
            assert "".join(codes(cells[0])) == f"{row['resource']}.{row['group']}".rstrip(".")
            assert words(cells[3]) == row["storageVersion"]
        assert words(cells[1]) == row["keyPrefix"]
        assert sets[words(cells[2])] == row["servers"]
        assert words(cells[4]) == row["mediaType"]
        assert encryption_in(cells[5]) == row["encryption"]
        assert words(cells[6]) == ("yes" if row["watchCache"] else "no")
    exceptions = told["customObjects"]["exceptions"]
    own = ["".join(codes(cells[0])) for cells in rows[len(expected) :]]
    assert own == [f"{row['resource']}.{row['group']}" for row in exceptions]
    assert [words(row[0]) for row in rows_of(storage, "keys")] == [row["keyPrefix"] for row in told["otherKeys"]]


def encryption_in(cell: Element) -> dict[str, Any] | None:
    if words(cell) == "unencrypted":
        return None
    write, read = [words(item).partition(" ")[2] for item in cell.iter("span")]
    return {
        "write": None if write == "unencrypted" else write,
        "read": [None if one == "unencrypted" else one for one in read.split(", ")],
    }


@pytest.mark.parametrize("sections", [{}, {"etcd": ETCD}], ids=["plain", "overrides and encryption"])
def test_health_is_that_of_the_definitions(sections: dict[str, Any], tmp_path: Path) -> None:
    resolved = resolve(document(**sections), tmp_path)
    told, health = definitions(resolved), section(parsed(page_of(resolved)), "health")
    for name in ("healthz", "livez", "readyz"):
        (shown,) = [each for each in health.iter("details") if each.get("data-list") == name]
        assert [link.text for link in shown.iter("a")] == [check["name"] for check in told[name]]
    checks = [(codes(row[0])[0], *map(words, row[1:])) for row in rows_of(health, "checks")]
    assert checks == [(one["name"], one["condition"], one["fails"], one["do"]) for one in told["checks"]]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_plugin_has_a_phase(version: str) -> None:
    phases = catalog(version).behaviour("admissionPhases")
    assert set(catalog(version).plugins) <= {*phases["mutating"], *phases["validating"]}


def test_admission_is_the_chain(tmp_path: Path) -> None:
    plugins = {"enableAdmissionPlugins": ["AlwaysPullImages"], "disableAdmissionPlugins": ["LimitRanger"]}
    resolved = resolve(document(admission=plugins), tmp_path)
    rows = rows_of(parsed(page_of(resolved)), "admission")
    assert [words(row[0]) for row in rows] == list(resolved.context.catalog.plugins)
    chain = list(resolved.config.admission.plugins)
    on = [row for row in rows if not words(row[1]).startswith("disabled")]
    assert [(words(row[0]), words(row[1]).split()[0]) for row in on] == [
        (name, str(place)) for place, name in enumerate(chain, 1)
    ]
    places = {words(row[0]): words(row[1]) for row in rows}
    assert places["LimitRanger"] == "disabled (enabled by default)"
    assert places["AlwaysPullImages"].endswith("(disabled by default)")
    phases = {words(row[0]): words(row[2]) for row in rows}
    assert set(phases.values()) == {"mutating", "validating", "mutating, validating"}
    assert (phases["NamespaceLifecycle"], phases["ResourceQuota"]) == ("mutating", "validating")
    assert phases["LimitRanger"] == "mutating, validating"


@pytest.mark.parametrize("policy", [None, "cis"])
def test_findings_and_verdicts(policy: str | None, tmp_path: Path) -> None:
    path = tmp_path / "apiserver.json"
    path.write_text(as_text(document(features={"profiling": True})))
    plain = examine(str(path), Settings(host=HOST))
    found = examine(str(path), Settings(host=HOST, policies=(ShippedPolicy("cis"),) if policy else ()))
    assert found.resolved is not None
    assert plain.resolved is not None
    tree = parsed(page_of(found.resolved))
    shown = [words(item) for item in section(tree, "findings").iter("li")]
    assert len(shown) == len(plain.report.diagnostics) > 1
    for one in plain.report.diagnostics:
        assert any(f"{one.severity} {one.code} {one.message}" in text and one.hint in text for text in shown)
    verdicts = [tuple(map(words, row)) for row in rows_of(tree, "controls")]
    told = ShippedPolicy("cis").result(plain.resolved, Report())
    assert verdicts == [
        (one.id, one.status, one.title, f"{one.reason}; {one.fix}" if one.fix else one.reason) for one in told.controls
    ]
    assert {"pass", "fail"} <= {status for _, status, *_ in verdicts}


def test_what_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    content = document(
        etcd={"encryptionProviderConfig": "/unknown.yaml"},
        authorization={"authorizationMode": None, "authorizationConfig": "/unknown.yaml"},
    )
    tree = parsed(page_of(resolve(content, tmp_path)))
    assert {words(row[5]) for row in rows_of(tree, "storage")} == {"unknown"}
    facts = {words(fact.find("dt")): words(fact.find("dd")) for fact in section(tree, "summary").findall("dl/div")}
    assert facts["Authorizers"] == "unknown"


def test_the_page_is_made_only_where_it_is_named(tmp_path: Path) -> None:
    assert "report" not in ARTIFACTS
    assert not [name for name in render(resolve(document(), tmp_path), list(ARTIFACTS)) if name.endswith(".html")]
