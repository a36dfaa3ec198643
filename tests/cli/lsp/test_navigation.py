"""Hover, definitions, the outline and inlay hints."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.cli.lsp.session import DEFAULTS, Session
from compiler.inputs import Host
from compiler.review.examine import Settings
from tests.cli.lsp.editing import SAMPLES, at, opened
from tests.cli.lsp.test_diagnostics import BASE, INPUTS

pytest.importorskip("pygls")

from lsprotocol import types

from compiler.cli.lsp.definition import definition
from compiler.cli.lsp.hints import hints
from compiler.cli.lsp.hover import hover
from compiler.cli.lsp.markdown import content
from compiler.cli.lsp.symbols import symbols
from compiler.cli.lsp.uris import path_of

KUBEADM = (SAMPLES / "dialects/kubeadm.yaml").read_text()
HERE = Path("/nowhere")


def shown(name: str, text: str) -> str:
    snapshot, position = at(HERE / name, text)
    found = hover(snapshot, position, markdown=False)
    if found is None:
        return ""
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("a.yaml", BASE.replace("etcdServers", "etcd¦Servers"), ["--etcd-servers", "set: https://10.0.0.11:2379 at"]),
        ("a.yaml", BASE.replace("10.0.0.11", "10.0.¦0.11"), ["--etcd-servers"]),
        ("a.yaml", BASE.replace("[NodeRest", "[Node¦Rest"), ["NodeRestriction: admission plugin", "here: number"]),
        (
            "a.yaml",
            BASE.replace("etcd:\n", "et¦cd:\n"),
            ["etcd: option group of 1.36", "etcdServers: https:"],
        ),
        (
            "a.yaml",
            f"{BASE}generic: {{featureGates: {{OpenAPI¦Enums: false}}}}\n",
            ["feature gate", "disabled, set at"],
        ),
        ("a.yaml", f"{BASE}# kasc: ignore KASC-ETCD-¦003: why\n", ["KASC-ETCD-003"]),
        ("a.yaml", BASE.replace("kind:", "ki¦nd:"), ["kind: Kind of the document"]),
        (
            "a.yaml",
            f"{BASE}auditing: {{auditPolicyFile: {{content: {{omit¦Stages: [], kind: Policy}}}}}}\n",
            ["omitStages", "Stages"],
        ),
        ("a.yaml", KUBEADM.replace("profiling", "prof¦iling"), ["--profiling", 'set: "false" at']),
        (
            "a.yaml",
            KUBEADM.replace("serviceSubnet", "service¦Subnet"),
            ["--service-cluster-ip-range", "by kubeadm"],
        ),
        ("a.yaml", KUBEADM.replace("AlwaysPull", "Always¦Pull"), ["AlwaysPullImages: admission plugin"]),
        ("a.flags", "kube-apiserver --etcd-servers=a --prof¦iling=false\n", ["--profiling", "features.profiling"]),
        ("a.flags", "kube-apiserver --etcd-servers=a --insecure-po¦rt=0\n", ["removed in 1.24"]),
        ("a.flags", "kube-apiserver --runtime-config=api/¦all=true\n", ["api/all", "--runtime-config"]),
    ],
)
def test_hover(name: str, text: str, parts: list[str]) -> None:
    value = shown(name, text)
    for part in parts:
        assert part in value


@pytest.mark.parametrize("text", ["a: ¦b\n", f"¦{BASE}".replace("¦api", "# ¦x\napi"), BASE + "¦"])
def test_nothing_is_known_elsewhere(text: str) -> None:
    assert shown("a.yaml", text) == ""


def test_the_value_comes_from_the_parent_in_the_editor(tmp_path: Path) -> None:
    session = Session(DEFAULTS)
    child, base = tmp_path / "a.yaml", tmp_path / "base.yaml"
    base.write_text("")
    session.put(str(base), BASE)
    session.put(
        str(child), "apiVersion: kasc/v1\nkind: APIServer\nextends: [base.yaml]\netcd: {etcdServers: [https://b:1]}\n"
    )
    found = hover(session.snapshot(str(child)), types.Position(3, 10), markdown=True)
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    assert "layer 1 of 2 sets it" in found.contents.value
    assert "layer 2 of 2 sets it" in found.contents.value


def test_secrets_are_not_shown() -> None:
    text = f"{BASE}auditing: {{auditWebhookConfigFile: /webhook?token=hunter2hunter2}}\n"
    assert "hunter2" not in shown("a.yaml", text.replace("auditWebhook", "audit¦Webhook"))
    snapshot = opened(HERE / "a.flags", "kube-apiserver --etcd-servers=https://u:hunter2hunter2@a:1\n")
    assert "hunter2" not in str(symbols(snapshot))
    snapshot = opened(HERE / "b.flags", "kube-apiserver --etcd-servers=a --client-secret=hunter2hunter2\n")
    assert "hunter2" not in str(symbols(snapshot))
    inner = "    x: hunter2\n    apiVersion: apiserver.config.k8s.io/v1\n    kind: EncryptionConfiguration\n"
    manifest = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  enc.yaml: |\n{inner}"
    snapshot = opened(HERE / "cm.yaml", manifest)
    assert "enc.yaml" in str(symbols(snapshot))
    assert "hunter2" not in str(symbols(snapshot))
    encryption = (
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n"
        "  providers:\n  - secretbox:\n      keys: [{name: one, secret: aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMiE=}]\n"
    )
    assert "aHVudGVy" not in str(symbols(opened(HERE / "enc.yaml", encryption)))


def test_markdown_shows_each_character() -> None:
    value = content(["a*b", "  1 < 2 [x](y) `z` &lt;", "    # code", "    ```", "  c"], True).value
    assert value == "\n**a\\*b**\n\n1 \\< 2 \\[x\\](y) \\`z\\` \\&lt;  \n\n```yaml\n# code\n'''\n```\nc  "


def targets(text: str, path: Path, settings: Settings = DEFAULTS.settings) -> list[tuple[str, int]]:
    snapshot, position = at(path, text, DEFAULTS._replace(settings=settings))
    return [(path_of(each.uri), each.range.start.line) for each in definition(snapshot, position)]


def test_definition_of_files(tmp_path: Path) -> None:
    hardened = SAMPLES / "hardened/apiserver.yaml"
    text = hardened.read_text().replace("source: audit-policy", "source: audit¦-policy")
    assert targets(text, hardened) == [(str(hardened.with_name("audit-policy.yaml")), 0)]
    cluster = SAMPLES / "clusters/prod-eu-1/apiserver.yaml"
    text = cluster.read_text().replace("../base", "../¦base")
    assert targets(text, cluster) == [(str(SAMPLES / "clusters/base/apiserver.yaml"), 0)]
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki/ca.crt").write_text("")
    settings = Settings(host=Host(mappings=(("/etc/kubernetes", str(tmp_path)),)))
    flags = "kube-apiserver --etcd-servers=https://a:1 --client-ca-file=/etc/kubernetes/¦pki/ca.crt\n"
    assert targets(flags, tmp_path / "a.flags", settings) == [(str(tmp_path / "pki/ca.crt"), 0)]
    assert targets(flags, tmp_path / "a.flags") == []
    assert targets(flags.replace("pki", "other"), tmp_path / "a.flags", settings) == []


def test_definition_of_an_environment_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/kube").write_text("")
    unit = "[Service]\nEnvironmentFile=-/etc/¦kube\nExecStart=/usr/bin/kube-apiserver --etcd-servers=https://a:1\n"
    settings = Settings(host=Host(root=str(tmp_path)))
    assert targets(unit, tmp_path / "a.service", settings) == [(str(tmp_path / "etc/kube"), 0)]


def test_definition_of_an_option_is_every_layer(tmp_path: Path) -> None:
    session = Session(DEFAULTS)
    child, base = tmp_path / "a.yaml", tmp_path / "base.yaml"
    base.write_text("")
    session.put(str(base), BASE)
    session.put(str(child), "apiVersion: kasc/v1\nkind: APIServer\nextends: [base.yaml]\netcd: {etcdServers: null}\n")
    found = definition(session.snapshot(str(child)), types.Position(3, 10))
    assert [(path_of(each.uri), each.range.start.line) for each in found] == [(str(base), 4), (str(child), 3)]


def test_definition_of_a_path_is_the_content_in_the_document() -> None:
    text = f"{BASE}auditing:\n  auditPolicyFile:\n    path: /etc/¦policy.yaml\n    content: {{kind: Policy}}\n"
    assert targets(text, HERE / "a.yaml") == [(str(HERE / "a.yaml"), text.count("\n") - 1)]


def test_a_document_of_one_word_has_no_definitions() -> None:
    assert targets("wo¦rd", HERE / "a.kasc.yaml") == []


def names(found: list[types.DocumentSymbol]) -> list[str]:
    return [each.name for each in found]


def test_outline() -> None:
    document = symbols(opened(SAMPLES / "apiserver.yaml"))
    assert names(document)[:4] == ["apiVersion", "kind", "kubernetesVersion", "metadata"]
    etcd = next(each for each in document if each.name == "etcd")
    assert "etcdServers" in names(list(etcd.children or ()))
    assert names(symbols(opened(HERE / "a.yaml", KUBEADM))) == ["InitConfiguration", "ClusterConfiguration"]
    unit = symbols(opened(SAMPLES / "dialects/kube-apiserver.service"))
    assert "--authorization-mode" in names(unit)


def well_nested(each: types.DocumentSymbol) -> bool:
    def key(position: types.Position) -> tuple[int, int]:
        return position.line, position.character

    selection = (
        key(each.range.start) <= key(each.selection_range.start) <= key(each.selection_range.end) <= key(each.range.end)
    )
    return selection and all(map(well_nested, each.children or ()))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(SAMPLES)))
def test_the_name_of_a_symbol_is_in_its_range(path: Path) -> None:
    """Editors refuse any other symbol."""
    assert all(map(well_nested, symbols(opened(path))))


def labels(text: str, inlay_hints: bool = True) -> dict[int, str]:
    snapshot = opened(HERE / "a.yaml", text, DEFAULTS._replace(inlay_hints=inlay_hints))
    return {each.position.line: str(each.label) for each in hints(snapshot, snapshot.positions.whole())}


def test_hints_show_the_flags_of_the_distribution() -> None:
    found = labels(KUBEADM)
    line = KUBEADM.split("\n").index("  serviceSubnet: 10.96.0.0/16")
    assert found[line] == "--service-cluster-ip-range=10.96.0.0/16"
    assert any(label.startswith("kubeadm sets ") for label in found.values())
    assert labels(KUBEADM, inlay_hints=False) == {}
    assert labels(BASE) == {}
