"""The long texts of the rules: what the server does and why, an example that breaks the rule, and the fixed example.

They are in `data/FAMILY.yaml`, one file for all rules of a family; only the file that is asked for is read.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from compiler.rules import Rule

DATA = os.path.join(os.path.dirname(__file__), "data")
STAGES = {
    "input": "reads the input",
    "parse": "parses its flags",
    "registry": "sets versions and feature gates",
    "logs": "sets up logging",
    "complete": "completes its options",
    "validate": "validates its options",
    "apply": "applies its options",
    "chain": "creates its server chain",
    "serve": "starts to serve",
    "emit": "writes artifacts",
    "review": "reviews the configuration",
    "live": "compares the configuration with a running cluster",
}
"""When a rule is enforced: what kube-apiserver, or kasc in one of `KASC_STAGES`, does then."""
KASC_STAGES = frozenset(("input", "emit", "review", "live"))
_EXAMPLE_KEYS = frozenset(("input", "encoding", "command", "files", "etcd", "server"))


class Example(NamedTuple):
    """An input, and what it is tried with.

    `form` is `part` for a part of a document, which is laid over a minimal one, `flags` for some flags on top of
    minimal ones, `file` for a whole file, and `command` for a command line instead of an input. It is written in
    `encoding`. `files` are those that the input names, by their paths: absolute ones are on the server, others are next
    to the input; a path that ends in a slash is an empty directory. `etcd` has keys of an etcd with their values,
    `server` what a running server reports otherwise than declared: checks with their state, a list with its order, its
    version. A content or value in angle brackets only says what it is. `command` is how kasc is run on the input.
    """

    text: str
    form: str
    encoding: str
    command: str
    files: dict[str, str]
    etcd: dict[str, str]
    server: dict[str, str]


class Entry(NamedTuple):
    """The long texts of one rule.

    `since` and `until` are the first and the last version of Kubernetes that have the rule, empty if there is no such
    bound. `needs` says why the examples cannot be tried, empty if they can.
    """

    does: str
    fails: Example
    fix: Example
    since: str
    until: str
    needs: str


class Family(NamedTuple):
    """The rules whose ids begin alike, with their texts by code. `section` is where the index lists them."""

    title: str
    section: str
    entries: dict[str, Entry]


def families() -> list[str]:
    """Return the names of all families, sorted."""
    return sorted(name.removesuffix(".yaml") for name in os.listdir(DATA))


def load_rows(name: str) -> dict[str, Any]:
    """Return the data of a family as written. Raises OSError if there is no such family."""
    import yaml

    with open(os.path.join(DATA, f"{name}.yaml"), encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


def load_family(name: str) -> Family:
    """Return the texts of the rules of a family. Raises OSError if there is no such family."""
    loaded = load_rows(name)
    return Family(loaded["title"], loaded["section"], {code: _entry(row) for code, row in loaded["rules"].items()})


def entry_of(rule: Rule) -> Entry:
    """Return the texts of a rule."""
    return load_family(rule.family).entries[rule.code]


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        " ".join(row["does"].split()),
        _example(row, "fails"),
        _example(row, "fix"),
        row.get("from", ""),
        row.get("until", ""),
        row.get("needs", ""),
    )


def _example(row: dict[str, Any], part: str) -> Example:
    """Return one of the two examples of a row; what the row says outside of both holds for each of them."""
    own = row[part] if isinstance(row[part], dict) else {"input": row[part]}
    if unknown := sorted(set(own) - _EXAMPLE_KEYS):
        raise ValueError(f"unknown key of an example: {', '.join(unknown)}")
    return Example(
        own["input"],
        row.get("form") or _form(own["input"]),
        own.get("encoding", "utf-8"),
        own.get("command") or row.get("command", "check"),
        own.get("files") or row.get("files", {}),
        own.get("etcd", {}),
        own.get("server", {}),
    )


def _form(text: str) -> str:
    if text.startswith("--"):
        return "flags"
    return "file" if re.search("^(apiVersion|kind):", text, re.MULTILINE) else "part"
