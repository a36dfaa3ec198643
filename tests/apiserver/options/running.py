"""A server from flags, for tests of single options."""

from __future__ import annotations

from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import Location, Report
from compiler.inputs import Host, ServerInput
from compiler.inputs.arguments import Word, split_arguments
from compiler.upstream.catalog import catalog

NEEDED = {
    "--etcd-servers": "http://127.0.0.1:2379",
    "--service-account-issuer": "https://kubernetes.default.svc",
    "--service-account-signing-key-file": "/pki/sa.key",
    "--service-account-key-file": "/pki/sa.pub",
    "--service-cluster-ip-range": "10.0.0.0/24",
    "--authorization-mode": "Node,RBAC",
}


def server(
    *flags: str, version: str = "1.36", address: str = "192.0.2.2", drop: tuple[str, ...] = (), host: Host | None = None
) -> tuple[Resolved, Report]:
    """The flags on top of what every server needs, less the needed ones that are given or dropped.

    `host` says where files are to be found; without it, they are unknown.
    """
    given = {flag.split("=")[0] for flag in flags} | set(drop)
    base = [f"{name}={value}" for name, value in NEEDED.items() if name not in given]
    known = catalog(version)
    words = [
        Word(flag, Location("flags", number, 1, number, 1 + len(flag)))
        for number, flag in enumerate(base + list(flags), 1)
    ]
    arguments, problems = split_arguments(
        words, lambda name: known.flags[name].type if name in known.flags else None, known.shorthands
    )
    report = Report("flags")
    report.extend(problems)
    start = Location("flags", 1, 1, 1, 2)
    return resolve(known, ServerInput("argv", "test", start, arguments), host or Host(address), report), report


def rules(*flags: str, version: str = "1.36", address: str = "192.0.2.2", drop: tuple[str, ...] = ()) -> set[str]:
    """Ids of the broken rules."""
    _, report = server(*flags, version=version, address=address, drop=drop)
    return {found.rule or found.code for found in report.of("error")}


def config(*flags: str, version: str = "1.36") -> dict[str, object]:
    """The resolved values of a server that is accepted."""
    resolved, report = server(*flags, version=version)
    assert list(report.of("error")) == []
    return resolved.config.settings()
