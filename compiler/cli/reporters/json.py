"""The JSON report; its shape is a contract, see docs/reports.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compiler.cli.reporters import not_shown, totals, unread
from compiler.diagnostics import Diagnostic, Location, Report

if TYPE_CHECKING:
    from compiler.review.policies import PolicyResult


def render(reports: list[Report], more: dict[str, Any] | None = None) -> str:
    """All reports as one JSON document, ASCII only; `more` is what a command has to add."""
    return json.dumps(as_data(reports) | (more or {}), indent=1) + "\n"


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
                **({"policy": _policy(report.policy)} if report.policy is not None else {}),
                "diagnostics": [_diagnostic(found) for found in report.sorted()],
            }
            for report in reports
        ],
        "summary": {
            "files": len(reports),
            **{f"{severity}s": number for severity, number in totals(reports).items()},
            **({"unread": number} if (number := unread(reports)) else {}),
            **({"notShown": hidden} if (hidden := not_shown(reports)) else {}),
        },
    }


def _policy(result: PolicyResult) -> dict[str, Any]:
    controls = [{"id": one.id, "title": one.title, "status": one.status} for one in result.controls]
    return {"name": result.name, "version": result.version, "controls": controls}


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
        data |= _place(found.location)
    data["source"] = found.source
    if found.fix:
        data["fix"] = [_place(edit.location) | {"replacement": edit.new} for edit in found.fix]
    return data


def _place(location: Location) -> dict[str, Any]:
    file, line, column, end_line, end_column = location
    return {"file": file, "line": line, "column": column, "endLine": end_line, "endColumn": end_column}
