"""The samples for pipelines: valid for who reads them, and doing what they say."""

from __future__ import annotations

import base64
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.cli.running import ROOT, SAMPLES
from tests.gitops.running import (
    GITOPS,
    config_maps,
    generated,
    kustomized,
    loaded,
    needs_kustomize,
    programs,
    run,
    workflow_lines,
)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return programs(tmp_path / "bin")


@pytest.fixture
def fleet(tmp_path: Path, variables: dict[str, str]) -> Path:
    """A repository's folders: documents in clusters/, what they compile to in compiled/."""
    made = tmp_path / "fleet"
    shutil.copytree(SAMPLES / "clusters", made / "clusters")
    (made / ".git").mkdir()
    ran = run(["kasc", "compile", "clusters", "-o", "compiled"], made, variables)
    assert ran.returncode == 0, ran.stderr
    return made


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-workflows", "github-workflow.yaml"),
        ("custom.github-workflows-require-timeout", "github-workflow.yaml"),
        ("vendor.github-workflows", "github-pull-request.yaml"),
        ("custom.github-workflows-require-timeout", "github-pull-request.yaml"),
        ("vendor.gitlab-ci", "gitlab-ci.yaml"),
        ("vendor.gitlab-ci", "gitlab-merge-request.yaml"),
    ],
)
def test_definitions_of_pipelines_are_valid(schema: str, name: str) -> None:
    pytest.importorskip("check_jsonschema")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(GITOPS / name)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_workflow_passes_and_stops(fleet: Path, variables: dict[str, str]) -> None:
    jobs = {"check": 1, "compiled": 2}
    for job, cells in jobs.items():
        assert len(workflow_lines(job)) == cells
        for lines in workflow_lines(job):
            for line in lines:
                ran = run(["bash", "-e", "-c", line], fleet, variables)
                assert ran.returncode == 0, line + ran.stdout + ran.stderr
    artifact = fleet / "compiled/staging/kube-apiserver.flags"
    artifact.write_text(artifact.read_text() + "--v=9\n")
    codes = [run(["bash", "-e", "-c", lines[0]], fleet, variables).returncode for lines in workflow_lines("compiled")]
    assert sorted(codes) == [0, 3]


def test_the_jobs_of_gitlab_pass_and_stop(fleet: Path, variables: dict[str, str]) -> None:
    jobs = loaded("gitlab-ci.yaml")

    def code(job: str, **given: str) -> int:
        return run(["sh", "-e", "-c", "\n".join(jobs[job]["script"])], fleet, variables | given).returncode

    total = jobs["compiled"]["parallel"]
    shards = [{"CI_NODE_INDEX": str(index + 1), "CI_NODE_TOTAL": str(total)} for index in range(total)]
    assert code("check") == 0
    assert (fleet / jobs["check"]["artifacts"]["reports"]["junit"]).read_text().startswith("<?xml")
    assert [code("compiled", **shard) for shard in shards] == [0] * total
    base = fleet / "clusters/base/apiserver.yaml"
    base.write_text(base.read_text().replace("shutdownDelayDuration: 30s", "shutdownDelayDuration: 31s"))
    assert 3 in [code("compiled", **shard) for shard in shards]
    base.write_text(base.read_text().replace("31s", "later"))
    assert code("check") == 1


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("clusters", ["prod-eu-1", "prod-us-1", "staging"]),
        ("clusters/staging", ["staging"]),
        ("hardened", ["hardened"]),
    ],
)
def test_the_plugin_prints_a_config_map_for_each_document(
    path: str, names: list[str], tmp_path: Path, variables: dict[str, str]
) -> None:
    ran = generated(SAMPLES / path, variables)
    assert ran.returncode == 0, ran.stderr
    manifests = list(yaml.safe_load_all(ran.stdout))
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.33", strict=True)
    found = config_maps(manifests)
    assert list(found) == [f"kube-apiserver-{name}" for name in names]
    words = ["kasc", "compile", ".", "-o", str(tmp_path / "out"), "--emit", "flags,storage,health,files,pod"]
    assert run(words, SAMPLES / path, variables).returncode == 0
    for name in names:
        files = {file.name: file.read_text() for file in (tmp_path / "out" / name).rglob("*") if file.is_file()}
        assert found[f"kube-apiserver-{name}"] == files


def test_the_plugin_prints_nothing_for_what_is_refused(fleet: Path, variables: dict[str, str]) -> None:
    document = fleet / "clusters/staging/apiserver.yaml"
    document.write_text(document.read_text().replace("etcdServers", "etcdServer"))
    ran = generated(fleet / "clusters", variables)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "KASC-SCHEMA-001" in ran.stderr


def test_the_plugin_prints_no_secret(fleet: Path, variables: dict[str, str]) -> None:
    key = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    document = fleet / "clusters/staging/apiserver.yaml"
    content = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [{"secretbox": {"keys": [{"name": "one", "secret": {"env": "KEY"}}]}}, {"identity": {}}],
            }
        ],
    }
    loaded_document = yaml.safe_load(document.read_text())
    loaded_document["etcd"]["encryptionProviderConfig"] = {"content": content}
    document.write_text(yaml.safe_dump(loaded_document))
    ran = generated(fleet / "clusters/staging", variables | {"KEY": key})
    assert ran.returncode == 0, ran.stderr
    files = config_maps(list(yaml.safe_load_all(ran.stdout)))["kube-apiserver-staging"]
    assert "secretbox" in files["encryption-provider-config.yaml"]
    assert key not in ran.stdout + ran.stderr
    assert "0123456789abcdef" not in ran.stdout + ran.stderr


def test_the_plugin_prints_any_name_of_a_structured_file(fleet: Path, variables: dict[str, str]) -> None:
    names = ['"q', "{a", "*", "%s", "- a", "? x", "a: b", "kube-apiserver.flags", "\u00e4", "  x"]
    folder = fleet / "clusters/staging"
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]}
    for number, name in enumerate(names):
        document = yaml.safe_load((folder / "apiserver.yaml").read_text())
        document["metadata"] = {"name": f"staging-{number}"}
        document["auditing"] = {"auditPolicyFile": {"path": f"/etc/kubernetes/{name}", "content": policy}}
        (folder / str(number)).mkdir()
        text = yaml.safe_dump(document).replace("../base/", "../../base/")
        (folder / f"{number}/apiserver.yaml").write_text(text)
    ran = generated(folder, variables)
    assert ran.returncode == 0, ran.stderr
    manifests = list(yaml.safe_load_all(ran.stdout))
    found = config_maps(manifests)
    assert len(found) == len(names) + 1
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.33", strict=True)
        assert all(re.fullmatch(r"[-._a-zA-Z0-9]+", key) for key in manifest["data"])
    for number in range(len(names)):
        files = found[f"kube-apiserver-staging-{number}"]
        assert "--etcd-servers" in files["kube-apiserver.flags"]
        assert sum(text.startswith("apiVersion: audit.k8s.io/v1\n") for text in files.values()) == 1
        assert len(files) == 5


@needs_kustomize
def test_the_plugin_runs_beside_argo_cd(tmp_path: Path) -> None:
    shutil.copytree(GITOPS / "argocd", tmp_path / "argocd")
    kustomization = loaded("argocd/kustomization.yaml")
    volumes = [{"name": name, "emptyDir": {}} for name in ("var-files", "plugins")]
    server = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "argocd-repo-server", "image": "argocd"}], "volumes": volumes},
            },
        },
    }
    (tmp_path / "argocd/install.yaml").write_text(yaml.safe_dump(server))
    kustomization["resources"][0] = "install.yaml"
    (tmp_path / "argocd/kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    built = {manifest["kind"]: manifest for manifest in kustomized(tmp_path / "argocd")}
    kubernetes_validate.validate(built["Deployment"], "1.33", strict=True)
    pod = built["Deployment"]["spec"]["template"]["spec"]
    assert [container["name"] for container in pod["containers"]] == ["kasc", "argocd-repo-server"]
    there = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} <= set(there)
    assert there["kasc-plugin"]["configMap"]["name"] == built["ConfigMap"]["metadata"]["name"]
    assert yaml.safe_load(built["ConfigMap"]["data"]["plugin.yaml"]) == loaded("argocd/plugin.yaml")
    plugin = built["Application"]["spec"]["source"]["plugin"]["name"]
    described = loaded("argocd/plugin.yaml")
    assert plugin == f"{described['metadata']['name']}-{described['spec']['version']}"


@needs_kustomize
def test_flux_gets_the_artifacts(fleet: Path) -> None:
    source, synced = yaml.safe_load_all((GITOPS / "flux/sync.yaml").read_text())
    assert synced["spec"]["sourceRef"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
    shutil.copy(GITOPS / "flux/kustomization.yaml", fleet / synced["spec"]["path"])
    manifests = kustomized(fleet / synced["spec"]["path"])
    for manifest in manifests:
        kubernetes_validate.validate(manifest, "1.33", strict=True)
    found = config_maps(manifests)
    clusters = sorted(path.name for path in (fleet / "compiled").iterdir() if path.is_dir())
    assert sorted(found) == [f"kube-apiserver-{name}" for name in clusters]
    for name in clusters:
        files = {path.name: path.read_text() for path in (fleet / "compiled" / name).iterdir()}
        assert {"kube-apiserver.flags", "kube-apiserver.yaml"} <= set(found[f"kube-apiserver-{name}"])
        assert found[f"kube-apiserver-{name}"].items() <= files.items()


def test_the_image_is_small_and_without_rights() -> None:
    text = (GITOPS / "Dockerfile").read_text()
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if linter is not None:
        ran = subprocess.run([linter, GITOPS / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stdout
    stages = text.split("\nFROM ")
    assert len(stages) == 3
    assert "--no-cache-dir" in stages[1]
    assert "USER 65532:65532" in stages[2]
    assert 'ENTRYPOINT ["kasc"]' in stages[2]
    assert all(stage.startswith("python:3.") and ":latest" not in stage for stage in stages[1:])


@pytest.mark.slow
def test_the_image_copies_all_that_the_package_is_built_from(tmp_path: Path) -> None:
    copied = [line.split()[1:-1] for line in (GITOPS / "Dockerfile").read_text().split("\n") if line.startswith("COPY")]
    source = tmp_path / "src"
    source.mkdir()
    for name in itertools.chain.from_iterable(copied[:-1]):
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source)
    words = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", "out", "."]
    ran = subprocess.run(words, cwd=source, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    program = "import sys; sys.path.insert(0, 'out'); from compiler.cli.main import main; main()"
    words = [sys.executable, "-c", program, "check", str(SAMPLES / "apiserver.yaml")]
    checked = subprocess.run(words, cwd=source, capture_output=True, text=True, check=False, timeout=60)
    assert checked.stdout == "1 input: no problems\n", checked.stderr
