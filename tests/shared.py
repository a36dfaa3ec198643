"""Recorded behaviour of real servers, which lies beside the checkout where it is at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def shared(*parts: str) -> Path:
    """A path below the recordings; skips the test where they are absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no recordings at {path.relative_to(ROOT.parent)}")
    return path


def facts() -> dict[str, dict[str, Any]]:
    """Minor version -> the facts recorded from a server of that version."""
    folder = shared("facts")
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("v1.??.json"))]
    return {entry["kubernetesMinor"]: entry for entry in found}
