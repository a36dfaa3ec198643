"""Changes: what another configuration does to a running cluster.

`diff` compares two resolved servers. A comparer of each kind of change explains what differs in the meaning of the
configuration, and names the flags whose difference it explains; `flags` reports the other flags by the rows of
data/consequences.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.changes import (
    admission,
    apf,
    apis,
    authentication,
    authorization,
    bundles,
    encryption,
    equivalents,
    flags,
    gates,
    health,
    issuer,
    storage,
    version,
)
from compiler.changes.change import Change, Comparison, in_order

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

_COMPARERS = (
    *(version, storage, encryption, issuer, authentication, bundles, authorization, equivalents),
    *(admission, apis, gates, health, apf),
)
"""Each has `compare(old, new)`, and EXPLAINS, the flags whose difference it explains."""
_EXPLAINED = frozenset[str]().union(*(comparer.EXPLAINS for comparer in _COMPARERS))


def diff(old: Resolved, new: Resolved) -> Comparison:
    """Return the changes from one server to another, most severe first; none between equal servers."""
    refused = flags.refused(old, new)
    changes: list[Change] = []
    for comparer in _COMPARERS:
        changes += (change for change in comparer.compare(old, new) if change.name not in refused)
    changes += flags.compare(old, new, _EXPLAINED, refused)
    return Comparison(old, new, in_order(changes))
