"""What is kept from one document for the next must not show: each compiles to what it compiles to alone.

Every option is set once, to something other than its default, in a document that shares its base with all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.artifacts import ARTIFACTS, artifact
from compiler.artifacts.yamlio import PartText, part_text
from compiler.fleet.memo import PartTexts
from compiler.inputs import Host
from compiler.inputs.source import Files
from compiler.review.examine import Settings, examine
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import FlagSpec
from tests.artifacts.compiling import ENCRYPTION
from tests.fleet import clusters

NEWEST = "1.36"
ADMISSION = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": []}
SECTIONS: list[dict[str, Any]] = [
    {"metadata": {"name": "another"}},
    {"kubernetesVersion": "1.33"},
    {"etcd": {"etcdServers": ["https://10.0.0.99:2379"]}},
    {"etcd": {"etcdServers": ["https://10.0.0.99:2379"], "etcdPrefix": "/other"}},
    {"etcd": {"etcdCAFile": None}},
    {"etcd": {"etcdServersOverrides": [{"resource": "/events", "servers": ["https://10.0.0.9:2379"]}]}},
    {"etcd": {"encryptionProviderConfig": {"content": ENCRYPTION}}},
    {"etcd": {"encryptionProviderConfig": {"content": ENCRYPTION, "path": "/etc/elsewhere.yaml"}}},
    {"etcd": {"encryptionProviderConfig": "/etc/encryption.yaml"}},
    {"authorization": {"authorizationMode": ["AlwaysAllow"]}},
    {"authorization": {"authorizationMode": ["Node"]}},
    {"authentication": {"anonymousAuth": False}},
    {"authentication": {"anonymousAuth": False, "clientCAFile": "/etc/kubernetes/pki/ca.crt"}},
    {"admission": {"admissionControlConfigFile": {"content": ADMISSION}}},
    {"generic": {"featureGates": {"APIServerIdentity": False}}},
    {"generic": {"featureGates": {"AllAlpha": True}}},
    {"generic": {"featureGates": {"CBORServingAndStorage": True}}},
    {"generic": {"emulatedVersion": ["1.35"]}},
    {"apiEnablement": {"runtimeConfig": {"api/beta": "true"}}},
    {"apiEnablement": {"runtimeConfig": {"rbac.authorization.k8s.io/v1": "false"}}},
    {"secureServing": {"bindAddress": "10.0.0.7", "securePort": 7443}},
    {"misc": {"serviceClusterIPRange": "10.97.0.0/16,fd00::/108"}},
    {"deployment": {"hostNetwork": False}},
    {"deployment": {"loadBalancer": {"intervalSeconds": 1}}},
    {"deployment": {"terminationGracePeriodSeconds": 5, "labels": {"a": "b"}}},
    {"deployment": {"extraVolumes": [{"name": "x", "hostPath": "/x", "mountPath": "/x", "readOnly": True}]}},
    {"etcd": {"etcdServers": "no list"}},
    {"etcd": {"noSuchKey": 1}},
]


def other_than_default(spec: FlagSpec) -> str:
    """A text that the flag's type takes and that is not the default."""
    if spec.type == "bool":
        return "false" if spec.default == "true" else "true"
    if spec.type in ("duration", "pattern=N,..."):
        return "7s" if spec.type == "duration" else "a=1"
    if spec.type in ("float32", "float64"):
        return "0.01"
    if spec.type in ("int", "int32", "int64", "uint64", "int32Slice", "uint32"):
        return "7"
    return "x=true" if "ap" in spec.type else "10.0.0.8" if spec.type == "ip" else "/etc/other"


def documents(folder: Path) -> list[Path]:
    """One for each option and for each entry of `SECTIONS`, below a folder that has their base."""
    clusters.make(folder, 0)
    (folder / ".git").mkdir()
    given = [{"extraFlags": {name: other_than_default(spec)}} for name, spec in catalog(NEWEST).flags.items()]
    made = []
    for index, sections in enumerate(given + SECTIONS):
        head = {"apiVersion": "kasc/v1", "kind": "APIServer", "extends": ["../base/apiserver.yaml"]}
        path = folder / f"some/c-{index:03}.yaml"
        path.write_text(yaml.safe_dump(head | {"metadata": {"name": f"c-{index:03}"}} | sections, sort_keys=False))
        made.append(path)
    return made


def compiled(path: Path, files: Files, text_of: PartText, form: str) -> Any:
    """Findings and artifacts of a document, even if it has errors."""
    examined = examine(str(path), Settings(host=Host("192.0.2.2")), files)
    assert examined.resolved is not None
    artifacts = [artifact(examined.resolved, name, form, False, text_of) for name in ARTIFACTS]
    return examined.report.diagnostics, artifacts


def alone(path: Path, form: str) -> Any:
    """The same in a process that knows no other document."""
    catalog.cache_clear()
    return compiled(path, Files(), part_text, form)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_each_compiles_to_what_it_compiles_to_alone(form: str, tmp_path: Path) -> None:
    paths = documents(tmp_path)
    expected = {path: alone(path, form) for path in paths}
    assert len({str(files) for _, files in expected.values()}) == len(paths)
    catalog.cache_clear()
    files, texts = Files(), PartTexts()
    # Each part is kept at the second time, and used from then on.
    for path in (*paths, *reversed(paths), *paths):
        assert compiled(path, files, texts, form) == expected[path], path.read_text()
