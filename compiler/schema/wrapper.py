"""A mapping around keys that belong to the top level of a document, for example `spec`, as other objects have one."""

from __future__ import annotations

from compiler.schema.apply import load_schema
from compiler.source.node import Node


def top_level_keys(version: str) -> list[str]:
    """The keys of a document, in the order of its schema."""
    return list(load_schema(version, "apiserver.schema.json")["properties"])


def wrapped_keys(child: Node, version: str) -> list[str]:
    """The keys of a mapping that belong to the top level of a document."""
    value = child.value
    return [key for key in top_level_keys(version) if key in value] if isinstance(value, dict) else []


def unwrapped(root: Node, version: str) -> Node | None:
    """The document with the keys of its wrappers at the top level; None if it has no wrapper.

    A key that is at the top level already wins.
    """
    value = root.value if isinstance(root.value, dict) else {}
    known = set(top_level_keys(version))
    wrappers = [key for key, child in value.items() if key not in known and wrapped_keys(child, version)]
    if not wrappers:
        return None
    children, spans = {key: child for key, child in value.items() if key not in wrappers}, dict(root.keys or {})
    for wrapper in wrappers:
        inner = value[wrapper]
        for key, child in inner.value.items() if isinstance(inner.value, dict) else ():
            if key not in children:
                children[key] = child
                spans[key] = (inner.keys or {}).get(key, child.span)
    return Node(children, root.source, root.span, root.text, spans)
