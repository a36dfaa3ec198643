"""Only files whose kind is certain are changed by --fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import kasc

KEYS = "etcd: {etcdServers: [http://127.0.0.1:2379]}\nauthorization: {authorizationMod: [RBAC]}\n"
HEAD = "apiVersion: kasc/v1\nkind: APIServer\n"
FLAGS = "--node-ip=a\n--container-runtime-endpoint=b\n--authorization-mod=Node\n"


@pytest.mark.parametrize(
    ("text", "options", "changed"),
    [
        (HEAD + KEYS, (), True),
        (KEYS, (), False),
        (KEYS, ("--as", "document"), True),
        (FLAGS, (), False),
        ("kube-apiserver\n--authorization-mod=RBAC\n", (), True),
        ("clusterName: a\nnodes: []\ncontrolPlane: {}\n" + KEYS, (), False),
    ],
)
def test_what_is_changed(
    text: str, options: tuple[str, ...], changed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a"
    path.write_text(text)
    ran = kasc(capsys, "check", "--fix", *options, path)
    assert ran.code in (1, 2)
    assert (path.read_text() != text) == changed
    path.write_text(text)
    assert bool(kasc(capsys, "check", "--diff", *options, path).out) == changed
