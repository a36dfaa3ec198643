"""The artifact `pod`: a static Pod that runs the server."""

from __future__ import annotations

import posixpath
from typing import Any

from compiler.emit.flags import flag_lines
from compiler.health.probes import probes
from compiler.options.traits import READ_FILES, SOCKETS, WRITTEN_FILES, WRITTEN_FOLDERS
from compiler.pipeline import Resolved

_REGISTRY = "registry.k8s.io/kube-apiserver"


def static_pod(resolved: Resolved, explicit: bool = False) -> dict[str, Any]:
    """A v1 Pod: image, flags, mounts for every path that a flag names, probes."""
    deployment = _deployment(resolved)
    mounts, volumes = _mounts(resolved)
    for extra in deployment.get("extraVolumes", ()):
        mount = {"name": extra["name"], "mountPath": extra["mountPath"]}
        mounts.append(mount | ({"readOnly": True} if extra.get("readOnly") else {}))
        host_path = {"path": extra["hostPath"]} | ({"type": extra["pathType"]} if "pathType" in extra else {})
        volumes.append({"name": extra["name"], "hostPath": host_path})
    container: dict[str, Any] = {
        "name": "kube-apiserver",
        "image": image(resolved),
        "imagePullPolicy": deployment.get("imagePullPolicy", "IfNotPresent"),
        "command": ["kube-apiserver", *flag_lines(resolved, explicit)],
    }
    for key in ("env", "resources"):
        if key in deployment:
            container[key] = deployment[key]
    for name, probe in probes(resolved).items():
        container[f"{name}Probe"] = probe
    container["volumeMounts"] = mounts
    spec: dict[str, Any] = {
        "containers": [container],
        "hostNetwork": deployment.get("hostNetwork", True),
        "priorityClassName": deployment.get("priorityClassName", "system-node-critical"),
        "securityContext": deployment.get("securityContext", {"seccompProfile": {"type": "RuntimeDefault"}}),
    }
    if "terminationGracePeriodSeconds" in deployment:
        spec["terminationGracePeriodSeconds"] = deployment["terminationGracePeriodSeconds"]
    spec["volumes"] = volumes
    labels = {"component": "kube-apiserver", "tier": "control-plane"} | deployment.get("labels", {})
    metadata: dict[str, Any] = {
        "name": deployment.get("name", "kube-apiserver"),
        "namespace": deployment.get("namespace", "kube-system"),
        "labels": labels,
    }
    if "annotations" in deployment:
        metadata["annotations"] = deployment["annotations"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def image(resolved: Resolved) -> str:
    """The container image: as given, else the upstream one of the declared version."""
    options = resolved.options
    given = _deployment(resolved).get("image") or options.input.image
    if given:
        return str(given)
    version = (options.input.version or options.catalog.version).lstrip("v")
    return f"{_REGISTRY}:v{version}" + (".0" if version.count(".") == 1 else "")


def _deployment(resolved: Resolved) -> dict[str, Any]:
    node = resolved.options.input.deployment
    plain = node.plain() if node else {}
    return plain if isinstance(plain, dict) else {}


def _mounts(resolved: Resolved) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Volume mounts and volumes; a folder inside another one is covered by it where it needs no more rights."""
    writable = _folders(resolved, written=True)
    folders = dict.fromkeys(writable, True)
    for folder in _folders(resolved, written=False):
        folders.setdefault(folder, False)
    kept = {
        folder: write
        for folder, write in folders.items()
        if not any(_inside(folder, other) and (folders[other] or not write) for other in folders if other != folder)
    }
    mounts, volumes = [], []
    for folder, write in sorted(kept.items()):
        name = _volume_name(folder)
        mounts.append({"name": name, "mountPath": folder} | ({} if write else {"readOnly": True}))
        volumes.append(
            {"name": name, "hostPath": {"path": folder, "type": "DirectoryOrCreate" if write else "Directory"}}
        )
    return mounts, volumes


def _inside(folder: str, other: str) -> bool:
    return folder.startswith(other.rstrip("/") + "/")


def _folders(resolved: Resolved, written: bool) -> list[str]:
    options = resolved.options
    flags = options.flags
    paths: list[str] = []
    if written:
        paths += [posixpath.dirname(flags.text(flag)) for flag in WRITTEN_FILES if flags.text(flag) != "-"]
        own_certificate = options.secure_serving.self_signed in ("generated", "reused")
        paths += [flags.text(flag).rstrip("/") for flag in WRITTEN_FOLDERS if own_certificate]
        sockets = [flags.text(flag) for flag in SOCKETS]
        kms = options.etcd.encryption.kms if options.etcd.encryption else ()
        sockets += [provider.endpoint.removeprefix("unix://") for provider in kms]
        paths += [posixpath.dirname(path) for path in sockets if path.startswith("/")]
    else:
        paths += [posixpath.dirname(path) for flag in READ_FILES for path in _paths_of(resolved, flag)]
    return [path for path in dict.fromkeys(paths) if path.startswith("/") and path != "/"]


def _paths_of(resolved: Resolved, flag: str) -> list[str]:
    flags = resolved.options.flags
    if flag == "tls-sni-cert-key":
        return [path for pair in flags.sni_pairs(flag) for path in (pair.cert, pair.key)]
    value = flags.value(flag)
    if flag in ("tls-cert-file", "tls-private-key-file") and not flags.changed(flag):
        return []
    if isinstance(value, tuple):
        return list(value)
    return [value] if value else []


def _volume_name(folder: str) -> str:
    """A DNS label that stands for a folder: `/etc/kubernetes/pki` -> `etc-kubernetes-pki`."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in folder.lower())
    name = "-".join(word for word in words.split("-") if word)
    if len(name) <= 63:
        return name
    from hashlib import sha256

    return f"{name[:54].rstrip('-')}-{sha256(folder.encode()).hexdigest()[:8]}"
