"""Recorded configurations of distributions, each compared with the flags that its kube-apiserver got."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from compiler.artifacts.flags import flag_lines
from compiler.inputs import Host
from compiler.review.examine import Examined, Settings, examine
from tests.recordings import rows

NAMES = {"k3s": "config.yaml", "rke2": "config.yaml", "systemd": "kube-apiserver.service"}
"""Kind -> the name of its file, where the recording gives none."""


class Result(NamedTuple):
    """The outcome for one server: the flags if it is accepted, else the rules and flags of the errors."""

    outcome: str
    flags: tuple[str, ...]


def pairs(*names: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return the recorded pairs of files below recordings/dialects, those whose id has a prefix."""
    found = [row for name in names for row in rows("dialects", f"{name}.jsonl") if row["id"].startswith(prefix)]
    assert found, "no recorded pairs"
    return found


def result(examined: Examined) -> Result:
    report = examined.report
    if report.outcome != "accept" or examined.resolved is None:
        errors = {f"{each.rule} {each.flag}" for each in report.diagnostics if each.severity == "error"}
        return Result(report.outcome, tuple(sorted(errors)))
    return Result("accept", tuple(flag_lines(examined.resolved)))


def given(pair: dict[str, Any], directory: Path) -> tuple[Path, Settings]:
    """Write the files of a pair; return the path of its configuration and how it is read."""
    kind = None if "wrapper" in pair else pair.get("kind", "kubeadm")
    kind = "kubeadm" if kind == "kubeadmcontrolplane" else kind
    facts = pair.get("facts") or {}
    place = pair.get("configPath", NAMES.get(kind or "", "config.yaml")).lstrip("/")
    further = {**(pair.get("extraFiles") or {}), **(facts.get("files") or {})}
    if kind == "systemd":
        place = f"etc/systemd/system/{facts['unitName']}"
        further |= {f"{place}.d/{name}": text for name, text in facts["dropIns"].items()}
    text = pair.get("config") or pair.get("source") or ""
    if pair.get("joinConfig"):
        text += "\n---\n" + pair["joinConfig"]
    for name, content in {place: text, **further}.items():
        path = directory / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    release = str(facts.get(kind or "") or pair.get("kubeadm") or "").removeprefix("v").removeprefix("release-")
    version = version_of(pair)
    in_file = version in text or pair.get("kind") is None
    return directory / place, Settings(
        read_as=kind,
        version=None if in_file else _full_version(pair),
        host=Host(address_of(pair), str(directory) if further else ""),
        release=release if kind and re.match(r"\d", release) else "",
    )


def _full_version(pair: dict[str, Any]) -> str:
    return str(pair.get("kubernetesVersion") or pair.get("kubeadm") or "1.36").removeprefix("v")


def version_of(pair: dict[str, Any]) -> str:
    return ".".join(_full_version(pair).split(".")[:2])


def address_of(pair: dict[str, Any]) -> str:
    node = pair.get("node") or {}
    facts = {**(pair.get("facts") or {}), **(node if isinstance(node, dict) else {"advertiseAddress": node})}
    address = facts.get("advertiseAddress") or facts.get("nodeIP") or facts.get("nodeAddress") or ""
    return address if re.fullmatch(r"[0-9a-f.:]+", address) else ""


def real_flags(pair: dict[str, Any]) -> list[str] | None:
    """Return the arguments that the server got; None if the distribution started none."""
    if "result" in pair:
        return pair["command"][1:] if pair["result"] == "ok" else None
    flags: list[str] | None = pair.get("flags")
    return flags


def predicted_and_real(pair: dict[str, Any], directory: Path) -> tuple[Result, Result]:
    """Return what kasc makes of the configuration, and of the flags that the real server got.

    Where the distribution refuses the configuration, the second is a rejection with the errors of the first.
    """
    path, settings = given(pair, directory)
    predicted = result(examine(str(path), settings))
    flags = real_flags(pair)
    if flags is None:
        return predicted, Result("reject", predicted.flags)
    arguments = directory / "real.args"
    arguments.write_text("".join(f"{flag}\n" for flag in flags))
    real = Settings(read_as="argv", version=version_of(pair), host=Host(address_of(pair)))
    return predicted, result(examine(str(arguments), real))
