"""Comparison of a declared server with what is known of a running one, one function a kind of difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.changes.change import SEVERITIES
from compiler.changes.flags import is_known
from compiler.cluster.drift import flags, severity
from compiler.cluster.drift.builds import build_of, is_upstream
from compiler.cluster.drift.discovery import compare_apis, compare_storage_versions
from compiler.cluster.drift.observed import (
    ALL,
    COMPATIBLE,
    EMULATED,
    GATE,
    HEALTH_CHECK,
    KINDS,
    KUBERNETES,
    PLUGIN,
    VERSION,
    Difference,
    Drift,
    NotCompared,
    Observed,
)

if TYPE_CHECKING:
    from compiler.apiserver.startup import Resolved

Result = Iterator[Difference | NotCompared]
_GATES, _PLUGINS = "feature-gates", ("enable-admission-plugins", "disable-admission-plugins", "admission-control")


def compare(declared: Resolved, observed: Observed) -> Drift:
    """Return the differences between a declared server and what is known of a running one."""
    results = [
        result
        for comparer in (_versions, flags.compare, _gates, _plugins, compare_apis, compare_storage_versions, _health)
        for result in comparer(declared, observed)
    ]
    judge = severity.judge_of(declared, observed.server)
    differences = [each._replace(severity=judge(each)) for each in results if isinstance(each, Difference)]
    not_compared = [each for each in results if isinstance(each, NotCompared)]
    return Drift(
        observed,
        tuple(sorted(differences, key=lambda each: (-SEVERITIES.index(each.severity), KINDS.index(each.kind)))),
        tuple(dict.fromkeys((*observed.missing, *not_compared))),
    )


def _versions(declared: Resolved, observed: Observed) -> Result:
    """Compare the minor versions; patch releases are not declared."""
    own, live = _versions_of(declared), dict(observed.versions)
    if observed.server is not None:
        for name, value in _versions_of(observed.server).items():
            if name != KUBERNETES and is_known(observed.server, name):
                live.setdefault(name, value)
    for name, value in own.items():
        source = observed.versions_from if name in observed.versions else observed.flags_from
        if name not in live:
            if observed.versions:
                yield NotCompared(VERSION, name, f"not reported by {observed.versions_from}")
        elif name == KUBERNETES:
            if live[name] != value:
                place = declared.context.input.version_location
                yield Difference(VERSION, name, value, live[name], "", source, location=place)
        elif not is_known(declared, name):
            yield NotCompared(VERSION, name, flags.UNKNOWN)
        elif live[name] != value and not _follows(name, own, {KUBERNETES: own[KUBERNETES]} | live):
            yield _of_flag(VERSION, name, value, live[name], source, declared, name)


def _versions_of(server: Resolved) -> dict[str, str]:
    effective = server.config.effective_version
    return {KUBERNETES: effective.binary, EMULATED: effective.emulation, COMPATIBLE: effective.min_compatibility}


def _follows(name: str, own: dict[str, str], live: dict[str, str]) -> bool:
    """Return whether both sides have the default of a version, which follows from the version before it."""

    def is_default(versions: dict[str, str]) -> bool:
        if name == EMULATED:
            return versions[EMULATED] == versions[KUBERNETES]
        major, _, minor = versions.get(EMULATED, "").partition(".")
        return minor.isdecimal() and versions[COMPATIBLE] == f"{major}.{int(minor) - 1}"

    return is_default(own) and is_default(live)


def _of_flag(kind: str, name: str, own: Any, live: Any, source: str, declared: Resolved, flag: str) -> Difference:
    return Difference(kind, name, own, live, "", source, flag, declared.context.flags.location(flag))


def _gates(declared: Resolved, observed: Observed) -> Result:
    """Compare the states of feature gates: of the metrics, else as the flags of the live server set them."""
    if not is_known(declared, _GATES):
        yield NotCompared(GATE, ALL, flags.UNKNOWN)
        return
    gates, live, source = declared.context.gates, observed.gates, "/metrics"
    if live is None:
        server = observed.server
        if server is None or not is_known(server, _GATES):
            return
        known = server.context.gates
        live = {name: known.on(name) for name in server.context.catalog.gates if known.step(name) is not None}
        source = observed.flags_from
    for name, state in sorted(live.items()):
        if gates.step(name) is None:
            if gates.known(name) is None and observed.gates is not None and not _is_gate(name):
                yield NotCompared(GATE, name, "not a feature gate of upstream's kube-apiserver")
            elif gates.known(name) is not None and state:
                yield _of_flag(GATE, name, None, state, source, declared, _GATES)
        elif gates.on(name) != state:
            yield _of_flag(GATE, name, gates.on(name), state, source, declared, _GATES)
    for name in sorted(gates.catalog.gates.keys() - live.keys()):
        if gates.step(name) is not None:
            yield NotCompared(GATE, name, f"not reported by {source}")


def _is_gate(name: str) -> bool:
    from compiler.upstream.catalog.history import known_in

    return bool(known_in("featureGates", name))


def _plugins(declared: Resolved, observed: Observed) -> Result:
    """Compare the admission plugins that the flags enable."""
    server = observed.server
    if server is None:
        return
    if not all(is_known(each, *_PLUGINS) for each in (declared, server)):
        yield NotCompared(PLUGIN, ALL, flags.UNKNOWN)
        return
    own, live = declared.config.admission.plugins, server.config.admission.plugins
    for name in dict.fromkeys((*own, *live)):
        if (name in own) != (name in live):
            flag = next((each for each in _PLUGINS if name in declared.context.flags.texts(each)), _PLUGINS[0])
            yield _of_flag(PLUGIN, name, name in own, name in live, observed.flags_from, declared, flag)


def _health(declared: Resolved, observed: Observed) -> Result:
    """Compare the endpoints of every check; checks that only a distribution's build has are not compared."""
    live_checks = {name for names in observed.health.values() for name in names}
    build = build_of(live_checks)
    own = {endpoint: [check.name for check in getattr(declared.health, endpoint)] for endpoint in observed.health}
    names = dict.fromkeys(name for checks in (*own.values(), *observed.health.values()) for name in checks)
    for name in names:
        if name in live_checks and not is_upstream(name):
            title = (
                f"a check of {build.name}'s build"
                if build and name == build.check
                else "not a check of upstream's kube-apiserver"
            )
            yield NotCompared(HEALTH_CHECK, name, title)
            continue
        declared_in = [endpoint for endpoint, checks in own.items() if name in checks]
        live_in = [endpoint for endpoint, checks in observed.health.items() if name in checks]
        left_out = [
            each for each in declared_in if build and name in build.left_out.get(each, ()) and each not in live_in
        ]
        if build and left_out:
            yield NotCompared(HEALTH_CHECK, name, f"left out of {', '.join(left_out)} by {build.name}'s build")
        declared_in = [each for each in declared_in if each not in left_out]
        if declared_in != live_in:
            source = ", ".join(
                f"/{endpoint}" for endpoint in observed.health if (endpoint in declared_in) != (endpoint in live_in)
            )
            yield Difference(HEALTH_CHECK, name, declared_in or None, live_in or None, "", source)
