"""`kasc explain [INPUT] [NAME]`: describe a name, and with INPUT, its value there and what sets it."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.cli.arguments import UsageError
from compiler.cli.common import FINE, HAS_ERRORS, USAGE, settings_from, usage_error, version_of
from compiler.cli.reporters import write_report
from compiler.inputs.source import DOCUMENT_SUFFIXES
from compiler.review.examine import Examined, Settings, examine
from compiler.text import clean, did_you_mean

_USAGE = "explain needs NAME, INPUT, or INPUT and NAME; try: kasc explain etcd-servers"
_POLICY_USAGE = "explain --policy needs INPUT only; try: kasc explain apiserver.yaml --policy cis"
_SUBJECTS = (
    "name a flag, key, option group, gate, plugin, resource, API group or version, health check, metric, "
    "code or artifact field"
)


def run(options: Namespace) -> int:
    """Explain one name, or the values of one input."""
    words = options.words
    if not words or len(words) > (2 if not options.policy else 1):
        return usage_error(_USAGE if not options.policy else _POLICY_USAGE)
    try:
        settings = settings_from(options)
        version = version_of(settings.version)
        source, name = _input_and_name(words)
    except UsageError as error:
        return usage_error(error)
    if source is None:
        return _explain(name or "", version, None) if not options.policy else usage_error(_POLICY_USAGE)
    examined = examine(source, settings)
    if examined.resolved is None:
        return _nothing_to_explain(examined, settings)
    errors = examined.report.count("error")
    if errors:
        count = f"{errors} error{'s' if errors > 1 else ''}"
        print(clean(f"kasc: {source} has {count}; run kasc check to list them"), file=sys.stderr)
    if examined.report.policies:
        for result in examined.report.policies:
            _print(result.listed())
        return FINE
    if name is None:
        from compiler.cli.explain.values import everything

        _print(everything(examined.resolved))
        return FINE
    return _explain(name, examined.report.kubernetes_version, examined)


def _input_and_name(words: list[str]) -> tuple[str | None, str | None]:
    """Return the input and the name among the arguments. Raises UsageError if the input is not a file."""
    first = words[0]
    if len(words) == 1:
        if first == "-" or os.path.isfile(first):
            return first, None
        if os.path.isdir(first):
            raise UsageError(f"{first} is a directory: name a file in it")
        if os.sep in first and first.endswith(DOCUMENT_SUFFIXES):
            raise UsageError(f"cannot read {first}: no such file")
        return None, first
    if first != "-" and not os.path.isfile(first):
        if os.path.isfile(words[1]):
            raise UsageError(f"the input comes first: kasc explain {words[1]} {first}")
        raise UsageError(f"cannot read {first}: {'it is a directory' if os.path.isdir(first) else 'no such file'}")
    return first, words[1]


def _nothing_to_explain(examined: Examined, settings: Settings) -> int:
    report = examined.report
    if report.rejected:
        write_report("text", [report], sys.stderr)
        return USAGE if report.unread else HAS_ERRORS
    return usage_error(f"{report.path} is a structured file, not a server: name the document that refers to it")


def _explain(word: str, version: str, examined: Examined | None) -> int:
    from compiler.cli.explain.describe import describe
    from compiler.cli.explain.subjects import known_words, subjects_of

    subjects = subjects_of(word, version)
    resolved = examined.resolved if examined is not None else None
    lines = []
    for subject in subjects:
        lines += describe(subject, version)
        if examined is not None and resolved is not None:
            from compiler.cli.explain.values import values

            lines += values(subject, resolved, examined.report)
    if resolved is not None and all(subject.kind in ("key", "field") for subject in subjects):
        from compiler.cli.explain.values import resolved_value

        lines += resolved_value(word, resolved)
    if not lines:
        return usage_error(clean(f"unknown name {word!r}: {did_you_mean(word, known_words(version)) or _SUBJECTS}"))
    _print(lines)
    return FINE


def _print(lines: list[str]) -> None:
    for line in lines:
        print(clean(line))
