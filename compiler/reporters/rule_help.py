"""What is told of a rule beside its findings, for reports that carry a text for each rule."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from compiler.diagnostics import code_of
from compiler.rules import RULES, Rule

HOME = "https://github.com/kasc/kasc"
CODES_PAGE = f"{HOME}/blob/main/docs/codes.md"


class Help(NamedTuple):
    """`summary` is a sentence, `text` and `markdown` are the whole."""

    summary: str
    text: str
    markdown: str


@cache
def table() -> dict[str, Rule]:
    """Code -> rule, for every rule."""
    return {code_of(name): rule for name, rule in RULES.items()}


def help_of(code: str) -> Help:
    """What there is to tell of a code."""
    from compiler.explaining.entries import entry_of

    name = next(name for name in RULES if code_of(name) == code)
    rule, does = RULES[name], entry_of(name).does
    title = f"{rule.title[:1].upper()}{rule.title[1:]}"
    if rule.of_server:
        effect = (
            "kube-apiserver refuses to start." if rule.severity == "error" else "kube-apiserver starts all the same."
        )
        told, marked = f"{effect} In Kubernetes: {rule.source}", f"{effect} In Kubernetes: `{rule.source}`"
    else:
        told = marked = f"A rule of kasc's own: {rule.source}."
    link = f"[{code}]({CODES_PAGE}#{code.lower()})"
    return Help(f"{title}.", f"{title}. {does} {told}", f"**{title}.** {does} {marked}\n\n{link}\n")
