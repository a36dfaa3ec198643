"""The server and the credentials of a kubeconfig.

Kubernetes: client-go/tools/clientcmd/loader.go and client_config.go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
from compiler.apiserver.config_files.kubeconfig_entries import content_of, named_in
from compiler.apiserver.context import NamedFile, ServerContext
from compiler.cluster import Credentials, Target
from compiler.cluster.apiserver import url_parts
from compiler.cluster.exec_plugin import Plugin, PluginError, credentials_from
from compiler.cluster.http_connection import ServerError
from compiler.diagnostics import ERROR, KascError, Location, Report
from compiler.inputs import Host, ServerInput
from compiler.inputs.schema.decoding import root_field
from compiler.inputs.schema.field import Field, Findings
from compiler.inputs.source import parse_as_server, read_source
from compiler.text import did_you_mean, shown
from compiler.upstream.catalog import Catalog

VARIABLE = "KUBECONFIG"
_RULE = rules.INVALID_KUBECONFIG
_CLUSTER_EXTENSION = "client.authentication.k8s.io/exec"
_TOKEN = "[!-~]*"
_HEADER_NAME = r"[!#$&'*+.^_`|~0-9A-Za-z-]"
"""A character that may be part of the name of a header. `%` is escaped, as it introduces an escaped character."""


class Allowed(NamedTuple):
    """What a kubeconfig may cause: run the command of its user, connect through the proxy of its cluster."""

    exec: bool
    proxy: bool


def paths_of(explicit: str | None, environment: Mapping[str, str]) -> list[str]:
    """Return the paths of the kubeconfigs to merge: the explicit one, else those of KUBECONFIG or the user that exist.

    Kubernetes: client-go/tools/clientcmd/loader.go, NewDefaultClientConfigLoadingRules.
    """
    if explicit is not None:
        return [explicit]
    listed = environment.get(VARIABLE, "")
    paths = listed.split(os.pathsep) if listed else [os.path.expanduser("~/.kube/config")]
    return [path for path in dict.fromkeys(paths) if path and os.path.lexists(path)]


def load(paths: Sequence[str], catalog: Catalog, report: Report) -> Kubeconfig | None:
    """Read and merge kubeconfigs; None after reporting that one is invalid. None of their lines are ever shown."""
    report.concealed |= frozenset(paths)
    files = [_load_one(path, catalog, report) for path in paths]
    loaded = [file for file in files if file is not None]
    return Kubeconfig(loaded, _RULE) if len(loaded) == len(files) and not report.count(ERROR) else None


def _load_one(path: str, catalog: Catalog, report: Report) -> KubeconfigFile | None:
    start = Location(path, 1, 1, 1, 1)
    try:
        root = root_field(parse_as_server(read_source(path), [], recognized=False), Findings(report, ""))
    except KascError as error:
        report.add(error.diagnostic)
        return None
    context = ServerContext(catalog, ServerInput("config-file", "", start, []), Host(root="/"), report)
    if decode_config(context, root, KINDS, FileRules(_RULE, None, _RULE, recognized=False)) is None:
        return None
    check_names(root, _RULE)
    named = NamedFile(context, "", os.path.abspath(path), root.report)
    return KubeconfigFile(named, root)


def target_of(kubeconfig: Kubeconfig, context: str, server: str, allowed: Allowed) -> Target | None:
    """Return the server of a context, by default the current one, and how to connect to it.

    `server` replaces the URL of the cluster and its tls-server-name, unless it is empty. None after reporting errors.
    An exec plugin is run if it is allowed and needed.
    """
    report = kubeconfig.files[0].root.findings.report
    selection = _select(kubeconfig, context)
    target = _target(selection, allowed) if selection is not None else None
    if selection is None or target is None or report.count(ERROR):
        return None
    if server:
        target = target._replace(url=server, server_name="")
    user = selection.user
    if user is None or not user.value["exec"].is_set or target.credentials.any:
        return target
    plugin = _plugin(user, _exec_cluster(selection.cluster.value, target))
    command = user.value["exec"]["command"]
    if not allowed.exec:
        message = f"the user gets its credentials from a command, which was not run: {plugin.shown}"
        command.report(rules.EXEC_PLUGIN_NOT_ALLOWED, message, "check the command, then allow it with --allow-exec")
        return None
    try:
        return _with_plugin(target, plugin)
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
    if selection is not None and (selection.user is None or _is_supported(selection.user.value)):
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
    proxy = cluster["proxy-url"]
    if proxy.text and not allowed.proxy:
        message = f"the cluster is only accessible through the proxy {shown(proxy.text)}"
        proxy.report(rules.PROXY_NOT_ALLOWED, message, "allow it with --allow-proxy")
    credentials = Credentials()
    headers: tuple[tuple[str, bytes], ...] = ()
    if selection.user is not None:
        credentials, headers = _user_credentials(selection.user), _impersonation(selection.user.value)
        uses_exec = selection.user.value["exec"].is_set
        if not selection.secure and (credentials.any or uses_exec):
            cluster["server"].report(_RULE, "credentials are not sent without TLS", "write https://, or use no user")
    insecure = bool(cluster["insecure-skip-tls-verify"].on) and selection.secure
    if insecure:
        field = cluster["insecure-skip-tls-verify"]
        message = "the connection to the server is not verified: anyone can pretend to be the server"
        field.report(rules.TLS_VERIFICATION_DISABLED, message, "set certificate-authority instead")
    ca = _content(selection.cluster, "certificate-authority") if selection.secure else b""
    return Target(
        url,
        credentials._replace(ca=ca, insecure=insecure),
        cluster["tls-server-name"].text,
        proxy.text,
        headers,
    )


def _is_supported(user: Field) -> bool:
    """Return whether a user has only credentials that servers and clients still support; reports others."""
    if user["username"].text or user["password"].text:
        field = user["username" if user["username"].text else "password"]
        message = "kube-apiserver has not accepted user names and passwords since 1.19"
        field.report(rules.UNSUPPORTED_CREDENTIALS, message, "use a client certificate, a token or an exec plugin")
        return False
    provider = user["auth-provider"]
    if provider.is_set:
        message = f"the auth provider {shown(provider['name'].text)} is not supported"
        hint = "use an exec plugin, for example gke-gcloud-auth-plugin or kubelogin"
        provider.report(rules.UNSUPPORTED_CREDENTIALS, message, hint)
    return not provider.is_set


def _user_credentials(user: Entry) -> Credentials:
    """Return token, client certificate and key of a user."""
    certificate = _content(user, "client-certificate")
    return Credentials(
        certificate=certificate, key=_content(user, "client-key") if certificate else b"", token=_token(user)
    )


def _token(user: Entry) -> str:
    """Return the token; that of a file goes first. Kubernetes: client-go/transport, NewBearerAuthWithRefresh..."""
    field, token = user.value["token"], user.value["token"].text
    if user.value["tokenFile"].text:
        field = user.value["tokenFile"]
        token = _content(user, "tokenFile").decode("utf-8", "replace").strip() or token
    if not re.fullmatch(_TOKEN, token):
        message = f"{field.path} is not a valid token: it contains whitespace or non-ASCII characters"
        field.report(_RULE, message, "write the token on one line")
    return token


def _content(entry: Entry, name: str) -> bytes:
    """Return the content of a field `NAME-data` or of the file in a field; reports a file that cannot be read."""
    path = entry.value[name]
    content = content_of(entry.named, path, entry.value[f"{name}-data"], _RULE)
    if content is None and path.text:
        file = named_in(entry.named, path)
        path.report(_RULE, f"{shown(file.path)} cannot be read", "name a readable regular file of at most 8 MiB")
    return content or b""


def _impersonation(user: Field) -> tuple[tuple[str, bytes], ...]:
    """Return the headers for the impersonated user. Kubernetes: client-go/transport/round_trippers.go."""
    fields = [("Impersonate-User", user["as"]), ("Impersonate-Uid", user["as-uid"])]
    fields += [("Impersonate-Group", group) for group in user["as-groups"].items()]
    for key, values in user["as-user-extra"].entries():
        fields += [(f"Impersonate-Extra-{_header_key(key)}", value) for value in values.items()]
    headers = [(name, field) for name, field in fields if field.text]
    for _, field in headers:
        if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in field.text):
            field.report(_RULE, f"{field.path} contains control characters", "remove them")
    return tuple((name, field.text.encode()) for name, field in headers)


def _header_key(key: str) -> str:
    letters = (chr(byte) for byte in key.encode())
    return "".join(letter if re.fullmatch(_HEADER_NAME, letter) else f"%{ord(letter):02X}" for letter in letters)


def _plugin(user: Entry, cluster: dict[str, Any]) -> Plugin:
    """Return the exec plugin of a user; `cluster` describes the cluster."""
    run = user.value["exec"]
    command = run["command"]
    return Plugin(
        os.path.normpath(named_in(user.named, command).path) if "/" in command.text else command.text,
        tuple(each.text for each in run["args"].items()),
        tuple((each["name"].text, each["value"].text) for each in run["env"].items()),
        run["apiVersion"].text,
        run["interactiveMode"].text or "IfAvailable",
        cluster if run["provideClusterInfo"].on else None,
        run["installHint"].text,
    )


def _exec_cluster(cluster: Field, target: Target) -> dict[str, Any]:
    """Return what a plugin is told about the cluster. Kubernetes: client-go/rest/exec.go, ConfigToExecCluster."""
    from base64 import b64encode

    extensions = {each["name"].text: each["extension"] for each in cluster["extensions"].items()}
    config = extensions.get(_CLUSTER_EXTENSION)
    described = {
        "server": target.url,
        "tls-server-name": target.server_name,
        "insecure-skip-tls-verify": target.credentials.insecure,
        "certificate-authority-data": b64encode(target.credentials.ca).decode(),
        "proxy-url": target.proxy,
        "disable-compression": bool(cluster["disable-compression"].on),
    }
    told: dict[str, Any] = {name: value for name, value in described.items() if value}
    if config is not None and config.node is not None:
        told["config"] = config.node.plain()
    return told


def _with_plugin(target: Target, plugin: Plugin) -> Target:
    """Return the target with the credentials of an exec plugin, which is run again when they expire."""
    trusted = target.credentials

    def run() -> Credentials:
        return credentials_from(plugin)._replace(ca=trusted.ca, insecure=trusted.insecure)

    def renew() -> Credentials:
        try:
            return run()
        except PluginError as error:
            raise ServerError(f"needs new credentials: the exec plugin {error}", error.hint, lasting=True) from None

    return target._replace(credentials=run(), renew=renew)
