"""Findings in a file that several inputs share, for example a base that overlays extend: listed once."""

from __future__ import annotations

from compiler.diagnostics import Diagnostic, Report
from compiler.reporters.totals import counted


class Once:
    """Goes through reports one by one and leaves out what an earlier one has at the same place of a shared file.

    `repeated` counts what was left out. It still counts for the outcome of its input.
    """

    def __init__(self) -> None:
        self.repeated = 0
        self._listed: set[tuple[object, ...]] = set()

    def of(self, report: Report) -> list[Diagnostic]:
        """The findings of the next report that are to be listed, by position."""
        found = report.sorted()
        shared = [each for each in found if each.location is not None and each.location.file != report.path]
        if not shared:
            return found
        again = {_key(each) for each in shared if _key(each) in self._listed}
        self._listed.update(map(_key, shared))
        kept = [each for each in found if not (each in shared and _key(each) in again)]
        self.repeated += len(found) - len(kept)
        return kept

    def in_words(self) -> str:
        """The end of a line that counts findings; empty if nothing was left out."""
        if not self.repeated:
            return ""
        are = "is" if self.repeated == 1 else "are"
        return f"; {counted(self.repeated, 'repeated finding')} in shared files {are} listed once"


def _key(found: Diagnostic) -> tuple[object, ...]:
    return found.code, found.severity, found.message, found.location
