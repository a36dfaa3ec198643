"""Making edits one after the other, each read back before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import NamedTuple

from compiler.artifacts.files import written_value
from compiler.bounds import MAX_FILE, MAX_TRIED
from compiler.changes.editing.edit import REMOVE, SET, SET_VERSION, Applied, FlagEdit, Refused
from compiler.changes.editing.inputs import Input, Step, UseChange
from compiler.changes.editing.pieces import EditedText, without_overlaps
from compiler.changes.editing.reading import (
    Reading,
    achieves,
    is_as_well_formed,
    others_that_differ,
    read,
    wanted_items,
)
from compiler.changes.editing.tree_uses import is_shared
from compiler.changes.editing.uses import MOST_USES, changed_uses
from compiler.changes.editing.versions import version_steps
from compiler.changes.editing.ways import ways_to_repeat, ways_to_set
from compiler.diagnostics import KascError, Location
from compiler.filesystem import Disk
from compiler.inputs.arguments import Argument
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Settings
from compiler.text import shown
from compiler.text.redaction import hide_in_message
from compiler.upstream.catalog.facts import minor_of

_MOST_NAMED = 3
_MOST_WAYS = 24
"""Ways to make one edit that are tried."""


class _EditedDisk(Disk):
    """A disk on which some files have other texts; those are UTF-8."""

    def __init__(self, disk: Disk, texts: Mapping[str, str]) -> None:
        self.disk = disk
        self.texts = texts

    def read(self, path: str, limit: int = MAX_FILE) -> bytes:
        """Read a file as `Disk` does."""
        text = self.texts.get(file_key(path))
        return self.disk.read(path, limit) if text is None else text.encode()


class State(NamedTuple):
    """The texts of the files of an input, and what kasc reads of them."""

    texts: dict[str, EditedText]
    reading: Reading


class Session:
    """An input under edit: `path` is its file, `settings` how it is read."""

    def __init__(self, path: str, settings: Settings, files: Files) -> None:
        self.path = path
        self.settings = settings
        self.files = files
        self.texts: dict[str, EditedText] = {}
        self.known: Reading | None = None
        """What kasc reads of the current texts, if it was read already."""
        self.others: list[str] = []
        """The other flags that the last edit would have changed."""
        self.room = MAX_TRIED
        """Characters that may still be read to try edits."""

    def read(self, texts: dict[str, EditedText], settings: Settings | None = None) -> Reading | None:
        """Read the input with edited texts."""
        settings = settings or self.settings
        after = {file_key(name): text.after for name, text in texts.items()}
        files = Files({**self.files.texts, **after}, self.files.disk)
        files.added_root, files.searched = self.files.added_root, self.files.searched
        files.roots, files.refusals = self.files.roots, self.files.refusals
        files.parsed = {name: parsed for name, parsed in self.files.parsed.items() if file_key(name) not in files.texts}
        host = settings.host.on(_EditedDisk(settings.host.disk, after))
        return read(self.path, settings._replace(host=host), files)

    def at(self, version: str) -> None:
        """Read the input with another Kubernetes version from here on."""
        self.settings = self.settings._replace(version=version)
        self.known = None

    def state(self) -> State | None:
        """Return the current state, with the texts of all files that arguments are in; None for an unreadable input."""
        reading = self.known or self.read(self.texts)
        if reading is None:
            return None
        self.known = reading
        for name in _files_of(reading):
            if name and name not in self.texts:
                with suppress(KascError):
                    self.texts[name] = EditedText(name, self.files.read(name).text)
        return State(self.texts, reading)

    def edit(self, wanted: FlagEdit) -> Applied | Refused:
        """Make one edit, if it can be made; else nothing changes."""
        before = self.state()
        self.others = []
        if before is None:
            return Refused(wanted, "the input cannot be read")
        if wanted.action == SET_VERSION:
            return self._set_version(wanted, before)
        if achieves(wanted, before.reading, before.reading):
            return Applied(wanted)
        if wanted.action == REMOVE or (wanted.action != SET and not wanted_items(wanted, before.reading)):
            done: State | Refused | None = self._remove(wanted, before)
        elif wanted.action == SET and before.reading.is_repeated(wanted.flag):
            done = self._repeat(wanted, before)
        else:
            done = self._first(
                ways_to_set(Input(*before), wanted), before, wanted, partial(achieves, wanted, before.reading)
            )
        if done is None:
            return Refused(wanted, self._why(wanted, before), location=_location(before.reading, wanted.flag))
        return done if isinstance(done, Refused) else self._keep(wanted, before, done)

    def _keep(self, wanted: FlagEdit, before: State, after: State) -> Applied:
        self.texts, self.known = after.texts, after.reading
        locations: list[Location] = []
        for name, text in after.texts.items():
            old = before.texts[name]
            if text is not old:
                known = {(edit.location, edit.new) for edit in old.edits()}
                locations += [edit.location for edit in text.edits() if (edit.location, edit.new) not in known]
        bases = before.reading.server.layers[:-1]
        return Applied(wanted, tuple(locations), next((each.file for each in locations if each.file in bases), ""))

    def _why(self, wanted: FlagEdit, before: State) -> str:
        """Return why an edit cannot be made, empty if the reason is not known."""
        if self.others:
            flags = ", ".join(f"--{flag}" for flag in self.others[:_MOST_NAMED])
            more = len(self.others) - _MOST_NAMED
            also = f"{flags} and {more} other flags" if more > 0 else flags
            return f"the edit would change {also} as well"
        if self.room < 0:
            return f"the input is too large to try more edits: kasc reads at most {MAX_TRIED} characters for them"
        if any(is_shared(Input(*before), use) for use in before.reading.users(wanted.flag)[-1:]):
            return f"the value of --{wanted.flag} has an anchor that other parts of the file refer to"
        return ""

    def _remove(self, wanted: FlagEdit, before: State) -> State | Refused | None:
        """Return the state without a flag, whose uses are removed from the last to the first; None if one cannot be."""
        flag, state = wanted.flag, before
        for _ in range(MOST_USES):
            uses = state.reading.users(flag)
            if len(uses) > MOST_USES:
                return None
            if not uses:
                return _set_anyway(wanted, state.reading) if state.reading.uses.get(flag) else state
            given = Input(*state)
            steps = (step for use in reversed(uses) for step in changed_uses(given, [UseChange(use, None)]))
            after = self._first(steps, state, FlagEdit(flag, REMOVE), partial(_has_less, flag, uses))
            if after is None:
                return None
            state = after
        return None

    def _repeat(self, wanted: FlagEdit, before: State) -> State | None:
        """Return the state in which a flag has several uses, which are changed one after the other."""
        flag, texts, state = wanted.flag, wanted.value.split("\n"), before
        for _ in range(MOST_USES):
            if achieves(wanted, before.reading, state.reading):
                return state
            steps = ways_to_repeat(Input(*state), flag, texts)
            after = self._first(steps, state, wanted, partial(_is_nearer, flag, texts, state.reading))
            if after is None:
                return None
            state = after
        return None

    def _first(
        self, steps: Iterator[Step], before: State, wanted: FlagEdit, is_wanted: Callable[[Reading], bool]
    ) -> State | None:
        """Return the state after the first step that has the wanted effect and no other."""
        for step in islice(steps, _MOST_WAYS):
            self.room -= sum(len(text.after) for text in before.texts.values())
            if self.room < 0:
                return None
            edited = _with(before.texts, step)
            after = self.read(edited) if edited is not None else None
            if edited is None or after is None or not is_as_well_formed(before.reading, after):
                continue
            if is_wanted(after):
                others = others_that_differ(wanted, before.reading, after)
                if not others:
                    return State(edited, after)
                self.others = self.others or others
        return None

    def _set_version(self, wanted: FlagEdit, before: State) -> Applied | Refused:
        server = before.reading.server
        if _is_version(server.version, wanted.value):
            return Applied(wanted)
        own = self.settings._replace(version=None)
        for step in version_steps(Input(*before), wanted.value):
            edited = _with(before.texts, step)
            after = self.read(edited, own) if edited is not None else None
            if edited is not None and after is not None and _is_version(after.server.version, wanted.value):
                return self._keep(wanted, before, State(edited, before.reading))
        return Refused(wanted, "", location=server.version_location)


def _has_less(flag: str, before: Sequence[Argument], reading: Reading) -> bool:
    """Return whether fewer uses are left, or those of another file, which the last file hid."""
    after = reading.users(flag)
    files = [[use.location.file for use in uses if use.location is not None] for uses in (after, before)]
    return len(after) < len(before) or files[0][-1:] != files[1][-1:]


def _is_nearer(flag: str, texts: Sequence[str], before: Reading, after: Reading) -> bool:
    """Return whether the uses of a flag have more of their texts, or fewer that are too many."""
    old, new = ([use.text for use in reading.users(flag)] for reading in (before, after))
    return _matching(new, texts) > _matching(old, texts) or (len(texts) <= len(new) < len(old))


def _matching(uses: Sequence[str], texts: Sequence[str]) -> int:
    return sum(use == text for use, text in zip(uses, texts, strict=False))


def _set_anyway(wanted: FlagEdit, reading: Reading) -> Refused:
    """Return why a flag cannot be removed that the distribution sets if the user does not."""
    use, dialect = reading.uses[wanted.flag][-1], reading.server.dialect
    title = dialect.title if dialect is not None else use.origin
    reason = f"{title} sets --{wanted.flag} to {shown(written_value(use))} if the file does not set it"
    return Refused(wanted, hide_in_message(reason), location=use.location)


def _is_version(version: str | None, wanted: str) -> bool:
    return version is not None and minor_of(version) == minor_of(wanted)


def _with(texts: dict[str, EditedText], step: Step) -> dict[str, EditedText] | None:
    """Return the texts after a step; None if its edits overlap."""
    if not all(map(without_overlaps, step.values())):
        return None
    return texts | {name: texts[name].replaced(edits) for name, edits in step.items()}


def _files_of(reading: Reading) -> Iterator[str]:
    """Yield the names of the files that an input consists of."""
    server = reading.server
    yield server.start.file
    yield from server.layers
    if server.version_location is not None:
        yield server.version_location.file
    for use in server.arguments:
        for location in (use.location, use.name_location):
            if location is not None:
                yield location.file


def _location(reading: Reading, flag: str) -> Location | None:
    uses = reading.uses.get(flag, ())
    return uses[-1].location if uses else None
