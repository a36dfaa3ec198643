"""The user of a kubeconfig: credentials, impersonation, and the exec plugin that provides credentials.

Kubernetes: client-go/tools/clientcmd/client_config.go, getUserIdentificationPartialConfig.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.config_files.kubeconfig import Entry
from compiler.apiserver.config_files.kubeconfig_entries import content_of, named_in
from compiler.cluster import Credentials, Target, is_visible_ascii
from compiler.cluster.http_connection import ServerError
from compiler.inputs.schema.field import Field
from compiler.text import shown

if TYPE_CHECKING:
    from compiler.cluster.exec_plugin import Plugin

_RULE = rules.INVALID_KUBECONFIG
_CLUSTER_EXTENSION = "client.authentication.k8s.io/exec"
_HEADER_NAME = r"[!#$&'*+.^_`|~0-9A-Za-z-]"
"""A character that may be part of the name of a header. `%` is escaped, as it introduces an escaped character."""


def is_supported(user: Field) -> bool:
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


def credentials_of(user: Entry) -> Credentials:
    """Return token, client certificate and key of a user."""
    certificate = file_or_data(user, "client-certificate")
    return Credentials(
        certificate=certificate, key=file_or_data(user, "client-key") if certificate else b"", token=_token(user)
    )


def _token(user: Entry) -> str:
    """Return the token; that of a file goes first. Kubernetes: client-go/transport, NewBearerAuthWithRefresh..."""
    field, token = user.value["token"], user.value["token"].text
    if user.value["tokenFile"].text:
        field = user.value["tokenFile"]
        token = file_or_data(user, "tokenFile").decode("utf-8", "replace").strip() or token
    if not is_visible_ascii(token):
        message = f"{field.path} is not a valid token: it contains whitespace or non-ASCII characters"
        field.report(_RULE, message, "write the token on one line")
    return token


def file_or_data(entry: Entry, name: str) -> bytes:
    """Return the content of a field `NAME-data` or of the file in a field; reports a file that cannot be read."""
    path = entry.value[name]
    content = content_of(entry.named, path, entry.value[f"{name}-data"], _RULE)
    if content is None and path.text:
        file = named_in(entry.named, path)
        path.report(_RULE, f"{shown(file.path)} cannot be read", "name a readable regular file of at most 8 MiB")
    return content or b""


def impersonation_of(user: Field) -> tuple[tuple[str, bytes], ...]:
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


def exec_plugin_of(user: Entry, cluster: Field, target: Target) -> Plugin:
    """Return the exec plugin of a user, which may receive a description of the cluster."""
    from compiler.cluster.exec_plugin import Plugin

    run = user.value["exec"]
    command = run["command"]
    return Plugin(
        os.path.normpath(named_in(user.named, command).path) if "/" in command.text else command.text,
        tuple(each.text for each in run["args"].items()),
        tuple((each["name"].text, each["value"].text) for each in run["env"].items()),
        run["apiVersion"].text,
        run["interactiveMode"].text or "IfAvailable",
        _described(cluster, target) if run["provideClusterInfo"].on else None,
        run["installHint"].text,
    )


def _described(cluster: Field, target: Target) -> dict[str, object]:
    """Return the cluster as a plugin receives it. Kubernetes: client-go/rest/exec.go, ConfigToExecCluster."""
    from base64 import b64encode

    extensions = {each["name"].text: each["extension"] for each in cluster["extensions"].items()}
    config = extensions.get(_CLUSTER_EXTENSION)
    values = {
        "server": target.url,
        "tls-server-name": target.server_name,
        "insecure-skip-tls-verify": target.credentials.insecure,
        "certificate-authority-data": b64encode(target.credentials.ca).decode(),
        "proxy-url": target.proxy,
        "disable-compression": bool(cluster["disable-compression"].on),
    }
    described: dict[str, object] = {name: value for name, value in values.items() if value}
    if config is not None and config.node is not None:
        described["config"] = config.node.plain()
    return described


def with_plugin(target: Target, plugin: Plugin) -> Target:
    """Return the target with the credentials of an exec plugin, which is run again when they expire.

    Raises PluginError.
    """
    from compiler.cluster.exec_plugin import PluginError, credentials_from

    trusted = target.credentials

    def run() -> Credentials:
        return credentials_from(plugin)._replace(ca=trusted.ca, insecure=trusted.insecure)

    def renew() -> Credentials:
        try:
            return run()
        except PluginError as error:
            raise ServerError(f"needs new credentials: the exec plugin {error}", error.hint, lasting=True) from None

    return target._replace(credentials=run(), renew=renew)
