"""From a document to its artifacts, as a user would get them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts import ARTIFACTS, artifact
from compiler.inputs import Host
from compiler.review.examine import Settings, examine

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted(
    path
    for path in (*ROOT.glob("samples/**/apiserver.*"), ROOT / "samples/minimal.yaml")
    if path.parent.name not in ("base",)
)

MINIMAL: dict[str, Any] = {
    "apiVersion": "kasc/v1",
    "kind": "APIServer",
    "kubernetesVersion": "1.36",
    "metadata": {"name": "test"},
    "etcd": {"etcdServers": ["http://127.0.0.1:2379"]},
    "authentication": {
        "serviceAccountIssuer": ["https://kubernetes.default.svc"],
        "serviceAccountKeyFile": ["/pki/sa.pub"],
    },
    "authorization": {"authorizationMode": ["Node", "RBAC"]},
    "misc": {"serviceAccountSigningKeyFile": "/pki/sa.key", "serviceClusterIPRange": "10.0.0.0/24"},
}

ENCRYPTION: dict[str, Any] = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "EncryptionConfiguration",
    "resources": [
        {
            "resources": ["secrets", "widgets.example.com"],
            "providers": [
                {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": "unix:///run/kms/kms.sock"}},
                {"secretbox": {"keys": [{"name": "key1", "secret": {"env": "KEY_ONE"}}]}},
                {"aescbc": {"keys": [{"name": "key2", "secret": {"file": "/keys/two"}}]}},
                {"identity": {}},
            ],
        }
    ],
}


def document(version: str = "1.36", **sections: dict[str, Any]) -> dict[str, Any]:
    """The least document with sections laid over it; a value of None takes a key away."""
    made = copy.deepcopy(MINIMAL) | {"kubernetesVersion": version}
    for section, values in sections.items():
        made[section] = {**made.get(section, {}), **values}
        made[section] = {key: value for key, value in made[section].items() if value is not None}
    return made


def as_text(content: dict[str, Any]) -> str:
    """The document in JSON, as YAML reads it: what YAML does not print is escaped, no pair of escapes stands."""
    text = json.dumps(content, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda match: f"\\u{ord(match[0]):04x}", text)


HOST = Host("192.0.2.2")


def resolve(content: dict[str, Any], folder: Path, host: Host = HOST) -> Resolved:
    """The document as the pipeline resolves it; it has to be accepted."""
    path = folder / "apiserver.json"
    path.write_text(as_text(content), encoding="utf-8")
    return resolve_file(path, host)


def resolve_file(path: Path, host: Host = HOST) -> Resolved:
    found = examine(str(path), Settings(host=host))
    assert [error.message for error in found.report.of("error")] == []
    assert found.resolved is not None
    return found.resolved


def refused(content: dict[str, Any], folder: Path) -> list[tuple[str, str]]:
    """Rule and path of every error about a document."""
    path = folder / "apiserver.json"
    path.write_text(as_text(content), encoding="utf-8")
    return [(error.code, error.path) for error in examine(str(path)).report.of("error")]


def render(resolved: Resolved, names: Sequence[str], form: str = "yaml", explicit: bool = False) -> dict[str, str]:
    """File name -> text of the named artifacts, in their order."""
    return {file: text for name in names for file, text in artifact(resolved, name, form, explicit).items()}


def artifacts(resolved: Resolved, form: str = "yaml", explicit: bool = False) -> dict[str, str]:
    """File name -> text of all artifacts."""
    return render(resolved, ARTIFACTS, form, explicit)
