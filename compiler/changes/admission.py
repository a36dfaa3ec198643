"""The chain of admission plugins: which are enabled, by whatever flags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler.changes.change import BEHAVIOUR, Change
from compiler.changes.effects import Consequence, consequence_of_plugin
from compiler.changes.flags import is_known

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

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
        if is_enabled == (name in before):
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
            old.context.flags.location(_flag_of(old, name)),
            new.context.flags.location(_flag_of(new, name)),
            consequence.recipe,
        )


def _flag_of(server: Resolved, plugin: str) -> str:
    """Return the flag that decides about a plugin; the first one if it is a default."""
    flags = server.context.flags
    return next((flag for flag in (ALL, ON, OFF) if plugin in flags.texts(flag)), ON)
