"""EncryptionConfiguration: names of resources, as the server parses them.

A kube-apiserver 1.36 with `resources: ["secrets."]` wrote Secrets with the prefix of the provider.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.apiserver.config_files.encryption import Providers
from compiler.artifacts import storage
from tests.apiserver.config_files.running import placed, started

HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="
FLAG = "--encryption-provider-config=/f/enc.yaml"


def entry(*resources: str, key: str = "k") -> str:
    names = ", ".join(f'"{name}"' for name in resources)
    provider = f"aescbc: {{keys: [{{name: {key}, secret: {KEY}}}]}}"
    return f"- resources: [{names}]\n  providers:\n  - {provider}\n  - identity: {{}}\n"


def refused(directory: Path, *entries: str) -> list[str]:
    _, report = started(directory, {"enc.yaml": HEAD + "".join(entries)}, FLAG)
    return [placed(result) for result in report.of("error")]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([["secrets", "secrets."]], ["ENC-16 resources[0].resources[1] 4:26"]),
        ([["secrets.", "*."]], ["ENC-17 resources[0].resources 4:14"]),
        ([["configmaps.", "*.*"]], ["ENC-17 resources[0].resources 4:14"]),
        ([["*."], ["secrets."]], ["ENC-18 resources[1].resources[0] 8:15"]),
        ([["*.*"], ["secrets."]], ["ENC-18 resources[1].resources[0] 8:15"]),
        ([["*.apps"], ["*.apps"]], ["ENC-18 resources[1].resources[0] 8:15"]),
        ([["secrets."], ["*."]], []),
        ([["secrets.", "deployments.apps"]], []),
        # Only the whole name is compared with those that cannot be encrypted.
        ([["apiserveripinfo."]], []),
        ([["events.events.k8s.io"]], ["ENC-14 resources[0].resources[0] 4:15"]),
        ([["events."]], []),
    ],
)
def test_names_are_compared_as_resource_and_group(
    tmp_path: Path, entries: list[list[str]], expected: list[str]
) -> None:
    assert refused(tmp_path, *(entry(*names) for names in entries)) == expected


def test_a_trailing_dot_is_the_core_group(tmp_path: Path) -> None:
    resolved, report = started(tmp_path, {"enc.yaml": HEAD + entry("secrets.")}, FLAG)
    assert [placed(diagnostic) for diagnostic in report.diagnostics if diagnostic.rule == "RISK-21"] == []
    rows = {row["keyPrefix"]: row for row in storage.manifest(resolved)["resources"]}
    assert rows["/registry/secrets"]["encryption"]["write"] == "k8s:enc:aescbc:v1:k:"
    assert rows["/registry/configmaps"]["encryption"] is None


def test_all_entries_of_a_resource_decrypt(tmp_path: Path) -> None:
    content = HEAD + entry("secrets", key="new") + entry("secrets.", key="old")
    resolved, report = started(tmp_path, {"enc.yaml": content}, FLAG)
    assert list(report.of("error")) == []
    encryption = resolved.options.etcd.encryption
    assert encryption is not None
    new, old = "k8s:enc:aescbc:v1:new:", "k8s:enc:aescbc:v1:old:"
    assert encryption.providers_for("", "secrets") == Providers(new, (new, None, old, None))
