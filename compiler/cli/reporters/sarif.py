"""The report in SARIF 2.1.0, for code scanning and for editors."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from compiler import __version__
from compiler.cli.reporters import Once, not_shown, unread
from compiler.diagnostics import Diagnostic, Location, Report
from compiler.rules import by_code

HOME = "https://github.com/kasc/kasc"
CODES = f"{HOME}/blob/main/docs/codes"


class Help(NamedTuple):
    """What a report says about a rule: `summary` is its first sentence, `link` the address of its description."""

    summary: str
    text: str
    markdown: str
    link: str


def help_of(code: str) -> Help:
    """Return the texts about the rule of a code."""
    from compiler.rules.texts import entry_of

    rule = by_code()[code]
    does = entry_of(rule).does
    title = f"{rule.title[:1].upper()}{rule.title[1:]}"
    if rule.of_server:
        effect = "kube-apiserver refuses to start." if rule.severity == "error" else "kube-apiserver starts anyway."
        reason, marked = f"{effect} In Kubernetes: {rule.source}", f"{effect} In Kubernetes: `{rule.source}`"
    else:
        reason = marked = f"A rule of kasc: {rule.source}."
    link = f"{CODES}/{rule.family}.md#{code.lower()}"
    markdown = f"**{title}.** {does} {marked}\n\n[{code}]({link})\n"
    return Help(f"{title}.", f"{title}. {does} {reason}", markdown, link)


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}

Form = dict[str, Any]


def render(reports: list[Report]) -> str:
    """All reports as one SARIF log with one run, ASCII only."""
    return json.dumps(as_data(reports), indent=1) + "\n"


def as_data(reports: list[Report]) -> Form:
    """The log; rules are those that have a result, by code, results go by input and position."""
    codes = sorted({found.code for report in reports for found in report.diagnostics})
    index, once = {code: number for number, code in enumerate(codes)}, Once()
    driver = {
        "name": "kasc",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_rule(code) for code in codes],
    }
    run: Form = {
        "tool": {"driver": driver},
        **({"invocations": [{"executionSuccessful": False}]} if unread(reports) else {}),
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, found, index) for report in reports for found in once.of(report)],
    }
    if hidden := not_shown(reports):
        run["properties"] = {"errorsNotShown": hidden}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Form:
    rule = by_code()[code]
    help_ = help_of(code)
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": help_.summary},
        "help": {"text": help_.text, "markdown": help_.markdown},
        "helpUri": help_.link,
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"problem.severity": _PROBLEM_SEVERITY[rule.severity], "tags": ["kube-apiserver"]},
    }


def _result(report: Report, found: Diagnostic, index: dict[str, int]) -> Form:
    text = f"{found.message}\n{found.hint}" if found.hint else found.message
    place: Form = {"physicalLocation": _place(found.location or Location(report.path, 1, 1, 1, 1))}
    if found.path:
        place["logicalLocations"] = [{"fullyQualifiedName": found.path}]
    fixes = {"fixes": [_fix(found)]} if found.fix else {}
    about = {"rule": found.rule, "flag": found.flag, "source": found.source}
    return {
        "ruleId": found.code,
        "ruleIndex": index[found.code],
        "level": found.severity,
        "message": {"text": text},
        "locations": [place],
        **fixes,
        "properties": {key: value for key, value in about.items() if value},
    }


def _fix(found: Diagnostic) -> Form:
    """All edits of a finding together, by file."""
    changes: dict[str, list[Form]] = {}
    for edit in found.fix:
        replacement = {"deletedRegion": region(edit.location), "insertedContent": {"text": edit.new}}
        changes.setdefault(edit.location.file, []).append(replacement)
    return {
        "description": {"text": found.hint},
        "artifactChanges": [
            {"artifactLocation": artifact_location(name), "replacements": replacements}
            for name, replacements in changes.items()
        ],
    }


def _place(location: Location) -> Form:
    return {"artifactLocation": artifact_location(location.file), "region": region(location)}


def region(location: Location) -> Form:
    """A span; SARIF counts from 1 with an exclusive end as well."""
    _, line, column, end_line, end_column = location
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def artifact_location(name: str) -> Form:
    """A file as a URI: relative to the current folder where it lies below, which code scanning wants."""
    from urllib.parse import quote

    inside = os.path.relpath(name)
    if inside == os.pardir or inside.startswith(os.pardir + os.sep):
        return {"uri": "file://" + quote(os.fsencode(os.path.abspath(name)))}
    return {"uri": quote(os.fsencode(inside.replace(os.sep, "/"))), "uriBaseId": "%SRCROOT%"}
