"""What an editor shows of documents: through the real language servers of YAML and TOML."""

from __future__ import annotations

import itertools
import json

import pytest

from compiler.inputs.schema.bundle import modeline
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import section_of
from tests.cli.running import ROOT, SAMPLES
from tests.editors.client import Server

NEWEST = "1.36"
_numbers = itertools.count()


def opened(server: Server, yaml: str, toml: str) -> tuple[str, list[str], int, int]:
    """A document of the server's form, its lines, and the place of the mark | in it."""
    line = modeline(f"schemas/v{NEWEST}/editor.schema.json", server.form)
    head = "apiVersion: kasc/v1\nkind: APIServer" if server.form == "yaml" else 'apiVersion="kasc/v1"\nkind="APIServer"'
    text = f"{line}\n{head}\n{yaml if server.form == 'yaml' else toml}\n"
    before, _, after = text.partition("|")
    uri = server.open(f"test-{next(_numbers)}.{server.form}", before + after)
    return uri, (before + after).split("\n"), before.count("\n"), len(before) - before.rfind("\n") - 1


def test_nothing_is_marked_in_a_right_document(server: Server) -> None:
    documents = [
        path for path in SAMPLES.rglob(f"*.{server.form}") if "$schema=" in path.read_text() or server.form == "toml"
    ]
    assert len(documents) >= {"yaml": 10, "toml": 1}[server.form]
    for path in sorted(documents):
        lines = path.read_text().split("\n")
        uri = server.open(str(path.relative_to(ROOT)), "\n".join(lines))
        assert server.diagnostics(uri) == [], path
        # The schema that the first line names was read.
        row = next(row for row, line in enumerate(lines) if line.startswith("kind"))
        assert "Kind of the" in server.hover(uri, row, 2), path


@pytest.mark.parametrize("group", list(catalog(NEWEST).groups))
def test_a_group_lists_its_keys_with_what_they_do(group: str, server: Server) -> None:
    section = section_of(group)
    uri, _, line, column = opened(server, f"{section}:\n  |", f"[{section}]\n|")
    offered = server.completions(uri, line, column)
    schema = json.loads((ROOT / f"schemas/v{NEWEST}/{group}.schema.json").read_text())["properties"]
    # YAML's server keeps deprecated ones to itself.
    assert {key for key, option in schema.items() if not option.get("deprecated")} <= set(offered)
    for key, option in schema.items():
        assert option["description"] in offered.get(key, option["description"])


def test_a_document_lists_its_groups(server: Server) -> None:
    uri, _, line, column = opened(server, "|", "[|]")
    offered = server.completions(uri, line, column)
    assert offered["etcd"] == "Storage in etcd and encryption at rest."
    assert {section_of(group) for group in catalog(NEWEST).groups} <= set(offered)


def test_hover_shows_meaning_and_default(server: Server) -> None:
    path = SAMPLES / f"apiserver.{server.form}"
    lines = path.read_text().split("\n")
    uri = server.open(f"samples/again.{server.form}", "\n".join(lines))
    seen = 0
    for group, options in catalog(NEWEST).groups.items():
        schema = json.loads((ROOT / f"schemas/v{NEWEST}/{group}.schema.json").read_text())["properties"]
        for key, spec in options.items():
            row = next((i for i, line in enumerate(lines) if line.strip().startswith((f"{key}:", f"{key} ="))), None)
            if row is None:
                continue
            seen += 1
            shown = server.hover(uri, row, lines[row].index(key) + 2).replace("\\", "")
            assert schema[key]["description"] in shown, key
            default = spec.default_text.strip("[]").replace(",", ", ")
            assert f"Default: {default}." in shown, key
            if server.form == "yaml":
                assert f"--{spec.name}" in shown
    assert seen > 20


WORDS = [
    ("admission:\n  enableAdmissionPlugins:\n  - |", "[admission]\nenableAdmissionPlugins = [|]",
     "NodeRestriction", "Limits kubelets to changing their own Node"),
    ("authorization:\n  authorizationMode: [|]", "[authorization]\nauthorizationMode = [|]",
     "RBAC", "Evaluates the roles and bindings in the cluster."),
    ("generic:\n  featureGates:\n    |", "[generic.featureGates]\n|",
     "CoordinatedLeaderElection", "Beta since 1.33, disabled by default."),
    ("auditing:\n  auditPolicyFile:\n    content:\n      |", "[auditing.auditPolicyFile.content]\n|",
     "omitStages", "Stages for which no event is recorded."),
    ("etcd:\n  storageMediaType: |", "[etcd]\nstorageMediaType = |", "application/json", "encoding"),
]  # fmt: skip


@pytest.mark.parametrize(("yaml", "toml", "word", "meaning"), WORDS)
def test_words_are_offered_with_what_they_mean(yaml: str, toml: str, word: str, meaning: str, server: Server) -> None:
    uri, _, line, column = opened(server, yaml, toml)
    offered = {label.strip('"'): told for label, told in server.completions(uri, line, column).items()}
    assert meaning in offered[word]


WRONG = [
    ("etcd:\n  storageBackend: |etcd2", '[etcd]\nstorageBackend = |"etcd2"', "etcd3"),
    ("etcd:\n  |etcdServer: [a]", '[etcd]\n|etcdServer = ["a"]', "etcdServer"),
    ("etcd:\n  deleteCollectionWorkers: |many", '[etcd]\ndeleteCollectionWorkers = |"many"', "integer"),
    ("etcd:\n  etcdServers: |http://a", '[etcd]\netcdServers = |"http://a"', "array"),
    ("generic:\n  shutdownDelayDuration: |20x", '[generic]\nshutdownDelayDuration = |"20x"', "match"),
    ("admission:\n  enableAdmissionPlugins:\n  - |NodeRestrictio",
     '[admission]\nenableAdmissionPlugins = [\n"NodeRestriction",\n|"NodeRestrictio"]', "NodeRestriction"),
    ("auditing:\n  auditPolicyFile:\n    content:\n      apiVersion: audit.k8s.io/v1\n      kind: Policy\n"
     "      rules:\n      - level: |Nope",
     '[auditing.auditPolicyFile.content]\napiVersion="audit.k8s.io/v1"\nkind="Policy"\n'
     '[[auditing.auditPolicyFile.content.rules]]\nlevel = |"Nope"', "RequestResponse"),
]  # fmt: skip


@pytest.mark.parametrize(("yaml", "toml", "told"), WRONG)
def test_what_is_wrong_is_marked_where_it_stands(yaml: str, toml: str, told: str, server: Server) -> None:
    uri, _, line, _ = opened(server, yaml, toml)
    found = server.diagnostics(uri)
    # TOML's server marks a surplus key at the table that has it.
    lines = {line, line - 1} if server.form == "toml" and "etcdServer " in toml else {line}
    assert {each["range"]["start"]["line"] for each in found} <= lines
    assert told in found[0]["message"]


@pytest.mark.parametrize("server", ["yaml"], indirect=True)
def test_null_removes_in_a_layer(server: Server) -> None:
    uri, _, _, _ = opened(
        server, "etcd: {storageBackend: null, etcdServers: null}\nmisc:\nauditing: {auditPolicyFile: null}", ""
    )
    assert server.diagnostics(uri) == []
