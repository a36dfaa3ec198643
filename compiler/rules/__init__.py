"""The rules: everything that a diagnostic can be about.

A rule is one row of `data/FAMILY.yaml`. Its short facts are constants here (`rules.NO_ETCD_SERVERS`), generated into
`table.py` by `python -m tools.generate.rules`; its long texts are loaded by `texts.py`.
"""

from functools import cache

from compiler.rules.rule import Rule as Rule
from compiler.rules.table import *  # noqa: F403 - the constants


@cache
def by_code() -> dict[str, Rule]:
    """Return every rule by its code, in the order of families and codes."""
    return {value.code: value for value in globals().values() if isinstance(value, Rule)}


@cache
def by_id() -> dict[str, Rule]:
    """Return every rule by its id."""
    return {rule.id: rule for rule in by_code().values()}
