"""Every artifact conforms to its schema, and the schemas leave nothing open and nothing undescribed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from compiler.apiserver.startup import Resolved
from tests.artifacts.compiling import ENCRYPTION, ROOT, SAMPLES, artifacts, document, resolve, resolve_file
from tests.versions import VERSIONS

SCHEMAS = {path.name.partition(".")[0]: json.loads(path.read_text()) for path in ROOT.glob("schemas/artifacts/*.json")}
BY_FILE = {
    "kube-apiserver.flags": "flags",
    "storage-factory.yaml": "storage",
    "health-checks.yaml": "health",
    "kube-apiserver.yaml": "pod",
    "resolved.yaml": "resolved",
}
# Objects whose fields are Kubernetes' own.
FOREIGN = {"securityContext", "resources"}


def errors(resolved: Resolved) -> list[tuple[str, list[Any], str]]:
    found = []
    for name, text in artifacts(resolved).items():
        if name.startswith("files/"):
            continue
        data = text if name.endswith(".flags") else yaml.safe_load(text)
        validator = Draft202012Validator(SCHEMAS[BY_FILE[name]])
        found += [(name, list(error.absolute_path), error.message) for error in validator.iter_errors(data)]
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_artifacts_of_samples_conform(sample: Path) -> None:
    assert errors(resolve_file(sample)) == []


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "a", "cluster": {"server": "https://hook.example.com", "certificate-authority": "/ca.crt"}}],
    "users": [{"name": "a", "user": {"tokenFile": "/hook/token"}}],
    "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
    "current-context": "a",
}
DOCUMENTS: dict[str, dict[str, dict[str, Any]]] = {
    "encryption, overrides, watch cache": {
        "etcd": {
            "encryptionProviderConfig": {"content": ENCRYPTION},
            "etcdServersOverrides": [{"resource": "/events", "servers": ["http://127.0.0.1:2"]}],
            "watchCacheSizes": {"gadgets.example.com": 0, "pods": 0},
        }
    },
    "audit to both, in batches, cut off": {
        "auditing": {
            "auditPolicyFile": "/audit/policy.yaml",
            "auditLogPath": "-",
            "auditLogMode": "batch",
            "auditLogTruncateEnabled": True,
            "auditWebhookConfigFile": {"content": KUBECONFIG},
        }
    },
    "everything by webhooks": {
        "authentication": {
            "authenticationTokenWebhookConfigFile": {"content": KUBECONFIG},
            "requestheaderClientCAFile": "/front.crt",
            "oidcIssuerURL": "https://issuer.example.com",
            "oidcClientID": "me",
        },
        "authorization": {
            "authorizationMode": ["Webhook", "RBAC"],
            "authorizationWebhookConfigFile": "/hooks/authz.conf",
        },
    },
    "files that cannot be had": {
        "authentication": {"authenticationConfig": "/a.yaml"},
        "authorization": {"authorizationMode": None, "authorizationConfig": "/b.yaml"},
        "egressSelector": {"egressSelectorConfigFile": "/c.yaml"},
        "traces": {"tracingConfigFile": "/d.yaml"},
        "etcd": {"encryptionProviderConfig": "/e.yaml", "encryptionProviderConfigAutomaticReload": True},
    },
    "a listener of its own": {
        "secureServing": {
            "bindAddress": "10.0.0.9",
            "certDir": "",
            "disableHTTP2Serving": True,
            "tlsSNICertKey": [{"certFile": "/sni/a.crt", "keyFile": "/sni/a.key", "names": ["a.example.com"]}],
        },
        "features": {"enablePriorityAndFairness": False},
    },
    "anonymous off": {"authentication": {"anonymousAuth": False}, "deployment": {"hostNetwork": False}},
    "a Pod with everything": {
        "deployment": {
            "image": "registry.example.com/kube-apiserver:v1",
            "imagePullPolicy": "Never",
            "name": "api",
            "namespace": "control",
            "labels": {"a": "b"},
            "annotations": {"example.com/a": "b c"},
            "priorityClassName": "high",
            "terminationGracePeriodSeconds": 60,
            "resources": {"requests": {"cpu": 0.5, "memory": "1Gi"}, "limits": {"cpu": 2}},
            "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}},
            "extraVolumes": [
                {"name": "certs", "hostPath": "/etc/ssl/certs", "mountPath": "/etc/ssl/certs", "readOnly": True},
                {"name": "log", "hostPath": "/log", "mountPath": "/log", "pathType": "DirectoryOrCreate"},
            ],
            "env": [{"name": "NO_PROXY", "value": "10.0.0.0/8"}],
        }
    },
}


@pytest.mark.parametrize("sections", DOCUMENTS.values(), ids=DOCUMENTS)
def test_artifacts_conform(sections: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    assert errors(resolve(document(**sections), tmp_path)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_artifacts_of_every_version_conform(version: str, tmp_path: Path) -> None:
    assert errors(resolve(document(version), tmp_path)) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def subschemas(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema, with its place."""
    if not isinstance(schema, dict):
        return
    yield place, schema
    for key in ("properties", "$defs"):
        for name, child in schema.get(key, {}).items():
            yield from subschemas(child, f"{place}.{name}")
    for key in ("items", "additionalProperties"):
        yield from subschemas(schema.get(key), f"{place}[]")
    for key in ("oneOf", "prefixItems"):
        for child in schema.get(key, ()):
            yield from subschemas(child, f"{place}|")


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_closed_and_describe_every_field(name: str) -> None:
    for place, schema in subschemas(SCHEMAS[name], name):
        for field, child in schema.get("properties", {}).items():
            assert child.get("description"), f"{place}.{field} lacks a description"
        kinds = schema.get("type", ())
        if ("object" in kinds or kinds == "object") and place.rpartition(".")[2] not in FOREIGN:
            assert "additionalProperties" in schema, f"{place} is open"


def test_schemas_refuse_what_is_wrong(tmp_path: Path) -> None:
    made = artifacts(resolve(document(), tmp_path))
    for name, path, value in (
        ("storage-factory.yaml", ("resources", 0, "encryption"), {"write": "x"}),
        ("storage-factory.yaml", ("resources", 0, "mediaType"), "text/plain"),
        ("health-checks.yaml", ("healthz", 0, "nope"), 1),
        ("health-checks.yaml", ("probes", "startup", "httpGet", "port"), 0),
        ("resolved.yaml", ("config", "loopbackClient", "host"), None),
        ("resolved.yaml", ("config", "authentication", "anonymous"), "as the file says"),
        ("kube-apiserver.yaml", ("spec", "volumes", 0, "hostPath", "path"), "etc"),
        ("kube-apiserver.yaml", ("spec", "containers", 0, "volumeMounts", 0, "mountPath"), "/"),
    ):
        data = yaml.safe_load(made[name])
        inner = data
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert not Draft202012Validator(SCHEMAS[BY_FILE[name]]).is_valid(data), (name, path)
    flags = Draft202012Validator(SCHEMAS["flags"])
    assert not flags.is_valid("--a=b\n--c")
    assert not flags.is_valid("--a=\x07\n")
