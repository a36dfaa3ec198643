"""Meaning, type, default and history by version, as lines of text."""

from __future__ import annotations

import os
from typing import Any

from compiler.catalog import DATA, FlagSpec, Gate, catalog, key_of, known_in, removed, section_of, versions
from compiler.diagnostics import code_of
from compiler.rules import RULES


def descriptions() -> dict[str, Any]:
    """`options` and `plugins` of descriptions.yaml."""
    import yaml

    with open(os.path.join(DATA, "descriptions.yaml"), encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


def explain(word: str, version: str) -> list[str] | None:
    """Lines about a word, None where nothing is known of it."""
    for find in (_code, _flag, _group, _gate, _plugin, _field):
        lines = find(word, version)
        if lines:
            return lines
    return None


def known_words(version: str) -> list[str]:
    """Everything that can be explained, for suggestions."""
    known = catalog(version)
    keys = [spec.key for spec in known.flags.values()]
    return [*known.flags, *keys, *map(section_of, known.groups), *known.gates, *known.plugins, *map(code_of, RULES)]


def flag_of(word: str, version: str) -> str | None:
    """The flag that a word names: `--etcd-servers`, `etcd_servers`, `etcdServers` or `etcd.etcdServers`."""
    name = word.lstrip("-").replace("_", "-")
    last = word.rpartition(".")[2]
    for known in (catalog(version), *map(catalog, reversed(versions()))):
        if name in known.flags:
            return name
        for spec in known.flags.values():
            if word == spec.key or (last == spec.key and word == f"{section_of(spec.group)}.{spec.key}"):
                return spec.name
    return None


def _code(word: str, version: str) -> list[str] | None:
    by_name = {name: rule for rule in RULES for name in (rule, code_of(rule))}
    rule = by_name.get(word.upper())
    if rule is None:
        return None
    entry = RULES[rule]
    kind = f"rule {rule} of kube-apiserver" if entry.of_server else "kasc's own"
    where = "enforced by" if entry.of_server else "because"
    return [f"{code_of(rule)}: {entry.title}", f"  {entry.severity}, {kind}", f"  {where} {entry.source}"]


def _flag(word: str, version: str) -> list[str] | None:
    flag = flag_of(word, version)
    if flag is None:
        gone = removed("flags", word.lstrip("-"))
        return _gone(f"--{word.lstrip('-')}", gone) if gone else None
    having = [each for each in versions() if flag in catalog(each).flags]
    spec = catalog(version if version in having else having[-1]).flags[flag]
    told = descriptions()["options"].get(flag, {})
    lines = [f"--{flag}  ({section_of(spec.group)}.{key_of(flag)})"]
    lines += [f"  {told[part]}" for part in ("does", "wrong") if told.get(part)]
    if told.get("unit"):
        lines.append(f"  unit: {told['unit']}")
    if "example" in told:
        import json

        lines.append(f"  example: {key_of(flag)}: {json.dumps(told['example'], ensure_ascii=False)}")
    lines.append(f"  type: {spec.type}")
    lines.append(f"  default: {_default_history(flag, having)}")
    if spec.deprecated:
        lines.append("  deprecated")
    lines.append(f"  versions: {_span(having)}")
    return lines


def _default_history(flag: str, having: list[str]) -> str:
    defaults: list[tuple[str, FlagSpec]] = []
    for version in having:
        spec = catalog(version).flags[flag]
        if not defaults or defaults[-1][1].default != spec.default:
            defaults.append((version, spec))
    texts = [spec.default if spec.default not in ("", "<nil>", "[]") else "none" for _, spec in defaults]
    if len(texts) == 1:
        return texts[0]
    return ", ".join(f"{text} from {version}" for text, (version, _) in zip(texts, defaults, strict=True))


def _span(having: list[str] | tuple[str, ...]) -> str:
    return having[0] if len(having) == 1 else f"{having[0]} to {having[-1]}"


def _gone(name: str, entry: dict[str, Any]) -> list[str]:
    lines = [f"{name}: never existed" if entry.get("neverExisted") else f"{name}: left in {entry['removed']}"]
    if entry.get("ga"):
        lines.append(f"  always on since {entry['ga']}")
    if entry.get("replacement"):
        lines.append(f"  use {entry['replacement']}")
    return lines


def _group(word: str, version: str) -> list[str] | None:
    known = catalog(version)
    for group, options in known.groups.items():
        if word in (group, section_of(group)):
            return [f"{section_of(group)}: option group of {version}", *(f"  {key}" for key in options)]
    return None


def _gate(word: str, version: str) -> list[str] | None:
    having = known_in("featureGates", word)
    gone = removed("featureGates", word)
    if not having:
        return _gone(word, gone) if gone else None
    gate = catalog(version if version in having else having[-1]).gates[word]
    lines = [f"{word}: feature gate, in {_span(having)}", *(f"  {line}" for line in _steps(gate))]
    if gate.depends_on:
        lines.append(f"  needs {', '.join(gate.depends_on)}")
    if gone and gone.get("removed"):
        lines.append(f"  left in {gone['removed']}")
    return lines


def _steps(gate: Gate) -> list[str]:
    lines = []
    for step in gate.history:
        since = f"from 1.{step.minor}" if step.minor else "always"
        state = "on" if step.default else "off"
        lines.append(f"{since}: {(step.stage or 'GA').lower()}, {state}{', locked' if step.locked else ''}")
    return lines


def _plugin(word: str, version: str) -> list[str] | None:
    having = known_in("admissionPlugins", word)
    gone = removed("admissionPlugins", word)
    if not having:
        return _gone(word, gone) if gone else None
    known = catalog(version if version in having else having[-1])
    order = list(known.plugins)
    state = "off" if known.plugins[word].default_off else "on"
    return [
        f"{word}: admission plugin, in {_span(having)}",
        f"  {descriptions()['plugins'].get(word, '')}",
        f"  {state} by default; number {order.index(word) + 1} of {len(order)} in the chain",
    ]


def _field(word: str, version: str) -> list[str] | None:
    """A field of an artifact: `keyPrefix`, or `storage.resources.keyPrefix`."""
    import json

    from compiler.schema.location import schema_folder

    folder = os.path.join(schema_folder(), "artifacts")
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            schema = json.load(file)
        for path, field in _fields(schema, schema, name.partition(".")[0], 0):
            if (path == word or path.rpartition(".")[2] == word) and field.get("description"):
                found.append(f"{path}: {field['description']}")
    return found or None


def _fields(schema: dict[str, Any], root: dict[str, Any], path: str, depth: int) -> list[tuple[str, dict[str, Any]]]:
    if depth > 8:
        return []
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    found = []
    for name, field in schema.get("properties", {}).items():
        found.append((f"{path}.{name}", field))
        found += _fields(field, root, f"{path}.{name}", depth + 1)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found += _fields(schema[key], root, path, depth + 1)
    return found
