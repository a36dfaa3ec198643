"""What something is in one input: its value, where that came from, the layer, and the steps that touched it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from compiler.apiserver.resolved import Provenance, ResolvedConfig
from compiler.apiserver.startup import Resolved
from compiler.artifacts.yamlio import scalar
from compiler.cli.explain.describe import default_text
from compiler.cli.explain.subjects import Subject
from compiler.diagnostics import Diagnostic, KascError, Location, Report
from compiler.text.redaction import hide
from compiler.upstream.catalog.facts import section_of
from compiler.upstream.flag_kinds import STRUCTURED
from compiler.upstream.flag_values import TYPES

_LONGEST = 100
_MOST = 8


def values(subject: Subject, resolved: Resolved, report: Report) -> list[str]:
    """Lines on a subject in one input."""
    context, options = resolved.context, resolved.options
    name = subject.name
    if subject.kind == "flag":
        return _flag(resolved, name)
    if subject.kind == "group":
        return _group(resolved, name)
    if subject.kind == "code":
        return _findings(report, name)
    if subject.kind == "gate" and context.gates.known(name) is not None:
        return [f"  here: {_state(resolved, name)}", *(f"  {line}" for line in _needs(resolved, name))]
    if subject.kind == "plugin" and name in context.catalog.plugins:
        chain = list(options.admission.chain())
        return (
            [f"  here: number {chain.index(name) + 1} of {len(chain)} in the chain"]
            if name in chain
            else ["  here: not in the chain"]
        )
    if subject.kind == "resource":
        return _stored(resolved, name)
    if subject.kind == "health-check":
        return _checked(resolved, name)
    if subject.kind == "api":
        return _served(resolved, name)
    if subject.kind == "metric":
        return _exported(resolved, name)
    return []


def resolved_value(path: str, resolved: Resolved) -> list[str]:
    """Lines on a path of the resolved config, such as `services.ipRanges`; empty where there is no such path."""
    settings = _settings(resolved.config)
    path = path.removeprefix("resolved.").removeprefix("config.")
    lines = []
    for each, (origin, value) in settings.items():
        if each != path and not each.startswith(f"{path}."):
            continue
        lines.append(f"{each}: {_short(value)}")
        lines.append(f"  set by {origin.step}{f' from {_dashed(origin.flags)}' if origin.flags else ''}")
    return lines


def _settings(config: ResolvedConfig) -> dict[str, tuple[Provenance, Any]]:
    """Dotted path -> what set the value, and the value. Of the enabled gates, each is a subject of its own."""
    values = config.settings()
    return {
        path: (origin, values[path]) for path, origin in config.provenance.items() if path != "featureGates.enabled"
    }


def everything(resolved: Resolved) -> list[str]:
    """One line for every flag that the input gives, in the server's order."""
    flags = resolved.context.flags
    lines = []
    for name in flags.catalog.flags:
        for argument in flags.arguments.get(name, ()):
            at = argument.location
            lines.append(f"--{name}={_safe(argument.text)}{f'  # {_place(at)}' if at else ''}")
    return lines


def _flag(resolved: Resolved, flag: str) -> list[str]:
    context, config = resolved.context, resolved.config
    flags = context.flags
    if not flags.has(flag):
        return [f"  here: not a flag of {context.catalog.version}"]
    spec = flags.catalog.flags[flag]
    given = flags.arguments.get(flag, [])
    lines = [f"  given: {scalar(_safe(argument.text))} at {_place(argument.location)}" for argument in given]
    if not given:
        lines.append(f"  not given: the default is {default_text(spec)}")
    lines += [f"  {line}" for line in _layers(resolved, section_of(spec.group), spec.key)]
    value = flags.value(flag)
    kind = TYPES[spec.type]
    texts = [] if value is None or flag in STRUCTURED or flag in flags.refused else kind.format(value)
    differs = texts != [argument.text for argument in given] if given else value != kind.default(spec.default)
    if texts and differs:
        lines.append(f"  effective: {', '.join(scalar(_safe(text)) for text in texts)}")
    for path, (origin, value) in _settings(config).items():
        if flag in origin.flags:
            lines.append(f"  {origin.step} set {path}: {_short(value)}")
    return lines


def _layers(resolved: Resolved, section: str, key: str) -> Iterator[str]:
    """Which of the documents that extend one another say something of an option, the first to apply first."""
    from compiler.inputs.source import parse_document, read_source

    layers = resolved.context.input.layers
    if len(layers) < 2:
        return
    for number, layer in enumerate(layers, 1):
        try:
            root = parse_document(read_source(layer), [])
        except KascError:
            continue
        group = root.get(section)
        node = group.get(key) if group is not None else None
        if group is not None and node is not None:
            what = "removes it" if node.value is None else "sets it"
            yield f"layer {number} of {len(layers)} {what}: {_place(group.key_location(key))}"


def _group(resolved: Resolved, group: str) -> list[str]:
    flags = resolved.context.flags
    lines = [
        f"    {key}: {scalar(_safe(argument.text))} at {_place(argument.location)}"
        for key, spec in flags.catalog.groups.get(group, {}).items()
        for argument in flags.arguments.get(spec.name, ())
    ]
    return ["  here:", *lines] if lines else ["  here: all as by default"]


def _findings(report: Report, code: str) -> list[str]:
    def line(found: Diagnostic) -> str:
        return f"  here: {_place(found.location)}: {found.message}"

    return [line(found) for found in report.sorted() if found.code == code] or ["  here: not found"]


def _state(resolved: Resolved, name: str) -> str:
    """Whether a gate is on, and why."""
    gates, flags = resolved.context.gates, resolved.context.flags
    step = gates.step(name)
    state = "on" if gates.on(name) else "off"
    if step is None:
        return "unknown to the version that is emulated"
    if name in gates.set_to:
        return f"{state}, set at {_place(flags.location('feature-gates', flags.entry('feature-gates', name)))}"
    return f"{state}, as by default" if gates.on(name) == step.default else f"{state}, like all gates of its stage"


def _needs(resolved: Resolved, name: str) -> Iterator[str]:
    gates = resolved.context.gates
    gate = gates.known(name)
    for need in gate.depends_on if gate else ():
        yield f"needs {need}, which is {'on' if gates.on(need) else 'off'}"


def _stored(resolved: Resolved, word: str) -> list[str]:
    """The rows of the storage manifest about a resource."""
    from compiler.artifacts.storage import manifest

    lines = []
    for row in manifest(resolved)["resources"]:
        names = (row["resource"], f"{row['group']}/{row['resource']}", f"{row['resource']}.{row['group']}")
        if word in names:
            about = f"{row['resource']}.{row['group']}".rstrip(".")
            encryption = row["encryption"]
            write = f"written as {encryption['write']}" if encryption and encryption["write"] else "written as it is"
            lines.append(f"  here: {about} below {row['keyPrefix']} as {row['storageVersion']}, {write}")
            lines.append(f"    in {', '.join(map(_safe, row['servers'][:_MOST]))}")
    return lines or ["  here: not stored"]


def _checked(resolved: Resolved, row: str) -> list[str]:
    """The checks of this server that come from one row of health.json, with what they connect to."""
    from compiler.apiserver.health.checks import ENDPOINTS
    from compiler.apiserver.health.meaning import targets_of

    health = resolved.health
    lines = []
    for check in health.every().values():
        if check.row == row:
            endpoints = [f"/{name}" for name in ENDPOINTS if check in getattr(health, name)]
            lines.append(f"  here: {check.name} in {', '.join(endpoints)}")
            lines += [f"    asks {_safe(target)}" for target in targets_of(check, resolved.storage_factory)[:_MOST]]
    return lines or ["  here: this server does not have it"]


def _served(resolved: Resolved, api: str) -> list[str]:
    """Whether this server serves an API group or version."""
    resources = resolved.resource_config
    group, slash, wanted = api.partition("/")
    known = resolved.context.catalog.api_groups.get(group, ())
    if group == "api":
        return []
    lines = [
        f"  here: {each} is {'enabled' if resources.version_enabled(group, each) else 'disabled'}"
        for each in known
        if not slash or each == wanted
    ]
    return lines or [f"  here: not an API of {resolved.context.catalog.version}"]


def _exported(resolved: Resolved, metric: str) -> list[str]:
    from compiler.artifacts.monitoring.metrics import Exported

    exports = metric in Exported(resolved).labels
    return [f"  here: {'exported' if exports else 'not exported'}"]


def _place(at: Location | None) -> str:
    return f"{at.file}:{at.line}:{at.column}" if at else "the input"


def _dashed(flags: tuple[str, ...]) -> str:
    return ", ".join(f"--{flag}" for flag in flags)


def _safe(text: str) -> str:
    return hide(text)


def _short(value: object) -> str:
    text = _safe(json.dumps(value, ensure_ascii=True))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
