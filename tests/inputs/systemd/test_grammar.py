"""kasc reads units, variables and environment files as systemd 252 does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.diagnostics import ERROR, Location
from compiler.inputs import Host
from compiler.inputs.arguments import Word
from compiler.inputs.source import Files
from compiler.inputs.source.node import Source
from compiler.inputs.systemd import differences
from compiler.inputs.systemd.drop_ins import drop_ins
from compiler.inputs.systemd.environment_file import parse_environment_file
from compiler.inputs.systemd.expansion import NAME, Environment, Expansion, Specifiers
from compiler.inputs.systemd.findings import Findings, RefusedError
from compiler.inputs.systemd.service import Service
from compiler.inputs.systemd.unit_file import parse_unit
from tests.recordings import rows

RECORDED = rows("dialects", "systemd-grammar.jsonl")
VERSION = differences(252)


def recorded(key: str) -> list[Any]:
    return [pytest.param(row, id=row["id"]) for row in RECORDED if key in row]


def load(row: dict[str, Any], directory: Path) -> tuple[Service, Findings, bool]:
    """Return the service of a recorded unit, the findings about it, and whether systemd refuses it."""
    for name, text in row["files"].items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, newline="", encoding="utf-8")
    findings = Findings()
    service = Service(Specifiers(row["unit"], VERSION), findings)
    unit = directory / row["unit"]
    try:
        for assignment in parse_unit(Source(row["unit"], row["files"][row["unit"]]), findings):
            service.apply(assignment)
    except RefusedError:
        return service, findings, True
    for drop_in in drop_ins(str(unit), Host(), Files()):
        name = str(Path(drop_in.path).relative_to(directory))
        try:
            for assignment in parse_unit(Source(name, row["files"][name]), findings):
                service.apply(assignment)
        except RefusedError as error:
            findings.ignored(str(error), error.hint, error.location)
    service.verify()
    refused = not service.commands or any(finding.severity == ERROR for finding in findings)
    return service, findings, refused


@pytest.mark.parametrize("row", recorded("unit"))
def test_units(row: dict[str, Any], tmp_path: Path) -> None:
    service, findings, refused = load(row, tmp_path)
    assert refused == row["refused"]
    if refused:
        return
    # A recorded command begins with the name of the program, which a prefix may change.
    commands = [[word.text for word in command.words] for command in service.commands]
    assert commands == [command[1:] for command in row["commands"]]
    assert {name: value.text for name, value in service.environment.values.items()} == row["environment"]
    assert len(findings) == len(row["log"]), [finding.message for finding in findings]


@pytest.mark.parametrize("row", recorded("words"))
def test_variables(row: dict[str, Any]) -> None:
    values = {name: Word(text, Location("env", 1, 1, 1, 1 + len(text))) for name, text in row["variables"].items()}
    words = [Word(text, Location("unit", 1, 1, 1, 1 + len(text))) for text in row["words"]]
    expanded = Expansion(Environment({**values}), Findings()).words(words)
    assert [word.text for word in expanded] == row["arguments"]


@pytest.mark.parametrize("row", recorded("file"))
def test_environment_files(row: dict[str, Any]) -> None:
    variables = parse_environment_file(Source("env", row["file"]), Findings(), comment_ends=False)
    expected = {name: text for name, text in row["variables"].items() if NAME.fullmatch(name)}
    assert {name: value.text for name, value in variables.items()} == expected


def test_comments_of_environment_files_end_with_their_line_since_254() -> None:
    source = Source("env", "# c \\\nA=1\n")
    assert not parse_environment_file(source, Findings(), comment_ends=differences(253).comment_ends)
    assert parse_environment_file(source, Findings(), comment_ends=differences(254).comment_ends)
