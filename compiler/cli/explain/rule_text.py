"""A rule as lines of text, and in parts for the pages of docs/codes."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.rules import Rule
from compiler.rules.texts import KASC_STAGES, STAGES, Entry, Example, entry_of

_WIDTH = 96


def rule_lines(rule: Rule) -> list[str]:
    """Return everything about one rule, as `kasc explain` prints it."""
    from textwrap import indent, wrap

    entry = entry_of(rule)
    lines = [f"{rule.code}: {rule.title}", f"  {', '.join(facts_of(rule, entry))}"]
    lines += indent("\n".join(wrap(entry.does, _WIDTH)), "  ").split("\n")
    for title, example in (("fails", entry.fails), ("fixed", entry.fix)):
        heading = f"  {title}"
        for label, text in parts_of(example):
            label = label.replace("`", "")
            lines.append(f"{heading}{f', {label}' if label else ''}:" if heading else f"  {label}:")
            lines += [f"    {line}" if line else "" for line in text.rstrip("\n").split("\n")]
            heading = ""
    return [*lines, f"  {reason_of(rule)}"]


def facts_of(rule: Rule, entry: Entry) -> list[str]:
    """Return the severity, whose rule it is, when it is enforced, and the versions that have it if not all do."""
    if rule.of_server:
        owner, enforced = f"rule {rule.id} of kube-apiserver", "enforced when it"
    else:
        owner = "rule of kasc"
        enforced = "reported when it" if rule.stage in KASC_STAGES else "effective when kube-apiserver"
    return [rule.severity, owner, f"{enforced} {STAGES[rule.stage]}", *_versions(entry)]


def _versions(entry: Entry) -> Iterator[str]:
    if entry.since == entry.until != "":
        yield f"in Kubernetes {entry.since}"
    elif entry.since and entry.until:
        yield f"in Kubernetes {entry.since} to {entry.until}"
    elif entry.since:
        yield f"in Kubernetes {entry.since} and later"
    elif entry.until:
        yield f"in Kubernetes {entry.until} and earlier"


def reason_of(rule: Rule) -> str:
    """Return where Kubernetes enforces the rule, or why kasc does."""
    if rule.of_server:
        return f"enforced by {rule.source}"
    is_place = "/" in rule.source.split()[0] or rule.source.startswith("CIS ")
    return f"{'see' if is_place else 'because'} {rule.source}"


def parts_of(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the label and text of each part of an example; that of the input is empty unless it says how."""
    how = [f"in {example.encoding}"] if example.encoding != "utf-8" else []
    how += [f"with `kasc {example.command}`"] if example.command != "check" else []
    yield ", ".join(how), example.text
    for path, content in example.files.items():
        where = "on the server" if path.startswith("/") else "next to it"
        yield f"`{path}` {where}", _words(content) or "(an empty directory)" if path.endswith("/") else _file(content)
    if example.etcd:
        yield "keys in etcd", "\n".join(f"{key}: {_words(value) or value}" for key, value in example.etcd.items())
    if example.server:
        yield "on the server", "\n".join(f"{what}: {state}" for what, state in example.server.items())


def _file(content: str) -> str:
    return _words(content) or content or "(empty)"


def _words(text: str) -> str:
    """Return a string in angle brackets with parentheses instead; empty for any other."""
    inner = text.strip()
    return f"({inner[1:-1]})" if inner.startswith("<") and inner.endswith(">") else ""
