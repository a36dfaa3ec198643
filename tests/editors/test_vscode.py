"""The extension for Visual Studio Code in tools/vscode: its unit tests, what it activates for, and its package."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from compiler import __version__
from compiler.inputs.importers.detect import WORDS
from compiler.inputs.schema.bundle import OWN_NAMES
from tests.cli.running import ROOT
from tests.editors.client import TOOLS

EXTENSION = ROOT / "tools/vscode"
MANIFEST = json.loads((EXTENSION / "package.json").read_text())
NODE = shutil.which("node")
MODULES = TOOLS / "node_modules"


def run(*command: object, folder: Path = EXTENSION) -> str:
    """Standard output of a program that has to succeed."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_inputs_are_recognized_by_the_words_of_the_search() -> None:
    assert json.loads((EXTENSION / "src/words.json").read_text()) == list(WORDS)
    assert all(name.startswith("*.kasc.") for name in OWN_NAMES)


def test_the_version_is_that_of_kasc() -> None:
    assert MANIFEST["version"] == __version__


def test_the_editor_activates_it_for_the_languages_of_inputs() -> None:
    inputs = (EXTENSION / "src/inputs.js").read_text()
    for event in MANIFEST["activationEvents"]:
        assert f'"{event.removeprefix("onLanguage:")}"' in inputs


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_unit_tests() -> None:
    for test in sorted((EXTENSION / "test").glob("*.test.js")):
        run(NODE, "--test", test)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged extension, unpacked."""
    if NODE is None or not (MODULES / "@vscode/vsce").exists():
        pytest.skip("the tools of the extension are not installed (make editors)")
    home = tmp_path_factory.mktemp("checkout")
    folder = home / "tools/vscode"
    shutil.copytree(EXTENSION, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copy(ROOT / "LICENSE", home)
    (folder / "node_modules").symlink_to(MODULES)
    run("npm", "run", "package", folder=folder)
    with zipfile.ZipFile(folder / "kasc.vsix") as archive:
        archive.extractall(home / "unpacked")
    return home / "unpacked/extension"


def test_the_package_has_the_bundle_and_nothing_else(package: Path) -> None:
    files = {str(path.relative_to(package)).lower() for path in package.rglob("*") if path.is_file()}
    assert files == {"package.json", "readme.md", "license.txt", "dist/extension.js"}


def test_the_bundle_can_be_loaded(package: Path) -> None:
    out = run(NODE, EXTENSION / "test/bundle.cjs", package / "dist/extension.js")
    assert out.split() == [each["command"] for each in MANIFEST["contributes"]["commands"]]
