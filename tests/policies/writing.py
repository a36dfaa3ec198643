"""Policies and servers for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from compiler.diagnostics import Diagnostic, Report
from compiler.inputs import Host
from compiler.policies.judging import OwnPolicies, OwnPolicy
from compiler.policies.reading import read_policy
from compiler.review.examine import Settings, examine
from compiler.rules.rule import ControlResult

TODAY = "2026-06-15"
FLAGS = (
    "--etcd-servers=https://192.0.2.9:2379 --service-account-issuer=https://a.example "
    "--service-account-key-file=/s.pub --service-account-signing-key-file=/s.key "
    "--service-cluster-ip-range=10.0.0.0/24 --authorization-mode=Node,RBAC"
)


def rule(**members: Any) -> dict[str, Any]:
    """A rule with what every rule needs."""
    head = {"id": "ACME-A-1", "title": "The title", "level": "enforce", "reason": "The reason.", "remediation": "do it"}
    return head | members


def at(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The members of a rule with a schema at a path: `config.etcd.servers[]` is about each server."""
    part, _, inner = path.partition(".")
    return {
        part.removesuffix("[]"): _below(inner, schema) if not part.endswith("[]") else {"items": _below(inner, schema)}
    }


def _below(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    if not path:
        return schema
    name, _, inner = path.partition(".")
    below = _below(inner, schema)
    return {"properties": {name.removesuffix("[]"): {"items": below} if name.endswith("[]") else below}}


def policy_file(folder: Path, *rules: dict[str, Any], **members: Any) -> Path:
    """Write a policy with some rules."""
    content = {"apiVersion": "kasc/v1", "kind": "Policy", "metadata": {"name": "own"}, "rules": list(rules)} | members
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def policy(folder: Path, *rules: dict[str, Any], today: str = TODAY, **members: Any) -> OwnPolicies:
    """A policy with some rules, on a day."""
    return OwnPolicies((OwnPolicy(read_policy(str(policy_file(folder, *rules, **members))), today),))


def judged(
    folder: Path,
    own: OwnPolicies,
    text: str = FLAGS,
    version: str = "1.36",
    kind: str = "flags",
    host: Host | None = None,
) -> Report:
    """The report about a server."""
    path = folder / ("server.yaml" if kind == "document" else "server")
    path.write_text(text)
    return examine(str(path), Settings(kind, version, host or Host("192.0.2.2"), (own,))).report


def only(report: Report) -> ControlResult:
    """The result of the only rule."""
    (result,) = report.policies
    (control,) = result.controls
    return control


def status(folder: Path, schema: dict[str, Any], flags: str = "", version: str = "1.36") -> str:
    """The result of a rule for flags on top of those that every server needs."""
    return only(judged(folder, policy(folder, rule(**schema)), f"{FLAGS} {flags}", version)).status


def own_findings(report: Report) -> list[Diagnostic]:
    """The findings of policies."""
    return [each for each in report.diagnostics if each.code.startswith(("ACME-", "KASC-POLICY-"))]
