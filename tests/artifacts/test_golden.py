"""The artifacts of one sample, as files for people to read. Where a change is meant, renew them and read the diff:

kasc compile samples/hardened/apiserver.yaml -o tests/golden/hardened
"""

from __future__ import annotations

import pytest

from tests.artifacts.compiling import ROOT, artifacts, resolve_file

SAMPLE = ROOT / "samples/hardened/apiserver.yaml"
GOLDEN = ROOT / "tests/golden/hardened"
RENEW = f"kasc compile {SAMPLE.relative_to(ROOT)} -o {GOLDEN.relative_to(ROOT)}"


def test_no_file_more_or_less() -> None:
    there = {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file()}
    assert there == set(artifacts(resolve_file(SAMPLE))), RENEW


@pytest.mark.parametrize("name", sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file()))
def test_golden(name: str) -> None:
    assert artifacts(resolve_file(SAMPLE))[name] == (GOLDEN / name).read_text(encoding="utf-8"), RENEW
