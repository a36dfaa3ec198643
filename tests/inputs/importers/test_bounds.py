"""Variables and command lines that grow without end are refused where they do."""

from __future__ import annotations

import json
import time

import pytest

from compiler.bounds import MAX_ARGUMENT, MAX_EXPANDED, MAX_NODES
from compiler.inputs.importers.container import references
from tests.inputs.importers.reading import Read, read

IMAGE = "registry.k8s.io/kube-apiserver:v1.36.0"


def pod(env: dict[str, str], *command: str) -> str:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    container = {"name": "server", "image": IMAGE, "command": command, "env": variables}
    return json.dumps({"kind": "Pod", "spec": {"containers": [container]}}, indent=0)


def refused(got: Read, message: str) -> str:
    """What the only finding is about, after checking what it says."""
    (found,) = got.problems
    assert (got.given, found.code) == (None, "KASC-DOC-002")
    assert message in found.message
    return got.cut(found.location)


def doubled(reference: str) -> dict[str, str]:
    """Variables of which each is twice the one before it."""
    return {"A0": "x"} | {f"A{n}": reference.format(n - 1) * 2 for n in range(1, 60)}


def test_variables_of_a_pod_that_double_are_refused_where_they_grow_too_long() -> None:
    got = read(pod(doubled("$(A{})"), "kube-apiserver", "--etcd-prefix=$(A59)"))
    assert refused(got, f"longer than {MAX_ARGUMENT} characters") == '"$(A16)$(A16)"'


def test_variables_of_a_pod_that_expand_to_too_much_in_all_are_refused() -> None:
    flags = [f"--etcd-prefix=$(A){n}" for n in range(20)]
    got = read(pod({"A": "x" * 100_000}, "kube-apiserver", *flags))
    assert refused(got, f"more than {MAX_EXPANDED} characters") == '"--etcd-prefix=$(A)10"'
    assert read(pod({"A": "x" * 100_000}, "kube-apiserver", *flags[:10])).problems == []


@pytest.mark.parametrize(
    "command", ["{}\nkube-apiserver --etcd-prefix=$A59", '{}\nkube-apiserver --etcd-prefix="$A59"']
)
def test_variables_of_a_script_that_double_are_refused(command: str) -> None:
    assignments = "\n".join(f'{name}="{value}"' for name, value in doubled("$A{}").items())
    got = read(pod({}, "sh", "-c", command.format(assignments)))
    assert refused(got, f"longer than {MAX_ARGUMENT} characters") == 'A17=\\"$A16$A16'


def test_variables_of_an_environment_file_that_double_are_refused() -> None:
    assignments = "\n".join(f'{name}="--a={value}"' for name, value in doubled("$A{}").items())
    got = read(f"{assignments}\nkube-apiserver $A59\n", "flags")
    assert refused(got, "characters").startswith("A1")


def test_a_word_longer_than_linux_accepts_is_refused() -> None:
    start = time.process_time()
    got = read("--v=2 --etcd-prefix=" + "x" * 6_000_000, "flags")
    assert refused(got, f"longer than {MAX_ARGUMENT} characters").startswith("--etcd-prefix=xx")
    longest = read("--etcd-prefix=" + "x" * (MAX_ARGUMENT - 14), "flags")
    assert [len(text) for _, text in longest.flags] == [MAX_ARGUMENT - 14]
    assert time.process_time() - start < 2


@pytest.mark.parametrize("kind", ["flags", "argv"])
def test_a_command_line_of_too_many_words_is_refused(kind: str) -> None:
    assert refused(read("-\n" * (MAX_NODES + 1), kind), f"more than {MAX_NODES} words") == "-"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)$$(B)$(C)", ["$(A)", "$$", "$(C)"]),
        ("$(A$(B)$(C", ["$(A$(B)"]),
        ("$a$(B)$)$", ["$(B)"]),
        ("$(A$$", ["$$"]),
        ("$" * 3 + "(A)", ["$$", "$(A)"]),
    ],
)
def test_references_are_those_of_kubernetes(text: str, expected: list[str]) -> None:
    assert [text[found.start : found.end] for found in references(text)] == expected


def test_references_that_do_not_end_take_linear_time() -> None:
    start = time.process_time()
    assert not list(references("$(A" * 1_000_000))
    assert time.process_time() - start < 2


def document(plugins: list[str]) -> str:
    return json.dumps({"kind": "APIServer", "apiVersion": "kasc/v1", "admission": {"enableAdmissionPlugins": plugins}})


@pytest.mark.parametrize("kind", ["flags", "argv", "document"])
def test_a_list_that_no_argument_can_hold_is_refused(kind: str) -> None:
    plugins = [f"P{number}" for number in range(MAX_ARGUMENT // 5)]
    line = f"--enable-admission-plugins={','.join(plugins)}\n"
    got = read(document(plugins) if kind == "document" else line, kind)
    (found,) = [each for each in got.problems if each.severity == "error"]
    assert (got.given, found.code) == (None, "KASC-DOC-002")
    assert f"longer than {MAX_ARGUMENT} characters" in found.message
