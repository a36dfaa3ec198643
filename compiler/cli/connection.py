"""The API server that a command connects to, by the options that all such commands share."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from compiler.cli.arguments import UsageError
from compiler.cluster import Credentials, Deadline, Target, is_visible_ascii
from compiler.cluster.apiserver import APIServer, url_parts
from compiler.diagnostics import Report
from compiler.filesystem import reason
from compiler.upstream.catalog import Catalog
from compiler.upstream.go.httpproxy import proxy_of

if TYPE_CHECKING:
    from compiler.cluster.kubeconfig import Loaded

TOKEN = "KASC_TOKEN"
LONGEST = 30.0
"""Seconds for all requests to one server, by default."""
_ONLY_WITH_SERVER = ("cafile", "token_file", "certfile", "keyfile", "insecure")
_LARGEST = 1024 * 1024
"""Bytes of a token, certificate, key or CA bundle."""


def connect(options: Namespace, catalog: Catalog, report: Report, deadline: Deadline) -> APIServer | None:
    """Return the server; None after reporting errors of the kubeconfig. Raises UsageError."""
    target = target_of(options, catalog, report)
    if target is None:
        return None
    return _client(target, deadline)


def kubeconfig_of(options: Namespace, catalog: Catalog, report: Report) -> Loaded | None:
    """Return the kubeconfigs that an option or the environment names; None after reporting errors.

    Raises UsageError, also if there is none.
    """
    from compiler.cluster import kubeconfig

    _refuse_options_of_servers(options)
    paths = kubeconfig.paths_of(options.kubeconfig, os.environ)
    if not paths:
        raise UsageError("--contexts needs a kubeconfig: pass --kubeconfig FILE or set KUBECONFIG")
    return kubeconfig.load(paths, catalog, report)


def connect_to(
    loaded: Loaded, context: str, options: Namespace, report: Report, deadline: Deadline
) -> APIServer | None:
    """Return the server of a context; None after reporting errors. Plugins cannot ask the user. Raises UsageError."""
    from compiler.cluster import kubeconfig

    own = Report(report.path)
    allowed = kubeconfig.Allowed(options.allow_exec, options.allow_proxy, terminal=False)
    target = kubeconfig.target_of(loaded, context, "", allowed, own)
    report.extend(own.diagnostics)
    report.concealed |= own.concealed
    if target is None:
        return None
    return _client(_with_proxy(target) if options.allow_proxy else target, deadline)


def _client(target: Target, deadline: Deadline) -> APIServer:
    """Return the client of a server. Raises UsageError for invalid credentials or URLs."""
    try:
        return APIServer(target, deadline)
    except ValueError as error:
        raise UsageError(str(error)) from None


def target_of(options: Namespace, catalog: Catalog, report: Report) -> Target | None:
    """Return the server and how to connect to it; None after reporting errors of the kubeconfig. Raises UsageError.

    A kubeconfig is used if an option names it or its context, or without --server; --server then replaces its server.
    """
    own = Report(report.path)
    if options.server is not None and not options.kubeconfig and not options.context:
        target: Target | None = _target_of_options(options)
    else:
        target = _target_of_files(options, catalog, own)
    report.extend(own.diagnostics)
    report.concealed |= own.concealed
    return _with_proxy(target) if target is not None and options.allow_proxy else target


def _target_of_files(options: Namespace, catalog: Catalog, report: Report) -> Target | None:
    """Return the target of a kubeconfig or of the Pod; None after reporting errors. Raises UsageError."""
    from compiler.cluster import kubeconfig

    _refuse_options_of_servers(options)
    paths = kubeconfig.paths_of(options.kubeconfig, os.environ)
    if not paths:
        return _target_of_pod(options, report)
    loaded = kubeconfig.load(paths, catalog, report)
    if loaded is None:
        return None
    allowed = kubeconfig.Allowed(options.allow_exec, options.allow_proxy)
    return kubeconfig.target_of(loaded, options.context or "", options.server or "", allowed, report)


def _refuse_options_of_servers(options: Namespace) -> None:
    """Raise UsageError for an option that cannot be combined with a kubeconfig."""
    if names := [name for name in _ONLY_WITH_SERVER if getattr(options, name)]:
        option = f"--{names[0].replace('_', '-')}"
        raise UsageError(f"{option} cannot be combined with a kubeconfig: pass --server without --kubeconfig")


def _target_of_pod(options: Namespace, report: Report) -> Target | None:
    from compiler.cluster.service_account import is_in_pod, target_of_pod

    if not options.context and is_in_pod(os.environ):
        return target_of_pod(os.environ, report)
    listed = os.environ.get("KUBECONFIG", "")
    missing = f"no file in KUBECONFIG exists: {listed}" if listed else "no server"
    raise UsageError(f"{missing}: pass --server URL or --kubeconfig FILE")


def _with_proxy(target: Target) -> Target:
    """Return the target with the proxy of the environment, if it has none. Raises UsageError."""
    try:
        secure, host, port, _ = url_parts(target.url)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return target._replace(proxy=target.proxy or proxy_of("https" if secure else "http", host, port, os.environ))


def _target_of_options(options: Namespace) -> Target:
    """Return the server of --server, with the credentials of the other options. Raises UsageError."""
    if options.keyfile and not options.certfile:
        raise UsageError("--keyfile needs --certfile")
    if options.insecure and options.cafile:
        raise UsageError("--insecure cannot be combined with --cafile")
    ca, certificate, key = (_content(options, name) for name in ("cafile", "certfile", "keyfile"))
    return Target(options.server, Credentials(ca, certificate, key, _token(options), options.insecure))


def _content(options: Namespace, name: str) -> bytes:
    """Return the content of the file of an option, empty if it is not set. Raises UsageError."""
    path: str | None = getattr(options, name)
    if not path:
        return b""
    source = f"--{name.replace('_', '-')} {path}"
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {source}: {reason(error)}") from None
    if len(data) > _LARGEST:
        raise UsageError(f"{source} is larger than 1 MiB")
    if not data.strip():
        raise UsageError(f"{source} is empty")
    return data


def _token(options: Namespace) -> str:
    """Return the token from the file, else from the environment; no message contains it. Raises UsageError."""
    source = f"--token-file {options.token_file}" if options.token_file else TOKEN
    text = os.environ.get(TOKEN, "")
    if options.token_file:
        text = _content(options, "token_file").decode("utf-8", "replace")
    token = text.strip()
    if not is_visible_ascii(token):
        raise UsageError(f"{source} is not a valid token: it contains whitespace or non-ASCII characters")
    return token
