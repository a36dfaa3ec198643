"""The JSON report; its structure is a stable API, see docs/reports.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compiler.cli.reporters.summary import not_shown, totals, unread
from compiler.diagnostics import Diagnostic, Location, Report

if TYPE_CHECKING:
    from compiler.rules.rule import PolicyResult


def render(reports: list[Report], more: dict[str, Any] | None = None) -> str:
    """Return all reports as one JSON document, ASCII only; `more` is added to it."""
    return json.dumps(as_data(reports) | (more or {}), indent=1) + "\n"


def as_data(reports: list[Report]) -> dict[str, Any]:
    """Return `schemaVersion`, `files` and `summary`."""
    return {
        "schemaVersion": 1,
        "files": [
            {
                "path": report.path,
                "as": report.read_as,
                "kubernetesVersion": report.kubernetes_version,
                "outcome": report.outcome,
                **({"policy": _policy(report.policy)} if report.policy is not None else {}),
                "diagnostics": [diagnostic_data(each) for each in report.sorted()],
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
    controls = [{"id": each.id, "title": each.title, "status": each.status} for each in result.controls]
    return {"name": result.name, "version": result.version, "controls": controls}


def diagnostic_data(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one finding."""
    data: dict[str, Any] = {
        "code": diagnostic.code,
        "rule": diagnostic.rule,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "path": diagnostic.path,
        "flag": diagnostic.flag,
    }
    if diagnostic.location is not None:
        data |= _place(diagnostic.location)
    data["source"] = diagnostic.source
    if diagnostic.fix:
        data["fix"] = [_place(edit.location) | {"replacement": edit.new} for edit in diagnostic.fix]
    return data


def _place(location: Location) -> dict[str, Any]:
    file, line, column, end_line, end_column = location
    return {"file": file, "line": line, "column": column, "endLine": end_line, "endColumn": end_column}
