"""Making edits one after the other, each read back before it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from compiler.artifacts.files import written_value
from compiler.bounds import MAX_FILE
from compiler.changes.editing.edit import REMOVE, SET, SET_VERSION, Applied, FlagEdit, Refused
from compiler.changes.editing.homes import insertions, takes_items
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
from compiler.changes.editing.uses import changed_uses
from compiler.changes.editing.versions import version_steps
from compiler.diagnostics import KascError, Location
from compiler.filesystem import Disk
from compiler.inputs.arguments import Argument
from compiler.inputs.source import Files, file_key
from compiler.review.examine import Settings
from compiler.text import shown
from compiler.upstream.catalog.facts import minor_of

_MOST_STEPS = 64
"""Uses of one flag that are removed."""
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
        self.others: list[str] = []
        """The other flags that the last edit would have changed."""

    def read(self, texts: dict[str, EditedText]) -> Reading | None:
        """Read the input with edited texts."""
        after = {file_key(name): text.after for name, text in texts.items()}
        files = Files({**self.files.texts, **after}, self.files.disk)
        files.added_root, files.searched = self.files.added_root, self.files.searched
        files.roots, files.refusals = self.files.roots, self.files.refusals
        files.parsed = {name: parsed for name, parsed in self.files.parsed.items() if file_key(name) not in files.texts}
        host = self.settings.host.on(_EditedDisk(self.settings.host.disk, after))
        return read(self.path, self.settings._replace(host=host), files)

    def state(self) -> State | None:
        """Return the current state, with the texts of all files that arguments are in; None for an unreadable input."""
        reading = self.read(self.texts)
        if reading is None:
            return None
        for name in _files_of(reading):
            if name and name not in self.texts:
                try:
                    self.texts[name] = EditedText(name, self.files.read(name).text)
                except KascError:
                    continue
        return State(self.texts, reading)

    def edit(self, wanted: FlagEdit) -> Applied | Refused:
        """Make one edit, if it can be made; else nothing changes."""
        before, texts = self.state(), dict(self.texts)
        self.others = []
        if before is None:
            return Refused(wanted, "the input cannot be read")
        if wanted.action == SET_VERSION:
            return self._set_version(wanted, before)
        if achieves(wanted, before.reading, before.reading):
            return Applied(wanted)
        if wanted.action == REMOVE or (wanted.action != SET and not wanted_items(wanted, before.reading)):
            done: dict[str, EditedText] | Refused | None = self._remove(wanted, before)
        else:
            done = self._set(wanted, before)
        if isinstance(done, Refused) or done is None:
            self.texts = texts
            return done or Refused(wanted, self._why(wanted), location=_location(before.reading, wanted.flag))
        self.texts = done
        return self._applied(wanted, texts)

    def _why(self, wanted: FlagEdit) -> str:
        """Return why an edit cannot be made, empty if the reason is not known."""
        if not self.others:
            return ""
        flags = ", ".join(f"--{flag}" for flag in self.others[:_MOST_NAMED])
        more = len(self.others) - _MOST_NAMED
        also = f"{flags} and {more} other flags" if more > 0 else flags
        return f"the edit would change {also} as well, which follow from the same setting"

    def _applied(self, wanted: FlagEdit, before: dict[str, EditedText]) -> Applied:
        locations: list[Location] = []
        for name, text in self.texts.items():
            old = before.get(name)
            if old is not None and text is not old:
                known = {(edit.location, edit.new) for edit in old.edits()}
                locations += [edit.location for edit in text.edits() if (edit.location, edit.new) not in known]
        shared = next((each.file for each in locations if file_key(each.file) != file_key(self.path)), "")
        return Applied(wanted, tuple(locations), shared)

    def _remove(self, wanted: FlagEdit, before: State) -> dict[str, EditedText] | Refused | None:
        """Return the texts without a flag, whose uses are removed from the last to the first; None if one cannot be."""
        texts, reading = before
        flag = wanted.flag
        for _ in range(_MOST_STEPS):
            uses = reading.users(flag)
            if not uses:
                return _set_anyway(wanted, reading) if reading.uses.get(flag) else texts
            found = None
            for use in reversed(uses):
                steps = changed_uses(Input(texts, reading), [UseChange(use, None)])
                found = self._first(steps, texts, FlagEdit(flag, REMOVE), reading, len(uses))
                if found is not None:
                    break
            if found is None:
                return None
            texts, reading = found
        return None

    def _first(
        self, steps: Iterator[Step], texts: dict[str, EditedText], wanted: FlagEdit, before: Reading, uses: int = 0
    ) -> State | None:
        """Return the state after the first step that has the wanted effect and no other."""
        for number, step in enumerate(steps):
            if number >= _MOST_WAYS:
                return None
            edited = _with(texts, step)
            after = self.read(edited) if edited is not None else None
            if edited is None or after is None or not is_as_well_formed(before, after):
                continue
            if achieves(wanted, before, after) or len(after.users(wanted.flag)) < uses:
                others = others_that_differ(wanted.flag, before, after)
                if not others:
                    return State(edited, after)
                self.others = self.others or others
        return None

    def _set(self, wanted: FlagEdit, before: State) -> dict[str, EditedText] | None:
        given = Input(*before)
        found = self._first(_ways(given, wanted), before.texts, wanted, before.reading)
        return found.texts if found is not None else None

    def _set_version(self, wanted: FlagEdit, before: State) -> Applied | Refused:
        texts, settings = dict(self.texts), self.settings
        server = before.reading.server
        if _is_version(server.version, wanted.value):
            return Applied(wanted)
        self.settings = settings._replace(version=None)
        try:
            for step in version_steps(Input(*before), wanted.value):
                edited = _with(texts, step)
                after = self.read(edited) if edited is not None else None
                if edited is not None and after is not None and _is_version(after.server.version, wanted.value):
                    self.texts = edited
                    return self._applied(wanted, texts)
        finally:
            self.settings = settings
        return Refused(wanted, "", location=server.version_location)


def _set_anyway(wanted: FlagEdit, reading: Reading) -> Refused:
    """Return why a flag cannot be removed that the distribution sets if the user does not."""
    use, dialect = reading.uses[wanted.flag][-1], reading.server.dialect
    title = dialect.title if dialect is not None else use.origin
    reason = f"{title} sets --{wanted.flag} to {shown(written_value(use))} if the file does not set it"
    return Refused(wanted, reason, location=use.location)


def _is_version(version: str | None, wanted: str) -> bool:
    return version is not None and minor_of(version) == minor_of(wanted)


def _ways(given: Input, wanted: FlagEdit) -> Iterator[Step]:
    """Yield ways to set a flag or one of its items."""
    flag, reading = wanted.flag, given.reading
    users = reading.users(flag)
    if wanted.action == SET:
        value = wanted.value
        items = reading.items_of(flag, value)
    else:
        items = wanted_items(wanted, reading)
        value = reading.joined(flag, items)
    if takes_items(given.kind) and wanted.action != SET:
        yield from insertions(given, flag, [wanted.value])
    for changes in _changes(reading, wanted, users, items, value):
        yield from changed_uses(given, changes)
    distribution = [use for use in reading.uses.get(flag, ()) if use.origin]
    for use in reversed(distribution):
        yield from changed_uses(given, [UseChange(use, value)])
    if not users or (reading.is_repeated(flag) and wanted.action != SET):
        values = [value] if wanted.action == SET or not reading.is_repeated(flag) else []
        yield from insertions(given, flag, [*values, *([wanted.value] if wanted.action != SET else [])])


def _changes(
    reading: Reading, wanted: FlagEdit, users: list[Argument], items: list[str], value: str
) -> Iterator[list[UseChange]]:
    """Yield the changes of the user's uses of a flag, the least first."""
    flag = wanted.flag
    if not users:
        return
    if wanted.action != SET:
        key = reading.key(flag, wanted.value)
        with_item = [
            use for use in users if key in [reading.key(flag, each) for each in reading.items_of(flag, use.text)]
        ]
        changes = []
        for use in with_item or ([] if reading.is_repeated(flag) else users[-1:]):
            single = wanted_items(wanted, _alone(reading, use))
            changes.append(UseChange(use, reading.joined(flag, single) if single else None))
        yield changes
    if not reading.is_list(flag) or len(users) == 1:
        yield [UseChange(users[-1], value)]
    else:
        yield [UseChange(users[-1], value), *(UseChange(use, None) for use in users[:-1])]


def _alone(reading: Reading, use: Argument) -> Reading:
    return reading._replace(uses={use.flag: (use,)})


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
