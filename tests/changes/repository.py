"""A real repository of git with clusters, on a branch of `main`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
metadata: {{name: {0}}}
extends: [../base/apiserver.yaml]
authentication: {{serviceAccountIssuer: ["https://{0}.example.com"]}}
"""
BASE = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: base}
etcd: {etcdServers: [https://10.0.0.11:2379]}
authentication:
  serviceAccountIssuer: [https://kubernetes.default.svc]
  serviceAccountKeyFile: [/etc/kubernetes/pki/sa.pub]
authorization: {authorizationMode: [Node, RBAC]}
misc: {serviceClusterIPRange: 10.96.0.0/16, serviceAccountSigningKeyFile: /etc/kubernetes/pki/sa.key}
"""


def git(*words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout


def commit() -> None:
    """Commit everything in the work tree to the branch."""
    git("add", "--all", ".")
    git("commit", "-qm", "a step")


def make(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with the clusters `prod` and `test`, which share a base, and go to it, on the branch `work`."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    directory.mkdir()
    monkeypatch.chdir(directory)
    for name in ("base", "prod", "test"):
        write(f"clusters/{name}/apiserver.yaml", BASE if name == "base" else DOCUMENT.format(name))
    git("init", "-q", "-b", "main")
    commit()
    git("checkout", "-qb", "work")
    return directory


def write(name: str, text: str) -> Path:
    """Write a file, and its directories."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def append(name: str, text: str) -> None:
    """Append to a file."""
    path = Path(name)
    path.write_text(path.read_text() + text)


def on_main() -> None:
    """Make what is in the work tree the state that changes are compared with."""
    commit()
    git("branch", "-f", "main")
