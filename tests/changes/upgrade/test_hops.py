"""The changes, requirements and ways back of single hops."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.changes.change import SEVERITIES
from compiler.changes.storage import can_decode
from compiler.changes.upgrade.hop import KINDS
from compiler.changes.upgrade.knowledge import CONDITIONS, requirements
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import minor_of, versions
from tests.changes.upgrade.servers import EVERY_API, changes, hop, upgraded, write

HOPS = json.loads((Path(__file__).parents[3] / "compiler/changes/data/hops.json").read_text())
AUDIT = {"auditing": {"auditLogPath": "/var/log/audit.log"}}


@pytest.mark.parametrize("version", versions()[1:])
def test_most_severe_first(version: str, tmp_path: Path) -> None:
    result = hop(tmp_path, version, EVERY_API)
    order = [(-SEVERITIES.index(each.severity), KINDS.index(each.kind)) for each in result.changes]
    assert order == sorted(order)
    assert len({(each.kind, each.name, repr(each.before)) for each in result.changes}) == len(result.changes) > 15


@pytest.mark.parametrize("version", versions()[1:])
def test_rows_are_about_facts(version: str, tmp_path: Path) -> None:
    """Each gate, resource and plugin that a row names exists in one of the two versions."""
    old, new = (catalog(each) for each in (f"1.{minor_of(version) - 1}", version))
    gates, plugins, resources, flags = (
        {**getattr(old, kind), **getattr(new, kind)} for kind in ("gates", "plugins", "resources", "flags")
    )
    rows = HOPS[version]
    conditions = [each for row in rows["requirements"] for each in row[1]]
    conditions += [each for row in rows["changes"].values() for each in row[0]]
    conditions += [each for row in rows["rollback"] for each in row[0]]
    known: dict[str, Any] = {
        "gate": gates,
        "gains": gates,
        "plugin": plugins,
        "set": flags,
        "unset": flags,
        "unseen": flags,
        "authorizer": ("Node", "RBAC"),
    }
    for name, *words in conditions:
        if name == "stores" and words[0] not in resources:
            assert words[0] in AWAITED
        elif name in known:
            assert words[0] in known[name], words
    for key in rows["changes"]:
        kind, _, name = key.partition(" ")
        if kind == "feature-gate":
            before, after = ((each.gate(name), each.minor) for each in (old, new))
            states = [gate.at(minor) if gate else None for gate, minor in (before, after)]
            assert states[1] is not None, name
            assert states[1].default != (states[0].default if states[0] else False), name
        elif kind == "flag-default":
            assert old.flags[name].default != new.flags[name].default


AWAITED = (
    "clustertrustbundles.certificates.k8s.io",
    "podcertificaterequests.certificates.k8s.io",
    "storageversionmigrations.storagemigration.k8s.io",
)
"""Resources behind gates that no recorded server had enabled."""
WITH = {
    "deviceclasses.resource.k8s.io": "resourceclaims.resource.k8s.io",
    "resourceclaimtemplates.resource.k8s.io": "resourceclaims.resource.k8s.io",
    "resourceslices.resource.k8s.io": "resourceclaims.resource.k8s.io",
    "ipaddresses.networking.k8s.io": "servicecidrs.networking.k8s.io",
    "podgroups.scheduling.k8s.io": "workloads.scheduling.k8s.io",
}
"""Resources that the requirement of another one is about as well."""


@pytest.mark.parametrize("version", versions()[1:])
def test_stored_versions_that_are_no_longer_decoded(version: str, tmp_path: Path) -> None:
    """A hop demands that objects are rewritten or deleted whose stored version the new server does not know."""
    path = write(tmp_path / "server.yaml", version, EVERY_API)
    earlier = [examine(str(path), Settings(version=each)).resolved for each in versions()]
    number = versions().index(version)
    old, new = earlier[number - 1], earlier[number]
    assert old is not None
    assert new is not None
    resources = new.context.catalog.resources
    required = {
        words[1] for _, conditions, *_ in HOPS[version]["requirements"] for words in conditions if words[0] == "stores"
    }
    named = {change.name for change in requirements(old, new)}
    lost = set()
    for server in earlier[:number]:
        assert server is not None
        for row in server.storage_factory.rows():
            name = f"{row.resource}.{row.group}"
            if not row.group or name not in old.context.catalog.resources:
                continue
            if can_decode(old.context.catalog, name, row.storage_version) and not (
                name in resources and can_decode(new.context.catalog, name, row.storage_version)
            ):
                lost.add(WITH.get(name, name))
    assert lost <= required
    assert bool(lost) <= bool(named)


def test_what_does_not_concern_a_server_is_not_required(tmp_path: Path) -> None:
    plain, every = hop(tmp_path, "1.32"), hop(tmp_path, "1.32", EVERY_API)
    assert set(changes(plain, "requirement")) == {"flowcontrol-clients", "node-agents"}
    assert {"podschedulingcontexts", "leasecandidates", "resourceclaims"} <= set(changes(every, "requirement"))
    unknown = hop(tmp_path, "1.32", {"authorization": {"authorizationConfig": "/etc/kubernetes/authorization.yaml"}})
    assert "node-agents" in changes(unknown, "requirement")
    other = hop(tmp_path, "1.32", {"authorization": {"authorizationMode": ["RBAC"]}})
    assert "node-agents" not in changes(other, "requirement")
    assert changes(other, "feature-gate")["AuthorizeNodeWithSelectors"].severity == "behaviour"
    assert changes(plain, "feature-gate")["AuthorizeNodeWithSelectors"].severity == "breaking"


def test_stored_in_a_version(tmp_path: Path) -> None:
    path = str(write(tmp_path / "server.yaml", "1.33", EVERY_API))
    old, new = (examine(path, Settings(version=version)).resolved for version in ("1.33", "1.34"))
    assert old is not None
    assert new is not None
    for version, stored in (("v1beta1", True), ("v1beta2", False)):
        assert CONDITIONS["stores"](old, new, ["resourceclaims.resource.k8s.io", version]) is stored


@pytest.mark.parametrize(
    ("more", "required"),
    [
        ({}, False),
        ({"requestheaderClientCAFile": "/front.crt"}, False),
        ({"requestheaderClientCAFile": "/front.crt", "clientCAFile": "/ca.crt"}, True),
        ({"requestheaderClientCAFile": "/front.crt", "clientCAFile": "/ca.crt",
          "requestheaderAllowedNames": ["front-proxy-client"]}, False),
    ],
)  # fmt: skip
def test_certificates_that_kasc_cannot_see(more: dict[str, Any], required: bool, tmp_path: Path) -> None:
    authentication = {"serviceAccountIssuer": ["https://example.com"], "serviceAccountKeyFile": ["/sa.pub"], **more}
    result = hop(tmp_path, "1.35", {"authentication": authentication})
    assert ("requestheader-allowed-names" in changes(result, "requirement")) is required


def test_audit_retention(tmp_path: Path) -> None:
    assert changes(hop(tmp_path, "1.36"), "flag-default") == {}
    defaults = changes(hop(tmp_path, "1.36", AUDIT), "flag-default")
    assert {name: (each.before, each.after, each.severity) for name, each in defaults.items()} == {
        "audit-log-maxage": (0, 366, "data-loss"),
        "audit-log-maxbackup": (0, 100, "data-loss"),
        "audit-log-maxsize": (0, 100, "cosmetic"),
    }
    assert defaults["audit-log-maxage"].values["restore"] == "--audit-log-maxage=0"
    kept = hop(tmp_path, "1.36", {"auditing": AUDIT["auditing"] | {"auditLogMaxage": 0, "auditLogMaxbackup": 30}})
    assert set(changes(kept, "flag-default")) == {"audit-log-maxsize"}


def test_gates(tmp_path: Path) -> None:
    gates = changes(hop(tmp_path, "1.33"), "feature-gate")
    assert gates["MultiCIDRServiceAllocator"].values["restore"] == "--feature-gates=MultiCIDRServiceAllocator=false"
    assert gates["WatchList"].after is False
    assert gates["WatchList"].values["restore"] == "--feature-gates=WatchList=true"
    locked = changes(hop(tmp_path, "1.34"), "feature-gate")["VolumeAttributesClass"]
    assert locked.values.get("restore") == "--feature-gates=VolumeAttributesClass=false"
    chosen = hop(tmp_path, "1.33", {"generic": {"featureGates": {"MultiCIDRServiceAllocator": False}}})
    assert "MultiCIDRServiceAllocator" not in changes(chosen, "feature-gate")


def test_locked_gates_cannot_be_restored(tmp_path: Path) -> None:
    gates = changes(hop(tmp_path, "1.32"), "feature-gate")
    assert gates["StrictCostEnforcementForVAP"].values == {}


def test_refused_values_are_diagnostics(tmp_path: Path) -> None:
    result = hop(tmp_path, "1.32", {"generic": {"featureGates": {"KMSv2": True}}})
    assert result.breaks
    assert changes(result, "flag") == {}


def test_plugins(tmp_path: Path) -> None:
    plugins = changes(hop(tmp_path, "1.36"), "admission-plugin")
    assert set(plugins) == {"JobValidation", "PodGroupProtection", "PodGroupWorkloadExists", "PodResizeValidator"}
    assert plugins["JobValidation"].values["restore"] == "--disable-admission-plugins=JobValidation"
    assert plugins["JobValidation"].before is False


def test_a_removed_plugin_cannot_be_restored(tmp_path: Path) -> None:
    (plugin,) = changes(hop(tmp_path, "1.37"), "admission-plugin").values()
    assert (plugin.name, plugin.after, plugin.values) == ("PodGroupWorkloadExists", False, {})


def test_apis(tmp_path: Path) -> None:
    apis = changes(hop(tmp_path, "1.32"), "api")
    assert {name: each.after for name, each in apis.items()} == {"flowcontrol.apiserver.k8s.io/v1beta3": False}


def test_metrics(tmp_path: Path) -> None:
    metrics = changes(hop(tmp_path, "1.34"), "metric")
    assert metrics["etcd_requests_total"].before["labels"] == ["operation", "type"]
    assert metrics["etcd_requests_total"].after["labels"] == ["group", "operation", "resource"]
    assert changes(hop(tmp_path, "1.36"), "metric")["etcd_bookmark_counts"].after == {"name": "etcd_bookmark_total"}
    gone = changes(hop(tmp_path, "1.37"), "metric")["apiserver_storage_objects"]
    assert gone.after is None
    shown = hop(tmp_path, "1.37", {"metrics": {"showHiddenMetricsForVersion": "1.36"}})
    assert "apiserver_storage_objects" not in changes(shown, "metric")
    disabled = hop(tmp_path, "1.34", {"metrics": {"disabledMetrics": ["etcd_requests_total"]}})
    assert "etcd_requests_total" not in changes(disabled, "metric")


@pytest.mark.parametrize(
    ("version", "first"),
    [
        ("1.32", "leasecandidates.coordination.k8s.io"),
        ("1.33", "leasecandidates.coordination.k8s.io"),
        ("1.34", None),
        ("1.35", None),
        ("1.36", "workloads.scheduling.k8s.io"),
    ],
)
def test_rollback(version: str, first: str | None, tmp_path: Path) -> None:
    """DRA objects of 1.32, LeaseCandidates and Workloads cannot be read by the version before."""
    gates = {"generic": {"featureGates": {"GenericWorkload": True}}} if version == "1.36" else {}
    resources = hop(tmp_path, version, EVERY_API | gates).rollback.resources
    assert (resources[0] if resources else None) == first
    assert ("resourceclaims.resource.k8s.io" in resources) is (version == "1.32")
    assert hop(tmp_path, version).rollback.resources == ()


def test_rollback_of_service_addresses(tmp_path: Path) -> None:
    (note,) = hop(tmp_path, "1.34").rollback.notes
    assert "addresses twice" in note
    both = hop(tmp_path, "1.34", {"generic": {"featureGates": {"DisableAllocatorDualWrite": False}}})
    assert both.rollback.notes == ()


def test_provisional(tmp_path: Path) -> None:
    assert [each.provisional for each in upgraded(tmp_path, "1.35", "1.37").hops] == [False, True]
