"""The settings of K3s and RKE2: the keys of a release, their types and defaults.

K3s: pkg/cli/cmds/server.go, ServerFlags; urfave/cli, whose flags have the types of Go's flag package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from compiler import rules
from compiler.diagnostics import Diagnostic, Location, Problems, diagnose
from compiler.inputs.arguments import Word
from compiler.inputs.dialects import DIALECTS, Request
from compiler.inputs.dialects.backports import Release
from compiler.inputs.dialects.k3s.file import ARGUMENTS, Entry, Item, read_entries
from compiler.inputs.dialects.k3s.merge import argument_name
from compiler.inputs.dialects.words import set_by
from compiler.inputs.importers.pod import version_of
from compiler.inputs.source.node import Node
from compiler.rules import Rule
from compiler.text import closest, shown, shown_bare
from compiler.upstream.go.net import join
from compiler.upstream.go.strconv import InvalidValueError, parse_bool, parse_duration, parse_int

__all__ = ["ARGUMENTS", "Settings", "agent_keys", "is_of_agent", "known_keys"]

_PARSERS: dict[str, Callable[[str], object]] = {"bool": parse_bool, "int": parse_int, "duration": parse_duration}
_TYPES = {"bool": "true or false", "int": "an integer", "duration": "a duration, for example 5m"}
_DEFAULTS = {
    "cluster-domain": "cluster.local",
    "egress-selector-mode": "agent",
    "etcd-s3-timeout": "5m",
    "etcd-snapshot-reconcile-interval": "10m",
    "https-listen-port": "6443",
    "secrets-encryption-provider": "aescbc",
    "service-node-port-range": "30000-32767",
}
# RKE2: pkg/cli/defaults/defaults.go, Set; pkg/rke2/rke2.go, Server. The file cannot change these.
_FIXED = {
    "k3s": {},
    "rke2": {
        "advertise-port": "6443",
        "apiserver-bind-address": "0.0.0.0",
        "apiserver-port": "6443",
        "cluster-init": "true",
        "secrets-encryption": "true",
    },
}
_IMAGE = "kube-apiserver-image"
_HOME = "${HOME}"


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_name("data.json").read_text())
    return data


@cache
def known_keys(kind: str) -> dict[str, str]:
    """Return the keys of all releases of a dialect and their types."""
    data = _data()
    keys = {key: name for name, each in data["k3s"].items() for key in each}
    if kind == "rke2":
        keys = {key: name for key, name in keys.items() if key not in data["notInRKE2"]}
        keys |= {key: name for name, each in data["rke2"].items() for key in each}
    return keys


@cache
def agent_keys(kind: str) -> frozenset[str]:
    """Return the keys that the configuration of an agent has."""
    data = _data()
    keys = set(data["agent"])
    if kind == "rke2":
        own = {key for each in data["rke2"].values() for key in each} - set(data["onlyServersOfRKE2"])
        keys = keys - set(data["notInRKE2"]) | own
    return frozenset(keys)


def is_of_agent(kind: str, root: Node) -> bool:
    """Return whether a file names a server to join, and has no setting of a server itself."""
    keys = {key.removesuffix("+") for key in root.value} if isinstance(root.value, dict) else set[str]()
    aliases = _data()["aliases"]
    names = {aliases.get(key, key) for key in keys}
    return "server" in names and names <= agent_keys(kind)


class Settings:
    """The settings that config.yaml and its drop-ins give to a server.

    Keys that the release does not have, and values that the distribution refuses, are reported and left out. `start`
    is the location of what the files do not set.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.problems = Problems()
        self.title = DIALECTS[request.kind].title
        self.is_rke2 = request.kind == "rke2"
        self.start = Location(request.source.name, 1, 1, 1, 2)
        self.fixed_flags: frozenset[str] = frozenset()
        entries = read_entries(request, f"/etc/rancher/{request.kind}/config.yaml")
        image = entries[_IMAGE].items[-1:] if self.is_rke2 and _IMAGE in entries else []
        version = version_of(image[0].text) if image else None
        self.image_at = image[0].node.location if version else None
        self.kubernetes_version = version or version_of(f":{request.release}")
        self.release = Release(request.release or request.version or version or "")
        self._known = known_keys(request.kind)
        self._fixed = _FIXED[request.kind]
        self._defaults = {**_DEFAULTS, "data-dir": f"/var/lib/rancher/{request.kind}"}
        self.entries = self._valid(entries)

    def __contains__(self, key: str) -> bool:
        return bool(self.items(key))

    def items(self, key: str) -> list[Item]:
        """Return all values of a key."""
        return self.given(key) if not self.is_fixed(key) else []

    def is_fixed(self, key: str) -> bool:
        """Return whether the distribution always uses its own value of a key."""
        return key in self._fixed

    def given(self, key: str) -> list[Item]:
        """Return the values of a key in the files, even if the distribution does not use them."""
        entry = self.entries.get(key)
        return entry.items if entry is not None else []

    @cached_property
    def arguments(self) -> dict[str, list[Item]]:
        """The user's arguments of kube-apiserver by their names, which may end with an operator."""
        result: dict[str, list[Item]] = {}
        for item in self.items(ARGUMENTS):
            result.setdefault(argument_name(item.text), []).append(item)
        return result

    def text(self, key: str) -> str:
        """Return the value of a string, the last one if there are several."""
        items = self.items(key)
        return items[-1].text if items else self._fixed.get(key, self._defaults.get(key, ""))

    def boolean(self, key: str) -> bool:
        """Return the value of a boolean, false by default."""
        return parse_bool(self.text(key) or "false")

    def number(self, key: str) -> int:
        """Return the value of an integer, 0 by default."""
        return parse_int(self.text(key) or "0")

    def duration(self, key: str) -> int:
        """Return the value of a duration in nanoseconds."""
        return parse_duration(self.text(key))

    def parts(self, key: str) -> Iterator[tuple[str, Item]]:
        """Yield the values of a list in which commas separate values as well. K3s: pkg/util, SplitStringSlice."""
        for item in self.items(key):
            yield from ((part, item) for part in item.text.split(","))

    @property
    def unknown_directory(self) -> str:
        """The variable that decides the data directory on the node, empty if it is known."""
        given = "data-dir" in self and self.text("data-dir")
        if self.boolean("rootless") and not given:
            return _HOME
        directory = self.text("data-dir")
        return _HOME if directory and (directory[0] != "/" or "~" in directory or "$" in directory) else ""

    def path(self, name: str) -> str:
        """Return the path of a file in the data directory. K3s: pkg/datadir/datadir.go."""
        directory = self.text("data-dir") or self._defaults["data-dir"]
        if self.boolean("rootless") and not ("data-dir" in self and self.text("data-dir")):
            directory = f"{_HOME}/.rancher/k3s"
        return join(directory, name)

    def at(self, *keys: str) -> tuple[Node | Location, str]:
        """Return the value of the first of these keys that is set and its path, otherwise the start of the file."""
        for key in keys:
            if items := self.items(key):
                return items[-1].node, items[-1].path
        return self.start, ""

    def set_by(self, flag: str, value: str, *keys: str, unknown: str = "") -> Word:
        """Return a flag that the distribution sets, whose value one of these keys decides."""
        at, path = self.at(*keys)
        return set_by(flag, value, at, self.title, path, unknown)

    def file(self, flag: str, name: str, *keys: str) -> Word:
        """Return a flag that the distribution sets to a file in the server's part of the data directory."""
        return self.set_by(flag, self.path(f"server/{name}"), *keys, "data-dir", unknown=self.unknown_directory)

    def report_release(self) -> None:
        """Report a release that had to be assumed, because the patches of its minor differ in what the files set."""
        if self.release.doubtful:
            message = f"the patches of {self.title} {shown_bare(self.release.text)} differ; assuming the newest"
            hint = f"pass --as {self.request.kind}@VERSION, for example {self.release.text}.1"
            where = self.start
            self.problems.append(diagnose(rules.DISTRIBUTION_VERSION_ASSUMED, message, hint, location=where))

    def refuse(self, message: str, hint: str, location: Location, path: str = "") -> None:
        """Report what the distribution refuses."""
        self._report(rules.REFUSED_BY_DISTRIBUTION, message, hint, location, path)

    def refuse_value(self, item: Item, message: str, hint: str) -> None:
        """Report a value that the distribution refuses."""
        self.refuse(f"{self.title} does not start: {message}", hint, item.node.location, item.path)

    def ignore(self, message: str, hint: str, location: Location, path: str = "") -> None:
        """Report what the distribution ignores."""
        self._report(rules.IGNORED_BY_DISTRIBUTION, message, hint, location, path)

    def _report(self, rule: Rule, message: str, hint: str, location: Location, path: str) -> None:
        self.problems.report(rule, partial(diagnose, rule, message, hint, path=path, location=location))

    def _valid(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Return the entries that the release accepts, by the long names of their keys."""
        aliases: dict[str, str] = _data()["aliases"]
        result: dict[str, Entry] = {}
        for name, entry in entries.items():
            key = aliases.get(name, name)
            if not self._is_key(name, key, entry):
                continue
            if key in result:
                message = f"{self.title} does not start: the key {key} is set by its long and its short name"
                self.refuse(message, "keep one of the two", entry.location, name)
                continue
            entry.items = [item for item in entry.items if self._is_valid(key, item)]
            result[key] = entry
        return result

    def _is_key(self, name: str, key: str, entry: Entry) -> bool:
        """Return whether the release has a key; report it if not. K3s: pkg/configfilearg, stripInvalidFlags."""
        since: list[str] = _data()["since"].get(key, [])
        if key in self._known and self.release.has(since):
            return True
        bare = name.lstrip("-")
        if bare != name and bare in self._known:
            message = f"{self.title} does not start: the key {shown(name)} begins with a dash"
            self.refuse(message, f"write {bare}", entry.location, name)
            return False
        self.problems.report(rules.IGNORED_BY_DISTRIBUTION, self._unknown, name, key, entry.location)
        return False

    def _unknown(self, name: str, key: str, location: Location) -> Diagnostic:
        """Return the diagnostic for a key that the release does not have."""
        message, hint = f"{self.title} ignores the unknown key {shown(name)}", "remove it"
        if key in self._known:
            message = f"{self.title} {shown_bare(self.release.text)} does not have the key {key}, and ignores it"
            hint = f"remove it, or upgrade to {self.title} {' or '.join(_data()['since'][key])}"
        elif self.is_rke2 and key in _data()["notInRKE2"]:
            message = f"{self.title} does not have the key {key} of k3s, and ignores it"
        elif similar := closest(name.lstrip("-"), self._known):
            hint = f"write {similar}"
        return diagnose(rules.IGNORED_BY_DISTRIBUTION, message, hint, path=name, location=location)

    def _is_valid(self, key: str, item: Item) -> bool:
        """Return whether a value is of the type of its key; report it if not."""
        name = self._known[key]
        parse = _PARSERS.get(name)
        if parse is None:
            return True
        try:
            parse(item.text)
        except InvalidValueError as error:
            message = f"{key}: {error.message}" if item.text else f"{key} is empty"
            self.refuse_value(item, message, error.hint if item.text else f"write {_TYPES[name]}, or remove it")
            return False
        return True
