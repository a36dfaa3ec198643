"""The context of one kube-apiserver: what every part of its model may ask, and its feature gates.

Kubernetes: staging/src/k8s.io/component-base/compatibility/registry.go and featuregate/feature_gate.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from compiler.apiserver.flagset import FlagSet
from compiler.diagnostics import Report
from compiler.inputs import Host, ServerInput
from compiler.inputs.schema.field import Field
from compiler.rules import Rule
from compiler.upstream.catalog import Catalog
from compiler.upstream.catalog.facts import Gate, GateStep

ALL_ALPHA, ALL_BETA = "AllAlpha", "AllBeta"
_STAGE_OF = {ALL_ALPHA: "ALPHA", ALL_BETA: "BETA"}


class FeatureGates:
    """Feature gates of one binary at one emulated version (minor numbers), with what was set by the operator."""

    def __init__(self, catalog: Catalog, emulated: int, compatible: int | None = None) -> None:
        self.catalog = catalog
        self.emulated = emulated
        self.compatible = compatible
        self.set_to: dict[str, bool] = {}
        self._stages: dict[str, bool] = {}
        # As long as nothing is set, all gates of these versions have the same state in every server.
        self._states = _default_states(catalog, emulated, compatible)

    def step(self, name: str) -> GateStep | None:
        """Return a gate's stage, default and lock at the emulated version; None if it does not exist (yet)."""
        gate = self.catalog.gate(name)
        return gate.at(self.emulated, self.compatible) if gate is not None else None

    def set(self, name: str, value: bool) -> None:
        """Set a gate that exists; `AllAlpha` and `AllBeta` move every gate of their stage that is not set by name."""
        self._states = {}
        self.set_to[name] = value
        if name in _STAGE_OF:
            self._stages[_STAGE_OF[name]] = value

    def on(self, name: str) -> bool:
        """Whether the gate is enabled; a gate that does not exist is disabled."""
        known = self._states.get(name)
        if known is None:
            known = self._states[name] = self._state(name)
        return known

    def _state(self, name: str) -> bool:
        step = self.step(name)
        if step is None:
            return False
        if name in self.set_to:
            return self.set_to[name]
        if step.stage in self._stages and not step.locked and name not in _STAGE_OF:
            return self._stages[step.stage]
        return step.default

    def enabled(self) -> tuple[str, ...]:
        """Return the names of all enabled gates, sorted."""
        if not self.set_to:
            return _enabled_by_default(self.catalog, self.emulated, self.compatible)
        return tuple(name for name in sorted(self.catalog.gates) if self.on(name))

    def broken_dependencies(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield enabled gates that need disabled ones, with these; nothing if no gate was set."""
        if not self.set_to:
            return
        for gate in self.catalog.gates.values():
            if gate.depends_on and self.on(gate.name):
                missing = tuple(need for need in gate.depends_on if not self.on(need))
                if missing:
                    yield gate.name, missing

    def known(self, name: str) -> Gate | None:
        """The gate as the binary registers it, at whatever version."""
        return self.catalog.gate(name)


@lru_cache(maxsize=64)
def _default_states(catalog: Catalog, emulated: int, compatible: int | None) -> dict[str, bool]:
    """Return the states of the gates that were asked for so far, of servers that set none."""
    return {}


@lru_cache(maxsize=64)
def _enabled_by_default(catalog: Catalog, emulated: int, compatible: int | None) -> tuple[str, ...]:
    steps = {name: gate.at(emulated, compatible) for name, gate in sorted(catalog.gates.items())}
    return tuple(name for name, step in steps.items() if step is not None and step.default)


class ConfigFile(NamedTuple):
    """A structured file that could be read; `inline` is True if the content is in a kasc document."""

    root: Field
    kind: str
    api_version: str
    inline: bool


class ServerContext:
    """The facts, the input and the host of one kube-apiserver, and the report about it.

    `catalog` holds the facts of the binary's version, `flags` the parsed values, `host` what is known of the machine
    and its files. `emulated` and `compatibility` are the minor versions of the component registry, from which `gates`
    follow; until the registry is set, they are the defaults. `config_files` are the structured files that could be
    read, in the order in which the server reads them.
    """

    def __init__(self, catalog: Catalog, given: ServerInput, host: Host, report: Report) -> None:
        self.catalog = catalog
        self.input = given
        self.host = host
        self.report = report
        self.flags = FlagSet(catalog)
        self.emulated = catalog.minor
        self.compatibility = catalog.minor - 1
        self.gates = FeatureGates(catalog, catalog.minor)
        self.config_files: list[ConfigFile] = []


class NamedFile(NamedTuple):
    """A file of the server that a flag or another file names; `report(rule, message, hint)` reports at its name."""

    context: ServerContext
    flag: str
    path: str
    report: Callable[[Rule, str, str], None]
