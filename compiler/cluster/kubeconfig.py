"""The server and the credentials of a kubeconfig.

Kubernetes: client-go/tools/clientcmd/loader.go and client_config.go.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from compiler import rules
from compiler.apiserver.config_files import FileRules, decode_config
from compiler.apiserver.config_files.kubeconfig import (
    KINDS,
    Entry,
    Kubeconfig,
    KubeconfigFile,
    Selection,
    check_names,
)
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.cluster import Credentials, Target, is_visible_ascii
from compiler.cluster.apiserver import url_parts
from compiler.cluster.kubeconfig_user import (
    credentials_of,
    exec_plugin_of,
    file_or_data,
    impersonation_of,
    is_supported,
    with_plugin,
)
from compiler.diagnostics import ERROR, Diagnostic, KascError, Location, Report
from compiler.inputs import Host, ServerInput
from compiler.inputs.schema.decoding import root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source import parse_as_server, read_source
from compiler.inputs.source.node import Node
from compiler.text import did_you_mean, shown
from compiler.upstream.catalog import Catalog

VARIABLE = "KUBECONFIG"
_RULE = rules.INVALID_KUBECONFIG


class Allowed(NamedTuple):
    """What a kubeconfig may cause: run the command of its user, connect through the proxy of its cluster.

    `terminal` permits the command to ask the user.
    """

    exec: bool
    proxy: bool
    terminal: bool = True


def paths_of(explicit: str | None, environment: Mapping[str, str]) -> list[str]:
    """Return the paths of the kubeconfigs to merge: the explicit one, else those of KUBECONFIG or the user that exist.

    Kubernetes: client-go/tools/clientcmd/loader.go, NewDefaultClientConfigLoadingRules.
    """
    if explicit:
        return [explicit]
    listed = environment.get(VARIABLE, "")
    paths = listed.split(os.pathsep) if listed else [os.path.expanduser("~/.kube/config")]
    return [path for path in dict.fromkeys(paths) if path and os.path.lexists(path)]


class Loaded(NamedTuple):
    """The contents of kubeconfigs that could be decoded, by path; they are merged in this order."""

    catalog: Catalog
    contents: tuple[tuple[str, Node], ...]

    def merged(self, report: Report) -> Kubeconfig:
        """Return the merged kubeconfigs, whose errors are added to a report."""
        return Kubeconfig([_file(path, node, self.catalog, report) for path, node in self.contents], _RULE)


def load(paths: Sequence[str], catalog: Catalog, report: Report) -> Loaded | None:
    """Read kubeconfigs; None after reporting that one cannot be decoded. None of their lines are ever shown."""
    report.concealed |= frozenset(paths)
    contents = []
    for path in paths:
        problems: list[Diagnostic] = []
        try:
            node = parse_as_server(read_source(path), problems, recognized=False)
        except KascError as error:
            report.add(error.diagnostic)
            continue
        contents.append((path, node))
        named, root = _file(path, node, catalog, report)
        file_rules = FileRules(_RULE, None, _RULE, recognized=False)
        if decode_config(named.context, root, KINDS, file_rules, problems=problems) is not None:
            check_names(root, _RULE)
    return None if report.count(ERROR) else Loaded(catalog, tuple(contents))


def _file(path: str, node: Node, catalog: Catalog, report: Report) -> KubeconfigFile:
    """Return a kubeconfig on this machine."""
    given = ServerInput("config-file", "", Location(path, 1, 1, 1, 1), [])
    context = ServerContext(catalog, given, Host(root="/"), report)
    root = root_field(node, Findings(report, ""))
    return KubeconfigFile(NamedFile(context, "", os.path.abspath(path), root.report), root)


def target_of(loaded: Loaded, context: str, server: str, allowed: Allowed, report: Report) -> Target | None:
    """Return the server of a context, by default the current one, and how to connect to it.

    `server` replaces the URL of the cluster and its tls-server-name, unless it is empty. None after reporting errors;
    the report has no others. An exec plugin is run if it is allowed and needed.
    """
    report.concealed |= frozenset(path for path, _ in loaded.contents)
    selection = _select(loaded.merged(report), context)
    target = _target(selection, allowed) if selection is not None else None
    if selection is None or target is None or report.count(ERROR):
        return None
    if server:
        target = target._replace(url=server, server_name="")
    user = selection.user
    if user is None or not user.value["exec"].is_set or target.credentials.any:
        return target
    return _with_plugin(user, selection.cluster.value, target, allowed)


def _with_plugin(user: Entry, cluster: Field, target: Target, allowed: Allowed) -> Target | None:
    """Return the target with the credentials of an exec plugin; None after reporting why there are none."""
    from compiler.cluster.exec_plugin import PluginError

    plugin, command = exec_plugin_of(user, cluster, target), user.value["exec"]["command"]
    if not allowed.exec:
        message = f"the user gets its credentials from a command, which was not run: {plugin.shown}"
        command.report(rules.EXEC_PLUGIN_NOT_ALLOWED, message, "check the command, then allow it with --allow-exec")
        return None
    try:
        return with_plugin(target, plugin._replace(terminal=allowed.terminal))
    except PluginError as error:
        command.report(rules.FAILED_EXEC_PLUGIN, f"the exec plugin {error}", error.hint)
        return None


def _select(kubeconfig: Kubeconfig, context: str) -> Selection | None:
    if not context:
        selection = kubeconfig.select()
    else:
        entry = kubeconfig.entry("contexts", context)
        if entry is None:
            names = [each["name"].text for _, root in kubeconfig.files for each in root["contexts"].items()]
            listed = f"use one of: {', '.join(map(shown, names[:20]))}" if names else "add it to the contexts"
            message = f"the context {shown(context)} is not defined in the kubeconfig"
            kubeconfig.files[0].root.report(_RULE, message, str(did_you_mean(context, names)) or listed)
            return None
        selection = kubeconfig.selection(entry.value, entry.value)
    if selection is not None and selection.user is None and selection.user_name and selection.user_name.text:
        # kubectl would send requests without credentials.
        name = selection.user_name
        kubeconfig.report_missing(name, "users", f"the user {shown(name.text)}")
    if selection is not None and (selection.user is None or is_supported(selection.user.value)):
        kubeconfig.check(selection)
    return selection


def _target(selection: Selection, allowed: Allowed) -> Target:
    """Return the target without the credentials of an exec plugin; reports what cannot be used."""
    cluster = selection.cluster.value
    server = cluster["server"].text
    url = server if "://" in server else f"http://{server}"
    try:
        url_parts(url)
    except ValueError as error:
        cluster["server"].report(_RULE, f"the server cannot be used: {error}", "write https://HOST:PORT/PATH")
    name = cluster["tls-server-name"]
    if not is_visible_ascii(name.text):
        name.report(_RULE, f"{shown(name.text)} is not a valid server name", "write a DNS name or an IP address")
    proxy = cluster["proxy-url"]
    if proxy.text and not allowed.proxy:
        message = f"the cluster is only accessible through the proxy {shown(proxy.text)}"
        proxy.report(rules.PROXY_NOT_ALLOWED, message, "allow it with --allow-proxy")
    credentials = Credentials()
    headers: tuple[tuple[str, bytes], ...] = ()
    if selection.user is not None:
        credentials, headers = credentials_of(selection.user), impersonation_of(selection.user.value)
        uses_exec = selection.user.value["exec"].is_set
        if not selection.secure and (credentials.any or uses_exec):
            cluster["server"].report(_RULE, "credentials are not sent without TLS", "write https://, or use no user")
    insecure = bool(cluster["insecure-skip-tls-verify"].on) and selection.secure
    if insecure:
        field = cluster["insecure-skip-tls-verify"]
        message = "the connection to the server is not verified: anyone can pretend to be the server"
        field.report(rules.TLS_VERIFICATION_DISABLED, message, "set certificate-authority instead")
    ca = file_or_data(selection.cluster, "certificate-authority") if selection.secure else b""
    return Target(
        url,
        credentials._replace(ca=ca, insecure=insecure),
        name.text,
        proxy.text,
        headers,
    )
