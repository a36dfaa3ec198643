"""What describes the project agrees: version, changelog, classifiers, workflow, issue forms."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

import compiler
from tests.cli.running import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
QUOTED = re.compile(r"\bkasc(?:\[\w+\])?==(\S+)|\bkasc:(\d\S*)|https://github\.com/kasc/kasc\n\s+rev: v(\S+)")
"""A version as pip, an image reference and a pre-commit configuration name it."""


def test_the_package_takes_its_version_from_the_module() -> None:
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]


def test_samples_and_documents_name_this_version() -> None:
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(path for path in ROOT.glob("samples/**/*"))]
    texts = {path: path.read_text() for path in paths if path.is_file()}
    quoted = {
        (str(path.relative_to(ROOT)), next(filter(None, versions)))
        for path, text in texts.items()
        for versions in QUOTED.findall(text)
    }
    assert {version for _, version in quoted} == {compiler.__version__}
    assert len(quoted) >= 5


def test_the_changelog_describes_this_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1].split(" - ")[0] == compiler.__version__


def test_classifiers_name_the_pythons_that_continuous_integration_runs() -> None:
    prefix = "Programming Language :: Python :: 3."
    named = [line.removeprefix(prefix) for line in PROJECT["classifiers"] if line.startswith(prefix)]
    (offered,) = re.findall(r"case \$version in (3\.\S+(?: \| 3\.\S+)*)\)", (ROOT / ".ci/run").read_text())
    workflow = set(re.findall(r"\b3\.\d+\b", (ROOT / ".github/workflows/ci.yaml").read_text()))
    assert offered.split(" | ") == [f"3.{minor}" for minor in named]
    assert workflow == {f"3.{minor}" for minor in named}
    assert PROJECT["requires-python"] == f">=3.{named[0]}"


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-workflows", "workflows/ci.yaml"),
        ("custom.github-workflows-require-timeout", "workflows/ci.yaml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/bug.yml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/feature.yml"),
        ("vendor.github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_files_for_github_are_valid(schema: str, name: str) -> None:
    pytest.importorskip("check_jsonschema")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / ".github" / name)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
