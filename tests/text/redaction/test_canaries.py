"""No canary that is planted in place of a secret comes out: in a message, an excerpt, a diff, an artifact or a cache.

`KASC_CANARIES=N` tries N inputs instead of a few; `python -m tests.text.redaction.planting N SEED` prints what leaks.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.redaction.planting import MARK, Planted, Planter, everything, leaks

EXAMPLES = int(os.environ.get("KASC_CANARIES", "25"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 10**9))
def test_no_canary_comes_out(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert leaks(seed, Path(folder), forms=("text", "json", "junit")) == []


def test_the_search_finds_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is no secret: planted there, the canary comes out in artifacts and in messages."""
    monkeypatch.chdir(tmp_path)
    planter = Planter(1)
    document = planter.document()
    document["metadata"]["name"] = f"{MARK.lower()}"
    document["generic"]["featureGates"] = {MARK: True}
    planted = planter.written(document)
    assert any(MARK in text for _, text in everything(Planted(planted, [], ""), tmp_path, forms=("text",)))
