"""Which steps of recipes happen between two states of a rollout, and their texts for this input."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from compiler.changes.change import Change
from compiler.changes.rollout.configuration import Configuration
from compiler.changes.rollout.edits import State
from compiler.changes.rollout.recipes import ACCEPT, BINARY, CHANGE, DROP, EMULATION, SWITCH, TASKS, UPGRADE, Step, Task
from compiler.changes.rollout.stages import Stage
from compiler.changes.rollout.uses import Use
from compiler.upstream.names import is_subdomain

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_LISTED = 5
"""Names up to which all are listed in a sentence."""
_MAX_RESOURCES = 20
"""Resources up to which a command lists them."""
_ALL_RESOURCES = '"$(kubectl api-resources --verbs=list,update --output name | paste -sd , -)"'
_PORT = 6443


class Move(NamedTuple):
    """What a stage changes: its step, the configuration before it and its own."""

    stage: Stage
    before: Configuration
    after: Configuration

    def moves(self, flags: Iterable[str]) -> bool:
        """Return whether the stage changes one of some flags."""
        return any(not self.before.value(flag).is_same(self.after.value(flag)) for flag in flags)


def applied(
    uses: Iterable[Use],
    moves: Sequence[Move],
    states: tuple[State, State],
    changes: Sequence[Change],
    tracked: Container[str],
) -> Iterator[tuple[Use, Step]]:
    """Yield the steps of the recipes between two states, with their texts.

    `moves` are the stages between them, `changes` what differs, and `tracked` the flags with stages of their own. A
    change without stages is in the phase in which it appears or in which one of its flags moves.
    """
    hop = _hop(*states)
    names = {(change.kind, change.name) for change in changes}
    for use in uses:
        texts = _texts(use, states[1])
        for name, step in use.recipe.steps.items():
            if name in (ACCEPT, SWITCH, DROP):
                applies = any(move.stage.step == name and move.moves(use.flags) for move in moves)
            elif name == CHANGE:
                direct = [flag for flag in use.flags if flag not in tracked]
                is_here = len(direct) == len(use.flags) and any((each.kind, each.name) in names for each in use.changes)
                applies = any(move.moves(direct) for move in moves) or (is_here and not use.is_hop)
            else:
                applies = name == hop and use.is_hop
            if applies:
                yield use, _filled(step, texts)


def _hop(before: State, after: State) -> str:
    """Return the step of another version between two states, empty if there is none."""
    emulated = [state.server.context.emulated for state in (before, after)]
    if before.configuration.version != after.configuration.version:
        return BINARY if emulated[1] < after.server.context.catalog.minor else UPGRADE
    return EMULATION if emulated[0] != emulated[1] else ""


def _texts(use: Use, state: State) -> dict[str, str]:
    """Return the texts of placeholders."""
    context = state.server.context
    names = list(dict.fromkeys(change.name for change in use.changes))
    # A command has no other names of the input: whatever they contain, a shell would run it.
    is_known = all(is_subdomain(name) and name not in use.flags for name in names) and len(names) <= _MAX_RESOURCES
    return {
        "{flag}": f"--{names[0]}",
        "{names}": listed(names),
        "{objects}": "all resources" if names[0] in use.flags else listed(names),
        "{resources}": ",".join(names) if is_known else _ALL_RESOURCES,
        "{old}": _first(use.changes[0].before),
        "{new}": _first(use.changes[0].after),
        "{address}": address_of(state.server),
        "{version}": context.catalog.version,
        "{effective}": f"1.{context.emulated}",
    }


def address_of(server: Resolved) -> str:
    """Return host and port of a server in a command; the host is for the reader to fill in."""
    return f"SERVER:{server.context.flags.number('secure-port') or _PORT}"


def _first(value: object) -> str:
    """Return the first element of a list, or the value, for a sentence."""
    element = value[0] if isinstance(value, list) and value else value
    return "unset" if element is None else str(element)


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, the first ones of many."""
    if len(names) > _LISTED:
        return f"{', '.join(names[: _LISTED - 1])} and {len(names) - _LISTED + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _filled(step: Step, texts: Mapping[str, str]) -> Step:
    tasks = {name: tuple(filled_task(task, texts) for task in getattr(step, name)) for name in TASKS}
    return Step(filled(step.title, texts), filled(step.back, texts), filled(step.refuse, texts), **tasks)


def filled_task(task: Task, texts: Mapping[str, str]) -> Task:
    """Return a task with the texts of placeholders."""
    return Task(filled(task.text, texts), filled(task.run, texts), filled(task.expect, texts), task.until)


def filled(text: str, texts: Mapping[str, str]) -> str:
    """Return a text with the texts of placeholders; what looks like a placeholder in these is not one."""
    return re.sub(r"\{[a-z]+\}", lambda match: texts.get(match[0], match[0]), text)
