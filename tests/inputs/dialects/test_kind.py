"""Clusters of kind: the documents that it writes for kubeadm, its patches, what it refuses and ignores."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import resolve
from compiler.diagnostics import KascError
from compiler.inputs.dialects.kubeadm.patches import Room, apply, copied, merge
from compiler.inputs.source.node import Node, Source
from compiler.inputs.source.yaml import parse_yaml
from tests.inputs.dialects import pairs, predicted_and_real
from tests.inputs.dialects.reading import at, examined, mutated, read

SAMPLE = Path("samples/dialects/kind.yaml").read_text()
HEADER = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
NODES = "nodes: [{role: control-plane, image: 'kindest/node:v1.%d.2@sha256:00'}]\n"


def patches(*texts: str, minor: int = 36) -> str:
    """Return a cluster with merge patches as literal blocks."""
    lines = "".join("- |\n" + "".join(f"  {line}\n" for line in text.splitlines()) for text in texts)
    return f"{HEADER}{NODES % minor}kubeadmConfigPatches:\n{lines}"


def json_patch(operations: str, minor: int = 36, version: str = "v1beta4") -> str:
    return (
        f"{HEADER}{NODES % minor}kubeadmConfigPatchesJSON6902:\n"
        f"- {{group: kubeadm.k8s.io, version: {version}, kind: ClusterConfiguration, patch: '{operations}'}}\n"
    )


@pytest.mark.parametrize("pair", pairs("kubeadm-wrapped", prefix="kind"), ids=lambda pair: pair["id"])
def test_recorded(pair: dict[str, Any], tmp_path: Path) -> None:
    predicted, real = predicted_and_real(pair, tmp_path)
    assert predicted == real


def test_the_sample_is_accepted_without_findings() -> None:
    reading = read(SAMPLE, "kubeadm", address="172.18.0.2")
    assert reading.problems == []
    assert reading.server.name == "audit"
    assert resolve("samples/dialects/kind.yaml").report.outcome == "accept"


def test_flags_that_kind_sets() -> None:
    reading = read(f"{HEADER}{NODES % 36}", "kubeadm")
    assert [(each.flag, each.text) for each in reading.server.arguments if each.origin == "kind"] == [
        ("service-cluster-ip-range", "10.96.0.0/16"),
        ("runtime-config", ""),
    ]
    assert reading.server.version == "1.36.2"


def test_feature_gates_and_runtime_config_are_those_of_the_user() -> None:
    text = f"{HEADER}{NODES % 35}featureGates: {{B: false, A: true}}\nruntimeConfig: {{api/beta: true}}\n"
    reading = read(text, "kubeadm")
    gates = reading.argument("feature-gates")
    assert (gates.text, gates.origin) == ("A=true,B=false", "")
    assert gates.part(0, 6) == at(text, "A: true")
    assert reading.values("runtime-config") == ["api/beta=true"]
    assert reading.words[-2:] == ["--feature-gates=A=true,B=false", "--runtime-config=api/beta=true"]


@pytest.mark.parametrize(
    ("family", "services", "etcd"),
    [
        ("ipv4", "10.96.0.0/16", "https://127.0.0.1:2379"),
        ("ipv6", "fd00:10:96::/112", "https://[::1]:2379"),
        ("dual", "10.96.0.0/16,fd00:10:96::/112", "https://127.0.0.1:2379"),
    ],
)
def test_ip_families(family: str, services: str, etcd: str) -> None:
    reading = read(f"{HEADER}{NODES % 36}networking: {{ipFamily: {family}}}\n", "kubeadm")
    assert reading.values("service-cluster-ip-range") == [services]
    assert reading.values("etcd-servers") == [etcd]


def test_positions_inside_patches() -> None:
    text = patches("kind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - name: v\n    value: '7'\n  typo: 1")
    reading = read(text, "kubeadm")
    argument = reading.argument("v")
    assert argument.location == at(text, "7")
    assert argument.name_location == at(text, "name: v")._replace(column=at(text, "name: v").column + 6)
    assert argument.path == "kubeadmConfigPatches[0].apiServer.extraArgs[0].value"
    (typo,) = [each for each in reading.problems if each.code == "KASC-DIST-002"]
    assert typo.location == at(text, "typo")


@pytest.mark.parametrize(
    "item",
    [
        r'"kind: ClusterConfiguration\napiServer: {extraArgs: {v: x1}}"',
        r'"\ufeffkind: ClusterConfiguration\napiServer: {extraArgs: {v: x1}}"',
        "'{kind: ClusterConfiguration, apiServer: {extraArgs: {v: x1}}}'",
        "{kind: ClusterConfiguration, apiServer: {extraArgs: {v: x1}}}",
        "|-\n  kind: ClusterConfiguration\n  apiServer: {extraArgs: {v: x1}}",
        ">\n  kind: ClusterConfiguration\n\n  apiServer: {extraArgs:\n  {v: x1}}",
    ],
)
def test_values_have_places_in_any_string(item: str) -> None:
    text = f"{HEADER}{NODES % 36}kubeadmConfigPatches:\n- {item}\n"
    if item.startswith("{"):
        text = text.replace(item, json.dumps(item))
    assert read(text, "kubeadm").argument("v").location == at(text, "x1")


def test_a_string_with_carriage_returns_is_one_place() -> None:
    patch = r'"kind: ClusterConfiguration\r\napiServer: {extraArgs: {v: x1}}"'
    text = f"{HEADER}{NODES % 36}kubeadmConfigPatches: [{patch}]\n"
    argument = read(text, "kubeadm").argument("v")
    assert argument.location == argument.part(0, 1) == at(text, patch)


def test_lists_merge_by_name() -> None:
    text = patches(
        "kind: ClusterConfiguration\n"
        "apiServer: {extraArgs: [{name: runtime-config, value: api/all=true}, {name: v, value: '1'}]}",
        "kind: ClusterConfiguration\n"
        "apiServer: {extraArgs: [{name: v}, {name: v, value: '2'}, {name: w, value: null}]}",
    )
    reading = read(text, "kubeadm")
    assert reading.words[-2:] == ["--runtime-config=api/all=true", "--v=2"]
    assert reading.messages("2") == ['kind keeps only the last value of "v", which this patch repeats']


def test_merging_removes_the_first_of_a_name() -> None:
    """Repeated names come from JSON patches, which kind applies before the patches of a node."""
    added = ", ".join(
        f'{{op: add, path: /apiServer/extraArgs/-, value: {{name: v, value: "{value}"}}}}' for value in (1, 2)
    )
    text = f"""{HEADER}nodes:
- role: control-plane
  image: kindest/node:v1.36.2
  kubeadmConfigPatches:
  - "{{kind: ClusterConfiguration, apiServer: {{extraArgs: [{{name: v, value: null}}, {{name: runtime-config}}]}}}}"
kubeadmConfigPatchesJSON6902:
- {{group: kubeadm.k8s.io, version: v1beta4, kind: ClusterConfiguration, patch: '[{added}]'}}
"""
    reading = read(text, "kubeadm")
    assert reading.values("v") == ["2"]
    assert reading.values("runtime-config") == []


def test_the_number_of_patches_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compiler.inputs.dialects.kubeadm.kind_patches.MAX_PATCHES", 2)
    assert patched("kind: A", "kind: B\n---\nkind: C") == "the cluster has more than 2 patches"
    assert patched("kind: A", "kind: B") == ""


def patched(*parts: str) -> str:
    try:
        read(patches(*parts), "kubeadm")
    except KascError as error:
        return error.diagnostic.message
    return ""


def test_maps_merge_for_older_versions() -> None:
    text = patches(
        "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n"
        "apiServer: {extraArgs: {v: '1', runtime-config: null}}",
        "kind: ClusterConfiguration\napiServer: {extraArgs: {v: '2'}}\n---\nkind: InitConfiguration\n"
        "localAPIEndpoint: {bindPort: 7443}",
        minor=35,
    )
    reading = read(text, "kubeadm")
    assert reading.values("v") == ["2"]
    assert reading.values("runtime-config") == []
    assert reading.values("secure-port") == ["7443"]
    assert reading.messages("1", "2") == []


def test_a_list_replaces_a_map_which_kubeadm_refuses() -> None:
    text = patches("kind: ClusterConfiguration\napiServer: {extraArgs: [{name: v, value: '1'}]}", minor=35)
    assert read(text, "kubeadm").messages() == ["extraArgs is a list, not a mapping: kubeadm cannot read the file"]


@pytest.mark.parametrize(
    ("patch", "minor", "message"),
    [
        ("apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration", 36, "kind ignores this patch of"),
        ("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration", 35, "kind ignores this patch of"),
        ("kind: ClusterConfig", 36, 'kind ignores a patch of the kind "ClusterConfig": it writes no such document'),
        (
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer: {extraArgs: {v: '4'}}",
            36,
            "kind ignores extraArgs of this patch: kubeadm.k8s.io/v1beta4 has a list of name and value",
        ),
        ("kind: ClusterConfiguration\napiServer: {extraArgs: [{nam: v}]}", 36, "kind ignores an entry of extraArgs"),
        ("kind: KubeletConfiguration\nnope: 1", 36, 'kubeadm ignores the unknown field "nope"'),
        ("kind: ClusterConfiguration\nmetadata: {name: other}", 36, 'kubeadm ignores the unknown field "metadata"'),
    ],
)
def test_ignored_patches(patch: str, minor: int, message: str) -> None:
    found = read(patches(patch, minor=minor), "kubeadm").messages("2")
    assert len(found) == 1
    assert found[0].startswith(message)


def test_metadata_of_old_patches_is_removed() -> None:
    text = patches("kind: ClusterConfiguration\nmetadata: {name: config}\napiServer: {certSANs: [a.example.com]}")
    assert read(text, "kubeadm").messages("1", "2") == []


def test_patches_of_nodes() -> None:
    patch = "kubeadmConfigPatches: ['kind: ClusterConfiguration\n\n    apiServer: {extraArgs: {v: \"%s\"}}']"
    text = (
        f"{HEADER}nodes:\n- role: worker\n  {patch % 8}\n"
        f"- role: control-plane\n  image: kindest/node:v1.36.2\n  {patch % 9}\n"
        f"- role: control-plane\n  {patch % 7}\n"
    )
    reading = read(text, "kubeadm")
    assert reading.values("v") == ["9"]
    assert (
        reading.messages("2")
        == ["kubeadm ignores ClusterConfiguration on this node: it only counts where kubeadm init runs"] * 2
    )


def test_json_patches() -> None:
    text = json_patch(
        '[{"op": "add", "path": "/apiServer/extraArgs/-", "value": {"name": "tls-sni-cert-key", "value": "a,b"}},'
        ' {"op": "add", "path": "/apiServer/extraArgs/0", "value": {"name": "tls-sni-cert-key", "value": "c,d"}}]'
    )
    assert read(text, "kubeadm").values("tls-sni-cert-key") == ["c,d", "a,b"]
    ignored = json_patch("[]", version="v1beta3")
    assert read(ignored, "kubeadm").messages("2")[0].startswith("kind ignores this patch of")


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ('[{"op": "remove", "path": "/nope"}]', "there is no /nope"),
        ('[{"op": "add", "path": "/clusterName/a", "value": 1}]', "there is no mapping or list at /clusterName"),
        ('[{"op": "replace", "path": "/apiServer/certSANs/7", "value": a}]', "there is no item 7 in the list"),
        ('[{"op": "replace", "path": "/apiServer/certSANs/x", "value": a}]', '"x" is not an index of a list'),
        ('[{"op": "test", "path": "/clusterName", "value": a}]', 'the test of "/clusterName" fails'),
        ('[{"op": "patch", "path": ""}]', '"patch" is not an operation'),
        ('[{"op": "add"}]', "an operation has no path"),
        ('[{"op": "add", "path": "a"}]', 'the path "a" does not start with /'),
        ("[a]", "an operation is not a mapping"),
        ("{a: b}", "it is not a list of operations"),
    ],
)
def test_refused_json_patches(operations: str, message: str) -> None:
    assert read(json_patch(operations), "kubeadm").messages() == [f"kind refuses the JSON patch: {message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: A\n", 'kind refuses the name "A"'),
        ("nodes: [{role: master}]\n", 'kind refuses the role "master"'),
        ("nodes: [{role: worker}]\n", "kind refuses a cluster without a control plane"),
        ("nodes: [{imag: x}]\n", 'kind refuses the unknown field "imag"'),
        ("nodes: {}\n", "nodes is a mapping, not a list: kind cannot read the file"),
        ("networking: {ipFamily: IPv4}\n", 'kind refuses "IPv4" as ipFamily'),
        ("networking: {kubeProxyMode: x}\n", 'kind refuses "x" as kubeProxyMode'),
        ("networking: {serviceSubnet: fd00::/112}\n", 'kind refuses "fd00::/112": it is not a range of ipv4'),
        ("networking: {serviceSubnet: '10.0.0.0/16,fd00::/112'}\n", "kind refuses"),
        ("networking: {podSubnet: x, ipFamily: dual}\n", 'kind refuses "x": it is not a CIDR range'),
        ("kubeadmConfigPatches: [a]\n", "kind refuses a patch that is not a mapping"),
    ],
)
def test_refused_clusters(text: str, message: str) -> None:
    found = read(HEADER + text, "kubeadm").messages()
    assert [each for each in found if not each.startswith(message)] == []
    assert found
    assert examined(HEADER + text, "kubeadm").outcome == "reject"


def test_a_patch_that_is_not_well_formed_is_an_error_in_it() -> None:
    text = patches("kind: ClusterConfiguration\na: [b")
    (found,) = [each for each in read(text, "kubeadm").problems if each.severity == "error"]
    assert found.code == "KASC-DOC-004"
    assert found.location is not None
    assert found.location.line == text[: text.index("a: [b")].count("\n") + 1


def test_other_documents_of_the_file() -> None:
    reading = read(f"{HEADER}{NODES % 36}---\nkind: ConfigMap\napiVersion: v1\n", "kubeadm")
    assert reading.messages("2") == ["kind reads only the first document of a file"]
    assert read(f"kind: ConfigMap\napiVersion: v1\n---\n{HEADER}", "kubeadm").messages() == [
        'kind refuses "ConfigMap" of "v1" as first document'
    ]


def node(text: str) -> Node:
    return parse_yaml(Source("x", text), [])


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ("{a: b}", "{a: c}", {"a": "c"}),
        ("{a: b}", "{b: c}", {"a": "b", "b": "c"}),
        ("{a: b}", "{a: null}", {}),
        ("{a: [b]}", "{a: c}", {"a": "c"}),
        ("{a: c}", "{a: [b]}", {"a": ["b"]}),
        ("{a: {b: c}}", "{a: {b: d, c: null}}", {"a": {"b": "d"}}),
        ("{a: [{b: c}]}", "{a: [1]}", {"a": [1]}),
        ("[a, b]", "[c, d]", ["c", "d"]),
        ("{a: foo}", "{b: {c: null, d: 1}}", {"a": "foo", "b": {"d": 1}}),
        ("{e: null}", "{a: 1}", {"e": None, "a": 1}),
        ("[1, 2]", "{a: b, c: null}", {"a": "b"}),
    ],
)
def test_merge_patches(target: str, patch: str, result: object) -> None:
    """RFC 7386, appendix A."""
    before = node(target)
    assert merge(copied(before), node(patch)).plain() == result
    assert before.plain() == node(target).plain()


@pytest.mark.parametrize(
    ("document", "operations", "result"),
    [
        ("{foo: bar}", '[{"op": "add", "path": "/baz", "value": "qux"}]', {"baz": "qux", "foo": "bar"}),
        ("{foo: [a, b]}", '[{"op": "add", "path": "/foo/1", "value": "x"}]', {"foo": ["a", "x", "b"]}),
        ("{a: b, c: d}", '[{"op": "remove", "path": "/c"}]', {"a": "b"}),
        ("{a: [b, c]}", '[{"op": "remove", "path": "/a/-1"}]', {"a": ["b"]}),
        ("{a: b}", '[{"op": "replace", "path": "/a", "value": [1]}]', {"a": [1]}),
        ("{a: {b: c}, d: {}}", '[{"op": "move", "from": "/a/b", "path": "/d/e"}]', {"a": {}, "d": {"e": "c"}}),
        (
            "{a: [1]}",
            '[{"op": "copy", "from": "/a", "path": "/b"}, {"op": "add", "path": "/b/-", "value": 2}]',
            {"a": [1], "b": [1, 2]},
        ),
        (
            "{/: 9, ~1: 10}",
            '[{"op": "test", "path": "/~01", "value": 10}, {"op": "remove", "path": "/~1"}]',
            {"~1": 10},
        ),
        ("{a: [b, c]}", '[{"op": "add", "path": "/a/-1", "value": d}]', {"a": ["b", "c", "d"]}),
        ("{a: b}", '[{"op": "add", "path": "", "value": 1}]', 1),
        ("{a: b}", "null", {"a": "b"}),
    ],
)
def test_json_operations(document: str, operations: str, result: object) -> None:
    """RFC 6902, appendix A."""
    assert apply(copied(node(document)), node(operations), Room()).plain() == result


def test_copies_of_copies_are_bounded() -> None:
    operations = ", ".join(f'{{"op": "copy", "from": "", "path": "/a{index}"}}' for index in range(60))
    with pytest.raises(KascError, match="more than 200000 values"):
        apply(copied(node("{a: b}")), node(f"[{operations}]"), Room())
    deep = "[" + ", ".join('{"op": "copy", "from": "/a", "path": "/a/a"}' for _ in range(400)) + "]"
    with pytest.raises(KascError, match="nested deeper"):
        apply(copied(node("{a: {}}")), node(deep), Room())


@given(st.integers(0, 2**32))
def test_mutated_samples(seed: int) -> None:
    examined(mutated(SAMPLE, seed), "kubeadm")


@given(st.text(alphabet="akv:{}[]-\n \"'#&*|>~1/é", max_size=60), st.sampled_from((35, 36)))
def test_any_patch(text: str, minor: int) -> None:
    with contextlib.suppress(KascError):
        read(patches("kind: ClusterConfiguration\n" + text, text, minor=minor), "kubeadm")
