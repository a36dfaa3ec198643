"""Reading an edited input back: the flags of its server, and whether only the wanted ones differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from compiler.artifacts.targets.flags import equal, parsed
from compiler.changes.editing.edit import REMOVE, REMOVE_ITEM, SET, SET_ITEM, FlagEdit
from compiler.diagnostics import ERROR
from compiler.inputs import ServerInput
from compiler.inputs.arguments import Argument
from compiler.inputs.source import Files
from compiler.review.examine import Settings, read_input
from compiler.upstream.catalog import Catalog, catalog
from compiler.upstream.flag_values import TYPES
from compiler.upstream.go.encoding import write_record
from compiler.upstream.go.strconv import InvalidValueError

_MAPS = {
    "configurationMap": "=",
    "colonSeparatedMultimapStringString": "=",
    "noSplitMap": "=",
    "stringToString": "=",
    "pattern=N,...": "=",
}
"""Types whose items have a key, and what follows the key."""
_SEPARATORS = {"watch-cache-sizes": "#", "etcd-servers-overrides": "#"}
"""What follows the key of an item, for lists of another type."""
_GATES, _COMPONENT = "colonSeparatedMultimapStringString", "kube:"
"""The type of feature gates by component, and the component that an item without one is of."""
_ONE_ITEM = frozenset(("stringArray", "noSplitMap", "stringToString", "namedCertKey"))
"""Types of which each use is one item."""
_LISTS = frozenset(("stringSlice", "int32Slice")) | _ONE_ITEM | frozenset(_MAPS)


class Reading(NamedTuple):
    """A server as kasc reads it: the uses of each flag in order, and the numbers of errors of each code."""

    server: ServerInput
    catalog: Catalog
    uses: Mapping[str, tuple[Argument, ...]]
    errors: Counter[str]

    def texts(self, flag: str) -> tuple[str, ...]:
        """Return the values of a flag as written."""
        return tuple(use.text for use in self.uses.get(flag, ()))

    def users(self, flag: str) -> list[Argument]:
        """Return the uses of a flag that the user wrote, not the distribution."""
        return [use for use in self.uses.get(flag, ()) if not use.origin]

    def items(self, flag: str) -> list[str]:
        """Return the items of a list flag."""
        return [item for text in self.texts(flag) for item in self.items_of(flag, text)]

    def items_of(self, flag: str, text: str) -> list[str]:
        """Return the items in one value of a flag; the whole value if the flag is not a list."""
        kind = self.type_of(flag)
        if kind not in _LISTS or kind in _ONE_ITEM:
            return [text]
        if kind == "stringSlice":
            try:
                return list(TYPES[kind].parse([text]))
            except InvalidValueError:
                return text.split(",")
        return [item.strip() for item in text.split(",") if item.strip()]

    def joined(self, flag: str, items: list[str]) -> str:
        """Return items as one value."""
        return write_record(items) if self.type_of(flag) == "stringSlice" else ",".join(items)

    def is_list(self, flag: str) -> bool:
        """Return whether a flag has items."""
        return self.type_of(flag) in _LISTS

    def is_repeated(self, flag: str) -> bool:
        """Return whether each use of a flag is one item."""
        return self.type_of(flag) in _ONE_ITEM

    def key(self, flag: str, item: str) -> str:
        """Return what identifies an item: its key if it has one."""
        separator = _SEPARATORS.get(flag) or _MAPS.get(self.type_of(flag))
        if separator is None:
            return item
        key = item.partition(separator)[0].strip()
        return key.removeprefix(_COMPONENT) if self.type_of(flag) == _GATES else key

    def type_of(self, flag: str) -> str:
        """Return the type of a flag, empty for an unknown one."""
        spec = self.catalog.flags.get(flag)
        return spec.type if spec is not None else ""


def read(path: str, settings: Settings, files: Files) -> Reading | None:
    """Return the server of an input; None if it cannot be read."""
    report, _, server, _ = read_input(path, settings, files)
    if server is None:
        return None
    uses: dict[str, list[Argument]] = {}
    for use in server.arguments:
        uses.setdefault(use.flag, []).append(use)
    errors = Counter(each.code for each in report.all() if each.severity == ERROR)
    return Reading(
        server,
        catalog(report.kubernetes_version),
        {flag: tuple(given) for flag, given in uses.items()},
        errors + Counter({code: count for (severity, code, _), count in report.unlisted.items() if severity == ERROR}),
    )


def is_as_well_formed(before: Reading, after: Reading) -> bool:
    """Return whether an edited input is of the same kind, without errors of reading that it did not have."""
    return after.server.read_as == before.server.read_as and not after.errors - before.errors


def others_that_differ(edit: FlagEdit, before: Reading, after: Reading) -> list[str]:
    """Return the flags that an edit must not change and that have another value, or another content of their file."""
    old, new = _contents(before), _contents(after)
    files = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    if edit.action == REMOVE:
        files.discard(edit.flag)
    names = (before.uses.keys() | after.uses.keys()) - {edit.flag}
    return sorted(files | {name for name in names if before.texts(name) != after.texts(name)})


def _contents(reading: Reading) -> dict[str, object]:
    """Return the contents of the structured files that the input contains, by flag."""
    return {file.flag: file.content.plain() for file in reading.server.files.values()}


def achieves(edit: FlagEdit, before: Reading, after: Reading) -> bool:
    """Return whether a server has the flag as it is wanted, compared with what it had."""
    flag = edit.flag
    if edit.action == REMOVE:
        return not after.uses.get(flag)
    if edit.action == SET:
        return _has_value(flag, edit.value, after)
    wanted = wanted_items(edit, before)
    if not wanted:
        return not after.uses.get(flag)
    items = after.items(flag)
    if edit.action in (SET_ITEM, REMOVE_ITEM) and after.type_of(flag) in _MAPS:
        return sorted(items) == sorted(wanted)
    return equal(flag, items, wanted)


def _has_value(flag: str, value: str, after: Reading) -> bool:
    uses = [use for use in after.uses.get(flag, ()) if not use.unknown]
    if not uses or len(uses) != len(after.uses[flag]):
        return False
    if flag not in after.catalog.flags:
        return uses[-1].text == value
    flags = parsed(after.catalog, uses)
    lines = value.split("\n") if after.is_repeated(flag) else [value]
    wanted = parsed(after.catalog, [Argument(flag, line) for line in lines])
    if not (flags.ok(flag) and wanted.ok(flag)):
        return flags.ok(flag) == wanted.ok(flag) and uses[-1].text == value
    return equal(flag, flags.value(flag), wanted.value(flag))


def wanted_items(edit: FlagEdit, reading: Reading) -> list[str]:
    """Return the items that a list flag should have after one of them is removed, added or replaced."""
    flag, key = edit.flag, reading.key(edit.flag, edit.value)
    keys = [reading.key(flag, item) for item in reading.items(flag)]
    others = [item for item, each in zip(reading.items(flag), keys, strict=True) if each != key]
    if edit.action == REMOVE_ITEM:
        return others
    index = keys.index(key) if key in keys else len(keys)
    return [*others[:index], edit.value, *others[index:]]
