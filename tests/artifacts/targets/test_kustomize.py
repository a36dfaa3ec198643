"""The target `kustomize`: what kustomize builds is the static Pod."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from compiler import compile_document
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import ROOT, SAMPLES
from tests.gitops.running import needs_kustomize

HOSTILE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: test}
etcd: {etcdServers: ["http://127.0.0.1:2379"], etcdPrefix: "/$(HOME)/a: b#'$$x"}
authentication: {serviceAccountIssuer: ["https://a"], serviceAccountKeyFile: [/pki/sa.pub]}
authorization: {authorizationMode: [RBAC]}
misc: {serviceAccountSigningKeyFile: /pki/sa.key, serviceClusterIPRange: 10.0.0.0/24}
"""


def written(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def built(folder: Path) -> str:
    words = ["kubectl", "kustomize", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


@needs_kustomize
@pytest.mark.parametrize("form", ["yaml", "json"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_base_builds_the_static_pod(sample: Path, form: str, tmp_path: Path) -> None:
    compiled = compile_document(sample, emit=["kustomize"], form=form)
    assert not compiled.report.rejected
    assert {"kustomization.yaml", f"kube-apiserver.{form}"} <= set(compiled.files)
    written(compiled.files, tmp_path)
    assert yaml.safe_load(built(tmp_path)) == yaml.safe_load(compiled.files[f"kube-apiserver.{form}"])


@needs_kustomize
def test_no_value_is_replaced(tmp_path: Path) -> None:
    compiled = compile_document("a.yaml", emit=["kustomize"], texts={"a.yaml": HOSTILE})
    written(compiled.files, tmp_path)
    (tmp_path / "pod.yaml").write_text(built(tmp_path))
    examined = examine(str(tmp_path / "pod.yaml"), Settings())
    assert examined.report.read_as == "pod"
    assert examined.resolved is not None
    assert examined.resolved.context.flags.text("etcd-prefix") == "/$(HOME)/a: b#'$$x"


@needs_kustomize
def test_an_overlay_changes_the_image(tmp_path: Path) -> None:
    written(compile_document(ROOT / "samples/minimal.yaml", emit=["kustomize"]).files, tmp_path / "base")
    overlay = {
        "resources": ["../base"],
        "images": [{"name": "registry.k8s.io/kube-apiserver", "newName": "example.com/kube-apiserver"}],
    }
    written({"kustomization.yaml": yaml.safe_dump(overlay)}, tmp_path / "overlay")
    pod = yaml.safe_load(built(tmp_path / "overlay"))
    assert pod["spec"]["containers"][0]["image"] == "example.com/kube-apiserver:v1.36.0"
