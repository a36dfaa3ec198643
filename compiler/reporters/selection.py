"""Which findings are shown. What is left out never changes whether the server would start."""

from __future__ import annotations

from compiler.diagnostics import ERROR, Diagnostic, Report


def keep_selected(reports: list[Report], select: list[str], ignore: list[str]) -> None:
    """Take out of the reports what is not selected, and what is ignored.

    Warnings and notes are gone then. Errors are only not shown: the outcome of the input, the exit code and the
    numbers stay as they are, since the server refuses the input all the same.
    """
    for report in reports:
        shown: list[Diagnostic] = []
        for found in report.diagnostics:
            if is_shown(found, select, ignore):
                shown.append(found)
            elif found.severity == ERROR:
                report.unshown.append(found)
        report.diagnostics = shown
        for key in list(report.unlisted):
            if key[0] != ERROR and not _is_selected(key[1], select, ignore):
                del report.unlisted[key]


def is_shown(found: Diagnostic, select: list[str], ignore: list[str]) -> bool:
    """Whether a finding is selected and not ignored."""
    return _is_selected(found.code, select, ignore)


def _is_selected(code: str, select: list[str], ignore: list[str]) -> bool:
    selected = not select or any(matches(code, each) for each in select)
    return selected and not any(matches(code, each) for each in ignore)


def matches(code: str, given: str) -> bool:
    """Whether a code is the given one, or begins with it: `KASC-ETCD` stands for `KASC-ETCD-002` as well."""
    return code == given or code.startswith(f"{given}-")
