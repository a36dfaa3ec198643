"""Which APIs are served and in which version they are stored, with emulated and minimum compatibility versions."""

from __future__ import annotations

import pytest

from compiler.apiserver.resource_config import ResourceConfig, resource_config_of, version_rank
from compiler.upstream.catalog import catalog
from tests.apiserver.options.running import server
from tests.apiserver.storage.test_factory import rows


def config(version: str = "1.36", emulated: int | None = None, **runtime: str) -> ResourceConfig:
    made = ResourceConfig(catalog(version), emulated or catalog(version).minor)
    made.merge(runtime)
    return made


@pytest.mark.parametrize(
    ("runtime", "enabled", "disabled"),
    [
        ({}, ["apps/v1", "/v1"], ["storage.k8s.io/v1beta1", "resource.k8s.io/v1alpha3"]),
        ({"api/beta": "true"}, ["storage.k8s.io/v1beta1"], ["resource.k8s.io/v1alpha3"]),
        ({"api/alpha": "true"}, ["resource.k8s.io/v1alpha3"], ["storage.k8s.io/v1beta1"]),
        ({"api/all": "true"}, ["storage.k8s.io/v1beta1", "resource.k8s.io/v1alpha3"], []),
        ({"api/ga": "false"}, [], ["apps/v1", "/v1", "autoscaling/v2"]),
        # Wildcards apply in an order of their own, wherever they stand; single versions come after them.
        ({"api/beta": "true", "api/all": "false"}, ["storage.k8s.io/v1beta1"], ["apps/v1"]),
        ({"apps/v1": "true", "api/all": "false"}, ["apps/v1"], ["batch/v1"]),
        ({"apps/v1": "", "api/all": "false"}, ["apps/v1"], ["batch/v1"]),
        ({"apps/v1": "0"}, [], ["apps/v1"]),
    ],
)
def test_versions(runtime: dict[str, str], enabled: list[str], disabled: list[str]) -> None:
    made = config(**runtime)
    for api in (*enabled, *disabled):
        group, _, version = api.rpartition("/")
        assert made.version_enabled(group, version) is (api in enabled), api


def test_a_resource_beats_its_version_and_a_version_clears_what_was_said_of_its_resources() -> None:
    made = config(**{"apps/v1": "false", "apps/v1/deployments": "true"})
    assert made.resource_enabled("apps", "v1", "deployments")
    assert not made.resource_enabled("apps", "v1", "statefulsets")
    assert made.group_enabled("apps")
    old = config("1.31")
    assert old.resource_enabled("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas")
    cleared = config("1.31", **{"flowcontrol.apiserver.k8s.io/v1beta3": "false"})
    assert not cleared.resource_enabled("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas")


def test_ranks() -> None:
    ordered = ["v10", "v2", "v1", "v11beta2", "v2beta1", "v1beta12", "v1beta3", "v3alpha1", "v1alpha10", "v1alpha2"]
    alphabetical = sorted(ordered)
    assert sorted(alphabetical, key=version_rank, reverse=True) == ordered


def test_a_group_that_is_off_is_not_stored() -> None:
    found = rows("--runtime-config=apps/v1=false,batch/v1/jobs=false")
    assert not any(name.endswith(".apps") for name in found)
    assert "jobs.batch" not in found
    assert "cronjobs.batch" in found


@pytest.mark.parametrize(
    ("version", "flags", "expected"),
    [
        # Defaults of each version: the newest version that the one before knew, or what an override says.
        ("1.31", (), {"volumeattributesclasses.storage.k8s.io": None, "horizontalpodautoscalers.autoscaling": "v2"}),
        ("1.34", (), {"resourceclaims.resource.k8s.io": "v1beta2"}),
        ("1.35", (), {"resourceclaims.resource.k8s.io": "v1", "volumeattributesclasses.storage.k8s.io": "v1beta1"}),
        ("1.36", (), {"resourceclaims.resource.k8s.io": "v1", "volumeattributesclasses.storage.k8s.io": "v1"}),
        # A lower minimum holds back what only newer servers read; an override does not move.
        ("1.36", ("--min-compatibility-version=1.33",), {"resourceclaims.resource.k8s.io": "v1beta2"}),
        ("1.36", ("--min-compatibility-version=1.34",), {"resourceclaims.resource.k8s.io": "v1"}),
        (
            "1.36",
            ("--min-compatibility-version=1.33",),
            {"mutatingadmissionpolicies.admissionregistration.k8s.io": "v1beta1"},
        ),
        # An emulated version alone moves the minimum below it.
        ("1.36", ("--emulated-version=1.34",), {"resourceclaims.resource.k8s.io": "v1beta2"}),
        (
            "1.36",
            ("--emulated-version=1.35", "--min-compatibility-version=1.35"),
            {"servicecidrs.networking.k8s.io": "v1"},
        ),
        # What is newer than the emulated version is not there.
        ("1.36", ("--emulated-version=1.35",), {"mutatingadmissionpolicies.admissionregistration.k8s.io": None}),
        ("1.33", ("--emulated-version=1.32",), {"ipaddresses.networking.k8s.io": None}),
        ("1.33", (), {"ipaddresses.networking.k8s.io": "v1beta1"}),
        ("1.34", (), {"ipaddresses.networking.k8s.io": "v1"}),
        # In 1.32 to 1.34 a version with a replacement is never chosen.
        ("1.32", ("--runtime-config=resource.k8s.io/v1beta1=true",), {"resourceclaims.resource.k8s.io": "v1beta1"}),
        ("1.31", ("--runtime-config=resource.k8s.io/v1alpha3=true",), {"resourceclaims.resource.k8s.io": "v1alpha3"}),
        # Delegated servers choose for themselves.
        ("1.36", (), {"customresourcedefinitions.apiextensions.k8s.io": "v1beta1"}),
        ("1.36", (), {"apiservices.apiregistration.k8s.io": "v1"}),
    ],
)
def test_storage_versions(version: str, flags: tuple[str, ...], expected: dict[str, str | None]) -> None:
    found = rows(*flags, version=version)
    assert {name: found[name]["storageVersion"] if name in found else None for name in expected} == expected


# Version -> group version to enable, gate, and the storage version of the resource then.
GATED = {
    "clustertrustbundles.certificates.k8s.io": {
        **dict.fromkeys(("1.31", "1.32"), ("certificates.k8s.io/v1alpha1", "ClusterTrustBundle", "v1alpha1")),
        **dict.fromkeys(
            ("1.33", "1.34", "1.35", "1.36"), ("certificates.k8s.io/v1beta1", "ClusterTrustBundle", "v1beta1")
        ),
    },
    "podcertificaterequests.certificates.k8s.io": {
        "1.34": ("certificates.k8s.io/v1alpha1", "PodCertificateRequest", "v1alpha1"),
        **dict.fromkeys(("1.35", "1.36"), ("certificates.k8s.io/v1beta1", "PodCertificateRequest", "v1beta1")),
    },
    "storageversionmigrations.storagemigration.k8s.io": {
        **dict.fromkeys(
            ("1.31", "1.32", "1.33", "1.34"), ("storagemigration.k8s.io/v1alpha1", "StorageVersionMigrator", "v1alpha1")
        ),
        **dict.fromkeys(("1.35", "1.36"), ("storagemigration.k8s.io/v1beta1", "StorageVersionMigrator", "v1beta1")),
    },
    "workloads.scheduling.k8s.io": {
        "1.35": ("scheduling.k8s.io/v1alpha1", "GenericWorkload", "v1alpha1"),
        "1.36": ("scheduling.k8s.io/v1alpha2", "GenericWorkload", "v1alpha2"),
    },
    "podgroups.scheduling.k8s.io": {"1.36": ("scheduling.k8s.io/v1alpha2", "GenericWorkload", "v1alpha2")},
}


@pytest.mark.parametrize(
    ("name", "version", "api", "gate", "stored"),
    [(name, version, *row) for name, versions in GATED.items() for version, row in versions.items()],
)
def test_a_resource_behind_a_gate_needs_the_gate_and_its_api(
    name: str, version: str, api: str, gate: str, stored: str
) -> None:
    """Kubernetes: pkg/registry/*/rest/storage_*.go; the storage versions are those of the binaries with the gate."""
    enabled = f"--runtime-config={api}=true"
    assert name not in rows(enabled, version=version)
    assert name not in rows(f"--feature-gates={gate}=true", version=version)
    found = rows(enabled, f"--feature-gates={gate}=true", version=version)
    assert found[name]["storageVersion"] == stored


def test_a_version_that_ranks_lower_is_served_behind_the_same_gate() -> None:
    flags = ("--feature-gates=ClusterTrustBundle=true", "--runtime-config=certificates.k8s.io/v1alpha1=true")
    resolved, _ = server(*flags, version="1.34")
    assert resolved.resource_config is not None
    bundles = resolved.context.catalog.resources["clustertrustbundles.certificates.k8s.io"]
    assert resolved.resource_config.served_versions(bundles) == ["v1alpha1"]
    assert rows(*flags, version="1.34")[bundles.group_resource]["storageVersion"] == "v1beta1"


@pytest.mark.parametrize(("emulated", "served"), [("1.33", ["v1", "v1beta1"]), ("1.34", ["v1"])])
def test_a_removed_version_is_served_while_an_older_version_is_emulated(emulated: str, served: list[str]) -> None:
    api = "--runtime-config=admissionregistration.k8s.io/v1beta1=true"
    resolved, _ = server(f"--emulated-version={emulated}", api, version="1.35")
    assert resolved.resource_config is not None
    policies = resolved.context.catalog.resources["validatingadmissionpolicies.admissionregistration.k8s.io"]
    assert policies.served == ("v1",)
    assert resolved.resource_config.served_versions(policies) == served


def test_forward_compatible_emulation_serves_what_ranks_above() -> None:
    gates = "--feature-gates=MutatingAdmissionPolicy=true"
    plain, _ = server("--emulated-version=1.35", gates, "--runtime-config=admissionregistration.k8s.io/v1beta1=true")
    forward, _ = server(
        "--emulated-version=1.35",
        gates,
        "--emulation-forward-compatible",
        "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
    )
    name = "mutatingadmissionpolicies.admissionregistration.k8s.io"
    served = []
    for resolved in (plain, forward):
        enabled = resolved.resource_config
        assert enabled is not None
        served.append(enabled.served_versions(enabled.catalog.resources[name]))
    assert served == [["v1beta1"], ["v1", "v1beta1"]]


@pytest.mark.parametrize("forward_compatible", [True, False])
def test_an_alpha_version_does_not_make_newer_versions_served(forward_compatible: bool) -> None:
    """Kubernetes: apiserver/pkg/server/deleted_kinds.go: only a served beta or stable version does."""
    known = catalog("1.36")
    enabled = {"resource.k8s.io/v1alpha3": "true", "resource.k8s.io/v1beta2": "true"}
    resources = resource_config_of(known, 35, tuple(enabled.items()), forward_compatible, False, frozenset())
    # v1alpha3 was added in 1.33, v1beta2 in 1.36.
    assert resources.served_versions(known.resources["devicetaintrules.resource.k8s.io"]) == ["v1alpha3"]
