"""What a word on the command line names, and the text of a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiler.apiserver.resource_config import MATCHERS
from compiler.artifacts import ARTIFACTS, EVERY, artifacts_of
from compiler.cli.explain.observed import api_of, health_check_of, metric_of
from compiler.inputs.schema.bundle import artifact_schema, bundled, fields
from compiler.rules import Rule, by_code, by_id
from compiler.rules.texts import KASC_STAGES, STAGES, Entry, Example, entry_of
from compiler.text import closest
from compiler.upstream.catalog import catalog, health_meanings
from compiler.upstream.catalog.facts import key_of, section_of, versions
from compiler.upstream.catalog.history import known_in, removed_names

_WIDTH = 96


def rule_lines(rule: Rule) -> list[str]:
    """Return everything about one rule, as `kasc explain` prints it."""
    from textwrap import indent, wrap

    entry = entry_of(rule)
    lines = [f"{rule.code}: {rule.title}", f"  {', '.join(facts_of(rule, entry))}"]
    lines += indent("\n".join(wrap(entry.does, _WIDTH)), "  ").split("\n")
    for title, example in (("fails", entry.fails), ("fixed", entry.fix)):
        heading = f"  {title}"
        for label, text in parts_of(example):
            label = label.replace("`", "")
            lines.append(f"{heading}{f', {label}' if label else ''}:" if heading else f"  {label}:")
            lines += [f"    {line}" if line else "" for line in text.rstrip("\n").split("\n")]
            heading = ""
    return [*lines, f"  {reason_of(rule)}"]


def facts_of(rule: Rule, entry: Entry) -> list[str]:
    """Return the severity, whose rule it is, when it is enforced, and the versions that have it if not all do."""
    if rule.of_server:
        owner, enforced = f"rule {rule.id} of kube-apiserver", "enforced when it"
    else:
        owner = "rule of kasc"
        enforced = "reported when it" if rule.stage in KASC_STAGES else "effective when kube-apiserver"
    return [rule.severity, owner, f"{enforced} {STAGES[rule.stage]}", *_versions(entry)]


def _versions(entry: Entry) -> Iterator[str]:
    if entry.since == entry.until != "":
        yield f"in Kubernetes {entry.since}"
    elif entry.since and entry.until:
        yield f"in Kubernetes {entry.since} to {entry.until}"
    elif entry.since:
        yield f"in Kubernetes {entry.since} and later"
    elif entry.until:
        yield f"in Kubernetes {entry.until} and earlier"


def reason_of(rule: Rule) -> str:
    """Return where Kubernetes enforces the rule, or why kasc does."""
    if rule.of_server:
        return f"enforced by {rule.source}"
    is_place = "/" in rule.source.split()[0] or rule.source.startswith("CIS ")
    return f"{'see' if is_place else 'because'} {rule.source}"


def parts_of(example: Example) -> Iterator[tuple[str, str]]:
    """Yield the label and text of each part of an example; that of the input is empty unless it says how."""
    how = [f"in {example.encoding}"] if example.encoding != "utf-8" else []
    how += [f"with `kasc {example.command}`"] if example.command != "check" else []
    yield ", ".join(how), example.text
    for path, content in example.files.items():
        where = "on the server" if path.startswith("/") else "next to it"
        yield f"`{path}` {where}", _words(content) or "(an empty directory)" if path.endswith("/") else _file(content)
    if example.etcd:
        yield "keys in etcd", "\n".join(f"{key}: {_words(value) or value}" for key, value in example.etcd.items())
    if example.server:
        yield "on the server", "\n".join(f"{what}: {state}" for what, state in example.server.items())


def _file(content: str) -> str:
    return _words(content) or content or "(empty)"


def _words(text: str) -> str:
    """Return a string in angle brackets with parentheses instead; empty for any other."""
    inner = text.strip()
    return f"({inner[1:-1]})" if inner.startswith("<") and inner.endswith(">") else ""


_REMOVED = ("flags", "featureGates", "admissionPlugins", "apis", "configAPIs")


class Subject(NamedTuple):
    """A subject that can be explained.

    `kind` is code, change, flag, group, gate, plugin, artifact, resource, key, field, health-check, api, metric or one
    of the kinds of `compiler.upstream.catalog.removed`; `name` is spelled as Kubernetes, or the schemas, spell it.
    """

    kind: str
    name: str


def subjects_of(word: str, version: str) -> list[Subject]:
    """Return the subjects with a name, for example both the option group and the health check `etcd`.

    Case, dashes and underscores do not matter.
    """
    subjects = _observed(word)
    configured = _configured(word, version)
    if configured is not None and not (configured.kind == "apis" and subjects):
        subjects.insert(0, configured)
    return subjects


def _observed(word: str) -> list[Subject]:
    """Return the subjects that a running server exposes under this name."""
    check, metric = health_check_of(word), metric_of(word)
    api = api_of(word)
    kinds = {"health-check": check, "api": api, "metric": metric}
    return [Subject(kind, name) for kind, name in kinds.items() if name is not None]


def _configured(word: str, version: str) -> Subject | None:
    # Flags as in a command line, paths as in a report.
    name = word.partition("=")[0] if word.startswith("-") else re.sub(r"\[[0-9]*\]", "", word)
    exact = _exact(name, version)
    if exact is not None or len(name) < 4:
        return exact
    near = closest(name, known_words(version))
    return _exact(near, version) if _letters(near) == _letters(name) else None


def change_codes() -> dict[str, Rule]:
    """Return the rules of the changes that `kasc diff` reports, by code."""
    from compiler.changes.findings import RULES

    return RULES


def known_words(version: str) -> list[str]:
    """Return the names of all subjects, for suggestions and completion."""
    known = catalog(version)
    names = [*known.flags, *(spec.key for spec in known.flags.values()), *map(section_of, known.groups)]
    names += [*EVERY, *known.gates, *known.plugins, *by_code(), *by_id(), *change_codes(), *known.resources]
    names += [resource.resource for resource in known.resources.values()]
    names += [path.rpartition(".")[2] for path, _ in fields(bundled(version), "")]
    names += [path.rpartition(".")[2] for name in ARTIFACTS if name != "files" for path in _paths(name)]
    names += [*health_meanings(), *known.api_groups, *MATCHERS, *known.metrics]
    names += [f"{group}/{each}" for group, versions_of in known.api_groups.items() for each in versions_of]
    for kind in _REMOVED:
        names += removed_names(kind)
    return list(dict.fromkeys(names))


def flag_of(word: str, version: str) -> str | None:
    """Return the flag for `--etcd-servers`, `etcd_servers`, `etcdServers` or `etcd.etcdServers`; None if unknown.

    Flags that the version does not have are looked up in the newest one that has them.
    """
    name = word.lstrip("-").replace("_", "-")
    group, dot, last = word.rpartition(".")
    for known in (catalog(version), *map(catalog, reversed(versions()))):
        if name in known.flags:
            return name
        for spec in known.flags.values():
            if last == spec.key and (not dot or group in (section_of(spec.group), spec.group)):
                return spec.name
    return None


def _exact(word: str, version: str) -> Subject | None:
    rule = by_code().get(word.upper()) or by_id().get(word.upper())
    if rule is not None:
        return Subject("code", rule.code)
    if word.upper() in change_codes():
        return Subject("change", word.upper())
    flag = flag_of(word, version)
    if flag is not None:
        return Subject("flag", flag)
    known = catalog(version)
    for group in known.groups:
        if word in (group, section_of(group)):
            return Subject("group", group)
    if known_in("featureGates", word):
        return Subject("gate", word)
    if known_in("admissionPlugins", word):
        return Subject("plugin", word)
    for kind in _REMOVED:
        spellings = {word, word.lstrip("-").replace("_", "-")} if kind == "flags" else {word}
        for name in removed_names(kind):
            if name in spellings or (kind == "flags" and key_of(name) == word.rpartition(".")[2]):
                return Subject(kind, name)
    if word in EVERY:
        return Subject("artifact", word)
    if artifacts_of(word):
        return Subject("artifact", artifacts_of(word)[0])
    group, _, resource = word.rpartition("/")
    for each in known.resources.values():
        if word in (each.group_resource, each.resource) or (group == each.group and resource == each.resource):
            return Subject("resource", word)
    if any(_ends(path, word) for path, _ in fields(bundled(version), "")):
        return Subject("key", word)
    if any(_ends(path, word) for name in ARTIFACTS if name != "files" for path in _paths(name)):
        return Subject("field", word)
    # A path inside an option, as in a report.
    first, *rest = word.split(".")
    flag = flag_of(f"{first}.{rest[0]}", version) if len(rest) > 1 else None
    return Subject("flag", flag) if flag else None


def _paths(artifact: str) -> list[str]:
    return [path for path, _ in fields(artifact_schema(artifact), artifact)]


def _ends(path: str, word: str) -> bool:
    return path == word or path.endswith(f".{word}")


def _letters(word: str) -> str:
    return "".join(character for character in word.lower() if character.isalnum())
