"""What is told of a rule beside its findings, for reports that carry a text for each rule."""

from __future__ import annotations

from typing import NamedTuple

from compiler.rules import by_code

HOME = "https://github.com/kasc/kasc"
CODES_PAGE = f"{HOME}/blob/main/docs/codes.md"


class Help(NamedTuple):
    """`summary` is a sentence, `text` and `markdown` are the whole."""

    summary: str
    text: str
    markdown: str


def help_of(code: str) -> Help:
    """What there is to tell of a code."""
    from compiler.rules.texts import entry_of

    rule = by_code()[code]
    does = entry_of(rule).does
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
