"""`kasc lsp` in Neovim, without a terminal: a mistake is shown and fixed, a flag is completed and described."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")

HERE = Path(__file__).parent
SERVER = [sys.executable, "-c", "from compiler.cli import program; program()", "lsp"]
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: kube-apiserver
  namespace: kube-system
spec:
  hostNetwork: true
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.36.0
    command:
    - kube-apiserver
    - --etcd-servers=https://10.0.0.11:2379
    - --service-account-issuer=https://kubernetes.default.svc
    - --service-account-key-file=/pki/sa.pub
    - --service-account-signing-key-file=/pki/sa.key
    - --service-cluster-ip-range=10.96.0.0/16
    - --authorization-mode=Node,RBAC
    - --enable-admission-plugins=NodeRestriction
    - -profiling=false
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened in a session of Neovim."""
    nvim = shutil.which("nvim")
    if nvim is None:
        pytest.skip("neovim is not installed")
    folder = tmp_path_factory.mktemp("neovim")
    file, output = folder / "kube-apiserver.yaml", folder / "result.json"
    file.write_text(POD)
    ignored = ["--ignore", "KASC-RISK", "--ignore", "KASC-PROBE", "--ignore", "KASC-POD", "--ignore", "KASC-HOST"]
    session = {"command": [*SERVER, *ignored], "file": str(file), "result": str(output), "typed": "- --feat"}
    environment = {
        **os.environ,
        "KASC_SESSION": json.dumps(session),
        **{f"XDG_{name}_HOME": str(folder) for name in ("CONFIG", "DATA", "STATE", "CACHE")},
    }
    command = [nvim, "--headless", "--clean", "-c", f"luafile {HERE / 'neovim.lua'}"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert output.exists(), done.stdout + done.stderr
    loaded: dict[str, Any] = json.loads(output.read_text())
    assert not loaded.get("problem"), loaded
    return loaded


def test_diagnostics_are_shown(result: dict[str, Any]) -> None:
    (diagnostic,) = result["diagnostics"]
    line = POD.split("\n").index("    - -profiling=false")
    assert (diagnostic["code"], diagnostic["line"], diagnostic["column"]) == ("KASC-PARSE-001", line, 6)


def test_a_fix_is_applied(result: dict[str, Any]) -> None:
    assert result["actions"][0].startswith("Write --profiling")
    assert result["fixed"] == POD.replace("- -profiling", "- --profiling").split("\n")[:-1]


def test_a_flag_is_completed(result: dict[str, Any]) -> None:
    assert "--feature-gates=" in result["offered"]
    assert result["completed"][-1] == "    - --feature-gates="


def test_a_flag_is_described(result: dict[str, Any]) -> None:
    assert "--feature-gates" in result["hover"]
    assert "1.31 to" in result["hover"]
