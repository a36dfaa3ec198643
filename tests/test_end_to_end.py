"""A fleet from commit to sync: the real pre-commit and git, the lines of the workflow, what Argo CD and Flux get."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.running import ROOT, SAMPLES
from tests.gitops.running import (
    GITOPS,
    config_maps,
    generated,
    has_kustomize,
    kustomized,
    loaded,
    programs,
    run,
    workflow_lines,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="pre-commit installs hooks from a git repository"),
]


class Fleet:
    """A repository with the three clusters, their artifacts and the hooks; git runs as a person would run it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fleet"
        self.variables = programs(folder / "bin")
        self.hooks = hooks_of_this_checkout(folder / "kasc")
        shutil.copytree(SAMPLES / "clusters", self.folder / "clusters")
        text = (GITOPS / "pre-commit-config.yaml").read_text()
        text = text.replace("https://github.com/kasc/kasc", str(self.hooks)).replace("v0.1.0", "main")
        (self.folder / ".pre-commit-config.yaml").write_text(text)
        who = {f"GIT_{role}_{what}": "a@b" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTHONPATH"))}
        self.plain = kept | who | {"PRE_COMMIT_HOME": str(folder / "home")}
        self.compile()
        shutil.copy(GITOPS / "flux/kustomization.yaml", self.folder / "compiled")
        self.git("init", "-q", "-b", "main")
        self.git("config", "protocol.file.allow", "always")
        installed = run([sys.executable, "-m", "pre_commit", "install"], self.folder, self.plain)
        assert installed.returncode == 0, installed.stdout + installed.stderr

    def git(self, *words: str) -> str:
        """Standard output of git, which has to succeed."""
        ran = run(["git", *words], self.folder, self.plain)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    def commit(self, message: str) -> str:
        """Stage and commit everything. Returns what the hooks say, empty where the commit was made."""
        self.git("add", "-A")
        ran = run(["git", "commit", "-q", "-m", message], self.folder, self.plain)
        return ran.stdout + ran.stderr if ran.returncode else ""

    def compile(self) -> None:
        """Renew the artifacts."""
        ran = run(["kasc", "compile", "clusters", "-o", "compiled"], self.folder, self.variables)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def change(self, cluster: str, old: str, new: str) -> int:
        """Replace a text in a document. Returns the number of its line."""
        path = self.folder / "clusters" / cluster / "apiserver.yaml"
        before, found, after = path.read_text().partition(old)
        assert found
        path.write_text(before + new + after)
        return before.count("\n") + 1

    def pipeline(self, branch: str, folder: Path) -> dict[str, tuple[int, str]]:
        """What each line of the workflow ends with on a fresh clone of a branch: line -> exit code and output."""
        self.git("clone", "-q", "--branch", branch, str(self.folder), str(folder))
        found = {}
        for job in ("check", "compiled"):
            for lines in workflow_lines(job):
                for line in lines:
                    ran = run(["bash", "-e", "-c", line], folder, self.variables)
                    found[line] = ran.returncode, ran.stdout + ran.stderr
        return found


def hooks_of_this_checkout(folder: Path) -> Path:
    """A repository with this checkout as it is, with changes that are not committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.split("\0"):
        if name.startswith(("compiler/", "schemas/")) or (name and "/" not in name):
            if not (ROOT / name).is_file():
                continue
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    author = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*author, "commit", "-q", "-m", "kasc"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=kept)
    return folder


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(tmp_path_factory.mktemp("end-to-end"))


def test_from_commit_to_sync(fleet: Fleet, tmp_path: Path) -> None:
    # Commit: what is in order passes; a wrong document and a stale artifact are stopped.
    assert fleet.commit("Three clusters") == ""
    fleet.change("base", "shutdownDelayDuration", "shutdownDelayDurration")
    said = fleet.commit("Misspell a key")
    assert "clusters/base/apiserver.yaml:" in said
    assert "did you mean shutdownDelayDuration?" in said
    fleet.git("checkout", "-q", "HEAD", "--", ".")
    fleet.git("switch", "-q", "-c", "raise-limits")
    fleet.change("prod-eu-1", "maxRequestsInflight: 1200", "maxRequestsInflight: 1300")
    said = fleet.commit("Raise a limit, and forget the artifacts")
    assert "+--max-requests-inflight=1300" in said
    assert fleet.git("rev-list", "--count", "HEAD") == "1"
    fleet.compile()
    assert fleet.commit("Raise a limit") == ""
    changed = fleet.git("diff", "--name-only", "main").split("\n")
    assert {Path(name).parts[1] for name in changed} == {"prod-eu-1"}

    # Pull request: the workflow passes on the branch.
    lines = fleet.pipeline("raise-limits", tmp_path / "good")
    assert {line: code for line, (code, _) in lines.items() if code} == {}
    assert json.loads((tmp_path / "good/kasc.sarif").read_text())["runs"][0]["results"] == []

    # Jobs that look at what a branch touches alone look at one of three.
    since = ["kasc", "check", "clusters", "--changed-since", "origin/main"]
    assert run(since, tmp_path / "good", fleet.variables).stdout == "1 input: no problems\n"

    # Another one passed by the hooks, and is stopped at its lines.
    fleet.git("switch", "-q", "-c", "by-the-hooks", "main")
    wrong = fleet.change("staging", "serviceClusterIPRange: 10.98.0.0/20", "serviceClusterIPRange: 10.98.0.0/33")
    fleet.git("commit", "-q", "-a", "--no-verify", "-m", "Mistype a range")
    lines = fleet.pipeline("by-the-hooks", tmp_path / "bad")
    check, sarif, *shards = lines
    assert lines[check][0] == 1
    assert f"::error file=clusters/staging/apiserver.yaml,line={wrong}," in lines[check][1]
    assert lines[sarif][0] == 0
    (result,) = json.loads((tmp_path / "bad/kasc.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "clusters/staging/apiserver.yaml"
    assert place["region"]["startLine"] == wrong
    assert any(lines[shard][0] == 1 for shard in shards)

    found = run(since, tmp_path / "bad", fleet.variables)
    assert found.returncode == 1
    assert f"clusters/staging/apiserver.yaml:{wrong}:" in found.stdout

    # Merge, and the workflow on the main branch.
    fleet.git("switch", "-q", "main")
    fleet.git("merge", "-q", "--ff-only", "raise-limits")
    lines = fleet.pipeline("main", tmp_path / "main")
    assert {line: code for line, (code, _) in lines.items() if code} == {}

    # Sync: both controllers get what was reviewed.
    ran = generated(tmp_path / "main" / loaded("argocd/application.yaml")["spec"]["source"]["path"], fleet.variables)
    assert ran.returncode == 0, ran.stderr
    synced = [config_maps(list(yaml.safe_load_all(ran.stdout)))]
    if has_kustomize():
        synced.append(config_maps(kustomized(tmp_path / "main/compiled")))
    for found in synced:
        assert list(found) == ["kube-apiserver-prod-eu-1", "kube-apiserver-prod-us-1", "kube-apiserver-staging"]
        for name, files in found.items():
            reviewed = tmp_path / "main/compiled" / name.removeprefix("kube-apiserver-")
            assert "--etcd-servers=" in files["kube-apiserver.flags"]
            assert files == {file: (reviewed / file).read_text() for file in files}
    assert "--max-requests-inflight=1300" in synced[0]["kube-apiserver-prod-eu-1"]["kube-apiserver.flags"]
