"""`kasc explain [INPUT] [WHAT]`: what something means, and with INPUT, why it has its value."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from compiler.catalog import nearest
from compiler.commands.common import FINE, HAS_ERRORS, USAGE, UsageError, settings_from, usage_error
from compiler.examine import examine
from compiler.explaining.facts import explain, flag_of, known_words
from compiler.reporters.text import clean
from compiler.suggest import did_you_mean


def run(options: Namespace) -> int:
    """Explain one word, or the values of one input."""
    try:
        settings = settings_from(options)
    except UsageError as problem:
        return usage_error(problem)
    words = options.words
    if not words or len(words) > 2:
        return usage_error("explain takes WHAT, INPUT, or INPUT and WHAT; try: kasc explain etcd-servers")
    version = nearest(settings.version)
    source = words[0] if len(words) == 2 or words[0] == "-" or os.path.isfile(words[0]) else None
    what = words[-1] if len(words) == 2 or source is None else None
    if source is None:
        return _print_facts(str(what), version)
    examined = examine(source, settings)
    if examined.resolved is None:
        from compiler.reporters import write_report

        write_report("text", [examined.report], sys.stderr)
        return USAGE
    from compiler.explaining.values import explain_all, explain_value

    if what is None:
        _print(explain_all(examined.resolved))
        return FINE
    version = examined.report.kubernetes_version
    code = _print_facts(what, version)
    flag = flag_of(what, version)
    if flag is not None:
        _print(explain_value(examined.resolved, flag))
    elif code == FINE:
        gates = examined.resolved.options.gates
        if gates.known(what) is not None:
            state = "on" if gates.on(what) else "off"
            set_by = "set by --feature-gates" if what in gates.set_to else "as by default"
            print(f"  here: {state}, {set_by}")
        elif what in examined.resolved.options.catalog.plugins:
            enabled = what in examined.resolved.options.admission.chain()
            print(f"  here: {'in' if enabled else 'not in'} the chain")
    return code


def _print(lines: list[str]) -> None:
    for line in lines:
        print(clean(line))


def _print_facts(what: str, version: str) -> int:
    lines = explain(what, version)
    if lines is None:
        hint = did_you_mean(what, known_words(version)) or "name a flag, key, gate, plugin, group or code"
        print(clean(f"kasc: nothing is known of {what!r}: {hint}"), file=sys.stderr)
        return HAS_ERRORS
    _print(lines)
    return FINE
