"""The responses of health endpoints, which are not trusted."""

from __future__ import annotations

from typing import NamedTuple

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
