"""How the server runs: its limits, and what a Pod writes or connects to outside of its volumes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from compiler import rules
from compiler.apiserver.context import ALL_ALPHA
from compiler.apiserver.resolved_sections import LogBackend
from compiler.inputs import NotInContainerError
from compiler.review import Risks
from compiler.text import shown
from compiler.upstream.catalog.facts import READ_FILES

if TYPE_CHECKING:
    from compiler.inputs import FileSystem
    from compiler.inputs.schema.field import Field


_FAIR, _LIMIT, _MUTATING = (
    "enable-priority-and-fairness",
    "max-requests-inflight",
    "max-mutating-requests-inflight",
)
_BODY_VERBOSITY = 8


def find_running(risks: Risks) -> None:
    """Check limits, logs and experimental features."""
    flags, flag = risks.flags, "request-timeout"
    if flags.number(flag) == 0:
        message = f"--{flag} 0 makes all requests time out, including the server's own at start-up"
        risks.report(rules.ZERO_REQUEST_TIMEOUT, message, "set for example 1m, or remove the flag", flag)
    _check_limits(risks)
    flag = "v"
    if flags.number(flag) >= _BODY_VERBOSITY:
        message = f"--{flag} {flags.number(flag)} logs the bodies of the server's own requests, including secrets"
        risks.report(rules.REQUEST_BODIES_LOGGED, message, "use 2 unless you are debugging", flag)
    _check_experiments(risks)


def _check_limits(risks: Risks) -> None:
    """Check the two limits that apply without priority and fairness; 0 means no limit."""
    flags = risks.flags
    if flags.on(_FAIR):
        return
    unlimited = [flag for flag in (_LIMIT, _MUTATING) if flags.number(flag) == 0]
    for flag in unlimited:
        message = f"--{flag} 0 means no limit if --{_FAIR} is false: clients can overload the server"
        risks.report(rules.NO_REQUEST_LIMIT, message, f"set a limit, or remove --{_FAIR}=false", flag)
    if not unlimited:
        message = f"--{_FAIR} is false: one busy client can starve all others, including the control plane"
        risks.report(
            rules.NO_REQUEST_LIMIT, message, "remove the flag, and tune with FlowSchemas", _FAIR, severity="note"
        )


def _check_experiments(risks: Risks) -> None:
    flags, flag = risks.flags, "feature-gates"
    for index, (_, entry) in enumerate(flags.value(flag) or ()):
        if entry.partition("=")[0].strip() == ALL_ALPHA and risks.context.gates.set_to.get(ALL_ALPHA):
            message = f"--{flag}: {ALL_ALPHA} enables all experimental features, whatever they may break"
            risks.report(rules.ALL_ALPHA_ENABLED, message, "enable only the features that you need", flag, index)
            break
    flag = "runtime-config"
    for key in ("api/all", "api/alpha"):
        if flags.mapping(flag).get(key) == "true":
            message = f"--{flag}: {key} serves experimental APIs, whose objects a later version may not support"
            risks.report(
                rules.ALL_ALPHA_ENABLED, message, "enable only the APIs that you need", flag, flags.entry(flag, key)
            )


_LOG, _SIGNER = "audit-log-path", "service-account-signing-endpoint"


def find_pods(risks: Risks) -> None:
    """Check the audit log and the sockets of a server in a Pod."""
    files = risks.input.file_system
    if files is None:
        return
    if not files.declared:
        _check_excerpt(risks, files)
        return
    _check_log(risks, files)
    for field, path in _sockets(risks):
        problem = _missing(files, path)
        if problem is not None:
            message = f"the socket {shown(path)} is not in the container: {problem}; the server cannot connect to it"
            risks.report_field(rules.SOCKET_NOT_IN_CONTAINER, message, problem.hint, field)
    signer = risks.flags.text(_SIGNER)
    problem = _missing(files, signer) if signer and not signer.startswith("@") else None
    if problem is not None:
        message = f"--{_SIGNER}: the socket {shown(signer)} is not in the container: {problem}"
        risks.report(rules.SOCKET_NOT_IN_CONTAINER, message, problem.hint, _SIGNER)


def _check_excerpt(risks: Risks, files: FileSystem) -> None:
    """Report a Pod without volumes if flags name files that are not in the image."""
    flags = [flag for flag in READ_FILES if risks.flags.changed(flag) and risks.flags.value(flag)]
    if flags and files.is_release:
        others = f" and {len(flags) - 1} other flags" if len(flags) > 1 else ""
        message = f"the Pod mounts no volume, and --{flags[0]}{others} name files that are not in the image"
        risks.report(
            rules.POD_WITHOUT_VOLUME_MOUNTS,
            message,
            "mount the directories of these files",
            flags[0],
            severity="warning",
        )


def _check_log(risks: Risks, files: FileSystem) -> None:
    path = risks.flags.text(_LOG)
    if path in ("", "-"):
        return
    mounted = files.find(path)
    if mounted is None:
        directory = posixpath.dirname(path) or "/"
        message = f"--{_LOG}: {shown(path)} is not in a volume: the audit log is lost when the container restarts"
        hint = f"mount a hostPath volume of type DirectoryOrCreate at {directory}"
        if files.is_release and not path.startswith("/dev/"):
            risks.report(rules.AUDIT_LOG_IN_CONTAINER, message, hint, _LOG)
    elif mounted.mount.is_file and any(
        isinstance(backend, LogBackend) and backend.rotates for backend in risks.config.audit.backends
    ):
        message = f"--{_LOG}: {shown(path)} is mounted as a single file, which the server cannot rename for rotation"
        risks.report(
            rules.AUDIT_LOG_MOUNTED_AS_FILE, message, f"mount its directory {posixpath.dirname(path)} instead", _LOG
        )


def _missing(files: FileSystem, path: str) -> NotInContainerError | None:
    """Return why a socket is not in the container; None if it is or may be."""
    try:
        files.host_path(path)
    except NotInContainerError as error:
        return error
    return None


def _sockets(risks: Risks) -> Iterator[tuple[Field, str]]:
    """Yield the sockets in structured files with their fields."""
    from compiler.upstream.go.net import parse_url

    encryption = risks.file("encryption-provider-config")
    for entry in encryption["resources"].items() if encryption is not None else ():
        for provider in entry["providers"].items():
            endpoint = provider["kms"]["endpoint"]
            parsed = parse_url(endpoint.text)
            if (
                parsed is not None
                and parsed.scheme == "unix"
                and parsed.path.startswith("/")
                and "@" not in parsed.path
            ):
                yield endpoint, parsed.path
    egress = risks.file("egress-selector-config-file")
    for selection in egress["egressSelections"].items() if egress is not None else ():
        name = selection["connection"]["transport"]["uds"]["udsName"]
        if name.text.startswith("/"):
            yield name, name.text
    tracing = risks.file("tracing-config-file")
    if tracing is not None and tracing["endpoint"].text.startswith("unix:///"):
        yield tracing["endpoint"], tracing["endpoint"].text.removeprefix("unix://")
