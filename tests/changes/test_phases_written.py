"""`kasc diff --write-phases DIR`: documents of phases that compile, and a directory that is never half-written."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

import compiler
from compiler.changes.rollout import rollout_of
from compiler.changes.rollout.documents import MARK, documents_of
from tests.changes import compared
from tests.changes.test_meanings import SECRETS, encryption
from tests.changes.test_rollout import EXPERIMENTS, FILES, A, B
from tests.cli.running import kasc

OLD = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: prod}
etcd:
  etcdServers: [https://10.0.0.11:2379]
  encryptionProviderConfig:
    content:
      apiVersion: apiserver.config.k8s.io/v1
      kind: EncryptionConfiguration
      resources:
      - resources: [secrets]
        providers:
        - secretbox: {keys: [{name: k1, secret: {env: K1}}]}
        - identity: {}
authentication:
  serviceAccountIssuer: [https://a.example]
  serviceAccountKeyFile: [/etc/kubernetes/pki/sa.pub]
  clientCAFile: /etc/kubernetes/pki/ca.crt
authorization: {authorizationMode: [Node, RBAC]}
misc:
  serviceClusterIPRange: 10.96.0.0/16
  serviceAccountSigningKeyFile: /etc/kubernetes/pki/sa.key
"""
NEW = (
    OLD.replace("k1, secret: {env: K1", "k2, secret: {env: K2")
    .replace("a.example", "b.example")
    .replace("ca.crt", "b.crt")
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two documents, and the directory of the phases."""
    paths = tmp_path / "old.yaml", tmp_path / "new.yaml"
    for path, text in zip(paths, (OLD, NEW), strict=True):
        path.write_text(text)
    return *paths, tmp_path / "out"


def contents(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_documents_lead_from_old_to_new(pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new, out = pair
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert (ran.code, ran.err) == (0, f"{out}: 3 phases written; start with rollout.md\n")
    assert [line for line in ran.out.splitlines() if line.startswith("  ")][-1].endswith("(one by one)")
    phases = sorted(out.glob("*/apiserver.yaml"))
    assert [path.parent.name[0] for path in phases] == ["1", "2", "3"]
    assert sorted(contents(out)) == [*(str(path.relative_to(out)) for path in phases), "rollout.md"]
    for path in phases:
        assert compiler.check(path).outcome == "accept"
    for before, after in pairwise((old, *phases)):
        unsafe = [each for each in compiler.diff(before, after).changes if not each.safe_mixed and not each.safe_once]
        # What is in the bundle of both CAs is only known on the servers.
        assert {change.name for change in unsafe} <= {"client-ca-file"}
    assert compiler.diff(phases[-1], new).changes == ()


def test_the_page_names_documents_and_commands(
    pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, out = pair
    kasc(capsys, "diff", old, new, "--write-phases", out)
    page = (out / "rollout.md").read_text()
    for name in (path.parent.name for path in out.glob("*/apiserver.yaml")):
        assert f"`kasc probe {name}/apiserver.yaml --server https://SERVER:6443`" in page
    assert "cat /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/b.crt > /etc/kubernetes/pki/ca-and-b.crt" in page
    assert "secrets with secretbox:v1:k1, identity, secretbox:v1:k2" in page


def test_the_same_rollout_again_changes_nothing(
    pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, out = pair
    first = kasc(capsys, "diff", old, new, "--write-phases", out)
    files = contents(out)
    assert kasc(capsys, "diff", old, new, "--write-phases", out) == first
    assert contents(out) == files


@pytest.mark.parametrize("name", ["notes.txt", "4-drop-it-all/apiserver.yaml"])
def test_a_directory_with_other_files(
    name: str, pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, out = pair
    (out / name).parent.mkdir(parents=True)
    (out / name).write_text(f"# {MARK}\n")
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert ran.code == 2
    assert ran.err.endswith("is not a file of this rollout: name an empty directory with --write-phases\n")
    assert list(contents(out)) == [name]


def test_files_of_others_are_not_replaced(pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new, out = pair
    kasc(capsys, "diff", old, new, "--write-phases", out)
    (document,) = out.glob("2*/apiserver.yaml")
    document.write_text(OLD)
    files = contents(out)
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert ran.code == 2
    assert f"{document} is not a file of this rollout" in ran.err
    assert contents(out) == files


@pytest.mark.parametrize("name", ["rollout.md", "phase", "phase/apiserver.yaml"])
def test_no_link_is_followed(name: str, pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new, out = pair
    kasc(capsys, "diff", old, new, "--write-phases", out)
    (directory,) = out.glob("1*")
    elsewhere = out.parent / "elsewhere"
    place = out / name.replace("phase", directory.name)
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = {path: path.read_text() for path in (elsewhere, *elsewhere.rglob("*")) if path.is_file()}
    new.write_text(NEW.replace("https://b.example", "https://c.example"))
    assert kasc(capsys, "diff", old, new, "--write-phases", out).code == 2
    assert {path: path.read_text() for path in before} == before


def test_a_file_in_place_of_the_directory(pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, new, out = pair
    out.write_text("mine")
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert (ran.code, ran.err) == (2, f"kasc: cannot write {out}: not a directory\n")
    assert out.read_text() == "mine"


def test_no_phases_without_a_change(pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    old, _, out = pair
    ran = kasc(capsys, "diff", old, old, "--write-phases", out)
    assert (ran.code, ran.err) == (0, "nothing changes, so no phases are written\n")
    assert not out.exists()


def test_not_with_since(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ran = kasc(capsys, "diff", "--since", "HEAD", "--write-phases", tmp_path / "out")
    assert ran.code == 2
    assert "--write-phases needs two inputs" in ran.err


def test_a_configuration_that_the_server_refuses(
    pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, out = pair
    new.write_text(NEW.replace("10.96.0.0/16", "10.96.0.0/40"))
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert ran.code == 1
    assert "kasc: no phases are written: " in ran.err
    assert not out.exists()


def test_keys_of_files_stay_in_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two keys with one name need two variables, which are the same ones in all phases."""
    files = {"a.yaml": encryption(secrets=("k1=1", "identity")), "b.yaml": encryption(secrets=("k1=2", "identity"))}
    flags = [[f"--encryption-provider-config=$T/{name}"] for name in files]
    documents = documents_of(rollout_of(compared(tmp_path, *flags, files=files)))
    text = json.dumps(documents.files) + json.dumps(documents.notes)
    assert not any(secret in text for secret in SECRETS)
    assert [note.partition(" to ")[0].rpartition(" ")[2] for note in documents.notes] == ["AESCBC_K1", "AESCBC_K1_2"]
    names = [
        [line.split()[1] for line in text.splitlines() if line.strip().startswith("env:")]
        for text in documents.files.values()
    ]
    assert names[:3] == [["AESCBC_K1", "AESCBC_K1_2"], ["AESCBC_K1_2", "AESCBC_K1"], ["AESCBC_K1_2"]]


def test_a_flag_with_a_credential_is_not_written(
    pair: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new, out = pair
    new.write_text(NEW.replace("https://b.example", "https://user:hunter2@b.example"))
    ran = kasc(capsys, "diff", old, new, "--write-phases", out)
    assert ran.code == 1
    assert "hunter2" not in ran.err + ran.out
    assert not out.exists()


@pytest.mark.parametrize("row", EXPERIMENTS, ids=lambda row: str(row["id"]))
def test_documents_of_an_experiment(row: dict[str, list[str]], tmp_path: Path) -> None:
    files = {path.removeprefix("$T/"): text for path, text in dict(row.get("files") or {}).items()}
    comparison = compared(tmp_path, row["old"], row["new"], files)
    if comparison.new.context.report.rejected or comparison.old.context.report.rejected:
        return
    rollout = rollout_of(comparison)
    assert len(documents_of(rollout).files) == len(rollout.phases) + 1


def test_documents_of_everything_at_once(tmp_path: Path) -> None:
    old = [A, "--encryption-provider-config=$T/1.yaml", "--client-ca-file=/keys/a.crt"]
    new = [B, "--encryption-provider-config=$T/2.yaml", "--client-ca-file=/keys/b.crt", "--etcd-prefix=/other"]
    rollout = rollout_of(compared(tmp_path, old, [*new, "--authentication-config=$T/authn.yaml"], FILES))
    assert len(documents_of(rollout).files) == len(rollout.phases) + 1 > 3
