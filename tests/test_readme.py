"""Every command of the README runs, and prints what is shown below it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from compiler import check
from compiler.inputs import DIALECT_KINDS
from tests.cli.running import ROOT
from tests.cluster.live.api_server import Recorded, Server
from tests.cluster.live.certificates import make_certificates
from tests.cluster.live.etcd_server import EtcdServer
from tests.cluster.verify.test_verify import protobuf

README = (ROOT / "README.md").read_text()
CONSOLES = re.findall(r"^```console\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
INSTALL, CHECKS, *TOUR = CONSOLES


def commands(console: str) -> list[tuple[str, str]]:
    """Commands with the output that is shown below each; empty where none is."""
    parts = re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def copy(folder: Path) -> Path:
    """The checkout as git has it, less the tests."""
    made = folder / "kasc"
    left_out = shutil.ignore_patterns(".*", "tests", "compiled", "dist", "__pycache__")
    shutil.copytree(ROOT, made, ignore=left_out)
    return made


def run(command: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command as a shell runs it; both of its streams are its `stdout`, as a terminal shows them."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, shell=True, cwd=folder, env=variables, text=True, check=False, **streams)


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    with EtcdServer(tmp_path_factory.mktemp("etcd")) as server:
        server.load((f"/registry/configmaps/a/c{number}", protobuf("v1", "ConfigMap")) for number in range(3))
        server.load((f"/registry/pods/a/p{number}", protobuf("v1", "Pod")) for number in range(120))
        yield server


def test_the_tour(tmp_path: Path, etcd: EtcdServer) -> None:
    folder = copy(tmp_path)
    certificates = make_certificates(folder)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}
    wrong = []
    with Server(Recorded(), certificates) as api_server:
        places = {"http://127.0.0.1:2379": etcd.url, "https://127.0.0.1:6443": api_server.url}
        for command, shown in (each for console in TOUR for each in commands(console)):
            line = command
            for place, real in places.items():
                line = line.replace(place, real)
            ran = run(line, folder, variables)
            code = 1 if "error KASC" in ran.stdout or "--diff" in command else 0
            if ran.returncode != code or (shown and shown != ran.stdout):
                wrong.append((command, ran.returncode, ran.stdout))
    assert wrong == []
    assert sum(len(commands(console)) for console in TOUR) >= 15


DIALECTS = (ROOT / "docs/dialects.md").read_text()


def test_the_commands_about_dialects(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    variables = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    variables |= {"PYTHONPATH": str(ROOT)}
    (console, *_) = re.findall(r"^```console\n(.*?)^```$", DIALECTS, re.MULTILINE | re.DOTALL)
    wrong = [
        (command, ran.stdout) for command, _ in commands(console) if (ran := run(command, folder, variables)).returncode
    ]
    assert wrong == []


def test_every_dialect_has_a_sample() -> None:
    """And every sample is in the table, with its kind."""
    rows = re.findall(r"^\| (`[^|]*) \| (\[[^|]*) \|", DIALECTS, re.MULTILINE)
    assert {kind for kinds, _ in rows for kind in re.findall(r"`([^`]*)`", kinds)} == set(DIALECT_KINDS)
    linked = [name for _, links in rows for name in re.findall(r"\(\.\./(samples/dialects/[^)]*)\)", links)]
    samples = [
        path for path in (ROOT / "samples/dialects").rglob("*") if path.is_file() and ".d" not in path.parent.name
    ]
    assert sorted(linked) == sorted(str(path.relative_to(ROOT)) for path in samples)
    for kinds, links in rows:
        for name in re.findall(r"\(\.\./(samples/dialects/[^)]*)\)", links):
            report = check(ROOT / name)
            assert (report.outcome, f"`{report.read_as}`" in kinds) == ("accept", True), name


@pytest.mark.slow
def test_the_first_command(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    ((command, _),) = commands(INSTALL)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    ran = run(command, folder, kept)
    assert ran.returncode == 0, ran.stdout
    pod = yaml.safe_load((folder / "compiled/example/kube-apiserver.yaml").read_text())
    assert pod["metadata"]["name"] == "kube-apiserver"


def test_the_second_command_is_what_continuous_integration_runs() -> None:
    ((command, _),) = commands(CHECKS)
    assert command in re.findall(r"make \w+", (ROOT / ".ci/run").read_text())
    assert "\ncheck: lint types docs bench test " in (ROOT / "Makefile").read_text()


def test_the_document_and_the_hooks_are_right() -> None:
    document, hooks = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    offered = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in yaml.safe_load(hooks)["repos"][0]["hooks"]} == offered
    assert yaml.safe_load(document)["kind"] == "APIServer"


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [link for link in links if not link.startswith(("http://", "https://"))]
    assert [link for link in local if not (page.parent / link).exists()] == []
