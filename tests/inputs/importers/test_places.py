"""Every value is found where it is written, in each kind of input and each way of writing it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.apiserver.context import ServerContext
from compiler.diagnostics import Report
from compiler.inputs import Host
from compiler.upstream.catalog import catalog
from tests.inputs.importers.reading import Read, read

HEAD = "kind: Pod\nspec:\n  containers:\n  - image: kube-apiserver:v1.36.0\n    args:\n"


def elements(got: Read, flag: str) -> list[str]:
    """How each element of a list's flag is written."""
    report = Report()
    context = ServerContext(catalog("1.36"), got.server, Host(), report)
    context.flags.parse(got.server.arguments, report)
    assert report.diagnostics == []
    value = context.flags.value(flag)
    return [got.cut(context.flags.location(flag, index)) for index in range(len(value))]


@pytest.mark.parametrize(
    ("item", "written"),
    [
        ("- --authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ("-   '--authorization-mode=Node,RBAC'  # no", ["Node", "RBAC"]),
        ('- "--authorization-mode=Node,RBAC"', ["Node", "RBAC"]),
        ('- "--authorization-mode=No\\x64e,R\\u0042AC"', ["No\\x64e", "R\\u0042AC"]),
        ('- "--authorization-mode=\\"Node\\",RBAC"', ['\\"Node\\"', "RBAC"]),
        ("- '--authorization-mode=No''de,RBAC'", ["No''de", "RBAC"]),
        ('- "--authorization-mode=Node,\\\n      RBAC"', ["Node", "RBAC"]),
        ("- !!str --authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ("- &a --authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ("- |-\n      --authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ("- >-\n      --authorization-mode=Node,RBAC\n\n", ["Node", "RBAC"]),
        ("- --authorization-mode\n    - Node,RBAC", ["Node", "RBAC"]),
        ('- --authorization-mode\n    - "N\\u006fde,RBAC"', ["N\\u006fde", "RBAC"]),
        ("- --authorization-mode\n    - |-\n      Node,RBAC", ["Node", "RBAC"]),
        ("- --authorization-mode=Node\n    - '--authorization-mode=RBAC'", ["Node", "RBAC"]),
        ("- --authorization_mode=Node,RBAC", ["Node", "RBAC"]),
        ("- '\u00e9' \n    - --authorization-mode=\u00e9\u00e9,RBAC", ["\u00e9\u00e9", "RBAC"]),
    ],
)
def test_elements_in_yaml(item: str, written: list[str]) -> None:
    got = read(f"{HEAD}    - --v=2\n    {item}\n    - --v=3\n")
    assert elements(got, "authorization-mode") == written


def test_lines_may_end_as_on_windows() -> None:
    got = read(f"{HEAD}    - '--authorization-mode=Node,RBAC'\n    - --v=3\n".replace("\n", "\r\n"))
    assert elements(got, "authorization-mode") == ["Node", "RBAC"]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r,", exclude_categories=["Cc"]), max_size=8),
        min_size=1,
    ),
    st.booleans(),
)
def test_elements_in_json(texts: list[str], escaped: bool) -> None:
    value = ",".join('"' + text.replace('"', '""') + '"' for text in texts)
    whole = {
        "kind": "Pod",
        "spec": {"containers": [{"command": ["kube-apiserver", f"--cors-allowed-origins={value}"]}]},
    }
    got = read(json.dumps(whole, ensure_ascii=escaped))
    quoted = [json.dumps('"' + text.replace('"', '""') + '"', ensure_ascii=escaped)[1:-1] for text in texts]
    if any(ord(letter) > 0xFFFF for letter in value) and escaped:
        return
    assert elements(got, "cors-allowed-origins") == quoted


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("--authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ("--authorization-mode  Node,RBAC", ["Node", "RBAC"]),
        ("--authorization-mode='Node,RBAC'", ["Node", "RBAC"]),
        ("'--authorization-mode=Node,RBAC'", ["Node", "RBAC"]),
        ('--authorization-mode="No"de,R\\BAC', ['No"de', "R\\BAC"]),
        ("--authorization-mode=Node,\\\nRBAC", ["Node", "RBAC"]),
        ("--authorization-mode=''Node,RBAC''", ["Node", "RBAC"]),
        ('ARGS="--authorization-mode=Node,RBAC"', ["Node", "RBAC"]),
        ("export ARGS='--v=1 --authorization-mode Node,RBAC'", ["Node", "RBAC"]),
        ("ARGS=\"--v=1 \\\n  --authorization-mode='Node',RBAC\"", ["Node", "RBAC"]),
        ("ARGS=--authorization-mode=Node,RBAC", ["Node", "RBAC"]),
        ('MODES=Node,RBAC\nARGS="--authorization-mode=$MODES"', ["$MODES", "$MODES"]),
    ],
)
def test_elements_in_shell_words(line: str, written: list[str]) -> None:
    assert elements(read(f"# flags\n{line} # a comment\n", read_as="flags"), "authorization-mode") == written


def test_elements_in_an_argument_list() -> None:
    got = read('kube-apiserver\n# a comment\n--authorization-mode=Node,"RBAC"\n', read_as="argv")
    assert elements(got, "authorization-mode") == ["Node", '"RBAC"']


def test_elements_of_maps_and_gates() -> None:
    got = read(
        '"--feature-gates=A=true,, kube:B=x ,C=false"\n--runtime-config=a/v1=true,,b/v1 --runtime-config a/v1=0\n'
    )
    assert elements(got, "feature-gates") == ["A=true", "kube:B=x", "C=false"]
    report = Report()
    flags = ServerContext(catalog("1.36"), got.server, Host(), report).flags
    flags.parse(got.server.arguments, report)
    assert {
        key: got.cut(flags.location("runtime-config", flags.entry("runtime-config", key))) for key in ("a/v1", "b/v1")
    } == {
        "a/v1": "a/v1=0",
        "b/v1": "b/v1",
    }
    assert flags.entry("runtime-config", "c/v1") is None


def test_values_put_in_for_variables_stand_where_the_reference_does() -> None:
    container = {
        "command": ["kube-apiserver", "--authorization-mode=$(ONE),x$(TWO)"],
        "env": [{"name": "ONE", "value": "Node,RBAC"}, {"name": "TWO", "value": ""}],
    }
    got = read(json.dumps({"kind": "Pod", "spec": {"containers": [container]}}))
    assert elements(got, "authorization-mode") == ["$(ONE)", "$(ONE)", "x"]
