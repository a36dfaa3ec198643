"""Recorded behavior of real kube-apiservers, in tests/truth/recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORDINGS = ROOT / "tests/truth/recordings"
FACTS = RECORDINGS / "facts"


def document(*parts: str) -> dict[str, Any]:
    """Return the recording at a path below `RECORDINGS`: one JSON object."""
    value: dict[str, Any] = json.loads(RECORDINGS.joinpath(*parts).read_text(encoding="utf-8"))
    return value


def rows(*parts: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a recording that has one a line."""
    return [json.loads(line) for line in RECORDINGS.joinpath(*parts).read_text(encoding="utf-8").splitlines()]


def names(kind: str) -> list[str]:
    """Return the names, without suffix, of the recordings of a kind (a directory below `RECORDINGS`), sorted.

    Raises FileNotFoundError if there is none: a test without cases would pass.
    """
    found = sorted(path.stem for path in (RECORDINGS / kind).iterdir() if path.suffix in (".json", ".jsonl"))
    if not found:
        raise FileNotFoundError(f"no recordings in {RECORDINGS / kind}")
    return found


def facts(version: str) -> dict[str, Any]:
    """Return what is known of a minor version: recorded from a server, else read from source before its release."""
    recorded = f"v{version}.json"
    return document("facts", recorded if (FACTS / recorded).exists() else f"v{version}-from-source.json")
