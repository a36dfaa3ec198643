"""What there is to tell of each rule: what the server does and why, an example that breaks the rule, and its mend.

The texts lie in `rules/FAMILY.yaml`, one file for all rules whose ids begin alike; only the file that is asked for is
read.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

DATA = os.path.join(os.path.dirname(__file__), "rules")
_KEYS = frozenset(("does", "fails", "mends", "form", "command", "files", "etcd", "from", "until", "needs"))
_EXAMPLE_KEYS = frozenset(("input", "encoding", "command", "files", "etcd", "server"))


class Example(NamedTuple):
    """An input, and what it is tried with.

    `form` is `part` for a part of a document, which is laid over a minimal one, `flags` for some flags on top of
    minimal ones, `file` for a whole file, and `command` for a command line instead of an input. It is written in
    `encoding`. `files` are those that the input names, by
    their paths: absolute ones lie on the server, others beside the input; a path that ends in a slash is an empty
    folder. `etcd` has keys of an etcd with their values, `server` what a running server tells otherwise than declared:
    checks with their state, a list with its order, its version. A content or value in angle brackets only says what it
    is. `command` is how kasc is run on the input.
    """

    text: str
    form: str
    encoding: str
    command: str
    files: dict[str, str]
    etcd: dict[str, str]
    server: dict[str, str]


class Entry(NamedTuple):
    """What is told of one rule.

    `since` and `until` are the first and the last version of Kubernetes that have the rule, empty where there is no
    such bound. `needs` says why the examples cannot be tried, empty where they can.
    """

    does: str
    fails: Example
    mends: Example
    since: str
    until: str
    needs: str


class Family(NamedTuple):
    """The rules whose ids begin alike."""

    title: str
    entries: dict[str, Entry]


def family_of(rule: str) -> str:
    """The family that a rule belongs to.

    >>> family_of("VER-CLOUD-1")
    'VER'
    """
    return rule.partition("-")[0]


def families() -> list[str]:
    """The names of all families that something is told of."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(DATA))


def load_family(name: str) -> Family:
    """What is told of the rules of a family. Raises OSError where there is no such family, ValueError for bad data."""
    import yaml

    with open(os.path.join(DATA, f"{name}.yaml"), encoding="utf-8") as file:
        loaded = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return Family(loaded["family"], {rule: _entry(told) for rule, told in loaded["rules"].items()})


def entry_of(rule: str) -> Entry:
    """What is told of a rule. Raises OSError or KeyError where nothing is."""
    return load_family(family_of(rule)).entries[rule]


def _entry(told: dict[str, Any]) -> Entry:
    _refuse_others(told, _KEYS)
    return Entry(
        " ".join(told["does"].split()),
        _example(told, "fails"),
        _example(told, "mends"),
        told.get("from", ""),
        told.get("until", ""),
        told.get("needs", ""),
    )


def _example(told: dict[str, Any], part: str) -> Example:
    """What stands beside both examples holds for each of them."""
    own = told[part] if isinstance(told[part], dict) else {"input": told[part]}
    _refuse_others(own, _EXAMPLE_KEYS)
    return Example(
        own["input"],
        told.get("form") or _form(own["input"]),
        own.get("encoding", "utf-8"),
        own.get("command") or told.get("command", "check"),
        own.get("files") or told.get("files", {}),
        own.get("etcd", {}),
        own.get("server", {}),
    )


def _refuse_others(told: dict[str, Any], known: frozenset[str]) -> None:
    others = sorted(set(told) - known)
    if others:
        raise ValueError(f"unknown: {', '.join(others)}")


def _form(text: str) -> str:
    if text.startswith("--"):
        return "flags"
    return "file" if re.search("^(apiVersion|kind):", text, re.MULTILINE) else "part"
