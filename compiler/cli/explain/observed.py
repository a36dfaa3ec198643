"""Subjects that a running server exposes: health checks, API groups and versions, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.apiserver.health import ENDPOINTS
from compiler.apiserver.health.meaning import condition_of
from compiler.apiserver.resource_config import MATCHERS
from compiler.upstream.catalog import Catalog, catalog, health_meanings
from compiler.upstream.catalog.facts import span, versions
from compiler.upstream.catalog.history import known_in, removed

_HOOK = "poststarthook/"
# As clients print it: `[-]etcd failed: reason withheld`, `/readyz/etcd`, `livez/etcd`.
_PRINTED = re.compile(r"(?:\[[+-]\])?/?(?:(?:healthz|livez|readyz)/)?(\S+)(?: (?:ok|failed).*)?", re.DOTALL)
_PARTS = ("_bucket", "_count", "_sum")
_WILDCARDS = {
    "api/all": "all API versions",
    "api/ga": "all stable API versions",
    "api/beta": "all beta API versions",
    "api/alpha": "all alpha API versions",
}


def health_check_of(word: str) -> str | None:
    """Return the row of health.json for a health check, None if there is none.

    >>> health_check_of("livez/etcd"), health_check_of("kms-provider-3"), health_check_of("rbac/bootstrap-roles")
    ('etcd', 'kms-provider-N', 'poststarthook/rbac/bootstrap-roles')
    """
    printed = _PRINTED.fullmatch(word)
    if printed is None:
        return None
    name = printed[1]
    known = health_meanings()
    return next((each for each in (name, _HOOK + name, re.sub(r"-[0-9]+$", "-N", name)) if each in known), None)


def api_of(word: str) -> str | None:
    """Return an API group, group version or runtime-config wildcard as Kubernetes spells it; None if unknown.

    >>> api_of("apps"), api_of("apps/v1"), api_of("core"), api_of("v1"), api_of("api/beta")
    ('apps', 'apps/v1', '', '/v1', 'api/beta')
    """
    if word in MATCHERS:
        return word
    group, slash, version = word.rpartition("/") if "/" in word else (word, "", "")
    if word == "v1" or (group in ("core", "api") and slash):
        group, slash, version = "", "/", version or word
    elif word == "core":
        group = ""
    for each in versions():
        known = catalog(each).api_groups
        if group in known and (not slash or version in known[group]):
            return f"{group}{slash}{version}"
    return None


def metric_of(word: str) -> str | None:
    """Return a metric by its name or the name of one of its series; None if no version exports it."""
    names = [word, *(word.removesuffix(part) for part in _PARTS if word.endswith(part))]
    return next((name for name in names if known_in("metrics", name)), None)


def health_check_lines(name: str, version: str) -> list[str]:
    """Return endpoints, condition, life cycle, meaning and remedy of a health check."""
    having = known_in("healthChecks", name)
    row = catalog(version if version in having else having[-1]).health_checks[name]
    means = health_meanings()[name]
    lines = [
        f"{name}: health check, in {span(having)}",
        f"  endpoints: {', '.join(f'/{each}' for each in row.get('endpoints', ENDPOINTS))}",
        f"  condition: {condition_of(tuple(row.get('when', ())))}",
        f"  added by {row['addedBy']}",
    ]
    if "group" in row:
        lines.append(f"  group: {row['group']}; ?exclude={row['group']} excludes all its checks")
    lines += [f"  {label}: {row['limits'][key]}" for key, label in _LIMITS.items() if key in row.get("limits", {})]
    return [*lines, f"  if it fails: {means['fails']}", f"  what to do: {means['do']}"]


_LIMITS = {
    "healthyFor": "success is cached for",
    "unhealthyFor": "failure is cached for",
    "passesAfter": "passes at the latest after",
    "fatalAfter": "the server exits if it has not passed after",
}


def api_lines(api: str, version: str) -> list[str]:
    """Return the resources of an API group or group version, whether it is enabled by default, and its life cycle."""
    if api in MATCHERS:
        return [
            f"{api}: key of --runtime-config, {_WILDCARDS[api]}",
            f"  {api}=true or {api}=false; keys of single versions and resources take precedence",
        ]
    group, slash, api_version = api.partition("/")
    having = tuple(each for each in versions() if _has(catalog(each), group, api_version))
    known = catalog(version if version in having else having[-1])
    if not slash:
        lines = [f"{group or 'core'}: API group, registered in {span(having)}"]
        return lines + [f"  {each}: {_state(known, group, each)}" for each in known.api_groups[group]]
    name = f"{group}/{api_version}" if group else api_version
    lines = [f"{name}: API version, registered in {span(having)}", f"  {_state(known, group, api_version)}"]
    removal = removed("apis", name) or {}
    if removal.get("removed"):
        lines.append(f"  removed in {removal['removed']}")
    if removal.get("replacement"):
        lines.append(f"  use {removal['replacement']}")
    return lines + [f"  {line}" for line in _resources(known, group, api_version)]


def _has(known: Catalog, group: str, version: str) -> bool:
    return group in known.api_groups and (not version or version in known.api_groups[group])


def _state(known: Catalog, group: str, version: str) -> str:
    if not any(version in resource.served for resource in known.resources_of.get(group, ())):
        return f"serves no resource in {known.version}"
    enabled = known.enabled_apis.get(f"{group}/{version}", True)
    return f"{'enabled' if enabled else 'disabled'} by default in {known.version}"


def _resources(known: Catalog, group: str, version: str) -> Iterator[str]:
    for resource in known.resources_of.get(group, ()):
        if version not in resource.served:
            continue
        cycle = known.lifecycle(group, version, resource.kind)
        steps = [
            f"{step} in 1.{minor}"
            for step, minor in zip(("introduced", "deprecated", "removed"), cycle or (), strict=False)
            if minor
        ]
        override = known.enabled_resources.get(f"{group}/{version}/{resource.resource}")
        if override is not None:
            steps.append(f"{'enabled' if override else 'disabled'} by default")
        if resource.gate:
            steps.append(f"served only with the feature gate {resource.gate}")
        yield f"{resource.resource} ({resource.kind}){': ' if steps else ''}{', '.join(steps)}"


def metric_lines(name: str, version: str) -> list[str]:
    """Return type, labels and stability of a metric, and the alerts that use it."""
    having = known_in("metrics", name)
    row = catalog(version if version in having else having[-1]).metrics[name]
    lines = [
        f"{name}: metric of kube-apiserver, {row['type']}, in {span(having)}",
        f"  labels: {', '.join(row['labels']) or 'none'}",
        f"  stability: {row['stability']}",
    ]
    if "deprecated" in row:
        lines.append(f"  deprecated in {row['deprecated']}")
    if row.get("hidden"):
        lines.append("  exported only with --show-hidden-metrics-for-version")
    return lines + [f"  alert {alert}: {summary}" for alert, summary in _alerts(name)]


def _alerts(metric: str) -> Iterator[tuple[str, str]]:
    from compiler.artifacts.monitoring.topics import NAMES, load

    for topic in map(load, NAMES):
        for alert in topic.get("alerts", ()):
            if re.search(rf"\b{metric}(?:{'|'.join(_PARTS)})?\b", alert["expr"]):
                yield alert["alert"], alert["summary"]
