"""`kasc diff --since REF`, with a real git: which inputs are compared with what."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from compiler.filesystem import TooLargeError
from compiler.fleet.history import MergeBase
from compiler.fleet.selection import Changes
from tests.changes.repository import BASE, DOCUMENT, append, commit, git, make, on_main, write
from tests.cli.running import ROOT, Ran, kasc

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/report.schema.json").read_text()))
PROD, TEST = "clusters/prod/apiserver.yaml", "clusters/test/apiserver.yaml"
PROFILING = "features: {profiling: false}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make(tmp_path / "repository", monkeypatch)


def diffs(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, dict[str, Any]]:
    """Return the `diff` of each input that changed."""
    ran = kasc(capsys, "diff", "--since", "main", "--output", "json", *words)
    assert ran.err == ""
    report = json.loads(ran.out)
    SCHEMA.validate(report)
    return {file["path"]: file["diff"] for file in report["files"]}


def names(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[str]]:
    """Return the names of the changes of each input that changed."""
    return {path: [change["name"] for change in diff["changes"]] for path, diff in diffs(capsys, *words).items()}


def test_nothing_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert names(capsys) == {}
    assert kasc(capsys, "diff", "--since", "main", "--exit-code") == Ran(0, "no input changed since main\n", "")


def test_a_document_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the work tree, staged and committed."""
    append(PROD, PROFILING)
    assert names(capsys) == {PROD: ["profiling"]}
    git("add", ".")
    assert names(capsys) == {PROD: ["profiling"]}
    git("commit", "-qm", "second")
    assert names(capsys) == {PROD: ["profiling"]}
    assert names(capsys, "clusters/test") == {}
    assert names(capsys, "clusters/test", PROD) == {PROD: ["profiling"]}
    os.chdir("clusters/prod")
    assert names(capsys) == {"apiserver.yaml": ["profiling"]}
    assert names(capsys, "..") == {"../prod/apiserver.yaml": ["profiling"]}
    assert names(capsys, str(repository)) == {str(repository / PROD): ["profiling"]}


def test_a_shared_base_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("clusters/base/apiserver.yaml", BASE.replace("10.0.0.11", "10.0.0.12"))
    assert names(capsys) == {PROD: ["etcd-servers"], TEST: ["etcd-servers"]}
    (change,) = diffs(capsys)[PROD]["changes"]
    assert [(each["in"], each["file"], each["line"]) for each in change["locations"]] == [
        ("old", "clusters/base/apiserver.yaml", 5),
        ("new", "clusters/base/apiserver.yaml", 5),
    ]


def test_a_base_that_was_renamed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("mv", "clusters/base", "common")
    for name in ("prod", "test"):
        write(f"clusters/{name}/apiserver.yaml", DOCUMENT.format(name).replace("../base/", "../../common/"))
    assert names(capsys) == {PROD: [], TEST: []}


def test_a_base_that_extends_another_one_now(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("clusters/base/all.yaml", BASE.replace("10.0.0.11", "10.0.0.12"))
    write("clusters/base/apiserver.yaml", "apiVersion: kasc/v1\nkind: APIServer\nextends: [all.yaml]\n")
    assert names(capsys) == {PROD: ["etcd-servers"], TEST: ["etcd-servers"]}


def test_a_structured_file_that_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
    write("clusters/prod/audit.yaml", policy)
    append(PROD, "auditing: {auditPolicyFile: {source: audit.yaml}, auditLogPath: /var/log/audit.log}\n")
    on_main()
    assert names(capsys) == {}
    write("clusters/prod/audit.yaml", policy.replace("Metadata", "None"))
    assert names(capsys) == {PROD: ["audit-policy-file"]}


def test_files_of_a_unit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An environment file below the tree of the unit, one that a pattern matches, and drop-ins."""
    flags = "--etcd-servers=https://10.0.0.1:2379 --service-cluster-ip-range=10.0.0.0/24 $ARGS $MORE"
    files = "EnvironmentFile=/etc/kubernetes/args\nEnvironmentFile=-/etc/kubernetes/env.d/*.env\n"
    unit = f"[Service]\n{files}ExecStart=/usr/bin/kube-apiserver {flags}\n"
    path = "node/etc/systemd/system/kube-apiserver.service"
    write(path, unit)
    write("node/etc/kubernetes/args", "ARGS=--v=2\n")
    on_main()
    assert names(capsys) == {}
    write("node/etc/kubernetes/args", "ARGS=--v=4\n")
    assert names(capsys) == {path: ["v"]}
    write("node/etc/kubernetes/env.d/a.env", "MORE=--profiling=false\n")
    assert names(capsys) == {path: ["profiling", "v"]}
    on_main()
    assert names(capsys) == {}
    write(f"{path}.d/10.conf", "[Service]\nEnvironment=MORE=--profiling=true\n")
    write("node/etc/kubernetes/env.d/a.env", "MORE=--profiling=true\n")
    assert names(capsys) == {path: ["profiling"]}
    os.unlink("node/etc/kubernetes/env.d/a.env")
    assert names(capsys) == {path: ["profiling"]}
    shutil.rmtree(f"{path}.d")
    (change,) = diffs(capsys)[path]["changes"]
    assert (change["name"], change["from"], change["to"]) == ("profiling", False, True)


def test_drop_ins_of_k3s(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("edge.yaml", "kube-apiserver-arg: [audit-log-maxage=30]\n")
    write("edge.yaml.d/10-a.yaml", "kube-apiserver-arg+: [v=4]\n")
    on_main()
    os.unlink("edge.yaml.d/10-a.yaml")
    write("edge.yaml.d/20-b.yaml", "kube-apiserver-arg+: [profiling=true]\n")
    assert set(names(capsys, "edge.yaml")["edge.yaml"]) == {"v", "profiling"}


def test_files_of_the_server(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of --files-root are at the merge base what they were, and the old ones are checked as the new ones are."""
    append(PROD, "auditing: {auditPolicyFile: /etc/audit.yaml, auditLogPath: '-'}\n")
    policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n"
    write("root/etc/audit.yaml", policy)
    on_main()
    write("root/etc/audit.yaml", policy.replace("Metadata", "Request"))
    ran = kasc(capsys, "diff", "--since", "main", PROD, "--file-map", "/etc/audit.yaml=root/etc/audit.yaml")
    assert "audit audit-policy-file" in ran.out
    os.unlink("root/etc/audit.yaml")
    write("root/etc/audit.yaml", "kind: Policy\n")
    assert "old" in kasc(capsys, "diff", "--since", "main", "--file-map", "/etc/audit.yaml=root/etc/audit.yaml").out


def test_new_and_deleted_documents(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("clusters/new/apiserver.yaml", DOCUMENT.format("new"))
    write("pod.yaml", "a: b\n")
    os.unlink(TEST)
    found = diffs(capsys)
    assert {path: (diff["old"] is None, diff["new"] is None) for path, diff in found.items()} == {
        "clusters/new/apiserver.yaml": (True, False),
        TEST: (False, True),
    }
    assert found[TEST] == {
        "old": {"path": TEST, "as": "document", "kubernetesVersion": "1.36", "outcome": "accept"},
        "new": None,
        "changes": [],
        "rollout": {"phases": [], "refused": []},
    }
    ran = kasc(capsys, "diff", "--since", "main", "--exit-code")
    assert (ran.code, ran.out) == (
        3,
        "2 inputs changed since main: 1 new, 1 deleted; no changes\n"
        "clusters/new/apiserver.yaml: new, so there is nothing to compare; checked for Kubernetes 1.36: 2 warnings\n"
        f"{TEST}: the declaration of the cluster was deleted; its servers keep running without one\n",
    )
    assert list(diffs(capsys, "clusters/test")) == list(diffs(capsys, TEST)) == [TEST]
    assert kasc(capsys, "diff", "--since", "main", "clusters/none.yaml").code == 2


def test_everything_was_deleted(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A base is a part of the documents, also of those that no longer find it."""
    shutil.rmtree("clusters/base")
    found = diffs(capsys)
    assert {path: diff["new"]["outcome"] for path, diff in found.items()} == {PROD: "reject", TEST: "reject"}
    shutil.rmtree("clusters")
    assert sorted(names(capsys)) == [PROD, TEST]
    assert sorted(names(capsys, "clusters")) == [PROD, TEST]


def test_a_renamed_document(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("mv", "clusters/prod", "clusters/live")
    append("clusters/live/apiserver.yaml", PROFILING)
    found = diffs(capsys)
    assert {path: diff["old"]["path"] for path, diff in found.items()} == {"clusters/live/apiserver.yaml": PROD}
    assert [change["name"] for change in found["clusters/live/apiserver.yaml"]["changes"]] == ["profiling"]
    assert (
        f"clusters/live/apiserver.yaml (renamed from {PROD}): 1 change" in kasc(capsys, "diff", "--since", "main").out
    )


def test_a_file_that_is_no_longer_an_input(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(TEST, "another: file\n")
    assert diffs(capsys)[TEST]["new"] is None
    write(PROD, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    assert diffs(capsys)[PROD]["new"] is None
    on_main()
    write(TEST, DOCUMENT.format("test"))
    assert diffs(capsys)[TEST]["old"] is None


def test_rejected_versions(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What kube-apiserver rejects is reported, and the rest is compared."""
    append(PROD, "generic: {goawayChance: 7}\n")
    append(TEST, PROFILING)
    ran = kasc(capsys, "diff", "--since", "main", "--exit-code")
    assert ran.code == 1
    assert f"{PROD}: 1 change: 1 breaking; " in ran.out
    assert "; rejected: 1 error\n  error: clusters/prod/apiserver.yaml:6:25: " in ran.out
    assert f"{TEST}: 1 change: 1 cosmetic" in ran.out
    on_main()
    write(PROD, DOCUMENT.format("prod"))
    ran = kasc(capsys, "diff", "--since", "main", "--exit-code")
    assert ran.code == 3
    assert "the earlier version is rejected (" in ran.out
    write(TEST, "apiVersion: kasc/v1\nkind: [\n")
    assert kasc(capsys, "diff", "--since", "main").code == 1
    on_main()
    write(TEST, DOCUMENT.format("test"))
    ran = kasc(capsys, "diff", "--since", "main")
    assert (ran.code, "the earlier version cannot be read" in ran.out) == (0, True)


def test_links_at_the_merge_base(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Links lead where they led then, and no further than links on disk may."""
    os.rename("clusters/base", "common")
    os.symlink("../common", "clusters/base")
    write("other/apiserver.yaml", BASE.replace("10.0.0.11", "10.0.0.12"))
    on_main()
    assert names(capsys) == {}
    os.unlink("clusters/base")
    os.symlink("../other", "clusters/base")
    assert names(capsys, PROD) == {PROD: ["etcd-servers"]}
    os.unlink("clusters/base")
    shutil.copytree("other", "clusters/base")
    assert names(capsys, PROD) == {PROD: ["etcd-servers"]}
    os.unlink("clusters/base/apiserver.yaml")
    os.symlink("/etc/passwd", "clusters/base/apiserver.yaml")
    on_main()
    os.unlink("clusters/base/apiserver.yaml")
    write("clusters/base/apiserver.yaml", BASE)
    assert diffs(capsys, PROD)[PROD]["old"]["outcome"] == "reject"
    os.unlink("clusters/base/apiserver.yaml")
    os.symlink("apiserver.yaml", "clusters/base/apiserver.yaml")
    on_main()
    os.unlink("clusters/base/apiserver.yaml")
    write("clusters/base/apiserver.yaml", BASE)
    assert diffs(capsys, PROD)[PROD]["old"]["outcome"] == "reject"


def test_files_that_git_ignores_have_not_changed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(".gitignore", "audit.yaml\n")
    write("clusters/prod/audit.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    append(PROD, "auditing: {auditPolicyFile: {source: audit.yaml}, auditLogPath: /var/log/audit.log}\n")
    on_main()
    append(PROD, PROFILING)
    assert names(capsys) == {PROD: ["profiling"]}


@pytest.mark.parametrize("ref", ["nowhere", "--help", "", "HEAD~99", "-O", "--output=x", "main:clusters", "a\nb"])
def test_hostile_references(ref: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = kasc(capsys, "diff", f"--since={ref}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"kasc: --since {ref!r}: unknown commit {ref!r}")
    assert os.listdir() == sorted(os.listdir()) or "x" not in os.listdir()


def test_hostile_file_names(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = [
        "-O.yaml",
        "--help.yaml",
        "a b\n::error::c.yaml",
        "main:x.yaml",
        "\\x.yaml",
        '"q".yaml',
        "é.yaml",
        ":(top).yaml",
    ]
    for name in hostile:
        write(f"clusters/{name}", DOCUMENT.format("x").replace("../base", "base"))
    on_main()
    for name in hostile:
        append(f"clusters/{name}", PROFILING)
    assert names(capsys) == {f"clusters/{name}": ["profiling"] for name in sorted(hostile)}
    out = kasc(capsys, "diff", "--since", "main", "-v").out
    assert "\n::error" not in out
    for name in hostile:
        os.unlink(f"clusters/{name}")
    assert set(names(capsys)) == {f"clusters/{name}" for name in hostile}


def test_wrong_usage(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "name two inputs, OLD and NEW" in kasc(capsys, "diff", PROD).err
    assert "standard input has no earlier version" in kasc(capsys, "diff", "--since", "main", "-").err
    assert "invalid --jobs 0" in kasc(capsys, "diff", "--since", "main", "--jobs", "0").err
    assert "is outside the repository" in kasc(capsys, "diff", "--since", "main", "/etc").err


def test_a_path_that_never_was(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other paths are compared."""
    append(PROD, PROFILING)
    ran = kasc(capsys, "diff", "--since", "main", "missing", PROD)
    assert ran.code == 2
    assert "1 input changed since main" in ran.out
    assert ran.err == "kasc: missing: no such file or directory, neither now nor at the merge base\n"


def test_large_and_missing_blobs(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not read of a blob does not become the content of the next one."""
    write(PROD, DOCUMENT.format("prod") + "# large\n" * 1_200_000)
    on_main()
    write(PROD, DOCUMENT.format("prod"))
    append(TEST, PROFILING)
    found = diffs(capsys, "--jobs", "1")
    assert found[PROD]["old"]["outcome"] == "unread"
    assert [change["name"] for change in found[TEST]["changes"]] == ["profiling"]
    merge_base = MergeBase(Changes("main"))
    blob = git("rev-parse", f"main:{TEST}").strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert kasc(capsys, "diff", "--since", "main").err == f"kasc: --since 'main': unable to read {blob}\n"
    with pytest.raises(OSError, match="fetch the full history"):
        merge_base.read(TEST)
    with pytest.raises(TooLargeError):
        merge_base.read(PROD)
    assert merge_base.read(PROD, 10**8).startswith(b"apiVersion")
    merge_base.objects.close()


def test_what_main_changed_in_the_meantime_does_not_count(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(PROD, PROFILING)
    commit()
    git("checkout", "-q", "main")
    append(TEST, PROFILING)
    commit()
    git("checkout", "-q", "work")
    assert names(capsys) == {PROD: ["profiling"]}


def test_processes_agree(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(40):
        write(f"clusters/many/c-{index:02}.yaml", DOCUMENT.format(f"c-{index:02}"))
    on_main()
    for index in range(40):
        append(f"clusters/many/c-{index:02}.yaml", PROFILING if index % 2 else "logs: {v: 4}\n")
    one = kasc(capsys, "diff", "--since", "main", "--output", "json", "--jobs", "1")
    assert one == kasc(capsys, "diff", "--since", "main", "--output", "json", "--jobs", "2")
    assert len(json.loads(one.out)["files"]) == 40


def test_equal_changes_are_shown_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(30):
        write(f"clusters/many/c-{index:02}.yaml", DOCUMENT.format(f"c-{index:02}"))
    on_main()
    write("clusters/base/apiserver.yaml", BASE + PROFILING)
    append(TEST, "etcd: {etcdPrefix: /other}\n")
    lines = kasc(capsys, "diff", "--since", "main").out.splitlines()
    assert len(lines) <= 24
    assert lines[0].startswith("32 inputs changed since main: 32 with changes; 33 changes: 1 data-loss, 32 cosmetic")
    assert lines[1].startswith(f"{TEST}: 2 changes: ")
    assert (
        "clusters/many/c-00.yaml, clusters/many/c-01.yaml, clusters/many/c-02.yaml and 28 more: 1 change"
        in "\n".join(lines)
    )


def test_equal_errors_are_shown_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append("clusters/base/apiserver.yaml", "generic: {goawayChance: 7}\n")
    lines = kasc(capsys, "diff", "--since", "main").out.splitlines()
    assert lines[1].startswith(f"{PROD}, {TEST}: 1 change: 1 breaking; ")
    assert sum("  error: clusters/base/apiserver.yaml:11:25: " in line for line in lines) == 1


def test_at_most_a_screen(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for index in range(60):
        write(f"clusters/many/c-{index:02}.yaml", DOCUMENT.format(f"c-{index:02}"))
    on_main()
    for index in range(60):
        append(f"clusters/many/c-{index:02}.yaml", f"logs: {{v: {index + 2}}}\nfeatures: {{profiling: false}}\n")
    write(TEST, DOCUMENT.format("test") + "etcd: {etcdPrefix: /other}\n")
    lines = kasc(capsys, "diff", "--since", "main").out.splitlines()
    assert len(lines) <= 24
    assert lines[1].startswith(TEST)
    assert lines[2].strip().startswith("data-loss")
    assert lines[-1].endswith("more inputs and more changes: run with -v")
    assert kasc(capsys, "diff", "--since", "main", "-v").out.count("flag --v") == 60
