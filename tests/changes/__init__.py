"""Pairs of servers, given as flags over a common baseline, and what kasc says about the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from compiler.changes.change import Change, Comparison
from compiler.changes.inputs import compare_inputs
from compiler.inputs import Host
from compiler.review.examine import Settings

BASELINE = (
    "--etcd-servers=http://127.0.0.1:2379",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-signing-key-file=/keys/sa.key",
    "--service-account-key-file=/keys/sa.pub",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--authorization-mode=Node,RBAC",
)
VERSION = "1.36"


def compared(
    directory: Path,
    old: Sequence[str],
    new: Sequence[str],
    files: Mapping[str, str] | None = None,
    version: str = VERSION,
) -> Comparison:
    """Compare two servers. `$T` in flags and files is the directory, which has the files.

    The recordings also have `$P`, the directory of their keys, and `$E2`, the port of a second etcd.
    """
    for name, text in (files or {}).items():
        (directory / name).write_text(text.replace("$T", str(directory)))
    host = Host(mappings=((str(directory), str(directory)),))
    paths = [_arguments(directory, name, flags) for name, flags in (("old", old), ("new", new))]
    result = compare_inputs(*paths, Settings("argv", version, host))
    assert result.comparison is not None
    return result.comparison


def _arguments(directory: Path, name: str, flags: Sequence[str]) -> str:
    given = {flag.partition("=")[0] for flag in flags}
    if any(flag.startswith("--authorization-") for flag in flags):
        given.add("--authorization-mode")
    if "--service-account-signing-endpoint" in given:
        given |= {"--service-account-signing-key-file", "--service-account-key-file"}
    lines = [flag for flag in BASELINE if flag.partition("=")[0] not in given]
    lines += [flag.replace("$T", str(directory)).replace("$E2", "23791").replace("$P", "/keys") for flag in flags]
    path = directory / f"{name}.args"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)


def only(comparison: Comparison) -> Change:
    """Return the one change of a comparison."""
    (change,) = comparison.changes
    return change
