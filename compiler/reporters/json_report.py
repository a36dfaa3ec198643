"""The JSON report; its shape is a contract, see docs/reports.md."""

from __future__ import annotations

import json
from typing import Any

from compiler.diagnostics import ERROR, NOTE, WARNING, Diagnostic, Report


def render(reports: list[Report]) -> str:
    """All reports as one JSON document, ASCII only."""
    return json.dumps(as_data(reports), indent=1) + "\n"


def as_data(reports: list[Report]) -> dict[str, Any]:
    """schemaVersion, files and summary."""
    return {
        "schemaVersion": 1,
        "files": [
            {
                "path": report.path,
                "as": report.read_as,
                "kubernetesVersion": report.kubernetes_version,
                "outcome": report.outcome,
                "diagnostics": [_diagnostic(found) for found in report.sorted()],
            }
            for report in reports
        ],
        "summary": {
            "files": len(reports),
            **{f"{severity}s": sum(len(list(r.of(severity))) for r in reports) for severity in (ERROR, WARNING, NOTE)},
        },
    }


def _diagnostic(found: Diagnostic) -> dict[str, Any]:
    data: dict[str, Any] = {
        "code": found.code,
        "rule": found.rule,
        "severity": found.severity,
        "message": found.message,
        "hint": found.hint,
        "path": found.path,
        "flag": found.flag,
    }
    if found.location is not None:
        file, line, column, end_line, end_column = found.location
        data |= {"file": file, "line": line, "column": column, "endLine": end_line, "endColumn": end_column}
    return data | {"source": found.source}
