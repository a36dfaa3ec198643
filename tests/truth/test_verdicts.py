"""kasc accepts and refuses what recorded servers accepted and refused, and names the rule.

Cases whose verdict hangs on the content of a file that kasc does not judge yet are named in UNJUDGED; the list may
only shrink.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.shared import SHARED, shared
from tests.truth.recorded import examined, make_keys, over

FILES = sorted(path.name for path in (SHARED / "truth").glob("*.jsonl")) or ["absent"]
# Families of rules about files and JWT issuers that kasc does not know yet.
UNJUDGED = (
    "ADMC",
    "EGR",
    "KUB",
    "MET-04",
    "PRX",
)
UNJUDGED += ("TRC", "RH-04", "ETCD-09", "SERV-11")


@pytest.mark.parametrize("name", FILES)
def test_verdicts(name: str, tmp_path: Path) -> None:
    head, *cases = [json.loads(line) for line in shared("truth", name).read_text().splitlines()]
    wrong = []
    for case in cases:
        folder = tmp_path / case["id"]
        folder.mkdir()
        if not wrong and case is cases[0]:
            make_keys(tmp_path)
        for key_file in ("sa.key", "sa.pub", "pc.key", "pc.crt", "tok"):
            (folder / key_file).write_bytes((tmp_path / key_file).read_bytes())
        flags = over(head["baseline"], case["flags"], case.get("drop", []))
        report = examined(folder, head["kubernetesMinor"], flags, case.get("files", {})).report
        if report.outcome != case["outcome"] and not is_unjudged(case):
            wrong.append((case["id"], case["outcome"], case["flags"], [found.message for found in report.of("error")]))
        rule = case.get("rule")
        if report.rejected and case["outcome"] == "reject" and rule and not rule.startswith(UNJUDGED):
            named = {found.rule for found in report.of("error")}
            if rule not in named:
                wrong.append((case["id"], rule, named))
    assert wrong == []


def is_unjudged(case: dict[str, Any]) -> bool:
    """Whether the server's refusal belongs to a family that kasc does not know yet.

    Only the recordings of 1.36 name rules; the cases of the other versions bear the same ids.
    """
    if case["outcome"] != "reject":
        return False
    if case["id"].startswith("random-"):
        return "$T/none" in case["message"]
    rule = case.get("rule") or rules_by_id().get(case["id"]) or case["id"].upper()
    return str(rule).startswith(UNJUDGED)


@cache
def rules_by_id() -> dict[str, str]:
    rows = map(json.loads, shared("truth", "flags-v1.36.jsonl").read_text().splitlines()[1:])
    return {case["id"]: case["rule"] for case in rows if "rule" in case}
