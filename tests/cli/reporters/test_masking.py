"""Which values of a file are hidden: by their field, through anchors, in JSON on one line, and where nothing parses."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.cli.reporters.text import Excerpts
from compiler.diagnostics import Location
from compiler.inputs.masking import Masked
from tests.cli.running import kasc

HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
KUBECONFIG = "apiVersion: v1\nkind: Config\n"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"x: &s HUSH\n{HEAD}resources: [{{providers: [{{aescbc: {{keys: [{{secret: *s}}]}}}}]}}]", "x: &s ***"),
        (f"resources: [{{providers: [{{aescbc: {{keys: [{{secrt: HUSH}}]}}}}]}}]\n{HEAD}", "{keys: [{secrt: ***}]}"),
        (f"resources: [{{providers: [{{aescbc: {{keys: [{{secret:HUSH}}]}}}}]}}]\n{HEAD}", "{keys: [{***}]}"),
        (f"resources: [{{providers: [{{aescbc: {{keys: [{{secret: {{env: K}}}}]}}}}]}}]\n{HEAD}", "{secret: {env: K}}"),
        (f"resources: [{{resources: [secrets], providers: []}}]\n{HEAD}", "{resources: [secrets], providers: []}"),
        (f"what: HUSH\n{HEAD}", "what: ***"),
        ("users: [{user: {exec: {args: [HUSH], env: [{name: A, value: HUSH}]}}}]\n" + KUBECONFIG, "args: [***]"),
        ("users: [{user: {tokenFile: /x, foo: HUSH}}]\n" + KUBECONFIG, "{tokenFile: /x, foo: ***}"),
        ("users: [{user: {auth-provider: {config: {any: HUSH}}}}]\n" + KUBECONFIG, "{config: {any: ***}}"),
        (
            '{"kind": "Secret", "data": {"a": "HUSH"}, "metadata": {"name": "n"}}',
            '"a": ***}, "metadata": {"name": "n"}',
        ),
        ("spec: {containers: [{env: [{name: ANY, value: HUSH}]}]}\nkind: Pod", "{name: ANY, value: ***}"),
        ("etcd: {etcdServers: ['https://u:HUSH@h:1']}\nkind: APIServer", "['https://***@h:1']"),
        ("a: b # password: HUSH", "a: b # password: ***"),
        ("a:\n- --client-secret=HUSH", "- --client-secret=***"),
        ('a: "{\\"token\\":\\"HUSH\\"}"\nb: 1', 'a: "{\\"token\\":***'),
        ('token = "HUSH"\nx = 1', "token = ***\nx = 1"),
        ("a: [\nsecret: HUSH", "secret: ***"),
        (f"{HEAD}a: [\nwhatever: HUSH\n- HUSH", "whatever: ***\n***"),
    ],
)
def test_what_is_hidden(text: str, masked: str) -> None:
    name = "a.toml" if "= 1" in text else "a.yaml"
    shown = Masked(name, text).text()
    assert masked in shown
    assert "HUSH" not in shown


def test_files_inside_of_files(tmp_path: Path) -> None:
    inside = f"{HEAD}resources:\n- providers:\n  - aescbc: {{keys: [{{name: a, secrt: HUSH}}]}}\n"
    lines = "".join(f"    {line}\n" for line in inside.splitlines())
    shown = Masked("", f"kind: ConfigMap\ndata:\n  config.yaml: |\n{lines}  other: x\n").text()
    assert "{name: a, secrt: ***}" in shown
    assert "HUSH" not in shown


def test_blocks_inside_of_blocks_end() -> None:
    text = "".join(f"{' ' * depth}a: |\n" for depth in range(400)) + f"{' ' * 400}token: HUSH\n"
    assert "HUSH" not in Masked("", text).text()


def test_of_a_large_file_only_what_is_certain_is_shown() -> None:
    shown = Masked("", f"{HEAD}any: HUSH\n" + "a: b\n" * 60_000).line(2)
    assert shown == "any: ***"


def test_the_caret_is_below_the_value_that_is_hidden() -> None:
    excerpts = Excerpts({"a": "{token: HUSHHUSHHUSH, xyz: 1}"})
    assert excerpts.of(Location("a", 1, 23, 1, 26)) == ("    1", "{token: ***, xyz: 1}", "             ^^^")
    assert excerpts.of(Location("a", 1, 9, 1, 21)) == ("    1", "{token: ***, xyz: 1}", "        ^^^")
    assert excerpts.of(Location("a", 1, 12, 1, 14)) == ("    1", "{token: ***, xyz: 1}", "        ^^^")


def test_files_of_the_server_that_hold_keys_have_no_excerpt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = tmp_path / "root/etc/enc.yaml"
    server.parent.mkdir(parents=True)
    server.write_text(
        f"{HEAD}resources:\n- resources: [secrts]\n  providers: [{{aescbc: {{keys: [{{nme: HUSH}}]}}}}]\n"
    )
    flags = tmp_path / "a.txt"
    flags.write_text("kube-apiserver\n--encryption-provider-config=/etc/enc.yaml\n--storage-backend=etcd2\n")
    ran = kasc(capsys, "check", flags, "--files-root", tmp_path / "root")
    assert "KASC-ENC-002" in ran.out
    assert "HUSH" not in ran.out
    assert " | --storage-backend=etcd2" in ran.out
    assert "secrts]" not in ran.out
