"""The rules: everything that a diagnostic can be about.

A rule is one row of `data/FAMILY.yaml`. Its short facts are constants here (`rules.NO_ETCD_SERVERS`), generated into
`table.py` by `python -m tools.generate.rules`; its long texts are loaded by `texts.py`.
"""

from functools import cache
from typing import NamedTuple


class Rule(NamedTuple):
    """What every diagnostic of a rule has in common.

    `id` is the short name that Kubernetes' own checks are known by here, and `code` its public form (`ETCD-03`,
    `KASC-ETCD-003`). `severity` is error, warning or note. `stage` says when the rule is enforced, one of
    `texts.STAGES`. `source` names the Kubernetes file and
    function, or says why kasc has the rule. `of_server` is False for the rules of kasc.
    """

    code: str
    id: str
    title: str
    severity: str
    stage: str
    source: str
    of_server: bool

    @property
    def family(self) -> str:
        """The family of the rule, which is the first word of its id: `ETCD`."""
        return self.id.partition("-")[0]


@cache
def by_code() -> dict[str, Rule]:
    """Return every rule by its code, in the order of families and codes."""
    return {value.code: value for value in globals().values() if isinstance(value, Rule)}


@cache
def by_id() -> dict[str, Rule]:
    """Return every rule by its id."""
    return {rule.id: rule for rule in by_code().values()}


from compiler.rules.table import *  # noqa: E402, F403 - the constants need the class
