"""The policies that --policy and `.kasc.toml` name."""

from __future__ import annotations

import os
import re

from compiler.bounds import MAX_FILE, MAX_LISTED
from compiler.cli.arguments import UsageError
from compiler.filesystem import read_file, root_of
from compiler.review.policies import Policy, ShippedPolicy, editions
from compiler.rules.rule import SHIPPED, is_shipped
from compiler.text import did_you_mean, shown

SUFFIXES = (".yaml", ".yml", ".json")
_KIND = r"""^["']?kind["']?[ \t]*:[ \t]*["']?Policy\b|"kind"[ \t]*:[ \t]*"Policy\""""
_VERSION = r"""apiVersion["']?[ \t]*:[ \t]*["']?kasc/v1\b"""


def policies_of(words: list[str]) -> tuple[Policy, ...]:
    """Return the policies that some words name: shipped ones, files, and directories with files; each once.

    Raises UsageError for an unknown policy, and for a file that is not a valid one.
    """
    policies: list[Policy] = []
    paths: list[str] = []
    for word in dict.fromkeys(words):
        if is_shipped(word) or not (os.path.exists(word) or os.sep in word or word.endswith(SUFFIXES)):
            policies.append(_shipped(word))
        else:
            paths += policy_files(word)
    return (*policies, *_own(list(dict.fromkeys(paths))))


def _own(paths: list[str]) -> list[Policy]:
    """Return the policies in some files. Raises UsageError."""
    if not paths:
        return []
    from compiler.policies.judging import OwnPolicies, OwnPolicy, today
    from compiler.policies.reading import InvalidPolicyError, read_policy

    day = today()
    try:
        return [OwnPolicies(tuple(OwnPolicy(read_policy(path), day) for path in paths))]
    except InvalidPolicyError as error:
        first = error.diagnostics[0]
        at = first.location
        where = f"{at.file}:{at.line}:{at.column}: " if at is not None else ""
        others = f" (and {len(error.diagnostics) - 1} more)" if len(error.diagnostics) > 1 else ""
        raise UsageError(f"{where}{first.message}{f': {first.hint}' if first.hint else ''}{others}") from None


def policy_files(path: str) -> list[str]:
    """Return a file, or the files in a directory that are policies by their text, sorted.

    Links out of the work tree, or of the directory outside of one, are not followed. Raises UsageError.
    """
    if not os.path.isdir(path):
        return [path]
    files: list[str] = []
    root = root_of(os.path.join(path, ""), searched=(path,))
    for directory, directories, names in os.walk(path):
        directories[:] = sorted(each for each in directories if not each.startswith("."))
        inside = (os.path.join(directory, each) for each in names if each.endswith(SUFFIXES))
        files += [each for each in inside if not root.refusal(each)]
        if len(files) > MAX_LISTED:
            raise UsageError(f"{path} has more than {MAX_LISTED} files: name a directory with policies only")
    found = [each for each in sorted(files) if _looks_like_policy(each)]
    if not found:
        raise UsageError(f"no policy in {path}: a policy is a file with apiVersion: kasc/v1 and kind: Policy")
    return found


def _looks_like_policy(path: str) -> bool:
    try:
        text = read_file(path, MAX_FILE).decode(errors="replace")
    except OSError:
        return False
    return re.search(_KIND, text, re.MULTILINE) is not None and re.search(_VERSION, text, re.MULTILINE) is not None


def _shipped(word: str) -> ShippedPolicy:
    name, at, edition = word.partition("@")
    if name not in SHIPPED:
        hint = did_you_mean(name, SHIPPED) or f"use {', '.join(SHIPPED)}, or a policy file or directory"
        raise UsageError(f"unknown policy {shown(word)}: {hint}")
    if at and edition not in editions(name):
        raise UsageError(
            f"unknown edition in {shown(word)}: use {', '.join(f'{name}@{each}' for each in editions(name))}"
        )
    return ShippedPolicy(name, edition)
