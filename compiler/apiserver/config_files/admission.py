"""AdmissionConfiguration: configurations of admission plugins.

Kubernetes: apiserver/pkg/admission/config.go, ReadAdmissionConfiguration.
"""

from __future__ import annotations

import posixpath

from compiler import rules
from compiler.apiserver.config_files import FileRules, decode_config, named_by_field, path_of_content, read_bytes
from compiler.apiserver.config_files.admission_plugins import CHECKS
from compiler.apiserver.context import NamedFile
from compiler.diagnostics import Diagnostic, KascError, diagnose
from compiler.inputs.schema.decoding import root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import Node, Source
from compiler.rules import Rule

KINDS = ("AdmissionConfiguration",)
_RULES = FileRules(
    read=rules.UNREADABLE_ADMISSION_CONFIG, empty=rules.INVALID_ADMISSION_CONFIG, decode=rules.INVALID_ADMISSION_CONFIG
)
_LEGACY = {"imagePolicy": "ImagePolicyWebhook", "podNodeSelectorPluginConfig": "PodNodeSelector"}


def load_admission(named: NamedFile, enabled: tuple[str, ...]) -> None:
    """Report the errors of the file; the configurations of disabled plugins are not read."""
    context = named.context
    inline_file = context.host.inline.get(named.path)
    inline = inline_file is not None and not inline_file.from_source
    findings = Findings(context.report, named.flag, path_of_content(context, inline_file))
    problems = list(inline_file.problems) if inline_file is not None else []
    node = (
        inline_file.content
        if inline_file is not None
        else _parse(named, findings, rules.UNREADABLE_ADMISSION_CONFIG, rules.INVALID_ADMISSION_CONFIG, problems)
    )
    if node is None:
        return
    root = root_field(node, findings)
    if _is_legacy(root):
        _check_legacy(named, root, enabled)
        return
    config = decode_config(context, root, KINDS, _RULES, inline, problems)
    if config is None:
        return
    entries: dict[str, Field] = {}
    for plugin in root["plugins"].items():
        entries.setdefault(plugin["name"].text, plugin)
    for name in enabled:
        if name in entries:
            _check_plugin(named, name, entries[name])
        elif name in CHECKS:
            CHECKS[name](named, None)


def check_unconfigured(named: NamedFile, enabled: tuple[str, ...]) -> None:
    """Report enabled plugins that require a configuration and have none."""
    for name in enabled:
        if name in CHECKS:
            CHECKS[name](named, None)


def _is_legacy(root: Field) -> bool:
    """Return whether a file without a kind has one of the two formats that predate the versioned one."""
    untyped = not root["kind"].text or not root["apiVersion"].text
    return untyped and any(root[key].node is not None for key in _LEGACY)


def _check_legacy(named: NamedFile, root: Field, enabled: tuple[str, ...]) -> None:
    for name in enabled:
        if name in CHECKS:
            CHECKS[name](named, root if name in _LEGACY.values() else None)


def _check_plugin(named: NamedFile, name: str, plugin: Field) -> None:
    """Check the configuration of an enabled plugin; an inline one takes precedence over the file."""
    check, configuration, path = CHECKS.get(name), plugin["configuration"], plugin["path"]
    if configuration.is_set or not path.text:
        if check is not None:
            check(named, configuration if configuration.is_set else None)
        return
    full = posixpath.join(posixpath.dirname(named.path) or "/", path.text)
    file = named_by_field(named.context, path, full)
    findings = Findings(named.context.report, named.flag)
    # The file of a plugin without a configuration is read anyway.
    if check is None:
        read_bytes(file, rules.UNREADABLE_PLUGIN_CONFIGURATION)
        return
    inline_file = named.context.host.inline.get(full)
    problems = list(inline_file.problems) if inline_file is not None else []
    node = (
        inline_file.content
        if inline_file is not None
        else _parse(file, findings, rules.UNREADABLE_PLUGIN_CONFIGURATION, rules.INVALID_ADMISSION_CONFIG, problems)
    )
    if node is not None:
        root = root_field(node, findings)
        for problem in problems:
            named.context.report.add(
                diagnose(rules.INVALID_ADMISSION_CONFIG, problem.message, problem.hint, location=problem.location)
            )
        check(named._replace(path=full), root)


def _parse(named: NamedFile, findings: Findings, read: Rule, decode: Rule, problems: list[Diagnostic]) -> Node | None:
    data = read_bytes(named, read)
    if data is None:
        return None
    try:
        source = Source(named.context.host.local(named.path) or named.path, data.decode(errors="replace"))
        return parse_as_server(source, problems)
    except KascError as error:
        problem = error.diagnostic
        findings.report.add(diagnose(decode, problem.message, problem.hint, flag=named.flag, location=problem.location))
        return None
