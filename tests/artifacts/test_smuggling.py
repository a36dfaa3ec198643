"""No value of a document becomes a flag, a line or a structure of an artifact: what is read back is the value."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.apiserver.startup import Resolved
from compiler.artifacts import ARTIFACTS
from compiler.diagnostics import KascError
from compiler.review.examine import Settings, examine
from tests.artifacts.compiling import HOST, as_text, document, render

YAML = pytest.importorskip("ruamel.yaml").YAML

BREAKS = ["\n--secure-port=1", "\n", "\r", "\r\n", "\x00", "\x07", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u2029", "\t"]
PARTS = [
    "\ufeff", " ", "  ", "--", "--secure-port=1", " --secure-port=1", "=", ",", ";", ":", ": ", " #", "#", "- ", "? ",
    "'", '"', "'\"'\"'", "\\", "\\n", "\\\n", "{", "}", "[", "]", "&a", "*a", "!!python/object:os.system", "|", ">",
    "%", "%0a", "@", "`id`", "$", "$$", "$(HOME)", "$$(HOME)", "$(", "${HOME}", "{{ x }}", "{% x %}", "..", "../", "/",
    "~", "null", "true", "1", "0x1", "1:30", "2001-01-01", "\U0001f600", "é", "a", "b",
]  # fmt: skip
KEPT = st.lists(st.sampled_from(PARTS), max_size=5).map("".join) | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=12
)
HOSTILE = st.one_of(*[KEPT] * 15, st.lists(st.sampled_from(BREAKS + PARTS), max_size=4).map("".join))
# Options whose text nothing judges, of every shape in which a text comes.
TEXTS = (
    ("generic", "externalHostname"),
    ("etcd", "etcdPrefix"),
    ("etcd", "etcdCAFile"),
    ("auditing", "auditLogPath"),
    ("features", "debugSocketPath"),
    ("secureServing", "certDir"),
    ("misc", "kubeletCertificateAuthority"),
    ("auditing", "auditPolicyFile"),
)
LISTS = (
    ("authentication", "requestheaderAllowedNames"),
    ("authentication", "apiAudiences"),
    ("authentication", "serviceAccountKeyFile"),
    ("misc", "kubeletPreferredAddressTypes"),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    sections: dict[str, dict[str, Any]] = {}
    for section, key in draw(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3, unique=True)):
        sections.setdefault(section, {})[key] = draw(HOSTILE)
    for section, key in draw(st.lists(st.sampled_from(LISTS), max_size=2, unique=True)):
        sections.setdefault(section, {})[key] = draw(st.lists(HOSTILE, min_size=1, max_size=3))
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(["a.example.com", "a:b", "-x", " "]), max_size=2))
        pair = {"certFile": draw(HOSTILE), "keyFile": draw(HOSTILE), "names": names}
        sections.setdefault("secureServing", {})["tlsSNICertKey"] = [pair]
    if draw(st.booleans()):
        sections["deployment"] = {
            "annotations": {"a": draw(HOSTILE)},
            "env": [{"name": "HOME", "value": draw(HOSTILE)}],
            "image": draw(st.sampled_from(["a:v1", "$(HOME)/a", "'a'"])),
        }
    return document(**sections)


def compiled(content: dict[str, Any], folder: Path) -> tuple[Resolved, dict[str, str]] | None:
    """What a document becomes; None where it is refused, with a finding that says so."""
    path = folder / "apiserver.json"
    path.write_text(as_text(content))
    found = examine(str(path), Settings(host=HOST))
    if found.report.rejected or found.resolved is None:
        return None
    try:
        return found.resolved, render(found.resolved, list(ARTIFACTS))
    except KascError as error:
        if error.diagnostic.code not in ("KASC-EMIT-001", "KASC-EMIT-002"):
            raise
        return None


def expand(text: str, variables: dict[str, str]) -> str:
    """What Kubernetes makes of an argument: $$ is $, $(NAME) a variable that is known, everything else stays."""
    made, position = "", 0
    while position < len(text):
        if text[position] == "$" and position + 1 < len(text):
            following = text[position + 1]
            end = text.find(")", position + 2)
            if following == "$":
                made, position = made + "$", position + 2
                continue
            if following == "(" and end >= 0:
                name = text[position + 2 : end]
                made, position = made + variables.get(name, f"$({name})"), end + 1
                continue
        made, position = made + text[position], position + 1
    return made


def values(resolved: Resolved) -> dict[str, Any]:
    flags = resolved.context.flags
    return {name: flags.value(name) for name in flags.arguments}


@given(documents())
@settings(max_examples=60, deadline=None)
def test_artifacts_hold_the_values_and_nothing_else(content: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        found = compiled(content, Path(scratch))
        if found is not None:
            check(*found, content, Path(scratch))


def check(resolved: Resolved, files: dict[str, str], content: dict[str, Any], folder: Path) -> None:
    given_flags = set(resolved.context.flags.arguments)
    lines = files["kube-apiserver.flags"].split("\n")
    assert lines.pop() == ""
    assert {line.partition("=")[0].removeprefix("--") for line in lines} == given_flags
    for name, text in files.items():
        if name.endswith(".yaml"):
            assert isinstance(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), dict)
    pod = yaml.safe_load(files["kube-apiserver.yaml"])
    assert YAML(typ="safe", pure=True).load(files["kube-apiserver.yaml"]) == pod
    container = pod["spec"]["containers"][0]
    assert set(pod) == {"apiVersion", "kind", "metadata", "spec"}
    variables = {entry["name"]: entry["value"] for entry in container.get("env", ())}
    assert [expand(word, variables) for word in container["command"]] == ["kube-apiserver", *lines]
    deployment = content.get("deployment", {})
    assert container["image"] == deployment.get("image", "registry.k8s.io/kube-apiserver:v1.36.0")
    assert container.get("env", []) == deployment.get("env", [])
    assert pod["metadata"].get("annotations") == deployment.get("annotations")
    for name, read_as in (("kube-apiserver.flags", "argv"), ("kube-apiserver.yaml", "pod")):
        path = folder / name
        path.write_text(files[name], newline="\n")
        again = examine(str(path), Settings(read_as, "1.36", HOST)).resolved
        assert again is not None
        assert values(again) == values(resolved)


HOSTILE_VALUES = ["a\n--b=c", "a b", "a'b", 'a"b', "a\\", "a #b", "a: b", "$(HOME)", "$$HOME", "é", "`id`", "a\u2028b"]


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=ascii)
def test_each_hostile_value_is_refused_or_kept(value: str, tmp_path: Path) -> None:
    content = document(generic={"externalHostname": value}, authentication={"apiAudiences": [value, "b"]})
    found = compiled(content, tmp_path)
    assert (found is None) is any(letter in value for letter in "\n\u2028")
    if found is not None:
        check(*found, content, tmp_path)


def test_a_shell_reads_one_argument_a_line(tmp_path: Path) -> None:
    kept = [value for value in HOSTILE_VALUES if "\n" not in value and "\u2028" not in value]
    found = compiled(document(authentication={"apiAudiences": kept}, etcd={"etcdPrefix": kept[0]}), tmp_path)
    assert found is not None
    path = tmp_path / "kube-apiserver.flags"
    path.write_text(found[1]["kube-apiserver.flags"])
    script = 'mapfile -t words < "$1"; printf "%s\\0" "${words[@]}"'
    words = subprocess.run(["bash", "-c", script, "bash", path], capture_output=True, text=True, check=True).stdout
    assert words.split("\0")[:-1] == found[1]["kube-apiserver.flags"].splitlines()


def test_a_control_character_writes_no_artifact(tmp_path: Path) -> None:
    assert compiled(document(etcd={"etcdPrefix": "/a\x1bb"}), tmp_path) is None


@pytest.mark.parametrize("name", ["..", "/x", "../../x", "a/b", "", "a\nb"])
def test_a_file_that_the_document_carries_stays_in_its_folder(name: str, tmp_path: Path) -> None:
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}]}
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(document(auditing={"auditPolicyFile": {"path": f"/etc/kubernetes/{name}", "content": policy}}))
    )
    resolved = examine(str(path), Settings(host=HOST)).resolved
    assert resolved is not None
    (written,) = render(resolved, ["files"])
    assert written.startswith("files/")
    assert "/" not in written.removeprefix("files/")
    assert written.removeprefix("files/") not in ("", ".", "..")
    assert written.isprintable()
