"""Responses of health endpoints, parsed and compared with the definitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from compiler.apiserver.health.checks import ENDPOINTS, HealthChecks

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved
    from compiler.cluster.probe_asking import ProbeResult


_MAX_CHECKS = 500
_MAX_REASON = 1000
_MAX_LINE = 1024
"""Characters of a line; a longer one is not the line of a check."""


class Check(NamedTuple):
    """One line of the verbose output."""

    name: str
    passes: bool


class Checks(NamedTuple):
    """The checks of the verbose output; `complete` if its last line was received."""

    checks: list[Check]
    complete: bool


def parse(body: str, endpoint: str) -> Checks | None:
    """Return the checks in the verbose output of an endpoint; None if the body is not a list of checks.

    Kubernetes: apiserver/pkg/server/healthz/healthz.go, handleRootHealth.
    """
    lines = body.rstrip("\n").split("\n")
    complete = lines[-1] in (f"{endpoint} check passed", f"{endpoint} check failed")
    checks = []
    for line in lines[:-1] if complete else lines:
        check = _check_of(line) if len(line) <= _MAX_LINE else None
        if check is not None:
            checks.append(check)
        elif line.startswith("warn: "):
            continue
        elif complete or line is not lines[-1]:
            return None
    if not checks or len(checks) > _MAX_CHECKS:
        return None
    return Checks(checks, complete)


def _check_of(line: str) -> Check | None:
    """Return the check of a line, None if it has none. The line is parsed from its end: names may contain anything."""
    sign, rest = line[:3], line[3:]
    name, failed, _ = rest.partition(" failed: ")
    if not failed:
        if not rest.endswith(" ok"):
            return None
        name, excluded, _ = rest.partition(" excluded") if rest.endswith(": ok") else (rest, "", "")
        name = name if excluded else rest.removesuffix(" ok")
    return Check(name, sign == "[+]") if name and sign in ("[+]", "[-]") else None


def reason_of(body: str) -> str:
    """Return the reason that the server reports for a failing check. Kubernetes: adaptCheckToHandler."""
    return body.strip().removeprefix("internal server error: ").partition("\n")[0][:_MAX_REASON]


def user_of(body: str, hide: Callable[[str], str] = str) -> str:
    """Return the user name in a 403 response; empty if there is none.

    `hide` masks secrets in decoded strings.
    """
    import json

    try:
        status = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    message = status.get("message") if isinstance(status, dict) else None
    match = re.search(r'User "([^"]*)"', hide(message)) if isinstance(message, str) else None
    return match[1] if match else ""


def version_of(body: str) -> tuple[str, str, str] | None:
    """Return gitVersion, minor version and emulated minor version (default: the same) in a /version response.

    None if it is not valid. Kubernetes: apimachinery/pkg/version/types.go, Info.
    """
    import json

    try:
        info = json.loads(body)
        git, major, minor = info["gitVersion"], info["major"], info["minor"]
        emulated = f"{info.get('emulationMajor') or major}.{info.get('emulationMinor') or minor}"
        texts = str(git), f"{major}.{minor}", emulated
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # Distributions append a plus to the minor version.
    git, minor, emulated = (text.removesuffix("+") for text in texts)
    is_valid = re.fullmatch(r"v[0-9]{1,4}\.[0-9]{1,4}\.[-+.0-9A-Za-z]{1,100}", git)
    are_valid = all(re.fullmatch(r"[0-9]{1,4}\.[0-9]{1,4}", each) for each in (minor, emulated))
    return (git, minor, emulated) if is_valid and are_valid else None


class Differences(NamedTuple):
    """Names of missing and unexpected checks with their endpoints, and endpoints with a different order of checks.

    `version` describes the running version if it is not the declared one, else it is empty.
    """

    missing: dict[str, list[str]]
    unexpected: dict[str, list[str]]
    reordered: list[str]
    version: str

    def __bool__(self) -> bool:
        return any(self[:])


def compare(result: ProbeResult, resolved: Resolved) -> Differences:
    """Compare the checks of every endpoint with their definition, if they were received."""
    health = resolved.health
    differences = Differences({}, {}, [], _other_version(result, resolved))
    for endpoint in ENDPOINTS:
        checks = result.endpoints[endpoint].checks
        if checks is None:
            continue
        declared = [check.name for check in getattr(health, endpoint)]
        actual = [check.name for check in checks.checks]
        for name in Counter(declared) - Counter(actual):
            differences.missing.setdefault(name, []).append(endpoint)
        for name in Counter(actual) - Counter(declared):
            differences.unexpected.setdefault(name, []).append(endpoint)
        common = set(declared) & set(actual)
        if _ordered(declared, common, health) != _ordered(actual, common, health):
            differences.reordered.append(endpoint)
    return differences


def _other_version(result: ProbeResult, resolved: Resolved) -> str:
    if result.version is None:
        return ""
    name, running, emulates = result.version
    declared, emulated = resolved.context.catalog.version, f"1.{resolved.context.emulated}"
    if running != declared:
        return f"runs Kubernetes {name}, not {declared}"
    return f"emulates Kubernetes {emulates}, not {emulated}" if emulates != emulated else ""


def _ordered(names: list[str], among: set[str], health: HealthChecks) -> list[str]:
    """Return the common names, each once; checks in an arbitrary order among themselves have the same name."""
    same = {name: group[0] for group in health.any_order for name in group}
    return [same.get(name, name) for name in dict.fromkeys(names) if name in among]
