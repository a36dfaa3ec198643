"""What there is to tell of each rule: what the server does and why, an example that breaks the rule, and its mend.

The texts lie in `rules/FAMILY.yaml`, one file for all rules whose ids begin alike; only the file that is asked for is
read.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

DATA = os.path.join(os.path.dirname(__file__), "rules")


class Example(NamedTuple):
    """An input, and what it is tried with.

    `form` is `part` for a part of a document, which stands for a minimal one with this part merged into it, `flags`
    for some flags on top of minimal ones, and `file` for a whole file. `files` are those that the input names, by
    their paths: absolute ones lie on the server, others beside the input. A content in angle brackets only says what
    the file holds. `etcd` has keys, each with the form of its value.
    """

    text: str
    form: str
    files: dict[str, str]
    etcd: dict[str, str]


class Entry(NamedTuple):
    """What is told of one rule.

    `command` is how kasc is run to see it. `since` and `until` are the first and the last version of Kubernetes that
    have the rule, empty where there is no such bound. `needs` says why there is no example that can be tried, where
    that is so.
    """

    does: str
    fails: Example
    mends: Example
    command: str
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
    """What is told of the rules of a family. Raises OSError where there is no such family."""
    import yaml

    with open(os.path.join(DATA, f"{name}.yaml"), encoding="utf-8") as file:
        loaded = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return Family(loaded["family"], {rule: _entry(told) for rule, told in loaded["rules"].items()})


def entry_of(rule: str) -> Entry:
    """What is told of a rule. Raises OSError or KeyError where nothing is."""
    return load_family(family_of(rule)).entries[rule]


def _entry(told: dict[str, Any]) -> Entry:
    unknown = set(told) - {"does", "fails", "mends", "command", "from", "until", "needs", "files", "etcd", "form"}
    if unknown:
        raise ValueError(f"no part of an entry: {', '.join(sorted(unknown))}")
    return Entry(
        " ".join(told["does"].split()),
        _example(told, "fails"),
        _example(told, "mends"),
        told.get("command", "check"),
        told.get("from", ""),
        told.get("until", ""),
        " ".join(told.get("needs", "").split()),
    )


def _example(told: dict[str, Any], part: str) -> Example:
    """What stands beside both examples holds for each; an example's own files are added, or stand in their place."""
    own = told[part] if isinstance(told[part], dict) else {"input": told[part]}
    text = own["input"] if "input" in own else told["fails"]["input"]
    return Example(
        text,
        told.get("form") or _form(text),
        {**told.get("files", {}), **own.get("files", {})},
        {**told.get("etcd", {}), **own.get("etcd", {})},
    )


def _form(text: str) -> str:
    if text.startswith("--"):
        return "flags"
    return "file" if re.search("^(apiVersion|kind):", text, re.MULTILINE) else "part"
