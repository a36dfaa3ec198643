"""What the tests of clusters share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.record.scratch import write_keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the keys that recorded servers use."""
    path = tmp_path_factory.mktemp("cluster")
    write_keys(path)
    return path
