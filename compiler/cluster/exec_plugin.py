"""Exec plugins of kubeconfigs: commands that print credentials.

Kubernetes: client-go/plugin/pkg/client/auth/exec/exec.go.
"""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, NamedTuple

from compiler.cluster import Credentials, is_visible_ascii
from compiler.diagnostics import KascError
from compiler.inputs.source import parse_as_server
from compiler.inputs.source.node import Node, Source, find, text_of
from compiler.text import shown
from compiler.text.redaction import hide

_SECONDS = 60.0
"""The longest time of a plugin, in which a user can also log in."""
_MAX_OUTPUT = 1024 * 1024
_MAX_ERRORS = 16 * 1024
"""Bytes on standard output, and those on standard error that are read for a message."""
_PIECE = 64 * 1024
_OWN_VARIABLES = "KASC_"
"""Prefix of kasc's own environment variables, which contain credentials."""
_INFO = "KUBERNETES_EXEC_INFO"


class PluginError(Exception):
    """A plugin that returned no credentials; the text is a clause that begins with the plugin, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class Plugin(NamedTuple):
    """A command that prints an ExecCredential of one apiVersion.

    `mode` is its interactiveMode, `cluster` the description of the cluster that it receives, if any, `install_hint`
    what to do if the command does not exist. `terminal` permits it to ask the user.
    """

    command: str
    arguments: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    api_version: str
    mode: str
    cluster: dict[str, Any] | None
    install_hint: str
    terminal: bool = True

    @property
    def path(self) -> str:
        """Return the absolute path of the command, empty if there is no such program."""
        path = shutil.which(self.command) or ""
        # As in Go, the current directory does not count, even if PATH contains it.
        return path if os.path.isabs(path) else ""

    @property
    def shown(self) -> str:
        """Return the command line as it would be run, with secrets redacted, and the names of its variables."""
        line = _printable(hide(shlex.join((self.path or self.command, *self.arguments))))
        names = ", ".join(_printable(name) for name, _ in self.environment)
        return f"{line} (with {names} in its environment)" if names else line


def credentials_from(plugin: Plugin) -> Credentials:
    """Run a plugin and return token, client certificate and key. Raises PluginError; no message contains them."""
    path = plugin.path
    if not path:
        hint = f"install it: {shown(plugin.install_hint)}" if plugin.install_hint else "install it, or fix the command"
        raise PluginError(f"{shown(plugin.command)} is not an executable program in PATH", hint)
    return _credentials(_output(plugin, path), plugin)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def _is_interactive(plugin: Plugin) -> bool:
    """Return whether the plugin gets standard input. Raises PluginError if it needs a terminal."""
    if plugin.mode == "Never":
        return False
    is_terminal = plugin.terminal and sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
    if plugin.mode == "Always" and not is_terminal:
        hint = "run kasc in a terminal, or use a plugin that needs none"
        raise PluginError(f"{shown(plugin.command)} has to be run in a terminal (interactiveMode Always)", hint)
    return is_terminal


def _output(plugin: Plugin, path: str) -> bytes:
    """Run the command; return what it writes to standard output. Raises PluginError."""
    import json

    interactive = _is_interactive(plugin)
    spec = {"interactive": interactive} | ({"cluster": plugin.cluster} if plugin.cluster is not None else {})
    info = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": spec}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
    try:
        process = subprocess.Popen(
            [path, *plugin.arguments],
            env={**inherited, **dict(plugin.environment), _INFO: json.dumps(info)},
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if interactive else subprocess.PIPE,
            # A plugin that asks the user needs the terminal of this session; any other is killed with its children.
            start_new_session=not interactive,
        )
    except (OSError, ValueError) as error:
        problem = (error.strerror or str(error)) if isinstance(error, OSError) else "invalid argument or variable"
        raise PluginError(f"{shown(path)} cannot be run: {problem.lower()}", "check the command") from None
    try:
        end = time.monotonic() + _SECONDS
        output, errors = _read(process, path, end)
        status = process.wait(max(0.0, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        # The output is complete, but the process is not.
        _kill(process, group=not interactive)
        raise _too_late(path) from None
    except BaseException:
        _kill(process, group=not interactive)
        raise
    finally:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    if status != 0:
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        details = f": {shown(last)}" if last else ""
        problem = f"failed with exit code {status}" if status > 0 else f"was killed by signal {-status}"
        raise PluginError(f"{shown(path)} {problem}{details}", "run it by hand to see why")
    return output


def _too_late(path: str) -> PluginError:
    return PluginError(f"{shown(path)} did not exit within {_SECONDS:g}s", "run it by hand to see why")


def _read(process: subprocess.Popen[bytes], path: str, end: float) -> tuple[bytes, bytes]:
    """Return standard output and the start of standard error. Raises PluginError for too much or too late output."""
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream, buffer in ((process.stdout, output), (process.stderr, errors)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, buffer)
        while selector.get_map():
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise _too_late(path)
            for key, _ in selector.select(remaining):
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.data is output or len(errors) < _MAX_ERRORS:
                    key.data.extend(piece)
            if len(output) > _MAX_OUTPUT:
                raise PluginError(f"{shown(path)} prints more than an ExecCredential", "check the command")
    return bytes(output), bytes(errors)


def _kill(process: subprocess.Popen[bytes], group: bool) -> None:
    """Kill a plugin, and its children if it has a process group of its own."""
    with suppress(OSError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _credentials(output: bytes, plugin: Plugin) -> Credentials:
    """Return the credentials in the output of a plugin. Raises PluginError; no message quotes the output."""
    name = shown(plugin.command)
    hint = "check the plugin and its version"
    try:
        root = parse_as_server(Source("ExecCredential", output.decode()), [])
    except (KascError, UnicodeDecodeError):
        raise PluginError(f"{name} does not print an ExecCredential", hint) from None
    if text_of(root.get("kind")) != "ExecCredential":
        raise PluginError(f"{name} does not print an ExecCredential", hint)
    version = text_of(root.get("apiVersion"))
    if version != plugin.api_version:
        message = f"{name} prints an ExecCredential of {shown(version)}, not {plugin.api_version}"
        raise PluginError(message, "write the apiVersion of the plugin in the kubeconfig")
    token = text_of(find(root, "status", "token"))
    certificate = text_of(find(root, "status", "clientCertificateData"))
    key = text_of(find(root, "status", "clientKeyData"))
    if bool(certificate) != bool(key):
        raise PluginError(f"{name} returns a client certificate or key without the other", hint)
    if not token and not certificate:
        raise PluginError(f"{name} returns neither a token nor a client certificate", hint)
    if not is_visible_ascii(token):
        raise PluginError(f"{name} returns a token with whitespace or non-ASCII characters", hint)
    expires = _expiry(find(root, "status", "expirationTimestamp"), name)
    return Credentials(certificate=certificate.encode(), key=key.encode(), token=token, expires=expires)


def _expiry(field: Node | None, name: str) -> float | None:
    """Return when credentials expire, in seconds since the epoch. Raises PluginError if they have expired."""
    from datetime import datetime

    if field is None or field.value is None:
        return None
    try:
        time_of = datetime.fromisoformat(text_of(field))
    except ValueError:
        time_of = None
    if time_of is None or time_of.tzinfo is None:
        raise PluginError(f"{name} returns an invalid expirationTimestamp", "check the plugin and its version")
    if time_of.timestamp() <= time.time():
        message = f"{name} returns credentials that expired at {time_of.isoformat()}"
        raise PluginError(message, "log in again, and check the clock of this machine")
    return time_of.timestamp()
