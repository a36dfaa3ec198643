"""The report in SARIF 2.1.0, for code scanning and for editors."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from compiler import __version__
from compiler.cli.reporters.summary import Once, not_shown, unread
from compiler.diagnostics import Diagnostic, Location, Report
from compiler.rules import Rule, by_code
from compiler.rules.rule import ControlResult, is_own

HOME = "https://github.com/kasc/kasc"
CODES = f"{HOME}/blob/main/docs/codes"
CHANGES = f"{HOME}/blob/main/docs/changes.md"


class Help(NamedTuple):
    """The description of a rule: `summary` is one sentence, `link` the URL of its documentation."""

    summary: str
    text: str
    markdown: str
    link: str


def link_of(code: str) -> str:
    """Return the URL of the documentation of a code; for a rule of an organisation, that of its policies."""
    if is_own(code):
        return f"{HOME}/blob/main/docs/policy.md#your-own-policies"
    return f"{CODES}/{by_code()[code].family}.md#{code.lower()}"


def help_of(code: str) -> Help:
    """Return the description of the rule with a code."""
    from compiler.rules.texts import entry_of

    rule = rule_of(code)
    if code not in by_code():
        return _help_of_change(rule)
    does = entry_of(rule).does
    title = f"{rule.title[:1].upper()}{rule.title[1:]}"
    if rule.of_server:
        effect = "kube-apiserver refuses to start." if rule.severity == "error" else "kube-apiserver starts anyway."
        origin, marked = f"{effect} In Kubernetes: {rule.source}", f"{effect} In Kubernetes: `{rule.source}`"
    else:
        origin = marked = f"Checked by kasc only: {rule.source}."
    link = link_of(code)
    markdown = f"**{title}.** {does} {marked}\n\n[{code}]({link})\n"
    return Help(f"{title}.", f"{title}. {does} {origin}", markdown, link)


def rule_of(code: str) -> Rule:
    """Return the rule with a code, also one of `kasc diff`."""
    rule = by_code().get(code)
    if rule is None:
        from compiler.changes.findings import RULES

        rule = RULES[code]
    return rule


def _help_of_change(rule: Rule) -> Help:
    """Return the description of a rule about a kind of changes."""
    title = f"{rule.title[:1].upper()}{rule.title[1:]}"
    text = f"{title}. kasc diff reports what a change of the configuration does to a running cluster."
    return Help(f"{title}.", text, f"{text}\n\n[Changes]({CHANGES})\n", CHANGES)


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"enforce": "error", "warn": "warning", "note": "note"}
"""Level of a rule that an organisation writes -> that of its results."""
_PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}

Form = dict[str, Any]


def render(reports: list[Report]) -> str:
    """Return all reports as one SARIF log with one run, ASCII only."""
    return json.dumps(as_data(reports), indent=1) + "\n"


def as_data(reports: list[Report]) -> Form:
    """Return the log, with the rules that have results, by code, and the results by input and position."""
    codes = sorted({each.code for report in reports for each in report.diagnostics})
    own = {
        each.id: each for report in reports for policy in report.policies for each in policy.controls if is_own(each.id)
    }
    index, once = {code: number for number, code in enumerate(codes)}, Once()
    driver = {
        "name": "kasc",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [_own_rule(own[code]) if code in own else _rule(code) for code in codes],
    }
    run: Form = {
        "tool": {"driver": driver},
        **({"invocations": [{"executionSuccessful": False}]} if unread(reports) else {}),
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, each, index) for report in reports for each in once.of(report)],
    }
    if hidden := not_shown(reports):
        run["properties"] = {"errorsNotShown": hidden}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Form:
    rule = rule_of(code)
    description = help_of(code)
    return {
        "id": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": description.summary},
        "help": {"text": description.text, "markdown": description.markdown},
        "helpUri": description.link,
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"problem.severity": _PROBLEM_SEVERITY[rule.severity], "tags": ["kube-apiserver"]},
    }


def _own_rule(control: ControlResult) -> Form:
    """Return a rule of an organisation: the reason that it gives is its description."""
    severity = _LEVEL[control.severity]
    return {
        "id": control.id,
        "shortDescription": {"text": control.title},
        "fullDescription": {"text": control.why},
        "help": {"text": f"{control.title}. {control.why} {control.fix}".strip()},
        "defaultConfiguration": {"level": severity},
        "properties": {"problem.severity": _PROBLEM_SEVERITY[severity], "tags": ["kube-apiserver", "policy"]},
    }


def _result(report: Report, diagnostic: Diagnostic, index: dict[str, int]) -> Form:
    text = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    place: Form = {"physicalLocation": _place(diagnostic.location or Location(report.path, 1, 1, 1, 1))}
    if diagnostic.path:
        place["logicalLocations"] = [{"fullyQualifiedName": diagnostic.path}]
    fixes = {"fixes": [_fix(diagnostic)]} if diagnostic.fix else {}
    about = {"rule": diagnostic.rule, "flag": diagnostic.flag, "source": diagnostic.source}
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": index[diagnostic.code],
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [place],
        **fixes,
        "properties": {key: value for key, value in about.items() if value},
    }


def _fix(diagnostic: Diagnostic) -> Form:
    """Return the fix of a finding: all edits, by file."""
    changes: dict[str, list[Form]] = {}
    for edit in diagnostic.fix:
        replacement = {"deletedRegion": region(edit.location), "insertedContent": {"text": edit.new}}
        changes.setdefault(edit.location.file, []).append(replacement)
    return {
        "description": {"text": diagnostic.hint},
        "artifactChanges": [
            {"artifactLocation": artifact_location(name), "replacements": replacements}
            for name, replacements in changes.items()
        ],
    }


def _place(location: Location) -> Form:
    return {"artifactLocation": artifact_location(location.file), "region": region(location)}


def region(location: Location) -> Form:
    """Return a span as a region; SARIF counts from 1 with an exclusive end, as kasc does."""
    _, line, column, end_line, end_column = location
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def artifact_location(name: str) -> Form:
    """Return a file as a URI, relative to the current directory if inside, as code scanning requires."""
    from urllib.parse import quote

    relative = os.path.relpath(name)
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        return {"uri": "file://" + quote(os.fsencode(os.path.abspath(name)))}
    return {"uri": quote(os.fsencode(relative.replace(os.sep, "/"))), "uriBaseId": "%SRCROOT%"}
