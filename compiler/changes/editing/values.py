"""Values of a tree for a flag's new text, in the form that the tree has now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.artifacts.imported.values import typed_value
from compiler.changes.editing.reading import Reading
from compiler.changes.editing.trees import Path
from compiler.inputs.arguments import Argument
from compiler.upstream.catalog.facts import STRUCTURED

_ASSIGNMENT = re.compile(r"(?s)(?P<head>-{0,2}(?P<name>[A-Za-z0-9_-]+?)(?P<operator>[+-]?)=)(?P<value>.*)")


def assigned(text: str, flag: str) -> tuple[str, str] | None:
    """Return the parts of `name=value` if it is that of a flag: up to the equals sign, and the value; else None."""
    match = _ASSIGNMENT.fullmatch(text)
    if match is None or match["name"].replace("_", "-") != flag:
        return None
    return match["head"], match["value"]


def is_name(text: str, flag: str) -> bool:
    """Return whether a string is the name of a flag, with or without hyphens in front."""
    return text.lstrip("-").replace("_", "-") == flag


def written_values(reading: Reading, path: Path, current: Any, use: Argument, new: str) -> Iterator[Any]:
    """Yield values of the tree for a new text of a use, in the form of the current value at a path; the best first.

    An empty list or mapping means that the use is removed.
    """
    flag, old = use.flag, use.text
    spec = reading.catalog.flags.get(flag)
    is_option = reading.server.read_as == "document" and "extraFlags" not in path
    if flag in STRUCTURED and isinstance(current, dict):
        yield {"path": new, **current, **({"path": new} if "path" in current else {})}
        return
    if is_option and spec is not None and not isinstance(current, str):
        typed = typed_value(reading.catalog, spec, [new])
        if typed is not None:
            yield typed
    items, wanted = reading.items_of(flag, old), reading.items_of(flag, new)
    if isinstance(current, list) and current and all(isinstance(item, dict) and "name" in item for item in current):
        objects = {str(item["name"]): item for item in current}
        yield [objects.get(name, {"name": name}) for name in _patched(reading, flag, list(objects), items, wanted)]
    elif isinstance(current, list):
        texts = [_text(item) for item in current]
        if texts != items:
            yield _patched(reading, flag, texts, items, wanted)
        yield wanted
    elif isinstance(current, dict):
        yield _entries(reading, flag, current, items, wanted)
    else:
        yield from _scalars(reading, current, flag, new, items, wanted)


def _scalars(reading: Reading, current: Any, flag: str, new: str, items: list[str], wanted: list[str]) -> Iterator[Any]:
    if not isinstance(current, str):
        yield from _typed(new, current)
        return
    head, raw = assigned(current, flag) or ("", current)
    if not head and is_name(current, flag):
        yield f"{current}={new}"
        return
    texts = reading.items_of(flag, raw)
    if reading.is_list(flag) and texts != items:
        patched = _patched(reading, flag, texts, items, wanted)
        yield head + reading.joined(flag, patched) if patched else []
    yield head + new
    if head.endswith(("+=", "-=")):
        yield f"{head[:-2]}={new}"


def _typed(text: str, current: Any) -> Iterator[Any]:
    """Yield a text as a scalar, first of the type of the current one."""
    if isinstance(current, bool) and text in ("true", "false"):
        yield text == "true"
    elif isinstance(current, int) and not isinstance(current, bool) and re.fullmatch(r"-?[0-9]{1,18}", text):
        yield int(text)
    elif isinstance(current, float) and re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?", text):
        yield float(text) if "." in text else int(text)
    yield text


def _text(value: Any) -> str:
    """Return a scalar as text of the command line."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _patched(reading: Reading, flag: str, texts: list[str], old: list[str], new: list[str]) -> list[str]:
    """Return items with the same difference as there is between two other lists of items."""
    removed = {reading.key(flag, item) for item in old} - {reading.key(flag, item) for item in new}
    known = set(old)
    added = [item for item in new if item not in known]
    replaced = {reading.key(flag, item): item for item in added}
    kept = [item for item in texts if reading.key(flag, item) not in removed]
    changed = [replaced.pop(reading.key(flag, item), item) for item in kept]
    return [*changed, *replaced.values()]


def _entries(reading: Reading, flag: str, current: dict[str, Any], old: list[str], new: list[str]) -> dict[str, Any]:
    """Return a mapping with the same difference as there is between two lists of items, `key=value`."""
    removed = {reading.key(flag, item) for item in old} - {reading.key(flag, item) for item in new}
    entries = {key: value for key, value in current.items() if reading.key(flag, key) not in removed}
    known = set(old)
    are_booleans = any(isinstance(value, bool) for value in current.values())
    for item in new:
        key, _, text = item.partition("=")
        if item not in known:
            entries[key] = text == "true" if are_booleans and text in ("true", "false") else text
    return entries
