"""Values of subjects in one input: the value, its position, its layer, and the steps that set it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from compiler.apiserver.health import ENDPOINTS
from compiler.apiserver.health.meaning import targets_of
from compiler.apiserver.resolved import Provenance, ResolvedConfig
from compiler.apiserver.startup import Resolved
from compiler.artifacts.storage import manifest
from compiler.artifacts.yamlio import scalar
from compiler.cli.explain.subjects import Subject
from compiler.diagnostics import Diagnostic, Location, Report
from compiler.inputs.arguments import Argument
from compiler.review.dialects import setting_of
from compiler.text.redaction import hide
from compiler.upstream.catalog.facts import STRUCTURED, section_of
from compiler.upstream.flag_values import TYPES

_MAX_LENGTH = 100
_MAX_ITEMS = 8


def values(subject: Subject, resolved: Resolved, report: Report) -> list[str]:
    """Return lines about a subject in one input."""
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
        chain = options.admission.chain
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
    """Return lines about a path of the resolved config, for example `services.ipRanges`; empty if it does not exist."""
    settings = _settings(resolved.config)
    path = path.removeprefix("resolved.").removeprefix("config.")
    lines = []
    for each, (origin, value) in settings.items():
        if each != path and not each.startswith(f"{path}."):
            continue
        lines.append(f"{each}: {_short(value)}")
        lines.append(f"  set by {origin.step}{f' from {_listed(origin.flags)}' if origin.flags else ''}")
    return lines


def _settings(config: ResolvedConfig) -> dict[str, tuple[Provenance, Any]]:
    """Return dotted path -> provenance and value, without the enabled gates, which are separate subjects."""
    values = config.settings()
    return {
        path: (origin, values[path]) for path, origin in config.provenance.items() if path != "featureGates.enabled"
    }


def everything(resolved: Resolved) -> list[str]:
    """Return one line for every flag that the input sets, in the server's order."""
    flags = resolved.context.flags
    return [
        f"--{name}={_safe(argument.text)}{f'  # {_origin(argument)}' if argument.location else ''}"
        for name in flags.catalog.flags
        for argument in flags.arguments.get(name, ())
    ]


def _flag(resolved: Resolved, flag: str) -> list[str]:
    context, config = resolved.context, resolved.config
    flags = context.flags
    if not flags.has(flag):
        return [f"  here: not a flag of {context.catalog.version}"]
    spec = flags.catalog.flags[flag]
    arguments = flags.arguments.get(flag, [])
    lines = [f"  set: {scalar(_safe(argument.text))} {_at(argument)}" for argument in arguments]
    if not arguments:
        lines.append(f"  not set: the default is {spec.default_text}")
    if where := setting_of(flag, context):
        lines.append(f"  {where}")
    lines += [f"  {line}" for line in _layers(resolved, section_of(spec.group), spec.key)]
    value = flags.value(flag)
    kind = TYPES[spec.type]
    texts = [] if value is None or flag in STRUCTURED or flag in flags.refused else kind.format(value)
    differs = texts != [argument.text for argument in arguments] if arguments else value != kind.default(spec.default)
    if texts and differs:
        lines.append(f"  effective: {', '.join(scalar(_safe(text)) for text in texts)}")
    for path, (origin, value) in _settings(config).items():
        if flag in origin.flags:
            lines.append(f"  {origin.step} set {path}: {_short(value)}")
    return lines


def _layers(resolved: Resolved, section: str, key: str) -> Iterator[str]:
    """Yield which layers of a document set or remove an option, in the order in which they apply."""
    layers = resolved.context.input.layer_roots
    if len(layers) < 2:
        return
    for number, root in enumerate(layers, 1):
        group = root.get(section)
        node = group.get(key) if group is not None else None
        if group is not None and node is not None:
            action = "removes it" if node.value is None else "sets it"
            yield f"layer {number} of {len(layers)} {action}: {_position(group.key_location(key))}"


def _group(resolved: Resolved, group: str) -> list[str]:
    flags = resolved.context.flags
    lines = [
        f"    {key}: {scalar(_safe(argument.text))} {_at(argument)}"
        for key, spec in flags.catalog.groups.get(group, {}).items()
        for argument in flags.arguments.get(spec.name, ())
    ]
    return ["  here:", *lines] if lines else ["  here: all defaults"]


def _findings(report: Report, code: str) -> list[str]:
    def line(diagnostic: Diagnostic) -> str:
        return f"  here: {_position(diagnostic.location)}: {diagnostic.message}"

    return [line(each) for each in report.sorted() if each.code == code] or ["  here: not reported"]


def _state(resolved: Resolved, name: str) -> str:
    """Return whether a gate is enabled, and why."""
    gates, flags = resolved.context.gates, resolved.context.flags
    step = gates.step(name)
    state = "enabled" if gates.on(name) else "disabled"
    if step is None:
        return "unknown in the emulated version"
    if name in gates.set_to:
        position = _position(flags.location("feature-gates", flags.entry("feature-gates", name)))
        last = flags.arguments["feature-gates"][-1]
        return f"{state}, {last.described(position) if last.origin else f'set at {position}'}"
    return f"{state} by default" if gates.on(name) == step.default else f"{state}, like all gates of its stage"


def _needs(resolved: Resolved, name: str) -> Iterator[str]:
    gates = resolved.context.gates
    gate = gates.known(name)
    for need in gate.depends_on if gate else ():
        yield f"depends on {need}, which is {'enabled' if gates.on(need) else 'disabled'}"


def _stored(resolved: Resolved, word: str) -> list[str]:
    """Return the rows of the storage manifest about a resource."""
    lines = []
    for row in manifest(resolved)["resources"]:
        names = (row["resource"], f"{row['group']}/{row['resource']}", f"{row['resource']}.{row['group']}")
        if word in names:
            resource = f"{row['resource']}.{row['group']}".rstrip(".")
            encryption = row["encryption"]
            write = f"encrypted by {encryption['write']}" if encryption and encryption["write"] else "unencrypted"
            lines.append(f"  here: {resource} below {row['keyPrefix']} as {row['storageVersion']}, {write}")
            lines.append(f"    in {', '.join(map(_safe, row['servers'][:_MAX_ITEMS]))}")
    return lines or ["  here: not stored"]


def _checked(resolved: Resolved, row: str) -> list[str]:
    """Return the checks of this server for one row of health.json, with their targets."""
    health = resolved.health
    lines = []
    for check in health.every().values():
        if check.row == row:
            endpoints = [f"/{name}" for name in ENDPOINTS if check in getattr(health, name)]
            lines.append(f"  here: {check.name} in {', '.join(endpoints)}")
            lines += [
                f"    connects to {_safe(target)}"
                for target in targets_of(check, resolved.storage_factory)[:_MAX_ITEMS]
            ]
    return lines or ["  here: this server does not have it"]


def _served(resolved: Resolved, api: str) -> list[str]:
    """Return whether this server serves an API group or version."""
    resources = resolved.resource_config
    group, slash, version = api.partition("/")
    known = resolved.context.catalog.api_groups.get(group, ())
    if group == "api":
        return []
    lines = [
        f"  here: {each} is {'enabled' if resources.version_enabled(group, each) else 'disabled'}"
        for each in known
        if not slash or each == version
    ]
    return lines or [f"  here: not an API of {resolved.context.catalog.version}"]


def _exported(resolved: Resolved, metric: str) -> list[str]:
    from compiler.artifacts.monitoring.metrics import Exported

    exports = metric in Exported(resolved).labels
    return [f"  here: {'exported' if exports else 'not exported'}"]


def _position(at: Location | None) -> str:
    return f"{at.file}:{at.line}:{at.column}" if at else "the input"


def _origin(argument: Argument) -> str:
    """Return where a flag is set: its position, and the distribution if that sets it."""
    return argument.described(_position(argument.location))


def _at(argument: Argument) -> str:
    return _origin(argument).removeprefix("set ") if argument.origin else f"at {_origin(argument)}"


def _listed(flags: tuple[str, ...]) -> str:
    return ", ".join(f"--{flag}" for flag in flags)


def _safe(text: str) -> str:
    return hide(text)


def _short(value: object) -> str:
    text = _safe(json.dumps(value, ensure_ascii=True))
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"
