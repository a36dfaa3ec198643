"""Campaigns, and the checks that hold for every report.

A run returns a signature of the outcome, a set of words: an input with a new signature is kept and mutated further. It
only raises what the reader declares; other guarantees about the outcome are asserted.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import NamedTuple
from xml.etree import ElementTree

from compiler.bounds import MAX_FINDINGS, MAX_TEXT
from compiler.cli.reporters import write_report
from compiler.diagnostics import SEVERITIES, Report

MAX_REPORTED = len(SEVERITIES) * (MAX_FINDINGS + 1)
"""The maximum number of findings of an input: the limit of each severity, and the notes about the others."""
_REPORTS = ("text", "json", "sarif", "junit", "github")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


class Campaign(NamedTuple):
    """A campaign: its share of all executions, its seeds, and the function that runs one input.

    `run` receives the input and a random generator, and returns the signature of the outcome.
    """

    name: str
    share: float
    seeds: Callable[[], Iterable[bytes]]
    run: Callable[[bytes, Random], frozenset[str]]


def signature(report: Report) -> frozenset[str]:
    """Return the codes, kind and outcome of a report, after checking the limits of every report."""
    diagnostics = report.diagnostics
    assert len(diagnostics) <= MAX_REPORTED, f"{len(diagnostics)} findings"
    for each in diagnostics:
        assert each.message
        assert max(map(len, (each.message, each.hint, each.path))) <= MAX_TEXT, each.code
    return frozenset(each.code for each in diagnostics) | {report.read_as, report.outcome}


def check_reports(report: Report, random: Random) -> None:
    """Check that a report can be written in a random format, and that formats for programs parse."""
    form = random.choice(_REPORTS)
    stream = io.StringIO()
    write_report(form, [report], stream)
    text = stream.getvalue()
    if form in ("json", "sarif"):
        json.loads(text)
    elif form == "junit":
        ElementTree.fromstring(text)
    elif form == "github":
        assert all(line.startswith("::") or not line.startswith(":") for line in text.splitlines())
    else:
        assert not CONTROLS.search(text)


def write(directory: Path, name: str, data: bytes) -> str:
    """Write a file below a directory, and return its path."""
    path = directory / name
    path.write_bytes(data)
    return str(path)
