"""Recorded cases as inputs: a Pod that runs the flags, with its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from compiler.inputs import Host
from compiler.review.examine import Examined, Settings, examine
from tools.record.scratch import expand, write_files

ETCD_PORT = "23790"


def examined(folder: Path, version: str, flags: list[str], files: dict[str, Any]) -> Examined:
    """What kasc makes of a case; `$T` in flags and files is the folder, `$E` the etcd port."""
    path = write_pod(folder, version, flags, files)
    return examine(str(path), Settings("pod", version, Host("192.0.2.2", "/")))


def write_pod(folder: Path, version: str, flags: list[str], files: dict[str, Any], port: str = ETCD_PORT) -> Path:
    """Write a case as a static Pod, with its files in the same directory."""
    values = {"T": str(folder), "E": port}
    write_files(files, values)
    container = {
        "name": "kube-apiserver",
        "image": f"registry.k8s.io/kube-apiserver:v{version}.0",
        "command": ["kube-apiserver", *(expand(flag, values) for flag in flags)],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kube-apiserver"},
        "spec": {"containers": [container]},
    }
    path = folder / "pod.json"
    path.write_text(json.dumps(pod, indent=1))
    return path
