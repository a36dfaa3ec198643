"""The policies that --policy and `.kasc.toml` name."""

from __future__ import annotations

from compiler.cli.arguments import UsageError
from compiler.review.policies import Policy, ShippedPolicy, editions
from compiler.rules.rule import SHIPPED
from compiler.text import did_you_mean, shown


def policies_of(words: list[str]) -> tuple[Policy, ...]:
    """Return the policies that some words name, each once. Raises UsageError for an unknown one."""
    return tuple(dict.fromkeys(map(_shipped, words)))


def _shipped(word: str) -> ShippedPolicy:
    name, at, edition = word.partition("@")
    if name not in SHIPPED:
        hint = did_you_mean(name, SHIPPED) or f"use {' or '.join(SHIPPED)}"
        raise UsageError(f"unknown policy {shown(word)}: {hint}")
    if at and edition not in editions(name):
        raise UsageError(
            f"unknown edition in {shown(word)}: use {', '.join(f'{name}@{each}' for each in editions(name))}"
        )
    return ShippedPolicy(name, edition)
