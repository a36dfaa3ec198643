"""Ways to set a flag, or one of its items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.changes.editing.edit import SET, FlagEdit
from compiler.changes.editing.homes import insertions, takes_items
from compiler.changes.editing.inputs import Input, Step, UseChange
from compiler.changes.editing.reading import Reading, wanted_items
from compiler.changes.editing.uses import changed_uses, repeated_uses
from compiler.inputs.arguments import Argument


def ways_to_set(given: Input, wanted: FlagEdit) -> Iterator[Step]:
    """Yield ways to set a flag, or one of its items, the best first."""
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
    if users and reading.is_repeated(flag):
        yield from repeated_uses(given, users[-1], wanted.value)
    if not users or (reading.is_repeated(flag) and wanted.action != SET):
        values = [value] if wanted.action == SET or not reading.is_repeated(flag) else []
        yield from insertions(given, flag, [*values, *([wanted.value] if wanted.action != SET else [])])


def ways_to_repeat(given: Input, flag: str, texts: Sequence[str]) -> Iterator[Step]:
    """Yield ways to bring the uses of a flag nearer to these texts, in order: one is removed, changed or added."""
    users = given.reading.users(flag)
    if len(users) > len(texts):
        yield from changed_uses(given, [UseChange(users[-1], None)])
        return
    for use, text in zip(users, texts, strict=False):
        if use.text != text:
            yield from changed_uses(given, [UseChange(use, text)])
            return
    if users:
        yield from repeated_uses(given, users[-1], texts[len(users)])
    yield from insertions(given, flag, [texts[len(users)]])


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
            single = wanted_items(wanted, _with_only(reading, use))
            changes.append(UseChange(use, reading.joined(flag, single) if single else None))
        yield changes
    if not reading.is_list(flag) or len(users) == 1:
        yield [UseChange(users[-1], value)]
    else:
        yield [UseChange(users[-1], value), *(UseChange(use, None) for use in users[:-1])]


def _with_only(reading: Reading, use: Argument) -> Reading:
    return reading._replace(uses={use.flag: (use,)})
