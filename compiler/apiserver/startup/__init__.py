"""The start-up of kube-apiserver, in the server's own order.

Each module is one stage, and reads side by side with the functions of the server that it follows: `options` with
cmd/kube-apiserver/app/options/completion.go and validation.go, `generic_config` with BuildGenericConfig of
pkg/controlplane/apiserver/config.go, `controlplane` with CreateKubeAPIServerConfig and `server_chain` with
CreateServerChain of cmd/kube-apiserver/app/server.go. The server exits at the first stage that fails; kasc continues,
so that one run reports everything that is wrong.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler import rules
from compiler.apiserver.context import ServerContext
from compiler.apiserver.health import HealthChecks
from compiler.apiserver.options import ServerRunOptions
from compiler.apiserver.options.group import is_certain
from compiler.apiserver.resolved import ResolvedConfig
from compiler.apiserver.resource_config import ResourceConfig
from compiler.apiserver.startup.controlplane import create_kube_apiserver_config
from compiler.apiserver.startup.generic_config import build_generic_config
from compiler.apiserver.startup.options import complete, set_registry, validate
from compiler.apiserver.startup.server_chain import create_server_chain
from compiler.apiserver.storage import StorageFactory
from compiler.diagnostics import Report, diagnose
from compiler.inputs import Host, ServerInput
from compiler.upstream.catalog import Catalog


class Resolved(NamedTuple):
    """One server after its start-up: its options, the effective config, and what artifacts are computed from."""

    context: ServerContext
    options: ServerRunOptions
    config: ResolvedConfig
    resource_config: ResourceConfig
    storage_factory: StorageFactory
    health: HealthChecks


def resolve(catalog: Catalog, given: ServerInput, host: Host, report: Report) -> Resolved:
    """Run the whole start-up for one input; everything that the server would refuse is reported."""
    context = ServerContext(catalog, given, host.for_server(given), report)
    options, config = ServerRunOptions(context), ResolvedConfig()
    _parse_flags(context)
    set_registry(options, config)
    complete(options, config)
    validate(options, config)
    generic = build_generic_config(context, options, config)
    create_kube_apiserver_config(context, options, config, generic.resource_config)
    create_server_chain(context, options, config, generic)
    _finish_report(context)
    return Resolved(context, options, config, *generic)


def _parse_flags(context: ServerContext) -> None:
    """Parse the flags; those that cannot be parsed are reported."""
    flags, given = context.flags, context.input
    flags.refused.update(given.refused_flags)
    flags.parse(given.arguments, context.report)
    refused = {flag for flag in given.refused_flags if not flags.changed(flag)}
    context.report.undecided = flags.unknown | refused


def _finish_report(context: ServerContext) -> None:
    """Drop findings that hold only if no unknown argument exists, and name the files that could not be read."""
    report, flags = context.report, context.flags
    report.undecided = set()
    if flags.open:
        report.remove(lambda code, flag: not is_certain(code, flag, flags))
    for path in dict.fromkeys(context.host.denied):
        message = f"cannot read {path}; its contents were not checked"
        report.add(
            diagnose(
                rules.FILE_NOT_CHECKED, message, "run kasc as a user who may read it", location=context.input.start
            )
        )
