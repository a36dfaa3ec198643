"""Subjects of `kasc explain`: flags, gates, plugins, codes, fields, also removed ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from compiler.apiserver.resource_config import MATCHERS
from compiler.artifacts import ARTIFACTS, EVERY, artifact_of
from compiler.cli.explain.observed import api_of, health_check_of, metric_of
from compiler.inputs.schema.bundle import artifact_schema, bundled, fields
from compiler.rules import by_code, by_id
from compiler.text.suggest import closest
from compiler.upstream.catalog import catalog, health_meanings
from compiler.upstream.catalog.facts import key_of, section_of, versions
from compiler.upstream.catalog.history import known_in, removed_names

_REMOVED = ("flags", "featureGates", "admissionPlugins", "apis", "configAPIs")


class Subject(NamedTuple):
    """A subject that can be explained.

    `kind` is code, flag, group, gate, plugin, artifact, resource, key, field, health-check, api, metric or one of the
    kinds of `compiler.upstream.catalog.removed`; `name` is spelled as Kubernetes, or the schemas, spell it.
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


def known_words(version: str) -> list[str]:
    """Return the names of all subjects, for suggestions and completion."""
    known = catalog(version)
    names = [*known.flags, *(spec.key for spec in known.flags.values()), *map(section_of, known.groups)]
    names += [*EVERY, *known.gates, *known.plugins, *by_code(), *by_id(), *known.resources]
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
    if artifact_of(word):
        return Subject("artifact", artifact_of(word))
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
