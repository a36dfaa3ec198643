"""Errors of an input whose own version kasc has no data for: what depends on the version says so itself."""

from __future__ import annotations

import re

from compiler import rules
from compiler.catalog import left, minor_of, removed_names, versions
from compiler.diagnostics import ERROR, Diagnostic, Report

# Rules that ask for facts of a version: its flags, gates, plugins, APIs, resources, ciphers, files and their fields,
# and what it requires. The others hold for every version.
_FAMILIES = frozenset(("ADM", "ADMC", "API", "CLE", "FG", "PEER", "RUN", "VER"))
_CODES = frozenset(
    rule.code
    for rule in (
        rules.UNKNOWN_FLAG,
        rules.REMOVED_FLAG,
        rules.UNKNOWN_KEY,
        rules.UNSUPPORTED_STORAGE_BACKEND,
        rules.UNSUPPORTED_STORAGE_MEDIA_TYPE,
        rules.UNKNOWN_LOGGING_FORMAT,
        rules.SPLIT_STREAM_WITHOUT_GATE,
        rules.INFO_BUFFER_WITHOUT_GATE,
        rules.INVALID_HIDDEN_METRICS_VERSION,
        rules.NO_SERVICE_ACCOUNT_ISSUER,
        rules.NO_SERVICE_ACCOUNT_KEY,
        rules.NO_SERVICE_ACCOUNT_SIGNER,
        rules.SIGNING_ENDPOINT_WITHOUT_GATE,
        rules.UID_HEADERS_WITHOUT_STANDARD_HEADER,
        rules.UID_HEADERS_WITHOUT_GATE,
        rules.OVERLAPPING_CLIENT_CA_FILES,
        rules.UNKNOWN_CIPHER_SUITE,
        rules.UNKNOWN_TLS_VERSION,
        rules.INVALID_CURVE_PREFERENCE,
        rules.UNKNOWN_AUDIT_VERSION,
        rules.AUTHORIZATION_CONFIG_WITHOUT_GATE,
        rules.INVALID_ENCRYPTION_CONFIG,
        rules.RESOURCE_CANNOT_BE_ENCRYPTED,
        rules.ENCRYPTED_GROUP_STORES_NOTHING,
        rules.KMS_V1_WITHOUT_GATE,
        rules.INVALID_AUTHENTICATION_CONFIG,
        rules.AUTHENTICATION_CONFIG_WITHOUT_GATE,
        rules.INVALID_AUTHORIZATION_CONFIG,
        rules.INVALID_AUDIT_POLICY,
        rules.INVALID_EGRESS_SELECTOR_CONFIG,
        rules.INVALID_TRACING_CONFIG,
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
    family = found.code.removeprefix("KASC-").rpartition("-")[0]
    return found.severity == ERROR and (family in _FAMILIES or found.code in _CODES)


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
