"""Pods with values of the wrong kind: a finding in its place, or a sensible reading, never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inputs.importers.reading import Read, read


def server(**container: Any) -> Read:
    whole = {"kind": "Pod", "spec": {"containers": [{"name": "kube-apiserver", **container}]}}
    return read(json.dumps(whole))


@pytest.mark.parametrize(
    ("item", "flag", "hint"),
    [
        (5, None, 'quote it: "5"'),
        (True, None, 'quote it: "true"'),
        ({"--v": 2}, ("v", "2"), 'write "--v=2"'),
        ({"--v": "2"}, ("v", "2"), 'write "--v=2"'),
        ({"a": 1, "b": 2}, None, "write a string"),
        (["--v=2"], None, "write a string"),
        ([], None, "write a string"),
        ({}, None, "write a string"),
    ],
)
def test_an_argument_that_is_no_text(item: Any, flag: tuple[str, str] | None, hint: str) -> None:
    got = server(command=["kube-apiserver", "--profiling=false", item])
    assert got.flags == [("profiling", "false"), *([flag] if flag else [])]
    found = next(problem for problem in got.problems if problem.code == "KASC-INPUT-006")
    assert found.severity == "error"
    assert found.hint == hint
    assert got.cut(found.location) == json.dumps(item)
    assert found.path == "spec.containers[0].command[2]"


def test_an_empty_item_is_the_empty_text() -> None:
    got = server(command=["kube-apiserver", "--etcd-prefix", None, None, "--v=2"])
    assert got.flags == [("etcd-prefix", ""), ("v", "2")]
    assert got.problems == []


@pytest.mark.parametrize("value", ["kube-apiserver --v=2", 5, {"a": 1}, True])
@pytest.mark.parametrize("part", ["command", "args"])
def test_a_command_that_is_no_list(part: str, value: Any) -> None:
    given = {"command": ["kube-apiserver"], part: value}
    got = server(**given)
    assert got.given is None
    assert got.rules == ["KASC-INPUT-006"]
    assert got.cut(got.problems[0].location) == json.dumps(value)
    assert got.problems[0].hint == f"write {part} as a list"


def test_a_command_of_another_container_is_an_error_of_the_pod_alone() -> None:
    other = {"name": "proxy", "image": "proxy:1", "command": "proxy --v=9"}
    ours = {"name": "kube-apiserver", "command": ["kube-apiserver", "--v=2"]}
    got = read(json.dumps({"kind": "Pod", "spec": {"containers": [other, None, 5, [], ours]}}))
    assert got.flags == [("v", "2")]
    paths = [f"spec.containers[{at}" for at in ("0].command", "2]", "3]")]
    assert [(found.code, found.path) for found in got.problems] == [("KASC-POD-011", path) for path in paths]


@pytest.mark.parametrize(
    "env",
    [
        5,
        "A=x",
        {"A": "x"},
        [None, 5, "A", ["A"], {}, {"value": "x"}, {"name": 5, "value": "x"}],
        [{"name": "B", "value": {"A": "x"}}],
    ],
)
def test_an_environment_that_is_none(env: Any) -> None:
    assert server(command=["kube-apiserver", "--etcd-prefix=$(A)"], env=env).flags == [("etcd-prefix", "$(A)")]


def test_a_number_in_the_environment_reads_as_its_text() -> None:
    got = server(command=["kube-apiserver", "--v=$(A)"], env=[{"name": "A", "value": 2}])
    assert got.flags == [("v", "2")]


@pytest.mark.parametrize(
    "whole",
    [
        {"kind": "Pod"},
        {"kind": "Pod", "spec": None},
        {"kind": "Pod", "spec": []},
        {"kind": "Pod", "spec": {"containers": None}},
        {"kind": "Pod", "spec": {"containers": {"name": "kube-apiserver"}}},
        {"kind": "Pod", "spec": {"containers": ["kube-apiserver"]}},
        {"kind": "Pod", "spec": {"containers": [{"image": "kube-apiserver:v1.36.0"}]}},
        {"kind": "Pod", "spec": {"containers": [{"image": 5, "command": ["etcd"]}]}},
        {"kind": "Deployment", "spec": {"containers": [{"command": ["kube-apiserver", "--v=2"]}]}},
        {"kind": "List", "items": 5},
        {"kind": "List", "items": [None, 5, [], {"kind": "Pod"}]},
    ],
)
def test_nothing_that_runs_the_server(whole: Any) -> None:
    got = read(json.dumps(whole))
    assert got.given is None
    assert got.rules == ["KASC-INPUT-003"]


@pytest.mark.parametrize("metadata", [None, 5, "name", [], {"name": 5}, {"name": {"a": 1}}])
def test_a_name_that_is_none(metadata: Any) -> None:
    whole = {"kind": "Pod", "metadata": metadata, "spec": {"containers": [{"command": ["kube-apiserver", "--v=2"]}]}}
    assert read(json.dumps(whole)).server.name == "kube-apiserver"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["kube-apiserver", "--v=2", "sh", "-c", "$(A)", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "spec", "containers", "command", "args", "env", "name", "value", "image", "--v"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(JSON, JSON, JSON, JSON)
def test_any_shape_is_read_or_refused_in_its_place(command: Any, args: Any, env: Any, image: Any) -> None:
    container = {"command": command, "args": args, "env": env, "image": image}
    for whole in (
        {"kind": "Pod", "spec": {"containers": [container]}},
        {"kind": "List", "items": [{"kind": "CronJob", "spec": command}, args]},
        {"kind": "Pod", "spec": env, "metadata": image},
    ):
        got = read(json.dumps(whole), read_as="pod")
        assert got.given is not None or got.problems
        for found in got.problems:
            assert found.location is not None
            assert found.hint
