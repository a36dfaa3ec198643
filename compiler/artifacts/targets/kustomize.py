"""The target `kustomize`: the static Pod as the base of overlays."""

from __future__ import annotations

from compiler.artifacts.yamlio import dump


def kustomization(form: str) -> str:
    """Return a Kustomization of the artifact `pod`, which is in a file of this format."""
    return dump(
        {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": [f"kube-apiserver.{form}"],
        }
    )
