"""Values of a flag between an old and a new one: both, with the old or the new one first.

Lists are joined, a file of certificates consists of the old and the new one, and the providers of encryption
configurations are combined for each resource. Which of these a flag needs follows from its type.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.changes.bundles import certificates
from compiler.changes.effects import place_of
from compiler.changes.flags import effective, is_known
from compiler.changes.rollout import providers
from compiler.changes.rollout.configuration import UNSET, Value
from compiler.changes.rollout.recipes import NEW, NEW_FIRST, SET
from compiler.inputs import InlineFile
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import node_of
from compiler.upstream.catalog.facts import STRUCTURED
from compiler.upstream.flag_values import TYPES

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_LISTS = ("stringSlice", "stringArray")
_ENCRYPTION = "EncryptionConfiguration"
_LISTS_IN_FILES = {
    "AuthenticationConfiguration": ("jwt", ("issuer", "url")),
    "AuthorizationConfiguration": ("authorizers", ("name",)),
}
"""Kind of a file -> its list, and the path of what an element has to itself."""


class Side(NamedTuple):
    """A server, and the value that it has for a flag."""

    server: Resolved
    value: Value

    def path(self, flag: str) -> str:
        """Return the path that the flag names."""
        return self.server.context.flags.text(flag)


def between(way: str, flag: str, old: Side, new: Side) -> Value | None:
    """Return the value of a flag in a stage before the last; None if it cannot be known."""
    if way == NEW or (way == SET and new.value != UNSET):
        return new.value
    if way == SET:
        return old.value
    spec = new.server.context.catalog.flags.get(flag)
    if spec is None or not all(is_known(side.server, flag) for side in (old, new)):
        return None
    first, second = (new, old) if way == NEW_FIRST else (old, new)
    if spec.type in _LISTS:
        return _list(flag, spec.type, first, second)
    kind = STRUCTURED.get(flag)
    if kind == _ENCRYPTION:
        return _encryption(flag, first, second, new.path(flag) or old.path(flag))
    if kind in _LISTS_IN_FILES:
        return _file(flag, *_LISTS_IN_FILES[kind], first, second, new.path(flag))
    return _bundle(flag, first, second)


def _list(flag: str, kind: str, first: Side, second: Side) -> Value | None:
    """Return a list with the elements of both; None if one is empty, or a default that has another meaning."""
    lists = [list(effective(side.server, flag) or ()) for side in (first, second)]
    if not all(lists) or not (place_of(flag) or (first.value.uses and second.value.uses)):
        return None
    both = list(dict.fromkeys((*lists[0], *lists[1])))
    for side, elements in zip((first, second), lists, strict=True):
        if elements == both and side.value != UNSET:
            return side.value
    return Value(tuple(Argument(flag, text) for text in TYPES[kind].format(tuple(both))))


def _bundle(flag: str, first: Side, second: Side) -> Value | None:
    """Return a file with the certificates of both, which is one of the two if that has all of them.

    None if one of them is not set.
    """
    paths = first.path(flag), second.path(flag)
    if not all(paths):
        return None
    known = [certificates(side.server, path) for side, path in zip((first, second), paths, strict=True)]
    if all(known) and known[0] <= known[1]:
        return second.value
    if all(known) and known[1] <= known[0]:
        return first.value
    return _joined(flag, first, second)


def _file(flag: str, field: str, name: tuple[str, ...], first: Side, second: Side, path: str) -> Value | None:
    """Return a structured file with the list of the first and what only the second has; None if one is unknown."""
    contents: list[Any] = [
        side.value.files[0].content.plain() if side.value.files else None for side in (first, second)
    ]
    lists = [content.get(field) if isinstance(content, dict) else None for content in contents]
    own, other = ([*elements] if isinstance(elements, list) else None for elements in lists)
    if own is None or other is None:
        return None
    names = [_at(element, name) for element in own]
    added = [element for element in other if _at(element, name) not in names]
    if not added:
        return first.value
    content = {**contents[0], field: [*own, *added]}
    return Value((Argument(flag, path),), (InlineFile(flag, path, node_of(content), False),))


def _at(value: Any, path: tuple[str, ...]) -> Any:
    """Return what is at a path of keys; None if there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _joined(flag: str, first: Side, second: Side) -> Value:
    """Return a file that consists of those of both, in the directory of the first that is set."""
    paths = first.path(flag), second.path(flag)
    stems = [posixpath.splitext(posixpath.basename(path))[0] or "none" for path in paths]
    given = paths[0] or paths[1]
    name = f"{stems[0]}-and-{stems[1]}{posixpath.splitext(given)[1]}"
    path = posixpath.join(posixpath.dirname(given), name)
    return Value((Argument(flag, path),), parts={path: paths})


def _encryption(flag: str, first: Side, second: Side, path: str) -> Value:
    """Return a configuration that writes as the first and reads as both."""
    contents = [providers.content_of(side.server) for side in (first, second)]
    if any(side.path(flag) and content is None for side, content in zip((first, second), contents, strict=True)):
        return _joined(flag, first, second)
    both = providers.combined(contents[0] or {}, contents[1] or {})
    for side, content in zip((first, second), contents, strict=True):
        if content is not None and content == both:
            return side.value
    return Value((Argument(flag, path),), (InlineFile(flag, path, node_of(both), False),))
