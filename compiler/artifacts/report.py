"""The artifact `report`: one HTML page for people, without network access."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from compiler import __version__
from compiler.apiserver.startup import Resolved
from compiler.artifacts import health, storage
from compiler.artifacts.resolved import relative, resolved_config
from compiler.artifacts.yamlio import dump
from compiler.diagnostics import SEVERITIES, Report
from compiler.review.policies import ShippedPolicy
from compiler.rules.rule import STATUSES, PolicyResult, is_of_policy
from compiler.text.redaction import hide_credentials
from compiler.upstream.catalog.facts import FlagSpec, descriptions, section_of
from compiler.upstream.flag_values import TYPES

_JOINED = ("colonSeparatedMultimapStringString", "pattern=N,...", "moduleSpec")
"""Types whose entries, names with values, are formatted as one string with commas."""


def groups(resolved: Resolved, described: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the option groups in the server's order; `described` has the descriptions of the options."""
    return [
        {"name": section_of(name), "options": [_option(resolved, spec, described) for spec in specs.values()]}
        for name, specs in resolved.context.catalog.groups.items()
    ]


def _option(resolved: Resolved, spec: FlagSpec, described: dict[str, Any]) -> dict[str, Any]:
    """Return one option. `source` is its position, `default`, or `the server` if the server computes it at start-up."""
    flags, name = resolved.context.flags, spec.name
    is_set = flags.changed(name)
    kind = TYPES[spec.type]
    as_default = flags.value(name) == kind.default(spec.default)
    source = "default" if as_default else "the server"
    at = flags.location(name)
    if is_set:
        document = resolved.context.input.start.file
        position = f"{relative(at.file, document)}:{at.line}" if at and at.file else "input"
        source = flags.arguments[name][-1].described(position)
    return {
        "flag": name,
        "key": spec.key,
        "does": described.get(name, {}).get("does", ""),
        "deprecated": spec.deprecated,
        "values": values_of(resolved, spec),
        "default": spec.default_text,
        "source": source,
        "is_set": is_set,
        "as_default": as_default,
        "changed": is_set or not as_default,
    }


def values_of(resolved: Resolved, spec: FlagSpec) -> list[str]:
    """Return the effective value: the elements of a list, the entries of a map, else one string; nothing if empty."""
    flags = resolved.context.flags
    if spec.name in flags.refused:
        # Known only at run time: show what the input has.
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
    "Set the feature gates and logging",
    "Complete the options",
    "Validate the options",
    "Build the generic config",
    "Create the configs of the three servers",
    "Create the server chain and run it",
)
_MAX_LINE = 90
"""Characters of a value up to which it is shown in one line."""


def contents(resolved: Resolved, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the variables of templates/report.html.j2; `changes` are those of the section about an older server."""
    context = resolved.context
    given = context.input
    described = descriptions()
    result: dict[str, Any] = {
        "name": given.name,
        "kubernetes": context.catalog.version,
        "read_as": given.read_as,
        "layers": [relative(layer, given.start.file) for layer in given.layers],
        "groups": groups(resolved, described["options"]),
        "stages": stages(resolved),
        "storage": storage.manifest(resolved),
        "health": health.definitions(resolved),
        "admission": admission(resolved, described["plugins"]),
        "findings": findings(resolved),
        "policies": [_policy(result) for result in context.report.policies or [_benchmark(resolved)]],
        "authorizers": resolved.config.authorization.authorizers,
        "changes": changes,
    }
    result["server_sets"] = server_sets(result["storage"])
    return result | counts(result)


def _benchmark(resolved: Resolved) -> PolicyResult:
    """Return the results of the CIS benchmark, for a page without a selected policy."""
    return ShippedPolicy("cis").result(resolved, Report())


def _policy(result: PolicyResult) -> dict[str, Any]:
    """Return a policy with its controls, and the number of each status."""
    return {
        "title": result.title,
        "version": result.version,
        "note": result.note,
        "controls": result.controls,
        "counts": {status: result.count(status) for status in STATUSES},
    }


def counts(page: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the summary."""
    every = [option for group in page["groups"] for option in group["options"]]
    return {
        "severities": {name: sum(each["severity"] == name for each in page["findings"]) for name in SEVERITIES},
        "options": len(every),
        "set": sum(option["is_set"] for option in every),
        "changed": sum(option["changed"] for option in every),
        "encrypted_count": sum(
            bool(row["encryption"] and row["encryption"]["write"]) for row in page["storage"]["resources"]
        ),
    }


def stages(resolved: Resolved) -> list[dict[str, Any]]:
    """Return the start-up in order: for each step the settings that it makes, their values, and the flags used."""
    config = resolved_config(resolved)
    values = resolved.config.settings()
    by_step: dict[str, list[dict[str, Any]]] = {}
    for path, origin in config["provenance"].items():
        row = {"path": path, "from": origin["from"], **value_cell(values[path])}
        by_step.setdefault(origin["step"], []).append(row)
    return [
        {"title": title, "steps": [{"name": name, "sets": by_step.get(name, [])} for name in names]}
        for title, names in zip(_STAGES, resolved.config.stages.values(), strict=True)
    ]


def value_cell(value: Any) -> dict[str, Any]:
    """Return a value as one `line`; if it is too long, as `block` with `size` entries."""
    line = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        line = ", ".join(value)
    if len(line) <= _MAX_LINE or not isinstance(value, list | dict):
        return {"line": line, "block": None}
    return {"line": "", "block": dump(value).rstrip("\n"), "size": len(value)}


def admission(resolved: Resolved, described: dict[str, str]) -> list[dict[str, Any]]:
    """Return all plugins of this version in the order of the chain; `place` is None if a plugin is disabled."""
    catalog = resolved.context.catalog
    chain = resolved.options.admission.chain
    phases = catalog.behaviour("admissionPhases")
    return [
        {
            "name": name,
            "place": chain.index(name) + 1 if name in chain else None,
            "by_default": not plugin.default_off,
            "phases": [phase for phase, names in phases.items() if name in names],
            "does": described.get(name, ""),
        }
        for name, plugin in catalog.plugins.items()
    ]


def findings(resolved: Resolved) -> list[dict[str, Any]]:
    """Return the findings by severity and position, without those of policies, which have separate tables."""
    context = resolved.context
    document = context.input.start.file
    rows = []
    for each in context.report.sorted():
        if is_of_policy(each.code):
            continue
        at = each.location
        position = f"{relative(at.file, document)}:{at.line}:{at.column}" if at and at.file else ""
        row = {"code": each.code, "severity": each.severity, "message": each.message, "hint": each.hint}
        rows.append({**row, "place": position, "path": each.path, "source": each.source})
    return sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))


def server_sets(manifest: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Return the distinct sets of etcd servers with their names: the common one, then those of the overrides."""
    common = tuple(manifest["transport"]["servers"])
    names = {common: "common"}
    for row in (*manifest["resources"], *manifest["customObjects"]["exceptions"], *manifest["otherKeys"]):
        servers = tuple(row.get("servers", common))
        names.setdefault(servers, f"override {len(names)}")
    return names


_DIRECTORY = os.path.join(os.path.dirname(__file__), "templates")


def render(resolved: Resolved, changes: dict[str, Any] | None = None) -> str:
    """Return the page. It depends only on the server, on the `changes` to it, and on kasc's version."""
    environment = Environment(
        loader=FileSystemLoader(_DIRECTORY),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"lines": lines, "breakable": breakable, "element_id": element_id, "tuple": tuple}
    style, script = _read("report.css"), _read("report.js")
    page = environment.get_template("report.html.j2").render(
        contents(resolved, changes),
        style=Markup(style),
        script=Markup(script),
        policy=Markup(content_security_policy(style, script)),
        version=__version__,
    )
    return f"{page}\n"


def content_security_policy(style: str, script: str) -> str:
    """Return the content security policy: browsers may apply this style and run this script, nothing else."""
    sources = {"default-src": "'none'", "style-src": _hash(style), "script-src": _hash(script)}
    sources |= {"base-uri": "'none'", "form-action": "'none'"}
    return "; ".join(f"{directive} {source}" for directive, source in sources.items())


def text(value: Any) -> Any:
    """Return a value for the page: one line, all characters visible, no credentials in URLs.

    Markup is unchanged; None becomes the empty string.
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    value = hide_credentials(value)
    if value.isprintable():
        return value
    return "".join(character if character.isprintable() else _escaped(character) for character in value)


def lines(value: str) -> Markup:
    """Return several lines, each escaped."""
    return Markup("\n").join(escape(text(line)) for line in value.split("\n"))


def breakable(value: str) -> Markup:
    """Return a path or a dotted name that may wrap between its parts."""
    return Markup(re.sub("([/:.])(?=[^/:.])", r"\1<wbr>", str(escape(text(value)))))


def element_id(value: str) -> str:
    """Return a name as the id of an element, with other characters replaced by dashes."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", value)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _hash(source: str) -> str:
    import base64
    import hashlib

    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    with open(os.path.join(_DIRECTORY, name), encoding="utf-8", newline="\n") as file:
        return file.read()
