"""The chain of admission plugins: which are enabled, by whatever flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import BEHAVIOUR, Change
from compiler.changes.effects import Consequence, consequence_of_plugin
from compiler.changes.flags import is_known

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.diagnostics import Location

ON, OFF, ALL = "enable-admission-plugins", "disable-admission-plugins", "admission-control"
EXPLAINS = frozenset((ON, OFF, ALL))
_UNKNOWN = Consequence(BEHAVIOUR, True, "kasc has no data about the consequences of this plugin.")


def compare(old: Resolved, new: Resolved) -> Iterator[Change]:
    """Yield the plugins that one of the servers has enabled, in the order of the chain."""
    before, after = old.config.admission.plugins, new.config.admission.plugins
    if before == after or not all(is_known(server, *EXPLAINS) for server in (old, new)):
        return
    for name in dict.fromkeys((*after, *before)):
        is_enabled = name in after
        if is_enabled == (name in before) or not _is_active(new if is_enabled else old, name):
            continue
        consequence = consequence_of_plugin(name, is_enabled) or _UNKNOWN
        yield Change(
            "admission-plugin",
            name,
            not is_enabled,
            is_enabled,
            consequence.severity,
            consequence.effect,
            consequence.safe_mixed,
            _location(old, name),
            _location(new, name),
            consequence.recipe,
        )


def _is_active(server: Resolved, name: str) -> bool:
    """Return whether an enabled plugin does anything: not if the feature gate of its name is disabled."""
    gates = server.context.gates
    return gates.known(name) is None or gates.on(name)


def _location(server: Resolved, plugin: str) -> Location | None:
    """Return where an input lists a plugin; None if it is enabled or disabled by default."""
    flags = server.context.flags
    for flag in (ALL, ON, OFF):
        listed = flags.texts(flag)
        if plugin in listed:
            return flags.location(flag, listed.index(plugin))
    return None
