"""Diagnostics about flags that a version does not have, and about values that a flag does not accept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, diagnose
from compiler.inputs.arguments import Argument
from compiler.text import Suggestion, Suggestions, shown_bare
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.history import flag_advice, known_in, removal
from compiler.upstream.conversions import as_integer, unit_of
from compiler.upstream.flag_values import InvalidValueError

_INTEGERS = (rules.INVALID_INTEGER, rules.INVALID_UNSIGNED_INTEGER)


def unknown_flag(argument: Argument, given: set[str], catalog: Catalog, suggestions: Suggestions) -> Diagnostic:
    """Return the diagnostic for a flag that this version does not have; `given` has the names of all flags."""
    name = argument.flag
    version = catalog.version
    # In a document the name is a key, without dashes.
    spelling = "{}" if argument.path.startswith("extraFlags.") else "--{}"
    gone = removal("flags", name, version)
    if gone and gone.get("neverExisted"):
        hint = f"write --{gone['replacement']}" if gone.get("replacement") else "remove it: kube-apiserver never had it"
        message = f"--{shown_bare(name)} was never a flag of kube-apiserver"
    elif gone:
        message = f"--{shown_bare(name)} was removed in {gone['removed']}"
        if "inertSince" in gone:
            message += f" (it had no effect since {gone['inertSince']})"
        hint = _instead_of(name, gone, catalog)
    else:
        having = known_in("flags", name)
        message = f"--{shown_bare(name)} is not a flag of kube-apiserver {version}"
        if having:
            message += f"; it exists in {having[0]} to {having[-1]}"
            hint = "remove it, or compile for one of those versions"
        else:
            near = suggestions.did_you_mean(name, catalog.flags, spelling)
            hint = near or "see `kasc explain` for the flags of this version"
    if gone and gone.get("successor") and gone["replacement"] in catalog.flags:
        hint = Suggestion(hint, spelling.format(name), spelling.format(gone["replacement"]))
    if isinstance(hint, Suggestion) and hint.new.removeprefix("--") in given:
        hint = str(hint)  # two uses of one flag differ from one
    return diagnose(
        rules.REMOVED_FLAG if gone else rules.UNKNOWN_FLAG,
        message,
        hint,
        path=argument.path,
        flag=name,
        location=argument.name_location or argument.location,
    )


def _instead_of(name: str, gone: Mapping[str, Any], catalog: Catalog) -> str:
    """Return the hint for a removed flag."""
    successor = gone.get("replacement")
    advice = flag_advice(name)
    if advice or not successor:
        return advice or "remove it; nothing replaces it"
    return f"use {'--' if successor in catalog.flags else ''}{successor}"


def invalid_value(argument: Argument, refusal: InvalidValueError) -> Diagnostic:
    """Return the diagnostic for a value that its flag does not accept."""
    flag, location = argument.flag, argument.location
    message, hint = f"--{flag}: {refusal.message}", refusal.hint
    if refusal.rule in _INTEGERS:
        unit = unit_of(flag)
        meant = as_integer(argument.text, unit) if unit else ""
        hint = f"write {meant}: the flag counts {unit}" if meant else hint
    return diagnose(refusal.rule, message, hint, path=argument.path, flag=flag, location=location)
