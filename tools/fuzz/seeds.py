"""Seeds of the fuzzer: the samples, the examples of the rules, and inputs combined from both."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from compiler.rules.texts import Example, families, load_family
from tests.recordings import RECORDINGS, rows

_EVERY = 7
"""Of the recorded configurations of distributions, every seventh is a seed."""
ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
BASE: dict[str, Any] = {
    "apiVersion": "kasc/v1",
    "kind": "APIServer",
    "kubernetesVersion": "1.36",
    "metadata": {"name": "fuzzed"},
    "etcd": {"etcdServers": ["https://10.0.0.11:2379"]},
    "authentication": {
        "serviceAccountIssuer": ["https://kubernetes.default.svc"],
        "serviceAccountKeyFile": ["/pki/sa.pub"],
    },
    "authorization": {"authorizationMode": ["Node", "RBAC"]},
    "misc": {"serviceAccountSigningKeyFile": "/pki/sa.key", "serviceClusterIPRange": "10.0.0.0/24"},
}
FLAGS = [
    "--etcd-servers=https://10.0.0.11:2379",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=/pki/sa.pub",
    "--service-account-signing-key-file=/pki/sa.key",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--authorization-mode=Node,RBAC",
]


@cache
def examples() -> list[Example]:
    """Return all examples of the rules, failing and fixed."""
    entries = [entry for family in families() for entry in load_family(family).entries.values()]
    return [example for entry in entries for example in (entry.fails, entry.fix) if example.encoding == "utf-8"]


@cache
def sample_documents() -> list[bytes]:
    """Return the documents of the samples."""
    files = (path.read_bytes() for path in sorted(SAMPLES.rglob("*.yaml")) if path.parent.name != "policies")
    return [data for data in files if b"kasc/v1" in data]


@cache
def dialects() -> list[bytes]:
    """Return files of distributions: the samples, and some recorded ones of each."""
    samples = [path.read_bytes() for path in sorted((SAMPLES / "dialects").rglob("*")) if path.is_file()]
    recorded = [
        str(row.get("config") or row.get("source")).encode()
        for path in sorted((RECORDINGS / "dialects").glob("*.jsonl"))
        for row in rows("dialects", path.name)[::_EVERY]
    ]
    return [*samples, *recorded]


@cache
def parts() -> list[dict[str, Any]]:
    """Return complete documents, each a small one merged with an example."""
    documents = []
    for example in examples():
        if example.form != "part":
            continue
        try:
            part = yaml.safe_load(example.text)
        except yaml.YAMLError:
            continue
        if isinstance(part, dict):
            documents.append(_merged(BASE, part))
    return documents


def _merged(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in part.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return result


def as_toml(value: Any) -> str:
    """Return a document as TOML, with inline tables below its groups and without nulls."""
    lines = [f"{_key(key)} = {_inline(each)}" for key, each in value.items() if not isinstance(each, dict)]
    for key, each in value.items():
        if isinstance(each, dict):
            lines += ["", f"[{_key(key)}]"]
            lines += [f"{_key(name)} = {_inline(inner)}" for name, inner in each.items() if inner is not None]
    return "\n".join(lines) + "\n"


def _key(key: Any) -> str:
    return json.dumps(str(key))


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_key(key)} = {_inline(each)}" for key, each in value.items() if each is not None) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_inline(each) for each in value if each is not None) + "]"
    return json.dumps(value) if isinstance(value, str | bool | int | float) else '""'


def documents() -> list[bytes]:
    """Return documents in YAML and JSON."""
    merged = [json.dumps(part, default=str).encode() for part in parts()]
    raw = [example.text.encode() for example in examples() if example.form == "file" and "kasc/v1" in example.text]
    return [*sample_documents(), *merged, *raw]


def policies() -> list[bytes]:
    """Return policies: the samples, each also cut to its first rules, which takes less time."""
    whole = [path.read_bytes() for path in sorted((SAMPLES / "policies").glob("*.yaml"))]
    return [*whole, *(text.partition(b"\n- id: ")[0] + b"\n- id: " + text.split(b"\n- id: ")[1] for text in whole)]


def toml_documents() -> list[bytes]:
    """Return documents in TOML."""
    return [(SAMPLES / "apiserver.toml").read_bytes(), *(as_toml(part).encode() for part in parts())]


def flags() -> list[bytes]:
    """Return argument lists, flags one per line, scripts, units and environment files."""
    flag_lines = [example.text.split("\n") for example in examples() if example.form == "flags"]
    lists = ["\n".join([*FLAGS, *lines]) for lines in [[], *flag_lines]]
    joined = [" \\\n  ".join(["kube-apiserver", *FLAGS, *lines]) for lines in flag_lines[::7]]
    wrapped = [
        f'#!/bin/sh\nset -e\nA=x\nB="$A-y"\nexec {joined[0]} --etcd-prefix=$B "$@" <<EOF\nhello\nEOF\n',
        f"[Unit]\nDescription=x\n[Service]\nEnvironment=A=b\nExecStart=/usr/bin/{joined[0]} $KUBE_API_ARGS\n",
        f"KUBE_API_ARGS=\"{' '.join(FLAGS)}\"\nexport B='x'\n",
    ]
    return [text.encode() for text in (*lists, *joined, *wrapped)]


def pods() -> list[bytes]:
    """Return Pods, workloads, and configurations of tools that start the server."""
    container = {
        "name": "kube-apiserver",
        "image": "registry.k8s.io/kube-apiserver:v1.36.0",
        "command": ["kube-apiserver", *FLAGS],
        "env": [
            {"name": "A", "value": "$(B)"},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        ],
        "volumeMounts": [{"name": "pki", "mountPath": "/pki", "readOnly": True}],
        "livenessProbe": {"httpGet": {"path": "/livez", "port": 6443, "scheme": "HTTPS"}},
    }
    spec = {"containers": [container], "hostNetwork": True, "volumes": [{"name": "pki", "hostPath": {"path": "/pki"}}]}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kube-apiserver", "namespace": "kube-system"},
        "spec": spec,
    }
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}
    shell = {
        **pod,
        "spec": {
            "containers": [
                {**container, "command": ["/bin/sh", "-c"], "args": [f"exec kube-apiserver {' '.join(FLAGS)}"]}
            ]
        },
    }
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"kube-apiserver.yaml": yaml.safe_dump(pod)}}
    kubeadm = {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "kubernetesVersion": "v1.36.0",
        "apiServer": {"extraArgs": [{"name": "audit-log-path", "value": "-"}], "certSANs": ["a"]},
    }
    k3s = {"kube-apiserver-arg": ["audit-log-path=-", "v=2"], "tls-san": ["a"], "cluster-cidr": "10.42.0.0/16"}
    values = (
        pod,
        deployment,
        shell,
        {"kind": "List", "apiVersion": "v1", "items": [pod, deployment]},
        config_map,
        kubeadm,
        k3s,
    )
    return [text.encode() for value in values for text in (json.dumps(value), yaml.safe_dump(value))]


def structured() -> list[bytes]:
    """Return structured files: of the samples, of the examples, and the inline contents of documents."""
    files = [
        path.read_bytes()
        for path in sorted((SAMPLES / "hardened").glob("*.yaml"))
        if b"kasc/v1" not in path.read_bytes()
    ]
    files += [
        example.text.encode() for example in examples() if example.form == "file" and "kasc/v1" not in example.text
    ]
    files += [text.encode() for example in examples() for name, text in example.files.items() if name.endswith(".yaml")]
    return [*files, *(json.dumps(content, default=str).encode() for part in parts() for content in _contents(part))]


def _contents(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("content"), dict):
            yield value["content"]
        for each in value.values():
            yield from _contents(each)
