"""The target `systemd`: a unit that systemd loads without a warning, and whose words are the flags."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import compile_document
from compiler.artifacts.targets.systemd import PROGRAM, quoted
from compiler.inputs import Host
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import MINIMAL, ROOT, SAMPLES, document, resolve, resolve_file
from tests.artifacts.targets import differing, emitted, read_back
from tests.artifacts.test_smuggling import HOSTILE_VALUES, PARTS

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
VALUES = st.lists(st.sampled_from([*PARTS, "%n", "%%", "${A}", "$A", "\\x41", "\\101", "\\s", ";", "\\"]), max_size=6)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("--a=b,c", "--a=b,c"),
        ("--a=", "--a="),
        ("--a=b c", '"--a=b c"'),
        ('--a={"b":1}', '"--a={\\"b\\":1}"'),
        ("--a='b'", "\"--a='b'\""),
        ("--a=b\\", '"--a=b\\\\"'),
        ("--a=$B", '"--a=$$B"'),
        ("--a=50%", '"--a=50%%"'),
    ],
)
def test_quoting(word: str, expected: str) -> None:
    assert quoted(word, "$") == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_samples(sample: Path, tmp_path: Path) -> None:
    resolved = resolve_file(sample)
    again = read_back(emitted(resolved, "systemd"), "systemd", resolved.context.catalog.version, tmp_path)
    assert differing(resolved, again) == {}


def hostile(value: str) -> dict[str, Any]:
    return document(generic={"externalHostname": value}, authentication={"apiAudiences": [value, "b"]}) | {
        "deployment": {"env": [{"name": "A", "value": value}]}
    }


@settings(max_examples=50)
@given(VALUES.map("".join))
def test_systemd_undoes_the_quoting(value: str) -> None:
    texts = {"a.json": json.dumps(hostile(value))}
    compiled = compile_document("a.json", emit=["systemd", "flags"], texts=texts)
    if compiled.report.rejected:
        return
    unit = compiled.files["kube-apiserver.service"]
    examined = examine_text(unit)
    assert examined.context.flags.text("external-hostname") == value
    assert examined.context.flags.texts("api-audiences") == (value, "b")


def examine_text(unit: str) -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kube-apiserver.service"
        path.write_text(unit)
        examined = examine(str(path), Settings(version="1.36", host=Host()))
    assert examined.report.read_as == "systemd"
    assert examined.resolved is not None
    return examined.resolved


@needs_systemd
@pytest.mark.parametrize("value", [value for value in HOSTILE_VALUES if value.isprintable()], ids=ascii)
def test_systemd_loads_the_unit_without_a_warning(value: str, tmp_path: Path) -> None:
    # systemd-analyze checks that the program exists.
    unit = emitted(resolve(hostile(value), tmp_path), "systemd").replace(PROGRAM, "/bin/true")
    path = tmp_path / "kube-apiserver.service"
    path.write_text(unit)
    words = ["systemd-analyze", "verify", "--man=no", str(path)]
    run = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    about = [line for line in run.stderr.splitlines() if str(path) in line or "kube-apiserver" in line]
    assert about == []


def test_the_unit(tmp_path: Path) -> None:
    content = MINIMAL | {"deployment": {"terminationGracePeriodSeconds": 120, "env": [{"name": "A", "value": "b c"}]}}
    assert (
        emitted(resolve(content, tmp_path), "systemd")
        == """\
# kube-apiserver v1.36.0: /etc/systemd/system/kube-apiserver.service
[Unit]
Description=Kubernetes API server
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
Environment="A=b c"
ExecStart=/usr/local/bin/kube-apiserver \\
  --etcd-servers=http://127.0.0.1:2379 \\
  --service-account-key-file=/pki/sa.pub \\
  --service-account-issuer=https://kubernetes.default.svc \\
  --authorization-mode=Node,RBAC \\
  --service-account-signing-key-file=/pki/sa.key \\
  --service-cluster-ip-range=10.0.0.0/24
Restart=on-failure
RestartSec=5
TimeoutStopSec=120
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""
    )
