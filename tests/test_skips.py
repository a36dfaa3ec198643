"""With --require-recordings, a test that is skipped fails, unless its reason is excused."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import EXCUSED
from tests.recordings import ROOT

MODULES = {
    "test_some.py": f"""
import pytest

def test_runs():
    pass

def test_without_a_program():
    pytest.skip("no etcd here")

@pytest.mark.skipif(True, reason="promtool is not installed")
def test_marked():
    pass

def test_excused():
    pytest.skip({EXCUSED[0]!r})

@pytest.mark.xfail(strict=True)
def test_expected():
    assert False
""",
    "test_module.py": "import pytest\npytest.importorskip('no_such_package')\n",
}


def outcome(folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and output of pytest over `MODULES`, with the conftest of this suite."""
    shutil.copy(ROOT / "tests/conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in MODULES.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout


def test_skips_without_the_option(tmp_path: Path) -> None:
    code, out = outcome(tmp_path)
    assert code == 0
    assert "1 passed, 4 skipped, 1 xfailed" in out


def test_skips_fail_with_the_option(tmp_path: Path) -> None:
    code, out = outcome(tmp_path, "--require-recordings", "--continue-on-collection-errors")
    assert code == 1
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors" in out
    for reason in ("no etcd here", "promtool is not installed", "could not import 'no_such_package'"):
        assert f"skipped with --require-recordings: {reason}" in out
    assert re.search(f"SKIPPED.*{re.escape(EXCUSED[0])}", out)


@pytest.mark.parametrize("reason", EXCUSED)
def test_excuses_are_used(reason: str) -> None:
    """An excuse that no test gives any more is removed."""
    others = [path for path in ROOT.glob("tests/**/*.py") if path.name not in ("conftest.py", "test_skips.py")]
    template = re.sub(r"^no (haproxy|nginx) here$", "no {name} here", reason)
    assert any(template in path.read_text(encoding="utf-8") for path in others)
