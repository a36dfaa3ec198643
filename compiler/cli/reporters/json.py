"""The JSON report; its structure is a stable API, see docs/reports.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from compiler.cli.reporters.summary import not_shown, totals, unread
from compiler.diagnostics import Diagnostic, Location, Report

if TYPE_CHECKING:
    from compiler.rules.rule import ControlResult, PolicyResult


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
                **_policies(report.policies),
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


def _policies(results: list[PolicyResult]) -> dict[str, Any]:
    """Return the results of all policies, and `policy`, the first of them; nothing if none was selected."""
    if not results:
        return {}
    policies = [_policy(result) for result in results]
    return {"policy": policies[0], "policies": policies}


def _policy(result: PolicyResult) -> dict[str, Any]:
    note = {"note": result.note} if result.note else {}
    return {
        "name": result.name,
        "version": result.version,
        "title": result.title,
        **note,
        "controls": [_control(each) for each in result.controls],
    }


def _control(control: ControlResult) -> dict[str, Any]:
    data: dict[str, Any] = {"id": control.id, "title": control.title, "status": control.status}
    optional: dict[str, Any] = {
        "severity": control.severity,
        "why": control.why,
        "reason": control.reason,
        "fix": control.fix,
        "path": control.path,
    }
    if control.exception is not None:
        reason, approved_by, expires = control.exception
        optional["exception"] = {"reason": reason, "approvedBy": approved_by, "expires": expires}
    data |= {key: value for key, value in optional.items() if value}
    return data | (_place(Location(*control.place)) if control.place is not None else {})


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
