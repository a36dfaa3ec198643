"""The context of one kube-apiserver: what every part of its model may ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.apiserver.flagset import FlagSet
from compiler.apiserver.gates import FeatureGates
from compiler.diagnostics import Report
from compiler.inputs.schema.field import Field
from compiler.inputs.server import Host, ServerInput
from compiler.rules import Rule
from compiler.upstream.catalog import Catalog


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
