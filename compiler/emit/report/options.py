"""Every option of a server with its value, its default, and where the value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.catalog import FlagSpec, section_of
from compiler.emit.resolved import relative
from compiler.explaining.facts import default_text
from compiler.flags.values import TYPES

if TYPE_CHECKING:
    from compiler.pipeline import Resolved


_JOINED = ("colonSeparatedMultimapStringString", "pattern=N,...", "moduleSpec")
"""Types whose entries, names with a value each, come as one text with commas."""


def groups(resolved: Resolved, told: dict[str, Any]) -> list[dict[str, Any]]:
    """The option groups in the server's order; `told` says what each option does."""
    return [
        {"name": section_of(name), "options": [_option(resolved, spec, told) for spec in specs.values()]}
        for name, specs in resolved.options.catalog.groups.items()
    ]


def _option(resolved: Resolved, spec: FlagSpec, told: dict[str, Any]) -> dict[str, Any]:
    """One option. `source` is where it was given, `default`, or `the server` where that reckons it at its start."""
    flags, name = resolved.options.flags, spec.name
    given = flags.changed(name)
    kind = TYPES[spec.type]
    as_default = flags.value(name) == kind.default(spec.default)
    source = "default" if as_default else "the server"
    at = flags.location(name)
    if given:
        document = resolved.options.input.start.file
        source = f"{relative(at.file, document)}:{at.line}" if at and at.file else "given"
    return {
        "flag": name,
        "key": spec.key,
        "does": told.get(name, {}).get("does", ""),
        "deprecated": spec.deprecated,
        "values": values_of(resolved, spec),
        "default": default_text(spec),
        "source": source,
        "given": given,
        "as_default": as_default,
        "changed": given or not as_default,
    }


def values_of(resolved: Resolved, spec: FlagSpec) -> list[str]:
    """The effective value: the elements of a list, the entries of a map, else one text; nothing where it is empty."""
    flags = resolved.options.flags
    if spec.name in flags.refused:
        # Known only when the server runs: what is written stands for it.
        return [argument.text for argument in flags.arguments[spec.name]]
    value = flags.value(spec.name)
    if value is None or value in ("", (), {}):
        return []
    if isinstance(value, dict):
        return [f"{key}={_text(entry)}" for key, entry in value.items()]
    if type(value) is tuple and not any(isinstance(item, tuple) for item in value):
        return [str(item) for item in value]
    texts = TYPES[spec.type].format(value)
    return [entry for text in texts for entry in text.split(",")] if spec.type in _JOINED else texts


def _text(entry: object) -> str:
    if isinstance(entry, list | tuple):
        return ":".join(map(str, entry))
    return str(entry).lower() if isinstance(entry, bool) else str(entry)
