"""What is told of a document, of flags, and of a structured file."""

from __future__ import annotations

from pathlib import Path

from compiler.diagnostics import Diagnostic, Report
from compiler.review.examine import Settings, examine
from compiler.review.risks import find_risks
from tests.apiserver.config_files.running import started
from tests.apiserver.options.running import server

SOUND = (
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--kubelet-client-certificate=/pki/kubelet.crt",
    "--kubelet-client-key=/pki/kubelet.key",
    "--kubelet-certificate-authority=/pki/ca.crt",
)
"""What a server needs, on top of what it starts with, so that nothing is said of it."""
DOCUMENT = """\
apiVersion: kasc/v1
kind: APIServer
kubernetesVersion: "1.36"
metadata: {name: a}
generic: {advertiseAddress: 192.0.2.1}
etcd: {etcdServers: [https://a:1]}
authentication: {serviceAccountIssuer: [https://a], serviceAccountKeyFile: [/pki/sa.pub]}
authorization: {authorizationMode: [RBAC]}
misc: {serviceAccountSigningKeyFile: /pki/sa.key, serviceClusterIPRange: 10.0.0.0/24}
"""
"""A document of which nothing is said."""


def of_flags(*flags: str, version: str = "1.36", drop: tuple[str, ...] = ()) -> list[str]:
    """What is told of flags on top of those of a sound server, each as `RISK-11 Node,RBAC`: the rule, and the text of
    the place; only the rule where nothing is there.
    """
    given = {flag.split("=")[0] for flag in flags} | set(drop)
    base = [flag for flag in SOUND if flag.split("=")[0] not in given]
    resolved, report = server(*base, *flags, version=version, drop=drop)
    assert list(report.of("error")) == []
    find_risks(resolved, report)
    texts = [argument for uses in resolved.context.flags.arguments.values() for argument in uses]
    lines = {use.location.line: use for use in texts if use.location is not None}
    told = []
    for found in risks(report):
        where = found.location
        assert where is not None
        use = lines.get(where.line)
        whole = f"--{use.flag}={use.text}" if use is not None and found.flag == use.flag else ""
        told.append(f"{rule_of(found)} {whole[where.column - 1 : where.end_column - 1]}".strip())
    return told


def of_file(folder: Path, flag: str, text: str, *flags: str, version: str = "1.36") -> list[str]:
    """What is told of a structured file that a flag names, each as `RISK-23 resources[0] 5:7`."""
    drop = ("--authorization-mode",) if flag == "authorization-config" else ()
    given = {each.split("=")[0] for each in flags} | set(drop)
    base = [each for each in SOUND if each.split("=")[0] not in given]
    resolved, report = started(
        folder, {"f.yaml": text}, *base, f"--{flag}=/f/f.yaml", *flags, version=version, drop=drop
    )
    assert list(report.of("error")) == []
    find_risks(resolved, report)
    return [placed(found) for found in risks(report)]


def of_document(folder: Path, text: str, **others: str) -> list[str]:
    """What is told of a document, each as `RISK-01 authentication.serviceAccountIssuer[0] 5:7`."""
    path = folder / "a.yaml"
    path.write_text(text)
    for name, content in others.items():
        (folder / f"{name}.yaml").write_text(content)
    report = examine(str(path), Settings()).report
    return [placed(found) for found in risks(report)]


def risks(report: Report) -> list[Diagnostic]:
    """The findings that are risks, none of which is ever an error."""
    found = [each for each in report.diagnostics if each.code.startswith("KASC-RISK-")]
    assert all(each.severity in ("warning", "note") and each.rule is None and each.hint for each in found)
    return found


def rule_of(found: Diagnostic) -> str:
    """`RISK-11` for KASC-RISK-011."""
    return f"RISK-{int(found.code[-3:]):02}"


def placed(found: Diagnostic) -> str:
    where = found.location
    assert where is not None
    return f"{rule_of(found)} {found.path} {where.line}:{where.column}"
