"""Pods that Kubernetes refuses; the rules and messages are those of its own validation."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from time import process_time
from typing import Any

import kubernetes_validate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.upstream.catalog.facts import versions
from tests.inputs.pods.writing import findings, pod, report_of
from tools.generate.pods import PATH, build


def test_the_fields_are_those_of_the_published_schemas() -> None:
    with open(PATH, encoding="utf-8") as file:
        assert file.read() == build()


@pytest.mark.parametrize("version", versions())
def test_a_sound_pod(version: str, tmp_path: Path) -> None:
    assert findings(tmp_path, pod(), "POD", version=version) == []


GOOD = pod()


def changed(path: str, value: Any) -> dict[str, Any]:
    """A sound Pod with one value set, or removed if it is `...`; `+` at the end of the path appends to a list."""
    whole: Any = copy.deepcopy(GOOD)
    inner = whole
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        inner = inner[step] if isinstance(inner, list) else inner.setdefault(step, {})
    if value is ...:
        del inner[last]
    elif last == "+":
        inner.append(value)
    else:
        inner[last] = value
    return whole


C = "spec/containers/0"
VOLUMES, MOUNTS = "spec/volumes", f"{C}/volumeMounts"


@pytest.mark.parametrize(
    ("path", "value", "code", "said"),
    [
        (f"{MOUNTS}/0/readOlny", True, "POD-010", "readOnly"),
        (f"{MOUNTS}/0/readonly", True, "POD-010", "readOnly"),
        ("spec/hostnetwork", True, "POD-010", "hostNetwork"),
        ("hostNetwork", True, "POD-010", "move it: hostNetwork is a field of PodSpec"),
        (f"{C}/hostNetwork", True, "POD-010", "PodSpec"),
        ("metadata/label", {"a": "b"}, "POD-010", "labels"),
        (f"{C}/livenessProbe", {"httpGet": {"path": "/livez", "port": 6443, "schema": "HTTPS"}}, "POD-010", "scheme"),
        (f"{MOUNTS}/0", {"name": "pki", "mountpath": "/pki"}, "POD-010", "mountPath"),
        (f"{C}/env", {"A": "b"}, "POD-011", "is a mapping, not a list"),
        (f"{C}/env", [{"name": "A", "value": 5}], "POD-011", "is a number, not a string quote it"),
        (f"{C}/env", [{"name": "A", "value": True}], "POD-011", "is a boolean, not a string quote it"),
        ("metadata/namespace", 5, "POD-011", 'quote it: "5"'),
        ("metadata/labels", {"a": True}, "POD-011", "not a string"),
        ("metadata/labels", {"a": 5}, "POD-011", "not a string"),
        ("metadata/annotations", {"a": 1.5}, "POD-011", "not a string"),
        (f"{MOUNTS}/0/readOnly", "true", "POD-011", "write true without quotes"),
        (f"{C}/ports", [{"containerPort": "6443"}], "POD-011", "write 6443 without quotes"),
        (f"{C}/ports", [{"containerPort": 2**40}], "POD-011", "an integer out of range"),
        (f"{C}/readinessProbe", {"tcpSocket": {"port": 1}, "periodSeconds": 1.5}, "POD-011", "is not an integer"),
        (VOLUMES, {}, "POD-011", "not a list"),
        ("metadata/name", ..., "POD-012", "metadata.name"),
        (f"{C}/name", ..., "POD-012", "spec.containers[0].name"),
        (f"{C}/image", ..., "POD-012", "spec.containers[0].image"),
        (f"{VOLUMES}/+", {"hostPath": {"path": "/a"}}, "POD-012", "spec.volumes[1].name"),
        (f"{VOLUMES}/+", {"name": "a", "hostPath": {}}, "POD-012", "spec.volumes[1].hostPath.path"),
        (f"{MOUNTS}/+", {"name": "pki"}, "POD-012", "volumeMounts[1].mountPath"),
        (f"{MOUNTS}/+", {"mountPath": "/a"}, "POD-012", "volumeMounts[1].name"),
        (f"{MOUNTS}/+", {"name": "pki", "mountPath": ""}, "POD-012", "required field is empty"),
        (f"{C}/imagePullPolicy", "ifNotPresent", "POD-013", "did you mean IfNotPresent"),
        ("spec/restartPolicy", "Sometimes", "POD-013", "Always, OnFailure, Never"),
        ("spec/dnsPolicy", "Cluster", "POD-013", "dnsPolicy"),
        (f"{VOLUMES}/0/hostPath/type", "Dir", "POD-013", "DirectoryOrCreate"),
        (f"{C}/livenessProbe", {"httpGet": {"port": 1, "scheme": "https"}}, "POD-013", "HTTPS"),
        (f"{C}/ports", [{"containerPort": 1, "protocol": "tcp"}], "POD-013", "TCP"),
        ("metadata/name", "Kube_APIServer", "POD-014", "is not a valid Pod name"),
        ("metadata/namespace", "a.b", "POD-014", "is not a valid namespace"),
        ("metadata/labels", {"a": "b c"}, "POD-014", "label value"),
        ("metadata/labels", {"a b": "c"}, "POD-014", "label key"),
        (f"{C}/name", "API", "POD-014", "container name"),
        (f"{C}/image", " kube-apiserver:v1.36.0", "POD-014", "white space"),
        (f"{VOLUMES}/+", {"name": "A_b"}, "POD-014", "is not a valid volume name"),
        (f"{VOLUMES}/+", {"name": "a", "hostPath": {"path": "/a/../b"}}, "POD-014", "contains '..' as a path element"),
        (f"{MOUNTS}/0/mountPath", "/pki:ro", "POD-014", "contains ':'"),
        (f"{MOUNTS}/0/subPath", "/a", "POD-014", "is not a relative path"),
        (f"{MOUNTS}/0/subPath", "a/../..", "POD-014", "contains '..'"),
        (f"{C}/ports", [{"containerPort": 70000}], "POD-014", "not between 1 and 65535"),
        (f"{C}/ports", [{"containerPort": 1, "name": "much-too-long-name"}], "POD-014", "at most 15"),
        (f"{C}/ports", [{"containerPort": 1, "hostPort": 2}], "POD-014", "must equal containerPort"),
        (f"{C}/livenessProbe", {"tcpSocket": {"port": "6443"}}, "POD-014", "write 6443 without quotes"),
        (f"{C}/livenessProbe", {"tcpSocket": {"port": 1}, "successThreshold": 2}, "POD-014", "is not 1"),
        (f"{C}/livenessProbe", {"tcpSocket": {"port": 1}, "periodSeconds": -1}, "POD-014", "negative"),
        (f"{C}/resources", {"requests": {"cpu": "1 core"}}, "POD-014", "1 core"),
        (
            f"{C}/resources",
            {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}},
            "POD-014",
            "below the request",
        ),
        (f"{C}/env", [{"name": "A=B", "value": "c"}], "POD-014", "environment variable name"),
        (f"{VOLUMES}/+", {"name": "pki"}, "POD-015", 'duplicate volume name "pki", first at spec.volumes[0]'),
        (f"{MOUNTS}/+", {"name": "pki", "mountPath": "/pki"}, "POD-015", 'duplicate mount path "/pki"'),
        ("spec/containers/+", {"name": "kube-apiserver", "image": "a"}, "POD-015", "duplicate container"),
        (f"{C}/ports", [{"containerPort": 1}, {"containerPort": 1}], "POD-015", "duplicate host port 1"),
        (f"{MOUNTS}/+", {"name": "pkii", "mountPath": "/a"}, "POD-016", "did you mean pki"),
        (f"{MOUNTS}/+", {"name": "audit", "mountPath": "/a"}, "POD-016", "add a volume with this name"),
        (f"{VOLUMES}/+", {"name": "a", "emptyDir": {}, "hostPath": {"path": "/a"}}, "POD-017", "emptyDir and hostPath"),
        (f"{C}/livenessProbe", {}, "POD-017", "this one has none of"),
        (f"{C}/livenessProbe", {"tcpSocket": {"port": 1}, "grpc": {"port": 1}}, "POD-017", "tcpSocket and grpc"),
        (f"{C}/env", [{"name": "A", "valueFrom": {}}], "POD-017", "exactly one source"),
        ("apiVersion", "apps/v1", "POD-018", "write apiVersion: v1"),
        ("apiVersion", ..., "POD-018", "add apiVersion: v1"),
    ],
)
def test_what_is_refused(path: str, value: Any, code: str, said: str, tmp_path: Path) -> None:
    report = report_of(tmp_path, changed(path, value))
    found = [each for each in report.diagnostics if each.code.startswith("KASC-POD")]
    assert [each.code for each in found] == [f"KASC-{code}"]
    assert said in f"{found[0].message} {found[0].hint}"
    assert report.rejected
    assert found[0].location is not None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{C}/resources", {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": 2.5}}),
        (f"{C}/ports", [{"containerPort": 6443, "name": "https", "hostPort": 6443}]),
        (f"{VOLUMES}/+", {"name": "scratch"}),
        (f"{VOLUMES}/+", {"name": "a", "hostPath": {"path": "/a", "type": ""}}),
        ("metadata/creationTimestamp", None),
        ("status", {"anything": True}),
        ("metadata/annotations", {"Scheduler.alpha.kubernetes.io/critical-pod": ""}),
        (f"{C}/livenessProbe", {"httpGet": {"port": "https", "path": "/livez", "scheme": "HTTPS"}}),
        ("spec/terminationGracePeriodSeconds", 30.0),
        ("spec/initContainers", [{"name": "a", "image": "b", "command": None}]),
    ],
)
def test_what_is_taken(path: str, value: Any, tmp_path: Path) -> None:
    assert findings(tmp_path, changed(path, value), "POD") == []


def test_a_field_of_another_version(tmp_path: Path) -> None:
    manifest = changed("spec/hostnameOverride", "a")
    assert findings(tmp_path, manifest, "POD", version="1.34") == []
    (found,) = findings(tmp_path, manifest, "POD", version="1.33")
    assert found.endswith("in Kubernetes 1.33: it was added in 1.34")
    (found,) = findings(tmp_path, changed("spec/workloadRef", {"name": "a", "podGroup": "b"}), "POD", version="1.36")
    assert found.endswith("in Kubernetes 1.36: it was removed in 1.36")


def test_a_volume_without_a_name_may_be_the_one_that_a_mount_means(tmp_path: Path) -> None:
    manifest = changed(f"{MOUNTS}/+", {"name": "audit", "mountPath": "/a"})
    manifest["spec"]["volumes"].append({"hostPath": {"path": "/a"}})
    found = {each.code: each.hint for each in report_of(tmp_path, manifest).of("error")}
    assert found == {
        "KASC-POD-012": "set name",
        "KASC-POD-016": "set name: audit in spec.volumes[1], if it is this volume",
    }


def test_a_template_is_checked_with_its_workload(tmp_path: Path) -> None:
    spec = {
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": GOOD["spec"]},
    }
    good = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}
    assert findings(tmp_path, good, "POD") == []
    bad = copy.deepcopy(good)
    bad["spec"]["replica"] = 3  # type: ignore[index]
    bad["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][0]["name"] = "x"  # type: ignore[index]
    listed = {"apiVersion": "v1", "kind": "List", "items": [bad]}
    report = report_of(tmp_path, listed)
    paths = [each.path for each in report.diagnostics if each.code.startswith("KASC-POD")]
    assert paths == [
        "items[0].spec.replica",
        "items[0].spec.template.spec.containers[0].volumeMounts[0].name",
    ]


def test_an_excerpt_lacks_what_it_likes(tmp_path: Path) -> None:
    excerpt = f"spec:\n  containers:\n  - command: {json.dumps(GOOD['spec']['containers'][0]['command'])}\n"
    assert findings(tmp_path, excerpt, "POD", "RISK-1") == []


SCALARS = [
    # Plain scalar, and whether Kubernetes' parser makes a string of it.
    *((text, True) for text in ("2244E6801787", "1:30", "2001-01-01", "0o9", "a", "1_a", ".", "1.2.3", "nope")),
    *((text, False) for text in ("yes", "On", "y", "010", "1_000", "0x1F", "1e3", ".5", "12", "true", "0b11")),
]


@pytest.mark.parametrize(("text", "is_string"), SCALARS)
def test_the_scalars_of_a_pod_are_those_of_the_kubelets_parser(text: str, is_string: bool, tmp_path: Path) -> None:
    written = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  annotations:\n    key: {text}\n"
    written += f"spec: {json.dumps(GOOD['spec'])}\n"
    codes = [found.split()[0] for found in findings(tmp_path, written, "POD", "DOC")]
    assert codes == ([] if is_string else ["POD-011"])


OTHERS: list[Any] = [None, 5, 1.5, True, "a", "", [], {}, [None], [5], {"a": 5}, ["a"], [{"b": []}]]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A sound Pod in which some value somewhere is another one."""
    whole: Any = copy.deepcopy(GOOD)
    inner = whole
    for _ in range(draw(st.integers(1, 6))):
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(inner[key], dict | list) and draw(st.booleans()):
            inner = inner[key]
            continue
        inner[key] = draw(
            st.sampled_from([None, 5, 1.5, True, "a", "", [], {}, [None], [5], {"a": 5}, ["a"], [{"b": []}]])
        )
        break
    return whole


@given(mutated())
@settings(max_examples=60)
def test_what_the_published_schema_refuses_is_refused(tmp_path: Path, manifest: dict[str, Any]) -> None:
    """Never a traceback; and no Pod is taken that the published schema does not take."""
    report = report_of(tmp_path, manifest, version="1.36")
    if manifest.get("kind") != "Pod" or manifest.get("apiVersion") != "v1" or report.rejected:
        return
    kubernetes_validate.validate(manifest, "1.36", strict=True)


def test_an_infinity_is_no_value_of_json(tmp_path: Path) -> None:
    assert report_of(tmp_path, "apiVersion: v1\nkind: Pod\nmetadata: {name: .inf}\n" + SPEC_LINE).rejected


SPEC_LINE = f"spec: {json.dumps(GOOD['spec'])}\n"


def many(kind: str) -> dict[str, Any]:
    """A Pod with a great many faults of one kind."""
    numbers = range(3_000)
    if kind == "mounts":
        return pod(mounts=tuple({"name": f"v{number}", "mountPath": f"/m/{number}"} for number in numbers))
    if kind == "files":
        flags = [f"--service-account-key-file=/m/{number}/key" for number in numbers]
        mounts = tuple({"name": "pki", "mountPath": f"/m/{number}"} for number in numbers)
        return pod(*flags, mounts=mounts)
    if kind == "fields":
        return changed(f"{MOUNTS}/0", {f"mountPath{number}": "a" for number in numbers})
    return pod(volumes=tuple({"name": f"v-{number}", "hostPath": {"path": "/a/../b"}} for number in numbers))


@pytest.mark.parametrize("kind", ["mounts", "files", "fields", "volumes"])
def test_a_great_many_faults_take_seconds_at_most(kind: str, tmp_path: Path) -> None:
    manifest = many(kind)
    start = process_time()
    found = findings(tmp_path, manifest, "POD")
    assert process_time() - start < 3
    assert len(found) == (0 if kind == "files" else 100)
