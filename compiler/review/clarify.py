"""Hints that need the text of the input: look-alike characters, unexpanded variables, errors of other versions."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from compiler import rules
from compiler.diagnostics import ERROR, Diagnostic, Report
from compiler.inputs.source.characters import advice
from compiler.inputs.source.node import Lines, Source
from compiler.text import shown, shown_bare
from compiler.upstream.catalog.facts import minor_of, versions
from compiler.upstream.catalog.history import removal, removed_names

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location
    from compiler.inputs.arguments import Argument


Read = Callable[[str], str]
"""Returns the text of a file by its name, empty if it cannot be read."""

_SYNTAX = rules.SYNTAX_ERROR.code
_VARIABLE_NAME = "[A-Za-z_][A-Za-z0-9_.]*+"
_PLACEHOLDER = (
    rf"\$\{{({_VARIABLE_NAME})[^}}]*\}}|\$\(({_VARIABLE_NAME})\)|\$([A-Z][A-Z0-9_]+)$"
    rf"|\{{\{{\s*\.?({_VARIABLE_NAME})[^}}]*\}}\}}|<([A-Z][A-Z0-9_-]+)>"
)
_QUOTES = "\"'"
_MOST_USES = 1000
"""Uses of a flag that are searched for the one that an error is about."""
_COMMA_SEPARATED = ("stringSlice", "colonSeparatedMultimapStringString", "configurationMap")
_WITH_PUNCTUATION = ("cors-allowed-origins", "etcd-servers-overrides", "strict-transport-security-directives")
"""Lists whose elements may contain other separators and brackets."""


def clarify(report: Report, read: Read, resolved: Resolved | None = None) -> None:
    """Replace the hint of every error if the text at its location shows a more likely cause."""
    lines: dict[str, Lines] = {}
    # Many errors may be about elements of one list.
    quoted = cache(lambda argument: _quoted(argument, resolved))
    for index, error in enumerate(report.diagnostics):
        if error.severity == ERROR and error.location is not None:
            name = error.location.file
            if name not in lines:
                lines[name] = Lines(Source(name, read(name)).body)
            argument = _argument(error, error.location, resolved)
            hint = _hint(error, error.location, lines[name], argument, quoted)
            if hint:
                report.diagnostics[index] = error._replace(hint=hint, fix=())


def _hint(
    error: Diagnostic, location: Location, lines: Lines, argument: Argument | None, quoted: Callable[[Argument], str]
) -> str:
    """Return a better hint for an error about an argument or another text, empty if there is none."""
    if error.code == _SYNTAX:
        return advice(_line(lines, location.line))
    start, end = lines.span(location)
    text = lines.text[start:end].partition("\n")[0]
    return (
        advice(text)
        or _unexpanded(text.strip(_QUOTES))
        or (quoted(argument) if argument is not None else _quoted_flag(error, text))
    )


def _line(lines: Lines, number: int) -> str:
    start = lines.index(number, 1)
    return lines.text[start:].partition("\n")[0] if number <= len(lines.starts) else ""


def _argument(error: Diagnostic, location: Location, resolved: Resolved | None) -> Argument | None:
    """Return the occurrence of the flag that an error is about."""
    arguments = resolved.context.flags.arguments.get(error.flag, ())[:_MOST_USES] if resolved is not None else ()
    return next((each for each in arguments if each.location is not None and _contains(each.location, location)), None)


def _contains(outer: Location, inner: Location) -> bool:
    return outer.file == inner.file and outer[1:3] <= inner[1:3] and inner[3:5] <= outer[3:5]


def _unexpanded(text: str) -> str:
    """Return the hint for a value that starts with a variable or a placeholder of a template.

    A dollar sign without brackets may be part of a password, which must not be repeated, so there the whole value has
    to be a variable.
    """
    match = re.match(_PLACEHOLDER, text)
    if match is None or "@" in text:
        return ""
    name = next(filter(None, match.groups()))
    return f"{name} was not substituted: write the value, or substitute {name} before the server reads it"


def _quoted(argument: Argument, resolved: Resolved | None) -> str:
    """Return the hint for quotes around a value or one of its elements, which are part of the value."""
    text = argument.text
    if " --" in text:
        return "several flags are in one argument: write each flag as a separate argument"
    if separated := _separated(argument, resolved):
        return separated
    parts = [part.strip() for part in text.split(",")]
    inner = ",".join(part.strip(_QUOTES) for part in parts)
    if inner == text or not any((part[:1] in _QUOTES and part) or (part[-1:] in _QUOTES and part) for part in parts):
        return ""
    in_document = resolved is not None and resolved.context.input.read_as == "document"
    whole = inner if in_document else f"--{argument.flag}={inner}"
    return f"remove the quotes, which are part of the value: write {shown_bare(whole)}"


def _separated(argument: Argument, resolved: Resolved | None) -> str:
    """Return the hint for a list in brackets or with separators other than commas."""
    from compiler.inputs.schema.conversion import split_list

    text, spec = argument.text, resolved.context.catalog.flags.get(argument.flag) if resolved else None
    if spec is None or spec.type not in _COMMA_SEPARATED or argument.flag in _WITH_PUNCTUATION:
        return ""
    parts = split_list(text, ",;|")
    joined = ",".join(parts)
    if spec.type != "stringSlice" and not all("=" in part for part in parts):
        return ""
    if (
        not parts
        or joined == text
        or not re.search(r"[;|\[\]\s]", text)
        or (len(parts) < 2 and not text.startswith("["))
    ):
        return ""
    in_document = resolved is not None and resolved.context.input.read_as == "document"
    listed = ", ".join(map(shown, parts))
    return f"write [{listed}]" if in_document else f"separate with commas: write --{argument.flag}={shown_bare(joined)}"


def _quoted_flag(error: Diagnostic, text: str) -> str:
    """Return the hint for a whole flag in quotes, which are part of the argument."""
    word = text.strip().strip(_QUOTES)
    if error.code == rules.UNEXPECTED_ARGUMENT.code and word.startswith("--"):
        return f"remove the quotes, which are part of the argument: write {shown_bare(word)}"
    return ""


# Rules that depend on data of a version: flags, gates, plugins, APIs, resources, ciphers, files and their fields, and
# required values. The others are the same in every version.
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


def mark_errors(report: Report, requested: str, used: str) -> None:
    """Add to the hint of every version-dependent error that it was checked with version `used`, not `requested`."""
    end = "oldest" if minor_of(requested) < minor_of(used) else "newest"
    note = f"checked with {used}, the {end} supported version: the input is for {requested}"
    report.diagnostics = [
        each._replace(hint=_with_note(each.hint, note + _history(each, requested)))
        if _depends_on_version(each)
        else each
        for each in report.diagnostics
    ]


def _depends_on_version(diagnostic: Diagnostic) -> bool:
    family = diagnostic.code.removeprefix("KASC-").rpartition("-")[0]
    return diagnostic.severity == ERROR and (family in _FAMILIES or diagnostic.code in _CODES)


def _history(error: Diagnostic, requested: str) -> str:
    """Return the note that the requested version still has the subject of an error; empty if it does not."""
    for name in re.findall(_NAME, error.message):
        for kind in _KINDS:
            # The message about an unknown group does not name its version.
            api_version = next((api for api in removed_names("apis") if api.startswith(f"{name}/")), name)
            entry = removal(kind, api_version if kind == "apis" else name, versions()[-1])
            if entry and "removed" in entry and minor_of(requested) < minor_of(entry["removed"]):
                return f", which still has {name}"
    return ""


def _with_note(hint: str, note: str) -> str:
    return f"{hint} ({note})" if hint else note
