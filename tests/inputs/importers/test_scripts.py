"""Pods that start the server through a shell."""

from __future__ import annotations

import json

import pytest

from tests.inputs.importers.reading import Read, read

SERVER = "/usr/local/bin/kube-apiserver"


def run(*command: str, **environment: str) -> Read:
    env = [{"name": name, "value": value} for name, value in environment.items()]
    container = {"name": "server", "image": "registry.k8s.io/kube-apiserver:v1.36.0", "command": command, "env": env}
    return read(json.dumps({"kind": "Pod", "spec": {"containers": [container]}}))


@pytest.mark.parametrize(
    "script",
    [
        f"{SERVER} --v=2 --profiling",
        f"exec {SERVER} --v=2 --profiling",
        f"  exec  {SERVER} --v=2 \\\n    --profiling\n",
        f"set -e\nsleep 5; exec {SERVER} --v=2 --profiling && echo done --v=9",
        f"{SERVER} --v=2 --profiling 1>>/var/log/kube-apiserver.log 2>&1",
        f"{SERVER} --v=2 --profiling >/log 2>&1 </dev/null &",
        f"{SERVER} --v=2 --profiling 2>&1 | tee -a /log --v=9",
        f"(tee -a /log < /tmp/pipe --v=9 &); exec {SERVER} --v=2 --profiling > /tmp/pipe 2>&1",
        f"echo starting kube-apiserver; {SERVER} --v=2 --profiling",
        f"# kube-apiserver --v=9\n{SERVER} --v=2 --profiling # --v=8",
        f"{SERVER} '--v=2' \"--prof\"iling",
        f"LEVEL=2; exec {SERVER} --v=$LEVEL --profiling",
        f"exec {SERVER} --v=$LEVEL $MORE",
        f"exec {SERVER} --v=${{LEVEL}} ${{MORE}}",
        f"GOMAXPROCS=4 exec {SERVER} --v=2 --profiling",
    ],
)
@pytest.mark.parametrize("shell", [["/bin/sh", "-c"], ["bash", "-ec"], ["/bin/bash", "-o", "pipefail", "-e", "-c"]])
def test_plain_words(shell: list[str], script: str) -> None:
    got = run(*shell, script, LEVEL="2", MORE=" --profiling ")
    assert got.flags == [("v", "2"), ("profiling", "true")]
    assert got.problems == []
    assert {argument.path for argument in got.server.arguments} == {f"spec.containers[0].command[{len(shell)}]"}


def test_quotes_and_backslashes() -> None:
    got = run("sh", "-c", rf"""{SERVER} --etcd-prefix=a\ b --external-hostname="a \"b\" \x" --cert-dir='\'""")
    assert got.flags == [("etcd-prefix", "a b"), ("external-hostname", 'a "b" \\x'), ("cert-dir", "\\")]


def test_the_arguments_of_the_script() -> None:
    got = run("sh", "-c", f'exec {SERVER} --v=2 "$@" --profiling', "--", "--secure-port=6443", "--etcd-prefix=a b")
    assert got.flags == [("v", "2"), ("secure-port", "6443"), ("etcd-prefix", "a b"), ("profiling", "true")]
    assert got.server.arguments[2].path == "spec.containers[0].command[5]"


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        ("$(hostname -i)", "$(hostname -i)"),
        ("`hostname -i`", "`hostname -i`"),
        ("$HOST_IP", "$HOST_IP"),
        ("${HOST_IP:-10.0.0.1}", "${HOST_IP:-10.0.0.1}"),
        ('"${HOST_IP}"', "${HOST_IP}"),
    ],
)
def test_what_the_shell_computes_is_noted(value: str, unknown: str) -> None:
    got = run("sh", "-c", f"exec {SERVER} --advertise-address={value} --v=2")
    assert [argument.flag for argument in got.server.arguments] == ["advertise-address", "v"]
    assert [argument.unknown for argument in got.server.arguments] == [unknown, ""]
    assert got.rules == ["KASC-INPUT-005"]
    assert got.cut(got.problems[0].location) == unknown


def test_a_variable_that_may_hold_flags_is_not_refused() -> None:
    got = run("sh", "-c", f"exec {SERVER} $ARGS --v=2")
    assert got.flags == [("v", "2")]
    assert got.rules == ["KASC-INPUT-005"]


def test_an_escaped_variable_is_text() -> None:
    got = run("sh", "-c", f"{SERVER} --etcd-prefix='$A' --cert-dir=\\$A --external-hostname=\"\\$A\"")
    assert [text for _, text in got.flags] == ["$A", "$A", "$A"]
    assert got.problems == []


@pytest.mark.parametrize(
    "command",
    [
        ["sh", "/start.sh", "--v=2"],
        ["sh", "-c"],
        ["sh"],
        ["sh", "-c", "exec etcd --v=2"],
        ["sh", "-e", "kube-apiserver"],
        ["sh", "-c", "/start-kube-apiserver-and-wait.sh"],
    ],
)
def test_a_script_that_is_not_to_be_seen(command: list[str]) -> None:
    got = run(*command)
    assert got.given is None
    assert got.rules == ["KASC-INPUT-003"]


def test_a_quote_that_does_not_end() -> None:
    got = run("sh", "-c", f"exec {SERVER} --v=2 --etcd-prefix='a")
    assert got.given is None
    assert got.rules == ["KASC-INPUT-002"]
    assert got.cut(got.problems[0].location) == "'"


def test_places_in_a_script() -> None:
    text = """\
kind: Pod
spec:
  containers:
  - image: registry.k8s.io/kube-apiserver:v1.36.0
    command: [/bin/sh, -c]
    args:
    - |
      set -e
      exec kube-apiserver \\
        --etcd-servers=http://a,http://b \\
        --authorization-mode "RBAC,'Node'" --v=3
"""
    got = read(text)
    assert got.written == [
        ("--etcd-servers", "http://a,http://b"),
        ("--authorization-mode", "\"RBAC,'Node'\""),
        ("--v", "3"),
    ]
    modes = got.server.arguments[1]
    assert got.cut(modes.part(5, 11)) == "'Node'"


OLD_MANIFEST = """apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver}
spec:
  hostNetwork: true
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:0123456789abcdef
    command:
    - /bin/sh
    - -c
    - /usr/local/bin/kube-apiserver --address=127.0.0.1 --etcd-servers=http://127.0.0.1:4001
      --cloud-provider=gce   --admission-control=NamespaceLifecycle,LimitRanger
      --tls-cert-file=/srv/kubernetes/server.cert
      --secure-port=443 --v=2  --allow-privileged=False 1>>/var/log/kube-apiserver.log 2>&1
    ports:
    - {containerPort: 443, hostPort: 443, name: https}
"""


def test_a_manifest_with_a_shell_and_a_folded_command() -> None:
    got = read(OLD_MANIFEST)
    assert got.flags[0] == ("address", "127.0.0.1")
    assert got.flags[-1] == ("allow-privileged", "False")
    assert ("secure-port", "443") in got.flags
    assert len(got.flags) == 8
    assert [value for _, value in got.written] == [text for _, text in got.flags]
