"""The section `deployment`: what Kubernetes would refuse is refused with its place; everything else is a sound Pod."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.artifacts.pod import static_pod
from compiler.review.examine import examine
from tests.artifacts.compiling import HOST, as_text, document, refused, resolve
from tests.artifacts.test_pod import check

VOLUME = {"name": "a", "hostPath": "/a", "mountPath": "/a"}
REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "Upper"}, "DEPLOY-001", "name"),
    ({"name": "a" * 254}, "DEPLOY-001", "name"),
    ({"name": "a\n"}, "DEPLOY-001", "name"),
    ({"namespace": "a.b"}, "DEPLOY-001", "namespace"),
    ({"namespace": ""}, "DEPLOY-001", "namespace"),
    ({"priorityClassName": "a/b"}, "DEPLOY-001", "priorityClassName"),
    ({"image": ""}, "DEPLOY-001", "image"),
    ({"image": "a b"}, "DEPLOY-001", "image"),
    ({"image": "a\ncommand: [sh]"}, "DEPLOY-001", "image"),
    ({"labels": {"-a": "b"}}, "DEPLOY-001", "labels.-a"),
    ({"labels": {"a/b/c": "b"}}, "DEPLOY-001", "labels.a/b/c"),
    ({"labels": {"A_B/c": "b"}}, "DEPLOY-001", "labels.A_B/c"),
    ({"labels": {"a": "b c"}}, "DEPLOY-001", "labels.a"),
    ({"labels": {"a": "b" * 64}}, "DEPLOY-001", "labels.a"),
    ({"labels": {"a": "-"}}, "DEPLOY-001", "labels.a"),
    ({"labels": {"a": 1}}, "SCHEMA-002", "labels.a"),
    ({"annotations": {"a b": "c"}}, "DEPLOY-001", "annotations.a b"),
    ({"annotations": {"a": "b" * 262144}}, "DEPLOY-001", "annotations"),
    ({"env": [{"name": "A=B", "value": ""}]}, "DEPLOY-001", "env[0].name"),
    ({"env": [{"name": "", "value": ""}]}, "DEPLOY-001", "env[0].name"),
    ({"env": [{"name": "A"}]}, "SCHEMA-006", "env[0]"),
    ({"env": [{"name": "A", "value": "", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}]}, "SCHEMA-006", "env[0]"),
    ({"env": [{"name": "A", "valueFrom": {}}]}, "SCHEMA-006", "env[0].valueFrom"),
    ({"env": [{"name": "A", "valueFrom": {"fieldRef": {}}}]}, "SCHEMA-003", "env[0].valueFrom.fieldRef"),
    ({"placeholders": [""]}, "SCHEMA-005", "placeholders[0]"),
    ({"resources": {"limits": {"cpu": "a"}}}, "DEPLOY-002", "resources.limits.cpu"),
    ({"resources": {"limits": {"memory": "1K"}}}, "DEPLOY-002", "resources.limits.memory"),
    ({"resources": {"limits": {"cpu": -1}}}, "DEPLOY-002", "resources.limits.cpu"),
    ({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}, "DEPLOY-002", "resources.limits.cpu"),
    ({"resources": {"limits": {"gpu": "1"}}}, "DEPLOY-001", "resources.limits.gpu"),
    ({"resources": {"claims": []}}, "SCHEMA-001", "resources.claims"),
    ({"terminationGracePeriodSeconds": -1}, "SCHEMA-006", "terminationGracePeriodSeconds"),
    ({"terminationGracePeriodSeconds": 2**63}, "SCHEMA-006", "terminationGracePeriodSeconds"),
    ({"imagePullPolicy": "Sometimes"}, "SCHEMA-004", "imagePullPolicy"),
    ({"hostNetwork": "yes"}, "SCHEMA-002", "hostNetwork"),
    ({"securityContext": {"privileged": True}}, "SCHEMA-001", "securityContext.privileged"),
    ({"securityContext": {"runAsUser": "root"}}, "SCHEMA-002", "securityContext.runAsUser"),
    ({"securityContext": {"runAsUser": 2**31}}, "SCHEMA-006", "securityContext.runAsUser"),
    ({"extraVolumes": [VOLUME | {"name": "a.b"}]}, "DEPLOY-001", "extraVolumes[0].name"),
    ({"extraVolumes": [VOLUME | {"mountPath": "/"}]}, "DEPLOY-004", "extraVolumes[0].mountPath"),
    ({"extraVolumes": [VOLUME | {"mountPath": "//"}]}, "DEPLOY-004", "extraVolumes[0].mountPath"),
    ({"extraVolumes": [VOLUME | {"mountPath": "a"}]}, "DEPLOY-004", "extraVolumes[0].mountPath"),
    ({"extraVolumes": [VOLUME | {"mountPath": "/a:b"}]}, "DEPLOY-004", "extraVolumes[0].mountPath"),
    ({"extraVolumes": [VOLUME | {"hostPath": "/"}]}, "DEPLOY-004", "extraVolumes[0].hostPath"),
    ({"extraVolumes": [VOLUME | {"hostPath": "/a/../../b"}]}, "DEPLOY-004", "extraVolumes[0].hostPath"),
    ({"extraVolumes": [VOLUME | {"hostPath": "/a\nb"}]}, "DEPLOY-004", "extraVolumes[0].hostPath"),
    ({"extraVolumes": [VOLUME | {"pathType": "directory"}]}, "SCHEMA-004", "extraVolumes[0].pathType"),
    ({"extraVolumes": [VOLUME, VOLUME | {"mountPath": "/b"}]}, "DEPLOY-003", "extraVolumes[1].name"),
    ({"extraVolumes": [VOLUME, VOLUME | {"name": "b", "mountPath": "/a/"}]}, "DEPLOY-003", "extraVolumes[1].mountPath"),
]


@pytest.mark.parametrize(("deployment", "rule", "path"), REFUSED, ids=lambda value: ascii(value)[:40])
def test_refused(deployment: dict[str, Any], rule: str, path: str, tmp_path: Path) -> None:
    assert refused(document(deployment=deployment), tmp_path) == [(f"KASC-{rule}", f"deployment.{path}")]


def test_all_problems_at_once(tmp_path: Path) -> None:
    wrong = {"name": "A", "labels": {"a": "b c"}, "extraVolumes": [VOLUME | {"name": "_", "mountPath": "/"}]}
    paths = [path for _, path in refused(document(deployment=wrong), tmp_path)]
    assert paths == [
        "deployment.name",
        "deployment.labels.a",
        "deployment.extraVolumes[0].name",
        "deployment.extraVolumes[0].mountPath",
    ]


SOUND = st.sampled_from(["kube-apiserver", "pki", "a", "b-1"])
NAMES = st.one_of(*[SOUND] * 8, st.text("aA0-._/ \n:$", max_size=8))
PLACES = st.sampled_from(["/pki", "/pki/sub", "/var/run/kubernetes", "/var/run", "/a b"])
PATHS = st.one_of(*[PLACES] * 8, st.text("/a.:\n ", max_size=6))
DEPLOYMENTS = st.fixed_dictionaries(
    {},
    optional={
        "image": NAMES,
        "name": NAMES,
        "namespace": NAMES,
        "labels": st.dictionaries(NAMES, NAMES, max_size=2),
        "annotations": st.dictionaries(NAMES, NAMES, max_size=2),
        "hostNetwork": st.booleans(),
        "terminationGracePeriodSeconds": st.integers(-1, 2**64),
        "resources": st.dictionaries(
            st.sampled_from(["requests", "limits"]),
            st.dictionaries(
                st.sampled_from(["cpu", "memory", "example.com/gpu", "a b"]),
                st.integers(-1, 3) | st.floats(0, 3) | st.sampled_from(["1", "500m", "1Gi", "1K", "", "1e3"]),
                max_size=2,
            ),
        ),
        "extraVolumes": st.lists(
            st.fixed_dictionaries({"name": NAMES, "hostPath": PATHS, "mountPath": PATHS}), max_size=2
        ),
        "env": st.lists(st.fixed_dictionaries({"name": NAMES, "value": NAMES}), max_size=2),
    },
)


@given(DEPLOYMENTS)
@settings(max_examples=80, deadline=None)
def test_what_is_accepted_is_a_sound_pod(deployment: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "a.json"
        path.write_text(as_text(document(deployment=deployment)))
        found = examine(str(path))
        if not found.report.rejected:
            check(static_pod(resolve(document(deployment=deployment), Path(scratch), HOST)), "1.36")
