"""A rollout as data for programs, and as text or Markdown for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from compiler.changes.rollout.phases import ALL_AT_ONCE, LISTED_STEPS, Phase
from compiler.text import counted
from compiler.text.markdown import code, prose

if TYPE_CHECKING:
    from compiler.changes.rollout import Rollout
    from compiler.changes.rollout.edits import Edit
    from compiler.changes.rollout.recipes import Task

_LONGEST = 160
"""Characters of a value in text."""


def as_data(rollout: Rollout) -> dict[str, Any]:
    """Return a rollout as the JSON report has it."""
    return {
        "phases": [_phase_data(number, phase) for number, phase in enumerate(rollout.phases, 1)],
        "refused": list(rollout.refused),
    }


def _phase_data(number: int, phase: Phase) -> dict[str, Any]:
    return {
        "phase": number,
        "name": phase.name,
        "title": phase.title,
        "steps": list(phase.steps),
        "servers": phase.servers,
        "because": [change.effect for change in phase.unsafe],
        "edits": [
            {"flag": edit.flag, "path": edit.path, "from": edit.before, "to": edit.after} for edit in phase.edits
        ],
        "before": _tasks_data(phase.before),
        "do": _tasks_data(phase.do),
        "check": _tasks_data(phase.check),
        "back": list(phase.back),
        "after": _tasks_data(phase.after),
        "wait": _tasks_data(phase.wait),
    }


def _tasks_data(tasks: Sequence[Task]) -> list[dict[str, str]]:
    return [
        {key: value for key, value in (("text", task.text), ("run", task.run), ("expect", task.expect)) if value}
        for task in tasks
    ]


def as_text(rollout: Rollout, verbose: bool = False) -> list[str]:
    """Return lines about a rollout: one or two for each phase or, with `verbose`, all that is to be done."""
    lines = [f"cannot be rolled out while servers run: {reason}" for reason in rollout.refused]
    if rollout.phases:
        lines.append(f"rollout in {counted(len(rollout.phases), 'phase')}:")
    for number, phase in enumerate(rollout.phases, 1):
        how = "stop all servers" if phase.servers == ALL_AT_ONCE else "one by one"
        lines.append(f"  {number}. {phase.title} ({how})")
        if verbose:
            lines += [f"     {line}" for line in _details(phase)]
        elif phase.wait:
            more = len(phase.wait) - 1
            lines.append(f"     wait: {phase.wait[0].text}{f' ({more} more)' if more else ''}")
    return lines


def _details(phase: Phase) -> Iterator[str]:
    if len(phase.steps) > LISTED_STEPS + 1:
        yield f"steps: {'; '.join(phase.steps)}"
    for task in phase.before:
        yield from _task_lines("first", task)
    yield phase.instruction
    for task in phase.do:
        yield from _task_lines("do", task)
    for edit in phase.edits:
        yield f"set {edit.path}: {_value(edit.before)} -> {_value(edit.after)}"
    for kind, tasks in (("check", phase.check), ("then", phase.after), ("wait", phase.wait)):
        for task in tasks:
            yield from _task_lines(kind, task)
    for back in phase.back:
        yield f"back: {back}"


def _task_lines(kind: str, task: Task) -> Iterator[str]:
    if task.text:
        yield f"{kind}: {task.text}"
    if task.run:
        yield f"{'  ' if task.text else f'{kind}: '}{task.run}  # {task.expect}"


def _value(value: Any) -> str:
    """Return a value in one line."""
    if value is None:
        return "unset"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    elif isinstance(value, dict) and "resources" in value:
        entries = [(", ".join(entry["resources"] or ()), entry["providers"] or ()) for entry in value["resources"]]
        text = "; ".join(f"{names} with {', '.join(providers)}" for names, providers in entries)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def as_markdown(rollout: Rollout, level: int = 2) -> str:
    """Return a rollout as Markdown; `level` is that of the headings of its phases."""
    blocks = [f"**Cannot be rolled out while servers run.** {prose(reason)}" for reason in rollout.refused]
    for number, phase in enumerate(rollout.phases, 1):
        blocks.append(f"{'#' * level} Phase {number}: {prose(phase.title)}")
        blocks += _markdown(phase)
    return "\n\n".join(blocks) + "\n" if blocks else "Nothing changes.\n"


def _markdown(phase: Phase) -> Iterator[str]:
    if len(phase.steps) > LISTED_STEPS + 1:
        yield "\n".join(f"- {prose(step)}" for step in phase.steps)
    if phase.before:
        yield "Before:"
        yield _items(phase.before)
    yield prose(phase.instruction)
    if phase.do:
        yield _items(phase.do)
    if phase.edits:
        yield f"Edits, which {code(phase.document)} has:"
        yield "\n".join(map(_edit, phase.edits))
    for title, tasks in (("Check:", phase.check), ("Then:", phase.after), ("Wait until:", phase.wait)):
        if tasks:
            yield title
            yield _items(tasks)
    yield f"To go back: {prose(' '.join(phase.back))}"


def _items(tasks: Sequence[Task]) -> str:
    return "\n".join(f"- {prose(task.text)}{_command(task)}" for task in tasks)


def _command(task: Task) -> str:
    if not task.run:
        return ""
    return f"{' ' if task.text else ''}{code(task.run)}: {prose(task.expect)}"


def _edit(edit: Edit) -> str:
    return f"- {code(edit.path)}: {code(_value(edit.before))} → {code(_value(edit.after))}"
