"""Ways to change the uses of a flag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.changes.editing import words
from compiler.changes.editing.inputs import TEXT_KINDS, Input, Step, UseChange
from compiler.changes.editing.pieces import Replacement
from compiler.changes.editing.tree_uses import in_tree, repeated_in_tree
from compiler.changes.editing.words import FlagWords, Span, flag_words
from compiler.diagnostics import Location
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Lines

MOST_USES = 64
"""Uses of one flag that are changed: each is located in the text as a whole."""
_MOST_VARIANTS = 4


def changed_uses(given: Input, changes: Sequence[UseChange]) -> Iterator[Step]:
    """Yield ways to change uses of one flag, the best first; none if they are too many, or not in one file."""
    if len(changes) > MOST_USES:
        return
    if given.kind in TEXT_KINDS:
        yield from _in_words(given, changes)
        return
    names = {_file(change.use) for change in changes}
    tree = given.tree(names.pop()) if len(names) == 1 else None
    if tree is not None:
        yield from in_tree(given, tree, changes, _MOST_VARIANTS)


def repeated_uses(given: Input, use: Argument, text: str) -> Iterator[Step]:
    """Yield ways to add another use of a flag after one, the best first."""
    name = use.name_location.file if use.name_location is not None else ""
    if given.kind not in TEXT_KINDS:
        tree = given.tree(_file(use))
        yield from repeated_in_tree(tree, use, text) if tree is not None else ()
    elif name in given.texts:
        current = given.texts[name].after
        for style in TEXT_KINDS[given.kind]:
            for way in words.insertions(current, located_words(current, use), style(f"--{use.flag}={text}")):
                yield {name: way}


def _file(use: Argument) -> str:
    return use.location.file if use.location is not None else ""


def _in_words(given: Input, changes: Sequence[UseChange]) -> Iterator[Step]:
    """Yield ways to change uses in texts."""
    ways = [list(_ways(given, use, new)) for use, new in changes]
    if not ways or not all(ways):
        return
    for variant in range(max(map(len, ways))):
        step: Step = {}
        for each in ways:
            name, edits = each[min(variant, len(each) - 1)]
            step.setdefault(name, []).extend(edits)
        yield step


def _ways(given: Input, use: Argument, new: str | None) -> Iterator[tuple[str, list[Replacement]]]:
    """Yield ways to change one use, with the file that they are in: that of its name, or that of its value."""
    styles = TEXT_KINDS[given.kind]
    name = use.name_location.file if use.name_location is not None else ""
    if name in given.texts:
        text = given.texts[name].after
        flag = located_words(text, use)
        ways = words.deletions(text, flag) if new is None else words.changes(text, flag, new, styles)
        yield from ((name, way) for way in ways)
    if new is not None and _file(use) != name and _file(use) in given.texts:
        text = given.texts[_file(use)].after
        span = _span(text, use.location)
        if span is not None:
            yield from ((_file(use), way) for way in words.changes(text, FlagWords(span, span), new, styles))


def located_words(text: str, use: Argument) -> FlagWords:
    """Return the places of a use in the text that has its name."""
    name = _span(text, use.name_location) or Span(0, 0)
    same = use.location is not None and use.name_location is not None and use.location.file == use.name_location.file
    return flag_words(text, name, _span(text, use.location) if same else None)


def _span(text: str, location: Location | None) -> Span | None:
    """Return a location as a range of a text."""
    return Span(*Lines(text).span(location)) if location is not None else None
