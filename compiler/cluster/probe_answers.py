"""Responses of health endpoints, parsed and compared with the definitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.health.checks import ENDPOINTS, HealthChecks

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.probe_asking import Seen


_MOST_CHECKS = 500
_LONGEST_REASON = 1000
_LONGEST_LINE = 1024
"""Characters of a line; a longer one is not the line of a check."""


class Check(NamedTuple):
    """One line of a list."""

    name: str
    passes: bool


class Checks(NamedTuple):
    """The list that `?verbose` gives; `complete` where its last line is there."""

    checks: list[Check]
    complete: bool


def parse(body: str, endpoint: str) -> Checks | None:
    """The checks of an answer; None where it is no list of checks.

    Kubernetes: apiserver/pkg/server/healthz/healthz.go, handleRootHealth.
    """
    lines = body.rstrip("\n").split("\n")
    complete = lines[-1] in (f"{endpoint} check passed", f"{endpoint} check failed")
    checks = []
    for line in lines[:-1] if complete else lines:
        check = _check_of(line) if len(line) <= _LONGEST_LINE else None
        if check is not None:
            checks.append(check)
        elif line.startswith("warn: "):
            continue
        elif complete or line is not lines[-1]:
            return None
    if not checks or len(checks) > _MOST_CHECKS:
        return None
    return Checks(checks, complete)


def _check_of(line: str) -> Check | None:
    """The check of a line; None if it is the line of none. What ends a line is searched for once: a name may be odd."""
    sign, rest = line[:3], line[3:]
    name, failed, _ = rest.partition(" failed: ")
    if not failed:
        if not rest.endswith(" ok"):
            return None
        name, excluded, _ = rest.partition(" excluded") if rest.endswith(": ok") else (rest, "", "")
        name = name if excluded else rest.removesuffix(" ok")
    return Check(name, sign == "[+]") if name and sign in ("[+]", "[-]") else None


def reason_of(body: str) -> str:
    """Why a single check fails, in the server's words. Kubernetes: adaptCheckToHandler."""
    return body.strip().removeprefix("internal server error: ").partition("\n")[0][:_LONGEST_REASON]


def user_of(body: str, hide: Callable[[str], str] = str) -> str:
    """Whom the server took the client for, in an answer of 403; empty if it does not say.

    `hide` masks secrets in what is decoded.
    """
    import json

    try:
        status = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = status.get("message") if isinstance(status, dict) else None
    found = re.search(r'User "([^"]*)"', hide(message)) if isinstance(message, str) else None
    return found[1] if found else ""


def version_of(body: str) -> tuple[str, str, str] | None:
    """gitVersion, minor version and emulated minor version (else the same) of an answer to /version.

    None where it is no such answer. Kubernetes: apimachinery/pkg/version/types.go, Info.
    """
    import json

    try:
        info = json.loads(body)
        git, major, minor = info["gitVersion"], info["major"], info["minor"]
        emulated = f"{info.get('emulationMajor') or major}.{info.get('emulationMinor') or minor}"
        texts = str(git), f"{major}.{minor}", emulated
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # Distributions write the minor version with a plus.
    named, running, emulates = (text.removesuffix("+") for text in texts)
    good = re.fullmatch(r"v[0-9]{1,4}\.[0-9]{1,4}\.[-+.0-9A-Za-z]{1,100}", named)
    minors = all(re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", minor) for minor in (running, emulates))
    return (named, running, emulates) if good and minors else None


class Differences(NamedTuple):
    """Names of checks with the endpoints in which they are missing or unexpected, and endpoints in another order.

    `version` says which other version runs; empty where it is the declared one, or none was told.
    """

    missing: dict[str, list[str]]
    unexpected: dict[str, list[str]]
    reordered: list[str]
    version: str

    def __bool__(self) -> bool:
        return any(self[:])


def compare(seen: Seen, resolved: Resolved) -> Differences:
    """Hold every list that could be asked against its definition."""
    health = resolved.health
    found = Differences({}, {}, [], _other_version(seen, resolved))
    for endpoint in ENDPOINTS:
        checks = seen.endpoints[endpoint].checks
        if checks is None:
            continue
        want = [check.name for check in getattr(health, endpoint)]
        have = [check.name for check in checks.checks]
        for name in Counter(want) - Counter(have):
            found.missing.setdefault(name, []).append(endpoint)
        for name in Counter(have) - Counter(want):
            found.unexpected.setdefault(name, []).append(endpoint)
        both = set(want) & set(have)
        if _ordered(want, both, health) != _ordered(have, both, health):
            found.reordered.append(endpoint)
    return found


def _other_version(seen: Seen, resolved: Resolved) -> str:
    if seen.version is None:
        return ""
    name, running, emulates = seen.version
    declared, emulated = resolved.context.catalog.version, f"1.{resolved.context.emulated}"
    if running != declared:
        return f"runs Kubernetes {name}, not {declared}"
    return f"emulates Kubernetes {emulates}, not {emulated}" if emulates != emulated else ""


def _ordered(names: list[str], among: set[str], health: HealthChecks) -> list[str]:
    """The names that both lists have, each once; those that may stand in any order among themselves are one."""
    same = {name: group[0] for group in health.any_order for name in group}
    return [same.get(name, name) for name in dict.fromkeys(names) if name in among]
