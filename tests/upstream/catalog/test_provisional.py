"""Unconfirmed facts of the newest version are reported if, and only if, a document depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import Settings, check, compile_document

DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "{version}"
etcd: {{etcdServers: ["https://10.0.0.1:2379"]}}
authentication: {{serviceAccountIssuer: ["https://a.example"], serviceAccountKeyFile: [/pki/sa.pub]}}
misc: {{serviceAccountSigningKeyFile: /pki/sa.key, serviceClusterIPRange: 10.96.0.0/16}}
{more}
"""


def codes(more: str = "", version: str = "1.37") -> list[str]:
    text = DOCUMENT.format(version=version, more=more)
    report = check("a.yaml", Settings(), texts={"a.yaml": text})
    return [diagnostic.code for diagnostic in report.diagnostics if not diagnostic.code.startswith("KASC-RISK")]


def storage_row(resource: str, version: str, more: str = "") -> str:
    text = DOCUMENT.format(version=version, more=more)
    manifest = compile_document("a.yaml", emit=["storage"], texts={"a.yaml": text}).files["storage-factory.yaml"]
    return next(row for row in manifest.split("\n- ") if f"  resource: {resource}\n" in row)


def test_a_document_without_provisional_facts_has_no_note() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("api", "noted"), [("certificates.k8s.io/v1alpha1", True), ("scheduling.k8s.io/v1beta1", False)]
)
def test_group_versions(api: str, noted: bool) -> None:
    assert codes(f"apiEnablement: {{runtimeConfig: {{{api}: true}}}}") == ["KASC-VERSION-003"] * noted


def test_gate_dependencies() -> None:
    gates = "generic: {featureGates: {CompositePodGroup: true}}"
    assert codes(gates) == ["KASC-FG-004", "KASC-VERSION-003"]
    # This one was recorded from 1.35 and 1.36.
    assert codes("generic: {featureGates: {DRADeviceTaintRules: true, DRADeviceTaints: false}}") == ["KASC-FG-004"]


def test_storage_versions() -> None:
    assert "provisional:\n  - storageVersion" in storage_row("devicetaintrules", "1.37")
    assert "provisional" not in storage_row("deviceclasses", "1.37")
    served = "apiEnablement: {runtimeConfig: {resource.k8s.io/v1alpha3: true, resource.k8s.io/v1beta2: true}}"
    gates = "generic: {featureGates: {DRADeviceTaintRules: true}}"
    assert "provisional" not in storage_row("devicetaintrules", "1.36", f"{served}\n{gates}")


def test_workloads_are_stored_as_v1beta1_in_1_37(tmp_path: Path) -> None:
    """According to the storage version hashes of the released discovery document."""
    more = "generic: {featureGates: {GenericWorkload: true}}\napiEnablement: {runtimeConfig: {api/all: true}}"
    for resource in ("workloads", "podgroups"):
        assert "storageVersion: v1beta1\n" in storage_row(resource, "1.37", more)
