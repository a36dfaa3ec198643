"""The files of the targets, for people to read. If a change is intended, write them again and review the diff:

kasc compile INPUT --emit NAME --stdout > tests/golden/targets/NAME/FILE
"""

from __future__ import annotations

import pytest

from compiler.artifacts.targets.table import TARGETS
from compiler.inputs import Host
from tests.artifacts.compiling import ROOT, resolve_file
from tests.artifacts.targets import emitted

HARDENED = "hardened/apiserver.yaml"
INPUTS = {
    **dict.fromkeys(("systemd", "kubeadm", "kubeadm-kcp", "k3s", "rke2"), HARDENED),
    "talos": "dialects/talos-machine.yaml",
    "kops": "dialects/kops.yaml",
    "k0s": "dialects/k0s.yaml",
}
"""Target -> the sample that is written; most servers cannot run on the last three."""


@pytest.mark.parametrize("name", TARGETS)
def test_golden(name: str) -> None:
    sample = ROOT / "samples" / INPUTS[name]
    golden = ROOT / "tests/golden/targets" / name / TARGETS[name].file
    renew = f"kasc compile {sample.relative_to(ROOT)} --emit {name} --stdout > {golden.relative_to(ROOT)}"
    assert emitted(resolve_file(sample, Host()), name) == golden.read_text(encoding="utf-8"), renew
