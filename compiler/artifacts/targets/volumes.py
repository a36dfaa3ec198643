"""The paths of the node that the server's container needs, as the extra volumes of a distribution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from compiler.artifacts.mounts import is_inside, mounts_of

if TYPE_CHECKING:
    from compiler.artifacts.targets.form import Form


def extra_volumes(form: Form, mounted: Iterable[str]) -> list[dict[str, Any]]:
    """Return the volumes of a server, without paths in the directories that a distribution mounts anyway.

    Each has the keys `name`, `hostPath`, `mountPath`, and if needed `readOnly` and `pathType`, as those of kubeadm.
    Raises KascError for a path that Kubernetes cannot mount.
    """
    given = form.deployment.get("extraVolumes", [])
    needed = mounts_of(form.wanted.resolved, given, form.target.name)
    paths = {volume["name"]: volume["hostPath"] for volume in needed.volumes}
    own = {volume["name"] for volume in given}
    volumes = []
    for mount in needed.mounts:
        path, host = mount["mountPath"], paths[mount["name"]]
        if mount["name"] not in own and mount.get("readOnly") and any(_covers(each, path) for each in mounted):
            continue
        volume = {"name": mount["name"], "hostPath": host["path"], "mountPath": path}
        volume |= {"readOnly": True} if mount.get("readOnly") else {}
        volume |= {"pathType": host["type"]} if host.get("type") else {}
        volumes.append(volume)
    return volumes


def _covers(directory: str, path: str) -> bool:
    return path == directory.rstrip("/") or is_inside(path, directory)
