"""What is told of a rule in lines of text, and in parts for those who lay it out otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.rules import Rule
from compiler.rules.texts import Entry, Example, entry_of

_WIDTH = 96


def rule_lines(rule: Rule) -> list[str]:
    """Everything about one rule. as `kasc explain` prints it."""
    from textwrap import indent, wrap

    entry = entry_of(rule)
    lines = [f"{rule.code}: {rule.title}", f"  {', '.join(facts_of(rule, entry))}"]
    lines += indent("\n".join(wrap(entry.does, _WIDTH)), "  ").split("\n")
    for title, example in (("fails", entry.fails), ("mended", entry.fix)):
        heading = f"  {title}"
        for label, text in parts_of(example):
            label = label.replace("`", "")
            lines.append(f"{heading}{f', {label}' if label else ''}:" if heading else f"  {label}:")
            lines += [f"    {line}" if line else "" for line in text.rstrip("\n").split("\n")]
            heading = ""
    return [*lines, f"  {reason_of(rule)}"]


def facts_of(rule: Rule, entry: Entry) -> list[str]:
    """Severity, whose rule it is, and the versions that have it where not all do."""
    whose = f"rule {rule.id} of kube-apiserver" if rule.of_server else "a rule of kasc's own"
    return [rule.severity, whose, *_versions(entry)]


def _versions(entry: Entry) -> Iterator[str]:
    if entry.since == entry.until != "":
        yield f"in {entry.since}"
    elif entry.since and entry.until:
        yield f"in {entry.since} to {entry.until}"
    elif entry.since:
        yield f"from {entry.since} on"
    elif entry.until:
        yield f"up to {entry.until}"


def reason_of(rule: Rule) -> str:
    """Where Kubernetes enforces the rule, or why kasc does."""
    return f"{'enforced by' if rule.of_server else 'because'} {rule.source}"


def parts_of(example: Example) -> Iterator[tuple[str, str]]:
    """The texts of an example, each with a label; the input comes first, its label is empty unless it says how."""
    how = [f"in {example.encoding}"] if example.encoding != "utf-8" else []
    how += [f"with `kasc {example.command}`"] if example.command != "check" else []
    yield ", ".join(how), example.text
    for path, content in example.files.items():
        where = "on the server" if path.startswith("/") else "beside it"
        yield f"`{path}` {where}", _words(content) or "(an empty folder)" if path.endswith("/") else _file(content)
    if example.etcd:
        yield "keys in etcd", "\n".join(f"{key}: {_words(value) or value}" for key, value in example.etcd.items())
    if example.server:
        yield "on the server", "\n".join(f"{what}: {told}" for what, told in example.server.items())


def _file(content: str) -> str:
    return _words(content) or content or "(empty)"


def _words(text: str) -> str:
    """What a text in angle brackets says, in round ones."""
    inner = text.strip()
    return f"({inner[1:-1]})" if inner.startswith("<") and inner.endswith(">") else ""
