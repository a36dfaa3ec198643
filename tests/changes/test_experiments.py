"""What happened on real servers when their configuration was changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from compiler.changes.change import SEVERITIES
from tests.changes import compared
from tests.recordings import rows

EXPERIMENTS = [
    row
    for row in rows("changes", "experiments.jsonl")
    if all(re.fullmatch(r"--[^ ]+", flag) for flag in row["old"] + row["new"])
]
OTHER_SEVERITY = {
    # The ports of the recording are placeholders, not numbers. A real change of the port is breaking: kubeconfigs,
    # load balancers and probes use the old one.
    "secure_port_changed": "cosmetic",
    # The reference and the opposite experiment, mincompat_storage, call a change of the emulated version a plan:
    # storage versions move, and have to be migrated before the next hop.
    "rollback_after_new_storage": "plan",
}
"""Experiments whose label is not followed, with kasc's severity."""


@pytest.mark.parametrize("row", EXPERIMENTS, ids=lambda row: str(row["id"]))
def test_judged_as_seen(row: dict[str, Any], tmp_path: Path) -> None:
    files = {path.removeprefix("$T/"): text for path, text in (row.get("files") or {}).items()}
    comparison = compared(tmp_path, row["old"], row["new"], files, row.get("version", "1.36"))
    label = row["severity"].replace("data loss", "data-loss")
    severity = next(name for name in SEVERITIES if label.startswith(name))
    assert comparison.safe_mixed == row["safeMixed"]
    assert comparison.severity == OTHER_SEVERITY.get(row["id"], severity)
