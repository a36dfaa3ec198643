"""Reports with findings of every kind, and hypothesis strategies for them."""

from __future__ import annotations

from hypothesis import strategies as st

from compiler.diagnostics import SEVERITIES, Diagnostic, Edit, Location, Report
from compiler.rules import by_code

CODES = sorted(by_code())
TEXTS = st.text(st.characters(codec=None), max_size=40)
"""Texts with everything that a Python string can hold, half surrogate pairs included."""


def report(path: str, *findings: Diagnostic) -> Report:
    made = Report(path)
    made.read_as, made.kubernetes_version = "document", "1.36"
    made.extend(findings)
    return made


def finding(severity: str = "error", message: str = "wrong", line: int = 1, file: str = "a.yaml") -> Diagnostic:
    where = Location(file, line, 3, line, 9)
    return Diagnostic("KASC-ETCD-002", severity, message, "write another", "ETCD-02", "etcd.x", "x", where, "etcd.go")


@st.composite
def locations(draw: st.DrawFn) -> Location:
    line, column = draw(st.integers(1, 99)), draw(st.integers(1, 99))
    lines, columns = draw(st.integers(0, 3)), draw(st.integers(0, 9))
    name = draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12))
    return Location(name, line, column, line + lines, column + columns)


FINDINGS = st.builds(
    Diagnostic,
    code=st.sampled_from(CODES),
    severity=st.sampled_from(SEVERITIES),
    message=TEXTS,
    hint=TEXTS,
    rule=st.none() | st.just("ETCD-02"),
    path=TEXTS,
    flag=TEXTS,
    location=st.none() | locations(),
    source=TEXTS,
    fix=st.lists(st.builds(Edit, locations(), TEXTS, TEXTS), max_size=2).map(tuple),
)
REPORTS = st.lists(
    st.builds(report, st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12), FINDINGS)
    | st.builds(report, st.just("a.yaml"), FINDINGS, FINDINGS, FINDINGS),
    max_size=3,
)


def listed(reports: list[Report]) -> list[Diagnostic]:
    """The findings of all reports, without those that an earlier report has at the same place of another file."""
    kept: list[Diagnostic] = []
    places: set[object] = set()
    for each in reports:

        def place(found: Diagnostic, path: str = each.path) -> object:
            inside = found.location is None or found.location.file == path
            return None if inside else (found.code, found.severity, found.message, found.location)

        kept += [found for found in each.sorted() if place(found) is None or place(found) not in places]
        places |= {place(found) for found in each.diagnostics}
    return kept
