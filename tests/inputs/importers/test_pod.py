"""Pods and workloads: which container, which words, which version."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.inputs.importers.reading import read

HOST_IP = {"fieldRef": {"fieldPath": "status.hostIP"}}
IMAGE = "registry.k8s.io/kube-apiserver:v1.35.2"


def pod(container: dict[str, Any], **metadata: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "server", **metadata},
        "spec": {"containers": [container]},
    }


def container(*command: Any, **more: Any) -> dict[str, Any]:
    return {"name": "kube-apiserver", "image": IMAGE, "command": list(command), **more}


def template(kind: str, *steps: str) -> dict[str, Any]:
    inner: Any = {"spec": {"containers": [container("kube-apiserver", "--v=2")]}}
    for step in reversed(steps):
        inner = {step: inner}
    return {"kind": kind, "metadata": {"name": "workload"}, **inner}


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_a_pod_in_either_format(write: Any) -> None:
    got = read(write(pod(container("kube-apiserver", "--v=2", "--secure-port", "6443"))))
    assert got.flags == [("v", "2"), ("secure-port", "6443")]
    assert (got.server.read_as, got.server.name, got.server.version, got.server.image) == (
        "pod",
        "server",
        "1.35.2",
        IMAGE,
    )
    assert got.problems == []
    assert [argument.path for argument in got.server.arguments] == [
        "spec.containers[0].command[1]",
        "spec.containers[0].command[3]",
    ]


def test_json_may_be_indented_by_tabs() -> None:
    assert read(json.dumps(pod(container("kube-apiserver", "--v=2")), indent="\t")).flags == [("v", "2")]


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("Deployment", ("spec", "template")),
        ("DaemonSet", ("spec", "template")),
        ("StatefulSet", ("spec", "template")),
        ("ReplicaSet", ("spec", "template")),
        ("Job", ("spec", "template")),
        ("CronJob", ("spec", "jobTemplate", "spec", "template")),
        ("PodTemplate", ("template",)),
    ],
)
def test_templates(kind: str, steps: tuple[str, ...]) -> None:
    got = read(json.dumps(template(kind, *steps)))
    assert got.flags == [("v", "2")]
    assert got.server.arguments[0].path == ".".join((*steps, "spec.containers[0].command[1]"))


def test_a_list_and_a_file_of_several_documents() -> None:
    other = pod({"name": "etcd", "image": "etcd:3.6", "command": ["etcd", "--v=9"]})
    server = pod(container("kube-apiserver", "--v=2"))
    listed = read(
        json.dumps({"kind": "List", "items": [{"kind": "Service"}, other, {"kind": "List", "items": [server]}]})
    )
    assert listed.flags == [("v", "2")]
    assert listed.server.arguments[0].path == "items[2].items[0].spec.containers[0].command[1]"
    several = read("---\n".join(yaml.safe_dump(each) for each in ({"kind": "ConfigMap"}, other, server)))
    assert several.flags == [("v", "2")]


def test_command_and_args_are_one_list() -> None:
    assert read(json.dumps(pod(container("kube-apiserver", "--v=1", args=["--profiling", "--v=2"])))).flags == [
        ("v", "1"),
        ("profiling", "true"),
        ("v", "2"),
    ]


def test_the_container_that_runs_the_server_and_no_init_container() -> None:
    whole = pod({"name": "proxy", "image": "konnectivity:1", "args": ["--v=8"]})
    whole["spec"]["containers"].append(container("kube-apiserver", "--v=2"))
    whole["spec"]["initContainers"] = [container("kube-apiserver", "--v=9")]
    got = read(json.dumps(whole))
    assert got.flags == [("v", "2")]
    assert got.server.arguments[0].path == "spec.containers[1].command[1]"


@pytest.mark.parametrize(
    "command",
    [
        ["/usr/local/bin/kube-apiserver", "--v=2"],
        ["/go-runner", "--log-file=/l", "--also-stdout", "/usr/local/bin/kube-apiserver", "--v=2"],
        ["/hyperkube", "kube-apiserver", "--v=2"],
        ["/hyperkube", "apiserver", "--v=2"],
        ["tini", "--", "kube-apiserver", "--v=2"],
        ["--v=2"],
        ["/opt/our-build", "--v=2"],
    ],
)
def test_what_may_come_before_the_flags(command: list[str]) -> None:
    assert read(json.dumps(pod(container(*command)))).flags == [("v", "2")]


def test_a_path_that_ends_like_the_program_is_no_program() -> None:
    got = read(json.dumps(pod(container("--cert-dir", "/var/run/apiserver", "--v=2"))))
    assert got.flags == [("cert-dir", "/var/run/apiserver"), ("v", "2")]


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry.k8s.io/kube-apiserver:v1.36.0", "1.36.0"),
        ("registry.k8s.io:5000/kube-apiserver:v1.36.0", "1.36.0"),
        ("kube-apiserver:1.34", "1.34"),
        ("kube-apiserver:v1.33.1@sha256:" + "0" * 64, "1.33.1"),
        ("rancher/hyperkube:v1.32.4-rancher1", "1.32.4"),
        ("kube-apiserver:v1.35.0-eks-1-35-1", "1.35.0"),
        ("kube-apiserver@sha256:" + "1" * 64, None),
        ("registry.k8s.io:5000/kube-apiserver", None),
        ("kube-apiserver:latest", None),
        ("kube-apiserver:v1", None),
        ("kube-apiserver:2024.1.36", None),
        ("kube-apiserver", None),
        ("", None),
    ],
)
def test_the_version_is_that_of_the_image(image: str, version: str | None) -> None:
    got = read(json.dumps(pod(container("kube-apiserver", "--v=2", image=image))))
    assert got.server.version == version
    if version:
        assert got.cut(got.server.version_location) == json.dumps(image)


def test_the_flags_of_the_version_are_known() -> None:
    old = pod(container("kube-apiserver", "--cloud-provider", "--v=2", image="kube-apiserver:v1.31.0"))
    assert read(json.dumps(old)).flags == [("cloud-provider", "--v=2")]
    # Where the flag is unknown, what follows is not taken for its value.
    assert read(json.dumps(old), version="1.36").flags == [("cloud-provider", ""), ("v", "2")]


@pytest.mark.parametrize(
    ("environment", "text", "expanded"),
    [
        ([{"name": "A", "value": "x"}], "$(A),$(A)", "x,x"),
        ([{"name": "A", "value": "x"}], "$$(A)", "$(A)"),
        ([{"name": "A", "value": "x"}], "$(B)$(A", "$(B)$(A"),
        ([{"name": "A", "value": "x"}], "$A ${A}", "$A ${A}"),
        ([{"name": "A"}], "[$(A)]", "[]"),
        ([{"name": "A", "value": "x"}, {"name": "B", "value": "$(A)y$$"}], "$(B)", "xy$"),
        ([{"name": "B", "value": "$(A)y"}, {"name": "A", "value": "x"}], "$(B)", "$(A)y"),
        ([{"name": "A", "value": "x"}, {"name": "A", "value": "z"}], "$(A)", "z"),
    ],
)
def test_variables_are_put_in_as_the_kubelet_does(environment: list[dict[str, str]], text: str, expanded: str) -> None:
    got = read(json.dumps(pod(container("kube-apiserver", f"--etcd-prefix={text}", env=environment))))
    assert got.flags == [("etcd-prefix", expanded)]
    assert got.problems == []


@pytest.mark.parametrize(
    "environment",
    [
        {"env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]},
        {
            "env": [
                {"name": "H", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
                {"name": "IP", "value": "$(H)"},
            ]
        },
        {"envFrom": [{"configMapRef": {"name": "addresses"}}]},
    ],
)
def test_what_only_the_running_container_knows_is_noted(environment: dict[str, Any]) -> None:
    got = read(json.dumps(pod(container("kube-apiserver", "--advertise-address=$(IP)", "--v=2", **environment))))
    assert got.flags == [("advertise-address", "$(IP)"), ("v", "2")]
    assert got.rules == ["KASC-INPUT-005"]
    assert got.cut(got.problems[0].location) == "$(IP)"
    assert [argument.unknown for argument in got.server.arguments] == ["$(IP)", ""]
