"""What differs between two versions of one declaration: what the reports of `kasc diff` are made of."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler import rules
from compiler.changes.change import COSMETIC, Change, Comparison
from compiler.changes.rollout import Rollout
from compiler.changes.rollout.report import as_data, as_markdown, as_text
from compiler.diagnostics import Report
from compiler.review.examine import Examined

_OF_ANOTHER_KIND = frozenset(
    (rules.UNRECOGNIZED_INPUT.code, rules.NO_KUBE_APISERVER_COMMAND.code, rules.UNKNOWN_KIND_OF_CONFIG_FILE.code)
)
CHANGED, NEW, DELETED = "changed", "new", "deleted"
UNDECLARED = "the declaration of the cluster was deleted; its servers keep running without one"
"""What there is to say of a declaration that was deleted."""


class Planned(NamedTuple):
    """A rollout as the reports have it: data, lines of text, Markdown."""

    data: dict[str, Any]
    text: tuple[str, ...]
    markdown: str


class Difference(NamedTuple):
    """The changes of one declaration, most severe first.

    `old` is None if the declaration is new, and `new` if it was deleted. `is_compared` is false if one of the versions
    could not be read: nothing is known about changes then. `rollout` is None if it was not planned. No server is held,
    so that a fleet fits in memory.
    """

    path: str
    old: Report | None
    new: Report | None
    changes: tuple[Change, ...] = ()
    is_compared: bool = False
    rollout: Planned | None = None

    @property
    def status(self) -> str:
        """`changed`, `new` or `deleted`."""
        return NEW if self.old is None else DELETED if self.new is None else CHANGED

    @property
    def differs(self) -> bool:
        """Whether a server that runs with the old version would be changed by the new one, as far as is known."""
        return bool(self.changes) or not self.is_compared

    @property
    def severity(self) -> str:
        """The worst severity; cosmetic if nothing changes."""
        return self.changes[0].severity if self.changes else COSMETIC

    @property
    def safe_mixed(self) -> bool:
        """Whether servers with the two versions may run side by side."""
        return all(change.safe_mixed for change in self.changes)


def difference(
    path: str, old: Examined | None, new: Examined | None, comparison: Comparison | None
) -> Difference | None:
    """Return the difference of two versions, None if neither is a server.

    A version that is not a server, because the file is another one then, counts as missing. `comparison` is that of the
    two versions, None if one of them could not be resolved.
    """
    before, after = (None if each is None or _is_another_file(each) else each.report for each in (old, new))
    if before is None and after is None:
        return None
    if comparison is None:
        return Difference(path, before, after)
    changes = tuple(change._replace(values={}) for change in comparison.changes)
    return Difference(path, before, after, changes, is_compared=True)


def planned(rollout: Rollout, verbose: bool = False) -> Planned:
    """Return a rollout as the reports have it."""
    return Planned(as_data(rollout), tuple(as_text(rollout, verbose)), as_markdown(rollout, 4))


def _is_another_file(examined: Examined) -> bool:
    """Return whether a file does not configure a server, as far as it can be read."""
    report = examined.report
    if examined.resolved is not None:
        return False
    return report.read_as == "config-file" or any(each.code in _OF_ANOTHER_KIND for each in report.diagnostics)
