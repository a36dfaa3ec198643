"""An upgrade as data for programs, as text for people, and as one line of the table of a fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from compiler.changes.editing.edit import REMOVE, REMOVE_ITEM, SET, SET_ITEM, SET_VERSION, Edited, FlagEdit
from compiler.changes.report import by_severity, change_data, grouped, listed, location_data, shown_value, title_of
from compiler.changes.upgrade.hop import METRIC, REQUIREMENT, RESTORE
from compiler.diagnostics import ERROR, NOTE, WARNING
from compiler.text import counted

if TYPE_CHECKING:
    from compiler.changes.change import Change
    from compiler.changes.upgrade.hop import Hop, Rewrite, Upgrade
    from compiler.diagnostics import Diagnostic, Location

Data = dict[str, Any]
COLUMNS = ("INPUT", "FROM", "TO", "BREAKS", "REQUIREMENTS", "CHANGES", "EDITS")
_BRIEF = 10
"""Lines of the screen for each hop below which there is one line about a change."""
_FEW = 6
"""Lines about the changes of a hop for which there is always room."""


def as_data(upgrade: Upgrade, diagnostic_data: Callable[[Diagnostic], Data]) -> Data:
    """Return the upgrade as the JSON report has it."""
    hops = [_hop_data(hop, diagnostic_data) for hop in upgrade.hops]
    problem = {"problem": upgrade.problem} if upgrade.problem else {}
    return {"from": upgrade.old, "to": upgrade.new, **problem, "hops": hops}


def _hop_data(hop: Hop, diagnostic_data: Callable[[Diagnostic], Data]) -> Data:
    return {
        "from": hop.old,
        "to": hop.new,
        "outcome": hop.outcome,
        "outcomeWithEdits": hop.outcome_with_edits,
        "provisional": hop.provisional,
        "diagnostics": [diagnostic_data(each) for each in hop.diagnostics],
        "changes": [_change_data(change) for change in hop.changes],
        "rollback": {"unreadable": list(hop.rollback.resources), "notes": list(hop.rollback.notes)},
        "editsWorkBefore": hop.is_valid_before,
        "edits": _edits_data(hop.edited, hop.rewrites),
        "notEdited": _refused_data(hop.edited),
        **({"hold": _edits_data(hop.hold), "notHeld": _refused_data(hop.hold)} if hop.hold is not None else {}),
    }


def _change_data(change: Change) -> Data:
    return change_data(change) | dict(change.values)


def _edits_data(edited: Edited, rewrites: Sequence[Rewrite] = ()) -> list[Data]:
    """Return the edits of the files, each with its reasons."""
    reasons = {rewrite.edit: rewrite.reason for rewrite in rewrites}
    return [
        location_data(edit.location)
        | {"replacement": edit.new, "reason": reasons.get(edit) or _reason(edit.location, edited)}
        for file in edited.files
        for edit in file.edits
    ]


def _reason(location: Location, edited: Edited) -> str:
    reasons = [each.wanted.reason for each in edited.applied if any(_meet(location, at) for at in each.locations)]
    return "; ".join(dict.fromkeys(reasons))


def _meet(first: Location, second: Location) -> bool:
    """Return whether two locations of a file overlap or touch."""
    starts, ends = (first[1:3], second[1:3]), (first[3:5], second[3:5])
    return first.file == second.file and max(starts) <= min(ends)


def _refused_data(edited: Edited) -> list[Data]:
    return [
        {"flag": wanted.flag, "action": wanted.action, "value": wanted.value, "reason": reason, "hint": hint}
        for wanted, reason, hint, _ in edited.refused
    ]


def as_text(upgrade: Upgrade, height: int | None) -> list[str]:
    """Return lines about the hops, the most severe changes first, about as many as fit in `height`; all if None."""
    path = upgrade.report.path
    if upgrade.problem:
        return [f"{path}: {upgrade.problem}"]
    if not upgrade.hops:
        return [f"{path}: servers run {upgrade.old}; nothing to upgrade"]
    room = None if height is None else height // len(upgrade.hops)
    text = _brief_text if room is not None and room < _BRIEF else _hop_text
    return [line for hop in upgrade.hops for line in text(path, hop, room)]


def _hop_text(path: str, hop: Hop, room: int | None) -> list[str]:
    """Return lines about a hop: what breaks it, as many changes as fit in `room`, the way back, the edits."""
    head = [*_head(path, hop)]
    severities = (ERROR,) if room is not None else (ERROR, WARNING, NOTE)
    head += (line for each in hop.diagnostics if each.severity in severities for line in _diagnostic(each))
    tail = [
        *_rollback(hop),
        *_edits(hop.edited, "edit"),
        *_rewrites(hop),
        *_order(hop),
        *(_edits(hop.hold, "hold") if hop.hold is not None else ()),
    ]
    return _with_changes(head, hop, tail, room, whole=True)


def _brief_text(path: str, hop: Hop, room: int | None) -> list[str]:
    """Return one line about each error and each change, as many as fit, and the number of edits."""
    head = [*_head(path, hop), *(next(_diagnostic(each)) for each in hop.diagnostics if each.severity == ERROR)]
    edits = len(hop.rewrites) + sum(bool(each.locations) for each in hop.edited.applied)
    refused = f", {len(hop.edited.refused)} not possible" if hop.edited.refused else ""
    tail = [*_rollback(hop), f"  {counted(edits, 'edit')}{refused}: run with --diff or -v"]
    return _with_changes(head, hop, tail, room, whole=False)


def _head(path: str, hop: Hop) -> Iterator[str]:
    yield f"{path}: {hop.old} -> {hop.new}: {_verdict(hop)}"
    if hop.provisional:
        yield f"  some facts of {hop.new} are not confirmed by a server of it: test the upgrade first"


def _with_changes(head: list[str], hop: Hop, tail: list[str], room: int | None, whole: bool) -> list[str]:
    """Return lines with the changes between them that fit in `room`: all lines about each, or the first one."""
    groups = grouped(hop.changes)
    blocks = [list(_block(group))[: None if whole else 1] for group in groups]
    shown = (
        len(blocks) if room is None else _fitting(blocks, max(_FEW if whole else 1, room - len(head) - len(tail) - 1))
    )
    hidden = sum(map(len, groups[shown:]))
    more = [f"  {counted(hidden, 'more change')}: run with -v"] if hidden else []
    return [*head, *(line for block in blocks[:shown] for line in block), *tail, *more]


def _fitting(blocks: list[list[str]], room: int) -> int:
    """Return how many of the first blocks fit in a number of lines."""
    ends = accumulate(map(len, blocks))
    return sum(end <= room for end in ends)


def _verdict(hop: Hop) -> str:
    """Return what the hop does in a few words."""
    changes = counted(len(hop.changes), "change")
    if hop.changes:
        changes += f" ({by_severity(hop.changes)})"
    if not hop.breaks:
        return f"starts; {changes}"
    return f"does not start{', repaired by the edits' if hop.repaired else ''}; {changes}"


def _diagnostic(diagnostic: Diagnostic) -> Iterator[str]:
    yield f"  {diagnostic.severity} {diagnostic.code}: {_place(diagnostic.location)}{diagnostic.message}"
    if diagnostic.hint:
        yield f"      hint: {diagnostic.hint}"


def _place(location: Location | None) -> str:
    return f"{location.file}:{location.line}:{location.column}: " if location is not None and location.file else ""


def _block(group: list[Change]) -> Iterator[str]:
    """Yield the lines about changes that have all but their name in common."""
    change = group[0]
    names = listed([each.name for each in group])
    yield f"  {change.severity}: {title_of(change.kind)} {names} {_what(change)}".rstrip()
    yield f"      {change.effect}"
    if len(group) == 1 and (argument := change.values.get(RESTORE)):
        yield f"      keep the old behaviour with {argument}"


def _what(change: Change) -> str:
    """Return from what to what something changes."""
    if change.kind == REQUIREMENT:
        return ""
    if endpoints := change.values.get("endpoints"):
        return f"{'added to' if change.after else 'removed from'} {', '.join(endpoints)}"
    if change.kind == METRIC:
        return f"{_metric(change.before)} -> {_metric(change.after) if change.after else 'not exported'}"
    if isinstance(change.after, bool):
        words = ("not served", "served") if change.kind == "api" else ("disabled", "enabled")
        return words[change.after]
    return f"{shown_value(change.before)} -> {shown_value(change.after)}"


def _metric(described: Data) -> str:
    return f"{{{', '.join(described['labels'])}}}" if "labels" in described else str(described["name"])


def _rollback(hop: Hop) -> Iterator[str]:
    if resources := hop.rollback.resources:
        yield (
            f"  rollback: {hop.old} cannot read {listed(list(resources))} once servers of {hop.new} have written them; "
            "take an etcd snapshot before the upgrade"
        )
    for note in hop.rollback.notes:
        yield f"  rollback: {note}"


def _edits(edited: Edited, word: str) -> Iterator[str]:
    """Yield one line for each edit, and for each that the input cannot express."""
    for applied in edited.applied:
        if applied.locations:
            shared = f" ({applied.shared} may be shared with other inputs)" if applied.shared else ""
            yield f"  {word}: {_place(applied.locations[0])}{_wanted(applied.wanted)}: {applied.wanted.reason}{shared}"
    for refused in edited.refused:
        hint = f"; {refused.hint}" if refused.hint else ""
        yield f"  not edited: {_place(refused.location)}{_wanted(refused.wanted)}: {refused.reason}{hint}"


def _rewrites(hop: Hop) -> Iterator[str]:
    for edit, reason in hop.rewrites:
        yield f"  edit: {_place(edit.location)}{edit.old} -> {edit.new}: {reason}"


def _order(hop: Hop) -> Iterator[str]:
    """Yield when to apply the edits, if they are about more than the version."""
    if hop.rewrites or any(each.locations and each.wanted.action != SET_VERSION for each in hop.edited.applied):
        if hop.is_valid_before:
            yield f"  apply these edits before the upgrade: servers of {hop.old} start with them as well"
        else:
            yield f"  apply these edits to each server with its upgrade: servers of {hop.old} do not start with them"


def _wanted(edit: FlagEdit) -> str:
    """Return what an edit does."""
    flag, action, value, _ = edit
    words = {
        REMOVE: f"remove --{flag}",
        SET: f"set --{flag}={value}",
        REMOVE_ITEM: f"remove {value} from --{flag}",
        SET_ITEM: f"set {value} in --{flag}",
        SET_VERSION: f"set the version {value}",
    }
    return words[action]


def table_row(upgrade: Upgrade) -> list[str]:
    """Return the line of a fleet's table about an input, with the columns COLUMNS."""
    path = upgrade.report.path
    if upgrade.problem:
        return [path, "-", upgrade.new, "unknown", "-", "-", "-"]
    changes = [change for hop in upgrade.hops for change in hop.changes]
    requirements = sum(change.kind == REQUIREMENT for change in changes)
    edits = sum(len(file.edits) for hop in upgrade.hops for file in hop.edited.files)
    counts = requirements, len(changes) - requirements, edits
    return [path, upgrade.old, upgrade.new, _breaks(upgrade), *map(str, counts)]


def _breaks(upgrade: Upgrade) -> str:
    """Return the versions that do not start, in a few words."""
    broken = [hop for hop in upgrade.hops if hop.breaks]
    if not broken:
        return "no"
    return ", ".join(f"{hop.new}{' (repaired)' if hop.repaired else ''}" for hop in broken)
