"""The contents of the report page as plain data: artifacts, options, steps, admission and findings."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from compiler.apiserver.startup import Resolved
from compiler.artifacts import health, storage
from compiler.artifacts.resolved import relative, resolved_config
from compiler.artifacts.yamlio import dump
from compiler.cli.explain.describe import default_text, descriptions
from compiler.diagnostics import SEVERITIES
from compiler.review import cis
from compiler.review.policies import TITLES
from compiler.upstream.catalog.facts import FlagSpec, section_of
from compiler.upstream.flag_values import TYPES

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved


_JOINED = ("colonSeparatedMultimapStringString", "pattern=N,...", "moduleSpec")
"""Types whose entries, names with values, are written as one string with commas."""


def groups(resolved: Resolved, texts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the option groups in the server's order; `descriptions` says what each option does."""
    return [
        {"name": section_of(name), "options": [_option(resolved, spec, texts) for spec in specs.values()]}
        for name, specs in resolved.context.catalog.groups.items()
    ]


def _option(resolved: Resolved, spec: FlagSpec, texts: dict[str, Any]) -> dict[str, Any]:
    """Return one option. `source` is where it is set, `default`, or `the server` if that computes it at startup."""
    flags, name = resolved.context.flags, spec.name
    given = flags.changed(name)
    kind = TYPES[spec.type]
    as_default = flags.value(name) == kind.default(spec.default)
    source = "default" if as_default else "the server"
    at = flags.location(name)
    if given:
        document = resolved.context.input.start.file
        source = f"{relative(at.file, document)}:{at.line}" if at and at.file else "given"
    return {
        "flag": name,
        "key": spec.key,
        "does": texts.get(name, {}).get("does", ""),
        "deprecated": spec.deprecated,
        "values": values_of(resolved, spec),
        "default": default_text(spec),
        "source": source,
        "given": given,
        "as_default": as_default,
        "changed": given or not as_default,
    }


def values_of(resolved: Resolved, spec: FlagSpec) -> list[str]:
    """Return the effective value: the elements of a list, the entries of a map, else one string; empty if unset."""
    flags = resolved.context.flags
    if spec.name in flags.refused:
        # Known only when the server runs: shown as written.
        return [argument.text for argument in flags.arguments[spec.name]]
    value = flags.value(spec.name)
    if value is None or value in ("", (), {}):
        return []
    if isinstance(value, dict):
        return [f"{key}={_text(entry)}" for key, entry in value.items()]
    if type(value) is tuple and not any(isinstance(item, tuple) for item in value):
        return [str(item) for item in value]
    texts = TYPES[spec.type].format(value)
    return [entry for text in texts for entry in text.split(",")] if spec.type in _JOINED else texts


def _text(entry: object) -> str:
    if isinstance(entry, list | tuple):
        return ":".join(map(str, entry))
    return str(entry).lower() if isinstance(entry, bool) else str(entry)


_STAGES = (
    "Set the registry and the log",
    "Complete the options",
    "Validate the options",
    "Build the generic config",
    "Create the configs of the three servers",
    "Create the chain of servers and run it",
)
_LONGEST = 90
"""Maximum length of a value that is shown on one line."""
_OF_THE_POLICY = "KASC-CIS-"


def contents(resolved: Resolved) -> dict[str, Any]:
    """Return the variables of templates/report.html.j2."""
    context = resolved.context
    given = context.input
    texts = descriptions()
    page: dict[str, Any] = {
        "name": given.name,
        "kubernetes": context.catalog.version,
        "read_as": given.read_as,
        "layers": [relative(layer, given.start.file) for layer in given.layers],
        "groups": groups(resolved, texts["options"]),
        "stages": stages(resolved),
        "storage": storage.manifest(resolved),
        "health": health.definitions(resolved),
        "admission": admission(resolved, texts["plugins"]),
        "findings": findings(resolved),
        "cis": cis.verdicts(resolved),
        "cis_title": TITLES["cis"],
        "authorizers": resolved.config.authorization.authorizers,
    }
    page["server_sets"] = server_sets(page["storage"])
    return page | counts(page)


def counts(page: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of the summary."""
    every = [option for group in page["groups"] for option in group["options"]]
    return {
        "severities": {name: sum(one["severity"] == name for one in page["findings"]) for name in SEVERITIES},
        "verdicts": Counter(one.status for one in page["cis"].controls),
        "options": len(every),
        "given": sum(option["given"] for option in every),
        "changed": sum(option["changed"] for option in every),
        "encrypted_count": sum(
            bool(row["encryption"] and row["encryption"]["write"]) for row in page["storage"]["resources"]
        ),
    }


def stages(resolved: Resolved) -> list[dict[str, Any]]:
    """Return the start-up in order: for each step what it set, the value, and the flags that it is computed from."""
    artifact = resolved_config(resolved)
    values = resolved.config.settings()
    by_step: dict[str, list[dict[str, Any]]] = {}
    for path, origin in artifact["provenance"].items():
        row = {"path": path, "from": origin["from"], **value_cell(values[path])}
        by_step.setdefault(origin["step"], []).append(row)
    return [
        {"title": title, "steps": [{"name": name, "sets": by_step.get(name, [])} for name in names]}
        for title, names in zip(_STAGES, resolved.config.stages.values(), strict=True)
    ]


def value_cell(value: Any) -> dict[str, Any]:
    """Return a value as one `line`; if it is too long, as a `block` of `size` entries."""
    line = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        line = ", ".join(value)
    if len(line) <= _LONGEST or not isinstance(value, list | dict):
        return {"line": line, "block": None}
    return {"line": "", "block": dump(value).rstrip("\n"), "size": len(value)}


def admission(resolved: Resolved, texts: dict[str, str]) -> list[dict[str, Any]]:
    """Return all plugins of this version in the order of the chain; `place` is None if the plugin is disabled."""
    catalog = resolved.context.catalog
    chain = resolved.options.admission.chain()
    phases = catalog.behaviour("admissionPhases")
    return [
        {
            "name": name,
            "place": chain.index(name) + 1 if name in chain else None,
            "by_default": not plugin.default_off,
            "phases": [phase for phase, names in phases.items() if name in names],
            "does": texts.get(name, ""),
        }
        for name, plugin in catalog.plugins.items()
    ]


def findings(resolved: Resolved) -> list[dict[str, Any]]:
    """Return every diagnostic, by severity, then by position. Those of the policy have a separate table."""
    context = resolved.context
    document = context.input.start.file
    rows = []
    for one in context.report.sorted():
        if one.code.startswith(_OF_THE_POLICY):
            continue
        at = one.location
        place = f"{relative(at.file, document)}:{at.line}:{at.column}" if at and at.file else ""
        about = {"code": one.code, "severity": one.severity, "message": one.message, "hint": one.hint}
        rows.append({**about, "place": place, "path": one.path, "source": one.source})
    return sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))


def server_sets(manifest: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Return the distinct sets of etcd servers with their names: the default set, then those of the overrides."""
    common = tuple(manifest["transport"]["servers"])
    named = {common: "common"}
    for row in (*manifest["resources"], *manifest["customObjects"]["exceptions"], *manifest["otherKeys"]):
        servers = tuple(row.get("servers", common))
        named.setdefault(servers, f"override {len(named)}")
    return named
