"""Configurations between two servers: the flags of either, or of both, as a server that kasc can judge."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from compiler.apiserver.startup import Resolved, resolve
from compiler.diagnostics import Report
from compiler.inputs import Host, InlineFile, ServerInput, UnreadableFileError
from compiler.inputs.arguments import Argument
from compiler.inputs.source.node import Node
from compiler.upstream.catalog import catalog
from compiler.upstream.catalog.facts import STRUCTURED

_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Value(NamedTuple):
    """What a configuration sets a flag to.

    `uses` are the occurrences of the flag, `files` the structured files in the input that they name, by path. `parts`
    are the files that another file consists of, by the path of that file.
    """

    uses: tuple[Argument, ...] = ()
    files: tuple[InlineFile, ...] = ()
    parts: Mapping[str, tuple[str, ...]] = _NONE

    def is_same(self, other: Value) -> bool:
        """Return whether another value means the same to the server."""
        return self == other or self._key() == other._key()

    def _key(self) -> tuple[object, ...]:
        files = [(file.path, _plain(file.content)) for file in self.files]
        return [(use.text, use.unknown) for use in self.uses], files, dict(self.parts)


def _plain(node: Node) -> object:
    """Return the plain value of a node, which is compared many times."""
    plain = node.memoized(_plain)
    if plain is None:
        plain = node.plain()
        node.memoize(_plain, plain)
    return plain


UNSET = Value()


class Configuration(NamedTuple):
    """The values of all flags that are set, and the Kubernetes version (1.36)."""

    version: str
    values: Mapping[str, Value]

    def value(self, flag: str) -> Value:
        """Return the value of a flag, UNSET if it is not set."""
        return self.values.get(flag, UNSET)

    def is_same(self, other: Configuration) -> bool:
        """Return whether another configuration means the same to the server."""
        return self.version == other.version and not differing(self, other)


def differing(one: Configuration, other: Configuration) -> list[str]:
    """Return the flags with different values, in the order of the second configuration."""
    names = dict.fromkeys((*other.values, *one.values))
    return [flag for flag in names if not one.value(flag).is_same(other.value(flag))]


def configuration_of(server: Resolved) -> Configuration:
    """Return the configuration of a server."""
    uses: dict[str, list[Argument]] = {}
    for argument in server.context.input.arguments:
        uses.setdefault(argument.flag, []).append(argument)
    files: dict[str, list[InlineFile]] = {}
    for file in (*server.context.input.files.values(), *_on_disk(server)):
        files.setdefault(file.flag, []).append(file)
    values = {flag: Value(tuple(given), tuple(files.get(flag, ()))) for flag, given in uses.items()}
    return Configuration(server.context.catalog.version, values)


def _on_disk(server: Resolved) -> Iterator[InlineFile]:
    """Yield the structured files that flags name, and that were not in the input."""
    flags = set[str]()
    for file in server.context.config_files:
        flag = file.root.findings.flag
        if STRUCTURED.get(flag) == file.kind and flag not in flags and not file.inline and file.root.node is not None:
            flags.add(flag)
            yield InlineFile(flag, server.context.flags.text(flag), file.root.node, False)


def resolved(configuration: Configuration, old: Resolved, new: Resolved) -> Resolved:
    """Return the server of a configuration between two servers: with the surroundings of the new one."""
    given = copy.copy(new.context.input)
    given.arguments = [use for value in configuration.values.values() for use in value.uses]
    given.files = {file.path: file for value in configuration.values.values() for file in value.files}
    versions = {server.context.catalog.version: server.context.input.version for server in (old, new)}
    given.version = versions.get(configuration.version, configuration.version)
    # The paths of both servers are looked up by their own hosts, in which their mounts are known.
    given.file_system = None
    parts = {path: names for value in configuration.values.values() for path, names in value.parts.items()}
    host = _HostOfBoth(old.context.host, new.context.host, parts)
    return resolve(catalog(configuration.version), given, host, Report(new.context.report.path))


class _HostOfBoth(Host):
    """The host of two servers. A path means what it means to the new server, if that one knows it."""

    def __init__(self, old: Host, new: Host, parts: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(new.address, new.root, new.mappings, generated=old.generated | new.generated, disk=new.disk)
        self.hosts = new, old
        self.joined = parts

    def for_server(self, given: ServerInput) -> Host:
        self.inline = given.files
        return self

    @property
    def sees_files(self) -> bool:
        return any(host.sees_files for host in self.hosts)

    def parts(self, path: str) -> tuple[str, ...]:
        return self.joined.get(path, (path,))

    def local(self, path: str, directory: bool = False) -> str | None:
        if path in self.joined:
            return None
        return next((local for host in self.hosts if (local := host.local(path, directory)) is not None), None)

    def read(self, path: str) -> bytes | None:
        texts = [self._read(part) for part in self.parts(path)]
        known = [text if text.endswith(b"\n") else text + b"\n" for text in texts if text is not None]
        if len(texts) == 1:
            return texts[0]
        return b"".join(known) if len(known) == len(texts) else None

    def _read(self, path: str) -> bytes | None:
        problem: UnreadableFileError | None = None
        for host in self.hosts:
            try:
                data = host.read(path)
            except UnreadableFileError as error:
                problem = problem or error
                continue
            if data is not None:
                return data
        if problem is not None:
            raise problem
        return None
