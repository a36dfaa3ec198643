"""Servers with configuration files."""

from __future__ import annotations

from pathlib import Path

from compiler.apiserver.startup import Resolved
from compiler.diagnostics import Diagnostic, Report
from compiler.inputs import Host
from tests.apiserver.options.running import server

KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: 'https://127.0.0.1:9'}
users:
- name: u
  user: {token: x}
contexts:
- name: x
  context: {cluster: c, user: u}
current-context: x
"""


def started(
    directory: Path, files: dict[str, str | bytes], *flags: str, version: str = "1.36", drop: tuple[str, ...] = ()
) -> tuple[Resolved, Report]:
    """Start a server with flags; the files are below /f on its host, of which nothing else is known."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    host = Host("192.0.2.2", mappings=(("/f", str(directory)),))
    return server(*flags, version=version, drop=drop, host=host)


def placed(diagnostic: Diagnostic) -> str:
    """Return a diagnostic as rule, path and position: `AZC-06 authorizers[0].webhook.timeout 5:14`."""
    where = diagnostic.location
    return (
        f"{diagnostic.rule or diagnostic.code} {diagnostic.path} {where.line}:{where.column}"
        if where
        else str(diagnostic.rule)
    )
