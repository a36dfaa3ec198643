"""Descriptions of subjects: meaning, type, default and version history, as lines of text."""

from __future__ import annotations

import json
from typing import Any

from compiler.artifacts import ARTIFACTS
from compiler.artifacts.targets.table import KUSTOMIZATION, KUSTOMIZE, TARGETS
from compiler.cli.explain.observed import api_lines, health_check_lines, metric_lines
from compiler.cli.explain.subjects import Subject, change_codes, rule_lines
from compiler.inputs.schema.bundle import artifact_schema, bundled, fields
from compiler.rules import by_code
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import (
    CHOICES,
    STRUCTURED,
    FlagSpec,
    Gate,
    descriptions,
    key_of,
    section_of,
    span,
    versions,
)
from compiler.upstream.catalog.history import known_in, removed

_MAX_FIELDS = 20
_ON_REQUEST = {
    "report": ("report.html", "An HTML page for people", "reports.md"),
    "monitoring": (
        "prometheus-rules.yaml, prometheus-scrape.yaml, grafana-dashboard.json",
        "Rules and a scrape configuration for Prometheus, and a Grafana dashboard",
        "monitoring.md",
    ),
    **{
        name: (target.file, f"The server in the form of {target.title}", "dialects.md")
        for name, target in TARGETS.items()
    },
    KUSTOMIZE: (KUSTOMIZATION, "The static Pod as a kustomize base", "dialects.md"),
}


def describe(subject: Subject, version: str) -> list[str]:
    """Return the description of a subject: a headline, then lines indented by two spaces."""
    function = {
        "code": _code,
        "change": _change,
        "flag": _flag,
        "group": _group,
        "gate": _gate,
        "plugin": _plugin,
        "resource": _resource,
        "artifact": _artifact,
        "key": _key,
        "field": _field,
        "health-check": health_check_lines,
        "api": api_lines,
        "metric": metric_lines,
    }.get(subject.kind)
    if function is not None:
        return function(subject.name, version)
    name = f"--{subject.name}" if subject.kind == "flags" else subject.name
    return _removed(name, removed(subject.kind, subject.name) or {}, _KINDS[subject.kind])


_KINDS = {
    "flags": "flag",
    "featureGates": "feature gate",
    "admissionPlugins": "admission plugin",
    "apis": "API version",
    "configAPIs": "kind of file",
}


def _code(code: str, version: str) -> list[str]:
    return rule_lines(by_code()[code])


def _change(code: str, version: str) -> list[str]:
    return [
        f"{code}: {change_codes()[code].title}",
        "  reported by kasc diff with --output sarif, github or junit",
        "  severities: data-loss and breaking are errors, plan is a warning, behaviour and cosmetic are notes",
        "  docs/changes.md describes what each change does, and kasc diff OLD NEW its rollout",
    ]


def _flag(flag: str, version: str) -> list[str]:
    having = known_in("flags", flag)
    spec = catalog(version if version in having else having[-1]).flags[flag]
    description = descriptions()["options"].get(flag, {})
    key = key_of(flag)
    lines = [f"--{flag}  ({section_of(spec.group)}.{key})"]
    lines += [f"  {description[part]}" for part in ("does", "wrong") if description.get(part)]
    if description.get("unit"):
        lines.append(f"  unit: {description['unit']}")
    if "example" in description:
        lines.append(f"  example: {key}: {json.dumps(description['example'], ensure_ascii=False)}")
    lines.append(f"  type: {spec.type}")
    if flag in CHOICES:
        lines.append(f"  one of: {', '.join(CHOICES[flag])}")
    if flag in STRUCTURED:
        lines.append(f"  names a file of kind {STRUCTURED[flag]}; a document can contain it inline, as content")
    lines.append(f"  default: {_default_history(flag, having)}")
    if spec.deprecated:
        lines.append("  deprecated")
    lines.append(f"  versions: {span(having)}")
    removal = removed("flags", flag)
    return [*lines, *(f"  {line}" for line in _removal(removal))] if removal else lines


def _default_history(flag: str, having: tuple[str, ...]) -> str:
    defaults: list[tuple[str, FlagSpec]] = []
    for version in having:
        spec = catalog(version).flags[flag]
        if not defaults or defaults[-1][1].default != spec.default:
            defaults.append((version, spec))
    texts = [spec.default_text for _, spec in defaults]
    if len(texts) == 1:
        return texts[0]
    return ", ".join(f"{text} from {version}" for text, (version, _) in zip(texts, defaults, strict=True))


def _removed(name: str, entry: dict[str, Any], kind: str) -> list[str]:
    return [f"{name}: {kind}, not in {span(versions())}", *(f"  {line}" for line in _removal(entry))]


def _removal(entry: dict[str, Any]) -> list[str]:
    lines = []
    if entry.get("neverExisted"):
        lines.append("never existed")
    if entry.get("ga"):
        lines.append(f"stable since {entry['ga']}")
    if entry.get("inertSince"):
        lines.append(f"no effect since {entry['inertSince']}")
    if entry.get("removed"):
        lines.append(f"removed in {entry['removed']}")
    if "lastDefault" in entry:
        lines.append(f"{'enabled' if entry['lastDefault'] else 'disabled'} by default when it was removed")
    if entry.get("replacement"):
        lines.append(f"use {entry['replacement']}")
    return lines


def _group(group: str, version: str) -> list[str]:
    options = descriptions()["options"]
    lines = [f"{section_of(group)}: option group of {version}"]
    for key, spec in catalog(version).groups[group].items():
        lines.append(f"  {key}: {_first_sentence(options.get(spec.name, {}).get('does', ''))}")
    return lines


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].partition("; ")[0].rstrip(".")


def _gate(name: str, version: str) -> list[str]:
    having = known_in("featureGates", name)
    gate = catalog(version if version in having else having[-1]).gates[name]
    lines = [f"{name}: feature gate, in {span(having)}", *(f"  {line}" for line in _steps(gate))]
    if gate.depends_on:
        lines.append(f"  depends on {', '.join(gate.depends_on)}")
    removal = removed("featureGates", name)
    if removal and removal.get("removed"):
        lines.append(f"  removed in {removal['removed']}")
    return lines


def _steps(gate: Gate) -> list[str]:
    lines = []
    for step in gate.history:
        since = f"from 1.{step.minor}" if step.minor else "always"
        state = "enabled" if step.default else "disabled"
        lines.append(f"{since}: {(step.stage or 'GA').lower()}, {state}{', locked' if step.locked else ''}")
    return lines


def _plugin(name: str, version: str) -> list[str]:
    having = known_in("admissionPlugins", name)
    known = catalog(version if version in having else having[-1])
    order = list(known.plugins)
    state = "disabled" if known.plugins[name].default_off else "enabled"
    return [
        f"{name}: admission plugin, in {span(having)}",
        f"  {descriptions()['plugins'].get(name, '')}",
        f"  {state} by default; number {order.index(name) + 1} of {len(order)} in the chain",
    ]


def _resource(word: str, version: str) -> list[str]:
    lines = []
    group, _, name = word.rpartition("/")
    for each in catalog(version).resources.values():
        if word in (each.group_resource, each.resource) or (group == each.group and name == each.resource):
            scope = "namespaced" if each.namespaced else "cluster-scoped"
            lines.append(f"{each.group_resource}: resource of {version}, {each.kind}, {scope}")
            lines.append(f"  served as {', '.join(f'{each.group}/{v}' if each.group else v for v in each.served)}")
            if each.gate:
                lines.append(f"  served only with the feature gate {each.gate}")
            lines.append(f"  {'' if each.stored else 'not '}stored in etcd")
    return lines


def _artifact(name: str, version: str) -> list[str]:
    if name == "files":
        return ["files: artifact, files/...", "  The structured files that flags refer to."]
    if name in _ON_REQUEST:
        files, title, page = _ON_REQUEST[name]
        return [f"{name}: artifact, {files}", f"  {title}, written only if --emit names it: docs/{page}."]
    schema = artifact_schema(name)
    lines = [f"{name}: artifact, number {ARTIFACTS.index(name) + 1} of {len(ARTIFACTS)}", f"  {schema['description']}"]
    return [
        *lines,
        *(f"  {key}: {field.get('description', '')}" for key, field in schema.get("properties", {}).items()),
    ]


def _key(word: str, version: str) -> list[str]:
    return _fields(list(fields(bundled(version), "")), word)


def _field(word: str, version: str) -> list[str]:
    every = [each for name in ARTIFACTS if name != "files" for each in fields(artifact_schema(name), name)]
    return _fields(every, word)


def _fields(every: list[tuple[str, dict[str, Any]]], word: str) -> list[str]:
    """Describe the field with this path by its schema; if several paths end with the word, list their descriptions."""
    matching = [each for each in every if each[0] == word] or [each for each in every if each[0].endswith(f".{word}")]
    if len({path for path, _ in matching}) > 1:
        lines = [f"{path}: {field.get('description', '')}".rstrip(" :") for path, field in matching]
        lines = list(dict.fromkeys(lines))
        more = len(lines) - _MAX_FIELDS
        return [*lines[:_MAX_FIELDS], f"and {more} more: give a longer path"] if more > 0 else lines
    return field_lines(*matching[0])


def field_lines(path: str, field: dict[str, Any]) -> list[str]:
    """Return the description of a field by its schema: a headline, then lines indented by two spaces."""
    lines = [f"{path}: {field.get('description', '')}".rstrip(" :")]
    kinds = field.get("type", ())
    if kinds:
        lines.append(f"  type: {kinds if isinstance(kinds, str) else ' or '.join(kinds)}")
    if "enum" in field:
        lines.append(f"  one of: {', '.join(map(str, field['enum']))}")
    if "default" in field:
        lines.append(f"  default: {json.dumps(field['default'])}")
    inner = field.get("items", field)
    for key, value in inner.get("properties", {}).items():
        lines.append(f"  {key}: {value.get('description', '')}".rstrip(" :"))
    return lines
