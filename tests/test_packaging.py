"""The wheel, the source distribution and an editable install: each carries its data and works from anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.artifacts.compiling import ROOT, SAMPLES, artifacts, resolve_file

pytestmark = pytest.mark.slow
DATA = (
    "upstream/catalog/data/*",
    "apiserver/config_files/shapes/*.yaml",
    "upstream/cel/data/*",
    "upstream/go/data/*",
    "artifacts/templates/*",
    "rules/data/*.yaml",
    "changes/data/*",
    "inputs/dialects/**/*.json",
    "inputs/systemd/*.json",
    "artifacts/monitoring/topics/*.yaml",
    "review/policies/data/*",
    "py.typed",
)
SAMPLE = ROOT / "samples/hardened/apiserver.yaml"


def run(*command: object, folder: Path = ROOT, code: int = 0) -> str:
    """Standard output of a program that has to end with a code; nothing of this process leads to the checkout."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is built from it."""
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, ROOT)
    return target


@pytest.fixture(scope="module", params=["wheel", "sdist", "editable"])
def installed(request: pytest.FixtureRequest, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of a fresh environment; the dependencies are those of this one."""
    target = tmp_path_factory.mktemp(request.param) / "venv"
    venv.create(target, with_pip=False, symlinks=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = target / f"lib/python{version}/site-packages"
    (folder / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    what = {
        "wheel": [str(next(built.glob("*.whl")))],
        "sdist": [str(next(built.glob("*.tar.gz")))],
        "editable": ["--editable", str(ROOT)],
    }[request.param]
    pip = (sys.executable, "-m", "pip", "--python", target / "bin/python", "install", "--quiet")
    run(*pip, "--no-deps", "--no-index", "--no-build-isolation", *what, folder=target)
    return target / "bin"


def test_code_is_that_of_the_installation(installed: Path, tmp_path: Path) -> None:
    where = Path(run(installed / "python", "-c", "import compiler; print(compiler.__file__)", folder=tmp_path).strip())
    home = ROOT if "editable" in str(installed) else installed.parent
    assert where.is_relative_to(home)


def test_compile(installed: Path, tmp_path: Path) -> None:
    wanted = artifacts(resolve_file(SAMPLE))
    for name, command in (("kasc", ["compile"]), ("compile", [])):
        target = tmp_path / name
        run(installed / name, *command, SAMPLE, "-o", target, folder=tmp_path)
        run(installed / name, *command, SAMPLE, "-o", target, "--check", folder=tmp_path)
        files = [path for path in target.rglob("*") if path.is_file()]
        assert {str(path.relative_to(target)): path.read_text() for path in files} == wanted


def test_check_of_every_sample_and_of_a_mistake(installed: Path, tmp_path: Path) -> None:
    report = json.loads(run(installed / "kasc", "check", "--output", "json", *SAMPLES, folder=tmp_path))
    assert [file["outcome"] for file in report["files"]] == ["accept"] * len(SAMPLES)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(SAMPLES[-1].read_text().replace("etcdServers:", "etcdServer:"))
    text = run(installed / "kasc", "check", wrong, folder=tmp_path, code=1)
    assert "KASC-SCHEMA-001" in text
    assert "did you mean" in text


def test_commands_that_read_data(installed: Path, tmp_path: Path) -> None:
    kasc = installed / "kasc"
    run(kasc, "init", "-o", "new.yaml", folder=tmp_path)
    run(kasc, "check", "new.yaml", folder=tmp_path)
    assert "keyPrefix" in run(kasc, "explain", "keyPrefix", folder=tmp_path)
    assert "etcd2" in run(kasc, "explain", "KASC-ETCD-002", folder=tmp_path)
    run(kasc, "schema", "-o", "schemas", folder=tmp_path)
    assert list(tmp_path.glob("schemas/**/etcd.schema.json"))


def test_contents_of_the_wheel(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = ROOT / "compiler"
    files = [*package.rglob("*.py"), *(path for form in DATA for path in package.glob(form))]
    wanted = {f"compiler/{path.relative_to(package)}" for path in files}
    wanted |= {f"compiler/{path.relative_to(ROOT)}" for path in (ROOT / "schemas").rglob("*.json")}
    assert wanted - names == set()
    extra = {name for name in names - wanted if ".dist-info/" not in name}
    assert extra == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_source_distribution_can_be_tested(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for form in ("tests/**/*.py", "tests/golden/**/*.yaml", "samples/**/*.yaml", "schemas/**/*.json", "docs/*.md"):
        assert {str(path.relative_to(ROOT)) for path in ROOT.glob(form)} - names == set()
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"} <= names
