"""Completion: what is offered at a place, and that the text with it is one that kasc accepts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.inputs.source import Files
from compiler.review.examine import examine
from tests.cli.lsp.editing import SAMPLES, applied, at
from tests.cli.lsp.test_diagnostics import BASE

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.choices import document_schema
from compiler.cli.lsp.completion import completion, resolve
from compiler.cli.lsp.cursor import cursor_at
from compiler.cli.lsp.session import DEFAULTS, Session
from compiler.inputs.source.node import Source
from compiler.upstream.catalog import catalog

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
  - name: kube-apiserver
    image: registry.k8s.io/kube-apiserver:v1.36.0
    command:
    - kube-apiserver
    - --etcd-servers=https://10.0.0.11:2379
"""
POLICY = "auditing: {auditPolicyFile: {content: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [¦]}}}\n"


def dialect(name: str, old: str, new: str) -> str:
    text = (SAMPLES / "dialects" / name).read_text()
    assert old in text
    return text.replace(old, new, 1)


def offered(name: str, text: str) -> dict[str, types.CompletionItem]:
    """The items at the mark; the document is well-formed without the line of the mark when it is opened."""
    path = Path("/nowhere") / name
    snapshot, position = at(path, text)
    if not snapshot.read_as:
        session = Session(DEFAULTS)
        lines = text.split("\n")
        session.put(str(path), "\n".join(line for line in lines if "¦" not in line))
        session.snapshot(str(path))
        session.put(str(path), text.replace("¦", ""))
        snapshot = session.snapshot(str(path))
    return {each.label: each for each in completion(snapshot, position)}


PLACES = {
    "a group": ("a.yaml", f"{BASE}gener¦", "generic"),
    "the first key of all": ("a.kasc.yaml", "¦", "apiVersion"),
    "a key": ("a.yaml", BASE.replace("etcd:\n", "etcd:\n  etcdPr¦\n"), "etcdPrefix"),
    "a key on an empty line": ("a.yaml", BASE.replace("etcd:\n", "etcd:\n  ¦\n"), "etcdPrefix"),
    "a key in braces": ("a.yaml", f"{BASE}generic: {{goawayChance: 0, ¦", "requestTimeout"),
    "a gate": ("a.yaml", f"{BASE}generic:\n  featureGates:\n    Open¦\n", "OpenAPIEnums"),
    "the state of a gate": ("a.yaml", f"{BASE}generic:\n  featureGates:\n    OpenAPIEnums: ¦\n", "false"),
    "a plugin in brackets": (
        "a.yaml",
        BASE.replace("[NodeRestriction]", "[NodeRestriction, ¦"),
        "AlwaysPullImages",
    ),
    "an API": ("a.yaml", f"{BASE}apiEnablement: {{runtimeConfig: {{api/¦: true}}}}\n", "api/all"),
    "an enum": ("a.yaml", f"{BASE}secureServing:\n  tlsMinVersion: ¦\n", "VersionTLS12"),
    "a boolean": ("a.yaml", f"{BASE}features:\n  profiling: f¦\n", "false"),
    "a resource": ("a.yaml", BASE.replace("etcd:\n", "etcd:\n  etcdServersOverrides: [{resource: ¦}]\n"), "/events"),
    "an extra flag": ("a.yaml", f"{BASE}extraFlags:\n  audit-¦\n", "audit-log-path"),
    "the value of an extra flag": ("a.yaml", f"{BASE}extraFlags:\n  feature-gates: A=true,¦\n", "OpenAPIEnums"),
    "a key of a file": ("a.yaml", BASE + POLICY.replace("¦", "{¦}"), "omitStages"),
    "an enum of a file": ("a.yaml", BASE + POLICY.replace("¦", "{level: Me¦}"), "Metadata"),
    "a group in a file": ("a.yaml", BASE + POLICY.replace("¦", "{resources: [{group: ¦}]}"), "apps"),
    "a code": ("a.yaml", f"{BASE}# kasc: ignore KASC-ETCD¦\n", "KASC-ETCD-003"),
    "a TOML table": ("a.toml", 'apiVersion = "kasc/v1"\nkind = "APIServer"\n[et¦]\n', "etcd"),
    "a TOML key": ("a.toml", 'apiVersion = "kasc/v1"\nkind = "APIServer"\n[etcd]\netcdPr¦\n', "etcdPrefix"),
    "a TOML value": (
        "a.toml",
        'apiVersion = "kasc/v1"\nkind = "APIServer"\n[authorization]\nauthorizationMode = ["¦',
        "RBAC",
    ),
    "a key of a structured file": (
        "a.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- ¦\n",
        "providers",
    ),
    "a resource of a structured file": (
        "a.yaml",
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [¦]\n",
        "secrets",
    ),
    "a flag of a Pod": ("a.yaml", f"{POD}    - --fea¦\n", "--feature-gates"),
    "two dashes": ("a.yaml", f"{POD}    - --¦\n", "--feature-gates"),
    "a gate of a Pod": ("a.yaml", f"{POD}    - --feature-gates=OpenAPIEnums=true,¦\n", "WatchList"),
    "the state of a gate of a Pod": ("a.yaml", f"{POD}    - --feature-gates=OpenAPIEnums=¦\n", "true"),
    "a field of a Pod": ("a.yaml", f"{POD}    live¦\n", "livenessProbe"),
    "a flag in lines of flags": (
        "a.flags",
        "kube-apiserver \\\n  --etcd-servers=https://a:2379 \\\n  --fea¦",
        "--feature-gates",
    ),
    "a flag of a unit": (
        "a.service",
        dialect("kube-apiserver.service", "--profiling=false", "--fea¦"),
        "--feature-gates",
    ),
    "a flag of MicroK8s": ("a.args", dialect("microk8s.args", "--profiling=false", "--fea¦"), "--feature-gates"),
    "a name in kubeadm": ("a.yaml", dialect("kubeadm.yaml", "name: profiling", "name: pro¦"), "profiling"),
    "a value in kubeadm": ("a.yaml", dialect("kubeadm.yaml", 'value: "false"', 'value: "¦"'), "false"),
    "a plugin in kubeadm": ("a.yaml", dialect("kubeadm.yaml", ",AlwaysPullImages", ",¦"), "AlwaysPullImages"),
    "a field of kubeadm": (
        "a.yaml",
        dialect("kubeadm.yaml", "networking:", "certificates¦\nnetworking:"),
        "certificatesDir",
    ),
    "a flag in a patch of kind": (
        "a.yaml",
        dialect("kind.yaml", "name: audit-log-path", "name: au¦"),
        "audit-log-path",
    ),
    "a flag of Talos": ("a.yaml", dialect("talos.yaml", "      event-ttl: 2h", "      fea¦"), "feature-gates"),
    "a rule in Talos": ("a.yaml", dialect("talos.yaml", "- level: None", "- level: ¦"), "None"),
    "a flag of k3s": ("a.yaml", dialect("k3s/config.yaml", "- request-timeout=2m", "- fea¦"), "feature-gates"),
    "a plugin of k3s": ("a.yaml", dialect("k3s/config.yaml", ",AlwaysPullImages", ",¦"), "AlwaysPullImages"),
    "a key of k3s": ("a.yaml", dialect("k3s/config.yaml", "service-cidr: 10.43.0.0/16", "cluster-c¦"), "cluster-cidr"),
    "a field of kOps": ("a.yaml", dialect("kops.yaml", "    eventTTL: 2h", "    ¦"), "featureGates"),
    "a gate of kOps": ("a.yaml", dialect("kops.yaml", "    eventTTL: 2h", "    featureGates: {¦}"), "OpenAPIEnums"),
    "a flag of k0s": ("a.yaml", dialect("k0s.yaml", "      audit-log-path: ", "      ¦: "), "feature-gates"),
    "a field of Gardener": ("a.yaml", dialect("gardener.yaml", "      eventTTL: 2h", "      ¦"), "runtimeConfig"),
    "a flag of Canonical Kubernetes": (
        "a.yaml",
        dialect("k8s-snap.yaml", "  --audit-log-path: ", "  ¦: "),
        "--feature-gates",
    ),
    "a variable of Kubespray": (
        "a.yaml",
        dialect("kubespray.yaml", "kube_profiling: false", "kube_¦"),
        "kube_apiserver_address",
    ),
    "an argument of OpenShift": (
        "a.yaml",
        dialect("openshift.yaml", "apiServerArguments:\n", "apiServerArguments:\n  ¦: [a]\n"),
        "feature-gates",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_is_offered(place: str) -> None:
    name, text, label = PLACES[place]
    assert label in offered(name, text)


@pytest.mark.parametrize("text", ["a: ¦\n", "kind: Deployment\nspec:\n  ¦\n", "¦", "FROM scratch\nRUN --¦\n"])
def test_nothing_is_offered_in_files_that_are_no_input(text: str) -> None:
    assert offered("a.yaml", text) == {}


def accepted(name: str, text: str) -> list[str]:
    report = examine(f"/nowhere/{name}", files=Files({f"/nowhere/{name}": text})).report
    return [each.code for each in report.diagnostics if each.code.startswith(("KASC-SCHEMA", "KASC-DOC", "KASC-PARSE"))]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", BASE.replace("etcd:\n", "etcd:\n  etcdPr¦\n")),
        ("a.yaml", f"{BASE}generic:\n  featureGates: {{Open¦}}\n"),
        ("a.yaml", f"{POD}    - --prof¦\n"),
        ("a.flags", "kube-apiserver --etcd-servers=https://a:2379 --prof¦"),
        ("a.toml", 'apiVersion = "kasc/v1"\nkind = "APIServer"\n[etcd]\netcdPr¦\n'),
    ],
)
def test_what_is_written_is_the_whole_word(name: str, text: str) -> None:
    before, _, after = text.partition("¦")
    start = before.rstrip("abcdefghijklmnopqrstuvwxyzOPI-")
    items = offered(name, text)
    assert items
    for item in items.values():
        assert isinstance(item.text_edit, types.TextEdit)
        written = applied(before + after, [item.text_edit])
        assert written.startswith(f"{start}{item.label}" if name != "a.flags" else start)
        assert written.endswith(after)


@pytest.mark.parametrize(
    ("name", "text", "label", "written"),
    [
        ("a.yaml", f"{POD}    - --prof¦\n", "--profiling", "--profiling="),
        ("a.yaml", f"{POD}    - --prof¦=false\n", "--profiling", "--profiling"),
        ("a.yaml", f'{POD}    - "--prof¦"\n', "--profiling", "--profiling="),
        ("a.yaml", BASE.replace("etcdServers:", "etcdSer¦:"), "etcdServers", "etcdServers"),
        ("a.yaml", BASE.replace("etcd:\n", "etcd:\n  etcdPr¦\n"), "etcdPrefix", "etcdPrefix: "),
    ],
)
def test_what_follows_is_written_once(name: str, text: str, label: str, written: str) -> None:
    edit = offered(name, text)[label].text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.new_text == written


def test_every_key_of_a_group_is_offered_once() -> None:
    items = offered("a.yaml", BASE.replace("etcd:\n", "etcd:\n  ¦\n"))
    keys = set(document_schema("1.36")["properties"]["etcd"]["properties"])
    assert set(items) == keys - {"etcdServers"}


def test_flags_are_those_of_the_version() -> None:
    for version in ("1.31", "1.36"):
        items = offered("a.yaml", f"{POD.replace('1.36', version)}    - --¦\n")
        assert set(items) == {f"--{name}" for name, spec in catalog(version).flags.items() if not spec.hidden}


def test_nothing_is_documented_of_a_gate_that_does_not_exist() -> None:
    items = offered("a.flags", "kube-apiserver --etcd-servers=a --feature-gates=Nothing=¦")
    documentation = resolve(items["true"], markdown=False).documentation
    assert isinstance(documentation, str)
    assert documentation.startswith("--feature-gates")


def test_sizes_of_caches_are_named() -> None:
    items = offered("a.flags", "kube-apiserver --etcd-servers=a --watch-cache-sizes=¦")
    edit = items["deployments.apps"].text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.new_text == "deployments.apps#"
    assert offered("a.flags", "kube-apiserver --etcd-servers=a --watch-cache-sizes=deployments.apps#¦") == {}
    document = offered("a.yaml", BASE.replace("etcd:\n", "etcd:\n  watchCacheSizes:\n    ¦\n"))
    assert "deployments.apps" in document


def test_documentation_is_that_of_explain() -> None:
    items = offered("a.yaml", f"{POD}    - --¦\n")
    flag = resolve(items["--audit-log-maxage"], markdown=False)
    assert isinstance(flag.documentation, str)
    assert "default: " in flag.documentation
    assert items["--profiling"].detail == "bool, default: true"
    gates = offered("a.yaml", f"{POD}    - --feature-gates=¦\n")
    assert gates["OpenAPIEnums"].detail
    gate = resolve(gates["OpenAPIEnums"], markdown=True)
    assert isinstance(gate.documentation, types.MarkupContent)
    assert "feature gate" in gate.documentation.value


@given(st.sampled_from([BASE, POD, POLICY, *(text for _, text, _ in PLACES.values())]), st.data())
def test_the_cursor_is_somewhere_in_any_text(text: str, data: st.DataObject) -> None:
    text = text.replace("¦", "")
    index = data.draw(st.integers(0, len(text)))
    text = text[:index] + data.draw(st.text("[]{}\"'|>-: #=\n\ta&*", max_size=3)) + text[index:]
    source = Source(data.draw(st.sampled_from(["a.yaml", "a.toml"])), text)
    cursor = cursor_at(source, index, data.draw(st.booleans()))
    assert cursor.start <= index <= cursor.end
    assert text[cursor.start : index] == cursor.word
