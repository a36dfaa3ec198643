"""`kasc explain [INPUT] [WHAT]`: what something means, and with INPUT, why it has its value."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.cli.common import FINE, HAS_ERRORS, USAGE, UsageError, settings_from, usage_error, version_of
from compiler.inputs.source import DOCUMENT_SUFFIXES
from compiler.review.examine import Examined, Settings, examine
from compiler.text import clean

_USAGE = "explain takes WHAT, INPUT, or INPUT and WHAT; try: kasc explain etcd-servers"
_POLICY_USAGE = "explain takes INPUT alone with --policy; try: kasc explain apiserver.yaml --policy cis"
_NAMED = (
    "name a flag, key, option group, gate, plugin, resource, API group or version, health check, metric, "
    "code or artifact field"
)


def run(options: Namespace) -> int:
    """Explain one word, or the values of one input."""
    words = options.words
    if not words or len(words) > (2 if options.policy is None else 1):
        return usage_error(_USAGE if options.policy is None else _POLICY_USAGE)
    try:
        settings = settings_from(options)
        version = version_of(settings.version)
        source, what = _input_and_word(words)
    except UsageError as error:
        return usage_error(error)
    if source is None:
        return _explain(what or "", version, None) if options.policy is None else usage_error(_POLICY_USAGE)
    examined = examine(source, settings)
    if examined.resolved is None:
        return _nothing_to_explain(examined, settings)
    errors = examined.report.count("error")
    if errors:
        count = f"{errors} error{'s' if errors > 1 else ''}"
        print(clean(f"kasc: {source} has {count}: kasc check shows them"), file=sys.stderr)
    if examined.report.policy is not None:
        _print(examined.report.policy.listed())
        return FINE
    if what is None:
        from compiler.cli.explain.values import everything

        _print(everything(examined.resolved))
        return FINE
    return _explain(what, examined.report.kubernetes_version, examined)


def _input_and_word(words: list[str]) -> tuple[str | None, str | None]:
    """Raises UsageError where one of two words has to be an input and is none."""
    first = words[0]
    if len(words) == 1:
        if first == "-" or os.path.isfile(first):
            return first, None
        if os.path.isdir(first):
            raise UsageError(f"{first} is a folder: name a file in it")
        if os.sep in first and first.endswith(DOCUMENT_SUFFIXES):
            raise UsageError(f"cannot read {first}: there is no such file")
        return None, first
    if first != "-" and not os.path.isfile(first):
        if os.path.isfile(words[1]):
            raise UsageError(f"write the input first: kasc explain {words[1]} {first}")
        raise UsageError(
            f"cannot read {first}: {'it is a folder' if os.path.isdir(first) else 'there is no such file'}"
        )
    return first, words[1]


def _nothing_to_explain(examined: Examined, settings: Settings) -> int:
    from compiler.cli.reporters import write_report

    report = examined.report
    if report.rejected:
        write_report("text", [report], sys.stderr)
        return USAGE if report.unread else HAS_ERRORS
    return usage_error(f"{report.path} is a structured file, no server: name the document that refers to it")


def _explain(word: str, version: str, examined: Examined | None) -> int:
    from compiler.cli.explain.describe import facts
    from compiler.cli.explain.subjects import known_words, subjects_of

    subjects = subjects_of(word, version)
    resolved = examined.resolved if examined is not None else None
    lines = []
    for subject in subjects:
        lines += facts(subject, version)
        if examined is not None and resolved is not None:
            from compiler.cli.explain.values import values

            lines += values(subject, resolved, examined.report)
    if resolved is not None and all(subject.kind in ("key", "field") for subject in subjects):
        from compiler.cli.explain.values import resolved_value

        lines += resolved_value(word, resolved)
    if not lines:
        from compiler.text.suggest import did_you_mean

        return usage_error(clean(f"nothing is known of {word!r}: {did_you_mean(word, known_words(version)) or _NAMED}"))
    _print(lines)
    return FINE


def _print(lines: list[str]) -> None:
    for line in lines:
        print(clean(line))
