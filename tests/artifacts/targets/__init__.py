"""Targets: the files of distributions, written and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.apiserver.flagset import FlagSet
from compiler.apiserver.startup import Resolved
from compiler.artifacts import artifact
from compiler.artifacts.flags import flag_lines
from compiler.artifacts.targets.round_trip import NotExpressibleError
from compiler.artifacts.targets.table import TARGETS
from compiler.diagnostics import Diagnostic, Report
from compiler.inputs.arguments import Word, split_arguments
from compiler.review.examine import Settings, examine

UNORDERED = ("enable-admission-plugins", "disable-admission-plugins", "tls-cipher-suites")
"""Flags whose value is a set to kube-apiserver."""


def emitted(resolved: Resolved, name: str, explicit: bool = False) -> str:
    """Return the file of a target; raises NotExpressibleError."""
    (text,) = artifact(resolved, name, explicit=explicit).values()
    return text


def attempt(resolved: Resolved, name: str) -> tuple[str, dict[str, str]]:
    """Return the file of a target, or the messages about the flags that it cannot express."""
    diagnostics: list[Diagnostic] = []
    try:
        return emitted(resolved, name), {}
    except NotExpressibleError as error:
        diagnostics = error.diagnostics
    assert {each.code for each in diagnostics} == {"KASC-EMIT-003"}
    assert all(each.hint and each.location is not None for each in diagnostics)
    return "", {each.flag: each.message for each in diagnostics}


def read_back(text: str, name: str, version: str, folder: Path, release: str = "") -> Resolved:
    """Return the server of a target's file, in a directory of its own; the distribution ignores nothing in it."""
    target = TARGETS[name]
    path = folder / name / target.file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    examined = examine(str(path), Settings(target.kind, version, release=release))
    wrong = [each for each in examined.report.all() if each.severity == "error" or each.code == "KASC-DIST-002"]
    assert [each.message for each in wrong] == []
    assert examined.resolved is not None
    return examined.resolved


def values_of(resolved: Resolved) -> dict[str, Any]:
    """Return the value of every flag as kube-apiserver parses it."""
    flags = FlagSet(resolved.context.catalog)
    words = [Word(line, path=str(number)) for number, line in enumerate(flag_lines(resolved))]
    types = {name: spec.type for name, spec in resolved.context.catalog.flags.items()}
    arguments, problems = split_arguments(words, types.get)
    assert not problems
    flags.parse(arguments, Report(""))
    return {name: frozenset(flags.value(name)) if name in UNORDERED else flags.value(name) for name in types}


def contents_of(resolved: Resolved) -> dict[str, Any]:
    """Return the contents of the structured files in an input by flag, without apiVersion."""
    files = resolved.context.input.files.values()
    return {file.flag: {**file.content.plain(), "apiVersion": ""} for file in files}


def differing(one: Resolved, other: Resolved) -> dict[str, tuple[Any, Any]]:
    """Return the flags whose values differ; of a structured file that both inputs contain, the content counts."""
    contents, values = (contents_of(one), contents_of(other)), (values_of(one), values_of(other))
    inline = contents[0].keys() & contents[1].keys()
    sides = [values[side] | {name: contents[side][name] for name in inline} for side in (0, 1)]
    return {name: (value, sides[1][name]) for name, value in sides[0].items() if value != sides[1][name]}
