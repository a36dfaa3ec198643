"""Clusters of kOps for tests: a minimal one, with settings added."""

from __future__ import annotations

from typing import Any

import yaml

ETCD = ("main", "events")
NAME = "test.example.com"


def cluster(
    server: dict[str, Any] | None = None,
    *,
    api: str = "v1alpha2",
    cloud: str = "aws",
    etcd: tuple[str, ...] = ETCD,
    kubernetes: str = "1.36.0",
    groups: tuple[str, ...] = (),
    **spec: Any,
) -> str:
    """Return the YAML of a cluster with these fields of kubeAPIServer and of the spec; None removes a field.

    `groups` are the roles of instance groups that follow the cluster.
    """
    members = [{"name": "a", "instanceGroup": "control-plane"}]
    ranges: dict[str, Any] = {"nonMasqueradeCIDR": "100.64.0.0/10", "networking": {"cilium": {}}}
    own_cloud: Any = cloud
    if api == "v1alpha3":
        ranges = {"networking": {"nonMasqueradeCIDR": "100.64.0.0/10", "cilium": {}}}
        own_cloud = {cloud: {}}
    fields = {
        "cloudProvider": own_cloud,
        "etcdClusters": [{"name": name, "etcdMembers": members} for name in etcd],
        "kubeAPIServer": server,
        "kubernetesVersion": kubernetes,
        **ranges,
        **spec,
    }
    kept = {key: value for key, value in fields.items() if value is not None}
    objects: list[dict[str, Any]] = [
        {"apiVersion": f"kops.k8s.io/{api}", "kind": "Cluster", "metadata": {"name": NAME}, "spec": kept}
    ]
    for index, role in enumerate(groups):
        metadata = {"name": f"group-{index}", "labels": {"kops.k8s.io/cluster": NAME}}
        objects.append(
            {"apiVersion": f"kops.k8s.io/{api}", "kind": "InstanceGroup", "metadata": metadata, "spec": {"role": role}}
        )
    return yaml.safe_dump_all(objects, sort_keys=False)
