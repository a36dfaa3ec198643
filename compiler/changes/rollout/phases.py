"""The phases of a rollout: what to do in each of them, for this input."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from compiler.changes.change import BREAKING, DATA_LOSS, Change
from compiler.changes.rollout.edits import Edit, State, edits_between
from compiler.changes.rollout.recipes import Step, Task
from compiler.changes.rollout.steps import address_of, filled_task, listed
from compiler.upstream.catalog.facts import STRUCTURED

ONE_BY_ONE, ALL_AT_ONCE = "one-by-one", "all-at-once"
DOCUMENT = "apiserver.yaml"
_HARMFUL = (BREAKING, DATA_LOSS)
LISTED_STEPS = 3
"""Steps that the title of a phase lists."""
_MAX_SLUG = 48
"""Characters of the name of a phase."""


class Phase(NamedTuple):
    """One configuration of all servers, and how they get it.

    `name` is that of the phase's directory. `steps` are what it does. `servers` says whether they are changed one by
    one, or all at once: then all of them are stopped first, because of the `unsafe` changes. `before` has to be true
    when the phase starts, `do` is done while all servers are stopped, `check` shows that the phase worked, `after` is
    left to do when it is complete, and `wait` has to be true before the next one starts. `back` is how to go back.
    """

    name: str
    steps: tuple[str, ...]
    servers: str
    unsafe: tuple[Change, ...]
    edits: tuple[Edit, ...]
    before: tuple[Task, ...]
    do: tuple[Task, ...]
    check: tuple[Task, ...]
    back: tuple[str, ...]
    wait: tuple[Task, ...]
    after: tuple[Task, ...]
    state: State

    @property
    def title(self) -> str:
        """What the phase does in one line."""
        more = len(self.steps) - LISTED_STEPS
        shown = self.steps if more <= 1 else (*self.steps[:LISTED_STEPS], f"and {more} more steps")
        return _capitalised("; ".join(shown))

    @property
    def instruction(self) -> str:
        """How the servers get the configuration."""
        if not self.unsafe:
            return "Change the servers one by one."
        effects = " ".join(dict.fromkeys(change.effect for change in self.unsafe))
        if any(change.severity in _HARMFUL for change in self.unsafe):
            return f"Stop every API server before one starts with this configuration. If both ran: {effects}"
        return f"Change all API servers in one window, or stop all of them first. As long as both run: {effects}"

    @property
    def document(self) -> str:
        """The path of the phase's document below the directory of a rollout."""
        return f"{self.name}/{DOCUMENT}"


class Draft(NamedTuple):
    """What a phase is made from: the states before and after it, the steps of recipes, and the unsafe changes.

    `explained` are the flags that the steps are about, `tracked` those with stages of their own that change.
    """

    before: State
    after: State
    steps: tuple[Step, ...]
    unsafe: tuple[Change, ...]
    explained: frozenset[str]
    tracked: frozenset[str]


def phases_from(drafts: Sequence[Draft], old: str) -> tuple[Phase, ...]:
    """Return the phases; `old` is the path of the old input.

    What has to be true before a phase is what to wait for in the phase before it.
    """
    phases: list[Phase] = []
    for number, draft in enumerate(drafts, 1):
        phase = _phase(number, draft, phases[-1].document if phases else old)
        if phases:
            waiting = phases[-1]
            phases[-1] = waiting._replace(wait=(*waiting.wait, *phase.before))
            phase = phase._replace(before=())
        phases.append(phase)
    return tuple(phases)


def _phase(number: int, draft: Draft, previous: str) -> Phase:
    edits = tuple(edits_between(draft.before, draft.after))
    titles = [step.title for step in draft.steps]
    others = [f"--{edit.flag}" for edit in edits if edit.flag not in draft.explained]
    if others or not titles:
        titles.append(f"change {listed(others)}" if others else "use the new configuration")
    name = f"{number}-{_slug(titles[0])}"
    texts = {"{document}": f"{name}/{DOCUMENT}", "{previous}": shlex.quote(previous)}

    def tasks(kind: str) -> tuple[Task, ...]:
        return tuple(dict.fromkeys(filled_task(task, texts) for step in draft.steps for task in getattr(step, kind)))

    return Phase(
        name,
        tuple(dict.fromkeys(titles)),
        ALL_AT_ONCE if draft.unsafe else ONE_BY_ONE,
        draft.unsafe,
        edits,
        (*_files_to_write(draft), *tasks("before")),
        tasks("do"),
        (*tasks("check"), _probe(draft.after, name)),
        tuple(dict.fromkeys(step.back for step in draft.steps)) or (_BACK[bool(draft.unsafe)],),
        (),
        tasks("after"),
        draft.after,
    )


_BACK = (
    "Set the servers back one by one.",
    "Stop every API server, and start all of them with the previous configuration.",
)


def _probe(state: State, name: str) -> Task:
    run = f"kasc probe {name}/{DOCUMENT} --server https://{address_of(state.server)}"
    return Task("", run, "every check passes, on every server")


def _files_to_write(draft: Draft) -> Iterator[Task]:
    """Yield the files that consist of others, and that this phase needs first."""
    for flag, value in draft.after.configuration.values.items():
        if value.is_same(draft.before.configuration.value(flag)):
            continue
        for path, parts in value.parts.items():
            if flag in STRUCTURED:
                first, second = (f"the providers of {part}" if part else "identity" for part in parts)
                text = f"{path} exists on every server. For each resource, it lists {first}, then {second}, each once."
                yield Task(text)
            else:
                run = f"cat {' '.join(map(shlex.quote, parts))} > {shlex.quote(path)}"
                text = f"{path} exists on every server and has the certificates of both CAs."
                yield Task(text, run, "the file has the certificates of both")


def _capitalised(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _slug(title: str) -> str:
    """Return a title as a name of a directory."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in title.lower()).split()
    fitting = [
        word for word, end in zip(words, accumulate(len(word) + 1 for word in words), strict=True) if end <= _MAX_SLUG
    ]
    return "-".join(fitting) or "change"
