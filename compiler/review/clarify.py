"""Hints that need the text of the input: lookalike characters, unexpanded variables, errors of other versions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, Report
from compiler.inputs.source.characters import advice
from compiler.inputs.source.node import Lines
from compiler.text import shown
from compiler.upstream.catalog.facts import minor_of, versions
from compiler.upstream.catalog.history import removal, removed_names

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Diagnostic, Location, Report
    from compiler.inputs.arguments import Argument


Read = Callable[[str], str]
"""The text of a file by its name, empty if it cannot be read."""

_SYNTAX = rules.SYNTAX_ERROR.code
_VARIABLE_NAME = "[A-Za-z_][A-Za-z0-9_.]*+"
_PLACEHOLDER = (
    rf"\$\{{({_VARIABLE_NAME})[^}}]*\}}|\$\(({_VARIABLE_NAME})\)|\$([A-Z][A-Z0-9_]+)$"
    rf"|\{{\{{\s*\.?({_VARIABLE_NAME})[^}}]*\}}\}}|<([A-Z][A-Z0-9_-]+)>"
)
_QUOTES = "\"'"
_COMMA_SEPARATED = ("stringSlice", "colonSeparatedMultimapStringString", "configurationMap")


_WITH_SIGNS = ("cors-allowed-origins", "etcd-servers-overrides", "strict-transport-security-directives")
"""Lists whose elements may have other separators and brackets in them."""


def clarify(report: Report, read: Read, resolved: Resolved | None = None) -> None:
    """Replace the hint of every error whose place shows a more likely cause."""
    lines: dict[str, Lines] = {}
    for index, found in enumerate(report.diagnostics):
        if found.severity == ERROR and found.location is not None:
            if found.location.file not in lines:
                lines[found.location.file] = Lines(read(found.location.file).removeprefix("\ufeff"))
            hint = _hint(found, found.location, lines[found.location.file], resolved)
            if hint:
                report.diagnostics[index] = found._replace(hint=hint, fix=())


def _hint(found: Diagnostic, place: Location, lines: Lines, resolved: Resolved | None) -> str:
    """A better hint for an error, empty if there is none."""
    if found.code == _SYNTAX:
        return advice(_line(lines, place.line))
    start, end = lines.span(place)
    text = lines.text[start:end].partition("\n")[0]
    argument = _argument(found, place, resolved)
    return (
        advice(text)
        or _unfilled(text.strip(_QUOTES))
        or (_quoted(argument, resolved) if argument is not None else _quoted_word(found, text))
    )


def _line(lines: Lines, number: int) -> str:
    start = lines.index(number, 1)
    return lines.text[start:].partition("\n")[0] if number <= len(lines.starts) else ""


def _argument(found: Diagnostic, place: Location, resolved: Resolved | None) -> Argument | None:
    """The use of a flag that an error is about."""
    uses = resolved.context.flags.arguments.get(found.flag, ()) if resolved is not None else ()
    return next((use for use in uses if use.location is not None and _holds(use.location, place)), None)


def _holds(outer: Location, inner: Location) -> bool:
    return outer.file == inner.file and outer[1:3] <= inner[1:3] and inner[3:5] <= outer[3:5]


def _unfilled(text: str) -> str:
    """A value that begins with a variable or a place of a template.

    A dollar sign without brackets may belong to a password, which is not repeated: there the whole value has to be one.
    """
    match = re.match(_PLACEHOLDER, text)
    if match is None or "@" in text:
        return ""
    name = next(filter(None, match.groups()))
    return f"nobody filled in {name}: write the value itself, or substitute {name} before the server reads it"


def _quoted(argument: Argument, resolved: Resolved | None) -> str:
    """Quotes around a value, or around an element of it, of which nothing takes them away."""
    text = argument.text
    if " --" in text:
        return "several flags are one argument here: write each of them as an argument of its own"
    if separated := _separated(argument, resolved):
        return separated
    parts = [part.strip() for part in text.split(",")]
    inner = ",".join(part.strip(_QUOTES) for part in parts)
    if inner == text or not any((part[:1] in _QUOTES and part) or (part[-1:] in _QUOTES and part) for part in parts):
        return ""
    in_document = resolved is not None and resolved.context.input.read_as == "document"
    whole = inner if in_document else f"--{argument.flag}={inner}"
    return f"remove the quotes, which are part of the value: write {shown(whole)[1:-1]}"


def _separated(argument: Argument, resolved: Resolved | None) -> str:
    """A list with other separators than commas, or in brackets; overrides have semicolons of their own."""
    from compiler.inputs.schema.conversion import split_list

    text, spec = argument.text, resolved.context.catalog.flags.get(argument.flag) if resolved else None
    if spec is None or spec.type not in _COMMA_SEPARATED or argument.flag in _WITH_SIGNS:
        return ""
    parts = split_list(text, ",;|")
    meant = ",".join(parts)
    if spec.type != "stringSlice" and not all("=" in part for part in parts):
        return ""
    if (
        not parts
        or meant == text
        or not re.search(r"[;|\[\]\s]", text)
        or (len(parts) < 2 and not text.startswith("["))
    ):
        return ""
    in_document = resolved is not None and resolved.context.input.read_as == "document"
    listed = ", ".join(map(shown, parts))
    return f"write [{listed}]" if in_document else f"separate with commas: write --{argument.flag}={shown(meant)[1:-1]}"


def _quoted_word(found: Diagnostic, text: str) -> str:
    """A whole flag in quotes that no shell takes away."""
    word = text.strip().strip(_QUOTES)
    if found.code == rules.UNEXPECTED_ARGUMENT.code and word.startswith("--"):
        return f"remove the quotes, which are part of the argument: write {shown(word)[1:-1]}"
    return ""


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
            entry = removal(kind, whole if kind == "apis" else name, versions()[-1])
            if entry and "removed" in entry and minor_of(asked) < minor_of(entry["removed"]):
                return f", which still has {name}"
    return ""


def _with(hint: str, more: str) -> str:
    return f"{hint} ({more})" if hint else more
