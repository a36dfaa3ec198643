"""Errors of an input whose own version kasc has no data for: what depends on the version says so itself."""

from __future__ import annotations

import re

from compiler.catalog import left, minor_of, removed_names, versions
from compiler.diagnostics import ERROR, Diagnostic, Report

# Rules that ask for facts of a version: its flags, gates, plugins, APIs, resources, ciphers, files and their fields,
# and what it requires. The others hold for every version.
_FAMILIES = frozenset(("ADM", "ADMC", "API", "CLE", "FG", "PEER", "RUN", "VER"))
_RULES = frozenset(
    (
        *("PARSE-01", "PARSE-22", "SCHEMA-01", "ETCD-02", "ETCD-05", "LOG-01", "LOG-04", "LOG-05", "MET-01"),
        *("SA-01", "SA-05", "SA-07", "SA-90", "RH-02", "RH-03", "RH-04", "SERV-06", "SERV-08", "SERV-09"),
        *("AUD-07", "AZ-90", "ENC-02", "ENC-13", "ENC-14", "ENC-25", "JWT-01", "JWT-90", "AZC-01", "AUDP-02"),
        *("EGR-01", "TRC-01"),
    )
)
_KINDS = ("flags", "featureGates", "admissionPlugins", "apis")
_NAME = r"[A-Za-z][A-Za-z0-9./-]*[A-Za-z0-9]"


def mark_errors(report: Report, asked: str, known: str) -> None:
    """Add to the hint of every error that depends on the version that it was judged by `known` instead of `asked`."""
    end = "oldest" if minor_of(asked) < minor_of(known) else "newest"
    judged = f"judged by {known}, the {end} version that kasc knows: the input is for {asked}"
    report.diagnostics = [
        found._replace(hint=_with(found.hint, judged + _history(found, asked))) if _depends(found) else found
        for found in report.diagnostics
    ]


def _depends(found: Diagnostic) -> bool:
    family, _, number = found.code.removeprefix("KASC-").rpartition("-")
    return found.severity == ERROR and (family in _FAMILIES or f"{family}-{int(number):02}" in _RULES)


def _history(found: Diagnostic, asked: str) -> str:
    """Whether the version of the input still had what the error is about."""
    for name in re.findall(_NAME, found.message):
        for kind in _KINDS:
            # Of an unknown group no version is named.
            whole = next((api for api in removed_names("apis") if api.startswith(f"{name}/")), name)
            entry = left(kind, whole if kind == "apis" else name, versions()[-1])
            if entry and "removed" in entry and minor_of(asked) < minor_of(entry["removed"]):
                return f", which still has {name}"
    return ""


def _with(hint: str, more: str) -> str:
    return f"{hint} ({more})" if hint else more
